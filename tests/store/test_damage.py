"""A damaged workspace says so: what is damaged, what is whole and what to do; and it is never begun anew."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from builders.released import restore as released
from builders.severity import unlabeled_sheet
from ontos_tui.domain.errors import StoreError
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.migrations import VERSION, table_names
from ontos_tui.store.workspace_file.copying import COPIES


@pytest.fixture(autouse=True)
def _quick_databases() -> None:
    """Databases are created and written as they are for users."""


@pytest.fixture
def killed(home: Path, store: Store, tmp_path: Path) -> Path:
    """The database as a kill leaves it: the last changes are in the log."""
    unlabeled_sheet(store, pairs=20)
    with store.read():
        shutil.copytree(home, tmp_path / "killed")
    return tmp_path / "killed" / "ontos.db"


def _refusal(path: Path) -> str:
    with pytest.raises(StoreError) as caught:
        Store(path)
    assert caught.value.todo
    return caught.value.what


def test_what_a_kill_leaves_opens(killed: Path) -> None:
    store = Store(killed)
    with store.read() as connection:
        assert connection.scalar("SELECT count(*) FROM qa_pairs") == 20
        assert set(connection.scalars("SELECT name FROM sqlite_schema WHERE type = 'table'")) == table_names()
    store.close()


@pytest.mark.parametrize("how", ["cut", "flipped", "gone"])
def test_a_log_that_lost_saved_changes_is_not_passed_over(killed: Path, how: str) -> None:
    log = killed.with_name("ontos.db-wal")
    content = bytearray(log.read_bytes())
    if how == "gone":
        log.unlink()
    else:
        content[len(content) // 2] ^= 1
        log.write_bytes(content if how == "flipped" else content[: len(content) // 2])
    what = _refusal(killed)
    assert "saved pages are gone" in what
    assert "whole" in what
    assert _refusal(killed) == what, "the next start says so too"
    killed.with_name("ontos.db-damaged").unlink()
    Store(killed).close()


def test_lost_empty_and_foreign_files_are_named_and_left_alone(home: Path, store: Store, killed: Path) -> None:
    store.close()
    path = home / "ontos.db"
    content = path.read_bytes()
    path.write_bytes(b"")
    assert "is empty" in _refusal(path)
    assert path.read_bytes() == b""
    path.write_bytes(bytes(50) + content[50:])
    assert "damaged" in _refusal(path)
    path.unlink()
    (home / "models" / "m").mkdir(parents=True)
    assert "is missing, but models/" in _refusal(path)
    assert not path.exists()
    killed.unlink()
    assert "is missing, but ontos.db-wal" in _refusal(killed)
    for version in (0, 1, VERSION):
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as foreign:
            foreign.execute("CREATE TABLE recipes (name TEXT)")
            foreign.execute(f"PRAGMA user_version = {version}")
        assert "another program" in _refusal(path)


def test_a_lost_table_and_a_damaged_one_are_named(home: Path, store: Store) -> None:
    unlabeled_sheet(store, pairs=200)
    with store.read() as connection:
        page = connection.scalar("SELECT rootpage FROM sqlite_schema WHERE name = 'qa_pairs'")
    store.close()
    path = home / "ontos.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("DROP TABLE labelsets")
    assert "the table labelsets is missing; 5" in _refusal(path)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE labelsets (id TEXT)")
    content = bytearray(path.read_bytes())
    content[4096 * (page - 1) : 4096 * page] = b"\xff" * 4096
    path.write_bytes(content)
    damaged = Store(path)
    with pytest.raises(StoreError, match=r"damaged in qa_pairs; 5\d tables are whole") as caught, damaged.read() as one:
        one.scalar("SELECT count(notes) FROM qa_pairs")
    assert "ontos restore" in caught.value.todo
    damaged.close()


def test_a_copy_is_made_before_each_migration_and_the_newest_stay(tmp_path: Path) -> None:
    for _ in range(COPIES + 1):
        for file in tmp_path.glob("ontos.db*"):
            file.unlink()
        released(tmp_path / "ontos.db", VERSION - 1)
        Store(tmp_path / "ontos.db").close()
    copies = sorted((tmp_path / "backups").iterdir())
    assert len(copies) == COPIES
    assert copies[0].stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copies[0])) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (VERSION - 1,)
    Store(tmp_path / "ontos.db").close()
    assert sorted((tmp_path / "backups").iterdir()) == copies


def test_a_writer_that_stands_still_holds_others_no_longer_than_it_says(
    home: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn and SQLite's lock share one patience: what the turn took is not waited for again."""
    waited: list[float | None] = []
    begin = Connection.begin

    def noted(connection: Connection, *, immediate: bool = False, patience: float | None = None) -> None:
        waited.append(patience)
        begin(connection, immediate=immediate, patience=patience)

    times = iter([100.0, 119.0])
    monkeypatch.setattr("ontos_tui.store.engine.time", SimpleNamespace(monotonic=lambda: next(times)))
    monkeypatch.setattr(Connection, "begin", noted)
    with store.write() as connection:
        assert connection.scalar("PRAGMA busy_timeout") == 30_000
    assert waited == [11.0]


def test_a_schema_with_bytes_that_are_no_text_is_a_sentence(killed: Path) -> None:
    Store(killed).close()
    killed.write_bytes(killed.read_bytes().replace(b"CREATE TABLE sheets", b"CR\xf5ATE TABLE sheets", 1))
    assert _refusal(killed).endswith("is damaged; which tables are whole cannot be read.")
