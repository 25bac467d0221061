"""One entry of the log onto the state: a pure function, the same for everybody who reads the log.

No clock, no chance, no file: what comes out depends on the state and the entry alone. An entry whose writer had seen
what stands is taken. One that was written apart from what stands is taken where it decides the same or where nothing
was decided; else it waits as an answer beside the one that stands, the same conflict for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion, QAPair, TrainingSheet
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.sharing import table_rules
from ontos_tui.domain.sharing.conflicts import hold, look_again, remember_before, reopen, settle
from ontos_tui.domain.sharing.entries import Change, Entry, Thing
from ontos_tui.domain.sharing.state import SharedState
from ontos_tui.domain.sharing.table_rules import HISTORY, NUMBERED, ORDER, Values

Fits = Callable[[Values, Values, Values], bool]
"""Whether a label's answer fits the template of a pair: of the values of its training sheet, the pair, the label."""


class GapInLogError(Exception):
    """An entry of a writer is missing before this one: it is not the log that was read before."""


class RefusedError(Exception):
    """These changes do not count; the reason is for their author."""


def apply(state: SharedState, entry: Entry, fits: Fits) -> None:
    """Take one entry in. One that was taken in before changes nothing. Raises GapInLogError before any change."""
    last = state.last_seq(entry.id.writer)
    if entry.id.seq <= last:
        return
    if entry.id.seq > last + 1:
        raise GapInLogError(f"entry {last + 1} of {entry.id.writer} is missing")
    state.advance(entry.id)
    for part, group in enumerate(entry.groups):
        try:
            _apply_group(state, entry, part, group.changes, fits)
        except RefusedError as refused:
            state.refuse(entry, part, str(refused))
    part = len(entry.groups)
    for settlement in entry.settlements:
        reason, chosen = settle(state, entry, settlement)
        if reason:
            state.refuse(entry, part, reason)
        changes = _joined_all(state, chosen)
        remember_before(state, settlement.conflict, changes)
        _take(state, entry, changes, fits)
        part += 1
    for conflict in entry.reopened:
        reason, before = reopen(state, entry, conflict)
        if reason:
            state.refuse(entry, part, reason)
        _take(state, entry, _joined_all(state, before), fits)
        part += 1


def _apply_group(state: SharedState, entry: Entry, part: int, group: Iterable[Change], fits: Fits) -> None:
    changes = sorted(group, key=_place)
    for change in changes:
        _check(change)
    history = [change for change in changes if change.thing.table in HISTORY]
    rows = _joined_all(state, [change for change in changes if change.thing.table not in HISTORY])
    taken, clashing = [], False
    try:
        for change in rows:
            verdict = _judge(state, entry, change)
            clashing = clashing or verdict is None
            if verdict is not False:
                taken.append(change)
    except RefusedError:
        _take(state, entry, history, fits)
        raise
    if clashing:
        _take(state, entry, history, fits)
        hold(state, entry, part, rows)
        return
    if all(change.thing.table == CanonicalLabelVersion.TABLE for change in taken):
        taken = []  # the label is what it is already, and so is what it was before
    _take(state, entry, [*taken, *history], fits)


def _place(change: Change) -> int:
    return ORDER.get(change.thing.table, -1)


def _check(change: Change) -> None:
    (table, key), values = change.thing, change.values
    if table not in ORDER:
        raise RefusedError(f"there is no shared table {table!r}")
    if values is not None and values.get(table_rules.KEYS[table]) != key:
        raise RefusedError("a row's key is not the one that it is called by")


def _joined_all(state: SharedState, changes: Iterable[Change]) -> list[Change]:
    """The changes with the keys of rows that became one with others; a row that is new may be such a row itself.

    Two who make a label for one item apart make one row: what is written later, also what waits, means that row.
    """
    return [_joined(state, change) for change in changes]


def _joined(state: SharedState, change: Change) -> Change:
    if change.thing.table in HISTORY:
        return change  # it tells what was done then
    (table, key), values = change.thing, change.values
    if state.has_aliases():
        key = state.alias(key)
        if values is not None:
            known = state.alias
            values = {name: known(value) if isinstance(value, str) else value for name, value in values.items()}
    if values is not None and table not in NUMBERED:
        standing = state.standing(Thing(table, key))
        twin = None if standing is not None and standing.values is not None else state.twin(table, key, values)
        if twin is not None:
            state.add_alias(key, twin)
            key = twin
    if key == change.thing.key and values is change.values:
        return change
    named = None if values is None else {**values, table_rules.KEYS[table]: key}
    return change._replace(thing=Thing(table, key), values=named)


