"""From a wrong value of an item to the place where the reading of its column is decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontos_tui.domain.records.data import DataTable, Sheet
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.widgets.data_grid import value_text

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.workspace import Workspace


class WrongValue:
    """What the key `I` of the label desk opens: which value is wrong, then the report at that column."""

    def __init__(self, host: BackgroundMixin, pair: Decidable) -> None:
        self._host, self._pair = host, pair

    def open(self) -> None:
        """Ask which of the item's values is wrong."""
        sheet_id = self._pair.sheet_id

        def find(workspace: Workspace) -> tuple[Sheet, Sequence[str]]:
            sheet = workspace.data.sheets.sheet(sheet_id)
            table = workspace.data.files.file_table(sheet.source_table)
            return sheet, [column.name for column in table.columns]

        self._host.run_in_background(find, lambda result: self._ask(*result), group="wrong value")

    def _ask(self, sheet: Sheet, columns: Sequence[str]) -> None:
        values = self._pair.source_data
        # A window's fields are called by their column and what was taken of it: pressure_mean.
        named = [(field, _column_of(field, columns)) for field in values]
        choices = [(field, column) for field, column in named if column]
        if not choices:
            self._host.ontos.show_message("None of these values comes from a column of the sheet's table.")
            return

        def chosen(index: int | None) -> None:
            if index is not None:
                self._show(sheet, choices[index][1])

        listed = [(field, value_text(values[field])[:30]) for field, _ in choices]
        self._host.app.push_screen(ChooseDialog("Which value is wrong?", listed), chosen)

    def _show(self, sheet: Sheet, column: str) -> None:
        from ontos_tui.tui.stages.data.table_reading import open_reading

        def done(table: DataTable) -> None:
            self._host.ontos.show_message(
                f"{table.address} is read anew. Pairs keep their values until they are generated again: 2."
            )

        open_reading(self._host, sheet.source_table, done, column)


def _column_of(field: str, columns: Sequence[str]) -> str:
    """The column that a field comes from; "" for none."""
    if field in columns:
        return field
    return max((column for column in columns if field.startswith(f"{column}_")), key=len, default="")
