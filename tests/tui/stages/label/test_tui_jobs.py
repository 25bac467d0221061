"""Labeling jobs through real keys: shared out, claimed, labeled, submitted, reviewed, and what is disputed decided."""

from __future__ import annotations

import asyncio
from pathlib import Path

from builders.severity import MAJOR, MINOR, unlabeled_sheet
from harness import SIZES, open_app
from ontos_tui.domain.records.labeling import LabelingJob
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.rules.states import LabelingTaskStatus, ReviewVerdict
from ontos_tui.services.label.labeling_jobs.agreement import AgreementService
from ontos_tui.services.label.labeling_jobs.service import LabelingService
from ontos_tui.services.label.service import Decision
from ontos_tui.services.label.task_service import task_decisions
from ontos_tui.workspace import Workspace


def label_as(workspace: Workspace, actor: str, job: LabelingJob, answers: dict[str, dict[str, object]]) -> None:
    """Somebody else claims a task, gives these answers (approves what is not named) and hands it in."""
    service, deciding = (
        LabelingService(workspace.store, workspace.engines.catalog, actor),
        task_decisions(workspace.store, actor),
    )
    task = service.claim(job.id)
    assert task is not None
    for row in deciding.open(task.id):
        answer = answers.get(row.item_ref)
        deciding.decide([Decision(row.id, Verdict.EDIT if answer else Verdict.APPROVE, answer=answer)])
    service.submit(task.id)


@SIZES
async def test_a_job_is_made_claimed_labeled_and_handed_in(tmp_path: Path, size: tuple[int, int]) -> None:
    with Workspace(tmp_path) as workspace:
        sheet = unlabeled_sheet(workspace.store, 5)
    async with open_app(tmp_path, size) as user:
        await user.press("3", "t")
        await user.sees("No labeling job yet", "Press n")
        await user.press("n")
        await user.sees("What should be labeled?", "5 pairs to decide")
        await user.press("enter", "tab", "backspace", "backspace")
        await user.type("3")
        await user.press("ctrl+s")
        await user.sees("✎ draft", "0/5", "○ free")
        await user.press("p")
        await user.sees("▸ active")
        await user.press("enter")
        await user.sees("task 1", "0/3 decided", "▸severity")
        await user.press("a", "2", "a", "r")
        await user.type("blurred")
        await user.press("ctrl+s")
        await user.press("escape")
        await user.sees("Submit this task?", "All 3 items")
        await user.press("y")
        await user.sees("✓ done", "3/5")
        found = user.app.workspace.label.canonical_labels.find()
        assert [(one.item_ref, one.source) for one in found] == [("item-1", "labeling"), ("item-2", "labeling")]
        assert user.app.workspace.label.queue.counts(sheet.id).labeled == 2
        await user.press("enter")
        await user.sees("task 2", "0/2 decided")
        await user.press("escape")
        await user.sees("◔ claimed")
        await user.press("tab", "j", "R")
        await user.until(lambda: "◔ claimed" not in user.text(), "the task is free")
        await user.press("escape")
        await user.sees("open the queue")


