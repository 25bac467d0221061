"""The SQLite database of a workspace: opened, migrated, and locked the right way round.

WAL with synchronous=FULL: what a transaction confirmed is on the disk. Writers take the write lock when they begin
(BEGIN IMMEDIATE), so two of them queue instead of failing half way, and wait up to `PATIENCE` for each other.
SQLite alone lets those who have waited long sleep ever longer while newcomers pass: where the system has file locks,
writers take turns by one first.

A new database appears whole or not at all, so a file that is empty or lacks tables was damaged, and is refused.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ontos_tui.domain.errors import StoreError
from ontos_tui.private import make_private_file, make_private_folder
from ontos_tui.replacing import part_folder, sync_file, sync_folder
from ontos_tui.store.connection import PATIENCE, Connection
from ontos_tui.store.migrations import STEPS, VERSION, table_names
from ontos_tui.store.workspace_file.connections import OpenDatabases, Pool
from ontos_tui.store.workspace_file.copying import copy_before_migration
from ontos_tui.store.workspace_file.damage import (
    RESTORE,
    access_problem,
    check_file,
    check_log,
    check_place,
    check_tables,
    describe_damage,
    log_state,
    place_of,
    refuse_lost,
)
from ontos_tui.store.workspace_file.log_files import LogFiles, files_lost, lost_files
from ontos_tui.store.workspace_file.turns import turn

MOST_LOG = 4_000_000
"""Bytes of the log of transactions from which on `sync` carries it over into the database."""
CARRY_SECONDS = 1.0
"""How often at most."""
_OPEN = OpenDatabases()


def new_writer_name() -> str:
    """A name for who writes into a team's log; later ones come later in the alphabet, as far as the clock is right."""
    return f"{time.time_ns():016x}{uuid.uuid4().hex[:16]}"


