"""The terminal driver: few bytes, nothing from data that a terminal would interpret, and it survives a bad line.

Only the cells that differ from what the terminal shows are sent (`screen_diff`). That depends on the form of Textual's
output, which is why pyproject pins Textual and `--plain-driver` switches it off.
"""

from __future__ import annotations

import codecs
import io
import os
import signal
import sys
import termios
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic
from types import FrameType
from typing import IO, TYPE_CHECKING, Any

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from ontos_tui.tui.terminal import textual_internals
from ontos_tui.tui.terminal.charset import encoding_of, translator
from ontos_tui.tui.terminal.line_speed import LINE, erases_in_color, is_slow
from ontos_tui.tui.terminal.pasting import PasteParser
from ontos_tui.tui.terminal.screen_diff import MOVE, PaintedRow, ScreenMemory

if TYPE_CHECKING:
    from textual.app import App

_SYNC_BEGIN, _SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
_LEAVE = (
    b"\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?2048l"
    b"\x1b[<u\x1b[0m\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Every mode that the app switches on, switched off, and the screen from before."""
_FORGET = ("\x1b[?1049", "\x1b[2J", "\x1bc")


class _HangUpFile:
    """The terminal as a file whose writes fail silently once the line has dropped."""

    def __init__(self, file: IO[str], encoding: str) -> None:
        self._file = file
        self._translate = translator(encoding, os.environ.get("TERM", ""))
        if self._translate is not None and isinstance(file, io.TextIOWrapper):
            file.reconfigure(encoding=encoding, errors="replace")
        self.fileno = file.fileno
        self.isatty = file.isatty
        self._unflushed = 0
        self._seconds = 0.0

    def write(self, text: str) -> int:
        begun = monotonic()
        try:
            return self._file.write(text if self._translate is None else self._translate(text))
        except (OSError, ValueError):
            return 0
        finally:
            self._unflushed += len(text)
            self._seconds += monotonic() - begun

    def flush(self) -> None:
        begun = monotonic()
        try:
            self._file.flush()
        except (OSError, ValueError):
            return
        finally:
            LINE.written(self._unflushed, self._seconds + monotonic() - begun)
            self._unflushed, self._seconds = 0, 0.0


class OntosDriver(LinuxDriver):
    """LinuxDriver that tolerates what real lines do: bytes that are not UTF-8, and a terminal that goes away."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        assert sys.__stderr__ is not None
        textual_internals.write_to(self, _HangUpFile(sys.__stderr__, encoding_of()))
        self._begun_by = os.getpid()

    def run_input_thread(self) -> None:
        """Read keys; an invalid byte (an X10 mouse report after a tmux re-attach) becomes U+FFFD instead of a crash."""
        textual_internals.decode_input_with(_tolerant)
        textual_internals.parse_input_with(PasteParser)
        super().run_input_thread()

    def start_application_mode(self) -> None:
        """Take the terminal, and give it back even when SIGQUIT ends a program that answers to nothing else."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        with suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGQUIT, self._quit_at_once)

    def _quit_at_once(self, number: int, frame: FrameType | None) -> None:
        """Leave the terminal as it was, then end as the signal says, with what is on the disk."""
        if os.getpid() == self._begun_by:
            with suppress(OSError):
                os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, _LEAVE)
            if self.attrs_before is not None:
                with suppress(termios.error):
                    termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def _tolerant(encoding: str) -> Any:
    decoder = codecs.getincrementaldecoder(encoding)
    return lambda errors="replace": decoder(errors)


class DiffDriver(OntosDriver):
    """Sends only what the terminal does not show already."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        erases = erases_in_color(os.environ.get("TERM", ""))
        self._memory = ScreenMemory(colors=not app.no_color, erases=lambda: erases and is_slow())
        self._sync_pending = False

    def write(self, data: str) -> None:
        """Send `data`: frames reduced to what is new in them, everything else as it is."""
        if data == _SYNC_BEGIN:
            self._sync_pending = True
        elif data == _SYNC_END:
            if not self._sync_pending:
                super().write(data)
            self._sync_pending = False
        elif MOVE.match(data):
            if changes := self._memory.changes(data):
                self._send(changes)
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

    def paint(self, rows: Iterable[PaintedRow]) -> None:
        """Send rows as one frame."""
        if changes := self._memory.changes_of_rows(rows):
            super().write(f"{_SYNC_BEGIN}{changes}{_SYNC_END}")
            self.flush()

    def redraw(self) -> None:
        """The next frame is sent whole, whatever the terminal is believed to show."""
        self._memory.forget()
