"""Annotation tasks: the labeling work that closes a gap."""
