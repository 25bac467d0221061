"""What was understood of a table that is here, and how that is decided: opened from a sheet, and from an item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ontos_tui.domain.records.data import DataTable
from ontos_tui.domain.records.reading import ReadingOptions
from ontos_tui.tui.stages.data.reading_dialog import Read, ReadingDialog

if TYPE_CHECKING:
    from ontos_tui.services.data.reading import FileReport
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.workspace import Workspace


def open_reading(host: BackgroundMixin, address: str, done: Callable[[DataTable], None], column: str = "") -> None:
    """Show the report of a table on the screen of `host`, with the cursor on a column. What is decided is kept.

    `done` gets the table when it was read with other decisions.
    """

    def show(table: DataTable) -> None:
        def accepted(decided: ReadingOptions | None) -> None:
            if decided is not None and decided != table.reading_options:
                host.run_in_background(lambda workspace: _read_anew(workspace, table, decided), done, group="reading")

        read = _folder_reader(table) if table.folder is not None else None
        dialog = ReadingDialog(table.path, table.reading_options, table.column_names, read=read, column=column)
        host.app.push_screen(dialog, accepted)

    host.run_in_background(lambda workspace: workspace.data.files.file_table(address), show, group="reading")


def _folder_reader(table: DataTable) -> Read:
    def read(workspace: Workspace, options: ReadingOptions) -> FileReport:
        return workspace.data.folders.report(replace(workspace.data.folders.request_of(table), reading=options))

    return read


def _read_anew(workspace: Workspace, table: DataTable, options: ReadingOptions) -> DataTable:
    if table.folder is not None:
        return workspace.data.folders.add(replace(workspace.data.folders.request_of(table), reading=options)).table
    return workspace.data.files.read_anew(table.address, options)
