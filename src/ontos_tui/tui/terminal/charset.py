"""Text for a terminal that does not know UTF-8: what it cannot show becomes ASCII of the same width."""

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


def translator(encoding: str) -> Callable[[str], str] | None:
    """What makes a text fit for a terminal of this encoding; None where every text is."""
    if encoding.startswith("utf"):
        return None

    def translate(text: str) -> str:
        return text if text.isascii() else "".join(map(fit, text))

    def fit(character: str) -> str:
        if character.isascii():
            return character
        try:
            character.encode(encoding)
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
