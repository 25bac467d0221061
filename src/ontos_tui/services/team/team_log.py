"""Sharing through one log: what was decided here is appended, what others decided is read, in the log's order.

Work is always done on this workspace's own database. Everybody who has read the log to the same place has the same
state; where two decided apart from each other, everybody has the same conflict, until one of them settles it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ontos_tui.domain.errors import ConflictError, NotReadyError, PlatformError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.labeling import LabelingTask
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.sync import SyncState
from ontos_tui.domain.sharing.apply import Fits, GapInLogError
from ontos_tui.domain.sharing.conflicts import answers
from ontos_tui.domain.sharing.entries import FORMAT, Choice, Entry, EntryId, LogRow, Settlement
from ontos_tui.domain.sharing.table_rules import Values
from ontos_tui.domain.sharing.wire import MalformedEntryError, NewerFormatError, from_text, to_text
from ontos_tui.services.label.labeling_jobs.service import LabelingService
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.team.conflict_views import TeamConflict, team_conflict
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.sharing import pending as waiting
from ontos_tui.store.sharing import queries
from ontos_tui.store.sharing.rebase import put_on_top, take_in
from ontos_tui.store.sharing.state import PendingState, StoreState, applying
from ontos_tui.store.sharing.triggers import create_triggers, is_on

CLAIM_TRIES = 5
BATCH = 500
"""Entries of one append at most; the log splits further by bytes."""


class TeamLog(Protocol):
    """The team's log. Appending never fails because of others; the same entry appended twice counts once."""

    def prepare(self) -> list[str]:
        """Create what is missing; returns what was created, in words."""
        ...

    def identity(self) -> str:
        """Which log this is; another one has another."""
        ...

    def append(self, entries: Sequence[tuple[EntryId, int, str]]) -> None:
        """Put entries behind those that are there: id, format, body. Raises PlatformError."""
        ...

    def read(self, after: int) -> Iterator[list[LogRow]]:
        """What was appended after this version, in the log's order, page by page; never half a version."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class NotTheLogError(ConflictError):
    """What is under the log's name is not what this workspace shared with; nothing was changed."""


@dataclass(frozen=True)
class SharingStatus:
    """Whether sharing is on, what waits, what others see as a conflict, and what of ours does not count.

    `waiting` and `refused` count entries. `state` is OFFLINE since `away_since` because of `error`, or OTHER_LOG.
    """

    state: SyncState
    waiting: int = 0
    conflicts: int = 0
    refused: int = 0
    last_at: datetime | None = None
    away_since: datetime | None = None
    error: str = ""


@dataclass
class SharingReport:
    """What one synchronization did: entries that were appended, and entries of others that came."""

    pushed: int = 0
    pulled: int = 0


@dataclass(frozen=True)
class Refusal:
    """A part of an entry of ours that does not count, and why."""

    entry: EntryId
    reason: str


