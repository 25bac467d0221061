"""Rows as numbers: what a model sees of a column, a picture, and of columns derived from others."""
