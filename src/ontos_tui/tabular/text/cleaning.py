"""Lines that have to be written anew before they are records: tables drawn with lines, blanks before quotes, values
between doubled signs, codes that Excel keeps as formulas, NUL bytes, and ends of lines of two kinds. Every line keeps
its number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

_RULE = re.compile(r"[\s|+:=-]*[-=]{2,}[\s|+:=-]*")
# What stands in quotes is matched first, so that it stays as it is.
_QUOTED = r'"(?:[^"]|"")*"'
_BEFORE_QUOTE = re.compile(rf'(?P<quoted>{_QUOTED}(?![ \t]+[,;|]))|(?<=[,;|])[ \t]+(?=")')
_AFTER_QUOTE = re.compile(rf"(?P<quoted>{_QUOTED})[ \t]+(?=[,;|])|{_QUOTED}")
_FORMULA = re.compile(r'(?:(?<=[,;\t])|^)=("[^"\r\n]*")(?=[,;\t\r\n]|$)')
_PADDING = re.compile(rb"[\r\n]\0+\Z")
_DOUBLED = ("||", ";;", "::", "~~", "^^")
LOOKED_AT = 200
"""Lines at the beginning of a file that decide."""


class Cleaning(StrEnum):
    """What has to be done to the lines of a text file."""

    NONE = ""
    DRAWN = "drawn"
    """A table as a database's console or Markdown draws it: | between the values, and lines of - that are no rows."""
    BLANKS = "blanks"
    """Values stand in quotes, with blanks before them."""
    DOUBLED = "doubled"
    """Two equal signs stand between the values, such as ||."""
    FORMULAS = "formulas"
    """Texts stand as formulas, such as ="001", so that Excel keeps their zeros."""
    NULS = "nuls"
    """NUL bytes behind the last line, as loggers leave them when the power fails."""
    ENDS = "ends"
    """Some lines end with a carriage return and others do not."""


NOTES = {
    Cleaning.DRAWN: "The table is drawn with lines; they are no rows.",
    Cleaning.BLANKS: "Blanks between separators and quotes were left out.",
    Cleaning.DOUBLED: "Two signs stand between the values.",
    Cleaning.FORMULAS: 'Values such as ="001" were read as their texts.',
    Cleaning.NULS: "NUL bytes stand below the rows, as a logger leaves them when its power fails; they were left out.",
    Cleaning.ENDS: "Some lines end with a carriage return and others do not; both end a row.",
}


def cleaning_of(lines: Sequence[str], separator: str) -> Cleaning:
    """Decide by a file's first lines; `separator` is what the user said."""
    content = [line for line in lines[:LOOKED_AT] if line.strip()]
    rules = [line for line in content if _RULE.fullmatch(line)]
    barred = [line for line in content if "|" in line and not _RULE.fullmatch(line)]
    if rules and len(barred) >= 2 and separator in ("", "|") and len(rules) + len(barred) >= 0.7 * len(content):
        return Cleaning.DRAWN
    if _doubled(content, separator):
        return Cleaning.DOUBLED
    blanks = [line for line in content if _without_blanks(line) != line]
    if blanks and len(blanks) >= 0.5 * len(content):
        return Cleaning.BLANKS
    formulas = [line for line in content if _FORMULA.search(line)]
    return Cleaning.FORMULAS if formulas and len(formulas) >= 0.5 * len(content) else Cleaning.NONE


def cleaning_of_bytes(parts: Sequence[bytes]) -> Cleaning:
    """What the bytes of a file's beginning and end need, whatever its lines hold."""
    if any(_PADDING.search(part) for part in parts):
        return Cleaning.NULS
    outside = [piece for part in parts for piece in part.split(b'"')[::2]]  # a text in quotes may hold either
    returned = any(b"\r\n" in piece for piece in outside)
    mixed = returned and any(re.search(rb"(?<!\r)\n", piece) for piece in outside)
    return Cleaning.ENDS if mixed else Cleaning.NONE


def _doubled(content: Sequence[str], separator: str) -> str:
    """The two signs that stand between the values of every line, and never alone."""
    for signs in (separator,) if separator else _DOUBLED:
        if len(signs) != 2 or signs[0] != signs[1] or len(content) < 2:
            continue
        counts = {line.count(signs) for line in content}
        if len(counts) == 1 and counts != {0} and all(signs[0] not in line.replace(signs, "") for line in content):
            return signs
    return ""


def write_cleaned(source: Path, target: Path, cleaning: Cleaning) -> None:
    """Write the lines of a UTF-8 file anew."""
    with (
        source.open(encoding="utf-8", errors="surrogateescape", newline="") as lines,
        target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        file.writelines(cleaned(_plain_end(line), cleaning) for line in lines)


def _plain_end(line: str) -> str:
    """A line, none where it is NULs alone, and with the end that all lines have in a copy."""
    bare = line if line.strip("\0") else ""
    body = bare.rstrip("\r\n")
    return f"{body}\n" if len(body) < len(bare) else body


def cleaned(line: str, cleaning: Cleaning) -> str:
    """One line, with its end."""
    if cleaning is Cleaning.BLANKS:
        return _without_blanks(line)
    if cleaning is Cleaning.FORMULAS:
        return _FORMULA.sub(r"\1", line)
    if cleaning is Cleaning.DOUBLED:
        return re.sub(r"([|;:~^])\1", r"\1", line)
    if cleaning is not Cleaning.DRAWN:
        return line
    body = line.rstrip("\r\n")
    end = line[len(body) :]
    if _RULE.fullmatch(body):
        return end
    bare = body.strip()
    if bare.startswith("|"):
        bare = bare.removeprefix("|").removesuffix("|")
    return "|".join(cell.strip() for cell in bare.split("|")) + end


def _without_blanks(line: str) -> str:
    """The line without blanks between separators and quotes, whose own blanks stay."""
    before = _BEFORE_QUOTE.sub(lambda match: match["quoted"] or "", line)
    return _AFTER_QUOTE.sub(lambda match: match["quoted"] or match[0], before)
