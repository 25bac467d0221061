"""A column that is computed of the others: an expression, or a ready one by name; shown on rows while one types."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.records.derived import ColumnRole, ComputedKind, EventTable
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.forms.answer_form import read_integer
from ontos_tui.tui.dialogs.forms.form import FormField, Values
from ontos_tui.tui.stages.data.derived_tables.live_form import ADDED, LiveForm, preview_lines
from ontos_tui.tui.widgets.lines import Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import DataTable, Sheet
    from ontos_tui.services.data.derived_tables.computed import ComputedReport, ComputedSpec
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.workspace import Workspace

PREVIEWED = 5
FUNCTIONS = "abs ceil coalesce exp floor hour if ln log10 max min pow round sqrt year"


@dataclass(frozen=True)
class Ready:
    """A kind of computed column, as it is chosen from a list."""

    kind: ComputedKind
    title: str
    remark: str
    events: bool = False


READY = (
    Ready(ComputedKind.EXPRESSION, "Expression", "of the same row, such as torque * speed / 9.55"),
    Ready(
        ComputedKind.REMAINING, "Remaining until the end", "to the last row of the unit, with a cap: what to predict"
    ),
    Ready(ComputedKind.FROM_FIRST, "Difference to the first rows", "less the mean of the unit's first rows"),
    Ready(ComputedKind.ROLLING_MEAN, "Rolling mean", "of this row and those before it"),
    Ready(ComputedKind.TIME_SINCE, "Time since a condition", "since the last row that fulfilled it"),
    Ready(ComputedKind.TIME_SINCE, "Time since an event", "of another table, such as repairs", events=True),
    Ready(ComputedKind.EVENT_LABEL, "Label of an event", "of another table, such as failures", events=True),
)


@dataclass(frozen=True)
class Units:
    """What is proposed as the unit and the order of the rows; the table's columns, and those that are computed."""

    group: str
    order: str
    columns: tuple[str, ...]
    numbers: tuple[str, ...]
    table: DataTable


def compute_column(host: BackgroundMixin, sheet: Sheet, changed: Callable[[Sheet], None]) -> None:
    """Ask on the screen of `host` for a column of the sheet's table; the sheet, checked again, goes to `changed`."""

    def again(_: object) -> None:
        host.run_in_background(lambda workspace: workspace.data.sheets.edit_sheet(sheet.id), changed, group="do")

    def show(units: Units) -> None:
        present = units.table.computed

        def chosen(index: int | None) -> None:
            if index is None:
                return
            if index >= len(READY):
                name = present[index - len(READY)].name
                host.run_in_background(
                    lambda workspace: workspace.data.computed.remove(units.table.address, name), again, group="do"
                )
                return
            form = ComputedForm(units, READY[index])
            host.app.push_screen(form, lambda values: again(values[ADDED]) if values is not None else None)

        choices = [(one.title, one.remark) for one in READY]
        choices += [(f"Remove {one.name}", f"= {one.formula}") for one in present]
        host.app.push_screen(ChooseDialog(f"A column of {units.table.address}, computed how?", choices), chosen)

    host.run_in_background(lambda workspace: _units(workspace, sheet), show, group="do")


class ComputedForm(LiveForm["ComputedReport"]):
    """One computed column: what became of it over all rows, and the first of them."""

    def __init__(self, units: Units, ready: Ready) -> None:
        address = units.table.address
        super().__init__(
            f"{ready.title}: {ready.remark}",
            _fields(units, ready),
            look=lambda workspace, values: workspace.data.computed.report(spec_of(address, ready, values)),
            lines=lambda report, width: report_lines(report, units.columns, width),
            add=lambda workspace, values: workspace.data.computed.add(spec_of(address, ready, values)),
            verb="Add column",
        )


def _units(workspace: Workspace, sheet: Sheet) -> Units:
    """What is known of the sheet's rows. Raises InvalidInputError for a table of the team."""
    from ontos_tui.tabular.kinds_of_values import Kind, is_whole, kind_of

    table = workspace.data.computed.table(sheet.source_table)
    roles = {one.column: one.role for one in workspace.data.roles.roles(sheet.id)}
    names = [column.name for column in table.columns]
    numbers = [column for column in table.columns if kind_of(column) is Kind.NUMBER]
    numbers.sort(key=is_whole)  # counts and names of units are whole more often than what is measured
    group = sheet.window_group or next((name for name in names if roles.get(name) is ColumnRole.GROUP), "")
    order = sheet.window_order or next((name for name in names if roles.get(name) is ColumnRole.TIME), "")
    return Units(group, order, tuple(names), tuple(column.name for column in numbers), table)


