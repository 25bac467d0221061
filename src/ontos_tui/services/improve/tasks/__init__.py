"""Annotation tasks: labeling work that closes a gap."""
