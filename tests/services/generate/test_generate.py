"""Generating pairs: from a column, by a model, by hand; again, after a kill, and with canonical labels."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.severity import MAJOR, MINOR
from ontos_tui.domain.errors import (
    ConflictError,
    InvalidInputError,
    InvalidTemplateError,
    JobCancelledError,
    NotFoundError,
    PlatformError,
)
from ontos_tui.domain.learning import LabeledExample, Proposal, Question
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import CanonicalLabel, Event, GenerationMode, LabelingMode, QAPair, Verdict
from ontos_tui.domain.records.template import Example, Template
from ontos_tui.domain.records.training import JobKind
from ontos_tui.domain.rules.source_changes import ChangedSource
from ontos_tui.domain.rules.states import PairStatus, TrainingSheetStatus
from ontos_tui.domain.schema import answer_problems
from ontos_tui.services.generate.service import GenerateService
from ontos_tui.services.label.service import Decision, PairCounts
from ontos_tui.services.records.answers import AnswerChecker, AnswerReader
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace
from real_data import real_data
from tiers import examples

CONTINUE = ChangedSource.CONTINUE
AI, COLUMN, MANUAL = GenerationMode.AI, GenerationMode.COLUMN, GenerationMode.MANUAL
PASSED = {
    "type": "object",
    "properties": {"passed": {"type": "boolean"}},
    "required": ["passed"],
    "additionalProperties": False,
}


def a_file(folder: Path, passed: Sequence[str], name: str = "plates.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["plate", "torque [Nm]", "passed"])
        writer.writerows([f"p{number}", 40 + number % 9, value] for number, value in enumerate(passed, 1))
    return path


def a_sheet(workspace: Workspace, folder: Path, passed: Sequence[str], name: str = "plates", **more: Any) -> Sheet:
    added = workspace.data.files.add_file(a_file(folder, passed, f"{name}.csv"))
    return workspace.data.sheets.create_sheet(name, added.address, item_id_column="plate", **more)


def a_template(workspace: Workspace, name: str = "quality", **more: Any) -> Template:
    fields = {
        "name": name,
        "label_type": "quality",
        "user_prompt": "Torque {{ torque_nm }}. Passed?",
        "output_schema": PASSED,
        "answer_columns": {"passed": "passed"},
        **more,
    }
    return workspace.generate.templates.create(**fields)


def pairs(workspace: Workspace) -> list[QAPair]:
    with workspace.store.read() as connection:
        return rows.find(connection, QAPair, order_by=("sequence_number",))


class Scripted:
    """A chat model that says what it is told to, and remembers what it was asked and shown."""

    name = "a script"

    def __init__(self, *, fails: Iterable[str] = (), stop_after: int | None = None) -> None:
        self.fails = set(fails)
        self.stop_after = stop_after
        self.asked: list[str] = []
        self.shown: dict[str, list[str]] = {}

    def propose(
        self,
        questions: Iterable[Question],
        schema: dict[str, Any],
        examples: Sequence[LabeledExample],
        features: Sequence[str],
    ) -> Iterator[Proposal]:
        assert features == ("torque [Nm]",)
        for question in questions:
            if self.stop_after is not None and len(self.asked) == self.stop_after:
                raise PlatformError("The server is gone.", "Start it.")
            self.asked.append(question.ref)
            self.shown[question.ref] = [example.ref for example in examples]
            assert question.messages[-1]["content"].startswith("Torque 4")
            if question.ref in self.fails:
                yield Proposal(question.ref, None, error="too hard")
            elif question.ref == "p2":
                yield Proposal(question.ref, {"passed": "perhaps"})
            else:
                yield Proposal(question.ref, {"passed": True}, confidence=0.75, explanation="it says so")


def scripted(workspace: Workspace, chat: Any) -> GenerateService:
    return GenerateService(workspace.store, workspace.engines.catalog, chat, workspace.jobs, workspace.actor)


# Column mode


def test_answers_of_a_column_are_labels_at_once(workspace: Workspace, tmp_path: Path) -> None:
    sheet = a_sheet(workspace, tmp_path, ["yes", "No", " TRUE ", "0", "maybe", "", "1"])
    template = a_template(workspace)
    report = workspace.generate.generation.generate(sheet.name, template.name, COLUMN)
    assert (report.created, report.existing, report.proposed, report.failed) == (7, 0, 5, 2)
    assert [ref for ref, _ in report.failures] == ["p5", "p6"]
    assert "'maybe' is not of type 'boolean'" in report.failures[0][1]
    assert report.failures[1][1] == "no value in passed"
    made = pairs(workspace)
    assert [pair.item_ref for pair in made] == [f"p{number}" for number in range(1, 8)]
    assert [pair.sequence_number for pair in made] == list(range(1, 8))
    assert [pair.answer and pair.answer["passed"] for pair in made] == [True, False, True, False, None, None, True]
    good, bad = made[0], made[4]
    assert (good.status, good.proposal, good.labeling_mode) == (
        PairStatus.LABELED,
        {"passed": True},
        LabelingMode.EXISTING_COLUMN,
    )
    assert good.source_data == {"plate": "p1", "torque [Nm]": 41, "passed": "yes"}
    assert good.proposed_by == "column passed"
    assert (bad.status, bad.proposal, bad.generation_error) == (PairStatus.UNLABELED, None, report.failures[0][1])
    assert report.training_sheet.status is TrainingSheetStatus.REVIEW
    assert workspace.label.queue.counts(report.training_sheet.id) == PairCounts(
        total=7, unlabeled=2, labeled=5, failed=2
    )


def test_with_review_the_column_only_proposes(workspace: Workspace, tmp_path: Path) -> None:
    sheet, template = a_sheet(workspace, tmp_path, ["1", "0"]), a_template(workspace)
    workspace.generate.generation.generate(sheet.id, template.id, COLUMN, review=True)
    assert [(pair.status, pair.answer, pair.proposal) for pair in pairs(workspace)] == [
        (PairStatus.UNLABELED, None, {"passed": True}),
        (PairStatus.UNLABELED, None, {"passed": False}),
    ]


def test_the_answer_column_may_lie_outside_the_sheet(workspace: Workspace, tmp_path: Path) -> None:
    sheet = a_sheet(workspace, tmp_path, ["1"], columns=["plate", "torque [Nm]"])
    template = a_template(workspace, answer_columns={})
    workspace.generate.generation.generate(sheet.name, template.name, COLUMN, column="passed")
    (pair,) = pairs(workspace)
    assert (pair.answer, pair.source_data) == ({"passed": True}, {"plate": "p1", "torque [Nm]": 41})


@pytest.mark.parametrize(
    ("changes", "column", "told"),
    [
        ({"answer_columns": {}}, None, "does not say which column"),
        ({"answer_columns": {"passed": "result"}}, None, "No column 'result'"),
        ({}, "verdict", "No column 'verdict'"),
        (
            {"output_schema": {**PASSED, "properties": {**PASSED["properties"], "why": {"type": "string"}}}},  # type: ignore[dict-item]
            "passed",
            "have 2 fields",
        ),
        (
            {
                "output_schema": {
                    **PASSED,
                    "properties": {**PASSED["properties"], "why": {"type": "string"}},  # type: ignore[dict-item]
                    "required": ["passed", "why"],
                }
            },
            None,
            "names no answer column for 'why'",
        ),
    ],
)
def test_an_unclear_answer_column_is_refused_before_anything_is_written(
    workspace: Workspace, tmp_path: Path, changes: dict[str, Any], column: str | None, told: str
) -> None:
    sheet, template = a_sheet(workspace, tmp_path, ["1"]), a_template(workspace, **changes)
    for attempt in (
        workspace.generate.generation.generate,
        workspace.generate.generation.preview,
        workspace.generate.generation.submit,
    ):
        with pytest.raises(InvalidInputError, match=told):
            attempt(sheet.name, template.name, COLUMN, column=column)
    assert workspace.label.queue.training_sheets() == []
    assert workspace.jobs.jobs() == []


def test_a_template_that_does_not_fit_names_everything_and_writes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    sheet = a_sheet(workspace, tmp_path, ["1"])
    template = a_template(workspace, user_prompt="{{ torque_nm }} {{ color }} {{ size }}", group_column="batch")
    for mode in GenerationMode:
        with pytest.raises(InvalidTemplateError, match=r"'color'.*'size'.*'batch'"):
            workspace.generate.generation.generate(sheet.name, template.name, mode)
    failing = a_template(workspace, "failing", user_prompt="{{ 1 / (torque_nm - 43) }}")
    sheet = a_sheet(workspace, tmp_path, ["1"] * 4, "more")
    with pytest.raises(InvalidTemplateError):
        workspace.generate.generation.generate(sheet.name, failing.name, COLUMN)
    assert workspace.label.queue.training_sheets() == []


def test_unknown_and_retired_things_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    sheet, template = a_sheet(workspace, tmp_path, ["1"]), a_template(workspace)
    with pytest.raises(NotFoundError):
        workspace.generate.generation.generate("nothing", template.name, MANUAL)
    with pytest.raises(NotFoundError):
        workspace.generate.generation.generate(sheet.name, "nothing", MANUAL)
    with pytest.raises(InvalidInputError):
        workspace.generate.generation.generate(sheet.name, template.name, MANUAL, limit=0)
    workspace.generate.templates.archive(template.id)
    with pytest.raises(ConflictError, match="archived"):
        workspace.generate.generation.generate(sheet.name, template.id, MANUAL)


def test_new_data_without_the_answer_column_serves_the_other_modes(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("plate,torque [Nm]\np1,41\n", encoding="utf-8")
    sheet = workspace.data.sheets.create_sheet(
        "new", workspace.data.files.add_file(path).address, item_id_column="plate"
    )
    assert workspace.generate.generation.generate(sheet.name, a_template(workspace).name, MANUAL).created == 1


# Again and again


def test_running_again_adds_only_what_is_new(workspace: Workspace, tmp_path: Path) -> None:
    sheet, template = a_sheet(workspace, tmp_path, ["1"] * 5), a_template(workspace)
    first = workspace.generate.generation.generate(sheet.name, template.name, COLUMN, limit=3)
    assert (first.created, first.existing) == (3, 0)
    before = pairs(workspace)
    again = workspace.generate.generation.generate(sheet.name, template.name, COLUMN, limit=3)
    assert (again.created, again.existing, again.failed) == (0, 3, 0)
    assert pairs(workspace) == before
    a_file(tmp_path, ["1"] * 8)
    rest = workspace.generate.generation.generate(sheet.name, template.name, COLUMN, changed_source=CONTINUE)
    assert (rest.created, rest.existing, rest.training_sheet.id) == (5, 3, first.training_sheet.id)
    made = pairs(workspace)
    assert made[:3] == before
    assert [(pair.sequence_number, pair.item_ref) for pair in made] == [(n, f"p{n}") for n in range(1, 9)]


def test_a_stopped_run_keeps_whole_batches_and_the_next_goes_on(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ontos_tui.services.generate.service.BATCH", 10)
    sheet, template = a_sheet(workspace, tmp_path, ["1"] * 35), a_template(workspace)

    class StopAt20:
        def update(self, done: int, total: int, message: str = "") -> None:
            assert total == 35
            if done == 20:
                raise JobCancelledError("Stopped.")

    with pytest.raises(JobCancelledError):
        workspace.generate.generation.generate(sheet.name, template.name, COLUMN, progress=StopAt20())
    (view,) = workspace.label.queue.training_sheets()
    assert (view.counts.total, view.sheet.status) == (20, TrainingSheetStatus.REVIEW)
    report = workspace.generate.generation.generate(sheet.name, template.name, COLUMN)
    assert (report.created, report.existing) == (15, 20)
    assert [pair.sequence_number for pair in pairs(workspace)] == list(range(1, 36))


@pytest.mark.parametrize("batch", [2, 4_000])
def test_an_identity_that_repeats_is_a_failure_not_a_crash(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("ontos_tui.services.generate.service.BATCH", batch)
    sheet, template = a_sheet(workspace, tmp_path, ["1", "0", "1"]), a_template(workspace)
    (tmp_path / "plates.csv").write_text("plate,torque [Nm],passed\np1,41,1\np2,42,0\np1,43,0\np3,44,1\n")
    report = workspace.generate.generation.generate(sheet.name, template.name, COLUMN)
    assert (report.created, report.existing, report.failed) == (3, 0, 1)
    assert report.failures[0][0] == "p1"
    assert "more than once" in report.failures[0][1]
    assert (pairs(workspace)[0].item_ref, pairs(workspace)[0].answer) == ("p1", {"passed": True})


def test_a_draft_with_pairs_that_was_changed_elsewhere_may_have_another_prompt_but_not_another_question(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Here it cannot be changed any more, but a team's workspace that has not got the pairs yet can do it."""
    sheet, template = a_sheet(workspace, tmp_path, ["1"]), a_template(workspace)
    workspace.generate.generation.generate(sheet.name, template.name, COLUMN)
    with pytest.raises(ConflictError, match="has pairs"):
        workspace.generate.templates.edit(template.id, user_prompt="{{ torque_nm }}: passed?")
    with workspace.store.write() as connection:
        template = rows.change(connection, template, user_prompt="{{ torque_nm }}: passed?")
    report = workspace.generate.generation.generate(sheet.name, template.name, COLUMN)
    assert report.training_sheet.template_snapshot["user_prompt"] == "{{ torque_nm }}: passed?"
    with workspace.store.write() as connection:
        rows.change(connection, template, output_schema={**PASSED, "title": "other"})
    with pytest.raises(ConflictError, match=r"output schema of .* changed after"):
        workspace.generate.generation.generate(sheet.name, template.name, COLUMN)


