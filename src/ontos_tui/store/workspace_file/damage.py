"""What is wrong with a workspace's database, found without changing it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from ontos_tui.domain.errors import InvalidInputError, StoreError
from ontos_tui.replacing import write_text
from ontos_tui.store.connection import decoded

RESTORE = "Restore a backup: ontos restore FILE. `ontos doctor` says what is whole."
MARKER = "-damaged"
"""A file of this suffix beside the database says that saved changes were lost. Without it the workspace opens."""
LOOK_SECONDS = 3.0
"""After that, the tables that were not checked yet are not named."""
_OURS = b"CREATE TABLE qa_pairs"
_CORE = frozenset({"sheets", "templates", "qa_pairs"})
"""Tables that every version of a workspace has."""
_WAL_HEADER, _FRAME_HEADER = 32, 24


@dataclass(frozen=True)
class LogState:
    """How far the write-ahead log goes by its index: its frames, how many of them are in the database, and its salt."""

    frames: int
    in_database: int
    salt: bytes


def check_file(path: Path) -> None:
    """Refuse a file that cannot be a workspace's database. Raises StoreError, or OSError when it cannot be read."""
    marker = path.with_name(path.name + MARKER)
    if marker.exists():
        raise _changes_lost(path, marker.read_text(encoding="utf-8", errors="replace").strip())
    with path.open("rb") as file:
        beginning = file.read(1 << 20)
    if not beginning:
        raise StoreError(f"The database {path} is empty (0 bytes); nothing was created in its place.", RESTORE)
    if not beginning.startswith(b"SQLite format 3\0") and _OURS in beginning:
        raise StoreError(f"The database {path} is damaged: its first bytes are not those of a database.", RESTORE)


