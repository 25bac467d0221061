"""The files beside an open database: its log of transactions and the log's index, when somebody deletes them.

SQLite goes on with the files that it opened, whether their names are still there or not. What is saved then is in a
file that nobody finds, and another process that opens the database makes new ones, so that neither sees the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ontos_tui.domain.errors import StoreError
from ontos_tui.store.workspace_file.damage import place_of

Place = tuple[int, int]


class LogFiles(NamedTuple):
    """Which files the log and its index (`shared` by all processes) are, by their numbers in the file system."""

    log: Place | None
    shared: Place | None

    @classmethod
    def of(cls, path: Path) -> LogFiles:
        """Those beside the database at `path`."""
        return cls(*(place_of(path.with_name(f"{path.name}{suffix}")) for suffix in ("-wal", "-shm")))


def lost_files(path: Path, opened: LogFiles) -> list[str]:
    """The names of the files that are no longer those that were opened."""
    now = LogFiles.of(path)
    pairs = zip(("-wal", "-shm"), opened, now, strict=True)
    return [f"{path.name}{suffix}" for suffix, before, after in pairs if before is not None and after != before]


def may_carry_over(path: Path, opened: LogFiles) -> bool:
    """Whether what was saved can be carried into the database: nobody else has begun an index of their own."""
    return LogFiles.of(path).shared in (opened.shared, None)


def files_lost(path: Path, names: list[str], *, carried_over: bool) -> StoreError:
    """What is said where a file beside the database is gone."""
    named = " and ".join(names)
    were = "were" if len(names) > 1 else "was"
    saved = "What was saved before is in the database" if carried_over else f"Quit every other program that uses {path}"
    return StoreError(
        f"{named} {were} deleted or replaced while the workspace was open, so this was not saved.",
        f"{saved}. Quit and start again.",
    )