# Canonical labels


def test_what_was_decided_once_is_approved_everywhere(workspace: Workspace, tmp_path: Path) -> None:
    sheet = a_sheet(workspace, tmp_path, ["1", "0", "1"])
    first = workspace.generate.generation.generate(sheet.name, a_template(workspace).name, MANUAL).training_sheet
    decided = workspace.label.queue.open(first.id)[0]
    workspace.label.queue.decide([Decision(decided.id, Verdict.EDIT, answer={"passed": False}, notes="dented")])
    with workspace.store.write() as connection:
        (label,) = rows.find(connection, CanonicalLabel)
        rows.change(connection, label, prohibited_uses=["training"], usage_reason="of a customer")

    for mode in (MANUAL, COLUMN):
        other = a_template(workspace, f"by {mode}")
        report = workspace.generate.generation.generate(sheet.name, other.name, mode)
        assert (report.created, report.auto_approved) == (3, 1)
        pair = workspace.label.queue.pair(workspace.label.queue.open(report.training_sheet.id)[0].id)
        assert (pair.status, pair.answer) == (PairStatus.LABELED, {"passed": False})
        assert (pair.was_auto_approved, pair.labeling_mode) == (True, LabelingMode.CANONICAL)
        assert (pair.canonical_label_id, pair.reviewed_by) == (label.id, "ana")
        assert (pair.prohibited_uses, pair.usage_reason) == (["training"], "of a customer")
        (event,) = workspace.label.queue.history(pair.id)
        assert (event.action, event.actor) == ("auto_approve", "ana")
        assert workspace.label.queue.undo(report.training_sheet.id) is None, "what nobody decided, nobody undoes"
    with workspace.store.read() as connection:
        (label,) = rows.find(connection, CanonicalLabel)
    assert label.reuse_count == 2
    assert label.last_reused_at is not None


