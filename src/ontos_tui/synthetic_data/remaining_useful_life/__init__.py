"""Remaining Useful Life: detectors from their first day to their failure."""