def _judge(state: SharedState, entry: Entry, change: Change) -> bool | None:
    """Whether a change is taken (True), says nothing new (False), or clashes with what stands (None)."""
    standing = state.standing(change.thing)
    table = change.thing.table
    if standing is None:
        return change.values is not None
    if table_rules.claims_from_another(table, change.values, standing.values):
        _check_claim(state, entry, change)
    if standing.entry == change.base:
        return True
    if table_rules.same(table, change.values, standing.values):
        return False
    if not table_rules.decides(table, change.values):
        return False
    return None if table_rules.decides(table, standing.values) else True


def _check_claim(state: SharedState, entry: Entry, change: Change) -> None:
    """A task that another person has is free again only when its lease is over, by the log's time."""
    standing = state.standing(change.thing)
    if standing is None or standing.values is None or change.values is None:
        return
    job = state.standing(Thing(LabelingJob.TABLE, str(standing.values["job_id"])))
    minutes = 0 if job is None or job.values is None else int(job.values["lease_minutes"])
    over = entry.at is None or standing.at is None or entry.at - standing.at >= timedelta(minutes=minutes)
    if standing.entry != change.base or not over:
        raise RefusedError(f"task {standing.values['number']} was claimed by {standing.values['assignee']} first")


def _take(state: SharedState, entry: Entry, changes: Iterable[Change], fits: Fits) -> None:
    """Make the changes, whatever stands there, and hold what belongs together together."""
    changed: list[Thing] = []
    linked: dict[Thing, None] = {}
    labels: list[Thing] = []
    for change in changes:
        thing, values = change.thing, change.values
        if thing.table == CanonicalLabel.TABLE:
            standing = state.standing(thing)
            if standing is not None:
                labels.append(thing)
            about = values if values is not None else standing and standing.values
            linked |= {Thing(QAPair.TABLE, key): None for key in (state.pairs_of(thing.key, about) if about else ())}
        elif thing.table == QAPair.TABLE:
            linked[thing] = None
        if values is not None and thing.table in NUMBERED:
            values = _with_free_number(state, thing, values)
        state.put(thing, values, entry.id, entry.at)
        changed.append(thing)
        if thing.table == TaskItem.TABLE and values is not None:
            state.touch(Thing(LabelingTask.TABLE, str(values["task_id"])), entry.at)
    for label in labels:
        _number(state, entry, label)
    for pair in linked:
        _align(state, entry, pair, fits)
    look_again(state, entry, changed)


def _number(state: SharedState, entry: Entry, label: Thing) -> None:
    """A label's own version comes after all that it had before."""
    standing = state.standing(label)
    if standing is None or standing.values is None:
        return
    versions = Thing(CanonicalLabelVersion.TABLE, "")
    number = {"canonical_label_id": label.key, "version": standing.values["version"]}
    version = _with_free_number(state, versions, number)["version"]
    if version != standing.values["version"]:
        state.put(label, {**standing.values, "version": version}, entry.id, entry.at)


def _with_free_number(state: SharedState, thing: Thing, values: Values) -> Values:
    """The values with the next number that no other row has."""
    column = NUMBERED[thing.table]
    while state.twin(thing.table, thing.key, values) is not None:
        values = {**values, column: table_rules.next_number(values[column])}
    return values


def _align(state: SharedState, entry: Entry, pair: Thing, fits: Fits) -> None:
    """One item, one truth: a labeled pair says what its canonical label says, and none points to one that is gone."""
    standing = state.standing(pair)
    if standing is None or standing.values is None or not standing.values["canonical_label_id"]:
        return
    label = state.standing(Thing(CanonicalLabel.TABLE, str(standing.values["canonical_label_id"])))
    if (
        label is not None
        and label.values is not None
        and (standing.values["status"] != PairStatus.LABELED or standing.values["answer"] == label.values["label_data"])
    ):
        return
    values: dict[str, Any] = dict(standing.values)
    if label is None or label.values is None:
        values["canonical_label_id"] = None
        if values["status"] == PairStatus.LABELED:
            values.update(status=PairStatus.UNLABELED.value, answer=None, was_auto_approved=0)
    else:
        sheet = state.standing(Thing(TrainingSheet.TABLE, str(values["training_sheet_id"])))
        if sheet is not None and sheet.values is not None and fits(sheet.values, values, label.values):
            values["answer"] = label.values["label_data"]
        else:
            values.update(status=PairStatus.FLAGGED.value, canonical_label_id=None, was_auto_approved=0)
    if values != standing.values:
        state.put(pair, values, entry.id, entry.at)
