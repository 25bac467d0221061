"""How far labeling jobs and their tasks are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.records.template import Labelset
from ontos_tui.domain.rules.states import LabelingTaskStatus
from ontos_tui.services.label.decision_service import PairCounts
from ontos_tui.store.connection import Connection
from ontos_tui.store.counts import PairCount, pair_counts
from ontos_tui.store.queries.label.labelsets import item_label_counts
from ontos_tui.store.queries.labeling_jobs import jobs, tasks


@dataclass(frozen=True)
class TaskView:
    """A task and how far it is."""

    task: LabelingTask
    counts: PairCounts


@dataclass(frozen=True)
class JobView:
    """A job, how far it is, and how many labels its labelset's type has on its sheet by now."""

    job: LabelingJob
    tasks: Mapping[LabelingTaskStatus, int] = field(default_factory=dict)
    decided: int = 0
    total: int = 0
    labelset: Labelset | None = None
    labels: int = 0


def counts_by_task(connection: Connection) -> dict[str, PairCounts]:
    """The counts of every task that has items, by its id."""
    by_task: dict[str, list[PairCount]] = {}
    for count in pair_counts(connection, of=TaskItem):
        by_task.setdefault(count.container_id, []).append(count)
    return {task_id: PairCounts.of(counts) for task_id, counts in by_task.items()}


def job_view(connection: Connection, job: LabelingJob, counts: Mapping[str, PairCounts]) -> JobView:
    """A job and how far it is; `counts` are those of all tasks."""
    statuses = tasks.statuses(connection, job.id)
    own = [counts.get(task_id, PairCounts()) for task_id in statuses]
    return JobView(
        job,
        Counter(statuses.values()),
        sum(one.total - one.unlabeled for one in own),
        sum(one.total for one in own),
        jobs.labelset(connection, job),
        item_label_counts(connection, job.label_type).get(job.sheet_id, 0),
    )