class SharingService:
    """Appends and reads, and settles conflicts. The caller is `actor`."""

    def __init__(self, store: Store, log: TeamLog | None, actor: str) -> None:
        self._store = store
        self._log = log
        self._actor = actor

    def start(self) -> list[str]:
        """Begin to share: all that is here waits to be appended. Again, it changes nothing."""
        log = self._required_log()
        created = log.prepare()
        with self._store.write() as connection:
            if not is_on(connection):
                queries.remember(connection, "log", log.identity())
                create_triggers(connection)
                queries.note_everything(connection)
        return created

    def status(self) -> SharingStatus:
        """The state of sharing, from this database only."""
        with self._store.read() as connection:
            if not is_on(connection):
                return SharingStatus(SyncState.OFF)
            wait = waiting.pending_count(connection)
            conflicts = queries.open_conflict_count(connection)
            refused = queries.refusal_count(connection)
            last, away, error, other = (
                queries.recall(connection, name) for name in ("last_at", "away_since", "error", "other_log")
            )
        state = SyncState.SYNCED if not wait else SyncState.WAITING
        if away:
            state = SyncState.OTHER_LOG if other else SyncState.OFFLINE
        return SharingStatus(state, wait, conflicts, refused, _time(last), _time(away), error)

    def sync(self) -> SharingReport:
        """Append what waits, then read. Raises PlatformError or NotTheLogError, and remembers it for the status."""
        try:
            report = SharingReport(self.push(), self.pull())
        except (PlatformError, NotTheLogError) as error:
            with self._store.write() as connection:
                if not queries.recall(connection, "away_since"):
                    queries.remember(connection, "away_since", now().isoformat())
                queries.remember(connection, "error", error.what)
                queries.remember(connection, "other_log", "yes" if isinstance(error, NotTheLogError) else "")
            raise
        with self._store.write() as connection:
            queries.remember(connection, "last_at", now().isoformat())
            for name in ("away_since", "error", "other_log"):
                queries.remember(connection, name, "")
        return report

    def claim(self, labeling: LabelingService, job_ref: str) -> LabelingTask | None:
        """Claim the next task that is free; the first claim in the log has it. ConflictError after five tries."""
        for _ in range(CLAIM_TRIES):
            self.sync()
            task = labeling.claim(job_ref)
            if task is None:
                return None
            self.sync()
            with self._store.read() as connection:
                claimed = rows.get(connection, LabelingTask, task.id)
            if claimed.assignee == task.assignee:
                return claimed
        raise ConflictError("Other labelers claimed these tasks first.", "Claim again.")

    def push(self) -> int:
        """Append what waits, in the order in which it was decided; returns how many entries."""
        log = self._required_log()
        self._check_identity(log)
        with self._store.read() as connection:
            entries = [entry for _, entry, _ in waiting.pending(connection)]
        for start in range(0, len(entries), BATCH):
            log.append([(one.id, one.format, to_text(one)) for one in entries[start : start + BATCH]])
        return len(entries)

    def pull(self) -> int:
        """Take in what the log has that is not here yet; returns how many entries came from others."""
        log = self._required_log()
        self._check_identity(log)
        with self._store.read() as connection:
            after = int(queries.recall(connection, "version") or -1)
        others = 0
        for page in log.read(after):
            with self._store.write() as connection:
                others += self._take_in(connection, page)
        return others

    def _take_in(self, connection: Connection, page: Sequence[LogRow]) -> int:
        entries = [self._entry(connection, row) for row in page]
        try:
            others = take_in(connection, [one for one in entries if one is not None], _fits(connection))
        except GapInLogError as error:
            raise NotTheLogError(
                f"The team's log is not the one that this workspace shared with: {error}.",
                "Nothing was changed. Ask who restored or replaced it.",
            ) from error
        queries.remember(connection, "version", str(page[-1].version))
        return others

    def _entry(self, connection: Connection, row: LogRow) -> Entry | None:
        id = EntryId(row.writer, row.seq)
        try:
            return from_text(id, row.actor, row.format, row.at, row.body)
        except NewerFormatError as error:
            raise NotReadyError(
                f"The team's log has an entry of a newer Ontos ({error}).", "Update Ontos; nothing is lost meanwhile."
            ) from error
        except MalformedEntryError as error:
            # Everybody refuses it alike; as an empty entry, so that its writer's later ones count.
            StoreState(connection).refuse(id, 0, row.actor, str(error))
            return Entry(id, row.actor, at=row.at, format=FORMAT)

    def _check_identity(self, log: TeamLog) -> None:
        with self._store.read() as connection:
            if not is_on(connection):
                raise NotReadyError("Sharing is not on.", "Start sharing: ontos sync --start")
            known = queries.recall(connection, "log")
        if known != log.identity():
            raise NotTheLogError(
                "The team's log is another one than this workspace shared with.",
                "Check databricks_catalog and databricks_schema: ontos settings list",
            )

    # Conflicts

    def conflicts(self) -> list[TeamConflict]:
        """The open conflicts, without those that were settled here a moment ago."""
        with self._store.read() as connection:
            entries = [entry for _, entry, _ in waiting.pending(connection)]
            settled = {one.conflict for entry in entries for one in entry.settlements}
            state = StoreState(connection)
            return [team_conflict(state, one) for one in queries.open_conflicts(connection) if one.id not in settled]

    def refusals(self) -> list[Refusal]:
        """What of this workspace's own does not count, the newest first."""
        with self._store.read() as connection:
            return [Refusal(entry, reason) for entry, reason in queries.refusals(connection)]

    def settle(self, choices: Sequence[tuple[str, Choice, EntryId | None]]) -> None:
        """Settle conflicts: the answer that stands, or a candidate. Shown at once, for all when the log has it."""
        with self._store.write() as connection:
            state = StoreState(connection)
            settlements = []
            for id, choice, candidate in choices:
                conflict = state.conflict(id)
                if conflict is None:
                    raise ConflictError(f"No conflict {id}.", "List open conflicts: ontos sync --conflicts")
                settlements.append(Settlement(id, choice, candidate, answers(state, conflict)))
            self._append_here(connection, settlements=tuple(settlements))

    def reopen(self, conflicts: Sequence[str]) -> None:
        """Take settlements back."""
        with self._store.write() as connection:
            self._append_here(connection, reopened=tuple(conflicts))

    def _append_here(self, connection: Connection, **parts: object) -> None:
        number, entry = waiting.append_pending(connection, self._store.writer, self._actor, (), **parts)
        with applying(connection):
            state = PendingState(connection)
            state.advance(EntryId(entry.id.writer, entry.id.seq - 1))  # those before it are on top already
            put_on_top(connection, state, number, entry, _fits(connection))

    def _required_log(self) -> TeamLog:
        if self._log is None:
            raise NotReadyError(
                "No team is set up.", "Set databricks_catalog and databricks_warehouse, then check them: ontos doctor"
            )
        return self._log

    def close(self) -> None:
        """Close the connection to the log."""
        if self._log is not None:
            self._log.close()


def _fits(connection: Connection) -> Fits:
    """Whether a label's answer fits the template that a pair was made with."""
    checkers: dict[str, Callable[[Values, Values], bool]] = {}

    def checker_of(sheet_id: str) -> Callable[[Values, Values], bool]:
        sheet = rows.get(connection, TrainingSheet, sheet_id)
        checker = AnswerChecker(sheet.template_snapshot["output_schema"])

        def fits(pair: Values, label: Values) -> bool:
            answer = json.loads(label["label_data"])
            return checker.fits(answer) and not checker.misplaced(answer, json.loads(pair["source_data"]))

        return fits

    def fits(pair: Values, label: Values) -> bool:
        sheet_id = str(pair["training_sheet_id"])
        if sheet_id not in checkers:
            checkers[sheet_id] = checker_of(sheet_id)
        return checkers[sheet_id](pair, label)

    return fits


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
