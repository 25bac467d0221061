"""The quality of a sheet, as lines of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontos_tui.services.data.quality.report import Decision, Finding
from ontos_tui.tui.widgets.lines import Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.services.data.quality.report import QualityReport


def report_lines(report: QualityReport, width: int) -> list[Line]:
    """What was looked at, and how much was found."""
    open_findings = len(report.findings)
    amount = f"{open_findings} finding{'' if open_findings == 1 else 's'}" if open_findings else "nothing to remedy"
    answer = f"answer {report.answer}" if report.answer else "no answer column: c chooses one"
    return [
        line(
            span(report.sheet or report.table, "title"),
            span(f"  {amount}", "warn" if open_findings else "good"),
            span(f"  {len(report.decisions)} decided" if report.decisions else "", "muted"),
        ),
        line(span(f"{report.rows:,} rows ({report.basis}), {report.columns} columns, {answer}", "muted", width)),
    ]


def entry_cells(entry: Finding | Decision) -> Sequence[object]:
    """A line of the list: the rows, what it is, the column, and the rest as far as it fits."""
    if isinstance(entry, Decision):
        return ("", span("✓ decided", "good"), span(entry.column, "muted"), span(entry.text, "muted"))
    style = "bad" if entry.in_answer else "text"
    return (f"{entry.rows:,}", span(entry.kind.value, style), entry.column, span(_without_count(entry), "muted"))


def _without_count(finding: Finding) -> str:
    """The text without the number in front, which stands in the first column already."""
    for noun in ("rows", "row", "numbers", "number"):
        head = f"{finding.rows:,} {noun} "
        if finding.text.startswith(head):
            return finding.text.removeprefix(head)
        if finding.text.startswith(head.strip() + ": "):
            return finding.text.removeprefix(head.strip() + ": ")
    return finding.text


def entry_lines(entry: Finding | Decision, width: int) -> list[Line]:
    """All about what is under the cursor, and what its keys do."""
    if isinstance(entry, Decision):
        return [*wrap(f"✓ {entry.text}", width), line(span("u", "key"), span(" takes it back", "muted"))]
    lines = wrap(f"{entry.column}: {entry.text}" if entry.column else entry.text, width)[:3]
    if entry.decision is not None:
        lines.append(line(span("f", "key"), span(f" {entry.decision.text}", "text", width - 3)))
    if entry.has_rows:
        lines.append(line(span("enter", "key"), span(" shows its rows", "muted")))
    return lines
