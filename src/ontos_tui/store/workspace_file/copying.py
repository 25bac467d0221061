"""Copies of a database, each as it is at one moment, while others go on to write."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from ontos_tui.domain.errors import InvalidInputError, StoreError
from ontos_tui.private import FILE, make_private_folder
from ontos_tui.replacing import replacing

BACKUPS = "backups"
"""The folder in a workspace for copies of its database that were made before a migration."""
COPIES = 3
"""So many copies from before migrations stay; older ones are removed."""
PAGES = 1_024
"""Pages of one step; after each, what was copied is sent to the disk, so that no writer has to wait for all of it."""

Progress = Callable[[float], None]
"""Gets the share that is done, 0 to 1."""


def sync_data(file: int) -> None:
    """What was written to an open file is on the disk when this returns. Raises OSError."""
    if hasattr(os, "fdatasync"):
        os.fdatasync(file)
    else:
        os.fsync(file)


def copy_database(path: Path, target: Path, progress: Progress | None = None) -> None:
    """Copy the database at `path` to the new file `target`, which is on the disk then.

    One read transaction sees one moment, and holds up no writer. Raises sqlite3.Error and OSError.
    """
    file = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE)
    try:

        def step(_: int, remaining: int, total: int) -> None:
            sync_data(file)
            if progress is not None and total:
                progress(1 - remaining / total)

        with (
            closing(sqlite3.connect(path, isolation_level=None)) as source,
            closing(sqlite3.connect(target, isolation_level=None)) as copy,
        ):
            copy.execute("PRAGMA synchronous = OFF")
            # Within a transaction of its own the source stays as it is; else every change would begin the copy anew.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            source.backup(copy, pages=PAGES, progress=step)
            source.execute("ROLLBACK")
        os.fsync(file)
    finally:
        os.close(file)


def settle_log(path: Path) -> None:
    """Move what the write-ahead log gathered during a long read into the database, so that no writer has to."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, isolation_level=None, timeout=0.0)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def copy_before_migration(path: Path, version: int) -> Path:
    """Copy the database into the workspace's `backups/` before its schema changes; the newest COPIES stay.

    Raises StoreError when there is no room for it.
    """
    why = f"The workspace {path.parent} has schema {version} and must be migrated"
    return copy_aside(path, "before-migration", f"-schema-{version}", why)


def copy_aside(path: Path, name: str, ending: str = "", why: str = "The database is about to be changed") -> Path:
    """Copy the database into the workspace's `backups/`, under a name with the time; the newest COPIES of it stay.

    Raises StoreError, which begins with `why`, when there is no room for it.
    """
    folder = path.parent / BACKUPS
    target = folder / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}{ending}.db"
    try:
        make_private_folder(folder)
        with replacing(target) as (fresh,):
            copy_database(path, fresh)
    except (OSError, InvalidInputError, sqlite3.Error) as error:
        raise StoreError(
            f"{why}, but the copy that is made before cannot be written: {error}",
            f"Free {path.stat().st_size / 1e6:,.0f} MB of disk space there, then start again. Nothing was changed.",
        ) from error
    # Whatever the clock said when the others were written, this one is the newest.
    others = sorted(one for one in folder.glob(f"{name}-*.db") if one != target)
    for old in others[: len(others) - COPIES + 1]:
        with suppress(OSError):
            old.unlink()
    return target
