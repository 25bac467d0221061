"""Reading the queue in threads: what is in sight, the items that come next, and what others have changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ontos_tui.domain.rules.value_context import ValueContext
from ontos_tui.services.label.queue import QueueFilter
from ontos_tui.tui.stages.label.desk.state.item import Draft, ItemView
from ontos_tui.tui.stages.label.desk.state.queue_buffer import LabelQueue, open_queue
from ontos_tui.tui.stages.label.list_filter import ListFilter
from ontos_tui.tui.stages.label.spans.document import marked

if TYPE_CHECKING:
    from ontos_tui.domain.errors import OntosError
    from ontos_tui.services.label.service import PairCounts, QueueRow
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.tui.stages.label.desk.claims import Claims
    from ontos_tui.tui.stages.label.desk.panes.display import DeskDisplay
    from ontos_tui.tui.stages.label.desk.state.decision_writer import DecisionWriter
    from ontos_tui.tui.stages.label.desk.state.desk_state import DeskState
    from ontos_tui.tui.stages.label.work import Work
    from ontos_tui.workspace import Workspace

EMPTY_LIST = "There are no items here. Press esc; pairs are generated in stage 2 with g."


def _no_match(chips: Sequence[str]) -> str:
    """Why the list is empty, and the keys that change it."""
    return f"No item matches {' · '.join(chips)}.\nesc: clear {chips[-1]}\nF: change the filter"


class QueueReader:
    """Opens a queue, and keeps what is in sight of it in memory."""

    def __init__(
        self, host: BackgroundMixin, state: DeskState, display: DeskDisplay, claims: Claims, writer: DecisionWriter
    ) -> None:
        self._host, self._state, self._display = host, state, display
        self._claims, self._writer = claims, writer

    def open(self, find: Callable[[Workspace], Work]) -> None:
        """Read this work, and its queue from where the user left it."""
        state = self._state
        state.queue = None
        state.message = ""
        self._claims.forget()
        self._display.table.show(())

        def show(work: Work) -> None:
            before = state.work
            if before is None or (before.id, before.annotation_task) != (work.id, work.annotation_task):
                state.list_filter = ListFilter(QueueFilter(task=work.annotation_task), work.sort, work.sort)
            if before is None or before.id != work.id:
                state.drafts.clear()
                state.last.clear()
                state.context = ValueContext()
            state.draft = Draft()
            state.work = work
            self._display.choose_with(work.keys)
            self.reload()
            self._read_context(work)

        self._host.run_in_background(find, show, group="open")

    def _read_context(self, work: Work) -> None:
        """What the numbers mean here, computed beside the queue: items are shown before it is there."""

        def show(context: ValueContext) -> None:
            if work is self._state.work and context != self._state.context:
                self._state.context = context
                self._display.paint()

        self._host.run_in_background(
            lambda workspace: work.service(workspace).value_context(work.id), show, group="context"
        )

    def reload(self, previous: ListFilter | None = None) -> None:
        """Read the queue anew; where that fails, the `previous` filter is restored."""
        state = self._state
        work, list_filter, session_id = state.work, state.list_filter, state.session_id
        assert work is not None, "something is open"
        is_first, pair_id = state.queue is None, self._host.ontos.session.pair_id

        def read(workspace: Workspace) -> LabelQueue:
            queue = open_queue(work.service(workspace), work, list_filter, pair_id, session_id, undecided=is_first)
            if len(queue):  # with its first items, so that keys which were typed ahead decide about them
                queue.add_items(_item_views(workspace, work, queue.missing_items(queue.start)), queue.start)
            return queue

        self._host.run_in_background(
            read,
            self._show,
            group="queue",
            failed=lambda error: self._show_failure(error, previous),
        )

    def apply(self, list_filter: ListFilter) -> None:
        """List something else, or in another order; the present list stays until the new one is read."""
        previous, self._state.list_filter = self._state.list_filter, list_filter
        self._state.is_searching = True
        self._display.paint_progress()
        self.reload(previous)

    def _show_failure(self, error: OntosError, previous: ListFilter | None) -> None:
        if previous is not None:
            self._state.list_filter = previous
        self._state.is_searching = False
        self._display.paint_progress()
        self._host.ontos.show_error(error)

    def _show(self, queue: LabelQueue) -> None:
        state, table = self._state, self._display.table
        if state.queue is not None:
            queue.marked = state.queue.marked
        state.is_searching = False
        state.queue = queue
        table.set_empty_text(_no_match(chips) if (chips := state.list_filter.chips()) else EMPTY_LIST)
        table.marked_rows, table.changed_rows, table.shared = queue.marked, state.drafts, queue.shared
        self.show_at(queue.start)
        self._display.lay_out()

    def show_at(self, index: int) -> None:
        """Put the cursor on a row of the open queue, and show its item."""
        queue = self._state.queue
        assert queue is not None, "something is open"
        self._display.table.show(queue, cursor=index)
        self.show_current()

    def show_current(self) -> None:
        """Show the item under the cursor, now when it is here, and have its neighbors fetched."""
        queue, work = self._state.queue, self._state.work
        if queue is None or work is None:
            return
        self._display.show_item()
        # Behind the picture: a thread that begins now would take the interpreter from it.
        self._host.call_after_refresh(self._fetch, queue, work, self._display.table.cursor)

    def refresh(self) -> None:
        """Something was committed, perhaps by others: read what is in sight again and keep the place."""
        work, queue, table = self._state.work, self._state.queue, self._display.table
        if work is None or queue is None:
            return
        pages, changes = queue.pages(table.in_view), queue.changes

        def show(result: tuple[dict[int, list[QueueRow]], PairCounts]) -> None:
            rows, counts = result
            if queue is not self._state.queue or self._writer.waiting:
                return
            if queue.changes != changes:
                self.refresh()
                return
            if counts.total != queue.counts.total:
                self.reload()
                return
            queue.counts = counts
            queue.replace_pages(rows, table.cursor)
            table.repaint()
            self.show_current()

        self._host.run_in_background(
            lambda workspace: (queue.read(pages), work.service(workspace).counts(work.id)), show, group="others"
        )

    def _fetch(self, queue: LabelQueue, work: Work, index: int) -> None:
        """Read what comes next, and claim it."""
        if queue is not self._state.queue or index != self._display.table.cursor:
            return
        if pages := queue.missing_pages(self._display.table.in_view):
            self._host.run_in_background(
                lambda workspace: queue.read(pages), lambda rows: self._add_pages(queue, rows), group="pages"
            )
        if missing := queue.missing_items(index):
            self._host.run_in_background(
                lambda workspace: _item_views(workspace, work, missing),
                lambda views: self._add_items(queue, views),
                group="items",
            )
        self._claims.claim_ahead(queue, work, index)

    def _add_pages(self, queue: LabelQueue, rows: dict[int, list[QueueRow]]) -> None:
        if queue is self._state.queue:
            queue.add_pages(rows, self._display.table.cursor)
            self._display.table.repaint()
            self.show_current()

    def _add_items(self, queue: LabelQueue, views: Sequence[ItemView]) -> None:
        if queue is self._state.queue:
            queue.add_items(views, self._display.table.cursor)
            self.show_current()


def _item_views(workspace: Workspace, work: Work, ids: Sequence[str]) -> list[ItemView]:
    pairs = work.service(workspace).pairs(ids)
    hints = workspace.label.hints.for_pairs(ids)
    for pair in pairs:  # computed here, where it costs no key its time, and cached for the picture
        marked(pair.source_data, work.fields, pair.answer or pair.proposal or {})
    return [
        ItemView(
            pair,
            () if work.prompt is None else work.prompt.messages(pair.source_data),
            hints.get(pair.id, ()),
        )
        for pair in pairs
    ]
