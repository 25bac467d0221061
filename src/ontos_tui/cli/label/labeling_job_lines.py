"""What the commands about labeling jobs print, and what they hide from a labeler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ontos_tui.cli.core.output import cell, facts, fields, plain, table
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem, is_blind
from ontos_tui.domain.rules.confidence_text import certainty_text
from ontos_tui.domain.rules.states import LabelingTaskStatus, PairStatus
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.label.decision_service import Batch
    from ontos_tui.services.label.labeling_jobs.service import JobView, TaskView

NO_PROPOSALS = "not shown, since the items with a known answer have none and would stand out"


def show_job(session: Session, view: JobView) -> None:
    """A job and how far it is."""
    session.show(view, lambda: job_lines(view))


def show_status(session: Session, job: LabelingJob) -> None:
    """A job's new status."""
    session.show(job, lambda: [safe_line(f"{job.name} is {job.status}.")])


def show_task(session: Session, task: LabelingTask) -> None:
    """A task, whose it is and how far."""
    service = session.workspace.label.jobs
    job = service.job(task.job_id)
    counts = session.workspace.label.task_queue.counts(task.id)

    def lines() -> Iterator[str]:
        yield from facts(
            [
                ("task", task.id[:8]),
                ("job", safe_line(job.name)),
                ("batch", f"{task.number}" + (f", copy {task.copy_number}" if task.copy_number > 1 else "")),
                ("status", task.status.value),
                ("assignee", safe_line(task.assignee)),
                ("yours until", cell(task.lease_until)),
                ("decided", f"{counts.total - counts.unlabeled:,} of {counts.total:,}"),
                ("review", safe_line(f"by {task.reviewer}: {task.review_notes}") if task.reviewer else ""),
            ]
        )
        if task.status is LabelingTaskStatus.ASSIGNED:
            yield f"See its items: ontos labeling next {task.id[:8]}"

    session.show({**plain(task), "counts": counts}, lines)


def show_batch(session: Session, batch: Batch[TaskItem], job: LabelingJob) -> None:
    """The decisions that were made."""
    value = {**plain(batch), "pairs": [visible_item(item, job) for item in batch.pairs]}
    session.show(value, lambda: [safe_line(batch.description)])


def job_lines(view: JobView) -> list[str]:
    """A job and how far it is, for people."""
    job = view.job
    shares = [f"{share:.0%} {what}" for share, what in ((job.blind_share, "blind"), (job.gold_share, "gold")) if share]
    states = ", ".join(f"{n:,} {status}" for status, n in view.tasks.items())
    return facts(
        [
            ("job", f"{job.name} ({job.id[:8]})"),
            ("status", job.status.value),
            ("label type", job.label_type),
            ("labelset", f"{view.labelset.name} {view.labelset.version}" if view.labelset else ""),
            ("items", job.total_items),
            ("labelers an item", job.overlap if job.overlap > 1 else ""),
            ("review", "by another person" if job.needs_review else ""),
            ("hidden", ", ".join(shares)),
            ("proposals", "" if job.shows_proposals else NO_PROPOSALS),
            ("tasks", states),
            ("decided", f"{view.decided:,} of {view.total:,}"),
            ("labels", f"{view.labels:,} of this type on the sheet"),
            ("instructions", job.instructions),
        ]
    )


def task_table(
    views: Sequence[TaskView], names: Mapping[str, str] | None = None, empty: str = "No tasks."
) -> list[str]:
    """Tasks as a table: of one job, or of the jobs that `names` names by their ids."""
    headers = (
        "task",
        "job" if names else "batch",
        "status",
        "assignee",
        "until",
        "decided",
        "items",
        "priority",
        "due",
    )
    rows = [
        (
            view.task.id[:8],
            names[view.task.job_id] if names else f"{view.task.number}.{view.task.copy_number}",
            view.task.status,
            view.task.assignee,
            view.task.lease_until,
            view.counts.total - view.counts.unlabeled,
            view.counts.total,
            view.task.priority,
            cell(view.task.due_date),
        )
        for view in views
    ]
    return table(headers, rows, empty)


def is_proposal_hidden(item: TaskItem, job: LabelingJob) -> bool:
    """Whether the proposal is hidden from whoever has not decided yet."""
    hidden = is_blind(item.task_id, item.item_ref, job.blind_share)
    return hidden and item.proposal is not None and item.status is PairStatus.UNLABELED


def visible_item(item: TaskItem, job: LabelingJob) -> dict[str, Any]:
    """The item as its labeler may see it: the known truth stays hidden, and so does a blind item's proposal."""
    visible: dict[str, Any] = plain(item)
    del visible["gold_answer"]
    visible["blind"] = is_proposal_hidden(item, job)
    if visible["blind"]:
        visible |= {"proposal": None, "confidence": None, "certainty": "", "proposed_by": ""}
    return visible


def item_lines(item: TaskItem, job: LabelingJob) -> list[str]:
    """The item as its labeler may see it, for people."""
    proposed = ["proposed:", *fields(item.proposal)] if item.proposal else ["no proposal"]
    if is_proposal_hidden(item, job):
        proposed = ["the proposal is hidden; give your own answer"]
    by, sure = item.proposed_by, certainty_text(item.confidence, item.certainty)
    if is_proposal_hidden(item, job):
        by = sure = ""
    return [
        f"── {safe_line(item.item_ref)}",
        *facts([("item", item.id), ("proposed by", by), ("confidence", sure)]),
        "fields:",
        *fields(item.source_data),
        *proposed,
        "",
    ]
