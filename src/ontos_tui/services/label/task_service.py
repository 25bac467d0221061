"""LABEL: decide about the items of a labeling task, one person's answers to them."""

from __future__ import annotations

from collections.abc import Sequence

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.records.pairs import TrainingSheet, Verdict
from ontos_tui.services.label.decision_context import DecisionContext
from ontos_tui.services.label.decision_service import DecisionService
from ontos_tui.services.label.decisions import Decision
from ontos_tui.services.label.labeling_jobs.tasks import check_may_decide
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store


def task_decisions(store: Store, actor: str) -> DecisionService[TaskItem]:
    """Decides about the items of labeling tasks.

    Answers count when the task is submitted, or approved where a job needs a review.
    """
    return DecisionService(store, actor, TaskSource())


class TaskSource:
    """The items of labeling tasks."""

    record = TaskItem

    def context(self, connection: Connection, container_id: str, actor: str) -> DecisionContext:
        """As the task is now. Raises ConflictError when this person may not decide its items."""
        task = rows.get(connection, LabelingTask, container_id)
        check_may_decide(connection, task, actor)
        job = rows.get(connection, LabelingJob, task.job_id)
        training = None if job.training_sheet_id is None else rows.get(connection, TrainingSheet, job.training_sheet_id)
        return DecisionContext.of_task(job, task, training)

    def check(self, decisions: Sequence[Decision]) -> None:
        """An item that cannot be decided is rejected with the reason, which its reviewer reads."""
        if any(one.verdict is Verdict.REJECT and not one.reason.strip() for one in decisions):
            raise InvalidInputError("Rejecting an item of a task needs a reason.", "Enter the reason.")
