"""`ontos sheet`: which rows and columns of a table are used, and what identifies an item."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import count, facts, table
from ontos_tui.cli.core.session import Limit, Offset, Session
from ontos_tui.cli.data.tables import Filter, page_lines
from ontos_tui.domain.records.data import Sampling, Sheet, WindowLabel, unnamed_in_words, windows_in_words
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


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(sheets, name="sheet")


@sheets.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="the sheet's name")],
    source: Annotated[str, typer.Option("--table", help="catalog.schema.table")],
    item_id: ItemId = None,
    columns: Columns = None,
    image_columns: Images = None,
    filter_expression: Filter = None,
    sampling: SamplingOption = None,
    sample_size: SampleSize = None,
    sample_by: SampleBy = None,
    sample_seed: SampleSeed = None,
    window_size: WindowSize = None,
    window_step: WindowStep = None,
    window_group: WindowGroup = None,
    window_order: WindowOrder = None,
    window_labels: WindowLabels = None,
    description: Description = None,
    use_case: UseCaseOption = None,
) -> None:
    """Create a sheet over a table."""
    session = Session.of(context)
    options = _given(
        item_id_column=item_id,
        columns=columns,
        image_columns=image_columns,
        filter_expression=filter_expression,
        sampling=sampling,
        sample_size=sample_size,
        sample_by=sample_by,
        sample_seed=sample_seed,
        **_windows(window_size, window_step, window_group, window_order, window_labels),
        description=description,
        use_case=use_case,
    )
    _show_sheet(session, session.workspace.data.sheets.create_sheet(name, source, **options))


@sheets.command("edit")
def edit(
    context: typer.Context,
    sheet: SheetRef,
    name: Annotated[str | None, typer.Option("--name", help="another name")] = None,
    source: Annotated[str | None, typer.Option("--table", help="catalog.schema.table")] = None,
    item_id: ItemId = None,
    columns: Columns = None,
    image_columns: Images = None,
    filter_expression: Filter = None,
    sampling: SamplingOption = None,
    sample_size: SampleSize = None,
    sample_by: SampleBy = None,
    sample_seed: SampleSeed = None,
    window_size: WindowSize = None,
    window_step: WindowStep = None,
    window_group: WindowGroup = None,
    window_order: WindowOrder = None,
    window_labels: WindowLabels = None,
    description: Description = None,
    use_case: UseCaseOption = None,
) -> None:
    """Change a sheet; what is not named stays. `--filter ""` removes the filter."""
    session = Session.of(context)
    changes = _given(
        name=name,
        source_table=source,
        item_id_column=item_id,
        columns=columns,
        image_columns=image_columns,
        filter_expression=filter_expression,
        sampling=sampling,
        sample_size=sample_size,
        sample_by=sample_by,
        sample_seed=sample_seed,
        **_windows(window_size, window_step, window_group, window_order, window_labels),
        description=description,
        use_case=use_case,
    )
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


def _windows(
    size: int | None, step: int | None, group: str | None, order: str | None, labels: list[str] | None
) -> dict[str, Any]:
    """The options about windows; a size of 0 removes them all."""
    if size == 0:
        plain = dict.fromkeys(("window_size", "window_step", "window_group", "window_order"), 0)
        return {**plain, "window_group": "", "window_order": "", "window_labels": {}}
    pairs = [label.partition("=")[::2] for label in labels or ()]
    for column, how in pairs:
        if not column or how not in list(WindowLabel):
            raise typer.BadParameter(f"--window-label {column}={how}: write COLUMN=HOW with {', '.join(WindowLabel)}.")
    given = {"window_size": size, "window_step": step, "window_group": group, "window_order": order}
    return {**given, "window_labels": dict(pairs) if labels is not None else None}


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
            ("columns", ", ".join(sheet.columns) or "all"),
            ("images", ", ".join(sheet.image_columns)),
            ("filter", sheet.filter_expression),
            ("sample", sample if sheet.sample_size else ""),
        ]
    )


def _identity(sheet: Sheet) -> str:
    if sheet.windows is not None:
        return "group@start"
    return sheet.item_id_column or unnamed_in_words(sheet.source_table)
