"""Sharing through one log: what was decided here is appended, what others decided is read, in the log's order.

Work is always done on this workspace's own database. Everybody who has read the log to the same place has the same
state; where two decided apart from each other, everybody has the same conflict, until one of them settles it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ontos_tui.domain.errors import ConflictError, NotReadyError, OntosError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.labeling import LabelingTask
from ontos_tui.domain.records.sync import SyncState
from ontos_tui.services.label.labeling_jobs.service import LabelingService
from ontos_tui.services.team import moving, verifying
from ontos_tui.services.team.disagreements import Disagreements
from ontos_tui.services.team.fitting import fits_checker
from ontos_tui.services.team.log_port import NewerLogError, NotTheLogError, TeamLog
from ontos_tui.services.team.moving import MoveReport, OldTables
from ontos_tui.services.team.reading import take_all
from ontos_tui.services.team.sending import send
from ontos_tui.services.team.verifying import Verification
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.sharing import queries
from ontos_tui.store.sharing.old_tables import old_outbox
from ontos_tui.store.sharing.outgoing import held
from ontos_tui.store.sharing.outgoing import pending as waiting
from ontos_tui.store.sharing.outgoing.memory import recall, remember
from ontos_tui.store.sharing.queries import Member
from ontos_tui.store.sharing.starting import begin_again
from ontos_tui.store.sharing.triggers import create_triggers, is_on

CLAIM_TRIES = 5
TELL_READ = timedelta(minutes=10)
"""How often at most somebody who only reads says how far they have read."""
MOVE = "Move what is here to the team's log, nothing is lost: ontos sync --move-to-log"


@dataclass(frozen=True)
class SharingStatus:
    """Whether sharing is on, what waits, what others see as a conflict, and what of ours does not count.

    `waiting` and `refused` count entries. `state` says since `away_since`, and because of `error`, why the log could
    not be read whole.
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


