"""The desk on the screen: the list, the item under its cursor, the progress line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.tui.stages.label.desk.item import Draft, ItemView
from ontos_tui.tui.stages.label.desk.item_panel import item_lines
from ontos_tui.tui.widgets.lines import Line, OneLine, Panel, Span, fit, line, span

if TYPE_CHECKING:
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.tui.stages.label.desk.decision_writer import DecisionWriter
    from ontos_tui.tui.stages.label.desk.queue_table import QueueTable
    from ontos_tui.tui.stages.label.desk.state import DeskState

NAME = 28
"""Cells of the training sheet's name, so that what matters more stays in view."""

LEAST_PART = 8
"""Cells below which a part that does not fit is left out instead of cut."""

SEARCHING = "⧗ searching…"


class DeskDisplay:
    """Paints the state, and knows which item is under the cursor."""

    def __init__(self, host: BackgroundMixin, state: DeskState, table: QueueTable, writer: DecisionWriter) -> None:
        self._host, self._state, self._writer = host, state, writer
        self.table = table
        self.item_panel = Panel(id="item")
        self.progress = OneLine(id="progress")
        self.sent_back = OneLine(id="sent-back")
        self.sent_back.display = False

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

    def show_item(self) -> None:
        """Show the item under the cursor; when it is another one, or another version of it, with a new draft."""
        state, item = self._state, self.item
        if item is not None and state.work is not None:
            pair, draft = item.pair, state.draft
            if (pair.id, pair.version) != (draft.pair_id, draft.version):
                self._host.ontos.session.pair_id = pair.id
                state.draft = Draft.start(pair, state.work)
        self.paint()

    def paint(self) -> None:
        """Paint the item and the progress line."""
        state, item = self._state, self.item
        queue, work = state.queue, state.work
        if queue is None or work is None:
            return
        if item is None:
            self.item_panel.show(lambda width: () if not len(queue) else [line(span("Loading…", "muted"))])
        else:
            draft, claimed_by, side = state.draft, self.claimed_by, state.side
            self.item_panel.show(lambda width: item_lines(item, work, draft, width, side, claimed_by))
        self.paint_progress()

    def paint_progress(self) -> None:
        """Paint the progress line."""
        if self._state.queue is not None and self._state.work is not None:
            content = _progress_line(self._state, self._writer.waiting)
            self.progress.show(lambda width: _fitting(content, width))
            review = self._state.work.sent_back
            self.sent_back.display = bool(review)
            if review:
                self.sent_back.show(lambda width: line(span(f" ↺ {review}", "warn")))


def _fitting(parts: Line, width: int) -> Line:
    """The parts as far as they fit into `width` cells; what is cut ends in "…"."""
    shown: list[Span] = []
    for part in parts:
        room = width - sum(cell_len(one.text) for one in shown)
        if cell_len(part.text) > room:
            return (*shown, Span(fit(part.text, room), part.style)) if room > LEAST_PART else tuple(shown)
        shown.append(part)
    return tuple(shown)


def _progress_line(state: DeskState, waiting: int) -> Line:
    """How far, how fast, what was done last; `waiting` decisions are not on the disk yet."""
    work, queue = state.work, state.queue
    assert work is not None, "something is open"
    assert queue is not None, "something is open"
    counts = queue.counts
    decided = counts.total - counts.unlabeled - counts.auto_approved
    parts: list[object] = [
        span(f" {work.name if len(work.name) <= NAME else work.name[: NAME - 1] + '…'}  ", "strong"),
        f"{decided:,}/{counts.total:,} decided",
    ]
    parts.append(span(f" · ⚑ {counts.flagged} · ✗ {counts.rejected}", "muted"))
    # As long as each other, so that the second update, when the disk has it, is a few bytes.
    parts.append(
        span(f" · saving{f' {waiting}' if waiting > 1 else ''}", "warn") if waiting else span(" · saved ", "muted")
    )
    if queue.marked:
        parts.append(span(f" · {len(queue.marked):,} marked", "key"))
    if view := state.list_filter.words():
        parts.append(span(f" · {view}", "warn"))
    if message := SEARCHING if state.is_searching else state.message:
        parts.append(span(f" · {message}", "accent"))
    pace, left = queue.pace(), queue.minutes_left()
    if pace is not None and left is not None:
        parts.append(span(f" · {pace:.0f} a minute, about {max(1, round(left))} min left", "muted"))
    if counts.auto_approved:  # last, since it never changes while one labels: "saved" must be in sight at 80 columns
        parts.append(span(f" · {counts.auto_approved:,} labels reused", "muted"))
    return line(*parts)
