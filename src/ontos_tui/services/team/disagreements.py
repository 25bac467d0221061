"""What two people decided apart, and what of ours does not count: shown, settled, taken back, dismissed."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ontos_tui.domain.errors import ConflictError, NotFoundError
from ontos_tui.domain.sharing.conflicts import answers
from ontos_tui.domain.sharing.entries import Choice, EntryId, Settlement
from ontos_tui.services.team.conflict_views import TeamConflict, short_id, team_conflict
from ontos_tui.services.team.fitting import fits_checker
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.logins import known_login
from ontos_tui.store.sharing import queries
from ontos_tui.store.sharing.outgoing import pending as waiting
from ontos_tui.store.sharing.outgoing.held import dismiss_held, held_entries
from ontos_tui.store.sharing.outgoing.memory import recall, remember
from ontos_tui.store.sharing.queries import Refusal
from ontos_tui.store.sharing.rebase import put_on_again
from ontos_tui.store.sharing.state import StoreState


class Disagreements:
    """The conflicts and refusals of a workspace. The caller is who was logged in last, and `actor` before that."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._first_name = actor
        self.actor = known_login(store) or actor

    @property
    def names(self) -> frozenset[str]:
        """The caller's names: the login, and the name in the settings before there was one."""
        return frozenset({self.actor, self._first_name})

    def conflicts(self) -> list[TeamConflict]:
        """The open conflicts, without those that were settled here and wait to be sent."""
        with self._store.read() as connection:
            settled, actors = queries.settled_here(connection), queries.actors(connection)
            state = StoreState(connection)
            open_ones = queries.open_conflicts(connection)
            return [team_conflict(state, one, actors) for one in open_ones if one.id not in settled]

    def conflict(self, ref: str) -> TeamConflict:
        """The open conflict with this id, or with an id that begins so, or this short one. Raises NotFoundError."""
        matches = [one for one in self.conflicts() if ref and (one.id.startswith(ref) or one.short_id == ref)]
        if len(matches) != 1:
            several = "More than one open conflict" if matches else "No open conflict"
            raise NotFoundError(f"{several} {ref!r}.", "List open conflicts: ontos sync --conflicts")
        return matches[0]

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
            self._append(connection, settlements=tuple(settlements))
            remember(connection, "last_settled", json.dumps([id for id, _, _ in choices]))

    def reopen(self, conflicts: Sequence[str]) -> None:
        """Take settlements back."""
        with self._store.write() as connection:
            self._append(connection, reopened=tuple(conflicts))

    def last_settled(self) -> int:
        """How many conflicts were settled here by the last act of settling that was not taken back."""
        with self._store.read() as connection:
            return len(json.loads(recall(connection, "last_settled") or "[]"))

    def undo_settling(self) -> int:
        """Take back what was settled here last, one conflict or many; returns how many. Raises ConflictError."""
        with self._store.write() as connection:
            conflicts = json.loads(recall(connection, "last_settled") or "[]")
            if not conflicts:
                raise ConflictError("No settled conflict to undo.", "List open conflicts: ontos sync --conflicts")
            self._append(connection, reopened=tuple(conflicts))
            remember(connection, "last_settled", "")
        return len(conflicts)

    def _append(self, connection: Connection, **parts: object) -> None:
        waiting.append_pending(connection, self._store.writer, self.actor, (), **parts)
        put_on_again(connection, fits_checker())

    def refusals(self) -> list[Refusal]:
        """What of this workspace's own does not count, the newest first."""
        with self._store.read() as connection:
            return [*_held(connection), *queries.refusals(connection)]

    def dismiss(self, ref: str = "") -> int:
        """The refusals with an id that begins so, or all, are seen; returns how many. Raises NotFoundError."""
        with self._store.write() as connection:
            held = _held(connection)
            refusals = [*held, *queries.refusals(connection)]
            seen = [one for one in refusals if one.id.startswith(ref) or short_id(one.id) == ref]
            if ref and not seen:
                raise NotFoundError(f"No refused entry {ref!r}.", "List them: ontos sync --refused")
            queries.dismiss(connection, seen)
            if any(one in held for one in seen):
                dismiss_held(connection)
        return len(seen)


def _held(connection: Connection) -> list[Refusal]:
    """What the log cannot take, as what does not count; it waits aside."""
    return [Refusal(id, reason, None) for id, reason in held_entries(connection)]
