"""What the rules will ask about a page of changes, read in a few statements instead of one for each question.

What was not foreseen is asked for by itself. The answers are of the tables as they are: `clear` when rows are written.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair
from ontos_tui.domain.sharing.entries import Change
from ontos_tui.domain.sharing.table_rules import NUMBERED, UNIQUE
from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.rows import RECORDS

Unique = tuple[Any, ...]
_CHUNK = 500
_NONE: list[str] = []
_PAIRS = ("sheet_id", "item_ref")


class PageOfRows:
    """Rows with the same unique columns, and pairs of the same item."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._twins: dict[tuple[str, tuple[str, ...]], dict[Unique, list[str]]] = {}
        self._pairs: dict[Unique, list[str]] = {}

    def load(self, changes: Iterable[Change]) -> None:
        """Read what these changes will need."""
        labels: set[Unique] = set()
        unique: dict[tuple[str, tuple[str, ...]], set[Unique]] = {}
        for change in changes:
            table, values = change.thing.table, change.values
            if values is None or table not in RECORDS:
                continue
            if table == CanonicalLabel.TABLE:
                labels.add(tuple(map(values.get, _PAIRS)))
            if change.base is None or table in NUMBERED:
                for names in UNIQUE[table]:
                    unique.setdefault((table, names), set()).add(tuple(map(values.get, names)))
        for (table, names), uniques in unique.items():
            self._twins[table, names] = self._keys(table, names, uniques)
        self._pairs = self._keys("qa_pairs", _PAIRS, labels) if labels else {}

    def clear(self) -> None:
        """Rows are others now."""
        self._twins.clear()
        self._pairs.clear()

    def twins(self, table: str, names: tuple[str, ...], unique: Unique) -> list[str]:
        """The keys of the rows that are there with these unique columns."""
        known = self._twins.get((table, names), {}).get(unique)
        return self._keys(table, names, {unique})[unique] if known is None else known

    def pairs(self, item: Unique) -> list[str]:
        """The keys of the pairs that are there of an item: sheet and reference."""
        known = self._pairs.get(item)
        return self._keys("qa_pairs", _PAIRS, {item})[item] if known is None else known

    def _keys(self, table: str, names: tuple[str, ...], uniques: Iterable[Unique]) -> dict[Unique, list[str]]:
        keys: dict[Unique, list[str]] = dict.fromkeys(uniques, _NONE)
        values = list(keys)
        equal = " AND ".join(f"t.{name} = j.column{at}" for at, name in enumerate(names, 2))
        joined = f"{table} AS t"
        if table == QAPair.TABLE and names == _PAIRS:  # their index is that of the training sheets of the sheet
            joined = "pair_sheets AS s ON s.sheet_id = j.column2 CROSS JOIN qa_pairs AS t"
            equal = f"t.training_sheet_id = s.training_sheet_id AND {equal}"
        marks = ", ".join("?" * len(names))
        for start in range(0, len(values), _CHUNK):
            some = values[start : start + _CHUNK]
            listed = ", ".join(f"({place}, {marks})" for place in range(len(some)))
            sql = (
                f"SELECT j.column1, t.{RECORDS[table].KEY} FROM (VALUES {listed}) AS j "  # noqa: S608
                f"CROSS JOIN {joined} ON {equal}"
            )
            for place, key in self._connection.rows(sql, list(chain.from_iterable(some))):
                keys[some[place]] = [*keys[some[place]], str(key)]
        return keys
