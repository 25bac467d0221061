"""Hints: which pairs deserve a look first, and why."""
