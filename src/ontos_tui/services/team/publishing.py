"""The tables that a team's dashboards read: the state at a version of the log, written by whoever is due.

Members read the log alone. So a table that is old, wrong or missing harms nobody's work; the next publication is of a
later version.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.base import Record, now
from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.entries import EntryId, LogRow
from ontos_tui.domain.sharing.table_rules import HISTORY
from ontos_tui.domain.sharing.wire import MalformedEntryError, from_text
from ontos_tui.services.team.log_port import TeamLog
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.sharing.outgoing import publication
from ontos_tui.store.sharing.outgoing.memory import recall, remember
from ontos_tui.store.sharing.outgoing.pending import pending_ids
from ontos_tui.store.sharing.triggers import is_on

LOOKED_AT, PROBLEM = "tables_looked_at", "tables_problem"
LOG = logging.getLogger("ontos.sync")
Change = tuple[str, Mapping[str, Any] | None]


class TablesPort(Protocol):
    """Where the tables are."""

    def published(self, log: str) -> int:
        """Up to which version of this log was published; -1 where nothing was."""
        ...

    def write(self, record: type[Record], changes: Iterable[Change], log: str, version: int) -> int:
        """Write rows as of this version; returns how many. ValueError for a table of an earlier version of Ontos."""
        ...

    def note_published(self, log: str, version: int) -> None:
        """Everything up to this version is there."""
        ...


@dataclass
class Publication:
    """What was written: up to which version, rows by table, and tables that an earlier version shared by."""

    version: int = -1
    rows: dict[str, int] = field(default_factory=dict)
    left_alone: list[str] = field(default_factory=list)


class PublishingService:
    """Publishes at most every so many minutes; 0 is never."""

    def __init__(
        self,
        store: Store,
        log: TeamLog,
        tables: TablesPort,
        minutes: int,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._store = store
        self._log = log
        self._tables = tables
        self._minutes = minutes
        self._clock = clock

    def publish_if_due(self) -> Publication | None:
        """Publish where it is due; None where it is not, or fails: nobody's work hangs on it, and it is tried again."""
        if not self._minutes:
            return None
        with self._store.read() as connection:
            looked = recall(connection, LOOKED_AT) if is_on(connection) else "off"
        if looked == "off":
            return None
        if looked and self._clock() - datetime.fromisoformat(looked) < timedelta(minutes=self._minutes):
            return None
        try:
            return self.publish()
        except OntosError as error:
            LOG.warning("the tables for dashboards: %s", error)
            with self._store.write() as connection:
                remember(connection, LOOKED_AT, self._clock().isoformat())
                remember(connection, PROBLEM, str(error))
            return None

    def publish(self) -> Publication | None:
        """Publish what is new; None where decisions wait here that the log does not have."""
        log = self._log.identity()
        published = self._tables.published(log)
        with self._store.read() as connection:
            if pending_ids(connection):
                return None
            version = int(recall(connection, "version") or -1)
            done = Publication(max(version, published))
            if version > published:
                self._write(connection, log, published, version, done)
        if version > published:
            self._tables.note_published(log, version)
        with self._store.write() as connection:
            remember(connection, LOOKED_AT, self._clock().isoformat())
            remember(connection, PROBLEM, "")
        return done

    def _write(self, connection: Connection, log: str, published: int, version: int, done: Publication) -> None:
        history, since = self._news(published, version) if published >= 0 else ({}, None)
        for record in SHARED:
            if published < 0:
                changes = publication.all_rows(connection, record)
            elif record.TABLE in HISTORY or since is None:
                changes = publication.rows_of(connection, record, history.get(record.TABLE, []))
            else:
                keys = publication.changed_keys(connection, record.TABLE, since)
                changes = publication.rows_of(connection, record, keys)
            present = _without_refused(record, changes)
            try:
                rows = self._tables.write(record, present, log, version)
            except ValueError:
                done.left_alone.append(record.TABLE)
                continue
            if rows:
                done.rows[record.TABLE] = rows

    def _news(self, published: int, version: int) -> tuple[dict[str, list[str]], datetime | None]:
        """The keys of history that the log has had since, and the time from which on other rows may have changed."""
        history: dict[str, list[str]] = {}
        since: datetime | None = None
        for row in (row for page in self._log.read(published) for row in page if row.version <= version):
            since = row.at if since is None else min(since, row.at)
            for table, key in _history_of(row):
                history.setdefault(table, []).append(key)
        return history, since


def _history_of(row: LogRow) -> Iterator[tuple[str, str]]:
    try:
        entry = from_text(EntryId(row.writer, row.seq), row.actor, row.format, row.at, row.body)
    except MalformedEntryError:
        return  # refused for everybody
    for group in entry.groups:
        yield from (change.thing for change in group.changes if change.thing.table in HISTORY)


def _without_refused(record: type[Record], changes: Iterable[Change]) -> Iterator[Change]:
    """History that is not there was never taken in, and nothing of it can be gone."""
    return ((key, values) for key, values in changes if values is not None or record.TABLE not in HISTORY)
