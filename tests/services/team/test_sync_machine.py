"""Two workspaces and a hub, whatever they do and wherever a push breaks off: in the end they are equal."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from builders.severity import MAJOR, MINOR, NONE, unlabeled_sheet
from builders.team import Member
from emulator.databricks.server import TOKEN, serve
from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import CanonicalLabel, Event, QAPair, TrainingSheet, Verdict
from ontos_tui.domain.records.sync import ConflictState
from ontos_tui.services.canonical.auto_approval import AutoApprovals
from ontos_tui.services.label.service import Decision
from ontos_tui.store import outbox, rows
from ontos_tui.store.conditions import equal
from tiers import examples

ITEMS = 3
WHO = st.integers(0, 1)
ITEM = st.integers(0, ITEMS - 1)
ANSWER = st.sampled_from([MINOR, MAJOR, NONE])


class Killed(BaseException):
    """A process dies here."""


class TwoWhoShare(RuleBasedStateMachine):
    """Decisions, corrections, undo, pushes and pulls that may be broken off, and adjudications, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._serving = serve()
        self.served = self._serving.__enter__()
        home = Path(self._folder.name)
        self.people = [Member(home / name, name, self.served) for name in ("ana", "ben")]
        self.sheet = ""
        self.decided: set[str] = set()

    @initialize()
    def begin(self) -> None:
        ana, ben = self.people
        self.sheet = unlabeled_sheet(ana.store, ITEMS).id
        for member in (ana, ben):
            member.sync.switch_on()
            member.sync.sync()

    @rule(who=WHO, item=ITEM, answer=ANSWER)
    def decide(self, who: int, item: int, answer: dict[str, Any]) -> None:
        member = self.people[who]
        listed = list(member.label.queue.open(self.sheet))
        member.label.queue.decide([Decision(listed[item].id, Verdict.EDIT, answer=answer)])
        self.decided.update(self._event_ids(member))

    @rule(who=WHO)
    def generate_again(self, who: int) -> None:
        """Another training sheet of the sheet, whose pairs the labels approve that are known here."""
        member = self.people[who]
        with member.store.read() as connection:
            first = rows.get(connection, TrainingSheet, self.sheet)
            plates = rows.get(connection, Sheet, first.sheet_id)
            labels = {one.item_ref: one for one in rows.find(connection, CanonicalLabel)}
        sheet = unlabeled_sheet(member.store, ITEMS, plates, name=f"by {member.name} {len(self.decided)}")
        with member.store.write() as connection:
            approvals = AutoApprovals(sheet, member.name)
            for pair in rows.find(connection, QAPair, equal(training_sheet_id=sheet.id)):
                if pair.item_ref in labels:
                    approvals.approve(connection, pair, labels[pair.item_ref])
            approvals.write(connection)

    @rule(who=WHO, item=ITEM, answer=ANSWER)
    def correct_label(self, who: int, item: int, answer: dict[str, Any]) -> None:
        member = self.people[who]
        for label in member.label.canonical_labels.find()[item : item + 1]:
            member.label.canonical_labels.edit(label.id, answer=answer)

    @rule(who=WHO)
    def undo(self, who: int) -> None:
        try:
            self.people[who].label.queue.undo(self.sheet)
        except OntosError:
            return  # somebody else has changed it since, which undo says
        self.decided.update(self._event_ids(self.people[who]))

    @rule(who=WHO)
    def sync(self, who: int) -> None:
        self.people[who].sync.sync()

    @rule(who=WHO)
    def pull(self, who: int) -> None:
        self.people[who].sync.pull()

    @rule(who=WHO, drop=st.sampled_from(["before", "after"]), after=st.integers(0, 6))
    def push_over_a_bad_line(self, who: int, drop: str, after: int) -> None:
        for _ in range(after):
            self.served.fault(path="/sql/1.0/")  # a request that goes well
        self.served.fault(path="/sql/1.0/", drop=drop)
        try:
            self.people[who].sync.push()
        finally:
            self.served.faults.clear()

    @rule(who=WHO, after=st.integers(0, 3))
    def die_before_the_push_is_noted(self, who: int, after: int) -> None:
        real, left = outbox.pushed, [after]

        def dying(*arguments: Any) -> None:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            real(*arguments)

        outbox.pushed = dying  # type: ignore[assignment]
        try:
            self.people[who].sync.push()
        except Killed:
            pass
        finally:
            outbox.pushed = real

    @rule(who=WHO)
    def be_away_for_a_while(self, who: int) -> None:
        self.served.tokens.discard(TOKEN)
        try:
            self.people[who].sync.sync()
        except OntosError:
            pass
        finally:
            self.served.tokens.add(TOKEN)

    @rule(who=WHO, keep=st.sampled_from([ConflictState.OURS, ConflictState.THEIRS]))
    def adjudicate(self, who: int, keep: ConflictState) -> None:
        self._settle_conflicts(self.people[who], keep)

    @invariant()
    def no_event_is_ever_lost(self) -> None:
        if self.sheet:
            have = {event for member in self.people for event in self._event_ids(member)}
            assert self.decided <= have

    def teardown(self) -> None:
        try:
            if self.sheet:
                self._come_together()
                ana, ben = (member.shared() for member in self.people)
                for one in (QAPair.TABLE, CanonicalLabel.TABLE, Event.TABLE, "training_sheets", "templates", "sheets"):
                    assert ana[one] == ben[one], one
                assert self.decided <= set(ana[Event.TABLE])
                labels = ana[CanonicalLabel.TABLE]
                for pair in ana[QAPair.TABLE].values():
                    if (label := labels.get(pair["canonical_label_id"])) is not None and pair["status"] == "labeled":
                        assert pair["answer"] == label["label_data"], "one item, one truth"
        finally:
            for member in self.people:
                member.close()
            self._serving.__exit__(None, None, None)
            self._folder.cleanup()

    def _come_together(self) -> None:
        """Everybody synchronises and settles, until nothing moves."""
        for _ in range(12):
            moved = 0
            for member in self.people:
                report = member.sync.sync()
                moved += report.pushed + report.pulled + self._settle_conflicts(member, ConflictState.THEIRS)
            if not moved:
                return
        raise AssertionError("they never come to rest")

    @staticmethod
    def _settle_conflicts(member: Member, keep: ConflictState) -> int:
        found = member.sync.conflicts()
        for conflict in sorted(found, key=lambda one: one.entity):
            member.sync.adjudicate(conflict.id, keep)
        return len(found)

    @staticmethod
    def _event_ids(member: Member) -> set[str]:
        return set(member.rows(Event))


TwoWhoShare.TestCase.settings = settings(
    max_examples=examples(2, 60), stateful_step_count=12, suppress_health_check=list(HealthCheck)
)
TestTwoWhoShare = TwoWhoShare.TestCase
