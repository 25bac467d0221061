"""Whatever people decide, correct, adjudicate, undo, roll back and import: no labeled pair disagrees with its label."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from builders.labelers import Person, canonical_labels, task_items
from builders.severity import MAJOR, MINOR, NONE, sheet_record, unlabeled_sheet
from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask
from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair, TrainingSheet, Verdict, answer_digest
from ontos_tui.domain.rules.states import LabelingJobStatus, LabelingTaskStatus, PairStatus
from ontos_tui.services.canonical.auto_approval import AutoApprovals
from ontos_tui.services.canonical.service import CanonicalLabelService
from ontos_tui.services.canonical.writer import REVIEW
from ontos_tui.services.label.labeling_jobs.agreement import AgreementService
from ontos_tui.services.label.labeling_jobs.service import Choice
from ontos_tui.services.label.service import Decision, LabelService
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace
from tiers import examples

PEOPLE = st.sampled_from(("ana", "bo"))
ITEMS = 2
ITEM = st.integers(1, ITEMS)
ANSWER = st.sampled_from([MINOR, MAJOR, NONE])
SHEET = st.integers(0, 1)


class OneTruth(RuleBasedStateMachine):
    """Two people work on two training sheets of one sheet and in jobs over them; another labels come by files."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.workspace = Workspace(self.folder / "home")
        self.store = self.workspace.store
        plates = sheet_record(self.store)
        self.sheets = [unlabeled_sheet(self.store, ITEMS, plates) for _ in range(2)]

    def teardown(self) -> None:
        self.workspace.close()
        shutil.rmtree(self.folder)

    def pairs(self, sheet: TrainingSheet | None = None) -> list[QAPair]:
        condition = equal() if sheet is None else equal(training_sheet_id=sheet.id)
        with self.store.read() as connection:
            return rows.find(connection, QAPair, condition, order_by=("sequence_number",))

    def labels(self) -> list[CanonicalLabel]:
        return [label for _, label in sorted(canonical_labels(self.store).items())]

    def jobs(self) -> list[LabelingJob]:
        with self.store.read() as connection:
            return rows.find(connection, LabelingJob, order_by=("created_at",))

    # The queue

    @rule(who=PEOPLE, sheet=SHEET, item=ITEM, verdict=st.sampled_from(list(Verdict)), answer=ANSWER)
    def decide(self, who: str, sheet: int, item: int, verdict: Verdict, answer: dict[str, Any]) -> None:
        pair = self.pairs(self.sheets[sheet])[item - 1]
        given = answer if verdict is Verdict.EDIT else None
        _try(lambda: LabelService(self.store, who).decide([Decision(pair.id, verdict, given, reason="so")]))

    @rule(who=PEOPLE, sheet=SHEET)
    def undo(self, who: str, sheet: int) -> None:
        _try(lambda: LabelService(self.store, who).undo(self.sheets[sheet].id))

    @rule(who=PEOPLE, sheet=SHEET)
    def redo(self, who: str, sheet: int) -> None:
        _try(lambda: LabelService(self.store, who).redo(self.sheets[sheet].id))

    @rule(sheet=SHEET)
    def reuse_labels(self, sheet: int) -> None:
        """As generating again does."""
        known = canonical_labels(self.store)
        with self.store.write() as connection:
            approvals = AutoApprovals(self.sheets[sheet], "maker")
            for pair in self.pairs(self.sheets[sheet]):
                if pair.status is PairStatus.UNLABELED and pair.item_ref in known:
                    approvals.approve(connection, pair, known[pair.item_ref])
            approvals.write(connection)

    # Labels

    @rule(who=PEOPLE, item=ITEM, answer=ANSWER, confidence=st.sampled_from(["high", "low"]))
    def edit_label(self, who: str, item: int, answer: dict[str, Any], confidence: str) -> None:
        for label in self.labels()[item - 1 : item]:
            service = CanonicalLabelService(self.store, self.workspace.engines.catalog, who)
            service.edit(label.id, answer=answer, confidence=confidence)

    @rule(who=PEOPLE, item=ITEM, version=st.integers(1, 4))
    def roll_back(self, who: str, item: int, version: int) -> None:
        for label in self.labels()[item - 1 : item]:
            service = CanonicalLabelService(self.store, self.workspace.engines.catalog, who)
            _try(lambda ref=label.id, service=service: service.restore(ref, version))  # type: ignore[misc]

    @rule(item=ITEM)
    def delete_label(self, item: int) -> None:
        for label in self.labels()[item - 1 : item]:
            _try(lambda ref=label.id: self.workspace.label.canonical_labels.delete(ref))  # type: ignore[misc]

    @rule(answers=st.dictionaries(ITEM, ANSWER, min_size=1))
    def import_labels(self, answers: dict[int, dict[str, Any]]) -> None:
        path = self.folder / "labels.jsonl"
        common = {"sheet": self.sheets[0].sheet_id, "label_type": "severity", "updated_at": "2999-01-01T00:00:00Z"}
        lines = [{**common, "item_ref": f"item-{item}", "label_data": answer} for item, answer in answers.items()]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        self.workspace.label.canonical_label_files.import_file(path)

    # Jobs

    @rule(sheet=SHEET, overlap=st.integers(1, 2))
    def start_job(self, sheet: int, overlap: int) -> None:
        everything = Choice(status=None, again=True)
        lead = Person(self.store, "lead").jobs
        job = lead.create("Plates", training_sheet=self.sheets[sheet].id, overlap=overlap, choice=everything)
        lead.activate(job.id)

    @rule(who=PEOPLE, answers=st.lists(ANSWER | st.none(), min_size=ITEMS, max_size=ITEMS))
    def work_in_job(self, who: str, answers: list[dict[str, Any] | None]) -> None:
        """Claim a task of the newest job that has one, decide all of it, and hand it in."""
        person = Person(self.store, who)
        active = [job for job in reversed(self.jobs()) if job.status is LabelingJobStatus.ACTIVE]
        task: LabelingTask | None = next((task for job in active if (task := person.jobs.claim(job.id))), None)
        if task is None:
            return
        for item, answer in zip(task_items(self.store, task.id), answers, strict=True):
            verdict = Verdict.REJECT if answer is None else Verdict.EDIT
            person.label.decide([Decision(item.id, verdict, answer, reason="blurred")])
        assert person.jobs.submit(task.id).status is LabelingTaskStatus.APPROVED

    @rule(who=PEOPLE, item=ITEM, answer=ANSWER)
    def adjudicate(self, who: str, item: int, answer: dict[str, Any]) -> None:
        service = AgreementService(self.store, who)
        for job in self.jobs():
            _try(lambda ref=job.id: service.adjudicate(ref, f"item-{item}", answer))  # type: ignore[misc]

    @rule(who=PEOPLE)
    def undo_adjudication(self, who: str) -> None:
        for job in self.jobs():
            _try(lambda ref=job.id: AgreementService(self.store, who).undo_adjudication(ref))  # type: ignore[misc]

    # What holds

    @invariant()
    def no_labeled_pair_disagrees_with_its_label(self) -> None:
        known = canonical_labels(self.store)
        for pair in self.pairs():
            label = known.get(pair.item_ref)
            if pair.status is PairStatus.LABELED:
                assert label is not None, f"{pair.item_ref} is labeled without a label"
                assert pair.canonical_label_id == label.id
                assert answer_digest(pair.answer) == answer_digest(label.label_data)
            else:
                assert pair.canonical_label_id is None

    @invariant()
    def no_label_is_without_its_pair_where_it_came_from_one(self) -> None:
        linked = {pair.canonical_label_id for pair in self.pairs()}
        assert all(label.id in linked for label in self.labels() if label.source == REVIEW)

    @invariant()
    def every_disagreement_can_be_read(self) -> None:
        for job in self.jobs():
            self.workspace.label.agreement.disagreements(job.id, resolved=True)


def _try(step: Any) -> None:
    """What is refused changes nothing; the invariants look whether that holds."""
    with contextlib.suppress(OntosError):
        step()


TestOneTruth = OneTruth.TestCase
TestOneTruth.settings = settings(max_examples=examples(6, 150), stateful_step_count=25)
