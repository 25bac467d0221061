"""Rows of a file, named by what their cells hold, in DuckDB's SQL.

The cells are the file's own: of text, every cell as it stands there, before anything is decided about numbers, dates or
missing words; of JSON and Parquet, each value under its key, without those that are missing. What an item is called
therefore depends on no decision about reading, and on no other row except those that are equal to it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.reading import Reading
from ontos_tui.domain.rules.item_names import DIGITS, MARK
from ontos_tui.tabular.duckdb_sql import literal, quoted
from ontos_tui.tabular.window_fields import free_name

if TYPE_CHECKING:
    import duckdb

_TURNS = "ontos_equal_rows"
"""A table in the memory of a file's own DuckDB: the number of each row that equals one before it, and its turn."""
_counting = threading.Lock()


class Cell(NamedTuple):
    """The SQL of a cell's text, and the name that it stands under; "" where its place tells which cell it is.

    `delimited` is whether the text itself shows where it ends, as JSON does.
    """

    text: str
    name: str = ""
    delimited: bool = False

    def within(self, text: str) -> str:
        """What it adds to the text of its row, with `text` for its own. A missing cell that has a name adds nothing."""
        if not self.name:
            return f"""'"', {text}, '",'"""
        before, quote = literal(self.name + ":"), "''" if self.delimited else """'"'"""
        return f"{before} || {quote} || {text} || {quote} || ','"


@dataclass(frozen=True)
class CellText:
    """A relation of a file's rows in their types, and the text of their cells as they stand in the file.

    The SQL of `cells` is over the columns of `source`; `selected` makes the typed columns of it, and `corrected` those
    that differ by the user's decisions.
    """

    source: str
    selected: str
    cells: tuple[Cell, ...]
    corrected: str = ""

    def named(self, name: str) -> str:
        """The relation with one more column: the name of each row, equal for equal rows."""
        named = f"(SELECT {self.selected}, {name_sql(self._text)} AS {quoted(name)} FROM {self.source})"  # noqa: S608
        return f"(SELECT * REPLACE ({self.corrected}) FROM {named})" if self.corrected else named  # noqa: S608

    def names(self) -> str:
        """A relation of nothing but the names, as `name`, in the file's order."""
        return f"(SELECT {name_sql(self._text)} AS name FROM {self.source})"  # noqa: S608

    def equal_candidates(self) -> str:
        """The SQL that yields something where rows may be equal; nothing means that none are."""
        hashed = f"(SELECT hash({self._text}) AS h FROM {self.source})"  # noqa: S608
        return f"SELECT h FROM {hashed} GROUP BY h HAVING count(*) > 1 LIMIT 1"  # noqa: S608

    @property
    def _text(self) -> str:
        """The SQL of a text that is the same for rows that are equal in all cells, and for no others.

        Every cell is quoted. Doubling the quotes in them takes twice as long as all the rest, so it is done where a row
        has any.
        """
        quotable = [cell for cell in self.cells if not cell.delimited]
        plain = f"concat({', '.join(cell.within(cell.text) for cell in self.cells)})"
        if not quotable:
            return plain
        doubled = [cell if cell.delimited else cell._replace(text=_doubled(cell.text)) for cell in self.cells]
        escaped = f"concat({', '.join(cell.within(cell.text) for cell in doubled)})"
        has_quotes = f"""contains(concat({", ".join(cell.text for cell in quotable)}), '"')"""
        return f"CASE WHEN {has_quotes} THEN {escaped} ELSE {plain} END"


def name_sql(text: str) -> str:
    """The SQL of the name of what has this text."""
    return f"substring(md5({text}), 1, {DIGITS})"


def text_cells(names: Iterable[str]) -> tuple[Cell, ...]:
    """The cells of a row of text: one that is missing is empty."""
    return tuple(Cell(quoted(name)) for name in names)


def typed_cells(columns: Sequence[Column]) -> tuple[Cell, ...]:
    """The cells of a row of values that know their type, each under its column's name."""
    return tuple(Cell(_value_text(one), _quoted(one.name)) for one in sorted(columns, key=lambda one: one.name))


