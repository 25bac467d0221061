"""Whether a workspace has what the team's log says, row by row, and how to make it so.

The log is replayed up to the version that this workspace has read into a database of its own beside it, and the two
are compared; what waits here to be sent is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.sharing.entries import LogRow
from ontos_tui.replacing import part_folder
from ontos_tui.services.team.fitting import fits_checker
from ontos_tui.services.team.log_port import TeamLog
from ontos_tui.services.team.reading import take_page
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.sharing.digest import PARTS, Digest, checksum, digest
from ontos_tui.store.sharing.outgoing.memory import recall
from ontos_tui.store.sharing.repair import differing_keys, make_equal
from ontos_tui.store.workspace_file.copying import copy_aside


@dataclass(frozen=True)
class PartDifference:
    """A table, or what is known beside the tables, that is not the log's: how many rows are missing here, are only
    here, and differ."""

    part: str
    missing: int
    extra: int
    differing: int


@dataclass(frozen=True)
class Verification:
    """What was compared: the version, how many rows and which checksum the log gives, and what is not so here.

    `copy` is where the database was copied to before it was repaired.
    """

    version: int
    rows: int
    checksum: str
    differences: tuple[PartDifference, ...] = ()
    copy: Path | None = None

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def verify(store: Store, log: TeamLog) -> Verification:
    """Compare this workspace with the log at the version that it has read to."""
    with store.read() as here:
        version, ours = _version(here), digest(here)
        with _replayed(store, log, version) as replay, replay.read() as there:
            theirs = digest(there)
            differences = [
                PartDifference(part, *map(len, differing_keys(here, there, part)))
                for part in PARTS
                if ours[part] != theirs[part]
            ]
    return Verification(version, _rows(theirs), checksum(theirs), tuple(differences))


def repair(store: Store, log: TeamLog) -> Verification:
    """Make this workspace equal to the log, after copying its database; returns what differed before.

    Raises ConflictError when it has read further meanwhile.
    """
    before = verify(store, log)
    if before.is_equal:
        return before
    copy = copy_aside(store.path, "before-repair")
    with _replayed(store, log, before.version) as replay, replay.read() as there, store.write() as here:
        if _version(here) != before.version:
            raise ConflictError("This workspace has read more of the log meanwhile.", "Repair it again.")
        make_equal(here, there, fits_checker())
    return replace(before, copy=copy)


@contextmanager
def _replayed(store: Store, log: TeamLog, version: int) -> Iterator[Store]:
    """A database with what the log says at a version, and nothing else."""
    with part_folder(store.path) as folder:
        replay = Store(folder / store.path.name)
        try:
            fits = fits_checker()
            for page in _pages(log, version):
                with replay.write() as connection:
                    take_page(connection, page, fits)
            yield replay
        finally:
            replay.close()


def _pages(log: TeamLog, version: int) -> Iterator[list[LogRow]]:
    for page in log.read(-1):
        up_to_version = [row for row in page if row.version <= version]
        if up_to_version:
            yield up_to_version
        if len(up_to_version) < len(page):
            return


def _version(connection: Connection) -> int:
    return int(recall(connection, "version") or -1)


def _rows(digests: dict[str, Digest]) -> int:
    return sum(one.rows for one in digests.values())
