"""`ontos data`: data files as tables, the team's tables, and their first rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import count, fields, fits, table
from ontos_tui.cli.core.session import Limit, Offset, Session
from ontos_tui.domain.records.data import Page
from ontos_tui.domain.terminal_text import safe_line

data = noun_group("Tables: data files on this machine, and the team's tables.")

Filter = Annotated[str | None, typer.Option("--filter", help='a predicate over the columns, such as "speed > 3"')]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(data, name="data")


@data.command("add")
def add(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="CSV, JSONL, Parquet, or values between blanks (.txt)")
    ],
    name: Annotated[str, typer.Option("--name", help="the table's name, for one file; otherwise the file's")] = "",
    column_names: Annotated[
        str, typer.Option("--names", metavar="NAME,NAME…", help="the columns of values between blanks, one for each")
    ] = "",
) -> None:
    """Add data files as tables. They are read where they are, not copied."""
    session = Session.of(context)
    if name and len(files) > 1:
        raise typer.BadParameter("--name goes with one file only.")
    names = [one.strip() for one in column_names.split(",")] if column_names else ()
    added = [session.workspace.data.sheets.add_file(file, name or None, column_names=names) for file in files]
    rows = [(item.address, item.format, item.bytes, item.path) for item in added]
    session.show(added, lambda: table(("address", "format", "bytes", "file"), rows))


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
