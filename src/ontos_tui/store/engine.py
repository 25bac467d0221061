"""The SQLite database of a workspace: opened, migrated, and locked the right way round.

WAL with synchronous=FULL: what a transaction confirmed is on the disk. Writers take the write lock when they begin
(BEGIN IMMEDIATE), so two of them queue instead of failing half way, and wait up to `PATIENCE` for each other.
SQLite alone lets those who have waited long sleep ever longer while newcomers pass: where the system has file locks,
writers take turns by one first.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ontos_tui.domain.errors import StoreError
from ontos_tui.private import make_private_file, make_private_folder
from ontos_tui.store.connection import PATIENCE, Connection
from ontos_tui.store.migrations import STEPS, VERSION
from ontos_tui.store.turns import turn

IDLE = 8
"""Connections that are kept open for the next who asks."""


class Store:
    """The one database that screens and services work on. Safe to use from several threads and processes."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        """Open the database at `path`, making or migrating it. Raises StoreError with the reason and the remedy.

        `patience` is how many seconds a writer waits for another one.
        """
        self.path = path
        self._patience = patience
        self._pool = _Pool(path, patience)
        self._watcher: Connection | None = None
        self._watching = threading.Lock()
        self._closed = False
        with self._explained():
            make_private_folder(path.parent)
            make_private_file(path)
            self._migrate()

    def close(self) -> None:
        """Let go of all connections."""
        self._pool.close()
        with self._watching:
            self._closed = True
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view of the database; nothing may be written through it."""
        with self._explained(), self._pool.connection() as connection:
            connection.begin()
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that holds the write lock from its beginning; on an exception nothing of it stays."""
        with self._explained(), self._pool.connection() as connection, turn(self.path, self._patience):
            connection.begin(immediate=True)
            try:
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    def change_counter(self) -> int:
        """A number that moves whenever anybody, in this process or another, has committed something."""
        # A connection that is closed while another thread asks it takes the whole process down.
        with self._explained(), self._watching:
            if self._closed:
                raise StoreError("The workspace is closed.", "Open it again.")
            if self._watcher is None:
                self._watcher = Connection.open(self.path, self._patience)
            return int(self._watcher.scalar("PRAGMA data_version"))

    def _migrate(self) -> None:
        with self._pool.connection() as connection:
            if self._check_version(connection) == VERSION:
                return
        with self.write() as connection:
            # Looked at again under the write lock: another process may have been first.
            for number in range(self._check_version(connection), VERSION):
                STEPS[number](connection)
                connection.execute(f"PRAGMA user_version = {number + 1}")

    def _check_version(self, connection: Connection) -> int:
        version = int(connection.scalar("PRAGMA user_version"))
        if version > VERSION:
            raise StoreError(
                f"The workspace {self.path.parent} was written by a newer Ontos "
                f"(schema {version}; this one knows {VERSION}).",
                "Update Ontos, or choose another workspace with --home. Nothing was changed.",
            )
        return version

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn the driver's words into a StoreError that says what to do. Other errors pass as they are."""
        try:
            yield
        except sqlite3.Error as error:
            reason = str(error).lower()
            for needle, what, todo in _REASONS:
                if needle in reason:
                    names = {"home": self.path.parent, "path": self.path, "seconds": self._patience}
                    raise StoreError(what.format(**names), todo) from error
            if isinstance(error, sqlite3.OperationalError):
                what = f"The database {self.path} refused: {reason}."
                raise StoreError(what, "See the log, then do it again.") from error
            raise
        except (PermissionError, FileExistsError, NotADirectoryError) as error:
            raise StoreError(
                f"The workspace {self.path.parent} cannot be made: {error.strerror}.",
                "Choose a folder you may write to with --home or ONTOS_HOME.",
            ) from error


class _Pool:
    """Open connections that nobody uses at the moment; each is lent to one at a time."""

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection outside of any transaction."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = Connection.open(self._path, self._patience)
        try:
            yield connection
        finally:
            with self._lock:
                reusable = len(self._idle) < IDLE
                if reusable:
                    self._idle.append(connection)
            if not reusable:
                connection.close()

    def close(self) -> None:
        """Close those that nobody uses; whoever asks later opens new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


_REASONS: tuple[tuple[str, str, str], ...] = (
    ("disk is full", "The disk is full; the last step was not saved.", "Free some space and do it again."),
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
