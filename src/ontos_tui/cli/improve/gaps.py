"""IMPROVE: gaps, the annotation tasks that close them, and the curve of a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ontos_tui.cli.core.groups import group
from ontos_tui.cli.core.output import count, facts, table, tell_error
from ontos_tui.cli.core.session import Limit, Session
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.improve import GapType, Priority, Severity
from ontos_tui.domain.rules.states import GapStatus, TaskStatus
from ontos_tui.domain.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import Gap
    from ontos_tui.services.improve.gaps.service import AnalysisReport
    from ontos_tui.services.improve.tasks.service import TaskView
    from ontos_tui.services.train.learning_curve import Curve

gaps = group("Gaps: what a model does not know well enough, from evidence.")
tasks = group("Annotation tasks: the labeling that closes a gap.")
improve = group("Improve: how a model has become better.")

GapRef = Annotated[str, typer.Argument(metavar="GAP", help="id of the gap, or its beginning")]
TaskRef = Annotated[str, typer.Argument(metavar="TASK", help="id of the task, or its beginning")]
Title = Annotated[str | None, typer.Option("--title", help="what is to be done, in a few words")]
Instructions = Annotated[str | None, typer.Option("--instructions", help="how to decide")]
Priorities = Annotated[Priority | None, typer.Option("--priority", help="by default as severe as the gap")]
Target = Annotated[int | None, typer.Option("--target", min=1, help="how many pairs are to be decided")]
Due = Annotated[str | None, typer.Option("--due", metavar="YYYY-MM-DD", help="until when")]
Note = Annotated[str, typer.Option("--note", help="why")]

BAR = 40
"""Characters of a curve's interval bar."""


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(gaps, name="gaps")
    root.add_typer(tasks, name="tasks")
    root.add_typer(improve, name="improve")
    root.command("import-old-web")(import_old_web)


# Gaps


@gaps.command("analyze")
def analyze(
    context: typer.Context,
    model: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="by default the newest")] = None,
) -> None:
    """Look for gaps of a model; what is there already is updated, and closed when its evidence is gone."""
    session = Session.of(context)
    report = session.workspace.improve.gaps.analyze(model)
    session.show(report, lambda: _report_lines(report))


def _report_lines(report: AnalysisReport) -> Iterator[str]:
    from ontos_tui.services.improve.gaps.findings import BANDS

    if report.model is not None:
        yield safe_line(f"{report.model.label()}: {report.summary}")
    else:
        yield report.summary
    for one in report.examined:
        yield safe_line(f"  {one.gap_type:<12}  {one.reason or one.looked_at}")
    for words, found in (("new", report.new), ("come back", report.reopened), ("closed", report.resolved)):
        if found:
            yield ""
            yield f"{words}:"
            yield from table(("id", "severity", "what"), [(gap.id[:8], gap.severity, gap.description) for gap in found])
    if report.new:
        yield ""
        yield BANDS
        yield f"Next: ontos gaps task {report.new[0].id[:8]}"


@gaps.command("list")
def list_gaps(
    context: typer.Context,
    status: Annotated[GapStatus | None, typer.Option("--status", help="only those")] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="only those")] = None,
    kind: Annotated[GapType | None, typer.Option("--kind", help="only those")] = None,
    model: Annotated[str | None, typer.Option("--model", help="only of this model")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="only what is not closed")] = False,
) -> None:
    """The gaps, the most severe first."""
    session = Session.of(context)
    found = session.workspace.improve.gaps.gaps(
        status=status, severity=severity, kind=kind, model_name=model, open_only=open_only
    )
    rows = [
        (
            gap.id[:8],
            gap.severity,
            gap.status,
            gap.gap_type,
            gap.affected_count,
            gap.estimated_records_needed,
            gap.description,
        )
        for gap in found
    ]
    headers = ("id", "severity", "status", "kind", "rows", "needs", "what")
    session.show(found, lambda: table(headers, rows, "No gaps. `ontos gaps analyze` looks for them."))


