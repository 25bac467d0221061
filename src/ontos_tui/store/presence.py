"""Who has a workspace open: a shared lock while it is, and an exclusive one for who must be alone with it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from ontos_tui.domain.errors import ConflictError, StoreError
from ontos_tui.private import FILE, make_private_folder

try:
    import fcntl
except ImportError:  # not every system has file locks
    fcntl = None  # type: ignore[assignment]

LOCK = ".open"
MARKER = ".restoring"
"""A file that says that a restore was decided and has to be completed (services/admin/restore)."""


def enter(home: Path) -> int | None:
    """Say that the workspace at `home` is open; give the result to `leave`.

    None where there are no locks, or the folder cannot be written: who opens the database then says why. Raises
    StoreError while a backup is being restored into it.
    """
    if fcntl is None:
        return None
    try:
        make_private_folder(home)
        file = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise StoreError(
            f"A backup is being restored into {home}.", "Wait until it has ended, then start again."
        ) from None
    except OSError:
        os.close(file)
        return None
    return file


def leave(file: int | None) -> None:
    """The workspace is closed here."""
    if file is not None:
        os.close(file)


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Nobody else has the workspace open, and nobody can open it meanwhile. Raises ConflictError, or OSError."""
    in_use = ConflictError(
        f"The workspace {home} is open in another process.",
        "Close the app, `ontos serve` and running jobs (ontos jobs list), then do it again.",
    )
    make_private_folder(home)
    file = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE)
    try:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise in_use from None
        if _database_is_open(home / "ontos.db"):
            raise in_use
        yield
    finally:
        os.close(file)


def _database_is_open(path: Path) -> bool:
    """Whether a program that does not know the lock uses the database. A damaged one says nothing about that."""
    if not path.is_file() or path.stat().st_size == 0:
        return False
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=0.5, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        try:
            # The log can be given up only by the one connection that is left.
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        except sqlite3.OperationalError as error:
            return "locked" in str(error)
    return False
