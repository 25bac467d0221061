"""A JSON document of many rows, read in pieces: its memory does not grow with the document.

A document of 256 MB may hold eighty million empty objects, which take thirty times its size when read as a whole.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.tabular.json_words import json_reason, rows_of_object

LONGEST_ROW = 8 << 20
"""Characters of one row, and of all that stands beside the list of rows."""
MOST_ROWS = 2_000_000
"""Rows of one document. More take minutes to read twice; as lines they are read at once, in parallel."""
_PIECE = 1 << 20
_SPACE = " \t\r\n"
_DECODER = json.JSONDecoder()


class ManyDocumentsError(Exception):
    """The file holds one document after the other: they are its lines."""


def json_rows(name: str, path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a document: those of its list, of the one list of objects in its object, or of the object itself.

    Raises InvalidInputError with the line for what is not JSON, ManyDocumentsError where another document follows.
    """
    lists: list[tuple[str, int]] = []
    with path.open("rb") as file:
        text = _Text(name, file)
        begins_list = text.peek() == "["
        if begins_list:
            _check_end(text, holds_rows=_skip_list(text))
            lists = [("", 0)]
        else:
            lists = [(key, number) for key, number, is_rows in _members(text) if is_rows]
            _check_end(text, holds_rows=True)
    if len(lists) > 1:
        named = ", ".join(key for key, _ in lists)
        raise InvalidInputError(f"{name} holds several lists of objects: {named}.", "Write one of them into a file.")
    with path.open("rb") as file:
        text = _Text(name, file)
        if not lists:
            yield from rows_of_object(text.value())
        elif begins_list:
            yield from text.elements()
        else:
            yield from _rows_of_member(text, lists[0][1])


def _check_end(text: _Text, *, holds_rows: bool) -> None:
    if text.peek():
        raise ManyDocumentsError
    if not holds_rows:
        raise InvalidInputError(f"{text.name} holds no list of objects.", "A row is an object in braces.")


def _members(text: _Text) -> Iterator[tuple[str, int, bool]]:
    """The names of an object's values, their number, and whether each is a list of objects."""
    for number, key in enumerate(text.keys()):
        yield key, number, _skip_value(text)


def _rows_of_member(text: _Text, place: int) -> Iterator[dict[str, Any]]:
    for number, _ in enumerate(text.keys()):
        if number == place:
            yield from text.elements()
            return
        _skip_value(text)


def _skip_value(text: _Text) -> bool:
    """Read a value to its end; whether it is a list of objects."""
    if text.peek() == "[":
        return _skip_list(text)
    text.value()
    return False


def _skip_list(text: _Text) -> bool:
    """Read a list to its end; whether it holds objects, and nothing else."""
    count, objects = 0, 0
    for element in text.elements():
        count += 1
        objects += isinstance(element, dict)
        if count > MOST_ROWS:
            raise InvalidInputError(
                f"{text.name} holds more than {MOST_ROWS:,} rows in one JSON document.",
                "Write them as JSON lines (.jsonl), CSV or Parquet.",
            )
    return 0 < count == objects


class _Text:
    """The characters of a file from where one has come to."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self.name = name
        self._pieces = self._decoded(file)
        self._buffer = ""
        self._at = 0
        self._lines = 1
        self._is_over = False

    def peek(self) -> str:
        """The next character that is no space, unread; empty at the end."""
        while True:
            while self._at < len(self._buffer):
                character = self._buffer[self._at]
                if character not in _SPACE:
                    return character
                self._at += 1
            if not self._read_on():
                return ""

    def expect(self, characters: str) -> str:
        """Read one of these characters."""
        character = self.peek()
        if not character or character not in characters:
            raise self._error(f"expected {' or '.join(characters)}", self._at)
        self._at += 1
        return character

    def value(self) -> Any:
        """Read a value, whole."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                if len(self._buffer) - self._at <= LONGEST_ROW and self._read_on():
                    continue
                if len(self._buffer) - self._at > LONGEST_ROW and not self._is_over:
                    raise self._too_long() from error
                raise self._error(json_reason(error), error.pos) from error
            except RecursionError as error:
                raise InvalidInputError(f"{self.name} is nested too deeply to be rows.", "Write flat rows.") from error
            except ValueError as error:  # a number of more than 4,300 digits
                raise self._error("a number has too many digits", self._at) from error
            if end == len(self._buffer) and self._read_on():
                continue  # a number may go on
            if end - self._at > LONGEST_ROW:
                raise self._too_long()
            self._at = end
            return value

    def elements(self) -> Iterator[Any]:
        """Read a list, one value at a time."""
        self.expect("[")
        if self.peek() == "]":
            self.expect("]")
            return
        while True:
            yield self.value()
            if self.expect(",]") == "]":
                return

    def keys(self) -> Iterator[str]:
        """Read an object: its names, one at a time. Its values are to be read in between."""
        self.expect("{")
        if self.peek() == "}":
            self.expect("}")
            return
        while True:
            if self.peek() != '"':
                raise self._error("expected a name in double quotes", self._at)
            key = self.value()
            self.expect(":")
            yield str(key)
            if self.expect(",}") == "}":
                return

    def _read_on(self) -> bool:
        """Take in more characters, as many again as are unread; whether there were any."""
        self._lines += self._buffer.count("\n", 0, self._at)
        unread = [self._buffer[self._at :]]
        size, least = 0, max(_PIECE, len(unread[0]))
        while size < least and (piece := next(self._pieces, "")):
            unread.append(piece)
            size += len(piece)
        self._buffer, self._at = "".join(unread), 0
        self._is_over = size == 0
        return size > 0

    def _decoded(self, file: IO[bytes]) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        try:
            while piece := file.read(_PIECE):
                if text := decoder.decode(piece):
                    yield text
            yield decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise InvalidInputError(f"{self.name} is no UTF-8 JSON.", "Save it as UTF-8.") from error

    def _error(self, what: str, at: int) -> InvalidInputError:
        number = self._lines + self._buffer.count("\n", 0, at)
        return InvalidInputError(f"{self.name}, line {number}: not JSON: {what}.", "Correct the line.")

    def _too_long(self) -> InvalidInputError:
        return InvalidInputError(
            f"{self.name} has a row of more than {LONGEST_ROW >> 20} MB.", "Write rows of at most that size."
        )
