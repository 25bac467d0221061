"""Workspaces of every version that was released become what a new one is, and keep their rows.

`released/vNN.sql` is the dump of a small database that the program of that time wrote, two rows in each table.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from builders.released import VERSIONS, opened, restore
from ontos_tui.domain.records.tables import RECORDS
from ontos_tui.store import migrations, rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store


def shape(database: sqlite3.Connection) -> dict[str, Any]:
    """Tables with their columns and indexes, and triggers, in whatever order they came."""
    result: dict[str, Any] = {}
    for kind, name, sql in database.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
        if kind == "table":
            query = 'SELECT name, type, "notnull", pk FROM pragma_table_info(?)'
            result[f"table {name}"] = set(database.execute(query, (name,)))
        elif kind == "index":
            columns = database.execute("SELECT seqno, name FROM pragma_index_info(?)", (name,)).fetchall()
            result[f"index {name}"] = columns
        else:
            result[f"{kind} {name}"] = re.sub(r"\s+", " ", sql)
    return result


def contents(database: sqlite3.Connection) -> dict[str, tuple[list[str], list[Any]]]:
    """The rows of every table under the names of its columns."""
    result = {}
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        names = [column[0] for column in database.execute(f"SELECT * FROM {name}").description]
        query = f"SELECT * FROM {name} ORDER BY {ordered(names)}"
        result[name] = (names, database.execute(query).fetchall())
    return result


def ordered(names: list[str]) -> str:
    """The first two columns, by their places."""
    return ", ".join(str(place) for place in range(1, 1 + min(2, len(names))))


RENAMED = {
    ("pair_hints", "made_by"): "engine",
    ("pair_hints", "made_at"): "computed_at",
    ("saved_views", "wanted"): "filter",
    ("drift_reports", "made_by"): "compared_by",
    ("drift_reports", "made_at"): "compared_at",
}
"""Columns that a step gave another name."""


def written_out(table: str, column: str) -> str:
    """SQL for a column as earlier versions had it: names of fields in each pair, and the usual uses."""
    if table not in ("qa_pairs", "labeling_items"):
        return column
    usual = """'["training","validation","evaluation","testing","few_shot"]'"""
    uses = f"iif(allowed_uses = '', {usual}, allowed_uses)"
    return {"source_data": "as_object(source_data)", "allowed_uses": uses}.get(column, column)


DROPPED = frozenset({"sync_conflicts"})
"""Tables that a step took away: what they said is in other tables."""


def test_there_is_a_database_of_every_version_before_the_present_one() -> None:
    assert list(range(1, migrations.VERSION)) == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_a_released_database_becomes_what_a_new_one_is_and_keeps_its_rows(tmp_path: Path, version: int) -> None:
    new, old = tmp_path / "new" / "ontos.db", tmp_path / "old" / "ontos.db"
    Store(new).close()
    restore(old, version)
    with opened(old) as database:
        before = contents(database)
    migrated = Store(old)
    with opened(old) as database, opened(new) as fresh, migrated.read() as connection:
        database.create_function("as_object", 1, connection.fields.as_object)
        assert shape(database) == shape(fresh)
        assert database.execute("PRAGMA user_version").fetchone() == (migrations.VERSION,)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert sum(bool(stored) for _, stored in before.values()) > 20
        for table, (names, stored) in before.items():
            if table in DROPPED:
                continue
            columns = ", ".join(written_out(table, RENAMED.get((table, name), name)) for name in names)
            now = database.execute(f"SELECT {columns} FROM {table} ORDER BY {ordered(names)}").fetchall()
            assert now == stored, table
    with migrated.read() as connection:
        for record in RECORDS:
            there = len(before[record.TABLE][1]) if record.TABLE in before else 0
            assert len(rows.find(connection, record)) == there, record
    migrated.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_counts_and_sums_of_a_released_database_are_those_of_a_new_one(tmp_path: Path, version: int) -> None:
    """What later steps count and sum is what the rows say, as if they had been written with the triggers on."""
    new, old = tmp_path / "new" / "ontos.db", tmp_path / "old" / "ontos.db"
    restore(old, version)
    Store(old).close()
    fresh = Store(new)
    with fresh.write() as connection, opened(old) as database:
        for record in RECORDS:
            names = ", ".join(record.model_fields)
            result = database.execute(f"SELECT {names} FROM {record.TABLE}").fetchall()
            marks = ", ".join("?" * len(record.model_fields))
            connection.executemany(f"INSERT INTO {record.TABLE} ({names}) VALUES ({marks})", result)
    fresh.close()
    with opened(old) as database, opened(new) as again:
        for table in ("pair_counts", "item_counts", "label_counts", "request_counts", "request_rollups"):
            query = f"SELECT * FROM {table}"
            assert set(database.execute(query)) == set(again.execute(query)), table


def test_the_first_ten_steps_make_to_the_letter_what_they_made_when_they_were_released(tmp_path: Path) -> None:
    restore(tmp_path / "released.db", 10)
    created = Connection.open(tmp_path / "made.db")
    for step in migrations.STEPS[:10]:
        step(created)
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master"
    with opened(tmp_path / "released.db") as released:
        assert set(created.rows(query)) == set(released.execute(query))
    created.close()
