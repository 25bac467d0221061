"""Saved views of a training sheet: what the queue lists and in which order, under names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.choose import ConfirmDialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.label.list_filter import ListFilter
from ontos_tui.tui.widgets.lines import OneLine, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.label.saved_views import View


class ViewsDialog(Dialog[ListFilter], BackgroundMixin):
    """The views of a training sheet; gives the one that is to be opened."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("label.views.open", "enter,o", "Open", "Apply this filter and order"),
        Command("label.views.save", "s", "Save", "Save the current filter and order under a name"),
        Command("label.views.delete", "minus,delete", "Delete", "Delete this view; the pairs stay"),
    )
    DEFAULT_CSS = "ViewsDialog Table { height: 14; }"

    def __init__(self, training_sheet_id: str, name: str, list_filter: ListFilter) -> None:
        super().__init__(f"Views of {name}")
        self._sheet_id = training_sheet_id
        self._list_filter = list_filter

    def compose_body(self) -> ComposeResult:
        yield OneLine(lambda width: line(span(f"now: {self._list_filter.words() or 'everything, in order'}", "muted")))
        yield Table["View"]([ColumnSpec("view", 24), ColumnSpec("what it lists", 0)], _cells, empty="Loading…")

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self._load()

    def _load(self) -> None:
        self.run_in_background(lambda workspace: workspace.label.views.all(self._sheet_id), self._show)

    def _show(self, views: Sequence[View]) -> None:
        table = self.query_one(Table)
        table.set_empty_text("No view yet. Narrow the list with F or /, order it with o or M, and save it here with s.")
        table.show(views)

    @property
    def _current(self) -> View | None:
        view: View | None = self.query_one(Table).current
        return view

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.action_open()

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()

    def action_open(self) -> None:
        if self._current is not None:
            self.dismiss(ListFilter(self._current.filter, self._current.sort))

    def action_save(self) -> None:
        list_filter = self._list_filter

        def done(values: Values | None) -> None:
            if values is not None:
                name = values["name"]
                self.run_in_background(
                    lambda workspace: workspace.label.views.save(
                        self._sheet_id, name, list_filter.filter, list_filter.sort
                    ),
                    lambda view: self._load(),
                    group="save",
                )

        field = FormField("name", "Name", required=True, hint="a view of the same name is replaced")
        self.app.push_screen(FormDialog("Save this view", (field,), about=list_filter.words() or "everything"), done)

    def action_delete(self) -> None:
        view = self._current
        if view is None:
            return

        def done(yes: bool | None) -> None:
            if yes:
                self.run_in_background(
                    lambda workspace: workspace.label.views.delete(self._sheet_id, view.name),
                    lambda _: self._load(),
                    group="delete",
                )

        self.app.push_screen(ConfirmDialog("Delete a view", f"Delete {view.name!r}? The pairs stay as they are."), done)


def _cells(view: View) -> Sequence[object]:
    return view.name, span(ListFilter(view.filter, view.sort).words() or "everything, in order", "muted")
