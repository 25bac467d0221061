"""DATA: data files as tables, and the sheets that point at them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ontos_tui.cli.core.groups import group
from ontos_tui.cli.core.output import count, facts, fields, fits, table
from ontos_tui.cli.core.session import Limit, Offset, Session
from ontos_tui.domain.records.data import Page, Sampling, Sheet, WindowLabel, unnamed_in_words, windows_in_words
from ontos_tui.domain.terminal_text import safe_line

data = group("Data files that are offered as tables.")
sheets = group("Sheets: which rows and columns of a table are used, and what identifies an item.")

SheetRef = Annotated[str, typer.Argument(metavar="SHEET", help="name or id of the sheet")]
Columns = Annotated[list[str] | None, typer.Option("--column", help="a column that is used; may be repeated")]
Images = Annotated[list[str] | None, typer.Option("--image-column", help="a column with paths of images; repeatable")]
ItemId = Annotated[str | None, typer.Option("--item-id", help="column that identifies an item")]
Filter = Annotated[str | None, typer.Option("--filter", help='a predicate over the columns, such as "speed > 3"')]
SamplingOption = Annotated[Sampling | None, typer.Option("--sampling", help="how rows are chosen")]
SampleSize = Annotated[int | None, typer.Option("--sample-size", min=1, help="so many rows")]
SampleBy = Annotated[str | None, typer.Option("--sample-by", help="column whose values are kept in proportion")]
SampleSeed = Annotated[int | None, typer.Option("--sample-seed", help="another seed, another random sample")]
WindowSize = Annotated[
    int | None, typer.Option("--window-size", min=0, help="items are windows of so many rows; 0: every row is an item")
]
WindowStep = Annotated[int | None, typer.Option("--window-step", min=0, help="rows to the next window; 0: its size")]
WindowGroup = Annotated[str | None, typer.Option("--group", help="column that tells the streams apart")]
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
    root.add_typer(data, name="data")
    root.add_typer(sheets, name="sheet")


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
    """Offer data files as tables. They are read where they are."""
    session = Session.of(context)
    if name and len(files) > 1:
        raise typer.BadParameter("--name goes with one file only.")
    names = [one.strip() for one in column_names.split(",")] if column_names else ()
    added = [session.workspace.data.sheets.add_file(file, name or None, column_names=names) for file in files]
    rows = [(item.address, item.format, item.bytes, item.path) for item in added]
    session.show(added, lambda: table(("address", "format", "bytes", "file"), rows))


@data.command("list")
def list_tables(context: typer.Context) -> None:
    """The tables on offer."""
    session = Session.of(context)
    found = session.workspace.data.sheets.tables()
    rows = [(str(item.address), item.rows, len(item.columns), item.path) for item in found]
    empty = "No tables yet. Add a file with `ontos data add FILE`, or start with `ontos seed`."
    session.show(found, lambda: table(("address", "rows", "columns", "file"), rows, empty))


@data.command("browse")
def browse(
    context: typer.Context,
    prefix: Annotated[str, typer.Argument(metavar="[CATALOG[.SCHEMA]]", help="what to look into")] = "",
) -> None:
    """The team's Databricks workspace: its catalogs, a catalog's schemas, a schema's tables."""
    session = Session.of(context)
    found = list(session.workspace.data.sheets.browse(prefix))
    rows = [(node.address, node.kind, node.problem or node.remark) for node in found]
    session.show(found, lambda: table(("address", "kind", "remark"), rows, "Nothing there, or nothing you may see."))


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
    _show_page(
        session,
        session.workspace.data.sheets.preview(address, filter=filter_expression or "", limit=limit, offset=offset),
    )


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
    """Make a sheet over a table."""
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
    """Change a sheet; what is not named stays. `--filter ""` takes the filter away."""
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
        raise typer.BadParameter("Say what to change, such as --filter or --name.")
    _show_sheet(session, session.workspace.data.sheets.edit_sheet(sheet, **changes))


@sheets.command("delete")
def delete(context: typer.Context, sheet: SheetRef) -> None:
    """Take a sheet out of the lists. Pairs that were made from it stay."""
    session = Session.of(context)
    gone = session.workspace.data.sheets.delete_sheet(sheet)
    session.show(gone, lambda: [f"Deleted the sheet {safe_line(gone.name)!r}. Its training sheets keep their pairs."])


@sheets.command("list")
def list_sheets(
    context: typer.Context,
    search: Annotated[str, typer.Option("--search", help="part of the name")] = "",
) -> None:
    """The sheets."""
    session = Session.of(context)
    found = session.workspace.data.sheets.sheets(search)
    rows = [(item.id[:8], item.name, item.item_count, item.source_table, item.filter_expression) for item in found]
    empty = "No sheets. Make one with `ontos sheet create NAME --table ADDRESS`, or start with `ontos seed`."
    session.show(found, lambda: table(("id", "name", "items", "table", "filter"), rows, empty))


@sheets.command("show")
def show(context: typer.Context, sheet: SheetRef, limit: Limit = 5, offset: Offset = 0) -> None:
    """A sheet and some of its items."""
    session = Session.of(context)
    found = session.workspace.data.sheets.sheet(sheet)
    page = session.workspace.data.sheets.sheet_page(found.id, limit=limit, offset=offset)
    session.show({"sheet": found, "page": page}, lambda: [*_sheet_lines(found), "", *_page_lines(page)])


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _windows(
    size: int | None, step: int | None, group: str | None, order: str | None, labels: list[str] | None
) -> dict[str, Any]:
    """What was said about windows; a size of 0 takes them all back."""
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


def _show_page(session: Session, page: Page) -> None:
    session.show(page, lambda: _page_lines(page))


def _page_lines(page: Page) -> list[str]:
    names = [column.name for column in page.columns]
    rows = [(item.ref, *(item.fields.get(name) for name in names)) for item in page.items]
    lines = table(("item", *names), rows, "No rows.")
    if not fits(lines):
        lines = [line for item in page.items for line in (f"── {safe_line(item.ref)}", *fields(item.fields))]
    notes = [safe_line(note) for note in page.notes]
    return [*lines, f"{len(rows):,} of {count(page.total, 'row')}", *notes]
