"""The rows of a table or a sheet, opened for a look at their quality."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.records.data import DataTable, FileFormat, RowQuery, Sampling, Sheet, TableAddress
from ontos_tui.store.values import to_json

if TYPE_CHECKING:
    from ontos_tui.platforms.ports import Catalog
    from ontos_tui.tabular.quality.table_rows import TableRows


@dataclass(frozen=True)
class Target:
    """What is looked at: a table, or a sheet over it. `file` is the table's record where it is a file here."""

    address: TableAddress
    sheet: Sheet | None
    file: DataTable | None


@contextmanager
def opened(target: Target, catalog: Catalog) -> Iterator[tuple[TableRows, str]]:
    """The rows, and in words which they are. Of the team's tables, a random sample is brought here.

    Raises InvalidInputError and PlatformError saying why they cannot be read.
    """
    from ontos_tui.tabular.duckdb_sql import explain_duckdb_errors
    from ontos_tui.tabular.quality.table_rows import TableRows
    from ontos_tui.tabular.row_filter import filter_sql
    from ontos_tui.tabular.source import open_source

    sheet = target.sheet
    with tempfile.TemporaryDirectory() as folder:
        source = catalog.source(target.address)
        path, what, own = Path(folder) / "sample.jsonl", "all rows", source is None
        if source is None:
            what = f"a random sample of {_write_sample(target, catalog, path):,} rows"
            source = open_source(path, FileFormat.JSONL, Path(folder) / "spill")
        path = source.path
        where, names = "", []
        if sheet is not None and not own:
            where = filter_sql(sheet.filter_expression, source.names()) if sheet.filter_expression.strip() else ""
            names = list(sheet.columns)
            what = "the rows of the sheet's filter" if where else what
        table = TableRows.of(source, where, names)
        try:
            with explain_duckdb_errors(path, sheet.filter_expression if sheet is not None else ""):
                yield table, what
        finally:
            table.close()
            if own:
                source.connection.close()


def _write_sample(target: Target, catalog: Catalog, path: Path) -> int:
    """Some rows of a table that is not here, as JSON lines; returns how many."""
    from ontos_tui.tabular.quality.table_rows import SAMPLE_ROWS

    query = RowQuery() if target.sheet is None else replace(RowQuery.of(target.sheet), windows=None)
    if query.sample_size is None:
        query = replace(query, sampling=Sampling.RANDOM, sample_size=SAMPLE_ROWS)
    rows = 0
    with path.open("w", encoding="utf-8") as lines:
        for item in catalog.items(target.address, query):
            lines.write(to_json(item.fields) + "\n")
            rows += 1
    return rows