def place_of(path: Path) -> tuple[int, int] | None:
    """Which file is at this place, by its numbers in the file system; None when there is none."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino


def check_place(path: Path, opened: tuple[int, int] | None) -> None:
    """Refuse to write to a database that was moved, deleted or replaced since it was opened. Raises StoreError.

    The system goes on to write to a file that nobody finds any more, and SQLite does not look.
    """
    if opened is not None and place_of(path) != opened:
        what = "replaced by another one" if path.exists() else "moved or deleted"
        raise StoreError(
            f"The database {path} was {what} while it was open, so this was not saved.",
            "Put the folder back as it was and do it again, or quit and start again where it is now (--home).",
        )


def refuse_lost(path: Path) -> None:
    """Refuse to begin a new workspace where one lost its database. Raises StoreError."""
    log = path.with_name(path.name + "-wal")
    has_log = log.exists() and log.stat().st_size > 0
    models = path.parent / "models"
    if has_log or (models.is_dir() and any(models.iterdir())):
        rest = log.name if has_log else "models/"
        raise StoreError(
            f"The database {path} is missing, but {rest} of the workspace is there; nothing was created in its place.",
            "Put the file back or restore a backup: ontos restore FILE. To begin anew, choose another folder: --home.",
        )


def check_tables(path: Path, tables: set[str], version: int, expected: frozenset[str] | None) -> None:
    """Refuse the database of another program, and one that lost tables; `expected` is None for older versions.

    Raises StoreError.
    """
    ours = tables & (expected or _CORE)
    if (version == 0 and not tables) or (ours and not (expected or _CORE) - tables):
        return
    if not tables & _CORE:
        raise StoreError(
            f"{path} is not an Ontos workspace: it is the database of another program.",
            "Choose another folder with --home; the file was left alone.",
        )
    missing = sorted((expected or _CORE) - tables)
    named = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
    raise StoreError(
        f"The database {path} is damaged: the table{'s' if len(missing) > 1 else ''} {named} "
        f"{'are' if len(missing) > 1 else 'is'} missing; {len(tables):,} tables are there.",
        RESTORE,
    )


def describe_damage(path: Path) -> str:
    """One sentence: which tables cannot be read whole, and that the others can. Takes at most LOOK_SECONDS."""
    with suppress(sqlite3.Error, OSError):
        damaged, whole, unknown = check_each_table(path)
        if damaged:
            shown = ", ".join(damaged[:5]) + (f" and {len(damaged) - 5} more" if len(damaged) > 5 else "")
            rest = f"; {len(whole):,} tables are whole" + (f", {unknown:,} were not checked" if unknown else "")
            return f"The database {path} is damaged in {shown}{rest}."
    return f"The database {path} is damaged; which tables are whole cannot be read."


def check_each_table(path: Path, seconds: float = LOOK_SECONDS) -> tuple[list[str], list[str], int]:
    """The damaged tables, the whole ones, and how many could not be checked in time. Raises sqlite3.Error."""
    damaged: list[str] = []
    whole: list[str] = []
    until = time.monotonic() + seconds
    database = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(database, uri=True, timeout=1.0)) as connection, decoded():
        connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for name in names:
            try:
                quoted = name.replace("'", "''")
                answer = connection.execute(f"PRAGMA quick_check('{quoted}')").fetchone()
                (whole if answer and answer[0] == "ok" else damaged).append(name)
            except sqlite3.Error:
                if time.monotonic() > until:
                    break
                damaged.append(name)
    return damaged, whole, len(names) - len(damaged) - len(whole)


# The write-ahead log


def log_state(path: Path) -> LogState | None:
    """What the index of the write-ahead log says, before anybody opens the database; None where there is none."""
    try:
        with path.with_name(path.name + "-shm").open("rb") as file:
            index = file.read(100)
    except OSError:
        return None
    if len(index) < 100 or index[:48] != index[48:96] or index[12] != 1:
        return None  # being written at this moment, or nobody has used it yet
    frames, backfilled = struct.unpack_from("=I", index, 16)[0], struct.unpack_from("=I", index, 96)[0]
    return LogState(frames, backfilled, index[32:40])


def check_log(path: Path, before: LogState | None) -> None:
    """Compare the log as it was with what SQLite could read of it. Raises StoreError when saved changes are gone.

    SQLite itself drops what does not fit its checksums without a word. The log is copied before it goes.
    """
    if before is None or before.frames <= before.in_database:
        return
    after = log_state(path)
    if after is None or after.frames >= before.frames or _was_restarted(path, before):
        return
    lost = before.frames - max(after.frames, before.in_database)
    log = path.with_name(path.name + "-wal")
    with suppress(OSError):
        shutil.copyfile(log, log.with_name(log.name + MARKER))
    sentence = (
        f"the end of {log.name} is damaged or cut off: the last {lost:,} of {before.frames:,} saved pages are gone, "
        "and what was saved before them is whole"
    )
    marker = path.with_name(path.name + MARKER)
    with suppress(InvalidInputError):
        write_text(marker, sentence + "\n")
    raise _changes_lost(path, sentence)


def _was_restarted(path: Path, before: LogState) -> bool:
    """Whether another process has begun the log anew meanwhile, which is no loss."""
    try:
        with path.with_name(path.name + "-wal").open("rb") as file:
            header = file.read(_WAL_HEADER)
    except OSError:
        return False
    if len(header) < _WAL_HEADER or header[16:24] == before.salt:
        return False
    return _checksum(header[:24], big=bool(header[3] & 1)) == struct.unpack(">II", header[24:32])


def _checksum(data: bytes, *, big: bool) -> tuple[int, int]:
    """The checksum of SQLite's log."""
    words = struct.unpack(f"{'>' if big else '<'}{len(data) // 4}I", data)
    one = two = 0
    for at in range(0, len(words), 2):
        one = (one + words[at] + two) & 0xFFFFFFFF
        two = (two + words[at + 1] + one) & 0xFFFFFFFF
    return one, two


def _changes_lost(path: Path, sentence: str) -> StoreError:
    marker = path.with_name(path.name + MARKER)
    return StoreError(
        f"The workspace {path.parent} lost changes: {sentence}.",
        f"Restore a backup: ontos restore FILE. Or go on with what is whole: delete {marker}.",
    )


# Rights


def access_problem(path: Path) -> str:
    """Why the database cannot be opened or written, as far as the system says; empty when it does not."""
    folder = path.parent
    if not folder.is_dir():
        return f"{folder} is not a folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return (
            f"you may not write to the folder {folder}" if os.access(folder, os.R_OK) else f"you may not read {folder}"
        )
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        file = path.with_name(name)
        if file.is_dir():
            return f"{file} is a folder"
        if file.exists() and not os.access(file, os.R_OK | os.W_OK):
            return f"you may not {'write' if os.access(file, os.R_OK) else 'read'} {file}"
    return ""
