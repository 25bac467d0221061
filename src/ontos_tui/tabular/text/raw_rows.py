"""The SQL that reads the rows of a text file, as texts or in their types, where its layout says that they stand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.records.reading import ColumnReading
from ontos_tui.tabular.duckdb_sql import column_list, literal, path_literal, quoted
from ontos_tui.tabular.row_names import CellText, text_cells
from ontos_tui.tabular.text.layout import FIXED, Layout
from ontos_tui.tabular.text.records import SPACES

if TYPE_CHECKING:
    import duckdb


class RawRows:
    """The SQL that reads a file with a layout."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._path = path
        self._layout = layout

    def texts(self, *, checked: bool = True) -> str:
        """A relation of all columns as texts; `checked` is whether a ragged line is an error of its own."""
        return self._read(dict.fromkeys(self._layout.names, "VARCHAR"), checked=checked)

    def filled_extras(self, connection: duckdb.DuckDBPyConnection) -> int:
        """How many rows have a value where no column has a name."""
        places = range(self._layout.extra)
        filled = " OR ".join(f"{_free(self._layout.names, place)} IS NOT NULL" for place in places)
        return int(connection.execute(f"SELECT count_if({filled}) FROM {self.texts()}").fetchall()[0][0])  # noqa: S608

    def relation(self, columns: Sequence[ColumnReading]) -> str:
        """A relation of all columns in their types."""
        separated = self._layout.separator not in (SPACES, FIXED)
        types = {column.name: "VARCHAR" if column.sql or not separated else column.type for column in columns}
        source = self._read(types)
        if separated and not self._layout.extra and not any(column.sql for column in columns):
            return source
        selected = [
            f"CAST({column.sql or quoted(column.name)} AS {column.type}) AS {quoted(column.name)}"
            if column.sql or not separated
            else quoted(column.name)
            for column in columns
        ]
        return f"(SELECT {', '.join(selected)} FROM {source})"  # noqa: S608

    def cell_text(self, columns: Sequence[ColumnReading]) -> CellText:
        """The same with every cell as it stands in the file beside its value."""
        names = [column.name for column in columns]
        selected = [
            f"CAST({column.sql or quoted(column.name)} AS {column.type}) AS {quoted(column.name)}" for column in columns
        ]
        return CellText(self.texts(checked=False), ", ".join(selected), text_cells(names))

    def _read(self, types: dict[str, str], *, checked: bool = False) -> str:
        layout = self._layout
        skip = max(0, layout.headings.body - 1 - layout.quoted_lines)  # DuckDB counts a line in quotes once
        if layout.separator == SPACES:
            parts = [f"trim(parts[{place}], '\"') AS {quoted(name)}" for place, name in enumerate(layout.names, 1)]
            lines = f"(SELECT string_split_regex(trim(line, ' \t\r'), '[ \t]+') AS parts FROM {self._lines(skip)})"  # noqa: S608
            if checked:
                lines += f" WHERE len(parts) = {len(layout.names)} OR error('ragged line') IS NULL"
            return f"(SELECT {', '.join(parts)} FROM {lines})"  # noqa: S608
        if layout.separator == FIXED:
            parts = [
                f"nullif(trim(substring(line, {start + 1}, {end - start}), ' \t\r'), '') AS {quoted(name)}"
                for name, (start, end) in zip(layout.names, layout.spans, strict=True)
            ]
            return f"(SELECT {', '.join(parts)} FROM {self._lines(skip)})"  # noqa: S608
        more = {_free(layout.names, place): "VARCHAR" for place in range(layout.extra)}
        options = [
            path_literal(self._path),
            "auto_detect = false",
            f"columns = {column_list(types | more)}",
            "header = false",
            f"skip = {skip}",
            f"delim = {literal(layout.separator or _NEVER)}",
            "quote = '\"'",
            "escape = '\"'",
            "comment = ''",
            "encoding = 'utf-8'",
            "hive_partitioning = false",
        ]
        return f"read_csv({', '.join(options)})"

    def _lines(self, skip: int) -> str:
        """A relation of whole lines that are not blank."""
        return (
            f"(SELECT line FROM read_csv({path_literal(self._path)}, auto_detect = false, "  # noqa: S608
            f"columns = {{'line': 'VARCHAR'}}, delim = {literal(_NEVER)}, quote = '', escape = '', header = false, "
            f"skip = {skip}, comment = '', null_padding = false) WHERE trim(line, ' \t\r') != '')"
        )


_NEVER = "\x01"
"""A separator that no text holds."""


def _free(names: Sequence[str], place: int) -> str:
    name = f"nothing{place}"
    while name in names:
        name += "_"
    return name
