"""A team whose log is in memory: it orders appends as Delta does, and can lose an answer or delay what is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.entries import EntryId, EntryTooLargeError, LogRow
from ontos_tui.services.team.team_log import SharingService
from ontos_tui.store.engine import Store
from ontos_tui.store.sharing.rows import as_in_log
from ontos_tui.store.sharing.triggers import shared_columns
from ontos_tui.workspace import Workspace
from ontos_tui.workspace.stages.core import Core
from ontos_tui.workspace.stages.label import LabelServices

COMPARED = (
    ("id, status, body", "shared_conflicts"),
    ("writer, seq, part, actor, reason, at", "shared_refused"),
    ("key, of, 1", "shared_aliases"),
)
BEGIN = datetime(2026, 11, 2, 8, tzinfo=UTC)


@dataclass
class SharedLog:
    """The rows that everybody appends to; each append is one version."""

    name: str = "log 1"
    rows: list[LogRow] = field(default_factory=list)
    versions: int = 0


class MemoryLog:
    """One member's way to the log. `fail` says how the next append breaks: before or after it is in the log. While it
    is on `hold` nothing that is appended is in the log yet."""

    def __init__(self, shared: SharedLog, actor: str) -> None:
        self.shared = shared
        self.fail = ""
        self.hold = False
        self.page = 1_000
        self.most_characters: int | None = None
        self._actor = actor

    def prepare(self) -> list[str]:
        return []

    def identity(self) -> str:
        return self.shared.name

    def login(self) -> str:
        return self._actor

    def append(self, entries: Iterable[tuple[EntryId, int, str]]) -> None:
        fail, self.fail = self.fail, ""
        too_large: EntryTooLargeError | None = None
        if self.most_characters is not None:
            entries, too_large = self._until_too_large(entries, self.most_characters)
        if fail != "before" and not self.hold:
            shared = self.shared
            shared.versions += 1
            at = BEGIN + timedelta(minutes=shared.versions)
            ordered = sorted(entries, key=lambda one: one[0])
            shared.rows += [LogRow(shared.versions, at, *id, self._actor, format, body) for id, format, body in ordered]
        if fail:
            raise PlatformError("The line broke.", "Try again.")
        if too_large is not None:
            raise too_large

    def _until_too_large(
        self, entries: Iterable[tuple[EntryId, int, str]], most: int
    ) -> tuple[list[tuple[EntryId, int, str]], EntryTooLargeError | None]:
        some: list[tuple[EntryId, int, str]] = []
        for entry in entries:
            if len(entry[2]) > most:
                what = f"A change of {len(entry[2]):,} bytes is too large."
                return some, EntryTooLargeError(entry[0], what, "Ask for a volume.")
            some.append(entry)
        return some, None

    def read(self, after: int) -> Iterator[list[LogRow]]:
        page: list[LogRow] = []
        for row in [row for row in self.shared.rows if row.version > after]:
            if len(page) >= self.page:
                yield page
                page = []
            page.append(row)
        if page:
            yield page

    def close(self) -> None:
        pass


class Member:
    """One person with a workspace of their own."""

    def __init__(self, home: Path, name: str, shared: SharedLog) -> None:
        self.home, self.name = home, name
        self.log = MemoryLog(shared, name)
        self._open()

    def _open(self) -> None:
        self.workspace = Workspace(self.home)
        self.store: Store = self.workspace.store
        self.store.actor = self.name
        self.sharing = SharingService(self.store, self.log, self.name)
        workspace = self.workspace
        core = Core(workspace.home, workspace.settings, workspace.store, workspace.engines, workspace.jobs, self.name)
        self.label = LabelServices(core)

    def open_again(self) -> None:
        """Leave the app and come back, as after a kill."""
        self.workspace.close()
        self._open()

    def close(self) -> None:
        self.workspace.close()

    def state(self) -> dict[str, Any]:
        """Everything that all who have read the log to the same place have alike."""
        return shared_state(self.store)


def _select(record: type[Record]) -> str:
    return f"SELECT {', '.join(shared_columns(record))} FROM {record.TABLE}"


def shared_state(store: Store) -> dict[str, Any]:
    """The rows, what set each, conflicts and refusals of a workspace."""
    with store.read() as connection:
        state: dict[str, Any] = {
            record.TABLE: sorted(
                map(tuple, as_in_log(connection, record.TABLE, connection.execute(_select(record)))),
                key=repr,
            )
            for record in SHARED
        }
        for columns, table in COMPARED:
            state[table] = connection.rows(f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3")
        sql = (
            "SELECT r.entity, r.key, w.writer, r.seq, r.at FROM shared_rows r JOIN shared_writers w "
            "ON w.number = r.writer ORDER BY 1, 2"
        )
        state["shared_rows"] = connection.rows(sql)
    return state
