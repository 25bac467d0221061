"""The terminal driver: few bytes, nothing from data that a terminal would interpret, and it survives a bad line.

Textual re-sends every run of cells that a widget repaints, changed or not. This driver remembers what stands where and
sends only the runs that differ. It reads Textual's own output form (cursor position, then text with SGR), which is why
pyproject pins Textual and `--plain-driver` switches this off.
"""

from __future__ import annotations

import codecs
import re
import sys
from typing import IO, TYPE_CHECKING, Any

from rich.cells import cell_len
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
    """What the terminal shows, as runs of text at (row, column). Turns a frame into the part of it that is news."""

    def __init__(self, *, colours: bool = True) -> None:
        """Without `colours` (NO_COLOR) only bold, dim, underline and reverse are left of the styles."""
        self._rows: dict[int, dict[int, tuple[int, str]]] = {}
        self._cursor = ""
        self._colours = colours

    def forget(self) -> None:
        """The terminal may show anything now; the next frame is sent whole."""
        self._rows.clear()
        self._cursor = ""

    def news(self, frame: str) -> str:
        """The runs of `frame` that the terminal does not show already, safe to send; empty when there are none.

        The last position without text is the cursor's; it is sent after news, or when the cursor itself moved.
        """
        pieces = _MOVE.split(frame)
        out: list[str] = []
        cursor = ""
        for at in range(1, len(pieces), 3):
            row, column, text = int(pieces[at]), int(pieces[at + 1]), pieces[at + 2].rstrip("\n")
            position = f"\x1b[{row};{column}H"
            if not text:
                cursor = position
                continue
            text = _FOREIGN.sub("", text)
            if not self._colours:
                text = _SGR.sub(_without_colour, text)
            if self._remember(row, column, text):
                out.append(position + text)
        if out or cursor != self._cursor:
            out.append(cursor)
            self._cursor = cursor
        return "".join(out)

    def _remember(self, row: int, column: int, text: str) -> bool:
        """Note that `text` stands at (row, column); False when it stood there already."""
        runs = self._rows.setdefault(row, {})
        known = runs.get(column)
        if known is not None and known[1] == text:
            return False
        end = column + cell_len(_SGR.sub("", text))
        for start in [start for start, (stop, _) in runs.items() if start < end and stop > column]:
            del runs[start]
        runs[column] = (end, text)
        return True


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
