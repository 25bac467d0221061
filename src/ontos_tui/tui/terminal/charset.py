"""Text for a terminal that cannot show every character: by its encoding, or by the font of a console.

What it cannot show becomes a character of the same width that it can.
"""

from __future__ import annotations

import codecs
import os
import unicodedata
from collections.abc import Callable, Mapping

_LINES = {
    "─━┄┅┈┉╌╍═▁▔‾": "-",
    "│┃┆┇┊┋╎╏║▏▕▎▍▌▐": "|",
    "┌┍┎┏┐┑┒┓└┕┖┗┘┙┚┛├┝┞┟┠┡┢┣┤┥┦┧┨┩┪┫┬┭┮┯┰┱┲┳┴┵┶┷┸┹┺┻┼┽┾┿╀╁╂╃╄╅╆╇╈╉╊╋╔╗╚╝╠╣╦╩╬╭╮╯╰": "+",
    "█▇▆▅▄▃▂▉▊▋▀■▮": "#",
    "░▒▓": ":",
    "•●○◦·∙◉◆◇▪▫⋅": "*",
    "✓✔☑": "+",
    "✗✘×✕☒": "x",
    "→▶▸›»⟶⇒": ">",
    "←◀◂‹«⟵⇐↶": "<",
    "↑▲▴⇧": "^",
    "↓▼▾⇩": "v",
    "…": ".",
    "–—−‐‑": "-",
    "“”„": '"',
    "‘’‚": "'",
    "≥": ">",
    "≤": "<",
    "≈": "~",
    "\u00a0\u2009\u202f": " ",
}
_ASCII = {ord(character): instead for characters, instead in _LINES.items() for character in characters}


CONSOLES = ("linux", "vt100", "vt102", "vt220", "ansi", "cons25")
"""Values of TERM whose fonts have some 256 characters, those of code page 437."""
_CONSOLE_FONT = "cp437"
_ON_CONSOLES = {
    "✓": "√",
    "✔": "√",
    "●": "•",
    "○": "°",
    "◐": "*",
    "▔": "▀",
    "▁": "▄",
    "▍": "▌",
    "▎": "▌",
    "▏": "│",
    "▕": "│",
    "⠒": "~",
}
_CONSOLE_HAS = frozenset("•↑↓→←↔↕▲▼►◄♦")


def is_console(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal is a console: a font of some 256 characters, and eight background colors."""
    return environment.get("TERM", "") in CONSOLES


def has_few_glyphs(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal shows the characters of an old font alone: no braille and no quarter blocks."""
    return is_console(environment) or not encoding_of(environment).startswith("utf")


def encoding_of(environment: Mapping[str, str] = os.environ) -> str:
    """The encoding of the terminal by LC_ALL, LC_CTYPE or LANG; UTF-8 where they name none, as Python has it."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if value := environment.get(name, ""):
            break
    else:
        return "utf-8"
    if value in ("C", "POSIX"):
        # Python takes the C locale of LANG for one that nobody chose; LC_ALL was chosen.
        return "ascii" if name == "LC_ALL" else "utf-8"
    _, _, charset = value.partition(".")
    charset = charset.partition("@")[0]
    if not charset:
        return "utf-8"
    try:
        return codecs.lookup(charset).name
    except LookupError:
        return "ascii"


def translator(encoding: str, terminal: str = "") -> Callable[[str], str] | None:
    """What makes a text fit for a terminal of this encoding, which TERM calls so; None where every text is."""
    console = terminal in CONSOLES and encoding.startswith("utf")
    if encoding.startswith("utf") and not console:
        return None
    repertoire = _CONSOLE_FONT if console else encoding

    def translate(text: str) -> str:
        return text if text.isascii() else "".join(map(fit, text))

    def fit(character: str) -> str:
        if character.isascii():
            return character
        if console and (character in _CONSOLE_HAS or character in _ON_CONSOLES):
            return _ON_CONSOLES.get(character, character)
        try:
            character.encode(repertoire)
        except UnicodeEncodeError:
            return _instead(character)
        return character

    return translate


def _instead(character: str) -> str:
    """ASCII for one character: as many cells as it takes."""
    if ord(character) in _ASCII:
        return _ASCII[ord(character)]
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return ""
    base = unicodedata.normalize("NFKD", character)[0]
    width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return (base if base.isascii() and base.isprintable() else "?").ljust(width)
