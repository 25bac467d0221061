"""Sharing with a team: local changes go to the hub, changes of others come from it, and nothing is lost silently.

Work is always done on this workspace's own database; the hub is updated in the background. A push writes only rows
whose last version was seen here; rows that others have written meanwhile are pulled, and where both changed the same
row, both are stored as a conflict until a person decides. Everything can be interrupted and repeated at any point.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from ontos_tui.domain.errors import ConflictError, NotReadyError, PlatformError
from ontos_tui.domain.records.base import Record, new_id, now
from ontos_tui.domain.records.labeling import LabelingTask
from ontos_tui.domain.records.pairs import CanonicalLabel
from ontos_tui.domain.records.sync import BOOKKEEPING, ConflictState, HubRow, SyncConflict, SyncState
from ontos_tui.domain.records.tables import APPEND_ONLY, SHARED
from ontos_tui.services.canonical.corrections import correct_pairs_of, correct_pairs_of_pulled
from ontos_tui.services.label.labeling_jobs.service import LabelingService
from ontos_tui.store import outbox, rows
from ontos_tui.store.connection import Connection, IntegrityError
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import team

BATCH = 500
"""Rows of one MERGE at most; its bytes are counted as well."""
BATCH_BYTES = 800_000
OVERLAP = timedelta(minutes=10)
"""How far back a pull reads again: a write that began early may appear late. Known rows are skipped."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLAIM_TRIES = 5

_BY_TABLE: dict[str, type[Record]] = {record.TABLE: record for record in SHARED}


