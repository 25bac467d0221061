"""A document as text, and the stretches of it that may be an answer: dates, amounts, and pieces of its lines.

Nothing here is learned. A text is read up to `LONGEST` characters, line by line; a run of spaces, a tab or a lone
slash ends a cell of a line, a colon or leaders (`.....`) end a caption within it.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

LONG = 80
"""Characters of a text from which on it is a document."""
LONGEST = 20_000
"""Characters of a text in which answers are looked for."""
MOST_WORDS, MOST_LINES, MOST_PIECES = 10, 6, 6_000
"""Words and lines that one piece may have, and pieces of one document that are weighed."""
MOST_SOUGHT = 60
"""Words of a text that is looked for as it stands."""
LONG_LINE = 14
"""Words from which on a line is prose: a piece inside begins with a capital letter or a digit."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DATE = re.compile(
    r"(?<![\w.,])(?:"
    r"(?P<y0>20\d\d|19\d\d)(?P<m0>0[1-9]|1[0-2])(?P<d0>[0-3]\d)"
    r"|(?P<y1>\d{4})(?P<s1>[-/.])(?P<m1>\d{1,2})(?P=s1)(?P<d1>\d{1,2})"
    r"|(?P<d2>\d{1,2})\s?(?P<s2>[-/.])\s?(?P<m2>\d{1,2})\s?(?P=s2)\s?(?P<y2>\d{4}|\d{2})"
    rf"|(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?[ \t./-]{{0,2}}(?P<m3>{_MONTH})[ \t.,/'-]{{0,2}}(?P<y3>\d{{4}}|\d{{2}})"
    rf"|(?P<m4>{_MONTH})[ \t]{{0,2}}(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?[ \t]{{1,2}}(?P<y4>\d{{4}})"
    r")(?!\w|[-/.]\d)",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"(?<![\w.,/-])[-+]?(?:\d{1,3}(?:[, ']\d{3})+|\d{1,12})(?:[.,]\d{1,4})?(?![\w/-]|[.,]\d)")
_CURRENCY = re.compile(r"(?:(?<!\w)(?:RM|USD|EUR|GBP|CHF|CAD|AUD|INR|JPY|US\$)|[$€£¥])\s?(?=\d)", re.IGNORECASE)
_WORD = re.compile(r"\S+")
_CELL = re.compile(r"[ \t]{2,}|\t|(?<=\s)[/|](?=\s|$)|\.{3,}|(?<=\w)\s?:\s?(?!\d\d\b)|(?<=\w)\s?[:=#]\s")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_LEADING, _TRAILING = "([{<\"'“‘*#:;,.-=|_~/\\", ")]}>\"'”’*:;,.-=|_~/\\!?"


def plain(text: str) -> str:
    """A text as it is compared: letter case, spaces and punctuation do not count, but for signs inside numbers."""
    return " ".join(_PLAIN.findall(text.casefold()))


def without_currency(text: str) -> str:
    """An amount without the sign or code of a currency before it."""
    return _CURRENCY.sub("", text)


def one_line(text: str) -> str:
    """A stretch of a document as an answer: any white space in it is one space."""
    return " ".join(text.split())


def read_number(text: str) -> float | None:
    """The number that an amount stands for; the last separator before one or two digits is the decimal sign."""
    digits = re.sub(r"[^\d.,+-]", "", text)
    if not digits or len(digits) > 40:
        return None
    tail = _decimals(digits)
    whole = re.sub(r"[.,]", "", digits[: len(digits) - len(tail)])
    try:
        number = float(f"{whole}.{tail[1:]}") if tail else float(whole)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _decimals(text: str) -> str:
    """The decimal sign and what follows it. Three digits behind a lone comma are thousands."""
    match = re.search(r"[.,]\d+$", text)
    if match is None:
        return ""
    others = text[: match.start()]
    if len(match[0]) == 4 and (match[0][0] == "," or match[0][0] in others):
        return ""
    return match[0]


