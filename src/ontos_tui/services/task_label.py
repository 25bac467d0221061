"""LABEL: decide about the items of a labeling task, one person's answers to them."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import Connection

from ontos_tui.domain.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.pairs import Decidable
from ontos_tui.services.deciding import Deciding
from ontos_tui.services.labeling_tasks import check_may_decide
from ontos_tui.services.scope import Scope
from ontos_tui.store import rows


class TaskLabelService(Deciding[TaskItem]):
    """The items of labeling tasks. Answers count when the task is submitted, or approved where a job asks for that."""

    RECORD: ClassVar[type[Decidable]] = TaskItem

    def _scope(self, connection: Connection, container_id: str) -> Scope:
        task = rows.get(connection, LabelingTask, container_id)
        check_may_decide(connection, task, self._actor)
        return Scope.of_task(rows.get(connection, LabelingJob, task.job_id), task)