def test_undecided_pairs_get_the_label_that_came_since(workspace: Workspace, tmp_path: Path) -> None:
    sheet = a_sheet(workspace, tmp_path, ["1", "0", "1"])
    one = workspace.generate.generation.generate(sheet.name, a_template(workspace, "one").name, MANUAL).training_sheet
    two = workspace.generate.generation.generate(sheet.name, a_template(workspace, "two").name, MANUAL).training_sheet
    first, second, _ = workspace.label.queue.open(one.id)
    workspace.label.queue.decide([Decision(key.id, Verdict.EDIT, answer={"passed": True}) for key in (first, second)])
    refused = workspace.label.queue.open(two.id)[1]
    workspace.label.queue.decide([Decision(refused.id, Verdict.REJECT)])
    report = workspace.generate.generation.generate(sheet.name, "two", MANUAL)
    assert (report.created, report.existing, report.auto_approved) == (0, 3, 1)
    states = [row.status.value for row in workspace.label.queue.open(two.id)]
    assert states == ["labeled", "rejected", "unlabeled"], "a decision of a person stands"
    pair = workspace.label.queue.pair(workspace.label.queue.open(two.id)[0].id)
    assert pair.version == 2
    assert workspace.label.queue.counts(two.id).auto_approved == 1
    assert workspace.generate.generation.generate(sheet.name, "two", MANUAL).auto_approved == 0


