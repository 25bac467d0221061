"""Lines that have to be written anew before they are records: tables drawn with lines, blanks before quotes, and values
between doubled signs. Every line keeps its number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

_RULE = re.compile(r"[\s|+:=-]*[-=]{2,}[\s|+:=-]*")
_BEFORE_QUOTE = re.compile(r'(?<=[,;|])[ \t]+(?=")')
_AFTER_QUOTE = re.compile(r'"[ \t]+(?=[,;|])')
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


NOTES = {
    Cleaning.DRAWN: "The table is drawn with lines; they are no rows.",
    Cleaning.BLANKS: "Blanks between separators and quotes were left out.",
    Cleaning.DOUBLED: "Two signs stand between the values.",
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
    quoted = [line for line in content if _BEFORE_QUOTE.search(line)]
    return Cleaning.BLANKS if len(quoted) >= 0.5 * max(1, len(content)) else Cleaning.NONE


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
        file.writelines(cleaned(line, cleaning) for line in lines)


def cleaned(line: str, cleaning: Cleaning) -> str:
    """One line, with its end."""
    if cleaning is Cleaning.BLANKS:
        return _AFTER_QUOTE.sub('"', _BEFORE_QUOTE.sub("", line))
    if cleaning is Cleaning.DOUBLED:
        return re.sub(r"([|;:~^])\1", r"\1", line)
    body = line.rstrip("\r\n")
    end = line[len(body) :]
    if _RULE.fullmatch(body):
        return end
    bare = body.strip()
    if bare.startswith("|"):
        bare = bare.removeprefix("|").removesuffix("|")
    return "|".join(cell.strip() for cell in bare.split("|")) + end
