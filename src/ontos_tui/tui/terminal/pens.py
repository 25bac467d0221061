"""How cells are painted: SGR sequences as pens, and the shortest sequence from one pen to another."""

from __future__ import annotations

import re
from functools import cache, lru_cache

SGR = re.compile(r"\x1b\[[0-9;]*m")


class Pen:
    """How a character is painted: attributes, foreground and background as SGR parameters. One object for each way.

    `blank` is how a space looks that is painted so: its foreground cannot be seen. `cells` are those of ASCII.
    """

    __slots__ = ("attributes", "background", "blank", "cells", "foreground")

    def __init__(self, attributes: str, foreground: str, background: str) -> None:
        self.cells = _CellCache(self)
        self.attributes, self.foreground, self.background = attributes, foreground, background
        seen_on_blanks = any(attribute in _ON_BLANKS for attribute in attributes.split(";"))
        is_blank = seen_on_blanks or not (attributes or foreground)
        self.blank = self if is_blank else _interned("", "", background)


_ON_BLANKS = ("4", "7", "9", "21", "53")
"""Underlined, reversed, struck through, doubly underlined, overlined: these show on a space too."""

Cell = tuple[str, Pen]
"""What stands in a cell and how it is painted; the right half of a wide character is empty."""


class _CellCache(dict[str, Cell]):
    """Characters as cells that one pen paints, one object each: a row of them is built and compared without a loop."""

    def __init__(self, pen: Pen) -> None:
        super().__init__()
        self._pen = pen

    def __missing__(self, character: str) -> Cell:
        cell = self[character] = (character, self._pen.blank if character == " " else self._pen)
        return cell


@cache
def _interned(attributes: str, foreground: str, background: str) -> Pen:
    return Pen(attributes, foreground, background)


@lru_cache(4_096)
def pen_of(codes: str) -> Pen:
    """The pen that some SGR sequences, one after the other, leave behind."""
    attributes: list[str] = []
    foreground = background = ""
    parameters = [part or "0" for part in _PARAMETERS.findall(codes.replace("m", ";"))]
    while parameters:
        head = parameters.pop(0)
        number = int(head)
        if number == 0:
            attributes, foreground, background = [], "", ""
        elif number in (38, 48):
            size = {"5": 2, "2": 4}.get(parameters[0] if parameters else "", 1)
            color = ";".join((head, *parameters[:size]))
            del parameters[:size]
            foreground, background = (color, background) if number == 38 else (foreground, color)
        elif number == 39 or 30 <= number <= 37 or 90 <= number <= 97:
            foreground = "" if number == 39 else head
        elif number == 49 or 40 <= number <= 47 or 100 <= number <= 107:
            background = "" if number == 49 else head
        elif number in _OFF:
            attributes = [attribute for attribute in attributes if attribute not in _OFF[number]]
        elif head not in attributes:
            attributes.append(head)
    return _interned(";".join(sorted(attributes)), foreground, background)


_PARAMETERS = re.compile(r"(?<=[\[;])(\d*)(?=;)")
_OFF = {22: ("1", "2"), 23: ("3",), 24: ("4", "21"), 25: ("5", "6"), 27: ("7",), 28: ("8",), 29: ("9",), 55: ("53",)}

PLAIN = _interned("", "", "")


@lru_cache(4_096)
def sgr_change(now: Pen, pen: Pen) -> str:
    """The SGR sequence from one pen to another."""
    if now is pen:
        return ""
    if pen is PLAIN:
        return "\x1b[0m"
    codes = []
    if now.attributes != pen.attributes:
        if now.attributes:
            codes.append("0")
            now = PLAIN
        codes.append(pen.attributes)
    if now.foreground != pen.foreground:
        codes.append(pen.foreground or "39")
    if now.background != pen.background:
        codes.append(pen.background or "49")
    return f"\x1b[{';'.join(part for part in codes if part)}m"


def without_color(match: re.Match[str]) -> str:
    """An SGR sequence without its colors: 38 and 48 take the parameters that follow them."""
    parameters = [int(part or 0) for part in match.group()[2:-1].split(";")]
    codes: list[int] = []
    while parameters:
        head = parameters.pop(0)
        if head in (38, 48):
            del parameters[: {5: 2, 2: 4}.get(parameters[0] if parameters else 0, 1)]
        elif head < 30:
            codes.append(head)
    return f"\x1b[{';'.join(map(str, codes))}m" if codes else ""
