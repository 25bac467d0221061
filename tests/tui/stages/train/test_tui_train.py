"""TRAIN through real keys: the gates, a training and its progress, scores beside the baseline, versions, lineage."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from builders.defects import DEPTH_SCHEMA, add_pairs, change_pair, labeled_sheet
from builders.evaluations import full_evaluation, measured, weak_evaluation
from harness import SIZES, Driver, open_app
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.base import new_id
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.training import ClassScore, Evaluation, FieldScore, Job, JobKind, ModelVersion
from ontos_tui.domain.rules.governance import Use
from ontos_tui.domain.rules.states import JobStatus, PairStatus
from ontos_tui.store import rows
from ontos_tui.tui.stages.train import view
from ontos_tui.tui.stages.train.lines import score_number
from ontos_tui.tui.stages.train.standing import standing_of
from ontos_tui.workspace import Workspace


def trained(workspace: Workspace, sheet: TrainingSheet, base_model: str = "nearest") -> ModelVersion:
    """A model version of this sheet, without a process of its own."""
    return workspace.train.models.run({"training_sheet_id": sheet.id, "base_model": base_model}, new_id(), NoProgress())


def a_number_sheet(workspace: Workspace) -> TrainingSheet:
    """Labeled pairs whose answer is a number."""
    sheet = labeled_sheet(workspace.store, 0, name="Depths", output_schema=DEPTH_SCHEMA)
    for number in range(40):
        add_pairs(workspace.store, sheet, range(number, number + 1), {"depth": number % 3 * 1.5})
    return sheet


async def over(user: Driver, number: int = 1) -> None:
    """Wait until so many jobs are over, and the screen knows it."""
    jobs = user.app.workspace.jobs
    await user.until(lambda: sum(job.finished_at is not None for job in jobs.jobs()) >= number, f"{number} jobs over")
    await user.until(lambda: user.app.overview is not None and not user.app.overview.running, "the screen knows")
    await user.settle()


@SIZES
async def test_without_pairs_it_says_which_key_leads_on(home: Path, size: tuple[int, int]) -> None:
    async with open_app(home, size) as user:
        await user.press("4")
        await user.sees("There is no training sheet yet.", "Press 2, then g", "+ new model")
        await user.press("t", "b", "c", "l")
        assert user.app.workspace.jobs.jobs() == []


async def test_every_gate_is_there_with_its_count_and_its_words(home: Path) -> None:
    with Workspace(home) as workspace:
        store = workspace.store
        sheet = labeled_sheet(store, 12)
        add_pairs(store, sheet, range(12, 17), status=PairStatus.UNLABELED)
        add_pairs(store, sheet, range(17, 21), status=PairStatus.REJECTED)
        add_pairs(store, sheet, range(21, 24), status=PairStatus.FLAGGED)
        add_pairs(store, sheet, range(24, 26), allowed_uses=[Use.EVALUATION])
        add_pairs(store, sheet, range(26, 27), allowed_uses=[Use.FEW_SHOT])
        add_pairs(store, sheet, range(27, 33), prohibited_uses=list(Use))
    async with open_app(home) as user:
        await user.press("4")
        await user.sees(
            "33  pairs",
            "✗       5  not labeled yet",
            "✗       4  rejected",
            "✗       3  flagged for a second look",
            "◆       2  held out: for evaluation only, never trained on",
            "✗       6  training is prohibited for it",
            "✗       1  training is not among its allowed uses",
            "✓      12  labeled and allowed for training",
            "ready to train; t: start it",
            "learns from 10 pairs",
            "2 of the 12 pairs, drawn at random, kept back",
            "Best of several (recommended)",
            "the defaults (p: list and change them)",
            "about ",
            "estimate: ",
        )


@SIZES
async def test_too_few_pairs_are_refused_in_full_and_labeling_is_shown_the_way(
    home: Path, size: tuple[int, int]
) -> None:
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 4)
        add_pairs(workspace.store, sheet, range(4, 9), status=PairStatus.UNLABELED)
    async with open_app(home, size) as user:
        await user.press("4")
        await user.sees("6 more labeled pairs are needed", "3: label more pairs")
        await user.press("t")
        await user.sees("6 more labels needed", "5 not labeled yet")
        user.app.stage_view.reload()  # type: ignore[union-attr]
        await user.settle()
        await user.sees("6 more labels needed", "Label more pairs")
        add_pairs(user.app.workspace.store, sheet, range(20, 26))
        await user.sees("ready to train")
        assert "4 of the 10" not in user.text()


@SIZES
async def test_one_key_trains_and_the_new_model_is_shown(home: Path, size: tuple[int, int]) -> None:
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 60)
    async with open_app(home, size) as user:
        app = user.app
        await user.press("4", "t", "t")
        await over(user)
        (job,) = app.workspace.jobs.jobs()
        assert (job.status, job.params["training_sheet_id"]) == (JobStatus.SUCCEEDED, sheet.id)
        (model,) = app.workspace.train.models.models()
        score = Evaluation.model_validate(model.evaluation).headline()
        await user.sees(
            "▌ defects",
            f"{score.correct} of {score.n}",
            "✓ Better: defect right",
            f"accuracy {score.value:.2f}",
            f"95 %: {score.low:.2f}–{score.high:.2f} over {score.n} pairs",
            f"always '{score.baseline_answer}': {score.baseline:.2f}",
        )
        assert app.session.model_id == model.id


@SIZES
async def test_a_training_under_way_shows_its_progress_wherever_the_cursor_is(
    home: Path, size: tuple[int, int]
) -> None:
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 60)
        trained(workspace, sheet)
        job = Job(kind=JobKind.TRAIN, title="Train defects", params={"training_sheet_id": sheet.id})
        with workspace.store.write() as connection:
            rows.add(connection, job)
        workspace.jobs.claim(job.id, os.getpid())
        workspace.jobs.report(job.id, done=3, total=4, message="learning severe")
    async with open_app(home, size) as user:
        jobs = user.app.workspace.jobs
        await user.press("4")
        await user.sees("training is running", "Train defects", "75%", "learning severe", "about ", " left")
        await user.sees("running as process")
        assert not user.app.stage_view.possible("train")  # type: ignore[union-attr]
        await user.press("down")
        await user.sees("defects v1", "Train defects", "75%")
        jobs.report(job.id, done=4, total=4, message="testing on what it never saw")
        await user.sees("100%", "testing on what it never")
        jobs.finish(job.id, JobStatus.CANCELLED, "cancelled")
        await user.sees("✗ cancelled; J can resume it")
        await user.press("up")
        await user.sees("ready to train")


async def test_a_model_is_told_in_full(home: Path) -> None:
    with Workspace(home) as workspace:
        model = trained(workspace, labeled_sheet(workspace.store, 60))
    async with open_app(home, (120, 90)) as user:
        await user.press("4", "down")
        score = Evaluation.model_validate(model.evaluation).headline()
        await user.sees("defects v1", "by ana", "✓ Better: defect right", "✓ defect  accuracy", "✓ severe  accuracy")
        await user.sees("prec.", "recall", "F1", "true ↓ predicted →")
        for name, one in score.classes.items():
            numbers = f"{one.precision:8.2f}{one.recall:8.2f}{one.f1:7.2f}{one.support:7}"
            assert any(name in row and numbers in row for row in user.text().splitlines())
        await user.sees("48 pairs", model.engine, "voltage, line", f"macro F1 {score.macro_f1:.2f}")
        for note in Evaluation.model_validate(model.evaluation).notes:
            await user.sees(note[:40])


async def test_an_error_is_a_number_in_the_unit_of_the_answer(home: Path) -> None:
    with Workspace(home) as workspace:
        model = trained(workspace, a_number_sheet(workspace))
    score = Evaluation.model_validate(model.evaluation).headline()
    async with open_app(home) as user:
        await user.press("4", "down")
        value, baseline = score_number(score, score.value), score_number(score, score.baseline)
        await user.sees(f"{value} off", f"mean absolute error {value}", f"always {score.baseline_answer}: {baseline}")
        await user.sees(f"✓ Better: off by {value} on average; always {score.baseline_answer} is off by {baseline}")


@SIZES
async def test_a_model_that_is_not_usable_says_so_first(home: Path, size: tuple[int, int]) -> None:
    with Workspace(home) as workspace:
        measured(workspace, trained(workspace, labeled_sheet(workspace.store, 60)), weak_evaluation())
    async with open_app(home, size) as user:
        await user.press("4", "down")
        await user.sees("✗ 24 of 100", "✗ Not usable yet: right 24 of 100; always", "right 47 of 100")


async def test_what_was_tried_and_what_is_confused_is_shown(home: Path) -> None:
    with Workspace(home) as workspace:
        measured(workspace, trained(workspace, labeled_sheet(workspace.store, 60)), full_evaluation())
    async with open_app(home, (120, 40)) as user:
        await user.press("4", "down")
        await user.sees("✓ Better: right 92 of 100", "over 42 people", "5-fold cross-validation over 42 people")
        await user.sees("tried, 37 models fitted", "✓ boosting + 1 derived", "defect, true ↓ predicted →")


async def test_a_second_version_stands_beside_the_first(home: Path) -> None:
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 60)
        first = trained(workspace, sheet)
        add_pairs(workspace.store, sheet, range(60, 72))
        change_pair(workspace.store, sheet, "P0003", answer={"defect": "scratch", "severe": False})
        second = trained(workspace, sheet)
        third = trained(workspace, sheet)
        told = workspace.train.models.compare(first, second)
    async with open_app(home) as user:
        await user.press("4", "down", "down")
        await user.sees("defects v2", "compared with defects v1", "12 new, 1 corrected since v1", f"on the {told.n}")
        await user.press("up")
        await user.sees("defects v3", "compared with defects v2", "0 new, 0 corrected since v2")
        await user.press("c")
        await user.sees("Compare defects v3 with which version?", "defects v1")
        await user.press("end", "enter")
        await user.sees("compared with defects v1", "12 new, 1 corrected since v1")
        assert [model.id for model in user.app.workspace.train.models.models()] == [third.id, second.id, first.id]


async def test_versions_that_cannot_be_compared_say_why(home: Path) -> None:
    with Workspace(home) as workspace:
        first = trained(workspace, labeled_sheet(workspace.store, 60))
        other = a_number_sheet(workspace)
        params = {"training_sheet_id": other.id, "base_model": "nearest", "name": first.name}
        workspace.train.models.run(params, new_id(), NoProgress())
    async with open_app(home) as user:
        await user.press("4", "down")
        await user.sees("defects v2", "compared with defects v1", "answers defect", "answers depth")
        user.app.stage_view.reload()  # type: ignore[union-attr]
        await user.settle()
        assert not user.app._notifications, "what the panel says is not told once more"


async def test_the_only_version_has_nothing_to_be_compared_with(home: Path) -> None:
    with Workspace(home) as workspace:
        trained(workspace, labeled_sheet(workspace.store, 60))
    async with open_app(home) as user:
        await user.press("4", "down", "c")
        await user.sees("defects v1 is the only version so far.")


async def test_the_lineage_names_every_pair_and_what_was_changed_since(home: Path) -> None:
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 200)
        model = trained(workspace, sheet)
        last = workspace.train.models.lineage(model.id)[-1]
        pair = workspace.label.queue.pair(last.pair_id)
        change_pair(workspace.store, sheet, pair.item_ref, answer={"defect": "none", "severe": True})
    async with open_app(home, (80, 24)) as user:
        await user.press("4", "down", "l")
        await user.sees("Lineage of defects v1", "160 trained", "40 held out", "ana")
        await user.until(lambda: "…  " not in user.text() and " · " in user.text(), "the answers in view")
        await user.press("end")
        await user.sees(pair.item_ref, "trained", "≠ changed since")


async def test_the_base_model_is_chosen_with_its_description(home: Path) -> None:
    with Workspace(home) as workspace:
        labeled_sheet(workspace.store, 60)
        models = workspace.train.models.base_models()
    async with open_app(home, (80, 24)) as user:
        await user.press("4", "b", "down")
        words = models[1].description.split()
        await user.sees(models[1].title, " ".join(words[-2:]))
        await user.press("enter", "t")
        await user.until(lambda: len(user.app.workspace.jobs.jobs()) == 1, "the job is there")
        (job,) = user.app.workspace.jobs.jobs()
        assert job.params["base_model"] == models[1].key
        await over(user)


async def test_a_training_that_fails_says_why_and_how_to_go_on(home: Path) -> None:
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 0, group_column="line")
        add_pairs(workspace.store, sheet, range(1, 60, 2))
    async with open_app(home, (80, 24)) as user:
        await user.press("4", "t")
        await over(user)
        await user.sees("✗ failed; J can resume it", "All 30 pairs belong to one", "+ new model")
        assert user.app.workspace.train.models.models() == []
        await user.press("J")
        await user.sees("Train defects", "failed")


async def test_another_training_sheet_is_chosen(home: Path) -> None:
    with Workspace(home) as workspace:
        labeled_sheet(workspace.store, 30, name="First")
        a_number_sheet(workspace)
    async with open_app(home) as user:
        await user.press("4")
        await user.sees("Depths", "40  pairs")
        await user.press("s")
        await user.sees("Which training sheet?", "30 of 30 labeled")
        names = [view.sheet.name for view in user.app.workspace.label.queue.training_sheets()]
        await user.press("home", *(["down"] * names.index("First")), "enter")
        await user.sees("30  pairs")


def a_score(**changes: Any) -> FieldScore:
    fields = {
        "field": "x", "kind": "enum", "metric": "accuracy", "higher_is_better": True, "value": 0.8, "baseline": 0.5,
        "low": 0.7, "high": 0.9, "n": 50, "classes": {"a": ClassScore(precision=1, recall=1, f1=1, support=1)},
    }  # fmt: skip
    return FieldScore.model_validate(fields | changes)


@pytest.mark.parametrize(("value", "text"), [(0.00042, "0.00042"), (3.14159, "3.14"), (12345.6, "12,346")])
def test_a_small_error_is_not_rounded_to_nothing(value: float, text: str) -> None:
    assert score_number(a_score(higher_is_better=False), value) == text


async def test_a_key_that_comes_before_the_pairs_are_counted_counts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace(home) as workspace:
        labeled_sheet(workspace.store, 60)
    may_read = threading.Event()

    def late(*given: Any) -> Any:
        may_read.wait()
        return standing_of(*given)

    monkeypatch.setattr(view, "standing_of", late)
    async with open_app(home, (80, 24)) as user:
        await user.pilot.press("4", "t")
        await user.sees("Training begins when the labeled pairs are counted.", "Counting the labeled pairs…")
        may_read.set()
        await over(user)
        assert [job.kind for job in user.app.workspace.jobs.jobs()] == [JobKind.TRAIN]
