"""`ontos data`: data files as tables, the team's tables, and their first rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import count, fields, fits, table
from ontos_tui.cli.core.session import Limit, Offset, Session
from ontos_tui.cli.core.shared_options import with_options
from ontos_tui.cli.data.adding import Adding
from ontos_tui.cli.data.folder_options import FOLDER, folder_options
from ontos_tui.cli.data.reading_options import READING, reading_options
from ontos_tui.cli.data.report_lines import report_lines, summary_lines
from ontos_tui.domain.records.data import Page
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.services.data.folder_tables.service import FolderRequest
from ontos_tui.services.data.reading import FileReport

data = noun_group("Tables: data files on this machine, and the team's tables.")

Filter = Annotated[str | None, typer.Option("--filter", help='a predicate over the columns, such as "speed > 3"')]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(data, name="data")


@data.command("add")
@with_options({**FOLDER, **READING})
def add(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE|FOLDER…", help="text (.csv, .tsv, .txt, .dat), .xlsx, .ods, JSON, Parquet; a folder; '*.csv'"
        ),
    ],
    name: Annotated[str, typer.Option("--name", help="the table's name, for one file; otherwise the file's")] = "",
    column_names: Annotated[
        str, typer.Option("--names", metavar="NAME,NAME…", help="the columns, where the file names none")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only report what is understood; add nothing")] = False,
    **decisions: Any,
) -> None:
    """Add data files and folders as tables. How a file is read is decided by the whole file.

    Of a folder, the rows are its pictures, its documents, or those of all its data files: 'logs/*.csv' are one table.
    """
    session = Session.of(context)
    if name and len(files) > 1:
        raise typer.BadParameter("--name goes with one file only.")
    options = reading_options({key: value for key, value in decisions.items() if key not in FOLDER})
    names = [one.strip() for one in column_names.split(",")] if column_names else ()
    adding = Adding(session, name, names, options, folder_options(decisions))
    if dry_run:
        _show_reports(session, [adding.report(file) for file in files])
        return
    added = [adding.add(file) for file in files]
    rows = [(item.address, item.format, item.bytes, item.path) for item in added]
    notes = [line for item in added if item.reading is not None for line in summary_lines(item.reading.notes)]
    advice = [f"All that was understood: ontos data report {item.address}" for item in added[:1]] if notes else []
    session.show(added, lambda: [*table(("address", "format", "bytes", "file"), rows), *notes, *advice])


def _show_reports(session: Session, reports: list[FileReport]) -> None:
    """Print reports. What is left to decide is told as wrong usage: the exit status is 2, the option named."""
    session.show(reports, lambda: [line for report in reports for line in report_lines(report)])
    if any(report.reading.questions for report in reports):
        raise typer.Exit(2)


@data.command("report")
def report(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="TABLE|FILE", help="a table's address or name, a file or a folder")],
) -> None:
    """What was understood of a file: encoding, names, and every column's type, missing words and odd values."""
    session = Session.of(context)
    files = session.workspace.data.files
    path = Path(source).expanduser()
    known = {str(table.address) for table in session.workspace.data.catalog.tables()} if path.is_file() else set()
    is_file = path.is_file() and source not in known
    if session.workspace.data.folders.is_folder(path):
        _show_reports(session, [session.workspace.data.folders.report(FolderRequest(path))])
        return
    _show_reports(session, [files.file_report(path) if is_file else files.table_report(source)])


@data.command("list")
def list_tables(context: typer.Context) -> None:
    """The tables."""
    session = Session.of(context)
    tables = session.workspace.data.catalog.tables()
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
    nodes = list(session.workspace.data.catalog.browse(prefix))
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
    page = session.workspace.data.catalog.preview(address, filter=filter_expression or "", limit=limit, offset=offset)
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
