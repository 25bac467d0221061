"""`ontos tasks`: the annotation tasks that close gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import count, facts, table
from ontos_tui.cli.core.session import Limit, Session
from ontos_tui.domain.records.improve import Priority
from ontos_tui.domain.rules.states import TaskStatus
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.improve.tasks.service import TaskView

tasks = noun_group("Annotation tasks: the labeling that closes a gap.")

TaskRef = Annotated[str, typer.Argument(metavar="TASK", help="id of the task, or its beginning")]
Title = Annotated[str | None, typer.Option("--title", help="what to do, in a few words")]
Instructions = Annotated[str | None, typer.Option("--instructions", help="how to decide")]
Priorities = Annotated[Priority | None, typer.Option("--priority", help="by default as severe as the gap")]
Target = Annotated[int | None, typer.Option("--target", min=1, help="number of pairs to decide")]
Due = Annotated[str | None, typer.Option("--due", metavar="YYYY-MM-DD", help="due date")]
Note = Annotated[str, typer.Option("--note", help="why")]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(tasks, name="tasks")


def given_changes(
    title: str | None, instructions: str | None, priority: Priority | None, target: int | None, due: str | None
) -> dict[str, Any]:
    """The options about a task that were given, as the service takes them. Raises InvalidInputError for a bad date."""
    from ontos_tui.services.improve.tasks.service import parse_date

    given = {
        "title": title,
        "instructions": instructions,
        "priority": priority,
        "target_record_count": target,
        "due_date": None if due is None else parse_date(due),
    }
    return {name: value for name, value in given.items() if value is not None}


@tasks.command("list")
def list_tasks(
    context: typer.Context,
    status: Annotated[TaskStatus | None, typer.Option("--status", help="only tasks with this status")] = None,
    assignee: Annotated[str | None, typer.Option("--assignee", help="only tasks of this person")] = None,
    gap: Annotated[str | None, typer.Option("--gap", help="only tasks of this gap")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="only tasks that are not over")] = False,
) -> None:
    """The tasks, the most urgent open ones first."""
    session = Session.of(context)
    views = session.workspace.improve.tasks.tasks(status=status, assignee=assignee, gap_ref=gap, open_only=open_only)
    session.show(views, lambda: task_table(views))


def task_table(views: list[TaskView]) -> list[str]:
    """Tasks, one a line."""
    rows = [
        (
            one.task.id[:8],
            one.task.status,
            one.task.priority,
            one.task.assignee,
            f"{one.done}/{one.task.target_record_count}",
            one.task.due_date,
            one.task.title,
        )
        for one in views
    ]
    headers = ("id", "status", "priority", "assignee", "decided", "due", "title")
    return table(headers, rows, "No tasks. Create one: `ontos gaps task GAP`")


@tasks.command("show")
def show_task(context: typer.Context, task: TaskRef) -> None:
    """One task, and how far it is."""
    session = Session.of(context)
    view = session.workspace.improve.tasks.task(task)
    session.show(view, lambda: task_facts(view))


def task_facts(view: TaskView) -> list[str]:
    """A task, and how far it is."""
    task = view.task
    progress = f"{view.done} of {task.target_record_count} decided; {count(view.items, 'pair')} in the task"
    if view.missing and task.training_sheet_id is not None:
        progress += f", {view.missing} missing. Search again: ontos tasks fill {task.id[:8]}"
    return facts(
        [
            ("task", task.id),
            ("title", task.title),
            ("gap", f"{view.gap.id[:8]}  {view.gap.description}"),
            ("status", task.status),
            ("assignee", task.assignee),
            ("priority", task.priority),
            ("progress", progress),
            ("due", task.due_date),
            ("instructions", task.instructions),
            ("training sheet", task.training_sheet_id),
            ("next", f"ontos tasks open {task.id[:8]}"),
        ]
    )


@tasks.command("update")
def update_task(
    context: typer.Context,
    task: TaskRef,
    status: Annotated[TaskStatus | None, typer.Option("--status", help="the new status")] = None,
    title: Title = None,
    instructions: Instructions = None,
    priority: Priorities = None,
    target: Target = None,
    due: Due = None,
    note: Note = "",
) -> None:
    """Change a task, or its status."""
    session = Session.of(context)
    service = session.workspace.improve.tasks
    changes = given_changes(title, instructions, priority, target, due)
    if changes or status is None:
        service.update(task, **changes)
    if status is not None:
        service.move(task, status, note)
    view = service.task(task)
    session.show(view, lambda: task_facts(view))


@tasks.command("assign")
def assign(
    context: typer.Context,
    task: TaskRef,
    assignee: Annotated[str, typer.Argument(metavar="[NAME]", help="without it, no one")] = "",
) -> None:
    """Give a task to a person."""
    session = Session.of(context)
    session.workspace.improve.tasks.assign(task, assignee)
    view = session.workspace.improve.tasks.task(task)
    session.show(view, lambda: task_facts(view))


@tasks.command("fill")
def fill(context: typer.Context, task: TaskRef) -> None:
    """Search again for the pairs that a task lacks."""
    session = Session.of(context)
    view = session.workspace.improve.tasks.fill(task)
    session.show(view, lambda: task_facts(view))


@tasks.command("open")
def open_task(
    context: typer.Context,
    task: TaskRef,
    everything: Annotated[bool, typer.Option("--all", help="decided pairs too")] = False,
    limit: Limit = 50,
) -> None:
    """The pairs of a task. Decide one: `ontos label decide PAIR approve`."""
    session = Session.of(context)
    view, pairs = session.workspace.improve.tasks.pairs_with_progress(task)
    shown = [pair for pair, is_done in pairs if everything or not is_done][:limit]
    rows = [(pair.id[:8], pair.item_ref, pair.status, pair.answer or pair.proposal) for pair in shown]
    done = f"Nothing is left to decide in {view.task.title!r}."
    session.show(
        {"task": view, "pairs": shown},
        lambda: [
            *table(("pair", "item", "status", "answer"), rows, safe_line(done)),
            *([f"Next: ontos label decide {shown[0].id[:8]} approve"] if shown else []),
        ],
    )
