"""Sharing with a team: what changed here goes to the hub, what others changed comes from it, nothing is lost silently.

Work is always done on this workspace's own database; the hub is told behind it. A push writes only rows whose last
version was seen here; what somebody else has written meanwhile is pulled, and where both changed the same row, both
are kept as a conflict until somebody says which is right. Everything may be broken off and begun again at any point.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ontos_tui.domain.errors import ConflictError, NotReadyError, PlatformError
from ontos_tui.domain.records.base import Record, new_id, now
from ontos_tui.domain.records.labeling import LabelingTask
from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair
from ontos_tui.domain.records.sync import BOOKKEEPING, ConflictState, HubRow, SyncConflict
from ontos_tui.domain.records.tables import APPEND_ONLY, SHARED
from ontos_tui.services.label.labeling_jobs.service import LabelingService
from ontos_tui.store import outbox, rows
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

BATCH = 500
"""Rows of one MERGE at most; its bytes are counted as well."""
BATCH_BYTES = 800_000
OVERLAP = timedelta(minutes=10)
"""So far back a pull looks again: a write that began early may show up late. What is known already is passed over."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLAIM_TRIES = 5

_BY_TABLE: dict[str, type[Record]] = {record.TABLE: record for record in SHARED}


class TeamHub(Protocol):
    """What the hub can do; see platforms/databricks/delta_hub.py."""

    def prepare(self) -> list[str]:
        """Make what is missing; returns it in words."""
        ...

    def push(self, record: type[Record], rows: Sequence[HubRow]) -> dict[str, HubRow]:
        """Write a batch; returns what stands there afterwards."""
        ...

    def pull(self, record: type[Record], since: datetime | None) -> Any:
        """What was written since, page by page."""
        ...

    def written(self, since: Mapping[type[Record], datetime | None]) -> dict[type[Record], int]:
        """How often the rows written since each table's time were written in all, which grows with every write."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class SyncState(StrEnum):
    """What the header says."""

    OFF = "off"
    SYNCED = "synced"
    WAITING = "waiting"
    OFFLINE = "offline"


@dataclass(frozen=True)
class SyncStatus:
    """Whether this workspace shares, how many rows wait, since when the hub is away and why, and open conflicts."""

    state: SyncState
    waiting: int = 0
    conflicts: int = 0
    last_at: datetime | None = None
    away_since: datetime | None = None
    error: str = ""


@dataclass
class SyncReport:
    """What one synchronisation did."""

    pushed: int = 0
    pulled: int = 0
    conflicts: int = 0


class SyncService:
    """Pushes, pulls, and keeps what two people decided differently. Whoever calls is `actor`."""

    def __init__(self, store: Store, hub: TeamHub | None, actor: str) -> None:
        self._store = store
        self._hub = hub
        self._actor = actor

    # Looking

    def status(self) -> SyncStatus:
        """Where sharing stands; asks nobody but this database."""
        with self._store.read() as connection:
            if not outbox.is_on(connection):
                return SyncStatus(SyncState.OFF)
            waiting = outbox.count(connection)
            open_ones = rows.count(connection, SyncConflict, table(SyncConflict).c.state == ConflictState.OPEN)
            last, away, error = (outbox.state(connection, name) for name in ("last_at", "away_since", "error"))
        state = SyncState.OFFLINE if away else SyncState.WAITING if waiting > open_ones else SyncState.SYNCED
        return SyncStatus(state, waiting, open_ones, _time(last), _time(away), error)

    def conflicts(self, *, resolved: bool = False) -> list[SyncConflict]:
        """The rows that two people changed, newest first."""
        columns = table(SyncConflict).c
        where = () if resolved else (columns.state == ConflictState.OPEN,)
        with self._store.read() as connection:
            return rows.find(connection, SyncConflict, *where, order_by=(columns.created_at.desc(),))

    # Doing

    def switch_on(self) -> list[str]:
        """Begin to share: make the hub's tables, and have everything here wait to be pushed."""
        made = self._there().prepare()
        with self._store.write() as connection:
            outbox.switch_on(connection)
            if not outbox.state(connection, "origin"):
                outbox.remember(connection, "origin", new_id())
        return made

    def sync(self) -> SyncReport:
        """Pull, then push, then pull what was refused. Raises PlatformError when the hub is away; it is remembered."""
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
        """Send what waits, a batch of a table at a time; returns how many rows somebody else was faster with."""
        report, refused = report or SyncReport(), 0
        for record in SHARED:
            after = 0
            while True:
                with self._store.read() as connection:
                    self._check_on(connection)
                    found = outbox.waiting(connection, record, after, BATCH)
                    origin = outbox.state(connection, "origin")
                if not found:
                    break
                batch = _fitting(found)
                after = batch[-1].seq
                refused += self._push_batch(record, batch, origin, report)
        return refused

    def _push_batch(
        self, record: type[Record], batch: Sequence[outbox.Waiting], origin: str, report: SyncReport
    ) -> int:
        sent = {one.key: HubRow(one.key, one.values or _blank(record), one.hub_version + 1, origin,
                                f"{origin}:{one.seq}", one.values is None) for one in batch}  # fmt: skip
        there = self._there().push(record, list(sent.values()))
        done: dict[str, tuple[int, int]] = {}
        for one in batch:
            at_hub = there.get(one.key)
            if at_hub is None and one.values is None:
                done[one.key] = (one.seq, 0)  # made and removed before anybody saw it
            elif at_hub is not None and at_hub.push == sent[one.key].push:
                done[one.key] = (one.seq, at_hub.version)
        with self._store.write() as connection:
            outbox.pushed(connection, record, done)
        report.pushed += len(done)
        return len(batch) - len(done)

    def pull(self, report: SyncReport | None = None) -> None:
        """Take in what others wrote; what was changed here as well becomes a conflict.

        One question tells which tables were written since they were last read here; only those are read.
        """
        report = report or SyncReport()
        with self._store.read() as connection:
            self._check_on(connection)
            origin = outbox.state(connection, "origin")
            seen = {record: _time(outbox.state(connection, f"seen {record.TABLE}")) for record in SHARED}
            known = {record: outbox.state(connection, f"written {record.TABLE}") for record in SHARED}
        since = {record: None if at is None else at - OVERLAP for record, at in seen.items()}
        for record, written in self._there().written(since).items():
            if written != int(known[record] or 0):
                self._pull_table(record, since[record], origin, report)

    def _pull_table(self, record: type[Record], since: datetime | None, origin: str, report: SyncReport) -> None:
        """Read one table's rows since then, and remember up to where and what was written there."""
        written: Counter[datetime] = Counter()
        for page in self._there().pull(record, since):
            for row in page:
                written[row.at or EPOCH] += row.version
            newest = max(written)
            again = sum(versions for at, versions in written.items() if at >= newest - OVERLAP)
            with self._store.write() as connection:
                for row in page:
                    self._take(connection, record, row, origin, report)
                outbox.remember(connection, f"seen {record.TABLE}", newest.isoformat())
                outbox.remember(connection, f"written {record.TABLE}", str(again))

    def _take(self, connection: Connection, record: type[Record], row: HubRow, origin: str, report: SyncReport) -> None:
        """One row of the hub: passed over, applied, or kept as a conflict."""
        if row.version <= outbox.known(connection, record, row.key):
            return
        number = outbox.number_of(connection, record, row.key)
        ours = outbox.stored_rows(connection, record, [row.key]).get(row.key)
        if row.origin == origin:
            # Ours, from a push that was broken off before its answer came.
            outbox.know(connection, record, row.key, row.version)
            if row.push == f"{origin}:{number}":
                outbox.forget(connection, record, row.key)
            return
        if number is None or _same(ours, row) or record in APPEND_ONLY:
            if self._apply(connection, record, ours, row):
                outbox.forget(connection, record, row.key)
                report.pulled += 1
            elif record in APPEND_ONLY:
                # Both wrote down what a label had said before: each keeps its own, the hub has both.
                outbox.know(connection, record, row.key, row.version)
            else:
                report.conflicts += self._keep_conflict(connection, record, _twin(connection, record, row), row)
        elif ours is not None and not row.deleted and _differing(ours, row) <= BOOKKEEPING:
            # Only bookkeeping differs: ours is pushed upon theirs.
            outbox.know(connection, record, row.key, row.version)
        else:
            report.conflicts += self._keep_conflict(connection, record, ours, row)

    def _apply(self, connection: Connection, record: type[Record], ours: dict[str, Any] | None, row: HubRow) -> bool:
        """Write a row of the hub here; False when another row here says something about the same thing."""
        key = record.KEY
        try:
            with connection.begin_nested(), outbox.applying(connection):
                if row.deleted:
                    if record not in APPEND_ONLY:
                        connection.exec_driver_sql(f"DELETE FROM {record.TABLE} WHERE {key} = ?", (row.key,))  # noqa: S608
                elif ours is None:
                    names = ", ".join(row.values)
                    marks = ", ".join("?" * len(row.values))
                    sql = f"INSERT INTO {record.TABLE} ({names}) VALUES ({marks})"  # noqa: S608
                    connection.exec_driver_sql(sql, tuple(row.values.values()))
                elif record not in APPEND_ONLY:
                    names = ", ".join(f"{name} = ?" for name in row.values)
                    sql = f"UPDATE {record.TABLE} SET {names} WHERE {key} = ?"  # noqa: S608
                    connection.exec_driver_sql(sql, (*row.values.values(), row.key))
        except IntegrityError:
            return False
        outbox.know(connection, record, row.key, row.version)
        return True

    # Conflicts

    def _keep_conflict(
        self, connection: Connection, record: type[Record], ours: dict[str, Any] | None, row: HubRow
    ) -> int:
        """Keep both rows; a conflict that is open already gets the newest of theirs. Returns how many are new."""
        columns = table(SyncConflict).c
        here = str(ours[record.KEY]) if ours is not None else row.key
        mine = ours or {}
        differ = {name: mine.get(name) for name, value in row.values.items() if mine.get(name) != value}
        theirs = {} if row.deleted else dict(row.values)
        told = {
            "their_id": row.key,
            "ours": differ,
            "theirs": theirs,
            "theirs_by": str(row.values.get("updated_by") or ""),
            "hub_version": row.version,
        }
        where = (columns.entity == record.TABLE, columns.entity_id == here, columns.state == ConflictState.OPEN)
        known = rows.find_one(connection, SyncConflict, *where)
        if known is not None:
            rows.change(connection, known, **told)
            return 0
        made = SyncConflict(entity=record.TABLE, entity_id=here, created_by=self._actor, **told)
        rows.add(connection, made)
        rows.log(connection, made, "conflict", self._actor, after={"entity": record.TABLE, "entity_id": here})
        return 1

    def adjudicate(self, conflict_ref: str, keep: ConflictState) -> SyncConflict:
        """Say whose row is right. The other one is gone from the tables; the log and the conflict keep it.

        Raises ConflictError when it was settled already.
        """
        with self._store.write() as connection:
            conflict = rows.resolve(connection, SyncConflict, conflict_ref)
            if conflict.state is not ConflictState.OPEN or keep is ConflictState.OPEN:
                raise ConflictError(f"This conflict is settled: {conflict.state}.", "Look at the open ones.")
            record = _BY_TABLE[conflict.entity]
            ours, theirs = conflict.entity_id, conflict.their_id
            outbox.know(connection, record, theirs, conflict.hub_version)
            if keep is ConflictState.OURS:
                outbox.push_again(connection, record, ours)
                if theirs != ours:
                    outbox.push_again(connection, record, theirs)  # it is not here, so it goes there as well
            else:
                self._take_theirs(connection, record, conflict)
            changed = rows.change(connection, conflict, state=keep, updated_by=self._actor)
            rows.log(connection, conflict, "adjudicate", self._actor, after={"state": keep.value})
        return changed

    def _take_theirs(self, connection: Connection, record: type[Record], conflict: SyncConflict) -> None:
        ours, theirs = conflict.entity_id, conflict.their_id
        if theirs != ours:
            # Both made a row about the same thing: ours goes, here and at the hub, and what pointed to it follows.
            connection.exec_driver_sql(f"DELETE FROM {record.TABLE} WHERE {record.KEY} = ?", (ours,))  # noqa: S608
            _repoint(connection, record, ours, theirs)
        outbox.forget(connection, record, theirs)
        here = outbox.stored_rows(connection, record, [theirs]).get(theirs)
        row = HubRow(theirs, conflict.theirs, conflict.hub_version, "", "", deleted=not conflict.theirs)
        if not self._apply(connection, record, here, row):
            raise ConflictError("Their row still meets another one of yours.", "Settle that conflict first.")

    # Claims

    def claim(self, labeling: LabelingService, job_ref: str) -> LabelingTask | None:
        """Claim the next free task where the hub says that it is free: two workspaces never get the same one."""
        for _ in range(CLAIM_TRIES):
            self.pull()
            task = labeling.claim(job_ref)
            if task is None:
                return None
            if self._push_task(task.id):
                return task
            self._give_way(task.id)
        raise ConflictError("Others were faster, several times over.", "Claim again.")

    def _push_task(self, task_id: str) -> bool:
        """Send one task; whether the hub has it as we do."""
        with self._store.read() as connection:
            origin = outbox.state(connection, "origin")
            number = outbox.number_of(connection, LabelingTask, task_id)
            found = outbox.waiting(connection, LabelingTask, (number or 1) - 1, 1)
        mine = [one for one in found if one.key == task_id]
        return not mine or not self._push_batch(LabelingTask, mine, origin, SyncReport())

    def _give_way(self, task_id: str) -> None:
        """Somebody else has the task: what the hub says of it stands, and ours is no conflict."""
        with self._store.write() as connection:
            outbox.forget(connection, LabelingTask, task_id)

    def _there(self) -> TeamHub:
        if self._hub is None:
            raise NotReadyError(
                "No team is set up.", "Set databricks_catalog and databricks_warehouse; `ontos doctor` checks them."
            )
        return self._hub

    def _check_on(self, connection: Connection) -> None:
        if not outbox.is_on(connection):
            raise NotReadyError("This workspace does not share yet.", "Begin with `ontos sync --start`.")

    def close(self) -> None:
        """Let go of the hub."""
        if self._hub is not None:
            self._hub.close()


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _fitting(found: Sequence[outbox.Waiting]) -> list[outbox.Waiting]:
    """As many as fit into one statement; at least one."""
    size = 0
    batch: list[outbox.Waiting] = []
    for one in found:
        size += len(json.dumps(one.values, default=str)) + 200
        if batch and size > BATCH_BYTES:
            break
        batch.append(one)
    return batch