async def test_a_task_of_somebody_else_is_looked_at_and_reviewed(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        sheet = unlabeled_sheet(workspace.store, 2)
        job = workspace.label.jobs.create("reviewed", training_sheet=sheet.id, needs_review=True)
        workspace.label.jobs.activate(job.id)
        label_as(workspace, "ben", job, {"item-2": MAJOR})
    async with open_app(tmp_path) as user:
        await user.press("3", "t")
        await user.sees("◕ submitted", "ben")
        await user.press("tab", "enter")
        await user.sees("2/2 decided", "major")
        await user.press("a")
        await user.sees("Its answers do not change")
        await user.press("escape", "tab", "v")
        await user.sees("2 items by ben")
        await user.press("2", "ctrl+s")
        await user.sees("needs a reason")
        await user.press("v", "1", "ctrl+s")
        await user.sees("✓ done")
        assert {one.item_ref: one.label_data for one in user.app.workspace.label.canonical_labels.find()} == {
            "item-1": MINOR,
            "item-2": MAJOR,
        }


@SIZES
async def test_what_is_disputed_is_decided_and_labelers_have_figures(tmp_path: Path, size: tuple[int, int]) -> None:
    with Workspace(tmp_path) as workspace:
        sheet = unlabeled_sheet(workspace.store, 4)
        job = workspace.label.jobs.create("twice", training_sheet=sheet.id, overlap=2)
        workspace.label.jobs.activate(job.id)
        label_as(workspace, "ben", job, {"item-2": MAJOR})
        label_as(workspace, "cho", job, {})
    async with open_app(tmp_path, size) as user:
        await user.press("3", "t")
        await user.sees("2 people per item", "75% equal", "1 disputed")
        assert len(user.app.workspace.label.canonical_labels.find()) == 3
        await user.press("d")
        await user.sees("item-2", "ben", "cho", "severity")
        await user.press("enter")
        await user.sees("Right answer for item-2")
        await user.press("3", "ctrl+s")
        await user.sees("Nothing left to decide")
        (label,) = [one for one in user.app.workspace.label.canonical_labels.find() if one.item_ref == "item-2"]
        assert (label.label_data, label.source) == ({"severity": "major"}, "adjudication")
        await user.press("v")
        await user.sees("decided")
        await user.press("u")
        await user.sees("undo: item-2", "⚑")
        await user.press("enter", "3", "ctrl+s")
        await user.sees("✓")
        await user.press("escape", "w")
        await user.sees("Labelers", "ben", "4 decisions", "75%", "3 of 4")
        await user.press("escape")


async def test_a_job_pauses_completes_and_goes(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        sheet = unlabeled_sheet(workspace.store, 2)
        workspace.label.jobs.create("short", training_sheet=sheet.id)
    async with open_app(tmp_path) as user:
        await user.press("3", "t", "D", "y")
        await user.sees("No labeling job yet")
        workspace = user.app.workspace
        job = workspace.label.jobs.create("short", training_sheet=sheet.id)
        workspace.label.jobs.activate(job.id)
        await user.sees("▸ active")
        await user.press("p")
        await user.sees("‖ paused")
        await user.press("enter")
        await user.sees("p: start it")
        await user.press("tab", "A")
        await user.type("dee")
        await user.press("ctrl+s")
        await user.sees("dee")
        assert workspace.label.jobs.tasks(job.id)[0].task.status is LabelingTaskStatus.ASSIGNED
        await user.press("P", "home", "enter")
        await user.sees("1‼")
        await user.press("x")
        await user.sees("1 tasks are not finished")
        await user.press("y")
        await user.sees("✓ completed")
        await user.press("x")
        await user.sees("No labeling job yet")


async def test_pace_and_sway_of_a_training_sheet(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        unlabeled_sheet(workspace.store, 3)
    async with open_app(tmp_path) as user:
        await user.press("3", "w")
        await user.sees("No decisions yet")
        await user.press("escape", "enter", "a", "a", "escape", "w")
        await user.sees("2 decisions", "as proposed (shown)", "2 of 2")


@SIZES
async def test_what_a_reviewer_wrote_is_shown_where_the_work_is(tmp_path: Path, size: tuple[int, int]) -> None:
    with Workspace(tmp_path) as workspace:
        sheet = unlabeled_sheet(workspace.store, 2)
        job = workspace.label.jobs.create("reviewed", training_sheet=sheet.id, needs_review=True)
        workspace.label.jobs.activate(job.id)
        label_as(workspace, "ana", job, {"item-2": MAJOR})
        reviewing = LabelingService(workspace.store, workspace.engines.catalog, "ben")
        (task,) = workspace.label.jobs.tasks(job.id)
        reviewing.review(task.task.id, ReviewVerdict.REWORK, "measure item-2 again")
    async with open_app(tmp_path, size) as user:
        await user.press("3", "t")
        await user.sees("↺ rework", "↺ task 1 sent back by ben: measure item-2")
        await user.press("enter")
        await user.sees("2/2 decided", "sent back by ben: measure item-2 again")
        await user.press("h")
        await user.until(lambda: user.text().count("sent back by ben") == 2, "it stands above the guidelines, in full")
        await user.press("1", "escape", "y")
        await user.sees("◕ submitted")
        await user.press("tab", "enter")
        await user.sees("2/2 decided")
        assert "sent back" not in user.text()


async def test_an_adjudication_says_who_decided_meanwhile(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        sheet = unlabeled_sheet(workspace.store, 2)
        job = workspace.label.jobs.create("twice", training_sheet=sheet.id, overlap=2)
        workspace.label.jobs.activate(job.id)
        label_as(workspace, "ben", job, {"item-2": MAJOR})
        label_as(workspace, "cho", job, {})
    async with open_app(tmp_path) as user:
        await user.press("3", "t")
        await user.sees("1 disputed")
        await user.press("d", "enter")
        await user.sees("Right answer for item-2")
        agreement = AgreementService(user.app.workspace.store, "dee")
        await asyncio.to_thread(agreement.adjudicate, job.id, "item-2", MAJOR)
        await user.press("1", "ctrl+s")
        await user.sees("dee gave item-2 the label", "Nothing left to decide")
        (label,) = (one for one in user.app.workspace.label.canonical_labels.find() if one.item_ref == "item-2")
        assert label.label_data == MAJOR