def test_a_label_that_does_not_fit_the_template_approves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    sheet, template = a_sheet(workspace, tmp_path, ["1", "0"]), a_template(workspace)
    label = CanonicalLabel(sheet_id=sheet.id, item_ref="p1", label_type="quality", label_data={"passed": "rather"})
    with workspace.store.write() as connection:
        rows.add(connection, label)
    report = workspace.generate.generation.generate(sheet.name, template.name, MANUAL)
    assert (report.auto_approved, report.failed) == (0, 1)
    assert "canonical label does not fit" in pairs(workspace)[0].generation_error


# AI mode


def an_example(workspace: Workspace) -> None:
    example = Example(name="e1", label_type="quality", input={"torque [Nm]": 44}, expected_output={"passed": True})
    with workspace.store.write() as connection:
        rows.add(connection, example)


def test_proposals_wait_for_a_person_and_failures_stop_nothing(workspace: Workspace, tmp_path: Path) -> None:
    an_example(workspace)
    sheet, template = a_sheet(workspace, tmp_path, [""] * 4), a_template(workspace)
    chat = Scripted(fails=["p3"])
    report = scripted(workspace, chat).generate(sheet.name, template.name, AI)
    assert (report.created, report.proposed, report.failed) == (4, 2, 2)
    one, misfit, failed, _ = pairs(workspace)
    assert (one.status, one.proposal, one.confidence) == (PairStatus.UNLABELED, {"passed": True}, 0.75)
    assert (one.proposed_by, one.answer) == ("it says so", None)
    assert "does not fit" in misfit.generation_error
    assert "perhaps" in misfit.generation_error
    assert (misfit.proposal, failed.generation_error) == (None, "too hard")
    assert report.training_sheet.model_used == "a script"
    assert chat.shown["p1"] == ["example e1"]
    assert workspace.label.queue.counts(report.training_sheet.id).failed == 2
    retried = Scripted()
    again = scripted(workspace, retried).generate(sheet.name, template.name, AI)
    assert (retried.asked, again.proposed, again.failed) == (["p2", "p3"], 1, 1)
    assert pairs(workspace)[2].generation_error == ""