def _blank(record: type[Record]) -> dict[str, Any]:
    """What a row that is gone is sent as: the hub only marks it."""
    return {name: None for name in record.model_fields if name != record.KEY}


def _differing(ours: dict[str, Any], row: HubRow) -> set[str]:
    return {name for name, value in row.values.items() if ours.get(name) != value}


def _same(ours: dict[str, Any] | None, row: HubRow) -> bool:
    if row.deleted or ours is None:
        return row.deleted and ours is None
    return not _differing(ours, row)


def _twin(connection: Connection, record: type[Record], row: HubRow) -> dict[str, Any] | None:
    """The row here that is about the same thing as a row of the hub with another key."""
    for names in record.UNIQUE:
        where = " AND ".join(f"{name} = ?" for name in names)
        sql = f"SELECT {record.KEY} FROM {record.TABLE} WHERE {where}"  # noqa: S608
        found = connection.exec_driver_sql(sql, tuple(row.values[name] for name in names)).first()
        if found is not None:
            key = str(found[0])
            return outbox.stored_rows(connection, record, [key])[key]
    return None


def _repoint(connection: Connection, record: type[Record], old: str, new: str) -> None:
    """What is linked to a row that went is linked to the one that stays."""
    if record is CanonicalLabel:
        connection.exec_driver_sql(
            f"UPDATE {QAPair.TABLE} SET canonical_label_id = ? WHERE canonical_label_id = ?",  # noqa: S608
            (new, old),
        )
