"""The terminal itself: the driver that sends only changes, painting past the compositor, and Sixel."""
