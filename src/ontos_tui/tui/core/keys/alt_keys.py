"""Escape and a letter that a slow line brought in one piece: a terminal sends the same for Alt with the letter."""

from __future__ import annotations

from textual.events import Key
from textual.widget import Widget


def as_two_keys(key: Key, focused: Widget | None) -> tuple[Key, Key] | None:
    """The escape key and the letter, since nothing here has Alt in its key; None for other keys, and in a field.

    There, people have Alt with a letter in their fingers, and what they have typed must not close.
    """
    letter = key.character or ""
    if not key.key.startswith("alt+") or not (len(letter) == 1 and letter.isascii() and letter.isalpha()):
        return None
    if focused is not None and focused.check_consume_key(letter, letter):
        return None
    return Key("escape", "\x1b"), Key(letter, letter)
