"""Formats: what is unpacked, and what is refused by its name."""