def test_a_server_that_dies_costs_nothing_that_came(workspace: Workspace, tmp_path: Path) -> None:
    sheet, template = a_sheet(workspace, tmp_path, [""] * 9), a_template(workspace)
    with pytest.raises(PlatformError, match="are in the labeling queue"):
        scripted(workspace, Scripted(stop_after=5)).generate(sheet.name, template.name, AI)
    assert sum(pair.proposal is not None for pair in pairs(workspace)) == 4
    (view,) = workspace.label.queue.training_sheets()
    assert (view.counts.total, view.sheet.status) == (9, TrainingSheetStatus.FAILED)
    assert "server is gone" in view.sheet.generation_error
    chat = Scripted()
    report = scripted(workspace, chat).generate(sheet.name, template.name, AI)
    assert chat.asked == ["p2", "p6", "p7", "p8", "p9"]
    assert report.training_sheet.status is TrainingSheetStatus.REVIEW
    assert report.training_sheet.generation_error == ""


def test_labeled_pairs_are_examples_as_far_as_they_may_be_shown(workspace: Workspace, tmp_path: Path) -> None:
    an_example(workspace)
    sheet, other = a_sheet(workspace, tmp_path, ["1"] * 4), a_sheet(workspace, tmp_path, ["1"] * 2, "other")
    workspace.generate.generation.generate(sheet.name, a_template(workspace, "columns").name, COLUMN, limit=3)
    workspace.generate.generation.generate(other.name, "columns", COLUMN)
    secret = next(pair for pair in pairs(workspace) if (pair.sheet_id, pair.item_ref) == (sheet.id, "p2"))
    with workspace.store.write() as connection:
        rows.change(connection, secret, prohibited_uses=["few_shot"])
    chat = Scripted()
    scripted(workspace, chat).generate(sheet.name, a_template(workspace, "asks").name, AI)
    everything = {"example e1", "p1", "p3", *(f"p{number} of sheet {other.id[:8]}" for number in (1, 2))}
    assert {ref: everything - set(shown) for ref, shown in chat.shown.items()} == {
        "p1": {"p1"},
        "p2": set(),
        "p3": {"p3"},
        "p4": set(),
    }