def json_cells(keys: Sequence[str], values: str) -> tuple[Cell, ...]:
    """The values of a JSON object, as JSON, each under its key. `values` is the SQL of a list, sorted by key."""
    texts = (f"nullif(CAST({values}[{place}] AS VARCHAR), 'null')" for place in range(1, len(keys) + 1))
    return tuple(Cell(text, _quoted(key), delimited=True) for key, text in zip(sorted(keys), texts, strict=True))


def json_pointers(keys: Sequence[str]) -> str:
    """The SQL of a list of paths to these keys of an object, sorted."""
    paths = ("/" + key.replace("~", "~0").replace("/", "~1") for key in sorted(keys))
    return f"[{', '.join(map(literal, paths))}]"


@dataclass(frozen=True)
class NamedRows:
    """A relation of a file's rows with a `number` by their place, and the SQL of the `ref` that names each.

    `in_order` is whether the relation keeps the file's order by itself.
    """

    relation: str
    number: str
    ref: str
    in_order: bool


def named_rows(
    connection: duckdb.DuckDBPyConnection, cells: CellText, reading: Reading, taken: Sequence[str]
) -> NamedRows:
    """The rows of a file under their names; `taken` are the names of its columns.

    The first time it looks whether any rows are equal, and keeps that in `reading`.
    """
    name, number, turn = (free_name(one, taken) for one in ("row_name", "row_number", "row_turn"))
    numbered = f"(SELECT row_number() OVER () AS {number}, * FROM {cells.named(name)})"  # noqa: S608
    if not equal_rows(connection, cells, reading):
        return NamedRows(numbered, number, name, in_order=True)
    relation = (
        f"(SELECT r.*, t.turn AS {turn} FROM {numbered} AS r "  # noqa: S608
        f"LEFT JOIN {_TURNS} AS t ON t.number = r.{number})"
    )
    return NamedRows(relation, number, numbered_name(name, turn), in_order=False)


def numbered_name(name: str, turn: str) -> str:
    """The SQL of a name with its turn, where that is known and not the first."""
    return f"{name} || CASE WHEN {turn} > 1 THEN {literal(MARK)} || {turn} ELSE '' END"


def equal_rows(connection: duckdb.DuckDBPyConnection, cells: CellText, reading: Reading) -> int:
    """How many rows equal one before them. Counted once for each opened file, unless its reading knows already."""
    known = reading.equal_rows
    if known == 0:
        return 0
    with _counting:
        connection = connection.cursor()
        if not _has_turns(connection):
            if known is None and connection.execute(cells.equal_candidates()).fetchone() is None:
                reading.equal_rows = 0
                return 0
            _write_turns(connection, cells)
        (count,) = connection.execute(f"SELECT count(*) FROM {_TURNS}").fetchall()[0]  # noqa: S608
    reading.equal_rows = int(count)
    return int(count)


def _write_turns(connection: duckdb.DuckDBPyConnection, cells: CellText) -> None:
    numbered = f"(SELECT row_number() OVER () AS number, name FROM {cells.names()})"  # noqa: S608
    turns = f"(SELECT number, row_number() OVER (PARTITION BY name ORDER BY number) AS turn FROM {numbered})"  # noqa: S608
    connection.execute(f"CREATE TABLE {_TURNS} AS SELECT * FROM {turns} WHERE turn > 1")  # noqa: S608


def _has_turns(connection: duckdb.DuckDBPyConnection) -> bool:
    row = connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [_TURNS]).fetchone()
    return row is not None


def _doubled(text: str) -> str:
    return f"""replace({text}, '"', '""')"""


def _quoted(name: str) -> str:
    """A name that shows where it ends."""
    return '"' + name.replace('"', '""') + '"'


def _value_text(column: Column) -> str:
    name, kind = quoted(column.name), column.type
    if kind.startswith(("STRUCT", "MAP", "UNION")) or kind.endswith("]"):
        return f"CAST(to_json({name}) AS VARCHAR)"
    return f"CAST({name} AS VARCHAR)"
