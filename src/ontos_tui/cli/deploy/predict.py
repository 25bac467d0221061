"""`ontos predict`: a model answers every row of a table."""

from __future__ import annotations

import math
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import count, facts
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.services.deploy.scoring.targets import in_warehouse

if TYPE_CHECKING:
    from ontos_tui.domain.learning import Progress
    from ontos_tui.services.deploy.scoring.service import ScoringReport
    from ontos_tui.services.deploy.scoring.warehouse import WarehousePlan


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("predict")(predict)


def predict(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="a model: name, name:VERSION or id; or the name of an endpoint")],
    source: Annotated[str, typer.Argument(help="a data file, a sheet, or a table: catalog.schema.table")],
    out: Annotated[
        str, typer.Option("--out", metavar="FILE|TABLE", help="a .csv, .xlsx, .parquet or .jsonl file; or a table")
    ],
    with_columns: Annotated[bool, typer.Option("--with-columns", help="the columns of the source as well")] = False,
    excel_safe: Annotated[
        bool, typer.Option("--excel-safe", help="CSV: an apostrophe before texts that a spreadsheet would calculate")
    ] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="only show how long it takes in the warehouse, and what it costs")
    ] = False,
    spark: Annotated[
        bool, typer.Option("--spark", help="in the workspace: as a Spark job, which needs no endpoint")
    ] = False,
    background: Annotated[
        bool, typer.Option("--background", help="as a job that goes on without this terminal")
    ] = False,
) -> None:
    """Let a model answer every row of a table. Stopped in between, the same command goes on where it was.

    Where both tables are in the team's workspace, its warehouse asks an endpoint there, and no row comes here.
    """
    session = Session.of(context)
    if in_warehouse(out):
        there = session.workspace.deploy.warehouse_scoring.plan(model, source, out, spark=spark)
        _in_warehouse(session, there, background=background, estimate=estimate)
        return
    if spark:
        raise typer.BadParameter("A Spark job scores tables of the workspace into one: --out catalog.schema.table.")
    if estimate:
        raise typer.BadParameter("An estimate is for tables of the workspace: scoring here costs nothing.")
    service = session.workspace.deploy.scoring
    plan = service.plan(model, source, out, with_columns=with_columns, excel_safe=excel_safe)
    if background:
        session.show_job(service.submit(plan))
        return
    if plan.finished:
        finished = f"{plan.finished:,} of {count(plan.source.total, 'row')} were finished before; going on after them."
        print(finished, file=sys.stderr)
    with session.progress() as line:
        try:
            report = service.run(plan, _TimeLeft(line))
        except KeyboardInterrupt:
            print("\nThe same command goes on where it was stopped.", file=sys.stderr)
            raise
    session.show(report, lambda: _lines(report))


def _in_warehouse(session: Session, plan: WarehousePlan, *, background: bool, estimate: bool) -> None:
    """The same where the rows are."""
    service = session.workspace.deploy.warehouse_scoring
    if estimate:
        expected = service.estimate(plan)
        session.show(
            {"estimate": expected, "rows": plan.source.total},
            lambda: facts(
                [
                    ("rows", f"{plan.source.total:,}"),
                    ("time", f"about {expected.seconds / 60:,.0f} min"),
                    ("cost", f"about {expected.cost:.2f} {expected.currency}"),
                    ("basis", expected.basis),
                ]
            ),
        )
        return
    if background:
        session.show_job(service.submit(plan))
        return
    with session.progress() as line:
        try:
            report = service.run(plan, line)
        except KeyboardInterrupt:
            print("\nThe same command goes on where it was stopped.", file=sys.stderr)
            raise
    session.show(report, lambda: _lines(report))


class _TimeLeft:
    """Progress with the time that is left, from the pace of this run."""

    def __init__(self, line: Progress) -> None:
        self._line = line
        self._first: int | None = None
        self._began = time.monotonic()

    def update(self, done: int, total: int, message: str = "") -> None:
        """Show `done` of `total`, and how long the rest takes at this pace."""
        if self._first is None:
            self._first = done
        pace = (done - self._first) / max(1e-6, time.monotonic() - self._began)
        left = f", about {math.ceil((total - done) / pace):,} s left" if pace > 0 else ""
        self._line.update(done, total, f"{message}{left}")


def _lines(report: ScoringReport) -> list[str]:
    pace = (report.rows - report.resumed) / max(1e-9, report.seconds)
    return facts(
        [
            ("model", report.model),
            ("source", safe_line(report.source, 200)),
            ("scored", f"{count(report.rows, 'row')}, {pace:,.0f} rows/s"),
            ("finished before", count(report.resumed, "row") if report.resumed else ""),
            ("no answer", f"{count(report.failed, 'row')}; the column `error` says why" if report.failed else ""),
            ("outside", f"{count(report.outside, 'row')} unlike what the model learned from" if report.outside else ""),
            ("table", report.table),
            ("file", "" if report.out == report.table else safe_line(report.out, 1_000)),
        ]
    )
