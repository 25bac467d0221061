"""The database's shape: made and described by the records alike; and the Delta tables' DDL."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

import ontos_tui
from ontos_tui.domain.errors import StoreError
from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.improve import AnnotationTask, GapUpdate
from ontos_tui.domain.records.tables import APPEND_ONLY, RECORDS
from ontos_tui.store import delta, migrations, rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import SHORT_INDEXES, columns, create

SCHEMAS = Path(ontos_tui.__file__).parent / "schemas"


@pytest.fixture(autouse=True)
def _quick_databases() -> None:
    """Databases are created and written as they are for users."""


def shape(connection: Connection) -> set[tuple[Any, ...]]:
    """Everything that SQLite knows about the shape: tables, indexes and triggers with their SQL."""
    return set(connection.rows("SELECT type, name, tbl_name, sql FROM sqlite_master"))


def indexes(connection: Connection, table: str, origin: str) -> set[tuple[str | None, ...]]:
    """The columns of the table's indexes: those of CREATE INDEX (c), of what is unique (u), of the key (pk).

    An expression is None.
    """
    found = connection.scalars("SELECT name FROM pragma_index_list(?) WHERE origin = ?", (table, origin))
    return {tuple(connection.scalars("SELECT name FROM pragma_index_info(?)", (name,))) for name in found}


def test_a_made_database_is_what_the_records_say(store: Store) -> None:
    with store.read() as connection:
        for record in RECORDS:
            found = connection.rows('SELECT name, type, "notnull" FROM pragma_table_info(?)', (record.TABLE,))
            described = [(column.name, column.type, int(not column.nullable)) for column in columns(record)]
            assert found == described
            assert [name for name, _, _ in found] == list(record.model_fields)
            assert indexes(connection, record.TABLE, "pk") == {(record.KEY,)}
            assert indexes(connection, record.TABLE, "u") == set(record.UNIQUE)
            short = {(None,) * len(one) for one in SHORT_INDEXES.get(record.TABLE, {}).values()}
            assert indexes(connection, record.TABLE, "c") == {*record.INDEXES, *short}
        assert connection.scalar("PRAGMA user_version") == migrations.VERSION
        assert connection.scalar("PRAGMA journal_mode") == "wal"
        assert connection.scalar("PRAGMA synchronous") == 2, "FULL: a commit is on the disk"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.TABLE)
def test_the_statements_for_a_new_table_are_those_of_the_released_ones(store: Store, record: type[Record]) -> None:
    with store.read() as connection:
        query = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('table', 'index') AND sql IS NOT NULL"
        there = connection.scalars(query, (record.TABLE,))
        assert {spelled(one) for one in create(record)} == {spelled(one) for one in there}


def spelled(statement: str) -> str:
    """A statement without what a column has when a step added it later: its place in the line, and a default."""
    return re.sub(r" DEFAULT (?:'[^']*'|[\d.]+)", "", re.sub(r"\s+", " ", statement)).replace(" ,", ",")


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    home: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(connection: Connection) -> None:
        connection.execute("CREATE TABLE half_done (id TEXT)")
        connection.execute("SELECT * FROM there_is_no_such_table")

    with store.read() as connection:
        before = shape(connection)
    store.close()
    monkeypatch.setattr("ontos_tui.store.engine.STEPS", (*migrations.STEPS, broken))
    monkeypatch.setattr("ontos_tui.store.engine.VERSION", migrations.VERSION + 1)
    with pytest.raises(StoreError):
        Store(home / "ontos.db")
    monkeypatch.undo()
    reopened = Store(home / "ontos.db")
    with reopened.read() as connection:
        assert shape(connection) == before
    reopened.close()


def test_two_openings_at_once_migrate_once(tmp_path: Path) -> None:
    stores = [Store(tmp_path / "ontos.db") for _ in range(3)]
    for store in stores:
        store.close()


# Delta -------------------------------------------------------------------------------------------------------------


def test_every_record_has_exactly_one_file_and_it_is_up_to_date() -> None:
    wanted = delta.file_names()
    assert sorted(path.name for path in SCHEMAS.iterdir()) == sorted(wanted)
    assert len(wanted) == len(RECORDS)
    assert {f"{AnnotationTask.TABLE}.sql", f"{GapUpdate.TABLE}.sql"} <= set(wanted)
    for name, content in wanted.items():
        stale = "run: python -m ontos_tui.store.delta"
        assert (SCHEMAS / name).read_text(encoding="utf-8") == content, f"{name} is out of date; {stale}"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.TABLE)
def test_databricks_can_read_the_statement(record: type[Record]) -> None:
    (statement,) = sqlglot.parse(delta.render(record), dialect="databricks")
    assert isinstance(statement, exp.Create)
    assert statement.find(exp.Table).name == record.TABLE
    definitions = {column.name: column for column in statement.find_all(exp.ColumnDef)}
    nullables = {column.name: column.nullable for column in columns(record)}
    assert list(definitions) == list(record.model_fields)
    for name, field in record.model_fields.items():
        definition = definitions[name]
        nullable = not any(isinstance(item.kind, exp.NotNullColumnConstraint) for item in definition.constraints)
        assert nullable == nullables[name], name
        comments = [
            item.kind.this.name for item in definition.constraints if isinstance(item.kind, exp.CommentColumnConstraint)
        ]
        assert (field.description or "") in "".join(comments), name
    assert statement.find(exp.PrimaryKey).expressions[0].name == record.KEY


def test_writing_the_files_removes_those_of_tables_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "gone.sql").write_text("CREATE TABLE gone (id STRING)")
    delta.write(tmp_path)
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == delta.file_names()


# Append-only -------------------------------------------------------------------------------------------------------


def test_what_is_written_once_cannot_be_changed(store: Store, one_of_each: dict[type[Record], Record]) -> None:
    for record in APPEND_ONLY:
        with store.write() as connection:
            rows.add(connection, one_of_each[record])
        for statement in (f"UPDATE {record.TABLE} SET id = 'x'", f"DELETE FROM {record.TABLE}"):
            with (
                pytest.raises(sqlite3.IntegrityError, match=f"{record.TABLE} is append-only"),
                store.write() as connection,
            ):
                connection.execute(statement)
        with store.read() as connection:
            assert rows.find(connection, record) == [one_of_each[record]]