class TeamHub(Protocol):
    """The interface of the hub; see platforms/databricks/delta_hub.py."""

    def prepare(self) -> list[str]:
        """Create missing tables and columns; returns their descriptions."""
        ...

    def push(self, record: type[Record], rows: Sequence[HubRow]) -> dict[str, HubRow]:
        """Write a batch; returns the rows at the hub afterwards."""
        ...

    def pull(self, record: type[Record], since: datetime | None) -> Any:
        """The rows written since then, page by page."""
        ...

    def written(self, since: Mapping[type[Record], datetime | None]) -> dict[type[Record], int]:
        """The total number of writes of the rows written since each table's time, which grows with every write."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


@dataclass(frozen=True)
class SyncStatus:
    """Whether sharing is on, the waiting rows, the open conflicts, and since when and why the hub is unreachable."""

    state: SyncState
    waiting: int = 0
    conflicts: int = 0
    last_at: datetime | None = None
    away_since: datetime | None = None
    error: str = ""


@dataclass
class SyncReport:
    """The result of one synchronization."""

    pushed: int = 0
    pulled: int = 0
    conflicts: int = 0


class SyncService:
    """Pushes, pulls, and stores conflicts between two people. The caller is `actor`."""

    def __init__(self, store: Store, hub: TeamHub | None, actor: str) -> None:
        self._store = store
        self._hub = hub
        self._actor = actor

    # Status

    def status(self) -> SyncStatus:
        """The state of sharing, from this database only."""
        with self._store.read() as connection:
            if not outbox.is_on(connection):
                return SyncStatus(SyncState.OFF)
            waiting = outbox.count(connection)
            open_ones = team.open_conflict_count(connection)
            last, away, error = (outbox.state(connection, name) for name in ("last_at", "away_since", "error"))
        state = SyncState.OFFLINE if away else SyncState.WAITING if waiting > open_ones else SyncState.SYNCED
        return SyncStatus(state, waiting, open_ones, _time(last), _time(away), error)

    def conflicts(self, *, resolved: bool = False) -> list[SyncConflict]:
        """The rows that two people changed, newest first."""
        with self._store.read() as connection:
            return team.conflicts(connection, resolved=resolved)

    # Sharing

    def switch_on(self) -> list[str]:
        """Start sharing: create the hub's tables, and queue everything here to be pushed."""
        created = self._require_hub().prepare()
        with self._store.write() as connection:
            outbox.switch_on(connection)
            if not outbox.state(connection, "origin"):
                outbox.remember(connection, "origin", new_id())
        return created

    def sync(self) -> SyncReport:
        """Pull, then push, then pull what was refused. Raises PlatformError, and records it, when the hub is away."""
        report = SyncReport()
        try:
            self.pull(report)
            if self.push(report):
                self.pull(report)
                self.push(report)
        except PlatformError as error:
            self._remember_away(error.what)
            raise
        with self._store.write() as connection:
            outbox.remember(connection, "last_at", now().isoformat())
            outbox.remember(connection, "away_since", "")
            outbox.remember(connection, "error", "")
        return report

    def _remember_away(self, why: str) -> None:
        with self._store.write() as connection:
            if not outbox.state(connection, "away_since"):
                outbox.remember(connection, "away_since", now().isoformat())
            outbox.remember(connection, "error", why)

    def push(self, report: SyncReport | None = None) -> int:
        """Send the waiting rows, one batch of a table at a time; returns how many rows others had changed first."""
        report, refused = report or SyncReport(), 0
        for record in SHARED:
            after = 0
            while True:
                with self._store.read() as connection:
                    self._check_on(connection)
                    waiting = outbox.waiting(connection, record, after, BATCH)
                    origin = outbox.state(connection, "origin")
                if not waiting:
                    break
                batch = _next_batch(waiting)
                after = batch[-1].seq
                refused += self._push_batch(record, batch, origin, report)
        return refused

    def _push_batch(
        self, record: type[Record], batch: Sequence[outbox.Waiting], origin: str, report: SyncReport
    ) -> int:
        sent = {one.key: HubRow(one.key, one.values or _blank(record), one.hub_version + 1, origin,
                                f"{origin}:{one.seq}", one.values is None) for one in batch}  # fmt: skip
        at_hub_by_key = self._require_hub().push(record, list(sent.values()))
        done: dict[str, tuple[int, int]] = {}
        for one in batch:
            at_hub = at_hub_by_key.get(one.key)
            if at_hub is None and one.values is None:
                done[one.key] = (one.seq, 0)  # created and removed before it was pushed
            elif at_hub is not None and at_hub.push == sent[one.key].push:
                done[one.key] = (one.seq, at_hub.version)
        with self._store.write() as connection:
            outbox.pushed(connection, record, done)
        report.pushed += len(done)
        return len(batch) - len(done)

    def pull(self, report: SyncReport | None = None) -> None:
        """Apply the changes of others; rows that were changed here as well become conflicts.

        One query shows which tables were written since they were last read here; only those are read.
        """
        report = report or SyncReport()
        with self._store.read() as connection:
            self._check_on(connection)
            origin = outbox.state(connection, "origin")
            seen = {record: _time(outbox.state(connection, f"seen {record.TABLE}")) for record in SHARED}
            known = {record: outbox.state(connection, f"written {record.TABLE}") for record in SHARED}
        since = {record: None if at is None else at - OVERLAP for record, at in seen.items()}
        for record, written in self._require_hub().written(since).items():
            if written != int(known[record] or 0):
                self._pull_table(record, since[record], origin, report)

    def _pull_table(self, record: type[Record], since: datetime | None, origin: str, report: SyncReport) -> None:
        """Read one table's rows since then, and record the newest time and the number of writes."""
        written: Counter[datetime] = Counter()
        for page in self._require_hub().pull(record, since):
            for row in page:
                written[row.at or EPOCH] += row.version
            newest = max(written)
            again = sum(versions for at, versions in written.items() if at >= newest - OVERLAP)
            with self._store.write() as connection:
                applied = {row.key for row in page if self._apply_pulled(connection, record, row, origin, report)}
                if record is CanonicalLabel:
                    correct_pairs_of_pulled(connection, applied, self._actor)
                outbox.remember(connection, f"seen {record.TABLE}", newest.isoformat())
                outbox.remember(connection, f"written {record.TABLE}", str(again))

    def _apply_pulled(
        self, connection: Connection, record: type[Record], row: HubRow, origin: str, report: SyncReport
    ) -> bool:
        """Skip one row of the hub, apply it, or store it as a conflict; whether it was applied."""
        if row.version <= outbox.known(connection, record, row.key):
            return False
        number = outbox.number_of(connection, record, row.key)
        ours = outbox.stored_rows(connection, record, [row.key]).get(row.key)
        if row.origin == origin:
            # Ours, from a push that was interrupted before its answer came.
            outbox.know(connection, record, row.key, row.version)
            if row.push == f"{origin}:{number}":
                outbox.forget(connection, record, row.key)
            return False
        if number is None or _same(ours, row) or record in APPEND_ONLY:
            if self._apply(connection, record, ours, row):
                outbox.forget(connection, record, row.key)
                report.pulled += 1
                return True
            if record in APPEND_ONLY:
                # Both stored an earlier version of a label: each keeps its own, the hub has both.
                outbox.know(connection, record, row.key, row.version)
            else:
                report.conflicts += self._record_conflict(connection, record, _twin(connection, record, row), row)
        elif ours is not None and not row.deleted and _differing(ours, row) <= BOOKKEEPING:
            # Only bookkeeping differs: ours is pushed upon theirs.
            outbox.know(connection, record, row.key, row.version)
        else:
            report.conflicts += self._record_conflict(connection, record, ours, row)
        return False

    def _apply(self, connection: Connection, record: type[Record], ours: dict[str, Any] | None, row: HubRow) -> bool:
        """Write a row of the hub here; False when another row here has the same unique key."""
        try:
            with connection.savepoint(), outbox.applying(connection):
                if row.deleted:
                    if record not in APPEND_ONLY:
                        team.delete_row(connection, record, row.key)
                elif ours is None:
                    team.insert_row(connection, record, row.values)
                elif record not in APPEND_ONLY:
                    team.update_row(connection, record, row.key, row.values)
        except IntegrityError:
            return False
        outbox.know(connection, record, row.key, row.version)
        return True

    # Conflicts

    def _record_conflict(
        self, connection: Connection, record: type[Record], ours: dict[str, Any] | None, row: HubRow
    ) -> int:
        """Store both rows; an open conflict gets their newest row. Returns how many conflicts are new."""
        here = str(ours[record.KEY]) if ours is not None else row.key
        mine = ours or {}
        differ = {name: mine.get(name) for name, value in row.values.items() if mine.get(name) != value}
        theirs = {} if row.deleted else dict(row.values)
        fields = {
            "their_id": row.key,
            "ours": differ,
            "theirs": theirs,
            "theirs_by": str(row.values.get("updated_by") or ""),
            "hub_version": row.version,
        }
        known = team.open_conflict(connection, record, here)
        if known is not None:
            rows.change(connection, known, **fields)
            return 0
        conflict = SyncConflict(entity=record.TABLE, entity_id=here, created_by=self._actor, **fields)
        rows.add(connection, conflict)
        rows.log(connection, conflict, "conflict", self._actor, after={"entity": record.TABLE, "entity_id": here})
        return 1

    def adjudicate(self, conflict_ref: str, keep: ConflictState) -> SyncConflict:
        """Decide which row is kept. The other one is removed from the tables; the log and the conflict still have it.

        Raises ConflictError when it was settled already.
        """
        with self._store.write() as connection:
            conflict = rows.resolve(connection, SyncConflict, conflict_ref)
            if conflict.state is not ConflictState.OPEN or keep is ConflictState.OPEN:
                raise ConflictError(
                    f"This conflict is already resolved: {conflict.state}.",
                    "List open conflicts: ontos sync --conflicts",
                )
            record = _BY_TABLE[conflict.entity]
            ours, theirs = conflict.entity_id, conflict.their_id
            outbox.know(connection, record, theirs, conflict.hub_version)
            if keep is ConflictState.OURS:
                outbox.push_again(connection, record, ours)
                if theirs != ours:
                    outbox.push_again(
                        connection, record, theirs
                    )  # it does not exist here, so it is removed there as well
            else:
                self._take_theirs(connection, record, conflict)
            remaining = ours if keep is ConflictState.OURS or not conflict.theirs else theirs
            correct_pairs_of(connection, record, remaining, self._actor)
            changed = rows.change(connection, conflict, state=keep, updated_by=self._actor)
            rows.log(connection, conflict, "adjudicate", self._actor, after={"state": keep.value})
        return changed

    def _take_theirs(self, connection: Connection, record: type[Record], conflict: SyncConflict) -> None:
        ours, theirs = conflict.entity_id, conflict.their_id
        if theirs != ours:
            # Both created a row with the same unique key: ours is removed, here and at the hub, and references follow.
            team.delete_row(connection, record, ours)
            _repoint(connection, record, ours, theirs)
        outbox.forget(connection, record, theirs)
        here = outbox.stored_rows(connection, record, [theirs]).get(theirs)
        row = HubRow(theirs, conflict.theirs, conflict.hub_version, "", "", deleted=not conflict.theirs)
        if not self._apply(connection, record, here, row):
            raise ConflictError("Their row still conflicts with another row of yours.", "Resolve that conflict first.")

    # Claims

    def claim(self, labeling: LabelingService, job_ref: str) -> LabelingTask | None:
        """Claim the next task that is free at the hub, so that two workspaces never get the same one."""
        for _ in range(CLAIM_TRIES):
            self.pull()
            task = labeling.claim(job_ref)
            if task is None:
                return None
            if self._push_task(task.id):
                return task
            self._release_task(task.id)
        raise ConflictError("Other labelers claimed these tasks first.", "Claim again.")

    def _push_task(self, task_id: str) -> bool:
        """Send one task; whether the hub has it as we do."""
        with self._store.read() as connection:
            origin = outbox.state(connection, "origin")
            number = outbox.number_of(connection, LabelingTask, task_id)
            waiting = outbox.waiting(connection, LabelingTask, (number or 1) - 1, 1)
        mine = [one for one in waiting if one.key == task_id]
        return not mine or not self._push_batch(LabelingTask, mine, origin, SyncReport())

    def _release_task(self, task_id: str) -> None:
        """Another person has the task: the hub's row counts, and ours is no conflict."""
        with self._store.write() as connection:
            outbox.forget(connection, LabelingTask, task_id)

    def _require_hub(self) -> TeamHub:
        if self._hub is None:
            raise NotReadyError(
                "No team is set up.", "Set databricks_catalog and databricks_warehouse, then check them: ontos doctor"
            )
        return self._hub

    def _check_on(self, connection: Connection) -> None:
        if not outbox.is_on(connection):
            raise NotReadyError("Sharing is not on.", "Start sharing: ontos sync --start")

    def close(self) -> None:
        """Close the connection to the hub."""
        if self._hub is not None:
            self._hub.close()


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _next_batch(waiting: Sequence[outbox.Waiting]) -> list[outbox.Waiting]:
    """As many as fit into one statement; at least one."""
    size = 0
    batch: list[outbox.Waiting] = []
    for one in waiting:
        size += len(json.dumps(one.values, default=str)) + 200
        if batch and size > BATCH_BYTES:
            break
        batch.append(one)
    return batch


def _blank(record: type[Record]) -> dict[str, Any]:
    """The values of a deleted row: the hub only marks it."""
    return {name: None for name in record.model_fields if name != record.KEY}


def _differing(ours: dict[str, Any], row: HubRow) -> set[str]:
    return {name for name, value in row.values.items() if ours.get(name) != value}


def _same(ours: dict[str, Any] | None, row: HubRow) -> bool:
    if row.deleted or ours is None:
        return row.deleted and ours is None
    return not _differing(ours, row)


def _twin(connection: Connection, record: type[Record], row: HubRow) -> dict[str, Any] | None:
    """The row here with the same unique key as a row of the hub, but another id."""
    key = team.twin_key(connection, record, row.values)
    return None if key is None else outbox.stored_rows(connection, record, [key])[key]


def _repoint(connection: Connection, record: type[Record], old: str, new: str) -> None:
    """Move references from a removed row to the one that stays."""
    if record is CanonicalLabel:
        team.replace_canonical_label(connection, old, new)
