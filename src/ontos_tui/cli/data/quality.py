"""`ontos data quality`: what is wrong with a table before anybody labels it, and decisions that remedy it."""

from __future__ import annotations

from typing import Annotated

import typer

from ontos_tui.cli.core.output import facts, table
from ontos_tui.cli.core.session import Session
from ontos_tui.cli.data.tables import data
from ontos_tui.domain.errors import NotFoundError
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.services.data.quality.report import Decision, Finding, FindingKind, QualityReport, Remedy


def register(_: typer.Typer) -> None:
    """Add the command to the group of the tables."""
    data.command("quality")(quality)


def quality(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="TABLE|SHEET", help="a table's address or name, or a sheet")],
    answer: Annotated[str, typer.Option("--answer", metavar="COLUMN", help="the column that holds the answer")] = "",
    fix: Annotated[FindingKind | None, typer.Option("--fix", help="apply the remedy of such findings")] = None,
    undo: Annotated[
        FindingKind | None, typer.Option("--undo", help="take back what was decided about such findings")
    ] = None,
    column: Annotated[str, typer.Option("--column", metavar="COLUMN", help="only of this column")] = "",
) -> None:
    """What is wrong with a table or a sheet: missing words, spellings, leaks, duplicates, outliers and more.

    A remedy is a decision that is kept with the table or the sheet. No file is changed, and no item gets another name.
    """
    session = Session.of(context)
    service = session.workspace.data.quality
    report = service.look(source, answer)
    if fix is not None:
        decisions = [one.decision for one in report.findings if one.kind is fix and one.decision is not None]
        for decision in _of_column(decisions, column, f"fix of kind {fix.value}"):
            service.decide(source, decision)
        report = service.look(source, answer)
    elif undo is not None:
        decisions = [one for one in report.decisions if one.remedy in _REMEDIES[undo]]
        for decision in _of_column(decisions, column, f"decision of kind {undo.value}"):
            service.take_back(source, decision)
        report = service.look(source, answer)
    session.show(report, lambda: _lines(report, source))


_LEFT_OUT = (Remedy.LEAVE_OUT_COLUMN,)
_REMEDIES: dict[FindingKind, tuple[Remedy, ...]] = {
    FindingKind.MISSING_WORDS: (Remedy.NO_VALUE,),
    FindingKind.SPELLINGS: (Remedy.READ_AS,),
    FindingKind.OUTLIERS: (Remedy.LIMITS,),
    FindingKind.DUPLICATES: (Remedy.LEAVE_OUT_REPEATS,),
    FindingKind.LEAK: _LEFT_OUT,
    FindingKind.MISSING: _LEFT_OUT,
    FindingKind.CONSTANT: _LEFT_OUT,
    FindingKind.IDENTIFIER: _LEFT_OUT,
    FindingKind.NEAR_DUPLICATES: (),
}


def _of_column(decisions: list[Decision], column: str, what: str) -> list[Decision]:
    """Those about a column, or all. Raises NotFoundError where there is none."""
    chosen = [one for one in decisions if not column or one.column == column]
    if not chosen:
        raise NotFoundError(f"There is no {what}{f' for {column}' if column else ''}.", "See what there is: no --fix.")
    return chosen


def _lines(report: QualityReport, source: str) -> list[str]:
    head = [
        ("table", report.table),
        ("sheet", report.sheet),
        ("rows", f"{report.rows:,} ({report.basis})"),
        ("columns", f"{report.columns:,}"),
        ("answer", report.answer or "not known: --answer COLUMN"),
    ]
    rows = [(one.rows, one.kind.value, one.column, safe_line(one.text), _remedy(one)) for one in report.findings]
    lines = [*facts(head), ""]
    for count, kind, column, text, remedy in rows:
        lines.append(f"{count:>11,}  {kind}{f' · {safe_line(column)}' if column else ''}")
        lines.append(f"             {text}")
        lines += [f"             → {safe_line(remedy)}"] if remedy else []
    lines += [] if rows else ["Nothing to remedy."]
    if report.decisions:
        lines += ["", *table(("decided", ""), [("✓", one.text) for one in report.decisions])]
    if any(one.decision is not None for one in report.findings):
        lines += ["", "Apply a remedy with --fix and the word before the finding, for one of several with --column."]
    return lines


def _remedy(finding: Finding) -> str:
    return finding.decision.text if finding.decision is not None else ""
