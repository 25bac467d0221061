"""`ontos data compute`: columns that are computed of others."""

from __future__ import annotations

from typing import Annotated

import typer

from ontos_tui.cli.core.output import facts
from ontos_tui.cli.core.session import Session
from ontos_tui.cli.data.tables import data, page_lines
from ontos_tui.domain.records.derived import EventTable
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.services.data.derived_tables.computed import ComputedReport, ComputedSpec


def register(root: typer.Typer) -> None:
    """Add the commands to `ontos data`."""
    data.command("compute")(compute)


def compute(
    context: typer.Context,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="a table's address or name")],
    formula: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME = FORMULA",
            help="in quotes: 'power = torque * speed'; remaining(), from_first(COLUMN, N), rolling_mean(COLUMN, N), "
            "time_since(CONDITION), event_label() need --by and --order",
        ),
    ] = None,
    group: Annotated[
        str, typer.Option("--by", metavar="COLUMN", help="separates the units; nothing crosses them")
    ] = "",
    order: Annotated[str, typer.Option("--order", metavar="COLUMN", help="orders the rows of a unit")] = "",
    cap: Annotated[str, typer.Option("--cap", metavar="N", help="what remaining() is at most: 125, 30d")] = "",
    events: Annotated[str, typer.Option("--events", metavar="TABLE", help="a table of events")] = "",
    start: Annotated[str, typer.Option("--start", metavar="COLUMN", help="of the events: when they began")] = "",
    end: Annotated[str, typer.Option("--end", metavar="COLUMN", help="of the events: when they ended")] = "",
    label: Annotated[str, typer.Option("--label", metavar="COLUMN", help="of the events: what they were")] = "",
    events_by: Annotated[
        str | None, typer.Option("--events-by", metavar="COLUMN", help="of the events: the unit; the name in --by")
    ] = None,
    remove: Annotated[str, typer.Option("--remove", metavar="NAME", help="remove a computed column")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show the first rows and the counts")] = False,
) -> None:
    """Add a column to a table, computed of the others; nothing crosses units, and only remaining() looks ahead."""
    session = Session.of(context)
    service = session.workspace.data.computed
    if remove:
        changed = service.remove(table, remove)
        session.show(changed, lambda: [f"Removed {safe_line(remove)!r} from {changed.address}."])
        return
    name, equals, expression = " ".join(formula or ()).partition("=")
    if not equals or not name.strip() or not expression.strip():
        raise typer.BadParameter("Write NAME = FORMULA in quotes, such as 'power = torque * speed'.")
    event_table = None
    if events:
        if not start:
            raise typer.BadParameter("--events needs --start, the column of when an event began.")
        unit = group if events_by is None else events_by
        event_table = EventTable(table=events, start=start, end=end, label=label, group=unit)
    spec = ComputedSpec(table, name.strip(), expression.strip(), group, order, cap, event_table)
    report = service.report(spec) if dry_run else service.add(spec)
    session.show(report, lambda: report_lines(report, added=not dry_run))


def report_lines(report: ComputedReport, *, added: bool) -> list[str]:
    """What became of a computed column, and the first rows."""
    counts, column = report.counts, report.column
    reason = f": {counts.reason}" if counts.reason else ""
    lines = facts(
        [
            ("table", report.address),
            ("column", safe_line(f"{column.name} = {column.formula} ({report.type})")),
            ("by", safe_line(column.group)),
            ("ordered by", safe_line(column.order)),
            ("computed", f"{counts.computed:,} of {counts.rows:,} rows"),
            ("missing inputs", f"{counts.missing_inputs:,}" if counts.missing_inputs else ""),
            ("not computed", f"{counts.not_computed:,}{reason}" if counts.not_computed else ""),
        ]
    )
    advice = ["Sheets have it once they are checked again: ontos sheet edit SHEET --check"] if added else []
    return [*lines, *map(safe_line, report.warnings), "", *page_lines(report.page), *advice]
