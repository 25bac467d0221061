"""`ontos labeling`: labeling jobs, and the tasks that people claim, decide, submit and review."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import plain, table
from ontos_tui.cli.core.session import Session, read_object
from ontos_tui.cli.label.labeling_job_lines import (
    is_proposal_hidden,
    item_lines,
    job_lines,
    show_batch,
    show_job,
    show_status,
    show_task,
    task_table,
    visible_item,
)
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.improve import Priority
from ontos_tui.domain.records.labeling import TaskItem
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.rules.states import PairStatus, ReviewVerdict
from ontos_tui.domain.text.terminal_text import safe_line

jobs = noun_group(
    "Labeling jobs: a sheet's items in tasks for several people. Your name is the setting `actor`; "
    "ONTOS_ACTOR=NAME before a command labels under another name."
)

JobRef = Annotated[str, typer.Argument(metavar="JOB", help="name or id of a labeling job")]
TaskRef = Annotated[str, typer.Argument(metavar="TASK", help="id of a task, as `labeling mine` lists it")]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(jobs, name="labeling")


# Leading a job


@jobs.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="name of the job")],
    training_sheet: Annotated[str | None, typer.Option("--training-sheet", help="label its pairs' items")] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="or: label its items, by a labelset")] = None,
    labelset: Annotated[str | None, typer.Option("--labelset", help="the classes that people may give")] = None,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, max=500, help="items of a task")] = 50,
    overlap: Annotated[int, typer.Option("--overlap", min=1, max=10, help="labelers for each item")] = 1,
    review: Annotated[bool, typer.Option("--review", help="tasks count when another person has approved them")] = False,
    blind: Annotated[float, typer.Option("--blind", min=0, max=1, help="hide this share of the proposals")] = 0.0,
    gold: Annotated[float, typer.Option("--gold", min=0, max=1, help="share of hidden items with known truth")] = 0.0,
    lease: Annotated[int, typer.Option("--lease", min=1, help="minutes after which an idle task is free again")] = 30,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="only the first N items")] = None,
    again: Annotated[bool, typer.Option("--again", help="also items that are decided or have a label")] = False,
    instructions: Annotated[str, typer.Option("--instructions", help="instructions for the labelers")] = "",
) -> None:
    """Create a job with its tasks, as a draft. `ontos labeling activate JOB` lets people claim them."""
    from ontos_tui.services.label.labeling_jobs.service import Choice

    session = Session.of(context)
    service = session.workspace.label.jobs
    job = service.create(
        name,
        sheet=sheet,
        training_sheet=None if training_sheet is None else session.training_sheet(training_sheet).id,
        labelset=labelset,
        choice=Choice(limit, None if again else PairStatus.UNLABELED, again),
        batch_size=batch_size,
        overlap=overlap,
        needs_review=review,
        blind_share=blind,
        gold_share=gold,
        lease_minutes=lease,
        instructions=instructions,
    )
    show_job(session, service.job_view(job.id))


@jobs.command("list")
def list_jobs(
    context: typer.Context,
    archived: Annotated[bool, typer.Option("--archived", help="archived ones too")] = False,
) -> None:
    """The jobs, newest first, and how far they are."""
    session = Session.of(context)
    views = session.workspace.label.jobs.jobs(archived=archived)
    rows = [
        (v.job.id[:8], v.job.name, v.job.status, sum(v.tasks.values()), v.decided, v.total, v.labels) for v in views
    ]
    headers = ("id", "job", "status", "tasks", "decided", "items", "labels")
    empty = "No labeling jobs. Create one: `ontos labeling create NAME --training-sheet T`"
    session.show(views, lambda: table(headers, rows, empty))


@jobs.command("show")
def show(context: typer.Context, job: JobRef) -> None:
    """A job with its tasks: who has them, until when, and how far they are."""
    session = Session.of(context)
    service = session.workspace.label.jobs
    view = service.job_view(job)
    tasks = service.tasks(view.job.id)
    value = {**plain(view), "labeling_tasks": [plain(one) for one in tasks]}
    session.show(value, lambda: [*job_lines(view), "", *task_table(tasks)])


@jobs.command("activate")
def activate(context: typer.Context, job: JobRef) -> None:
    """Let people claim its tasks, or go on after a pause."""
    session = Session.of(context)
    show_status(session, session.workspace.label.jobs.activate(job))


@jobs.command("pause")
def pause(context: typer.Context, job: JobRef) -> None:
    """Stop claiming, deciding and submitting until it is activated again."""
    session = Session.of(context)
    show_status(session, session.workspace.label.jobs.pause(job))


@jobs.command("complete")
def complete(
    context: typer.Context,
    job: JobRef,
    force: Annotated[
        bool, typer.Option("--force", help="even if tasks are open; their answers become no labels")
    ] = False,
) -> None:
    """End a job when its tasks are approved."""
    session = Session.of(context)
    show_status(session, session.workspace.label.jobs.complete(job, force=force))


@jobs.command("archive")
def archive(context: typer.Context, job: JobRef) -> None:
    """Put a completed job, or a draft, out of sight."""
    session = Session.of(context)
    show_status(session, session.workspace.label.jobs.archive(job))


@jobs.command("delete")
def delete(context: typer.Context, job: JobRef) -> None:
    """Remove a draft with its tasks."""
    session = Session.of(context)
    deleted = session.workspace.label.jobs.delete(job)
    session.show(deleted, lambda: [safe_line(f"{deleted.name} is deleted.")])


@jobs.command("assign")
def assign(
    context: typer.Context, task: TaskRef, who: Annotated[str, typer.Argument(help="name of the labeler")]
) -> None:
    """Assign a task to a labeler, even if another one has it."""
    session = Session.of(context)
    show_task(session, session.workspace.label.jobs.assign(task, who))


@jobs.command("prioritize")
@jobs.command("prioritise", hidden=True)
def prioritize(
    context: typer.Context,
    task: TaskRef,
    priority: Annotated[Priority, typer.Argument(help="urgent ones are claimed first")],
    due: Annotated[datetime | None, typer.Option("--due", formats=["%Y-%m-%d"], help="due date")] = None,
) -> None:
    """Set how urgent a task is."""
    session = Session.of(context)
    day = None if due is None else due.date()
    show_task(session, session.workspace.label.jobs.set_priority(task, priority.value, day))


# Labeling


@jobs.command("claim")
def claim(context: typer.Context, job: JobRef) -> None:
    """Take the next free task; it is yours while you work on it."""
    session = Session.of(context)
    task = session.workspace.claim_task(job)
    if task is None:
        session.show(None, lambda: ["No task is free for you."])
    else:
        show_task(session, task)


@jobs.command("own")
def own(
    context: typer.Context,
    sheet: Annotated[str, typer.Argument(help="name or id")],
    labelset: Annotated[str, typer.Argument(help="name or id")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="items of the list")] = 500,
    again: Annotated[bool, typer.Option("--again", help="also items that have a label")] = False,
) -> None:
    """A list of your own: items without a label; your answers become canonical. An open list continues."""
    session = Session.of(context)
    show_task(session, session.workspace.label.jobs.my_list(sheet, labelset, limit, again=again))


@jobs.command("mine")
def mine(context: typer.Context) -> None:
    """Your tasks: claimed by you, or assigned to you."""
    session = Session.of(context)
    service = session.workspace.label.jobs
    views = service.my_tasks()
    names = {view.task.job_id: service.job(view.task.job_id).name for view in views}
    empty = "You have no tasks. Take one: `ontos labeling claim JOB`"
    session.show(views, lambda: task_table(views, names, empty))


@jobs.command("next")
def next_items(
    context: typer.Context,
    task: TaskRef,
    amount: Annotated[int, typer.Option("--count", min=1, help="number of items")] = 1,
) -> None:
    """The next items of a task that are not decided yet."""
    session = Session.of(context)
    record = session.workspace.label.jobs.task(task)
    job = session.workspace.label.jobs.job(record.job_id)
    items: list[TaskItem] = []
    after = 0
    while len(items) < amount and (item := session.workspace.label.task_queue.next_unlabeled(record.id, after)):
        items.append(item)
        after = item.sequence_number
    sent_back = [safe_line(record.sent_back)] if record.sent_back else []
    done = [f"All items are decided. Submit the task: `ontos labeling submit {record.id[:8]}`"]
    session.show(
        [visible_item(item, job) for item in items],
        lambda: [*sent_back, *([line for item in items for line in item_lines(item, job)] or done)],
    )


@jobs.command("decide")
def decide(
    context: typer.Context,
    item: Annotated[str, typer.Argument(help="id of the item, as `labeling next` shows it")],
    verdict: Annotated[Verdict, typer.Argument(help="your decision")],
    answer: Annotated[str | None, typer.Option("--answer", help="the right answer, for edit: JSON, @FILE or -")] = None,
    reason: Annotated[str, typer.Option("--reason", help="why; a rejection needs it")] = "",
    notes: Annotated[str | None, typer.Option("--notes", help="your notes")] = None,
) -> None:
    """Decide about one item of a task that is yours."""
    from ontos_tui.services.label.service import Decision

    session = Session.of(context)
    service = session.workspace.label.task_queue
    record = service.pair(item)
    job = session.workspace.label.jobs.job(record.job_id)
    blind = is_proposal_hidden(record, job)
    if blind and verdict is Verdict.APPROVE and answer is None:
        raise InvalidInputError(
            f"The proposal for {record.item_ref} is hidden, so there is nothing to approve.",
            "Give your own answer: --answer JSON",
        )
    given = None if answer is None else read_object(answer, "The answer")
    decision = Decision(record.id, verdict, given, reason=reason, notes=notes, blind=blind)
    show_batch(session, service.decide([decision]), job)


@jobs.command("undo")
def undo(context: typer.Context, task: TaskRef) -> None:
    """Undo your last decision in a task; again, the one before."""
    session = Session.of(context)
    record = session.workspace.label.jobs.task(task)
    batch = session.workspace.label.task_queue.undo(record.id)
    if batch is None:
        session.show(None, lambda: ["You have nothing to undo here."])
    else:
        show_batch(session, batch, session.workspace.label.jobs.job(record.job_id))


@jobs.command("release")
def release(context: typer.Context, task: TaskRef) -> None:
    """Give a task back; its decisions stay."""
    session = Session.of(context)
    show_task(session, session.workspace.label.jobs.release(task))


@jobs.command("submit")
def submit(context: typer.Context, task: TaskRef) -> None:
    """Submit a task. Its answers count at once, unless the job has a review."""
    session = Session.of(context)
    show_task(session, session.workspace.label.jobs.submit(task))


@jobs.command("review")
def review_task(
    context: typer.Context,
    task: TaskRef,
    verdict: Annotated[
        ReviewVerdict, typer.Argument(help="rework: back to the labeler; reject: its items are labeled anew")
    ],
    notes: Annotated[str, typer.Option("--notes", help="why; needed unless you approve")] = "",
) -> None:
    """Approve, reject or send back a task that another person has submitted."""
    session = Session.of(context)
    show_task(session, session.workspace.label.jobs.review(task, verdict, notes))
