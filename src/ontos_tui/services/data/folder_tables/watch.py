"""Folders that are watched: what is new in one becomes rows of its table, each file once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.records.data import LOCAL, TableAddress, identifier_from
from ontos_tui.domain.records.folders import BeingReadError, FolderOptions, NothingThereError
from ontos_tui.domain.records.training import Job, JobKind
from ontos_tui.services.data.folder_tables.service import FolderLook, FolderRequest, FolderService
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import data

if TYPE_CHECKING:
    from ontos_tui.jobs.queue import JobQueue
    from ontos_tui.tabular.folders.walk import FolderFile

EVERY = 5.0
"""Seconds from one look to the next, unless the user says otherwise."""
LEAST_EVERY = 0.5
REST = 10
"""How many times as long as a look took it rests at least: a folder of 100,000 files takes seconds to look at."""
SETTLE = 1.0
"""Seconds between the two looks of a watch that ends after them."""


@dataclass(frozen=True)
class WatchLook:
    """What a look has brought. `look` is None while there is no table and nothing to make one of.

    `waiting` are files that are not read yet, as they may still be written, and `newly_waiting` those of them that the
    look before did not name.
    """

    look: FolderLook | None
    waiting: tuple[str, ...] = ()
    newly_waiting: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether something came."""
        return self.look is not None and self.look.differs


class FolderWatcher:
    """Looks at one folder again and again. A file is read when it is as it was at the look before: it stands still."""

    def __init__(self, folders: FolderService, request: FolderRequest) -> None:
        self._folders, self._request = folders, request
        self._last: dict[str, tuple[int, int]] = {}
        self._now: dict[str, tuple[int, int]] = {}
        self._named: frozenset[str] = frozenset()
        self._is_first = True

    def look(self) -> WatchLook:
        """Look once. Raises as `FolderService.add` does; what it names then is not added, and nothing else is lost."""
        self._now = {}
        try:
            seen: FolderLook | None = self._folders.look(self._request, self._stands_still)
        except NothingThereError:
            if self._is_first and not self._folders.is_folder(self._request.path):
                raise
            seen = None
        self._last, self._is_first = self._now, False
        waiting = seen.waiting if seen is not None else tuple(self._now)
        named, self._named = self._named, frozenset(waiting)
        return WatchLook(seen, waiting, tuple(one for one in waiting if one not in named))

    def _stands_still(self, file: FolderFile) -> bool:
        self._now[file.path] = (file.size, file.changed)
        return self._last.get(file.path) == (file.size, file.changed)


class WatchService:
    """Starts and runs watches."""

    def __init__(self, store: Store, folders: FolderService, jobs: JobQueue) -> None:
        self._store, self._folders, self._jobs = store, folders, jobs

    def request(self, path: Path, into: str = "", options: FolderOptions | None = None) -> FolderRequest:
        """What watches a folder, or a pattern of files. `into` is a table of this folder, or the name of a new one.

        Raises InvalidInputError when there is no such folder, and ConflictError when the table is another's.
        """
        if not self._folders.is_folder(path):
            raise InvalidInputError(f"No folder {path}.", "Name a folder, or a pattern in quotes: 'logs/*.csv'")
        name = into.rpartition(".")[2]
        request = FolderRequest(path, name, options)
        if name:
            address = str(TableAddress(LOCAL, "files", identifier_from(name)))
            with self._store.read() as connection:
                table = data.table_at(connection, address)
            if table is not None:
                known = self._folders.request_of(table)
                if known.path != path.expanduser().absolute():
                    raise ConflictError(
                        f"{address} holds what is in {known.path}.", "Watch that folder, or name another table: --into"
                    )
        return request

    def looks(
        self, request: FolderRequest, every: float, pause: Callable[[float], None] = time.sleep, *, once: bool = False
    ) -> Iterator[WatchLook]:
        """A look every so many seconds, for ever; with `once` two, and the second one adds. Raises as a look does.

        While another process looks at the folder, the look is left out.
        """
        watcher = FolderWatcher(self._folders, request)
        if once:
            watcher.look()
            pause(SETTLE)
            yield watcher.look()
            return
        while True:
            begun, seen = time.process_time(), None
            with suppress(BeingReadError):
                seen = watcher.look()
            spent = time.process_time() - begun
            if seen is not None:
                yield seen
            pause(max(every, REST * spent))

    def start(self, request: FolderRequest, every: float = EVERY) -> Job:
        """Watch in a job; returns the one that watches this folder already, if there is one."""
        path = str(request.path.expanduser().absolute())
        for job in self._jobs.jobs(active_only=True, limit=1_000):
            if job.kind is JobKind.WATCH_FOLDER and job.params.get("path") == path and not job.cancel_requested:
                return job
        options = request.options.model_dump(mode="json", exclude_unset=True) if request.options else {}
        params: dict[str, Any] = {"path": path, "name": request.name, "every": check_every(every), "options": options}
        return self._jobs.submit(JobKind.WATCH_FOLDER, f"Watch {request.path.name}", params)

    def run(self, params: dict[str, Any], pause: Callable[[float], None]) -> Iterator[WatchLook]:
        """The looks of a job that `start` has submitted."""
        options = FolderOptions.model_validate(params["options"]) if params["options"] else None
        request = FolderRequest(Path(params["path"]), params["name"], options)
        return self.looks(request, float(params["every"]), pause)


def check_every(every: float) -> float:
    """The seconds between two looks. Raises InvalidInputError for less than half a second."""
    if every < LEAST_EVERY:
        raise InvalidInputError(f"{every:g} s are too short.", f"Look every {LEAST_EVERY:g} s or less often.")
    return every


def look_message(seen: WatchLook) -> str:
    """What a look has brought, in one line; empty when nothing came."""
    look = seen.look
    if look is None or not look.differs:
        if not seen.newly_waiting:
            return ""
        first = ", ".join(seen.newly_waiting[:3]) + (", …" if len(seen.newly_waiting) > 3 else "")
        return f"{_files(len(seen.newly_waiting))} not read until they stand still: {first}"
    parts = [f"{_files(len(paths))} {what}" for what, paths in (("new", look.new), ("changed", look.changed)) if paths]
    if look.gone:
        parts.append(f"{_files(len(look.gone))} renamed")
    rows = look.table.row_count - look.rows_before
    first = ", ".join((*look.new, *look.changed)[:3]) + (", …" if len(look.new) + len(look.changed) > 3 else "")
    return f"{', '.join(parts)}, {rows:+,} rows: {look.table.address} has {look.table.row_count:,} ({first})"


def _files(count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'}"
