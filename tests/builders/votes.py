"""Labeling jobs that several people have worked on, for tests of agreement and of what labelers did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from builders.severity import unlabeled_sheet
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask
from ontos_tui.domain.records.pairs import TrainingSheet, Verdict
from ontos_tui.services.label.decisions import Decision
from ontos_tui.services.label.labeling_jobs.service import LabelingService
from ontos_tui.services.label.task_service import task_decisions
from ontos_tui.workspace import Workspace

Votes = Mapping[str, dict[str, Any] | str | None]
"""By item: an answer, the reason of a rejection, or None for a flag. What is not named is approved as proposed."""


def labeling_job(
    workspace: Workspace, items: int = 4, overlap: int = 2, sheet: TrainingSheet | None = None, **settings: Any
) -> LabelingJob:
    """An active job in one batch over a training sheet's pairs item-1…, each proposed to be minor."""
    sheet = sheet or unlabeled_sheet(workspace.store, items)
    leading = LabelingService(workspace.store, workspace.engines.catalog, "lead")
    job = leading.create("Plates again", training_sheet=sheet.id, overlap=overlap, **settings)
    return leading.activate(job.id)


def vote(
    workspace: Workspace,
    actor: str,
    job: LabelingJob,
    said: Votes,
    *,
    seconds: float | None = None,
    submit: bool = True,
) -> LabelingTask:
    """Somebody claims a task of the job, says this of its items, and hands it in."""
    tasks = LabelingService(workspace.store, workspace.engines.catalog, actor)
    deciding = task_decisions(workspace.store, actor)
    task = tasks.claim(job.id)
    assert task is not None
    for row in list(deciding.open(task.id)):
        one = said.get(row.item_ref, {})
        if one is None:
            decision = Decision(row.id, Verdict.FLAG, seconds=seconds)
        elif isinstance(one, str):
            decision = Decision(row.id, Verdict.REJECT, reason=one, seconds=seconds)
        elif one:
            decision = Decision(row.id, Verdict.EDIT, answer=one, notes=f"by {actor}", seconds=seconds)
        else:
            decision = Decision(row.id, Verdict.APPROVE, seconds=seconds)
        deciding.decide([decision])
    return tasks.submit(task.id) if submit else task
