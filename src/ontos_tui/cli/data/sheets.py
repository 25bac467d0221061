"""`ontos sheet`: which rows and columns of a table are used, and what identifies an item."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import count, facts, table
from ontos_tui.cli.core.session import Limit, Offset, Session
from ontos_tui.cli.data.tables import Filter, page_lines
from ontos_tui.domain.records.data import (
    OLD_NAMES,
    UNNAMED,
    ItemIdentity,
    Sampling,
    Sheet,
    WindowLabel,
    windows_in_words,
)
from ontos_tui.domain.terminal_text import safe_line

sheets = noun_group("Sheets: which rows and columns of a table are used, and what identifies an item.")

SheetRef = Annotated[str, typer.Argument(metavar="SHEET", help="name or id of the sheet")]
Columns = Annotated[list[str] | None, typer.Option("--column", help="a column that is used; may be repeated")]
Images = Annotated[list[str] | None, typer.Option("--image-column", help="a column with paths of images; repeatable")]
ItemId = Annotated[str | None, typer.Option("--item-id", help="column that identifies an item")]
SamplingOption = Annotated[Sampling | None, typer.Option("--sampling", help="how rows are chosen")]
SampleSize = Annotated[int | None, typer.Option("--sample-size", min=1, help="number of rows")]
SampleBy = Annotated[str | None, typer.Option("--sample-by", help="column whose values stay in proportion")]
SampleSeed = Annotated[int | None, typer.Option("--sample-seed", help="another seed, another random sample")]
WindowSize = Annotated[
    int | None, typer.Option("--window-size", min=0, help="items are windows of N rows; 0: every row is an item")
]
WindowStep = Annotated[int | None, typer.Option("--window-step", min=0, help="rows to the next window; 0: its size")]
WindowGroup = Annotated[str | None, typer.Option("--group", help="column that separates the streams")]
WindowOrder = Annotated[str | None, typer.Option("--order", help="column that orders a stream, such as its time")]
WindowLabels = Annotated[
    list[str] | None,
    typer.Option(
        "--window-label", metavar="COLUMN=HOW", help="a column with a label: last, max, mean, most; repeatable"
    ),
]
Description = Annotated[str | None, typer.Option("--description", help="what the sheet is for")]
UseCaseOption = Annotated[str | None, typer.Option("--use-case", help="what it belongs to")]


OPTIONS: Mapping[str, Any] = {
    "item_id_column": ItemId,
    "columns": Columns,
    "image_columns": Images,
    "filter_expression": Filter,
    "sampling": SamplingOption,
    "sample_size": SampleSize,
    "sample_by": SampleBy,
    "sample_seed": SampleSeed,
    "window_size": WindowSize,
    "window_step": WindowStep,
    "window_group": WindowGroup,
    "window_order": WindowOrder,
    "window_labels": WindowLabels,
    "description": Description,
    "use_case": UseCaseOption,
}
"""The options about a sheet's content, by the fields of the record that they fill."""


def with_sheet_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command with all of OPTIONS; of these it gets, as keyword arguments, the ones that were given."""
    signature = inspect.signature(command, eval_str=True)
    own = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in OPTIONS.items()
    ]

    @wraps(command)
    def run(**arguments: Any) -> None:
        fields = {name: arguments.pop(name) for name in OPTIONS}
        command(**arguments, **_given(**{**fields, **_windows(fields)}))

    run.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in (*own, *more)}
    return run


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(sheets, name="sheet")


@sheets.command("create")
@with_sheet_options
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="the sheet's name")],
    source: Annotated[str, typer.Option("--table", help="catalog.schema.table")],
    **fields: Any,
) -> None:
    """Create a sheet over a table."""
    session = Session.of(context)
    _show_sheet(session, session.workspace.data.sheets.create_sheet(name, source, **fields))


@sheets.command("edit")
@with_sheet_options
def edit(
    context: typer.Context,
    sheet: SheetRef,
    name: Annotated[str | None, typer.Option("--name", help="another name")] = None,
    source: Annotated[str | None, typer.Option("--table", help="catalog.schema.table")] = None,
    **fields: Any,
) -> None:
    """Change a sheet; what is not named stays. `--filter ""` removes the filter."""
    session = Session.of(context)
    changes = _given(name=name, source_table=source, **fields)
    if not changes:
        raise typer.BadParameter("Name what to change, such as --filter or --name.")
    _show_sheet(session, session.workspace.data.sheets.edit_sheet(sheet, **changes))


@sheets.command("delete")
def delete(context: typer.Context, sheet: SheetRef) -> None:
    """Remove a sheet from the lists. Its training sheets and their pairs stay."""
    session = Session.of(context)
    deleted = session.workspace.data.sheets.delete_sheet(sheet)
    line = f"Deleted the sheet {safe_line(deleted.name)!r}. Its training sheets keep their pairs."
    session.show(deleted, lambda: [line])


@sheets.command("list")
def list_sheets(
    context: typer.Context,
    search: Annotated[str, typer.Option("--search", help="part of the name")] = "",
) -> None:
    """The sheets."""
    session = Session.of(context)
    listed = session.workspace.data.sheets.sheets(search)
    rows = [(item.id[:8], item.name, item.item_count, item.source_table, item.filter_expression) for item in listed]
    empty = "No sheets. Create one: `ontos sheet create NAME --table ADDRESS`. Sample data: `ontos seed`"
    session.show(listed, lambda: table(("id", "name", "items", "table", "filter"), rows, empty))


@sheets.command("show")
def show(context: typer.Context, sheet: SheetRef, limit: Limit = 5, offset: Offset = 0) -> None:
    """A sheet and some of its items."""
    session = Session.of(context)
    record = session.workspace.data.sheets.sheet(sheet)
    page = session.workspace.data.sheets.sheet_page(record.id, limit=limit, offset=offset)
    session.show({"sheet": record, "page": page}, lambda: [*_sheet_lines(record), "", *page_lines(page)])


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _windows(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields about windows as they are stored; a size of 0 removes them all."""
    if fields["window_size"] == 0:
        return {"window_size": 0, "window_step": 0, "window_group": "", "window_order": "", "window_labels": {}}
    labels = fields["window_labels"]
    pairs = [label.partition("=")[::2] for label in labels or ()]
    for column, how in pairs:
        if not column or how not in list(WindowLabel):
            raise typer.BadParameter(f"--window-label {column}={how}: write COLUMN=HOW with {', '.join(WindowLabel)}.")
    return {"window_labels": dict(pairs) if labels is not None else None}


def _show_sheet(session: Session, sheet: Sheet) -> None:
    session.show(sheet, lambda: _sheet_lines(sheet))


def _sheet_lines(sheet: Sheet) -> list[str]:
    sample = f"{sheet.sampling}, {sheet.sample_size or 'all'}" + (f" by {sheet.sample_by}" if sheet.sample_by else "")
    return facts(
        [
            ("sheet", f"{sheet.name} ({sheet.id[:8]})"),
            ("description", sheet.description),
            ("table", sheet.source_table),
            ("items", count(sheet.item_count, "item")),
            ("items are", windows_in_words(sheet)),
            ("item id", _identity(sheet)),
            ("older names", OLD_NAMES if sheet.identity is ItemIdentity.POSITION else ""),
            ("columns", ", ".join(sheet.columns) or "all"),
            ("images", ", ".join(sheet.image_columns)),
            ("filter", sheet.filter_expression),
            ("sample", sample if sheet.sample_size else ""),
        ]
    )


def _identity(sheet: Sheet) -> str:
    if sheet.windows is not None:
        return "group@start"
    return sheet.item_id_column or UNNAMED
