"""The queue's state while somebody labels: rows, what is fetched, what was decided, how fast."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ontos_tui.services.queue import summary
from ontos_tui.tui.stages.label_item import ItemView
from ontos_tui.tui.widgets.lines import Line, line, span

if TYPE_CHECKING:
    from ontos_tui.domain.pairs import QAPair
    from ontos_tui.domain.states import PairStatus
    from ontos_tui.services.label import PairCounts, QueueRow

AHEAD, BEHIND, SOON = 16, 3, 4
"""How many items around the cursor are kept ready, so that the next one is painted without waiting."""

PACE_SECONDS = 120.0
NAME = 28
"""Cells of the training sheet's name in the progress line, so that what matters more stays in view."""


class LabelQueue:
    """Rows in the order of the queue; decisions change them at once, before they are on the disk."""

    def __init__(self, rows: Sequence[QueueRow], counts: PairCounts) -> None:
        self.rows = list(rows)
        self.counts = counts
        self._at = {row.id: index for index, row in enumerate(self.rows)}
        self._views: dict[str, ItemView] = {}
        self._decided: deque[float] = deque()
        self._newest: dict[str, int] = {}
        self._pending: set[str] = set()

    def __len__(self) -> int:
        return len(self.rows)

    def index_of(self, pair_id: str) -> int | None:
        """Where a pair stands, or None when the filter leaves it out."""
        return self._at.get(pair_id)

    def view(self, index: int) -> ItemView | None:
        """The item at `index` when it is here already and no decision about it is on its way to the disk."""
        if not 0 <= index < len(self.rows) or self.rows[index].id in self._pending:
            return None
        return self._views.get(self.rows[index].id)

    def keep(self, views: Sequence[ItemView], around: int) -> None:
        """Take fetched items in, and let go of those that are far from the cursor."""
        for view in views:
            # A read that began before a decision was written may arrive after it.
            if view.pair.version >= self._newest.get(view.pair.id, 0):
                self._views[view.pair.id] = view
        if len(self._views) > 200:
            near = {row.id for row in self.rows[max(0, around - 50) : around + 50]}
            self._views = {key: view for key, view in self._views.items() if key in near}

    def missing(self, around: int) -> list[str]:
        """The ids around a place that should be fetched: none while the next few are here, so not at every key."""
        soon = self.rows[around : around + SOON]
        if all(row.id in self._views for row in soon):
            return []
        window = self.rows[max(0, around - BEHIND) : around + AHEAD]
        return [row.id for row in window if row.id not in self._views]

    def written(self, pairs: Sequence[QAPair]) -> None:
        """These are on the disk now, and this is what they are."""
        for pair in pairs:
            self._pending.discard(pair.id)
            self._newest[pair.id] = pair.version
            known = self._views.get(pair.id)
            if known is not None:
                self._views[pair.id] = ItemView(pair, known.messages)
            self.set_status(pair.id, pair.status, summary(pair.answer if pair.answer is not None else pair.proposal))

    def next_undecided(self, after: int) -> int | None:
        """The next row that needs a decision, from `after` on and then from the top."""
        order = [*range(after + 1, len(self.rows)), *range(after + 1)]
        return next((index for index in order if self.rows[index].status.value == "unlabeled"), None)

    def expect(self, pair_id: str, status: PairStatus, answer: Mapping[str, Any] | None) -> None:
        """A decision about this pair is on its way to the disk: show it, and count it for the pace."""
        self._pending.add(pair_id)
        self._decided.append(time.monotonic())
        self.set_status(pair_id, status, None if answer is None else summary(dict(answer)))

    def set_status(self, pair_id: str, status: PairStatus, told: str | None = None) -> None:
        """Show a decision, and count it."""
        index = self._at.get(pair_id)
        if index is None:
            return
        row = self.rows[index]
        if row.status is not status:
            moved = {row.status.value: -1, status.value: +1}
            self.counts = replace(self.counts, **{name: getattr(self.counts, name) + by for name, by in moved.items()})
        self.rows[index] = replace(row, status=status, summary=row.summary if told is None else told)

    def pace(self) -> float | None:
        """Decisions a minute over the last two minutes; None until there are a few."""
        horizon = time.monotonic() - PACE_SECONDS
        while self._decided and self._decided[0] < horizon:
            self._decided.popleft()
        if len(self._decided) < 3:
            return None
        span = self._decided[-1] - self._decided[0]
        return (len(self._decided) - 1) / span * 60 if span > 0 else None

    def minutes_left(self) -> float | None:
        """Time for what is left at the present pace; an estimate, and None without a pace."""
        pace = self.pace()
        return self.counts.unlabeled / pace if pace else None


def progress_line(name: str, queue: LabelQueue, waiting: int, view: str, last: str) -> Line:
    """How far, how fast, what is not on the disk yet, and what was done last."""
    counts = queue.counts
    parts: list[object] = [
        span(f" {name if len(name) <= NAME else name[: NAME - 1] + '…'}  ", "strong"),
        f"{counts.total - counts.unlabeled:,}/{counts.total:,} decided",
        span(f" · ⚑ {counts.flagged} · ✗ {counts.rejected}", "muted"),
    ]
    parts.append(span(f" · {waiting} being saved", "warn") if waiting else span(" · saved", "muted"))
    if view:
        parts.append(span(f" · {view}", "warn"))
    if last:
        parts.append(span(f" · {last}", "accent"))
    pace, left = queue.pace(), queue.minutes_left()
    if pace is not None and left is not None:
        parts.append(span(f" · {pace:.0f} a minute, about {max(1, round(left))} min left", "muted"))
    return line(*parts)
