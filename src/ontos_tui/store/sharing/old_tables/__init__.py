"""Teams that shared by tables before there was a log."""
