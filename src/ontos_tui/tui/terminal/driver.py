"""The terminal driver: few bytes, nothing from data that a terminal would interpret, and it survives a bad line.

Textual re-sends every line that a widget repaints, blanks included. This driver remembers what stands in every cell and
sends only the cells that differ. It reads Textual's own output form (cursor position, then text with SGR), which is why
pyproject pins Textual and `--plain-driver` switches this off.
"""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import compress
from operator import itemgetter, ne
from typing import IO, TYPE_CHECKING, Any

from rich.cells import get_character_cell_size
from textual import events
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App

_MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_SGR = re.compile(r"\x1b\[[0-9;]*m")
_FOREIGN = re.compile(
    r"\x1b(?!\[[0-9;]*m)"  # an escape that is no color
    "|[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SYNC_BEGIN, _SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
_FORGET = ("\x1b[?1049", "\x1b[2J", "\x1bc")


class ScreenMemory:
    """What the terminal shows, cell by cell. Turns a frame into the part of it that is news."""

    def __init__(self, *, colors: bool = True) -> None:
        """Without `colors` (NO_COLOR) only bold, dim, underline and reverse are left of the styles."""
        self._rows: dict[int, _Row] = {}
        self._cursor = ""
        self._colors = colors

    def forget(self) -> None:
        """The terminal may show anything now; the next frame is sent whole."""
        self._rows.clear()
        self._cursor = ""

    def news(self, frame: str) -> str:
        """The cells of `frame` that the terminal does not show already, safe to send; empty when there are none.

        Cells that are painted alike are sent together, wherever they stand: a move costs less than two colors. The
        last position without text is the cursor's; it is sent after news, or when the cursor itself moved.
        """
        pieces = _MOVE.split(frame)
        news: list[_Run] = []
        ends: dict[int, int] = {}
        in_order: set[int] = set()
        cursor = ""
        for at in range(1, len(pieces), 3):
            row, column, text = int(pieces[at]), int(pieces[at + 1]), pieces[at + 2].rstrip("\n")
            if not text:
                cursor = f"\x1b[{row};{column}H"
                continue
            known = self._rows.setdefault(row, _Row())
            if known.runs.get(column) != text:
                news += self._changes(known, row, column, self._cells(text), text)
            # What was written over, or pushes at its neighbors when it is, has to be written in this order.
            if column <= ends.get(row, 0) or known.has_wide:
                in_order.add(row)
            ends[row] = max(ends.get(row, 0), known.ends[column])
        if not news and cursor == self._cursor:
            return ""
        self._cursor = cursor
        return _painted(news, in_order) + cursor

    def news_of(self, rows: Iterable[Painted]) -> str:
        """The same of rows that do not overlap; the cursor stays where it is."""
        news: list[_Run] = []
        in_order: set[int] = set()
        for row, column, parts in rows:
            cells: list[_Cell] = []
            for text, codes in parts:
                _fill(cells, text if text.isprintable() else _FOREIGN.sub("", text), self._pen(codes))
            known = self._rows.setdefault(row, _Row())
            news += self._changes(known, row, column, cells, "")
            if known.has_wide:
                in_order.add(row)
        return _painted(news, in_order) + self._cursor if news else ""

    def _cells(self, run: str) -> list[_Cell]:
        """A run of text with SGR sequences, cell by cell."""
        text = _FOREIGN.sub("", run)
        cells: list[_Cell] = []
        codes = ""
        at = 0
        for match in _SGR.finditer(text):
            _fill(cells, text[at : match.start()], self._pen(codes))
            codes = "" if match.group() in ("\x1b[0m", "\x1b[m") else codes + match.group()
            at = match.end()
        _fill(cells, text[at:], self._pen(codes))
        return cells

    def _pen(self, codes: str) -> _Pen:
        return _pen(codes) if self._colors else _pen(_SGR.sub(_without_color, codes))

    def _changes(self, known: _Row, row: int, column: int, cells: list[_Cell], run: str) -> Iterator[_Run]:
        """What of some cells from (row, column) on is new; all of them are remembered."""
        begin = column - 1
        end = begin + len(cells)
        known.remember(column, end, run)
        old = known.cells
        if len(old) < end:
            old.extend([_UNKNOWN] * (end - len(old)))
        before = old[begin:end]
        if before == cells:
            return
        known.has_wide = known.has_wide or _RIGHT_HALF in map(_CHARACTER, cells)
        changed = list(compress(range(begin, end), map(ne, before, cells)))
        # Writing over half of a wide character leaves something in its other half that terminals differ on.
        if begin and not old[begin][0]:
            old[begin - 1] = _UNKNOWN
        if end < len(old) and not old[end][0]:
            old[end] = _UNKNOWN
        old[begin:end] = cells
        for first, last, pen in _alike(old, changed):
            start = first
            while start > begin and not old[start][0]:
                start -= 1
            yield row, start + 1, pen, "".join(character for character, _ in old[start : last + 1])


Painted = tuple[int, int, Sequence[tuple[str, str]]]
"""Row and column from 1, and texts, each with the SGR sequence that it is painted with."""


class _Pen:
    """How a character is painted: attributes, foreground and background as SGR parameters. One object for each way.

    `blank` is how a space looks that is painted so: its foreground cannot be seen. `cells` are those of ASCII.
    """

    __slots__ = ("attributes", "background", "blank", "cells", "foreground")

    def __init__(self, attributes: str, foreground: str, background: str) -> None:
        self.cells = _Cells(self)
        self.attributes, self.foreground, self.background = attributes, foreground, background
        seen_on_blanks = any(attribute in _ON_BLANKS for attribute in attributes.split(";"))
        is_blank = seen_on_blanks or not (attributes or foreground)
        self.blank = self if is_blank else _made("", "", background)


_ON_BLANKS = ("4", "7", "9", "21", "53")
"""Underlined, reversed, struck through, doubly underlined, overlined: these show on a space too."""

_Cell = tuple[str, _Pen]
"""What stands in a cell and how it is painted; the right half of a wide character is empty."""

_RIGHT_HALF = ""
_CHARACTER = itemgetter(0)


class _Cells(dict[str, _Cell]):
    """Characters as cells that one pen paints, each made once: a row of them is made and compared without a loop."""

    def __init__(self, pen: _Pen) -> None:
        super().__init__()
        self._pen = pen

    def __missing__(self, character: str) -> _Cell:
        cell = self[character] = (character, self._pen.blank if character == " " else self._pen)
        return cell


_Run = tuple[int, int, _Pen, str]
"""Row and column from 1, how it is painted, and the text."""


@cache
def _made(attributes: str, foreground: str, background: str) -> _Pen:
    return _Pen(attributes, foreground, background)


@lru_cache(4_096)
def _pen(codes: str) -> _Pen:
    """The pen that some SGR sequences, one after the other, leave behind."""
    attributes: list[str] = []
    foreground = background = ""
    given = [part or "0" for part in _PARAMETERS.findall(codes.replace("m", ";"))]
    while given:
        head = given.pop(0)
        number = int(head)
        if number == 0:
            attributes, foreground, background = [], "", ""
        elif number in (38, 48):
            size = {"5": 2, "2": 4}.get(given[0] if given else "", 1)
            color = ";".join((head, *given[:size]))
            del given[:size]
            foreground, background = (color, background) if number == 38 else (foreground, color)
        elif number == 39 or 30 <= number <= 37 or 90 <= number <= 97:
            foreground = "" if number == 39 else head
        elif number == 49 or 40 <= number <= 47 or 100 <= number <= 107:
            background = "" if number == 49 else head
        elif number in _OFF:
            attributes = [attribute for attribute in attributes if attribute not in _OFF[number]]
        elif head not in attributes:
            attributes.append(head)
    return _made(";".join(sorted(attributes)), foreground, background)


_PARAMETERS = re.compile(r"(?<=[\[;])(\d*)(?=;)")
_OFF = {22: ("1", "2"), 23: ("3",), 24: ("4", "21"), 25: ("5", "6"), 27: ("7",), 28: ("8",), 29: ("9",), 55: ("53",)}

_PLAIN = _made("", "", "")
_UNKNOWN: _Cell = ("\0", _PLAIN)
_NEAR = 8
"""Unchanged cells that are sent along, since another cursor position would cost as much."""


class _Row:
    """One row of the terminal, and the runs that were written last, so that a repeated one is known at a glance."""

    __slots__ = ("cells", "ends", "has_wide", "runs")

    def __init__(self) -> None:
        self.cells: list[_Cell] = []
        self.runs: dict[int, str] = {}
        self.ends: dict[int, int] = {}
        self.has_wide = False

    def remember(self, column: int, end: int, run: str) -> None:
        """`run` was written from `column` up to the cell `end`; runs that it may have covered are no longer known."""
        self.runs = {start: text for start, text in self.runs.items() if start > end or start + len(text) < column}
        self.runs[column] = run
        self.ends[column] = end


def _fill(cells: list[_Cell], text: str, pen: _Pen) -> None:
    if text.isascii():
        cells.extend(map(pen.cells.__getitem__, text))
        return
    blank = (" ", pen.blank)
    for character in text:
        width = get_character_cell_size(character)
        if width:
            cells.append(blank if character == " " else (character, pen))
            cells.extend([(_RIGHT_HALF, pen)] * (width - 1))
        elif cells:
            cells[-1] = (cells[-1][0] + character, cells[-1][1])


def _alike(cells: list[_Cell], changed: list[int]) -> Iterator[tuple[int, int, _Pen]]:
    """Changed cells as stretches that one pen paints, first and last; those that are near each other joined."""
    if not changed:
        return
    first = last = changed[0]
    character, pen = cells[first]
    blank = character == " "
    for at in changed[1:]:
        character, now = cells[at]
        if at == last + 1 and now is pen:
            blank = blank and character == " "
            last = at
            continue
        joint = now if blank and now.blank is pen else pen
        if at - last <= _NEAR and all(_fits(cells[between], joint) for between in range(last + 1, at + 1)):
            blank = blank and character == " "
            pen, last = joint, at
            continue
        yield first, last, pen
        first, last, pen, blank = at, at, now, character == " "
    yield first, last, pen


def _fits(cell: _Cell, pen: _Pen) -> bool:
    return cell[1] is pen or (cell[0] == " " and cell[1] is pen.blank)


def _painted(news: list[_Run], in_order: set[int]) -> str:
    """Runs as text with cursor positions and SGR codes; ends without a style. Some rows are written as they came."""
    parts: list[str] = []
    now = _PLAIN
    for row, column, pen, text in sorted(news, key=lambda run: _order(run, in_order)):
        parts.append(f"\x1b[{row};{column}H{_change(now, pen)}{text}")
        now = pen
    parts.append(_change(now, _PLAIN))
    return "".join(parts)


def _order(run: _Run, in_order: set[int]) -> tuple[str, str, str]:
    row, _, pen, _ = run
    return ("", "", "") if row in in_order else (pen.background, pen.attributes, pen.foreground)


@lru_cache(4_096)
def _change(now: _Pen, pen: _Pen) -> str:
    """The SGR sequence from one pen to another."""
    if now is pen:
        return ""
    if pen is _PLAIN:
        return "\x1b[0m"
    wanted = []
    if now.attributes != pen.attributes:
        if now.attributes:
            wanted.append("0")
            now = _PLAIN
        wanted.append(pen.attributes)
    if now.foreground != pen.foreground:
        wanted.append(pen.foreground or "39")
    if now.background != pen.background:
        wanted.append(pen.background or "49")
    return f"\x1b[{';'.join(part for part in wanted if part)}m"


def _without_color(match: re.Match[str]) -> str:
    """An SGR sequence without its colors: 38 and 48 take the parameters that follow them."""
    given = [int(part or 0) for part in match.group()[2:-1].split(";")]
    kept: list[int] = []
    while given:
        head = given.pop(0)
        if head in (38, 48):
            del given[: {5: 2, 2: 4}.get(given[0] if given else 0, 1)]
        elif head < 30:
            kept.append(head)
    return f"\x1b[{';'.join(map(str, kept))}m" if kept else ""


class _HangUpFile:
    """The terminal as a file whose writes fail silently once the line has dropped: there is nobody left to tell."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.fileno = file.fileno
        self.isatty = file.isatty

    def write(self, text: str) -> int:
        try:
            return self._file.write(text)
        except (OSError, ValueError):
            return 0

    def flush(self) -> None:
        try:
            self._file.flush()
        except (OSError, ValueError):
            return


class OntosDriver(LinuxDriver):
    """LinuxDriver that tolerates what real lines do: bytes that are no UTF-8, and a terminal that goes away."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        assert sys.__stderr__ is not None
        # These four methods are all that LinuxDriver and its writer thread use of the file.
        self._file = _HangUpFile(sys.__stderr__)  # type: ignore[assignment]

    def run_input_thread(self) -> None:
        """Read keys; an invalid byte (an X10 mouse report after a tmux re-attach) becomes U+FFFD instead of a crash."""
        linux_driver.getincrementaldecoder = _tolerant  # type: ignore[attr-defined]
        super().run_input_thread()


def _tolerant(encoding: str) -> Any:
    decoder = codecs.getincrementaldecoder(encoding)
    return lambda errors="replace": decoder(errors)


class DiffDriver(OntosDriver):
    """Sends only what the terminal does not show already."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._memory = ScreenMemory(colors=not app.no_color)
        self._sync_pending = False

    def write(self, data: str) -> None:
        """Send `data`: frames reduced to their news, everything else as it is."""
        if data == _SYNC_BEGIN:
            self._sync_pending = True
        elif data == _SYNC_END:
            if not self._sync_pending:
                super().write(data)
            self._sync_pending = False
        elif _MOVE.match(data):
            if news := self._memory.news(data):
                self._send(news)
        else:
            if any(mark in data for mark in _FORGET):
                self._memory.forget()
            self._send(data)

    def _send(self, data: str) -> None:
        if self._sync_pending:
            self._sync_pending = False
            super().write(_SYNC_BEGIN)
        super().write(data)

    def process_message(self, message: Message) -> None:
        """A resized terminal may show anything."""
        if isinstance(message, events.Resize):
            self._memory.forget()
        super().process_message(message)

    def paint(self, rows: Iterable[Painted]) -> None:
        """Send rows as one frame."""
        if news := self._memory.news_of(rows):
            super().write(f"{_SYNC_BEGIN}{news}{_SYNC_END}")
            self.flush()

    def redraw(self) -> None:
        """The next frame is sent whole, whatever the terminal is believed to show."""
        self._memory.forget()