def test_the_only_example_is_not_asked_about_itself(workspace: Workspace, tmp_path: Path) -> None:
    sheet = a_sheet(workspace, tmp_path, ["1"])
    workspace.generate.generation.generate(sheet.name, a_template(workspace, "columns").name, COLUMN)
    chat = Scripted()
    report = scripted(workspace, chat).generate(sheet.name, a_template(workspace, "asks").name, AI)
    assert (chat.asked, report.failed) == ([], 1)
    assert report.failures[0][1] == "The only labeled example is the item itself."


def test_what_a_person_decides_meanwhile_stands(workspace: Workspace, tmp_path: Path) -> None:
    sheet, template = a_sheet(workspace, tmp_path, [""] * 3), a_template(workspace)

    class Interrupted(Scripted):
        def propose(self, questions: Any, *more: Any) -> Iterator[Proposal]:
            for proposal in super().propose(questions, *more):
                pair = next(pair for pair in pairs(workspace) if pair.item_ref == proposal.ref)
                if proposal.ref == "p1":
                    workspace.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer={"passed": False})])
                yield proposal

    scripted(workspace, Interrupted()).generate(sheet.name, template.name, AI)
    decided = pairs(workspace)[0]
    assert (decided.status, decided.answer, decided.proposal) == (PairStatus.LABELED, {"passed": False}, None)


def test_the_model_fills_what_other_modes_left_open(workspace: Workspace, tmp_path: Path) -> None:
    sheet, template = a_sheet(workspace, tmp_path, ["1", "0", "odd", "1"]), a_template(workspace)
    workspace.generate.generation.generate(sheet.name, template.name, COLUMN)
    chat = Scripted()
    report = scripted(workspace, chat).generate(sheet.name, template.name, AI)
    assert (chat.asked, report.created, report.existing, report.proposed) == (["p3"], 0, 4, 1)
    filled = pairs(workspace)[2]
    assert (filled.labeling_mode, filled.generation_error) == (LabelingMode.AI_GENERATED, "")


def test_without_any_example_the_nearest_ones_say_so(workspace: Workspace, tmp_path: Path) -> None:
    sheet, template = a_sheet(workspace, tmp_path, [""] * 2), a_template(workspace)
    with pytest.raises(PlatformError, match="Nothing is labeled yet"):
        workspace.generate.generation.generate(sheet.name, template.name, AI)
    assert len(pairs(workspace)) == 2, "the pairs are there to be labeled by hand"


def test_the_nearest_examples_propose_for_real(workspace: Workspace, tmp_path: Path) -> None:
    sheet, template = (
        a_sheet(workspace, tmp_path, ["1" if n % 9 > 4 else "0" for n in range(1, 28)]),
        a_template(workspace),
    )
    workspace.generate.generation.generate(sheet.name, template.name, COLUMN, limit=18)
    report = workspace.generate.generation.generate(sheet.name, template.name, AI)
    assert (report.created, report.proposed) == (9, 9)
    truth = [{"passed": pair.source_data["passed"] == 1} for pair in pairs(workspace)[18:]]
    assert [pair.proposal for pair in pairs(workspace)[18:]] == truth
    assert all("nearest examples" in pair.proposed_by for pair in pairs(workspace)[18:])


# Preview, job, log


def test_a_preview_shows_what_would_be_made_and_makes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    an_example(workspace)
    sheet, template = a_sheet(workspace, tmp_path, ["1", "odd", "0"]), a_template(workspace)
    label = CanonicalLabel(sheet_id=sheet.id, item_ref="p3", label_type="quality", label_data={"passed": True})
    with workspace.store.write() as connection:
        rows.add(connection, label)
    shown = workspace.generate.generation.preview(sheet.name, template.name, COLUMN)
    assert [(one.item_ref, one.proposal) for one in shown] == [
        ("p1", {"passed": True}),
        ("p2", None),
        ("p3", {"passed": True}),
    ]
    assert "odd" in shown[1].error
    assert shown[2].explanation == "canonical label"
    assert shown[0].messages[-1]["content"] == "Torque 41. Passed?"
    asked = scripted(workspace, Scripted(fails=["p1"])).preview(sheet.name, template.name, AI, count=2)
    assert [one.error[:8] for one in asked] == ["too hard", "The prop"]
    assert [
        one.proposal for one in workspace.generate.generation.preview(sheet.name, template.name, MANUAL, count=2)
    ] == [None] * 2
    assert workspace.label.queue.training_sheets() == []


