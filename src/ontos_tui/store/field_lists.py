"""The fields of pairs as they are stored: an array of values, behind the number of the list of their names.

`{"a":1,"b":"x"}` is `[7,1,"x"]` where `field_lists` has `["a","b"]` as number 7. A list is written once and never
changed; the numbers are those of this workspace alone, so that a team's log has objects (store/sharing/rows.py).

Objects are read as well: what has no fields stays one, and what would have too many lists, and what would not come back
letter by letter.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import StoreError
from ontos_tui.store.values import from_json, to_json

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row

MOST = 1_000
"""Lists at most. Where every row has fields of its own, there is nothing to be written once."""
RESTORE = "Restore a backup: ontos restore FILE."
Names = tuple[str, ...]


class FieldLists:
    """The lists of one connection's database, as far as it has met them."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw
        self._names: dict[int, Names] = {}
        self._numbers: dict[Names, int] = {}
        self._keys: dict[str, Names] = {}
        self._of_keys: dict[Names, Names | None] = {}
        self._has_new = False

    # Rows

    def row(self, text: str) -> Row:
        """The fields of a stored text. Raises StoreError where the list of their names is gone."""
        return self.row_of(from_json(text))

    def rows(self, texts: Sequence[str]) -> list[Row]:
        """The fields of many stored texts, which are read at once."""
        row_of = self.row_of
        return [row_of(one) for one in from_json(f"[{','.join(texts)}]")]

    def row_of(self, stored: Any) -> Row:
        """The fields of a stored text that was read."""
        if type(stored) is list:
            names = self._names.get(stored[0]) or self.names(stored[0])
            if len(names) != len(stored) - 1:
                raise StoreError(f"The database is damaged: a pair has not the fields of list {stored[0]}.", RESTORE)
            return dict(zip(names, stored[1:]))  # noqa: B905  # strict takes half as long again
        row: Row = stored
        return row

    def text(self, row: Row, as_json: Callable[[Any], str] = to_json) -> str:
        """What is stored of these fields, in a transaction that writes."""
        number = self._number(tuple(row)) if row else None
        return as_json(row if number is None else [number, *row.values()])

    def names(self, number: int) -> Names:
        """The names of a list. Raises StoreError where it is gone."""
        names = self._names.get(number)
        if names is None:
            stored = self._raw.execute("SELECT names FROM field_lists WHERE id = ?", (number,)).fetchone()
            if stored is None:
                raise StoreError(
                    f"The database is damaged: the names of a pair's fields are gone (list {number}).",
                    RESTORE,
                )
            names = self._names[number] = tuple(from_json(stored[0]))
        return names

    def places(self, name: str) -> dict[int, int]:
        """Where the values of this field stand in the stored arrays, by the number of the list."""
        lists = self._raw.execute("SELECT id FROM field_lists").fetchall()
        of_list = ((number, self.names(number)) for (number,) in lists)
        return {number: 1 + names.index(name) for number, names in of_list if name in names}

    # Texts as they are in a team's log

    def as_object(self, text: str) -> str:
        """A stored text as a JSON object, each value as it is written there."""
        if not text.startswith("["):
            return text
        number, *values = _values(text)
        keys = self._keys.get(number)
        if keys is None:
            keys = self._keys[number] = tuple(map(to_json, self.names(int(number))))
        return _object(keys, values)

    def from_object(self, text: str) -> str:
        """What is stored of a JSON object, so that `as_object` gives the same text; in a transaction that writes."""
        keys, values = _members(text)
        if not keys or _object(keys, values) != text:
            return text
        if keys not in self._of_keys:
            self._of_keys[keys] = _named(keys)
        names = self._of_keys[keys]
        number = None if names is None else self._number(names)
        return text if number is None else f"[{number},{','.join(values)}]"

    # Transactions

    def ended(self) -> None:
        """The transaction is over."""
        self._has_new = False

    def rolled_back(self) -> None:
        """What the transaction has written may be gone, and its numbers become another's."""
        if self._has_new:
            for known in (self._names, self._numbers, self._keys):
                known.clear()

    def _number(self, names: Names) -> int | None:
        """The number of a list, which is written if it is new; None where there are too many."""
        number = self._numbers.get(names)
        if number is not None:
            return number
        if not all(type(name) is str for name in names):
            return None
        text = to_json(names)
        row = self._raw.execute("SELECT id FROM field_lists WHERE names = ?", (text,)).fetchone()
        if row is None:
            if self._raw.execute("SELECT count(*) FROM field_lists").fetchone()[0] >= MOST:
                return None
            self._has_new = True
            cursor = self._raw.execute("INSERT INTO field_lists (names) VALUES (?)", (text,))
            row = (cursor.lastrowid,)
        number = self._numbers[names] = int(row[0])
        self._names[number] = names
        return number


_flat = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[^,:\[\]{}"]+').findall
"""Texts, numbers and constants of a JSON text; of one without nested values, all that is in it."""
_scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


def _object(keys: Sequence[str], values: Sequence[str]) -> str:
    """The JSON object of keys and values as they are written. Raises ValueError where one is without the other."""
    parts = [":"] * (4 * len(keys))
    parts[0::4], parts[2::4] = keys, values
    parts[3::4] = [*[","] * (len(keys) - 1), "}"]
    return "{" + "".join(parts)


def _values(text: str) -> Sequence[str]:
    """The values of a JSON array without blanks between them, each as it is written."""
    values = _flat(text)
    if len(text) == 1 + sum(map(len, values)) + len(values):
        return values
    values, start = [], 1
    while True:
        _, end = _scan(text, start)
        values.append(text[start:end])
        if text[end] == "]":
            return values
        start = end + 1


def _members(text: str) -> tuple[Names, Sequence[str]]:
    """Keys and values of a JSON object without blanks between them, as they are written; none where it is another.

    What it gives has to be compared with the text.
    """
    flat = _flat(text)
    if len(flat) % 2 == 0 and len(text) == 1 + sum(map(len, flat)) + len(flat):
        return tuple(flat[0::2]), flat[1::2]
    names: list[str] = []
    nested: list[str] = []
    place = 1
    try:
        while True:
            _, end = scanstring(text, place + 1)
            _, after = _scan(text, end + 1)
            names.append(text[place:end])
            nested.append(text[end + 1 : after])
            if text[after] == "}":
                return tuple(names), nested
            place = after + 1
    except (ValueError, StopIteration, IndexError, RecursionError):
        return (), ()


def _named(keys: Names) -> Names | None:
    """The names of these keys; None where they are written in another way than we do, or one comes twice."""
    names = tuple(map(from_json, keys))
    ours = len(set(names)) == len(names) and tuple(map(to_json, names)) == keys
    return names if ours else None