@gaps.command("show")
def show_gap(context: typer.Context, gap: GapRef) -> None:
    """One gap with its evidence, its tasks, and what was changed about it."""
    session = Session.of(context)
    found = session.workspace.improve.gaps.gap(gap)
    updates = session.workspace.improve.gaps.updates(found.id)
    views = session.workspace.improve.tasks.tasks(gap_ref=found.id)

    def lines() -> Iterator[str]:
        yield from _gap_facts(found)
        if views:
            yield ""
            yield from _task_table(views)
        if updates:
            yield ""
            rows = [
                (
                    one.at,
                    f"{one.by}{' (by analysis)' if one.by_analysis else ''}",
                    one.field,
                    one.before,
                    one.after,
                    one.note,
                )
                for one in updates
            ]
            yield from table(("at", "by", "field", "before", "after", "note"), rows)

    session.show({"gap": found, "updates": updates, "tasks": views}, lines)


def _gap_facts(gap: Gap) -> list[str]:
    return facts(
        [
            ("gap", gap.id),
            ("what", gap.description),
            ("model", gap.model_name),
            ("kind", gap.gap_type),
            ("severity", gap.severity),
            ("status", gap.status),
            ("because", gap.resolution_notes),
            ("action", gap.suggested_action),
            ("needs (estimate)", f"{gap.estimated_records_needed} labeled pairs: {gap.estimate_basis}"),
            ("seen", gap.seen_at),
            *((f"evidence: {name}", value) for name, value in gap.evidence.items()),
        ]
    )


@gaps.command("update")
def update_gap(
    context: typer.Context,
    gap: GapRef,
    status: Annotated[GapStatus | None, typer.Option("--status", help="the new status")] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="the new severity")] = None,
    action: Annotated[str | None, typer.Option("--action", help="what should be done about it")] = None,
    note: Note = "",
) -> None:
    """Change a gap's status, severity or action; later analyses leave that alone."""
    session = Session.of(context)
    changed = session.workspace.improve.gaps.update(
        gap, status=status, severity=severity, suggested_action=action, note=note
    )
    session.show(changed, lambda: _gap_facts(changed))


@gaps.command("task")
def make_task(
    context: typer.Context,
    gap: GapRef,
    title: Title = None,
    instructions: Instructions = None,
    priority: Priorities = None,
    target: Target = None,
    due: Due = None,
    assignee: Annotated[str, typer.Option("--assignee", help="who is to do it")] = "",
) -> None:
    """Make an annotation task of a gap, with the pairs that it is about."""
    session = Session.of(context)
    wishes = _wishes(title, instructions, priority, target, due)
    view = session.workspace.improve.tasks.create(gap, assignee=assignee, **wishes)
    session.show(view, lambda: _task_facts(view))


def _wishes(
    title: str | None, instructions: str | None, priority: Priority | None, target: int | None, due: str | None
) -> dict[str, Any]:
    from ontos_tui.services.improve.tasks.service import day

    given = {
        "title": title,
        "instructions": instructions,
        "priority": priority,
        "target_record_count": target,
        "due_date": None if due is None else day(due),
    }
    return {name: value for name, value in given.items() if value is not None}


# Tasks


@tasks.command("list")
def list_tasks(
    context: typer.Context,
    status: Annotated[TaskStatus | None, typer.Option("--status", help="only those")] = None,
    assignee: Annotated[str | None, typer.Option("--assignee", help="only this person's")] = None,
    gap: Annotated[str | None, typer.Option("--gap", help="only those of this gap")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="only what is not over")] = False,
) -> None:
    """The tasks, the most urgent open ones first."""
    session = Session.of(context)
    found = session.workspace.improve.tasks.tasks(status=status, assignee=assignee, gap_ref=gap, open_only=open_only)
    session.show(found, lambda: _task_table(found))


def _task_table(views: list[TaskView]) -> list[str]:
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
    return table(headers, rows, "No tasks. `ontos gaps task GAP` makes one.")


@tasks.command("show")
def show_task(context: typer.Context, task: TaskRef) -> None:
    """One task, and how far it is."""
    session = Session.of(context)
    view = session.workspace.improve.tasks.task(task)
    session.show(view, lambda: _task_facts(view))


