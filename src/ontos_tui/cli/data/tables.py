"""`ontos data`: data files as tables, the team's tables, and their first rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import count, fields, fits, table
from ontos_tui.cli.core.session import Limit, Offset, Session
from ontos_tui.cli.data.report_lines import report_lines, summary_lines
from ontos_tui.domain.records.data import Page
from ontos_tui.domain.records.reading import DateOrder
from ontos_tui.domain.terminal_text import safe_line
from ontos_tui.services.data.reading import FileReport, options_of

data = noun_group("Tables: data files on this machine, and the team's tables.")

Filter = Annotated[str | None, typer.Option("--filter", help='a predicate over the columns, such as "speed > 3"')]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(data, name="data")


@data.command("add")
def add(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="text (.csv, .tsv, .txt, .dat), .xlsx, .ods, JSON, Parquet")
    ],
    name: Annotated[str, typer.Option("--name", help="the table's name, for one file; otherwise the file's")] = "",
    column_names: Annotated[
        str, typer.Option("--names", metavar="NAME,NAME…", help="the columns, where the file names none")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only report what is understood; add nothing")] = False,
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME|NUMBER", help="of a workbook; the first is number 1")
    ] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="such as utf-8, utf-16, cp1252")] = None,
    separator: Annotated[
        str | None, typer.Option("--separator", help="a sign, or tab, blank (any number of them), fixed")
    ] = None,
    header_line: Annotated[
        int | None, typer.Option("--header-line", min=0, help="the line of the names; 0: the file names none")
    ] = None,
    skip_lines: Annotated[
        int | None, typer.Option("--skip-lines", min=0, help="lines at the beginning that are left out")
    ] = None,
    units_line: Annotated[
        int | None, typer.Option("--units-line", "--units-row", min=0, help="the line of the units; 0: there is none")
    ] = None,
    footer_lines: Annotated[
        int | None, typer.Option("--footer-lines", min=0, help="lines at the end that are left out")
    ] = None,
    decimal: Annotated[str | None, typer.Option("--decimal", help="the decimal mark: . or ,")] = None,
    missing: Annotated[
        list[str] | None,
        typer.Option("--missing", metavar="WORD", help="means no value, instead of the usual words (repeatable)"),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="NAME:TYPE", help="text, number, time or boolean (repeatable)"),
    ] = None,
    day_first: Annotated[bool, typer.Option("--day-first", help="01/02/2024 is in February")] = False,
    month_first: Annotated[bool, typer.Option("--month-first", help="01/02/2024 is in January")] = False,
    year_first: Annotated[bool, typer.Option("--year-first", help="01/02/03 is in 2001")] = False,
    timezone: Annotated[
        str | None, typer.Option("--timezone", help="of times that name none, such as Europe/Berlin")
    ] = None,
    limits: Annotated[
        str | None, typer.Option("--limits", help="what <40 is: its number (number), or no value (missing)")
    ] = None,
) -> None:
    """Add data files as tables. They are read where they are, not copied; how is decided by the whole file."""
    session = Session.of(context)
    if name and len(files) > 1:
        raise typer.BadParameter("--name goes with one file only.")
    orders = [order for order, given in zip(DateOrder, (day_first, month_first, year_first), strict=True) if given]
    if len(orders) > 1:
        raise typer.BadParameter("Only one of --day-first, --month-first and --year-first.")
    decisions = {
        "sheet": sheet,
        "encoding": encoding,
        "separator": separator,
        "header_line": header_line,
        "skip_lines": skip_lines,
        "units_line": units_line,
        "footer_lines": footer_lines,
        "decimal": decimal,
        "missing": missing or None,
        "column_types": _types(column or []) or None,
        "date_order": orders[0] if orders else None,
        "timezone": timezone,
        "limits": limits,
    }
    options = options_of({key: value for key, value in decisions.items() if value is not None})
    names = [one.strip() for one in column_names.split(",")] if column_names else ()
    data_service = session.workspace.data.sheets
    if dry_run:
        reports = [data_service.file_report(file, names, options) for file in files]
        _show_reports(session, reports)
        return
    added = [data_service.add_file(file, name or None, column_names=names, options=options) for file in files]
    rows = [(item.address, item.format, item.bytes, item.path) for item in added]
    notes = [line for item in added if item.reading is not None for line in summary_lines(item.reading.notes)]
    advice = [f"All that was understood: ontos data report {item.address}" for item in added[:1]] if notes else []
    session.show(added, lambda: [*table(("address", "format", "bytes", "file"), rows), *notes, *advice])


def _types(columns: list[str]) -> dict[str, str]:
    """NAME:TYPE as a mapping; a name may hold colons."""
    types = {}
    for one in columns:
        name, colon, kind = one.rpartition(":")
        if not colon or kind not in ("text", "number", "time", "boolean"):
            raise typer.BadParameter(f"--column {one}: write NAME:TYPE, with text, number, time or boolean.")
        types[name] = kind
    return types


def _show_reports(session: Session, reports: list[FileReport]) -> None:
    """Print reports. What is left to decide is told as wrong usage: the exit status is 2, the option named."""
    session.show(reports, lambda: [line for report in reports for line in report_lines(report)])
    if any(report.reading.questions for report in reports):
        raise typer.Exit(2)


@data.command("report")
def report(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="TABLE|FILE", help="a table's address or name, or a file")],
) -> None:
    """What was understood of a file: encoding, names, and every column's type, missing words and odd values."""
    session = Session.of(context)
    service = session.workspace.data.sheets
    path = Path(source).expanduser()
    known = {str(table.address) for table in service.tables()} if path.is_file() else set()
    is_file = path.is_file() and source not in known
    _show_reports(session, [service.file_report(path) if is_file else service.table_report(source)])


