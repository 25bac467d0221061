"""The forms of a sheet: what a new one is called, and all that can be changed of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.dialogs.forms.answer_form import read_integer
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import DataTable, Sheet
    from ontos_tui.services.data.roles import RoleOfColumn
    from ontos_tui.services.records.usage_constraints import Tagged
    from ontos_tui.workspace import Workspace


class SheetForms:
    """Asks on the screen of `host`; a sheet that was saved goes to `saved`."""

    def __init__(self, host: BackgroundMixin, saved: Callable[[Sheet], None]) -> None:
        self._host, self._saved = host, saved

    def name(self, table: DataTable, typed: Values) -> None:
        """Ask for the name of the sheet over a new table, and what names its items; what was typed stays."""
        fields = (
            FormField("name", "Sheet name", typed.get("name"), required=True),
            FormField(
                "item_id_column",
                "Item id column",
                typed.get("item_id_column"),
                hint="empty: a hash of the row's content identifies it",
            ),
        )
        columns = ", ".join(column.name for column in table.columns)

        def save(values: Values | None) -> None:
            if values is None:
                self._host.ontos.show_message(f"{table.address} is here; n makes a sheet of it.")
                return

            self._host.run_in_background(
                lambda workspace: workspace.data.sheets.create_sheet(
                    values["name"], table.address, item_id_column=values["item_id_column"]
                ),
                self._saved,
                group="do",
            )

        about = f"{table.row_count:,} rows; {columns}"
        form = FormDialog(f"A sheet over {table.address}", fields, about=about, verb="Create")
        self._host.app.push_screen(form, save)

    def name_joined(self, sheet: Sheet, table: DataTable) -> None:
        """Ask for the name of the sheet over a table that was joined to the one of `sheet`."""
        doubled = table.joined is not None and table.joined.doubled
        item_id = None if doubled else sheet.item_id_column  # rows that were doubled have no id of their own
        self.name(table, {"name": table.address.rpartition(".")[2], "item_id_column": item_id})

    def open(self, heading: str, source: str, sheet: Sheet | None) -> None:
        """The form of a sheet over a table: a new one, or one to be changed."""
        from ontos_tui.domain.records.data import UNNAMED, Sampling

        def value(name: str) -> Any:
            return getattr(sheet, name) if sheet is not None else None

        fields = (
            FormField("name", "Name", value("name"), required=True),
            FormField("item_id_column", "Item id column", value("item_id_column"), hint=f"empty: {UNNAMED}"),
            FormField(
                "filter_expression",
                "Filter",
                value("filter_expression"),
                hint="such as: humidity > 60",
            ),
            FormField(
                "image_columns", "Pictures", ", ".join(value("image_columns") or ()), hint="columns that name files"
            ),
            FormField("sampling", "Sample", value("sampling") or Sampling.ALL, choices=tuple(Sampling), required=True),
            FormField("sample_size", "Sample size", value("sample_size"), hint="rows; not for all", read=read_integer),
            FormField("sample_by", "Stratify by", value("sample_by"), hint="column that keeps its proportions"),
            FormField(
                "window_size", "Window", value("window_size"), hint="rows; empty: each is an item", read=read_integer
            ),
            FormField(
                "window_step", "Window step", value("window_step"), hint="rows; empty: its size", read=read_integer
            ),
            FormField("window_group", "Window group", value("window_group"), hint="column that separates the streams"),
            FormField("window_order", "Window order", value("window_order"), hint="column such as the time"),
            FormField(
                "window_max_gap",
                "Largest gap",
                _number(value("window_max_gap")),
                hint="in a window; seconds for times",
                read=_read_gap,
            ),
            FormField(
                "window_labels",
                "Window labels",
                _labels_text(value("window_labels") or {}),
                hint="such as state=most; last, max, mean, most or event",
                read=_read_labels,
            ),
        )
        self._host.app.push_screen(
            FormDialog(heading, fields, about=source, verb="Save" if sheet else "Create"),
            lambda values: self._save(source, sheet, values),
        )

    def _save(self, source: str, sheet: Sheet | None, values: Values | None) -> None:
        from ontos_tui.domain.records.data import Sampling

        if values is None:
            return
        values["filter_expression"] = values["filter_expression"] or ""
        named = (part.strip() for part in (values["image_columns"] or "").split(","))
        values["image_columns"] = [name for name in named if name]
        values["window_labels"] = values["window_labels"] or {}
        if values["window_max_gap"] is None and (sheet is None or sheet.window_max_gap is None):
            del values["window_max_gap"]  # what the data shows is proposed
        if values["sampling"] is Sampling.ALL:
            values["sample_size"] = values["sample_by"] = None

        def save(workspace: Workspace) -> Sheet:
            if sheet is None:
                name = values.pop("name")
                return workspace.data.sheets.create_sheet(name, source, **values)
            return workspace.data.sheets.edit_sheet(sheet.id, **values)

        self._host.run_in_background(save, self._saved, group="do")

    def duplicate(self, sheet: Sheet) -> None:
        """Ask for the name of a copy of a sheet."""
        field = FormField("name", "Name", f"{sheet.name} copy", required=True)
        about = "The copy has the same rows and roles; pairs and labels stay with the first."

        def save(values: Values | None) -> None:
            if values is not None:
                name = values["name"]
                self._host.run_in_background(
                    lambda workspace: workspace.data.sheets.duplicate_sheet(sheet.id, name), self._saved, group="do"
                )

        self._host.app.push_screen(FormDialog(f"Duplicate {sheet.name}", (field,), about=about, verb="Copy"), save)

    def tags(self, sheet: Sheet, tagged: Callable[[str, str], None]) -> None:
        """Ask what the data of a sheet contains; what came of it goes to `tagged`, as a message and its title."""

        def show(outcome: Tagged) -> None:
            message = f"{outcome.pairs:,} pairs and {outcome.labels:,} labels inherited it."
            if outcome.retained:
                prohibited = ", ".join(outcome.retained)
                message += f" What {prohibited} prohibited stays prohibited. To allow it, press C in the queue."
            tagged(message, f"Tags: {', '.join(outcome.sheet.tags) or 'none'}")

        def save(values: Values | None) -> None:
            if values is not None:
                tags = (values["tags"] or "").split(",")
                self._host.run_in_background(
                    lambda workspace: workspace.label.constraints.tag_sheet(sheet.id, tags), show, group="do"
                )

        about = (
            "PII and PHI prohibit training; CONFIDENTIAL prohibits few-shot and evaluation. Other tags are notes only."
        )
        field = FormField("tags", "Tags", ", ".join(sheet.tags) or None, hint="separated by commas")
        self._host.app.push_screen(FormDialog(f"Tags of {sheet.name}", (field,), about=about, verb="Set"), save)

    def roles(self, sheet: Sheet) -> None:
        """Show what the columns of a sheet are for, to be changed."""
        self._host.run_in_background(
            lambda workspace: workspace.data.roles.roles(sheet.id),
            lambda roles: self._show_roles(sheet, roles),
            group="do",
        )

    def _show_roles(self, sheet: Sheet, roles: Sequence[RoleOfColumn]) -> None:
        from ontos_tui.domain.records.derived import ColumnRole

        fields = [
            FormField(f"column {number}", one.column, one.role, tuple(ColumnRole), required=True, hint=one.reason)
            for number, one in enumerate(roles)
        ]

        def save(values: Values | None) -> None:
            chosen = dict(zip((one.column for one in roles), (values or {}).values(), strict=False))
            changed = {one.column: chosen[one.column] for one in roles if chosen.get(one.column, one.role) != one.role}
            if not changed:
                return

            def decide(workspace: Workspace) -> Sheet:
                workspace.data.roles.decide(sheet.id, changed)
                return workspace.data.sheets.sheet(sheet.id)

            self._host.run_in_background(decide, self._saved, group="do")

        about = "Ids, groups and notes are no features, unless a template names them."
        self._host.app.push_screen(FormDialog(f"Roles in {sheet.name}", fields, about=about, verb="Set"), save)


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"


def _labels_text(labels: Mapping[str, str]) -> str | None:
    return ", ".join(f"{column}={how}" for column, how in labels.items()) or None


def _read_labels(text: str) -> dict[str, str]:
    """Columns that hold a label, and how a window gets one of it. Raises ValueError with the reason."""
    from ontos_tui.domain.records.data import WindowLabel

    labels = {}
    for part in filter(None, map(str.strip, text.split(","))):
        column, _, how = part.rpartition("=")
        if not column or how not in list(WindowLabel):
            raise ValueError(f"{part!r}: write column=how, with {', '.join(WindowLabel)}")
        labels[column.strip()] = how
    return labels


def _read_gap(text: str) -> float:
    """A tolerance such as 10min. Raises ValueError with the reason."""
    from ontos_tui.services.data.derived_tables.service import amount

    try:
        return amount(text, "The gap")
    except OntosError as error:
        raise ValueError(error.todo) from error
