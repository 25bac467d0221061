"""Texts from anywhere, as files and databases can hold them."""

from __future__ import annotations


def storable(text: str) -> str:
    """The text with lone surrogates, which no file and no database can hold, written out as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