def _fields(units: Units, ready: Ready) -> list[FormField]:
    columns = ", ".join(units.columns)
    first = next((name for name in units.numbers if name not in (units.group, units.order)), "")
    named = {
        ComputedKind.REMAINING: "remaining",
        ComputedKind.FROM_FIRST: f"{first}_from_first",
        ComputedKind.ROLLING_MEAN: f"{first}_mean",
        ComputedKind.TIME_SINCE: "time_since",
        ComputedKind.EVENT_LABEL: "event",
    }
    fields = [FormField("name", "Name", named.get(ready.kind), required=True)]
    if ready.kind is ComputedKind.EXPRESSION:
        return [*fields, FormField("formula", "Expression", required=True, hint=f"of {columns}; {FUNCTIONS}")]
    if ready.kind in (ComputedKind.FROM_FIRST, ComputedKind.ROLLING_MEAN):
        rows = 5 if ready.kind is ComputedKind.FROM_FIRST else 10
        fields.append(FormField("column", "Of", first or None, required=True, hint=", ".join(units.numbers)))
        fields.append(FormField("rows", "Rows", rows, required=True, hint="how many", read=read_integer))
    if ready.events:
        fields += _event_fields(ready)
    elif ready.kind is ComputedKind.TIME_SINCE:
        fields.append(FormField("condition", "Condition", required=True, hint=f"such as load > 80; of {columns}"))
    fields.append(
        FormField("group", "Unit", units.group or None, hint="column; nothing crosses it; empty: all are one")
    )
    fields.append(
        FormField("order", "Order", units.order or None, required=True, hint="column of time, cycle or number")
    )
    if ready.kind is ComputedKind.REMAINING:
        fields.append(FormField("cap", "At most", hint="125, 30d; empty: no cap"))
    return fields


def _event_fields(ready: Ready) -> list[FormField]:
    fields = [
        FormField("events", "Table of events", required=True, hint="its name, as in the list of n"),
        FormField("start", "Began", required=True, hint="its column of when"),
        FormField("events_group", "Its unit", hint="its column that names the unit; empty: as here"),
    ]
    if ready.kind is ComputedKind.EVENT_LABEL:
        fields.insert(2, FormField("label", "Label", required=True, hint="its column of what it was"))
        fields.insert(3, FormField("end", "Ended", hint="its column of when; empty: moments"))
    return fields


def spec_of(address: str, ready: Ready, values: Values) -> ComputedSpec:
    """What the values of the form say."""
    from ontos_tui.services.data.derived_tables.computed import ComputedSpec

    group = values.get("group") or ""
    events = None
    if ready.events:
        events = EventTable(
            table=values["events"],
            start=values["start"],
            end=values.get("end") or "",
            label=values.get("label") or "",
            group=values.get("events_group") or group,
        )
    return ComputedSpec(
        address,
        (values["name"] or "").strip(),
        _formula(ready, values),
        group,
        values.get("order") or "",
        (values.get("cap") or "").strip(),
        events,
    )


def _formula(ready: Ready, values: Values) -> str:
    if ready.kind is ComputedKind.EXPRESSION:
        return str(values["formula"])
    if ready.kind in (ComputedKind.FROM_FIRST, ComputedKind.ROLLING_MEAN):
        column = str(values["column"]).strip().strip('"').replace('"', '""')
        return f'{ready.kind}("{column}", {values["rows"]})'
    return f"{ready.kind}({values.get('condition') or ''})"


def report_lines(report: ComputedReport, columns: Sequence[str], width: int) -> Iterator[Line]:
    """How many rows have a value, why others have none, and the first rows with what the value comes of."""
    counts, column = report.counts, report.column
    everywhere = counts.computed == counts.rows
    yield line(
        span(f"{counts.computed:,} of {counts.rows:,} rows have a value", "good" if everywhere else "warn"),
        span(f"  {counts.missing_inputs:,} lack an input" if counts.missing_inputs else "", "muted"),
        span(f"  {counts.not_computed:,} not computed" if counts.not_computed else "", "warn"),
        span(f"  {report.type.lower()}", "muted"),
    )
    if counts.not_computed and counts.reason:
        yield from wrap(counts.reason, width, "warn")
    for warning in report.warnings:
        yield from wrap(warning, width, "warn")
    inputs = [name for name in columns if _is_named(name, column.formula) or name in (column.group, column.order)]
    rest = [name for name in columns if name not in inputs]
    rows = [item.fields for item in report.page.items[:PREVIEWED]]
    yield from preview_lines([column.name, *inputs, *rest], rows, width, (column.name,))


def _is_named(name: str, formula: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", formula, re.IGNORECASE) is not None
