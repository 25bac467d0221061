"""Several people share one log, whatever they do in any order: equal states, and nothing lost without a word."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ontos_tui.domain.sharing.apply import apply
from ontos_tui.domain.sharing.conflicts import answers
from ontos_tui.domain.sharing.entries import Change, Choice, Entry, EntryId, Group, Settlement, Thing
from ontos_tui.domain.sharing.state import ConflictStatus, MemoryState
from ontos_tui.domain.sharing.table_rules import UNIQUE
from tiers import DEEP

START = datetime(2026, 11, 2, tzinfo=UTC)
SHEETS, ITEMS, TASKS = ("s1", "s2"), ("a", "b", "c"), ("1", "2")
ANSWERS = [json.dumps({"severity": one}) for one in ("none", "minor", "major")]


def fits(sheet: Any, pair: Any, label: Any) -> bool:
    return not (sheet["name"] == "s2" and "none" in label["label_data"])


@dataclass
class Member:
    """A person whose workspace has read the log so far, with entries that are not in it yet."""

    name: str
    number: int
    state: MemoryState = field(default_factory=lambda: MemoryState(UNIQUE))
    read: int = 0
    pending: list[Entry] = field(default_factory=list)
    seq: int = 0
    openings: int = 1

    @property
    def writer(self) -> str:
        return f"{self.name}{self.openings}"

    def view(self) -> MemoryState:
        """What the person sees: the log, and on top of it what is not in it yet."""
        state = self.state.copy()
        for entry in self.pending:
            apply(state, entry, fits)
        return state

    def write(self, *changes: Change, **rest: Any) -> EntryId:
        self.seq += 1
        entry = EntryId(self.writer, self.seq)
        groups = (Group(changes),) if changes else ()
        self.pending.append(Entry(entry, self.name, groups, **rest))
        return entry


@dataclass
class Team:
    """The people, the log, and what was ever written."""

    random: random.Random
    members: list[Member]
    log: list[Entry] = field(default_factory=list)
    ids: int = 0
    events: set[str] = field(default_factory=set)
    decisions: dict[EntryId, tuple[str, str]] = field(default_factory=dict)

    def id(self) -> str:
        self.ids += 1
        return f"id{self.ids:05}"

    def change(self, view: MemoryState, table: str, key: str, values: dict[str, Any] | None) -> Change:
        standing = view.standing(Thing(table, key))
        full = None if values is None else {"id": key, **values}
        return Change(Thing(table, key), full, standing and standing.entry)

    def event(self, view: MemoryState) -> Change:
        key = self.id()
        self.events.add(key)
        return self.change(view, "events", key, {"action": "decide"})

    def label_of(self, view: MemoryState, item: str) -> tuple[str | None, dict[str, Any] | None]:
        for thing, standing in view.rows.items():
            values = standing.values
            if thing.table == "canonical_labels" and values is not None and values["item_ref"] == item:
                return thing.key, dict(values)
        return None, None

    # What people do

    def decide(self, member: Member) -> None:
        view, sheet, item = member.view(), self.random.choice(SHEETS), self.random.choice(ITEMS)
        answer = self.random.choice(ANSWERS if sheet == "s1" else ANSWERS[1:])
        key, label = self.label_of(view, item)
        changes = []
        if key is not None and label is not None:
            number = label["version"]
            old = {"canonical_label_id": key, "version": number, "label_data": label["label_data"]}
            changes.append(self.change(view, "canonical_label_versions", self.id(), old))
        else:
            key = self.id()
        ours = {
            "sheet_id": "t",
            "item_ref": item,
            "label_type": "x",
            "label_data": answer,
            "by": member.name,
            "version": 1,
        }
        changes.append(self.change(view, "canonical_labels", key, {**ours, **USES}))
        pair = {"training_sheet_id": sheet, "item_ref": item, "status": "labeled", "answer": answer, **USES}
        pair = {**pair, "canonical_label_id": key, "was_auto_approved": 0, "reject_reason": "", "version": 2}
        changes += [self.change(view, "qa_pairs", f"{sheet}{item}", pair), self.event(view)]
        self.decisions[member.write(*changes)] = (sheet, item)

    def undo(self, member: Member) -> None:
        view, item = member.view(), self.random.choice(ITEMS)
        key, _ = self.label_of(view, item)
        if key is None:
            return
        changes = [self.change(view, "canonical_labels", key, None), self.event(view)]
        for pair in view.pairs_of(key, {}):
            values = dict(view.rows[Thing("qa_pairs", pair)].values or {})
            values |= {"status": "unlabeled", "answer": None, "canonical_label_id": None}
            changes.append(self.change(view, "qa_pairs", pair, values))
        self.decisions[member.write(*changes)] = ("", item)

    def claim(self, member: Member) -> None:
        view, task = member.view(), self.random.choice(TASKS)
        standing = view.standing(Thing("labeling_tasks", task))
        if standing is not None and self.random.random() < 0.7:
            return  # most look whether it is free; a laptop's clock may say that it is
        values = {"job_id": "job", "number": int(task), "copy_number": 1, "status": "assigned"}
        values |= {"assignee": member.name, "lease_until": "x"}
        member.write(self.change(view, "labeling_tasks", task, values))

    def settle(self, member: Member) -> None:
        view = member.view()
        open_ones = sorted(key for key, one in view.conflicts.items() if one.status is ConflictStatus.OPEN)
        if not open_ones:
            return
        conflict = view.conflicts[self.random.choice(open_ones)]
        choice = self.random.choice(list(Choice))
        chosen = self.random.choice(conflict.candidates).entry if choice is Choice.CANDIDATE else None
        member.write(settlements=(Settlement(conflict.id, choice, chosen, answers(view, conflict)),))

    def reopen(self, member: Member) -> None:
        view = member.view()
        settled = sorted(key for key, one in view.conflicts.items() if one.status is ConflictStatus.SETTLED)
        if settled:
            member.write(reopened=(self.random.choice(settled),))

    # What happens to them

    def push(self, member: Member) -> None:
        """Some of what waits gets into the log; the answer of the push may get lost, so some is sent twice."""
        at = START + timedelta(minutes=7 * len(self.log))
        some = member.pending[: self.random.randint(1, 3)]
        self.log += [replace(entry, at=at) for entry in some]
        if self.random.random() < 0.3:
            self.log += [replace(entry, at=at) for entry in some]

    def pull(self, member: Member) -> None:
        to = self.random.randint(member.read, len(self.log))
        for entry in self.log[member.read : to]:
            apply(member.state, entry, fits)
        member.read = to
        member.pending = [one for one in member.pending if one.id.seq > member.state.last_seq(one.id.writer)]

    def copy(self, member: Member) -> None:
        """The workspace is copied, or a backup is restored: what waits in it is written under another name."""
        if member.pending or self.random.random() < 0.8:
            return
        member.openings, member.seq = member.openings + 1, 0

    # What must hold

    def check(self, state: MemoryState) -> None:
        rows = {thing: one.values for thing, one in state.rows.items() if one.values is not None}
        for thing, values in rows.items():
            if thing.table != "qa_pairs" or values["canonical_label_id"] is None:
                continue
            label = rows.get(Thing("canonical_labels", values["canonical_label_id"]))
            assert label is not None, "a pair without its label"
            if values["status"] == "labeled":
                assert values["answer"] == label["label_data"], "one item, one truth"
        for table, uniques in UNIQUE.items():
            for columns in uniques:
                there = [tuple(v.get(name) for name in columns) for thing, v in rows.items() if thing.table == table]
                assert len(there) == len(set(there)), f"two rows of {table} are one"
        open_things = [thing for one in state.conflicts.values() if one.status == "open" for thing in one.things]
        assert len(open_things) == len(set(open_things)), "one disagreement, one conflict"
        assert all(one.candidates for one in state.conflicts.values() if one.status == "open")


USES = {"allowed_uses": "[]", "prohibited_uses": "[]", "data_classification": "internal"}


def run(seed: int, steps: int) -> Team:
    """A team that works for so many steps, and reads all of it in the end."""
    rng = random.Random(seed)
    team = Team(rng, [Member(name, number) for number, name in enumerate(("ana", "ben", "cleo"))])
    first = team.members[0]
    begin = {"status": "unlabeled", "answer": None, "reject_reason": "", "canonical_label_id": None, "version": 1}
    changes = [
        team.change(first.state, "qa_pairs", f"{sheet}{item}", {
            "training_sheet_id": sheet, "item_ref": item, "was_auto_approved": 0, **begin, **USES})
        for sheet in SHEETS for item in ITEMS
    ]  # fmt: skip
    changes += [
        team.change(first.state, "training_sheets", sheet, {"name": sheet, "sheet_id": sheet}) for sheet in SHEETS
    ]
    first.write(*changes, team.change(first.state, "labeling_jobs", "job", {"lease_minutes": 30}))
    acts = [team.decide, team.decide, team.undo, team.claim, team.settle, team.settle, team.reopen]
    for _ in range(steps):
        member = rng.choice(team.members)
        rng.choice([*acts, team.push, team.push, team.pull, team.pull, team.copy])(member)
    for member in team.members:
        while member.pending:
            team.push(member)
            team.pull(member)
    return team


@pytest.mark.parametrize("seed", range(200 if DEEP else 6))
def test_whoever_has_read_the_same_has_the_same(seed: int) -> None:
    team = run(seed, 250)
    whole = MemoryState(UNIQUE)
    owners: dict[str, set[str]] = {}
    for entry in team.log:
        apply(whole, entry, fits)
        team.check(whole)
        for thing, standing in whole.rows.items():
            if thing.table == "labeling_tasks" and standing.values is not None:
                owners.setdefault(thing.key, set()).add(standing.values["assignee"])
    for member in team.members:
        for entry in team.log[member.read :]:
            apply(member.state, entry, fits)
        assert member.state == whole, member.name
        assert not member.pending
    assert team.events <= {thing.key for thing in whole.rows if thing.table == "events"}
    statuses = {conflict.status for conflict in whole.conflicts.values()}
    assert {"open", "settled"} & statuses, "the run had no conflicts; it shows nothing"
