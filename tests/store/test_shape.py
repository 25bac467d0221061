"""The database's shape: made, migrated and described by the records alike; and the Delta tables' DDL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlalchemy import Connection, create_engine, inspect, text
from sqlglot import exp

import ontos_tui
from ontos_tui.domain.errors import StoreError
from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.improve import AnnotationTask, GapUpdate
from ontos_tui.domain.records.tables import APPEND_ONLY, RECORDS, SHARED
from ontos_tui.store import delta, migrations, rows
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import METADATA, table

SCHEMAS = Path(ontos_tui.__file__).parent / "schemas"


def shape(connection: Connection) -> set[tuple[Any, ...]]:
    """Everything that SQLite knows about the shape: tables, indexes and triggers with their SQL."""
    found = connection.execute(text("SELECT type, name, tbl_name, sql FROM sqlite_master"))
    return {tuple(row) for row in found}


def test_a_made_database_is_what_the_records_say(store: Store) -> None:
    with store.read() as connection:
        inspector = inspect(connection)
        for record in RECORDS:
            described = table(record)
            found = {column["name"]: column for column in inspector.get_columns(record.TABLE)}
            assert list(found) == list(record.model_fields) == [column.name for column in described.columns]
            for column in described.columns:
                assert str(found[column.name]["type"]) == str(column.type.compile(connection.dialect)), column
                assert found[column.name]["nullable"] == column.nullable, column
            assert inspector.get_pk_constraint(record.TABLE)["constrained_columns"] == [record.KEY]
            unique = {tuple(item["column_names"]) for item in inspector.get_unique_constraints(record.TABLE)}
            assert unique == set(record.UNIQUE)
            indexes = {tuple(item["column_names"]) for item in inspector.get_indexes(record.TABLE)}
            assert indexes == set(record.INDEXES)
        assert set(inspector.get_table_names()) >= set(METADATA.tables) == {record.TABLE for record in RECORDS}
        assert connection.execute(text("PRAGMA user_version")).scalar_one() == migrations.VERSION
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2, "FULL: a commit is on the disk"


@pytest.mark.parametrize("version", range(migrations.VERSION))
def test_a_database_of_any_earlier_version_becomes_the_same(store: Store, tmp_path: Path, version: int) -> None:
    path = tmp_path / "old" / "ontos.db"
    path.parent.mkdir()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for step in migrations.STEPS[:version]:
            step(connection)
        connection.execute(text(f"PRAGMA user_version = {version}"))
    engine.dispose()
    migrated = Store(path)
    with store.read() as made, migrated.read() as old:
        assert shape(old) == shape(made)
        assert old.execute(text("PRAGMA user_version")).scalar_one() == migrations.VERSION
    migrated.close()


def test_a_workspace_from_before_the_labeling_jobs_gets_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "ontos.db"
    engine = create_engine(f"sqlite:///{path}")
    newer = {"qa_pairs": ("was_blind",), "sheets": ("tags", "window_labels"), "training_sheets": ("blind_share",)}
    with engine.begin() as connection:
        for step in migrations.STEPS[:2]:
            step(connection)
        for name in ("labeling_jobs", "labeling_tasks", "labeling_items", "claims", "pair_hints"):
            connection.execute(text(f"DROP TABLE {name}"))
        for name, columns in newer.items():
            for column in columns:
                connection.execute(text(f"ALTER TABLE {name} DROP COLUMN {column}"))
        connection.execute(text("PRAGMA user_version = 2"))
        at = "'2026-11-01T00:00:00.000000Z'"
        connection.execute(
            text(
                "INSERT INTO sheets (id, created_at, created_by, updated_at, updated_by, name, description, "
                "source_table, columns, image_columns, filter_expression, sampling, sample_seed, use_case, status, "
                f"item_count, source_fingerprint) VALUES ('s1', {at}, 'ana', {at}, 'ana', 'old', '', 'local.files.x', "
                "'[]', '[]', '', 'all', 0, '', 'active', 5, '')"
            )
        )
    engine.dispose()
    migrated = Store(path)
    with migrated.read() as connection:
        (sheet,) = rows.find(connection, Sheet)
        assert (sheet.name, sheet.tags) == ("old", [])
        for record in RECORDS:
            assert {column["name"] for column in inspect(connection).get_columns(record.TABLE)} == set(
                record.model_fields
            )
    migrated.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    home: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE half_done (id TEXT)"))
        connection.execute(text("SELECT * FROM there_is_no_such_table"))

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
    columns = {column.name: column for column in statement.find_all(exp.ColumnDef)}
    assert list(columns) == [*record.model_fields, *(delta.HUB_COLUMNS if record in SHARED else ())]
    for name, field in record.model_fields.items():
        definition = columns[name]
        nullable = not any(isinstance(item.kind, exp.NotNullColumnConstraint) for item in definition.constraints)
        assert nullable == table(record).c[name].nullable, name
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
    from sqlalchemy.exc import IntegrityError

    for record in APPEND_ONLY:
        with store.write() as connection:
            rows.add(connection, one_of_each[record])
        for statement in (f"UPDATE {record.TABLE} SET id = 'x'", f"DELETE FROM {record.TABLE}"):
            with pytest.raises(IntegrityError, match=f"{record.TABLE} is append-only"), store.write() as connection:
                connection.execute(text(statement))
        with store.read() as connection:
            assert rows.find(connection, record) == [one_of_each[record]]
