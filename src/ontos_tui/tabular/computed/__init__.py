"""Columns that are computed of others, by checked expressions and by name."""