class SharingService(Disagreements):
    """Appends and reads, claims tasks, and settles conflicts. The caller is `actor` until the log says who it is."""

    def __init__(self, store: Store, log: TeamLog | None, actor: str, old: OldTables | None = None) -> None:
        """`old` are the tables that the team shared by in an earlier version."""
        super().__init__(store, actor)
        self._log = log
        self._old = old
        self._fits = fits_checker()
        self._tried_held = False

    # The state of sharing

    def status(self) -> SharingStatus:
        """The state of sharing, from this database only."""
        with self._store.read() as connection:
            if old_outbox.is_on(connection):
                return SharingStatus(SyncState.OLD_TABLES, waiting=old_outbox.count(connection))
            if not is_on(connection):
                return SharingStatus(SyncState.OFF)
            wait = waiting.pending_count(connection)
            conflicts = queries.open_conflict_count(connection) - len(queries.settled_here(connection))
            refused = queries.refusal_count(connection) + held.held_count(connection)
            last, away, error, problem = (
                recall(connection, name) for name in ("last_at", "away_since", "error", "problem")
            )
        state = SyncState(problem) if problem else SyncState.WAITING if wait else SyncState.SYNCED
        return SharingStatus(state, wait, conflicts, refused, _time(last), _time(away), error)

    def members(self) -> list[Member]:
        """Who has written into the log, the newest first, and how far each has read."""
        with self._store.read() as connection:
            return queries.members(connection)

    def version(self) -> int:
        """Up to which version this workspace has read the log; -1 before the first."""
        with self._store.read() as connection:
            return int(recall(connection, "version") or -1)

    # Sharing

    def start(self, *, other_log: bool = False) -> list[str]:
        """Begin to share: all that is here waits to be appended. Again, it changes nothing.

        With `other_log` also where this workspace shared with another log before: everything waits for the one that is
        there now. Raises NotReadyError for a workspace that shares by the tables of an earlier version, ConflictError
        while conflicts of the other log are open.
        """
        log = self._required_log()
        with self._store.read() as connection:
            if old_outbox.is_on(connection):
                raise NotReadyError("This workspace shares by the tables of an earlier Ontos.", MOVE)
        created = log.prepare()
        login, identity = log.login(), log.identity()
        with self._store.write() as connection:
            on = is_on(connection)
            if on and other_log and recall(connection, "log") != identity:
                _check_settled(connection)
                begin_again(connection)
                on = False
            if not on:
                remember(connection, "log", identity)
                create_triggers(connection)
                queries.note_everything(connection)
        self._know_login(login)
        return created

    def move(self) -> MoveReport:
        """Move from the tables of an earlier version to the log; what waits for it goes with the next `sync`."""
        log = self._required_log()
        assert self._old is not None
        report = moving.begin(self._store, log, self._old)
        self.actor = self._store.actor = log.login()
        return report

    def sync(self) -> SharingReport:
        """Append what waits, then read. Raises an OntosError, and remembers it for the status."""
        try:
            report = SharingReport(self.push(), self.pull())
        except OntosError as error:
            self._remember_problem(error)
            raise
        with self._store.write() as connection:
            remember(connection, "last_at", now().isoformat())
            for name in ("away_since", "error", "problem"):
                remember(connection, name, "")
            if report.pulled:
                self._tell_read(connection)
        return report

    def _remember_problem(self, error: OntosError) -> None:
        state = SyncState.OFFLINE
        if isinstance(error, NotTheLogError):
            state = SyncState.OTHER_LOG
        elif isinstance(error, NewerLogError):
            state = SyncState.UPDATE
        with self._store.write() as connection:
            if not is_on(connection):
                return
            if not recall(connection, "away_since"):
                remember(connection, "away_since", now().isoformat())
            remember(connection, "error", error.what)
            remember(connection, "problem", state.value)

    def _tell_read(self, connection: Connection) -> None:
        """An entry with nothing but how far was read, so that others see it; it goes with the next push."""
        last = _time(recall(connection, "read_told_at"))
        if last is None or now() - last >= TELL_READ:
            waiting.append_pending(connection, self._store.writer, self.actor, ())
            remember(connection, "read_told_at", now().isoformat())

    def claim(self, labeling: LabelingService, job_ref: str) -> LabelingTask | None:
        """Claim the next task that is free; the first claim in the log has it. ConflictError after five tries."""
        known = {one.id for one in self.refusals()}
        for _ in range(CLAIM_TRIES):
            self.sync()
            task = labeling.claim(job_ref)
            if task is None:
                return None
            self.sync()
            with self._store.write() as connection:
                claimed = rows.get(connection, LabelingTask, task.id)
                # A claim that came second is made good here, by the next one.
                queries.dismiss(connection, [one for one in queries.refusals(connection) if one.id not in known])
            if claimed.assignee == task.assignee:
                return claimed
        raise ConflictError("Other labelers claimed these tasks first.", "Claim again.")

    def push(self) -> int:
        """Append what waits, in the order in which it was decided; returns how many entries with something in them.

        What the log can never take is set aside, and tried again by the next opening.
        """
        log = self._known_log()
        try_held, self._tried_held = not self._tried_held, True
        return send(self._store, log, try_held=try_held)

    def pull(self) -> int:
        """Take in what the log has that is not here yet; returns how many entries of others came."""
        return take_all(self._store, self._known_log(), self.version(), self._fits)

    def verify(self, *, repair: bool = False) -> Verification:
        """Read what is new, then compare this workspace with the log; with `repair` make it equal."""
        self.sync()
        compare = verifying.repair if repair else verifying.verify
        return compare(self._store, self._known_log())

    # The log

    def _known_log(self) -> TeamLog:
        """The log, if it is the one that this workspace shares with."""
        log = self._required_log()
        with self._store.read() as connection:
            if old_outbox.is_on(connection):
                raise NotReadyError("This workspace shares by the tables of an earlier Ontos.", MOVE)
            if not is_on(connection):
                raise NotReadyError("Sharing is not on.", "Start sharing: ontos sync --start")
            known = recall(connection, "log")
        try:
            identity = log.identity()
        except ConflictError as error:
            raise NotTheLogError(f"{error.what} Nothing was changed.", OTHER_LOG) from error
        if known != identity:
            raise NotTheLogError(
                "The team's log is another one than this workspace shared with. Nothing was changed.", OTHER_LOG
            )
        self._know_login(log.login())
        return log

    def _know_login(self, login: str) -> None:
        """From now on decisions here are of who the log says is logged in."""
        if login and login != self.actor:
            self.actor = self._store.actor = login
            with self._store.write() as connection:
                remember(connection, "login", login)

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


OTHER_LOG = (
    "Check databricks_catalog and databricks_schema: ontos settings list. To share all that is here with the log that "
    "is there now: ontos sync --start --other-log"
)


def _check_settled(connection: Connection) -> None:
    conflicts = queries.open_conflict_count(connection) - len(queries.settled_here(connection))
    if conflicts:
        raise ConflictError(
            f"{conflicts:,} conflict{'' if conflicts == 1 else 's'} of the other log would be lost.",
            "Settle them first: ontos sync --conflicts",
        )


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