@data.command("list")
def list_tables(context: typer.Context) -> None:
    """The tables."""
    session = Session.of(context)
    tables = session.workspace.data.sheets.tables()
    rows = [(str(item.address), item.rows, len(item.columns), item.path) for item in tables]
    empty = "No tables. Add a file: `ontos data add FILE`. Sample data: `ontos seed`"
    session.show(tables, lambda: table(("address", "rows", "columns", "file"), rows, empty))


@data.command("browse")
def browse(
    context: typer.Context,
    prefix: Annotated[str, typer.Argument(metavar="[CATALOG[.SCHEMA]]", help="what to look into")] = "",
) -> None:
    """The team's Databricks workspace: its catalogs, a catalog's schemas, a schema's tables."""
    session = Session.of(context)
    nodes = list(session.workspace.data.sheets.browse(prefix))
    rows = [(node.address, node.kind, node.problem or node.remark) for node in nodes]
    session.show(nodes, lambda: table(("address", "kind", "remark"), rows, "Empty, or you have no right to see it."))


@data.command("preview")
def preview(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="catalog.schema.table")],
    filter_expression: Filter = None,
    limit: Limit = 10,
    offset: Offset = 0,
) -> None:
    """Some rows of a table."""
    session = Session.of(context)
    page = session.workspace.data.sheets.preview(address, filter=filter_expression or "", limit=limit, offset=offset)
    session.show(page, lambda: page_lines(page))


def page_lines(page: Page) -> list[str]:
    """Some rows: as a table where it fits into the terminal, else one field a line."""
    names = [column.name for column in page.columns]
    rows = [(item.ref, *(item.fields.get(name) for name in names)) for item in page.items]
    lines = table(("item", *names), rows, "No rows.")
    if not fits(lines):
        lines = [line for item in page.items for line in (f"── {safe_line(item.ref)}", *fields(item.fields))]
    notes = [safe_line(note) for note in page.notes]
    return [*lines, f"{len(rows):,} of {count(page.total, 'row')}", *notes]
