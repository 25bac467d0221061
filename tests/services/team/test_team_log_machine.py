"""Real workspaces that share one log, whatever happens: who has read the same has the same, byte for byte."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.severity import MAJOR, MINOR, NONE, unlabeled_sheet
from builders.team_log import Member, SharedLog
from ontos_tui.domain.errors import OntosError, PlatformError
from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair, Verdict
from ontos_tui.domain.sharing.entries import Choice
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from tiers import examples

ANSWERS = (MINOR, MAJOR, NONE)


class TeamAtWork:
    """People, one log, and what may happen to them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.shared = SharedLog()
        self.members = [Member(folder / name, name, self.shared) for name in ("ana", "ben", "cleo")]
        first = self.members[0]
        self.sheet = unlabeled_sheet(first.store, 4).id
        self.job = first.label.jobs.create("together", training_sheet=self.sheet, batch_size=2).id
        first.label.jobs.activate(self.job)
        self.events: set[str] = set()
        for member in self.members:
            member.sharing.start()
            member.sharing.sync()

    def decide(self, member: Member) -> None:
        pairs = list(member.label.queue.open(self.sheet))
        pair = self.random.choice(pairs)
        verdict = self.random.choice([Verdict.EDIT, Verdict.EDIT, Verdict.REJECT, Verdict.FLAG])
        answer = self.random.choice(ANSWERS) if verdict is Verdict.EDIT else None
        try:
            member.label.queue.decide([Decision(pair.id, verdict, answer=answer)])
        except OntosError:
            return
        self.note_events(member)

    def undo(self, member: Member) -> None:
        try:
            member.label.queue.undo(self.sheet)
        except OntosError:
            return
        self.note_events(member)

    def push(self, member: Member) -> None:
        member.sharing.push()

    def push_over_a_bad_line(self, member: Member) -> None:
        member.log.fail = self.random.choice(["before", "after"])
        with contextlib.suppress(PlatformError):
            member.sharing.push()
        member.log.fail = ""

    def pull(self, member: Member) -> None:
        member.sharing.pull()

    def open_again(self, member: Member) -> None:
        member.open_again()

    def work_beside(self, member: Member) -> None:
        """A second opening of the same workspace decides while the first one is open, as a command beside the app."""
        beside = Member(member.home, member.name, self.shared)
        self.decide(beside)
        beside.close()

    def claim(self, member: Member) -> None:
        with contextlib.suppress(OntosError):
            if member.label.jobs.claim(self.job) is not None:
                member.label.jobs.release(member.label.jobs.my_tasks()[0].task.id)
            member.label.jobs.claim(self.job)

    def settle(self, member: Member) -> None:
        conflicts = member.sharing.conflicts()
        if conflicts:
            conflict = self.random.choice(conflicts)
            choice = self.random.choice(list(Choice))
            candidate = self.random.choice(conflict.others).entry if choice is Choice.CANDIDATE else None
            member.sharing.settle([(conflict.id, choice, candidate)])

    def undo_settling(self, member: Member) -> None:
        with contextlib.suppress(OntosError):
            member.sharing.undo_settling()

    def note_events(self, member: Member) -> None:
        with member.store.read() as connection:
            self.events |= set(connection.scalars("SELECT id FROM events"))

    def step(self) -> None:
        acts = [self.decide, self.decide, self.undo, self.push, self.pull, self.pull, self.settle, self.undo_settling]
        rare = [self.push_over_a_bad_line, self.open_again, self.work_beside, self.claim]
        self.random.choice([*acts, *rare])(self.random.choice(self.members))

    def come_together(self) -> None:
        for _ in range(2):
            for member in self.members:
                member.sharing.sync()

    def check_truth(self, member: Member) -> None:
        with member.store.read() as connection:
            labels = {label.id: label for label in rows.find(connection, CanonicalLabel)}
            for pair in rows.find(connection, QAPair):
                if pair.canonical_label_id is not None:
                    assert pair.canonical_label_id in labels, "a pair without its label"
                    if pair.status == "labeled":
                        assert pair.answer == labels[pair.canonical_label_id].label_data, "one item, one truth"


@pytest.fixture
def team(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[TeamAtWork]:
    made = TeamAtWork(tmp_path, request.param)
    yield made
    for member in made.members:
        member.close()


@pytest.mark.parametrize("team", range(examples(2, 40)), indirect=True)
def test_who_has_read_the_same_has_the_same(team: TeamAtWork) -> None:
    for _ in range(examples(60, 250)):
        team.step()
        for member in team.members:
            team.check_truth(member)
    team.come_together()
    ana, *others = [member.state() for member in team.members]
    for other in others:
        for part, content in ana.items():
            assert other[part] == content, part
    verified = [member.sharing.verify() for member in team.members]
    assert all(one.is_equal for one in verified), verified
    assert len({one.checksum for one in verified}) == 1
    assert team.events <= {str(event[0]) for event in ana["events"]}
    assert ana["shared_conflicts"], "the run had no conflicts; it shows nothing"
