"""How an item is called that no column names: by what is in it, so that its place in the source says nothing.

Both catalogs keep to this: the name is the beginning of the MD5 of the row's cells, and of rows that are equal in all
cells the second is called `…#2`, the third `…#3`, in the order of the source.
"""

from __future__ import annotations

DIGITS = 16
"""Hexadecimal digits of the MD5: 64 bits, so that two of a million different rows share a name once in 37 million
sources. Then they are numbered as equal rows are."""

MARK = "#"
"""Between the name and the number of a row that equals one before it."""
