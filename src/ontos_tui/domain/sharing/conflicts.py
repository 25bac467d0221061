"""Disagreements: held beside what stands, the same for everybody, settled once and for all by an entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ontos_tui.domain.sharing import table_rules
from ontos_tui.domain.sharing.entries import Change, Choice, Entry, EntryId, Settlement, Thing
from ontos_tui.domain.sharing.state import Candidate, Conflict, ConflictStatus, SharedState


def answers(state: SharedState, conflict: Conflict) -> tuple[EntryId | None, ...]:
    """Between what a conflict is to be settled: the entries that stand, one a thing, then the candidates."""
    standing = [state.standing(thing) for thing in conflict.things]
    return (*(one and one.entry for one in standing), *(one.entry for one in conflict.candidates))


def hold(state: SharedState, entry: Entry, part: int, changes: Sequence[Change]) -> None:
    """Keep changes beside what stands. One disagreement is one conflict: what touches an open one joins it."""
    things = sorted({change.thing for change in changes})
    open_ones = {conflict.id: conflict for thing in things if (conflict := state.open_conflict(thing)) is not None}
    first, *others = sorted(open_ones.values(), key=lambda one: one.id) or [Conflict(f"{entry.id}/{part}", (), ())]
    candidates = [one for conflict in (first, *others) for one in conflict.candidates if one.actor != entry.actor]
    for other in others:
        state.put_conflict(replace(other, status=ConflictStatus.JOINED))
    everything = {*things, *(thing for conflict in (first, *others) for thing in conflict.things)}
    mine = Candidate(entry.id, entry.actor, tuple(changes), entry.at)
    state.put_conflict(replace(first, things=tuple(sorted(everything)), candidates=(*candidates, mine)))


def look_again(state: SharedState, entry: Entry, changed: Iterable[Thing]) -> None:
    """After rows changed: who decided anew has no older answer waiting, and one that says what stands waits no more."""
    for thing in changed:
        conflict = state.open_conflict(thing)
        if conflict is None:
            continue
        left = tuple(one for one in conflict.candidates if one.actor != entry.actor and not _stands(state, one.changes))
        if left != conflict.candidates:
            status = ConflictStatus.OPEN if left else ConflictStatus.AGREED
            state.put_conflict(replace(conflict, candidates=left, status=status, settled_by=entry.actor))


def _stands(state: SharedState, changes: Iterable[Change]) -> bool:
    """Whether everything that these changes decide is so already."""
    for change in changes:
        standing = state.standing(change.thing)
        if not table_rules.same(change.thing.table, change.values, standing and standing.values):
            return False
    return True


def settle(state: SharedState, entry: Entry, settlement: Settlement) -> tuple[str, tuple[Change, ...]]:
    """Settle a conflict; returns why not, and the changes to make. The first settlement in the log counts."""
    conflict = state.conflict(settlement.conflict)
    if conflict is None:
        return f"there is no conflict {settlement.conflict}", ()
    if conflict.status is not ConflictStatus.OPEN:
        return f"the conflict was settled by {conflict.settled_by or 'another entry'} first", ()
    if settlement.seen != answers(state, conflict):
        return "one of the answers changed before the conflict was settled", ()
    ended = replace(conflict, status=ConflictStatus.SETTLED, settled_by=entry.actor, settled_in=entry.id)
    if settlement.choice is Choice.CURRENT:
        state.put_conflict(ended)
        return "", ()
    chosen = next((one for one in conflict.candidates if one.entry == settlement.candidate), None)
    if chosen is None:
        return "the answer that was chosen is none of the conflict's", ()
    state.put_conflict(replace(ended, chosen=chosen.entry))
    return "", chosen.changes


def remember_before(state: SharedState, id: str, changes: Iterable[Change]) -> None:
    """Keep with a conflict what its settlement is about to replace, so that it can be taken back."""
    conflict = state.conflict(id)
    if conflict is None or not changes:
        return
    standing = [(change.thing, state.standing(change.thing)) for change in changes]
    before = tuple(Change(thing, one and one.values, one and one.entry) for thing, one in standing)
    state.put_conflict(replace(conflict, before=before))


def reopen(state: SharedState, entry: Entry, id: str) -> tuple[str, tuple[Change, ...]]:
    """Take a settlement back; returns why not, and the changes to make."""
    conflict = state.conflict(id)
    if conflict is None or conflict.status is not ConflictStatus.SETTLED:
        return f"the conflict {id} is not settled", ()
    for change in conflict.before:
        standing = state.standing(change.thing)
        if standing is None or standing.entry != conflict.settled_in:
            return "what was settled has been changed since", ()
    if any(state.open_conflict(thing) is not None for thing in conflict.things):
        return "there is another conflict about it by now", ()
    back = replace(conflict, status=ConflictStatus.OPEN, settled_by="", settled_in=None, chosen=None, before=())
    state.put_conflict(back)
    return "", conflict.before