def _task_facts(view: TaskView) -> list[str]:
    task = view.task
    told = f"{view.done} of {task.target_record_count} decided; {count(view.items, 'pair')} in the task"
    if view.missing and task.training_sheet_id is not None:
        told += f", {view.missing} more were not found (ontos tasks fill {task.id[:8]} looks again)"
    return facts(
        [
            ("task", task.id),
            ("title", task.title),
            ("gap", f"{view.gap.id[:8]}  {view.gap.description}"),
            ("status", task.status),
            ("assignee", task.assignee),
            ("priority", task.priority),
            ("progress", told),
            ("due", task.due_date),
            ("instructions", task.instructions),
            ("training sheet", task.training_sheet_id),
            ("next", f"ontos tasks open {task.id[:8]}, or press 7, t and enter in the app"),
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
    """Change a task, or take it to another status."""
    session = Session.of(context)
    service = session.workspace.improve.tasks
    wishes = _wishes(title, instructions, priority, target, due)
    if wishes or status is None:
        service.update(task, **wishes)
    if status is not None:
        service.move(task, status, note)
    view = service.task(task)
    session.show(view, lambda: _task_facts(view))


@tasks.command("assign")
def assign(
    context: typer.Context,
    task: TaskRef,
    assignee: Annotated[str, typer.Argument(metavar="[NAME]", help="nobody without a name")] = "",
) -> None:
    """Hand a task to somebody."""
    session = Session.of(context)
    session.workspace.improve.tasks.assign(task, assignee)
    view = session.workspace.improve.tasks.task(task)
    session.show(view, lambda: _task_facts(view))


@tasks.command("fill")
def fill(context: typer.Context, task: TaskRef) -> None:
    """Look again for pairs that a task still lacks."""
    session = Session.of(context)
    view = session.workspace.improve.tasks.fill(task)
    session.show(view, lambda: _task_facts(view))


@tasks.command("open")
def open_task(
    context: typer.Context,
    task: TaskRef,
    everything: Annotated[bool, typer.Option("--all", help="also what is decided already")] = False,
    limit: Limit = 50,
) -> None:
    """The pairs that a task asks for: `ontos label decide PAIR` decides them."""
    session = Session.of(context)
    view, pairs = session.workspace.improve.tasks.open_pairs(task)
    found = [pair for pair, is_done in pairs if everything or not is_done][:limit]
    rows = [(pair.id[:8], pair.item_ref, pair.status, pair.answer or pair.proposal) for pair in found]
    done = f"Nothing is left to decide in {view.task.title!r}."
    session.show(
        {"task": view, "pairs": found},
        lambda: [
            *table(("pair", "item", "status", "answer"), rows, safe_line(done)),
            *([f"Next: ontos label decide {found[0].id[:8]} approve"] if found else []),
        ],
    )


# The curve


@improve.command("curve")
def curve(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="name of the model")],
) -> None:
    """Every version of a model on the same held-out pairs."""
    session = Session.of(context)
    found = session.workspace.train.models.curve(model)
    session.show(found, lambda: _curve_lines(found))


def import_old_web(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="DIR|FILE", help="feedback_items, identified_gaps, annotation_tasks")],
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", help="what feedback is about whose own endpoint is not here")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would happen")] = False,
) -> None:
    """Take over feedback, gaps and tasks of the earlier web version, one JSONL, JSON or CSV file a table."""
    from ontos_tui.cli.label.import_export import import_lines

    session = Session.of(context)
    outcome = session.workspace.improve.legacy_web.import_path(path, endpoint, dry_run=dry_run)
    session.show(
        outcome,
        lambda: [f"{safe_line(one.path.name)}: {told}" for one in outcome.files for told in import_lines(one)],
    )
    if outcome.refused:
        wrong = sum(report.problem_count for report in outcome.files)
        tell_error(InvalidInputError(f"Nothing was imported: {count(wrong, 'line')} cannot be used.", "Correct them."))
        raise typer.Exit(1)


def _curve_lines(found: Curve) -> Iterator[str]:
    from ontos_tui.services.train.learning_curve import bar, span_of

    low, high = span_of(found)
    metric = next((one.score.metric for one in found.points if one.score), "no score")
    yield safe_line(f"{found.name}: {found.field}, {metric}, from {low:.3g} to {high:.3g}")
    yield found.basis
    for point in found.points:
        score = point.score
        if score is None:
            yield safe_line(f"v{point.model.version:<3}  no score: {point.note}")
            continue
        mark = " (its own evaluation)" if point.is_own else ""
        note = f": {point.note}" if point.note else ""
        told = f"{score.value:.3g} (95 %: {score.low:.3g} to {score.high:.3g}, n {score.n})"
        yield safe_line(f"v{point.model.version:<3}  {bar(score, low, high, BAR)}  {told}{mark}{note}")
