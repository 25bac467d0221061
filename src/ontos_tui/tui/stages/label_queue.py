"""The queue's state while somebody labels: rows, what is fetched, what was decided, how fast. No Textual here."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ontos_tui.tui.stages.label_item import ItemView

if TYPE_CHECKING:
    from ontos_tui.domain.states import PairStatus
    from ontos_tui.services.label import PairCounts, QueueRow

AHEAD, BEHIND = 12, 3
"""How many items around the cursor are kept ready, so that the next one is painted without waiting."""

PACE_SECONDS = 120.0


class LabelQueue:
    """Rows in the order of the queue; decisions change them at once, before they are on the disk."""

    def __init__(self, rows: Sequence[QueueRow], counts: PairCounts) -> None:
        self.rows = list(rows)
        self.counts = counts
        self._at = {row.id: index for index, row in enumerate(self.rows)}
        self._views: dict[str, ItemView] = {}
        self._decided: deque[float] = deque()

    def __len__(self) -> int:
        return len(self.rows)

    def index_of(self, pair_id: str) -> int | None:
        """Where a pair stands, or None when the filter leaves it out."""
        return self._at.get(pair_id)

    def view(self, index: int) -> ItemView | None:
        """The item at `index` when it is here already."""
        return self._views.get(self.rows[index].id) if 0 <= index < len(self.rows) else None

    def keep(self, views: Sequence[ItemView], around: int) -> None:
        """Take fetched items in, and let go of those that are far from the cursor."""
        for view in views:
            self._views[view.pair.id] = view
        if len(self._views) > 200:
            near = {row.id for row in self.rows[max(0, around - 50) : around + 50]}
            self._views = {key: view for key, view in self._views.items() if key in near}

    def missing(self, around: int) -> list[str]:
        """The ids around a place that are not here yet."""
        window = self.rows[max(0, around - BEHIND) : around + AHEAD]
        return [row.id for row in window if row.id not in self._views]

    def forget(self, pair_ids: Sequence[str] | None = None) -> None:
        """Somebody changed these (or anything): fetch them again when they are looked at."""
        if pair_ids is None:
            self._views.clear()
        for pair_id in pair_ids or ():
            self._views.pop(pair_id, None)

    def next_undecided(self, after: int) -> int | None:
        """The next row that needs a decision, from `after` on and then from the top."""
        order = [*range(after + 1, len(self.rows)), *range(after + 1)]
        return next((index for index in order if self.rows[index].status.value == "unlabeled"), None)

    def set_status(self, pair_id: str, status: PairStatus, summary: str | None = None) -> None:
        """Show a decision, and count it."""
        index = self._at.get(pair_id)
        if index is None:
            return
        row = self.rows[index]
        if row.status is not status:
            moved = {row.status.value: -1, status.value: +1}
            self.counts = replace(self.counts, **{name: getattr(self.counts, name) + by for name, by in moved.items()})
        self.rows[index] = replace(row, status=status, summary=row.summary if summary is None else summary)

    def decided(self) -> None:
        """One more decision by this user, for the pace."""
        self._decided.append(time.monotonic())

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
