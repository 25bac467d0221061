"""The terminal itself: the differential driver, painting past the compositor, and Sixel."""
