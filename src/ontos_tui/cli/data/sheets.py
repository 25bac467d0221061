"""`ontos sheet`: which rows and columns of a table are used, and what identifies an item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import count, facts, table
from ontos_tui.cli.core.session import Limit, Offset, Session
from ontos_tui.cli.core.shared_options import with_options
from ontos_tui.cli.data.tables import Filter, page_lines
from ontos_tui.domain.catalog import TIMES_USUAL
from ontos_tui.domain.records.data import (
    OLD_NAMES,
    UNNAMED,
    ItemIdentity,
    Sampling,
    Sheet,
    WindowLabel,
    windows_in_words,
)
from ontos_tui.domain.records.derived import ColumnRole
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.services.data.derived_tables.service import amount

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
MaxGap = Annotated[
    str | None,
    typer.Option(
        "--max-gap",
        metavar="STEP",
        help="no window bridges a larger step: 10min, or a number; 0: bridge all; without: 10 times the usual step",
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
    "window_max_gap": MaxGap,
    "description": Description,
    "use_case": UseCaseOption,
}
"""The options about a sheet's content, by the fields of the record that they fill."""


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(sheets, name="sheet")


@sheets.command("create")
@with_options(OPTIONS)
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="the sheet's name")],
    source: Annotated[str, typer.Option("--table", help="catalog.schema.table")],
    **fields: Any,
) -> None:
    """Create a sheet over a table."""
    session = Session.of(context)
    created = session.workspace.data.sheets.create_sheet(name, source, **_sheet_fields(fields))
    session.show(created, lambda: [*_sheet_lines(created), *_gap_lines(session, created)])


@sheets.command("edit")
@with_options(OPTIONS)
def edit(
    context: typer.Context,
    sheet: SheetRef,
    name: Annotated[str | None, typer.Option("--name", help="another name")] = None,
    source: Annotated[str | None, typer.Option("--table", help="catalog.schema.table")] = None,
    check: Annotated[bool, typer.Option("--check", help="check it again: its source has changed")] = False,
    **fields: Any,
) -> None:
    """Change a sheet; what is not named stays. `--filter ""` removes the filter."""
    session = Session.of(context)
    changes = _given(name=name, source_table=source, **_sheet_fields(fields))
    if not changes and not check:
        raise typer.BadParameter("Name what to change, such as --filter or --name, or --check.")
    _show_sheet(session, session.workspace.data.sheets.edit_sheet(sheet, **changes))


@sheets.command("duplicate")
def duplicate(
    context: typer.Context,
    sheet: SheetRef,
    name: Annotated[str, typer.Option("--name", help="the new sheet's; without: NAME copy")] = "",
) -> None:
    """Another sheet that says the same, also what its columns are for. Pairs and labels stay with the first."""
    session = Session.of(context)
    _show_sheet(session, session.workspace.data.sheets.duplicate_sheet(sheet, name))


@sheets.command("roles")
def roles(
    context: typer.Context,
    sheet: SheetRef,
    decisions: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COLUMN=ROLE]…", help=f"{', '.join(ColumnRole)}; COLUMN= undoes it"),
    ] = None,
) -> None:
    """What the columns of a sheet are for. Ids, groups and notes are no features by default."""
    session = Session.of(context)
    service = session.workspace.data.roles
    listed = service.decide(sheet, dict(map(_role, decisions))) if decisions else service.roles(sheet)
    rows = [(one.column, one.role, "yes" if one.is_feature else "no", one.reason) for one in listed]
    session.show(listed, lambda: table(("column", "role", "feature", "why"), rows))


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


def _sheet_fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a sheet that the options give."""
    return _given(**{**options, **_windows(options)})


def _windows(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields about windows as they are stored; a size of 0 removes them all."""
    if fields["window_size"] == 0:
        none = {"window_size": 0, "window_step": 0, "window_group": "", "window_order": "", "window_labels": {}}
        return {**none, "window_max_gap": 0}
    labels = fields["window_labels"]
    pairs = [label.partition("=")[::2] for label in labels or ()]
    for column, how in pairs:
        if not column or how not in list(WindowLabel):
            raise typer.BadParameter(f"--window-label {column}={how}: write COLUMN=HOW with {', '.join(WindowLabel)}.")
    gap = fields["window_max_gap"]
    return {
        "window_labels": dict(pairs) if labels is not None else None,
        "window_max_gap": None if gap is None else amount(gap, "--max-gap"),
    }


def _role(text: str) -> tuple[str, ColumnRole | None]:
    column, equals, role = text.rpartition("=")
    if not equals or not column or (role and role not in list(ColumnRole)):
        raise typer.BadParameter(f"{text!r}: write COLUMN=ROLE with {', '.join(ColumnRole)}.")
    return column, ColumnRole(role) if role else None


def _gap_lines(session: Session, sheet: Sheet) -> list[str]:
    """What was seen of the steps of a sheet's streams, and where its windows end because of that."""
    steps = session.workspace.data.sheets.stream_steps(sheet.id) if sheet.windows is not None else None
    if steps is None:
        return []
    seen = f"The usual step is {steps.usual:g}, the largest {steps.largest:g}"
    if sheet.window_max_gap is None:
        return [f"{seen}: windows bridge every gap."]
    return [
        f"{seen} (seconds for times). No window bridges more than {sheet.window_max_gap:g}; {steps.gaps:,} steps are "
        f"larger than {TIMES_USUAL} times the usual one. Another limit: --max-gap"
    ]


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
