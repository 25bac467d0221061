"""The desk on the screen: the list, the item under its cursor, the progress line and the lines that come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from textual.timer import Timer

from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.tui.stages.label.desk.panes.item_lines import (
    ItemPicture,
    basis_lines,
    decision_lines,
    side_lines,
    whole_lines,
)
from ontos_tui.tui.stages.label.desk.panes.panes import ItemPane
from ontos_tui.tui.stages.label.desk.panes.progress import chip_line, progress_line
from ontos_tui.tui.stages.label.desk.panes.visual_pane import VisualPane
from ontos_tui.tui.stages.label.desk.state.item import Draft, ItemView, Side
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, line, span

if TYPE_CHECKING:
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.tui.stages.label.desk.panes.queue_table import QueueTable
    from ontos_tui.tui.stages.label.desk.state.decision_writer import DecisionWriter
    from ontos_tui.tui.stages.label.desk.state.desk_state import DeskState
    from ontos_tui.tui.stages.label.work import Work

COMPACT = 26
"""Rows of the item's pane below which every row counts."""
REST_SECONDS = 0.15
"""How long no key is pressed before what costs many bytes is painted: series."""


class DeskDisplay:
    """Paints the state, and knows which item is under the cursor."""

    def __init__(self, host: BackgroundMixin, state: DeskState, table: QueueTable, writer: DecisionWriter) -> None:
        self._host, self._state, self._writer = host, state, writer
        self.table = table
        self.item_pane = ItemPane(id="item")
        self.evidence_pane = ItemPane(id="evidence")
        self.visual_pane = VisualPane(host)
        self.progress = OneLine(id="progress")
        self.chips = OneLine(id="chips")
        self.last = OneLine(id="last")
        self.sent_back = OneLine(id="sent-back")
        self.chips.display = self.sent_back.display = False
        self.lay_out: Callable[[], None] = lambda: None
        """Called when other rows are listed, which may need another width."""
        self._rests = True
        self._rest_timer: Timer | None = None
        self._shown: tuple[str, Side | None] = ("", None)

    @property
    def item(self) -> ItemView | None:
        """The item under the cursor, when it is here and no decision about it is on its way to the disk."""
        queue = self._state.queue
        return queue.view(self.table.cursor) if queue is not None else None

    @property
    def claimed_by(self) -> str:
        """Who else is about to decide the item under the cursor; empty when it is free."""
        row = self.table.current
        return row.claimed_by if row is not None and row.status is PairStatus.UNLABELED else ""

    def choose_with(self, keys: frozenset[str]) -> None:
        """These keys choose values now, wherever the focus is."""
        for part in (self.table, self.item_pane, self.evidence_pane):
            part.choose_with(keys)

    @property
    def shared(self) -> str:
        """What the names of all items begin with."""
        return self._state.queue.shared if self._state.queue is not None else ""

    def show_item(self) -> None:
        """Show the item under the cursor; when it is another one, or another version of it, with a draft of its own."""
        state, item = self._state, self.item
        if item is not None and state.work is not None:
            pair, draft = item.pair, state.draft
            if (pair.id, pair.version) != (draft.pair_id, draft.version):
                self._host.ontos.session.pair_id = pair.id
                self.keep_draft()
                before = state.drafts.get(pair.id)
                state.draft = Draft.start(pair, state.work) if before is None else before.resumed(pair, state.work)
                if before is not None and not state.draft.is_changed:
                    state.drafts.pop(pair.id)
                if self.evidence_pane.display or any(isinstance(value, list) for value in pair.source_data.values()):
                    self._begin_rest()
        self.paint()

    def keep_draft(self) -> None:
        """What was chosen and not approved yet is there again when one comes back to the item."""
        state = self._state
        if not state.draft.pair_id:
            return
        was_known = state.draft.pair_id in state.drafts
        if state.draft.is_changed:
            state.drafts[state.draft.pair_id] = state.draft
        else:
            state.drafts.pop(state.draft.pair_id, None)
        index = state.queue.index_of(state.draft.pair_id) if state.queue is not None else None
        if index is not None and was_known is not state.draft.is_changed:
            self.table.repaint_row(index)

    def _begin_rest(self) -> None:
        """Series are painted once the keys rest."""
        self._rests = False
        if self._rest_timer is None:
            self._rest_timer = self._host.set_timer(REST_SECONDS, self._rested)
        else:
            self._rest_timer.reset()

    def _rested(self) -> None:
        self._rest_timer, self._rests = None, True
        self.paint()
        if self.evidence_pane.display:
            self.visual_pane.show_item(None if self.item is None else self.item.pair)

    def paint(self) -> None:
        """Paint the item and the lines around it."""
        state, view = self._state, self.item
        queue, work = state.queue, state.work
        if queue is None or work is None:
            return
        if view is None:
            waiting = [line(span("Loading…", "muted"))] if len(queue) else []
            self.item_pane.show(lambda width: waiting)
            self.evidence_pane.show(lambda width: ())
        else:
            self._paint_panes(self._picture(view, work))
        self.paint_progress()

    def _picture(self, view: ItemView, work: Work) -> ItemPicture:
        state = self._state
        return ItemPicture(
            view,
            work,
            state.draft,
            state.side,
            self.claimed_by,
            state.context,
            is_compact=self.item_pane.size.height < COMPACT,
            is_beside=self.evidence_pane.display,
            with_series=self._rests,
            searched=state.list_filter.filter.text,
        )

    def evidence_lines(self, view: ItemView, width: int) -> Iterator[Line]:
        """What one decides by, for a form that covers the item."""
        assert self._state.work is not None, "something is open"
        return basis_lines(self._picture(view, self._state.work), width)

    def _paint_panes(self, picture: ItemPicture) -> None:
        what = (picture.view.pair.id, picture.side)
        is_same, self._shown = what == self._shown, what  # who scrolled to read on stays there
        if not self.evidence_pane.display:
            self.item_pane.show(lambda width: whole_lines(picture, width), keep_place=is_same)
            return
        self.item_pane.show(
            lambda width: [*decision_lines(picture, width), EMPTY, *side_lines(picture, width)], keep_place=is_same
        )
        self.evidence_pane.show(lambda width: basis_lines(picture, width), keep_place=is_same)

    def paint_progress(self) -> None:
        """Paint the progress line, what the list leaves out, and the last decisions."""
        state = self._state
        if state.queue is None or state.work is None:
            return
        content = progress_line(state, self._writer.waiting)
        self.progress.show(content)
        chips = chip_line(state)
        self.chips.display = chips is not None
        if chips is not None:
            self.chips.show(chips)
        shared = self.shared
        self.last.show(lambda width: state.last.shown(shared, width))
        review = state.work.sent_back
        self.sent_back.display = bool(review)
        if review:
            self.sent_back.show(lambda width: line(span(f" ↺ {review}", "warn")))