class Store:
    """The one database that screens and services work on. Safe to use from several threads and processes."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        """Open the database at `path`, making or migrating it. Raises StoreError with the reason and the remedy.

        `patience` is how many seconds a writer waits for another one.
        """
        self.path = path
        self.writer = new_writer_name()
        """Under which name this opening of the workspace writes into a team's log; a copy never has the same."""
        self.actor = ""
        self._patience = patience
        self._pool = Pool(path, patience)
        self._watcher: Connection | None = None
        self._watching = threading.Lock()
        self._closed = False
        self._carried_over = 0.0
        self._place: tuple[int, int] | None = None
        self._files = LogFiles(None, None)
        with _explained_files(path), self._explained():
            make_private_folder(path.parent)
            if not os.path.lexists(path):
                refuse_lost(path)
                self._create()
            with _OPEN.opening(path) as is_first:
                # Closing a file takes the locks of all who have it open in this process: SQLite's too.
                if is_first and path.is_file():
                    check_file(path)
                log = log_state(path) if is_first else None
                self._migrate()
                if is_first:
                    check_log(path, log)
            self._place = place_of(path)
            self._files = LogFiles.of(path)

    def close(self) -> None:
        """Let go of all connections."""
        self._pool.close()
        self._files = LogFiles(None, None)  # whoever asks later makes new ones
        if not self._closed:
            _OPEN.closed(self.path)
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
    def write(self, *, on_disk: bool = True) -> Iterator[Connection]:
        """One transaction that holds the write lock from its beginning; on an exception nothing of it stays.

        Not `on_disk`: it outlives this process when this returns, and a failure of the power after `sync`, or the next
        transaction that is on the disk.
        """
        until = time.monotonic() + self._patience
        with (
            self._explained(),
            self._pool.connection() as connection,
            connection.waiting_for_disk(on_disk),
            turn(self.path, self._patience),
        ):
            # Whoever waited for the turn waits for the lock only as long as is left of the patience.
            connection.begin(immediate=True, patience=max(0.0, until - time.monotonic()))
            try:
                yield connection
                self._compose(connection)
                check_place(self.path, self._place)
                lost = lost_files(self.path, self._files)
                if lost:
                    connection.rollback()
                    raise files_lost(self.path, lost, carried_over=self._pool.carry_over(self._files, connection))
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    def _compose(self, connection: Connection) -> None:
        """Make what the transaction has changed of shared rows into entries of the team's log."""
        if connection.one("SELECT 1 FROM shared_changes LIMIT 1") is not None:
            # Only here, since it imports every record, and most commands write nothing that is shared.
            from ontos_tui.store.sharing.outgoing.pending import compose

            compose(connection, self.writer, self.actor)

    def sync(self) -> None:
        """Wait until the disk has every transaction of before. Others may read and write meanwhile."""
        log = self.path.with_name(f"{self.path.name}-wal")
        with self._explained():
            try:
                # The log's own descriptor: SQLite's locks are on other files, so that closing it takes none away.
                sync_file(log)
                full = log.stat().st_size > MOST_LOG
            except FileNotFoundError:
                return  # all of it is in the database
            # The file stays as large as it was once, also when what is in it has been carried over.
            if full and time.monotonic() - self._carried_over > CARRY_SECONDS:
                self._carried_over = time.monotonic()
                with self._pool.connection() as connection:
                    connection.checkpoint()

    def change_counter(self) -> int:
        """A number that moves whenever anybody, in this process or another, has committed something."""
        # A connection that is closed while another thread asks it takes the whole process down.
        with self._explained(), self._watching:
            if self._closed:
                raise StoreError("The workspace is closed.", "Open it again.")
            if self._watcher is None:
                self._watcher = Connection.open(self.path, self._patience)
            if lost_files(self.path, self._files):
                self._pool.carry_over(self._files)  # the next change says so
            return int(self._watcher.scalar("PRAGMA data_version"))

    def _create(self) -> None:
        """Make the database beside its place, then put it there, unless another process was first."""
        with part_folder(self.path) as folder:
            fresh = folder / self.path.name
            make_private_file(fresh)
            connection = Connection.open(fresh, self._patience)
            try:
                connection.begin(immediate=True)
                _run_steps(connection, 0)
                connection.commit()
            finally:
                connection.close()
            sync_file(fresh)
            try:
                os.link(fresh, self.path)
            except FileExistsError:
                return
            except OSError:  # a file system without hard links
                if not self.path.exists():
                    fresh.replace(self.path)
            sync_folder(self.path.parent)

    def _migrate(self) -> None:
        with self._pool.connection() as connection:
            version = self._check_version(connection)
            tables = set(connection.scalars("SELECT name FROM sqlite_schema WHERE type = 'table'"))
            check_tables(self.path, tables, version, table_names() if version == VERSION else None)
            if version == VERSION:
                return
        with self.write() as connection:
            # Looked at again under the write lock: another process may have been first.
            version = self._check_version(connection)
            if 0 < version < VERSION:
                copy_before_migration(self.path, version)
            _run_steps(connection, version)

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
                    because = access_problem(self.path) if needle in _ABOUT_RIGHTS else ""
                    said = what.format(**names)
                    raise StoreError(f"{said[:-1]}: {because}." if because else said, todo) from error
            if "malformed" in reason:
                raise StoreError(describe_damage(self.path), RESTORE) from error
            if "no such table" in reason or "no such column" in reason:
                raise StoreError(f"The database {self.path} is damaged: {reason}.", RESTORE) from error
            if isinstance(error, sqlite3.OperationalError):
                what = f"The database {self.path} refused: {reason}."
                raise StoreError(what, "See the log, then do it again.") from error
            raise


@contextmanager
def _explained_files(path: Path) -> Iterator[None]:
    """Turn what the system says while a workspace is opened into a StoreError."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"The workspace {path.parent} cannot be made: {error.strerror or error}.",
            "Choose a folder you may write to with --home or ONTOS_HOME."
            if error.errno not in (errno.ENOSPC, errno.EDQUOT)
            else "Free disk space, or choose another folder with --home or ONTOS_HOME.",
        ) from error


def _run_steps(connection: Connection, version: int) -> None:
    for number in range(version, VERSION):
        STEPS[number](connection)
        connection.execute(f"PRAGMA user_version = {number + 1}")


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
    ("disk i/o", "The disk refused to read or write {path}.", "Check the disk, then do it again."),
)
_ABOUT_RIGHTS = frozenset({"readonly", "unable to open"})
