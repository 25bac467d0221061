"""The keys that change what the list shows, in which order, and where the cursor is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ontos_tui.tui.core.commands import commanded_nodes
from ontos_tui.tui.dialogs.forms.form import FormDialog, Values

if TYPE_CHECKING:
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.tui.stages.label.desk.panes.display import DeskDisplay
    from ontos_tui.tui.stages.label.desk.prompt_line import PromptLine
    from ontos_tui.tui.stages.label.desk.queue_reader import QueueReader
    from ontos_tui.tui.stages.label.desk.state.desk_state import DeskState
    from ontos_tui.tui.stages.label.list_filter import ListFilter


class ListCommands:
    """One method a key."""

    def __init__(
        self,
        host: BackgroundMixin,
        state: DeskState,
        display: DeskDisplay,
        reader: QueueReader,
        prompt: PromptLine,
    ) -> None:
        self._host, self._state, self._display = host, state, display
        self._reader, self._prompt = reader, prompt

    def skip(self) -> None:
        """Go on without a decision."""
        self._display.table.action_move(1)

    def search(self) -> None:
        """List only pairs that contain a text."""

        def taken(text: str) -> None:
            if text != self._state.list_filter.filter.text:
                self._reader.apply(self._state.list_filter.with_text(text))

        hint = "in the id, fields, answer or notes; empty shows all"
        self._prompt.open("/", self._state.list_filter.filter.text, hint, taken)

    def jump(self) -> None:
        """Go to the item with this number or id, or run a command."""
        queue = self._state.queue
        if queue is None:
            return

        def taken(text: str) -> None:
            if text:
                self._host.run_in_background(
                    lambda workspace: queue.source.find_item(text),
                    lambda place: self._jump_to(place, text),
                    group="jump",
                )

        self._prompt.open(":", "", "number or id of an item, or a command such as flag", taken)

    async def _jump_to(self, place: int | None, text: str) -> None:
        if place is not None:
            self._display.table.move_to(place)
            return
        matches = [
            (node, command)
            for node in commanded_nodes(self._display.table)
            for command in node.possible_commands()
            if not command.key_text and command.label.casefold().startswith(text.casefold())
        ]
        if matches:
            node, command = matches[0]
            await self._host.app.run_action(command.run_action, node)
        else:
            self._host.ontos.show_message(f"No item {text!r} in this list, and no such command. F: change the filter")

    def clear_last(self) -> bool:
        """Take away the last thing that narrows or orders the list; False where there is none."""
        narrower = self._state.list_filter.without_last()
        if narrower is None:
            return False
        self._reader.apply(narrower)
        return True

    def go_to_top(self) -> None:
        """To the first row."""
        self._display.table.action_go(0)

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

        self._host.app.push_screen(FormDialog("Filter", self._state.list_filter.form(work), verb="Filter"), done)

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
