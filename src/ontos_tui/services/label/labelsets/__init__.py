"""Labelsets: the classes that people may give, and how far a sheet is covered with them."""
