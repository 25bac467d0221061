"""Pasted text, kept away from Textual's parser, which makes keys of the escape sequences in it; and the escape key.

A paste between the terminal's brackets is one event, whatever it holds. A terminal without brackets sends a paste as
keys: so much text at once was not typed, and is a paste too, so that it gives no commands. Nor do people and mice
send as many escape sequences in a second as a paste of them does, each of which would be an event of its own.

A slow line brings several keys at once. The escape key with a digit or Enter behind it is both keys here; the parser
would make another letter of the one, and forget the escape before the other, so that Enter confirmed what was left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from time import monotonic

from textual import constants, events
from textual._xterm_parser import XTermParser
from textual.message import Message

START, END = "\x1b[200~", "\x1b[201~"
MOST = 100_000
"""Characters of a paste that are used; what is beyond is dropped."""
BURST, BURST_TEXT = 1_000, 500
"""A single read of so many characters, so many of them beside those of keys and mice, was not typed."""
FLOOD, FLOOD_SECONDS = 8_000, 1.0
"""So many characters within such a time were not typed either, whatever they are; a quick mouse sends a third of it."""
BURST_SECONDS, ABANDONED_SECONDS = 0.05, 2.0
"""A paste without brackets ends after a pause of the first, one whose end never comes after the second."""
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-~])")
_TYPED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~])")
"""What keys and mice send; of any other sequence the parser makes a key of each character."""
_ESCAPE = re.compile(r"\x1b(?=[0-9\r=\-\x1b])")
"""The escape key, with a key behind it with which it makes no sequence that a terminal sends."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """Pasted text without escape sequences and control characters; lines end in a line feed."""
    text = _SEQUENCE.sub("", text[: 4 * MOST]).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text)[:MOST]


class PasteParser(XTermParser):
    """Textual's parser, which sees the brackets of a paste and nothing of what is between them."""

    clock: Callable[[], float] = staticmethod(monotonic)

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pieces: list[str] | None = None
        self._size = 0
        self._burst = False
        self._before = self._last = ""
        self._at = 0.0
        self._since, self._passed = 0.0, 0
        self._escape = ""

    def feed(self, data: str) -> Iterable[Message]:
        """The events of what was read; an empty text is the end of all input."""
        if not data:
            yield from self._finish("")
            yield from self._escape_key()
            yield from super().feed(data)
            return
        data, self._escape = self._escape + data, ""
        self._at = self.clock()
        while data:
            if self._pieces is not None:
                data = yield from self._take(data)
            else:
                data = yield from self._pass(data)

    def tick(self) -> Iterable[Message]:
        """The events that a pause makes: the escape key, and the end of a paste."""
        if self._pieces is not None:
            pause = self.clock() - self._at
            if pause >= (BURST_SECONDS if self._burst else ABANDONED_SECONDS):
                yield from self._finish("" if self._burst else END)
        if self.clock() - self._at >= constants.ESCAPE_DELAY:
            yield from self._escape_key()
        yield from super().tick()

    def _escape_key(self) -> Iterator[Message]:
        """The escape key behind which nothing came."""
        if self._escape:
            self._escape = ""
            yield events.Key("escape", "\x1b")

    def _keys(self, data: str) -> Iterator[Message]:
        """The events of what was typed. An escape at the end waits for what comes next, or for a pause."""
        for number, part in enumerate(_ESCAPE.split(data)):
            if number:
                yield events.Key("escape", "\x1b")
            whole = part.removesuffix("\x1b")
            self._escape = part[len(whole) :]
            if whole:
                yield from super().feed(whole)

    def _pass(self, data: str) -> Generator[Message, None, str]:
        """Give what is no paste to the parser; returns what follows the beginning of one."""
        joined = self._before + data
        at = joined.find(START)
        if at < 0 and (self._is_flood(len(data)) or self._is_text(data)):
            self._pieces, self._size, self._burst, self._last = [], 0, True, ""
            return data
        self._passed += len(data) if at < 0 else 0
        end = len(data) if at < 0 else at + len(START) - len(self._before)
        self._before = joined[-(len(START) - 1) :] if at < 0 else ""
        for event in self._keys(data[:end]):
            # The parser reports the empty text between the brackets, all that it has seen of it.
            if not (isinstance(event, events.Paste) and not event.text):
                yield event
        if at >= 0:
            self._pieces, self._size, self._burst, self._last = [], 0, False, ""
        return data[end:]

    def _is_text(self, data: str) -> bool:
        """Whether so much text was read at once that it was not typed."""
        return len(data) >= BURST and len(_TYPED.sub("", data)) >= BURST_TEXT

    def _is_flood(self, more: int) -> bool:
        """Whether more was read lately than people and mice send."""
        if self._at - self._since > FLOOD_SECONDS:
            self._since, self._passed = self._at, 0
        return self._passed + more > FLOOD

    def _take(self, data: str) -> Generator[Message, None, str]:
        """Gather what is pasted; returns what follows its end."""
        assert self._pieces is not None, "a paste is under way"
        joined = self._last + data
        at = -1 if self._burst else joined.find(END)
        if at < 0:
            self._last = joined[-(len(END) - 1) :]
            if self._size <= 4 * MOST:  # of what is beyond only the end matters
                self._pieces.append(data)
                self._size += len(data)
            return ""
        end = at + len(END) - len(self._last)
        if self._size <= 4 * MOST:
            self._pieces = ["".join([*self._pieces, data[:end]]).removesuffix(END)]
        yield from self._finish(END)
        return data[end:]

    def _finish(self, end: str) -> Iterator[Message]:
        if self._pieces is None:
            return
        text, self._pieces, self._burst = clean("".join(self._pieces)), None, False
        if end:
            for event in super().feed(end):
                if not isinstance(event, events.Paste):
                    yield event
        if text:
            yield events.Paste(text)
