"""Gaps, annotation tasks and the curve of a model in words and signs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.rules.states import GapStatus, TaskStatus
from ontos_tui.tui.widgets.lines import EMPTY, Line, Span, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import Gap, GapUpdate
    from ontos_tui.services.improve.gaps.service import AnalysisReport
    from ontos_tui.services.improve.tasks.service import TaskView
    from ontos_tui.services.train.learning_curve import Curve, CurvePoint

SEVERITIES: Mapping[str, tuple[str, str]] = {
    "critical": ("‼ critical", "bad"),
    "high": ("▲ high", "bad"),
    "medium": ("■ medium", "warn"),
    "low": ("· low", "muted"),
}
GAP_STATES: Mapping[str, tuple[str, str]] = {
    "identified": ("○ open", "accent"),
    "task_created": ("◔ has a task", "accent"),
    "in_progress": ("◑ in progress", "accent"),
    "resolved": ("✓ resolved", "good"),
    "wont_fix": ("– won't fix", "muted"),
}
TASK_STATES: Mapping[str, tuple[str, str]] = {
    "pending": ("○ pending", "accent"),
    "assigned": ("◔ assigned", "accent"),
    "in_progress": ("◑ in progress", "accent"),
    "review": ("◕ review", "warn"),
    "completed": ("✓ completed", "good"),
    "cancelled": ("– cancelled", "muted"),
}
KINDS: Mapping[str, str] = {
    "capability": "wrong answers",
    "coverage": "few labeled pairs",
    "quality": "labels in doubt",
    "distribution": "new values",
    "edge_case": "unsure answers",
}
"""The kinds of gaps in words."""
BAR = 20
"""Cells of a progress bar."""


@dataclass(frozen=True)
class AboutGap:
    """A gap with its tasks and everything that was changed about it."""

    gap: Gap
    tasks: Sequence[TaskView]
    updates: Sequence[GapUpdate]


def gap_lines(about: AboutGap, width: int) -> Iterator[Line]:
    """A gap, its evidence, and what is being done about it."""
    gap = about.gap
    state = span(*GAP_STATES[gap.status.value])
    yield line(span(*SEVERITIES[gap.severity.value]), "  ", state, span(f"  {KINDS[gap.gap_type.value]}", "muted"))
    yield from wrap(gap.description, width, "strong")
    yield EMPTY
    yield from wrap(f"→ {gap.suggested_action}", width)
    needs = f"about {gap.estimated_records_needed} labeled pairs are needed (estimate: {gap.estimate_basis})"
    yield from wrap(needs, width, "muted")
    if gap.resolution_notes:
        yield from wrap(f"{GAP_STATES[gap.status.value][0]}: {gap.resolution_notes}", width)
    yield EMPTY
    yield from _evidence_lines(gap, width)
    yield EMPTY
    if about.tasks:
        yield line(span("Tasks", "title"))
        for view in about.tasks:
            yield line(*_progress(view), "  ", span(*TASK_STATES[view.task.status.value]), f"  {view.task.title}")
    elif gap.status is GapStatus.IDENTIFIED:
        yield line(span("n", "key"), ": create a task with its pairs")
    if about.updates:
        yield EMPTY
        yield line(span("Changes", "title"))
        for update in reversed(about.updates):
            by = "by the analysis" if update.by_analysis else f"by {update.by}"
            when = update.at.astimezone().strftime("%m-%d %H:%M")
            text = f"{when} {update.field}: {update.before} → {update.after}, {by}. {update.note}"
            yield from wrap(text, width, "muted")


def _evidence_lines(gap: Gap, width: int) -> Iterator[Line]:
    evidence = gap.evidence
    counts = [
        f"{name} {evidence[name]:,}" for name in ("rows", "wrong", "unseen", "unsure", "doubtful") if name in evidence
    ]
    ids = [f"{len(evidence[name])} {name}" for name in ("pairs", "requests") if evidence.get(name)]
    seen = "" if gap.seen_at is None else f"seen {gap.seen_at.astimezone():%Y-%m-%d %H:%M}, "
    amounts = ", ".join([*counts, *ids]) or "counts only"
    yield from wrap(f"evidence ({seen}{gap.model_name}): {amounts}", width, "muted")
    for name in ("pairs", "requests"):
        if evidence.get(name):
            yield from wrap(f"{name}: {' '.join(one[:8] for one in evidence[name][:10])}", width, "muted", indent="  ")


def report_lines(report: AnalysisReport, width: int) -> Iterator[Line]:
    """What an analysis looked at, what it found, and what could not be looked at."""
    from ontos_tui.services.improve.gaps.findings import BANDS

    name = "" if report.model is None else f" of {report.model.label()}"
    yield line(span(f"Analysis{name}", "title"))
    yield from wrap(report.summary, width)
    if report.model is None:
        yield EMPTY
        yield line(span("4", "key"), ": open TRAIN")
        return
    yield EMPTY
    for one in report.examined:
        mark = span("– ", "muted") if one.reason else span(f"{len(one.findings)} ", "strong")
        yield line(mark, span(KINDS[one.gap_type.value], "strong"))
        yield from wrap(one.reason or one.looked_at, width, "muted", indent="  ")
    for gap in report.resolved:
        yield from wrap(f"✓ closed by evidence: {gap.description}", width, "good")
    yield EMPTY
    yield from wrap(BANDS, width, "muted")


def task_lines(view: TaskView, width: int) -> Iterator[Line]:
    """A task: what is to be done, by whom, and how far it is."""
    task = view.task
    yield from wrap(task.title, width, "title")
    who = task.assignee or "not assigned"
    yield line(span(*TASK_STATES[task.status.value]), span(f"  {task.priority.value}, {who}", "muted"))
    if task.due_date is not None:
        yield line(span(f"due {task.due_date:%Y-%m-%d}", "muted"))
    yield EMPTY
    yield line(*_progress(view), f"  {view.done:,} of {task.target_record_count:,} decided")
    yield line(span(f"{view.items:,} pairs are in the task", "muted"))
    if view.missing and task.training_sheet_id is None:
        yield from wrap("It was imported without its training sheet, so there are no pairs.", width, "warn")
    elif view.missing:
        text = f"{view.missing:,} pairs are missing: add data or convert feedback, then press f"
        yield from wrap(text, width, "warn")
    if view.items > view.done and task.status in (TaskStatus.PENDING, TaskStatus.ASSIGNED, TaskStatus.IN_PROGRESS):
        yield line(span("enter", "key"), ": open the queue with only these pairs")
    elif task.status is TaskStatus.REVIEW:
        yield line(span("m", "key"), ": complete it or send it back")
    yield EMPTY
    yield line(span("Gap ", "title"), span(*GAP_STATES[view.gap.status.value]))
    yield from wrap(view.gap.description, width, "muted")
    if task.instructions.strip():
        yield EMPTY
        yield line(span("Instructions", "title"))
        yield from wrap(task.instructions, width)


def _progress(view: TaskView) -> tuple[Span, ...]:
    share = min(1.0, view.done / view.task.target_record_count)
    filled = round(share * BAR)
    return span("━" * filled, "good"), span("─" * (BAR - filled), "muted")


def curve_lines(curve: Curve, width: int) -> Iterator[Line]:
    """Every version of a model with its score and interval as a bar."""
    from ontos_tui.services.train.learning_curve import score_range

    low, high = score_range(curve)
    scores = [point.score for point in curve.points if point.score is not None]
    metric = scores[0].metric if scores else "no score"
    better = "" if not scores else ", higher is better" if scores[0].higher_is_better else ", lower is better"
    yield line(span(f"{curve.name} ", "title"), span(f"{curve.field}: {metric}{better}", "muted"))
    yield from wrap(curve.basis, width, "muted")
    yield EMPTY
    room = max(10, min(60, width - 40))
    for point in curve.points:
        yield from _point_lines(point, low, high, room, width)
    yield EMPTY
    yield line(span(f"{'':5}{low:<{room // 2}.3g}{high:>{room - room // 2}.3g}", "muted"))
    yield line(span("├ ● ┤ is the score with its 95 % interval", "muted"))


def _point_lines(point: CurvePoint, low: float, high: float, room: int, width: int) -> Iterator[Line]:
    from ontos_tui.services.train.learning_curve import bar

    name = span(f"v{point.model.version}", "strong", 5)
    if point.score is None:
        yield line(name, span(f"no score: {point.note}", "muted"))
        return
    score = point.score
    style = "muted" if point.is_own else "accent"
    numbers = f"  {score.value:.3g} ({score.low:.3g}–{score.high:.3g}) n {score.n:,}"
    yield line(name, span(bar(score, low, high, room), style), numbers)
    if point.is_own:
        yield from wrap(f"its own evaluation{f': {point.note}' if point.note else ''}", width, "warn", indent="     ")