def test_a_job_is_given_what_generate_takes(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}

    def remember(kind: JobKind, title: str, params: dict[str, Any]) -> None:
        given.update(kind=kind, title=title, params=params)

    monkeypatch.setattr(workspace.jobs, "submit", remember)
    sheet, template = a_sheet(workspace, tmp_path, ["1", "0"]), a_template(workspace)
    workspace.generate.generation.submit("plates", "quality", COLUMN, limit=1)
    assert (given["kind"], given["title"]) == (JobKind.GENERATE, "Generate plates by quality")
    assert given["params"]["sheet_ref"] == sheet.id
    assert given["params"]["template_ref"] == template.id
    assert workspace.generate.generation.generate(**given["params"]).created == 1


def test_every_run_is_in_the_log(workspace: Workspace, tmp_path: Path) -> None:
    sheet, template = a_sheet(workspace, tmp_path, ["1", "odd"]), a_template(workspace)
    report = workspace.generate.generation.generate(sheet.name, template.name, COLUMN)
    with workspace.store.read() as connection:
        events = rows.find(connection, Event, equal(scope_id=report.training_sheet.id))
    assert [(event.action, event.actor) for event in events] == [("create", "ana"), ("generate", "ana")]
    assert events[1].after is not None
    assert {name: events[1].after[name] for name in ("mode", "created", "proposed", "failed")} == {
        "mode": "column",
        "created": 2,
        "proposed": 1,
        "failed": 1,
    }


def test_hostile_values_come_through_as_they_are(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(
        '{"id": "a\\u0000\\u001b]52;c;x\\u0007", "torque [Nm]": 1e308, "passed": "[bold]yes"}\n'
        '{"id": "\\u202e b", "torque [Nm]": null, "passed": "\\u0000"}\n',
        encoding="utf-8",
    )
    sheet = workspace.data.sheets.create_sheet("odd", workspace.data.files.add_file(path).address, item_id_column="id")
    schema = {"type": "object", "properties": {"passed": {"type": "string"}}}
    template = a_template(workspace, output_schema=schema)
    report = workspace.generate.generation.generate(sheet.name, template.name, COLUMN)
    assert report.created == 2
    assert [pair.item_ref for pair in pairs(workspace)] == ["a\0\x1b]52;c;x\x07", "\u202e b"]
    assert pairs(workspace)[0].answer == {"passed": "[bold]yes"}
    assert workspace.generate.generation.generate(sheet.name, template.name, COLUMN).existing == 2


def test_machine_failures_of_the_real_file(workspace: Workspace) -> None:
    added = workspace.data.files.add_file(real_data("predictive_maintenance/ai4i2020.csv"))
    sheet = workspace.data.sheets.create_sheet("machines", added.address, item_id_column="UDI")
    schema = {"type": "object", "properties": {"failed": {"type": "boolean"}}, "required": ["failed"]}
    template = a_template(
        workspace,
        user_prompt="{{ air_temperature_k }} {{ torque_nm }}",
        output_schema=schema,
        answer_columns={"failed": "Machine_failure"},
    )
    report = workspace.generate.generation.generate(sheet.name, template.name, COLUMN)
    assert (report.created, report.proposed, report.failed) == (10_000, 10_000, 0)
    assert sum(bool(pair.answer and pair.answer["failed"]) for pair in pairs(workspace)) == 339


# Answers, read and checked

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(-3, 3),
    st.sampled_from([0.0, 1.0, math.nan, math.inf, 10**30]),
    st.sampled_from(["", "a", "b", "abc", "1", "\ud800", "ß" * 5]),
    st.lists(st.integers(0, 1), max_size=2),
    st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 1), max_size=1),
)
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "minimum": st.integers(-2, 2),
        "maximum": st.floats(-2, 2),
        "exclusiveMinimum": st.integers(-2, 2),
        "exclusiveMaximum": st.integers(-2, 2),
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(0, 4),
        "multipleOf": st.just(2),
        "pattern": st.just("^a"),
        "title": st.just("a title"),
        "format": st.just("date"),
        "x-unit": st.just("mm"),
    },
)
KINDS = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                ["boolean", "number", "integer", "string", ["string", "null"], ["integer", "boolean"]]
            )
        }
    ),
    st.fixed_dictionaries({"enum": st.lists(VALUES, min_size=1, max_size=4)}),
    st.fixed_dictionaries(
        {"type": st.just("string"), "enum": st.lists(st.sampled_from(["a", "b", 1, True]), min_size=1)}
    ),
    st.just({"$ref": "#/$defs/flag"}),
)
SCHEMAS = st.builds(
    lambda properties, required, extra: {
        "type": "object",
        "properties": properties,
        "required": required,
        "$defs": {"flag": {"type": "boolean"}},
        **extra,
    },
    st.dictionaries(
        st.sampled_from(["x", "y", "z"]), st.builds(lambda kind, limits: {**limits, **kind}, KINDS, LIMITS), min_size=1
    ),
    st.lists(st.sampled_from(["x", "y"]), unique=True),
    st.one_of(
        st.just({}),
        st.just({"additionalProperties": False}),
        st.just({"additionalProperties": {"type": "string"}}),
        st.just({"minProperties": 2}),
    ),
)
ANSWERS = st.one_of(VALUES, st.dictionaries(st.sampled_from(["x", "y", "z", "w"]), VALUES, max_size=4))


