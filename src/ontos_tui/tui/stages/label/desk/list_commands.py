"""The keys that change what the list shows, in which order, and where the cursor is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values

if TYPE_CHECKING:
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.tui.stages.label.desk.display import DeskDisplay
    from ontos_tui.tui.stages.label.desk.queue_reader import QueueReader
    from ontos_tui.tui.stages.label.desk.state import DeskState
    from ontos_tui.tui.stages.label.list_filter import ListFilter


class ListCommands:
    """One method a key."""

    def __init__(self, host: BackgroundMixin, state: DeskState, display: DeskDisplay, reader: QueueReader) -> None:
        self._host, self._state, self._display, self._reader = host, state, display, reader

    def skip(self) -> None:
        """Go on without a decision."""
        self._display.table.action_move(1)

    def search(self) -> None:
        """List only pairs that contain a text."""

        def done(values: Values | None) -> None:
            if values is not None:
                self._reader.apply(self._state.list_filter.with_text(values["text"] or ""))

        text = self._state.list_filter.filter.text
        field = FormField("text", "Text", text, hint="in the id, fields, answer; empty shows all")
        self._host.app.push_screen(FormDialog("Search", (field,)), done)

    def jump(self) -> None:
        """Go to the item with this number or id."""
        queue = self._state.queue
        if queue is None:
            return

        def done(values: Values | None) -> None:
            if values is not None:
                item = values["item"]
                self._host.run_in_background(
                    lambda workspace: queue.source.find_item(item),
                    lambda place: self._jump_to(place, item),
                    group="jump",
                )

        field = FormField("item", "Item", required=True, hint="#, or id")
        self._host.app.push_screen(FormDialog("Jump to", (field,)), done)

    def _jump_to(self, place: int | None, item: str) -> None:
        if place is None:
            self._host.ontos.show_message(f"No item {item!r} in this list. F: change the filter")
        else:
            self._display.table.move_to(place)

    def next_status(self) -> None:
        """List the pairs of the next status."""
        self._reader.apply(self._state.list_filter.next_status())

    def edit_filter(self) -> None:
        """Everything that the list can be filtered by."""
        work = self._state.work
        if work is None:
            return

        def done(values: Values | None) -> None:
            if values is not None:
                self._reader.apply(self._state.list_filter.filled(work, values))

        self._host.app.push_screen(FormDialog("Filter", self._state.list_filter.form(work)), done)

    def next_order(self) -> None:
        """List the pairs in the next order."""
        self._reader.apply(self._state.list_filter.next_sort())

    def sort_by_similarity(self) -> None:
        """List the pairs most similar to this one first."""
        if (item := self._display.item) is not None:
            self._reader.apply(self._state.list_filter.similar_to(item.pair.item_ref))

    def open_views(self) -> None:
        """Open, save or delete a named filter and order."""
        from ontos_tui.tui.stages.label.dialogs.saved_views import ViewsDialog

        work = self._state.work
        if work is None:
            return
        if not work.is_shared:
            self._host.ontos.show_message("Only training sheets have saved views; this is a task.")
            return

        def done(list_filter: ListFilter | None) -> None:
            if list_filter is not None:
                self._reader.apply(list_filter)

        self._host.app.push_screen(ViewsDialog(work.id, work.name, self._state.list_filter), done)