def read_date(text: str) -> date | None:
    """The day that a date names; of two small numbers the first is the day, unless only the other way fits."""
    match = _DATE.search(text)
    return None if match is None else _day(match)


def _day(match: re.Match[str]) -> date | None:
    parts = {name[0]: value for name, value in match.groupdict().items() if value is not None and name[0] != "s"}
    month_name = parts["m"][:3].lower()
    month = _MONTHS.index(month_name) + 1 if month_name in _MONTHS else int(parts["m"])
    day, year = int(parts["d"]), int(parts["y"])
    year += 2000 if year < 70 else 1900 if year < 100 else 0
    for one, other in ((month, day), (day, month)):
        try:
            return date(year, one, other)
        except ValueError:
            continue
    return None


@dataclass(frozen=True)
class Line:
    """One line: where it starts and ends, its words, and where its cells begin and end."""

    number: int
    start: int
    end: int
    words: tuple[tuple[int, int], ...]
    cells: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """The characters from `start` up to `end`, without it, from line `first` to line `last`.

    `cell` says whether it is a whole cell, and `line` whether it is all that stands on its lines.
    """

    start: int
    end: int
    first: int
    last: int
    cell: bool = False
    line: bool = False


class Document:
    """A text and the pieces that may be answers. Hostile texts only cost the time of their `LONGEST` characters."""

    def __init__(self, text: str) -> None:
        self.text = text[:LONGEST]
        self._plain: dict[tuple[int, int], str] = {}
        self._before: dict[int, tuple[list[str], list[str]]] = {}

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines that hold something."""
        lines: list[Line] = []
        at = 0
        for raw in self.text.split("\n"):
            start, end = at + len(raw) - len(raw.lstrip()), at + len(raw.rstrip())
            at += len(raw) + 1
            if start < end:
                words = tuple((m.start(), m.end()) for m in _WORD.finditer(self.text, start, end))
                lines.append(Line(len(lines), start, end, words, tuple(self._cells(start, end))))
        return tuple(lines)

    @cached_property
    def _starts(self) -> list[int]:
        return [line.start for line in self.lines]

    def line_of(self, position: int) -> Line:
        """The line on which a character stands. There has to be one."""
        return self.lines[max(0, bisect_right(self._starts, position) - 1)]

    def _cells(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        at = start
        for gap in _CELL.finditer(self.text, start, end):
            if at < gap.start():
                yield at, gap.start()
            at = gap.end()
        if at < end:
            yield at, end

    @cached_property
    def dates(self) -> tuple[Piece, ...]:
        """Every date."""
        return tuple(self.piece(m.start(), m.end()) for m in _DATE.finditer(self.text) if _day(m) is not None)

    @cached_property
    def amounts(self) -> tuple[Piece, ...]:
        """Every number that stands alone and is no part of a date."""
        days = [(one.start, one.end) for one in self.dates]
        glued = re.compile(_AMOUNT.pattern.replace(r"(?<![\w.,/-])", ""))
        ends = {m.start(): m.end() for m in _AMOUNT.finditer(self.text)}
        for sign in _CURRENCY.finditer(self.text):
            if (after := glued.match(self.text, sign.end())) is not None:
                ends[after.start()] = after.end()
        return tuple(
            self.piece(start, end)
            for start, end in sorted(ends.items())
            if not any(start < behind and before < end for before, behind in days)
        )

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """Runs of words within a line, and runs of whole lines; each has a letter or a digit."""
        pieces: dict[tuple[int, int], Piece] = {}
        for line in self.lines:
            for start, end in self._runs(line):
                pieces.setdefault((start, end), self.piece(start, end))
            for last in self.lines[line.number + 1 : line.number + MOST_LINES]:
                for begin in dict.fromkeys((line.start, line.cells[-1][0] if line.cells else line.start)):
                    start, end = self._stripped(begin, last.end)
                    if start < end:
                        pieces.setdefault((start, end), Piece(start, end, line.number, last.number, True, True))
            if len(pieces) >= MOST_PIECES:
                break
        return tuple(piece for piece in pieces.values() if self.plain(piece))

    def _runs(self, line: Line) -> Iterator[tuple[int, int]]:
        for stretch in ((line.start, line.end), *line.cells):
            start, end = self._stripped(*stretch)
            if start < end:
                yield start, end
        begins = {start for start, _ in line.words} | {start for start, _ in line.cells}
        ends = sorted({end for _, end in line.words} | {end for _, end in line.cells})
        prose = len(line.words) >= LONG_LINE
        for begin in sorted(begins):
            start = self._stripped(begin, line.end)[0]
            if start >= line.end or (prose and not (self.text[start].isupper() or self.text[start].isdigit())):
                continue
            first = bisect_right(ends, start)
            for last in ends[first : first + MOST_WORDS]:
                from_, end = self._stripped(start, last)
                if from_ == start < end:
                    yield start, end

    def _stripped(self, start: int, end: int) -> tuple[int, int]:
        """Without the spaces and the punctuation around; a bracket that was opened inside may close the piece."""
        text = self.text
        while start < end and (text[start].isspace() or text[start] in _LEADING):
            start += 1
        while start < end and (text[end - 1].isspace() or text[end - 1] in _TRAILING):
            closes = text[end - 1] == ")" and "(" in text[start:end]
            if closes or (text[end - 1] == "." and self._abbreviates(end)):
                break
            end -= 1
        return start, end

    def _abbreviates(self, end: int) -> bool:
        """Whether the full stop before `end` belongs to its word, as in `Inc.` or `K.K.`"""
        word = re.search(r"[\w.]{1,8}$", self.text[max(0, end - 8) : end])
        return word is not None and bool(re.fullmatch(r"(?:\w\.)+|(?:inc|ltd|co|corp|bros|llc)\.", word[0].lower()))

    def piece(self, start: int, end: int) -> Piece:
        """The piece of these characters, which are inside the text."""
        line = self.line_of(start)
        last = self.line_of(end - 1) if end > line.end else line
        whole = self._stripped(line.start, last.end) == (start, end)
        cell = whole or any(self._stripped(*one) == (start, end) for one in line.cells)
        return Piece(start, end, line.number, last.number, cell, whole)

    def occurrences(self, value: str) -> Iterator[Piece]:
        """Where a text stands, whatever the case, the spaces and the punctuation in it."""
        words = _PLAIN.findall(value)[:MOST_SOUGHT]
        if words:
            sought = r"[\W_]{0,40}?".join(re.escape(word) for word in words)
            for match in re.finditer(rf"(?<![^\W_])(?<!\d[.,]){sought}(?![^\W_]|[.,]\d)", self.text, re.IGNORECASE):
                yield self.piece(match.start(), match.end())

    def text_of(self, piece: Piece) -> str:
        """What stands there."""
        return self.text[piece.start : piece.end]

    def plain(self, piece: Piece) -> str:
        """What stands there, as it is compared."""
        at = (piece.start, piece.end)
        if at not in self._plain:
            self._plain[at] = plain(self.text[piece.start : piece.end])
        return self._plain[at]

    def captions(self, piece: Piece) -> tuple[list[str], list[str]]:
        """The last words before a piece on its line, and those of the line above where it begins its line."""
        if piece.start not in self._before:
            line = self.lines[piece.first]
            near = self._last_words(line.start, piece.start)
            above = self.lines[piece.first - 1] if not near and piece.first else None
            self._before[piece.start] = near, [] if above is None else self._last_words(above.start, above.end)
        return self._before[piece.start]

    def _last_words(self, start: int, end: int) -> list[str]:
        return plain(self.text[max(start, end - 60) : end]).split()[-5:]