@settings(max_examples=examples(50, 1_000))
@given(schema=SCHEMAS, answers=st.lists(ANSWERS, min_size=1, max_size=5))
def test_the_fast_check_has_the_verdicts_of_the_slow_one(schema: dict[str, Any], answers: list[Any]) -> None:
    checker = AnswerChecker(schema)
    for answer in answers:
        problems = answer_problems(schema, answer)
        assert checker.fits(answer) == (not problems), (answer, problems)
        assert bool(checker.reason(answer)) == bool(problems)


@pytest.mark.parametrize(
    ("spec", "value", "read"),
    [
        *[({"type": "boolean"}, given, True) for given in (1, True, 1.0, "1", "yes", " YES", "True")],
        *[({"type": "boolean"}, given, False) for given in (0, False, "0", "No", "false")],
        *[({"type": "boolean"}, given, given) for given in (2, "perhaps", 0.5, "ja")],
        *[({"type": "number"}, given, 3.5) for given in (3.5, "3.5", " +3.5 ", "35e-1")],
        *[({"type": "number"}, given, given) for given in ("nan", "inf", "1_000", "٣", "3,5", "1e999", "9" * 400)],
        *[({"type": "integer"}, given, 3) for given in (3, "3", "3.0", 3.0, "3e0")],
        ({"type": "integer"}, "3.5", 3.5),
        *[({"enum": ["Minor", "Major"]}, given, "Minor") for given in ("Minor", "minor", " MINOR\n")],
        ({"enum": ["a", "A"]}, "A", "A"),
        ({"enum": ["a", "A"]}, " a", " a"),
        ({"enum": [1, 2]}, "2", 2),
        ({"enum": ["1", "2"]}, 2.0, "2"),
        ({"enum": [True, False]}, "true", True),
        ({"enum": [0, 1]}, True, True),
        ({"enum": [False, "x"]}, False, False),
        ({"type": "string"}, 7, "7"),
        ({"type": "string"}, True, "true"),
        ({"type": "string"}, [1], [1]),
    ],
)
def test_a_value_becomes_what_its_field_asks_for_or_stays(spec: dict[str, Any], value: Any, read: Any) -> None:
    answer = AnswerReader({"type": "object", "properties": {"x": spec}}).read({"x": value})
    assert answer == {"x": read}
    assert type(answer["x"]) is type(read)


@pytest.mark.parametrize("value", [None, "", "  ", "\n"])
def test_an_empty_value_is_no_value(value: Any) -> None:
    assert AnswerReader(PASSED).read({"passed": value}) == {}


def test_a_long_value_does_not_make_a_long_reason() -> None:
    assert len(AnswerChecker(PASSED).reason({"passed": "x" * 100_000})) < 200
    assert AnswerChecker(PASSED).reason(MAJOR) != AnswerChecker(PASSED).reason(MINOR)
