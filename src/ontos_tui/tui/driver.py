"""The terminal driver: few bytes, nothing from data that a terminal would interpret, and it survives a bad line.

Textual re-sends every line that a widget repaints, blanks included. This driver remembers what stands in every cell and
sends only the cells that differ. It reads Textual's own output form (cursor position, then text with SGR), which is why
pyproject pins Textual and `--plain-driver` switches this off.
"""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterator
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
    r"\x1b(?!\[[0-9;]*m)"  # an escape that is no colour
    "|[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SYNC_BEGIN, _SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
_FORGET = ("\x1b[?1049", "\x1b[2J", "\x1bc")


class ScreenMemory:
    """What the terminal shows, cell by cell. Turns a frame into the part of it that is news."""

    def __init__(self, *, colours: bool = True) -> None:
        """Without `colours` (NO_COLOR) only bold, dim, underline and reverse are left of the styles."""
        self._rows: dict[int, _Row] = {}
        self._cursor = ""
        self._colours = colours

    def forget(self) -> None:
        """The terminal may show anything now; the next frame is sent whole."""
        self._rows.clear()
        self._cursor = ""

    def news(self, frame: str) -> str:
        """The cells of `frame` that the terminal does not show already, safe to send; empty when there are none.

        The last position without text is the cursor's; it is sent after news, or when the cursor itself moved.
        """
        pieces = _MOVE.split(frame)
        out: list[str] = []
        cursor = ""
        for at in range(1, len(pieces), 3):
            row, column, text = int(pieces[at]), int(pieces[at + 1]), pieces[at + 2].rstrip("\n")
            if not text:
                cursor = f"\x1b[{row};{column}H"
                continue
            known = self._rows.setdefault(row, _Row())
            if known.runs.get(column) != text:
                self._changes(known, row, column, text, out)
        if out or cursor != self._cursor:
            out.append(cursor)
            self._cursor = cursor
        return "".join(out)

    def _changes(self, known: _Row, row: int, column: int, run: str, out: list[str]) -> None:
        """Append what of `run` is new at (row, column), and remember all of it."""
        text = _FOREIGN.sub("", run)
        if not self._colours:
            text = _SGR.sub(_without_colour, text)
        cells = _cells(text)
        begin = column - 1
        end = begin + len(cells)
        known.remember(column, end, run)
        old = known.cells
        if len(old) < end:
            old.extend([_UNKNOWN] * (end - len(old)))
        changed = [at for at, cell in enumerate(cells, begin) if old[at] != cell]
        # Writing over half of a wide character leaves something in its other half that terminals differ on.
        if begin and not old[begin][0]:
            old[begin - 1] = _UNKNOWN
        if end < len(old) and not old[end][0]:
            old[end] = _UNKNOWN
        old[begin:end] = cells
        for first, last in _spans(changed):
            start = first
            while start > begin and not old[start][0]:
                start -= 1
            out.append(f"\x1b[{row};{start + 1}H")
            out.append(_painted(old[start : last + 1]))


_Cell = tuple[str, str]
"""What stands in a cell and the SGR codes it is painted with; the right half of a wide character is empty."""

_UNKNOWN: _Cell = ("\0", "")
_NEAR = 10
"""Unchanged cells that are sent along, since another cursor position would cost as much."""


class _Row:
    """One row of the terminal, and the runs that were written last, so that a repeated one is known at a glance."""

    __slots__ = ("cells", "runs")

    def __init__(self) -> None:
        self.cells: list[_Cell] = []
        self.runs: dict[int, str] = {}

    def remember(self, column: int, end: int, run: str) -> None:
        """`run` was written from `column` up to the cell `end`; runs that it may have covered are no longer known."""
        self.runs = {start: text for start, text in self.runs.items() if start > end or start + len(text) < column}
        self.runs[column] = run


def _cells(text: str) -> list[_Cell]:
    """A run, cell by cell."""
    cells: list[_Cell] = []
    style = ""
    at = 0
    for match in _SGR.finditer(text):
        _fill(cells, text[at : match.start()], style)
        style = "" if match.group() in ("\x1b[0m", "\x1b[m") else style + match.group()
        at = match.end()
    _fill(cells, text[at:], style)
    return cells


def _fill(cells: list[_Cell], text: str, style: str) -> None:
    if text.isascii():
        cells.extend((character, style) for character in text)
        return
    for character in text:
        width = get_character_cell_size(character)
        if width:
            cells.append((character, style))
            cells.extend([("", style)] * (width - 1))
        elif cells:
            cells[-1] = (cells[-1][0] + character, cells[-1][1])


def _spans(changed: list[int]) -> Iterator[tuple[int, int]]:
    """Changed cells as stretches, first and last, those that are near each other joined."""
    if not changed:
        return
    first = last = changed[0]
    for at in changed[1:]:
        if at > last + _NEAR:
            yield first, last
            first = at
        last = at
    yield first, last


def _painted(cells: list[_Cell]) -> str:
    """Cells as text with SGR codes, a code only where the style changes; ends without a style."""
    parts: list[str] = []
    now = ""
    for character, style in cells:
        if style != now:
            parts.append(f"\x1b[0m{style}" if now else style)
            now = style
        parts.append(character)
    if now:
        parts.append("\x1b[0m")
    return "".join(parts)


def _without_colour(match: re.Match[str]) -> str:
    """An SGR sequence without its colours: 38 and 48 take the parameters that follow them."""
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
        self._memory = ScreenMemory(colours=not app.no_color)
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

    def redraw(self) -> None:
        """The next frame is sent whole, whatever the terminal is believed to show."""
        self._memory.forget()
