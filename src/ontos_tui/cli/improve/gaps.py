"""`ontos gaps`: what a model does not know well enough, from evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import facts, table
from ontos_tui.cli.core.session import Session
from ontos_tui.cli.improve.tasks import (
    Due,
    Instructions,
    Note,
    Priorities,
    Target,
    Title,
    given_changes,
    task_facts,
    task_table,
)
from ontos_tui.domain.records.improve import Gap, GapType, Severity
from ontos_tui.domain.rules.states import GapStatus
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.improve.gaps.service import AnalysisReport

gaps = noun_group("Gaps: what a model does not know well enough, from evidence.")

GapRef = Annotated[str, typer.Argument(metavar="GAP", help="id of the gap, or its beginning")]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(gaps, name="gaps")


@gaps.command("analyze")
def analyze(
    context: typer.Context,
    model: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="by default the newest")] = None,
) -> None:
    """Find a model's gaps. Known gaps are updated, and closed when their evidence is gone."""
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
    for title, listed in (("new", report.new), ("reopened", report.reopened), ("closed", report.resolved)):
        if listed:
            yield ""
            yield f"{title}:"
            yield from table(("id", "severity", "gap"), [(gap.id[:8], gap.severity, gap.description) for gap in listed])
    if report.new:
        yield ""
        yield BANDS
        yield f"Next: ontos gaps task {report.new[0].id[:8]}"


@gaps.command("list")
def list_gaps(
    context: typer.Context,
    status: Annotated[GapStatus | None, typer.Option("--status", help="only gaps with this status")] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="only gaps with this severity")] = None,
    kind: Annotated[GapType | None, typer.Option("--kind", help="only gaps of this kind")] = None,
    model: Annotated[str | None, typer.Option("--model", help="only of this model")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="only gaps that are not closed")] = False,
) -> None:
    """The gaps, the most severe first."""
    session = Session.of(context)
    listed = session.workspace.improve.gaps.gaps(
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
        for gap in listed
    ]
    headers = ("id", "severity", "status", "kind", "rows", "needs", "gap")
    session.show(listed, lambda: table(headers, rows, "No gaps. Find some: `ontos gaps analyze`"))


@gaps.command("show")
def show_gap(context: typer.Context, gap: GapRef) -> None:
    """One gap with its evidence, its tasks, and what was changed about it."""
    session = Session.of(context)
    record = session.workspace.improve.gaps.gap(gap)
    updates = session.workspace.improve.gaps.updates(record.id)
    views = session.workspace.improve.tasks.tasks(gap_ref=record.id)

    def lines() -> Iterator[str]:
        yield from _gap_facts(record)
        if views:
            yield ""
            yield from task_table(views)
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

    session.show({"gap": record, "updates": updates, "tasks": views}, lines)


def _gap_facts(gap: Gap) -> list[str]:
    return facts(
        [
            ("id", gap.id),
            ("gap", gap.description),
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
    """Change a gap's status, severity or action; later analyses do not overwrite it."""
    session = Session.of(context)
    changed = session.workspace.improve.gaps.update(
        gap, status=status, severity=severity, suggested_action=action, note=note
    )
    session.show(changed, lambda: _gap_facts(changed))


@gaps.command("task")
def create_task(
    context: typer.Context,
    gap: GapRef,
    title: Title = None,
    instructions: Instructions = None,
    priority: Priorities = None,
    target: Target = None,
    due: Due = None,
    assignee: Annotated[str, typer.Option("--assignee", help="who does it")] = "",
) -> None:
    """Create an annotation task for a gap, with the pairs that it is about."""
    session = Session.of(context)
    changes = given_changes(title, instructions, priority, target, due)
    view = session.workspace.improve.tasks.create(gap, assignee=assignee, **changes)
    session.show(view, lambda: task_facts(view))
