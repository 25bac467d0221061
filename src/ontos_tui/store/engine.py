"""The SQLite database of a workspace: opened, migrated, and locked the right way round.

WAL with synchronous=FULL: what a transaction confirmed is on the disk. Writers take the write lock when they begin
(BEGIN IMMEDIATE), so two of them queue instead of failing half way, and wait up to `BUSY_SECONDS` for each other.
SQLite alone lets those who have waited long sleep ever longer while newcomers pass: where the system has file locks,
writers take turns by one first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from ontos_tui.domain.errors import StoreError
from ontos_tui.store.migrations import STEPS, VERSION
from ontos_tui.store.turns import turn

BUSY_SECONDS = 30.0


class Store:
    """The one database that screens and services work on. Safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open the database at `path`, making or migrating it. Raises StoreError with the reason and the remedy."""
        self.path = path
        self._watcher: sqlite3.Connection | None = None
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._engine = _engine(path)
            self._migrate()

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()
        if self._watcher is not None:
            self._watcher.close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view of the database; nothing may be written through it."""
        with _explained(self.path), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that holds the write lock from its beginning; on an exception nothing of it stays."""
        with _explained(self.path), self._engine.connect() as connection, turn(self.path):
            connection.execution_options(immediate=True)
            with connection.begin():
                yield connection

    def change_counter(self) -> int:
        """A number that moves whenever anybody, in this process or another, has committed something."""
        with _explained(self.path):
            if self._watcher is None:
                self._watcher = sqlite3.connect(self.path, timeout=BUSY_SECONDS, check_same_thread=False)
            return int(self._watcher.execute("PRAGMA data_version").fetchone()[0])

    def _migrate(self) -> None:
        with self._engine.connect() as connection:
            if self._check_version(connection) == VERSION:
                return
        with self.write() as connection:
            # Looked at again under the write lock: another process may have been first.
            for number in range(self._check_version(connection), VERSION):
                STEPS[number](connection)
                connection.execute(text(f"PRAGMA user_version = {number + 1}"))

    def _check_version(self, connection: Connection) -> int:
        found = int(connection.execute(text("PRAGMA user_version")).scalar_one())
        if found > VERSION:
            raise StoreError(
                f"The workspace {self.path.parent} was written by a newer Ontos "
                f"(schema {found}; this one knows {VERSION}).",
                "Update Ontos, or choose another workspace with --home. Nothing was changed.",
            )
        return found


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # Python's own transaction handling begins too late (deferred); the "begin" hook below decides instead.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-16000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


_REASONS: tuple[tuple[str, str, str], ...] = (
    ("disk is full", "The disk is full; nothing of the last step was kept.", "Free some space and do it again."),
    (
        "readonly",
        "The workspace {home} is read-only.",
        "Make it writable, or choose another one with --home or ONTOS_HOME.",
    ),
    (
        "unable to open",
        "The workspace {home} cannot be opened.",
        "Check that it is a folder you may write to, or choose another one with --home or ONTOS_HOME.",
    ),
    (
        "locked",
        "Another process has been writing to {home} for more than {seconds:.0f} s.",
        "Wait for it or stop it, then do it again; nothing was lost.",
    ),
    (
        "not a database",
        "{path} is not an Ontos workspace.",
        "Choose another folder with --home; the file was left alone.",
    ),
    ("malformed", "The database {path} is damaged.", "Copy the workspace's folder away and restore a backup."),
    ("disk i/o", "The disk refused to read or write {path}.", "Check the disk, then do it again."),
)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the driver's words into a StoreError that says what to do. Other errors pass as they are."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        told = str(getattr(error, "orig", error)).lower()
        for needle, what, todo in _REASONS:
            if needle in told:
                names = {"home": path.parent, "path": path, "seconds": BUSY_SECONDS}
                raise StoreError(what.format(**names), todo) from error
        if isinstance(error, (OperationalError, sqlite3.OperationalError)):
            raise StoreError(f"The database {path} refused: {told}.", "See the log, then do it again.") from error
        raise
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise StoreError(
            f"The workspace {path.parent} cannot be made: {error.strerror}.",
            "Choose a folder you may write to with --home or ONTOS_HOME.",
        ) from error
