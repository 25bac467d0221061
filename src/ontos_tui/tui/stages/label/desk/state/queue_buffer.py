"""The queue in memory: the rows and items that are here, what was decided, how fast."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.answers import summary
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.tui.stages.label.desk.state.item import ItemView
from ontos_tui.tui.widgets.names import common_beginning

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.services.label.decision_service import DecisionService
    from ontos_tui.services.label.service import PairCounts, Queue, QueueRow
    from ontos_tui.tui.stages.label.list_filter import ListFilter
    from ontos_tui.tui.stages.label.work import Work

AHEAD, BEHIND, SOON = 16, 3, 4
"""How many items around the cursor are kept ready, so that the next one is painted without waiting."""

PAGE, PAGES, ITEMS = 200, 12, 200
"""Rows that are read at once; how many such pages and how many whole items are kept."""

LEAST_ROWS, LEAST_SHARED, LEAST_OWN = 3, 5, 2
"""Rows whose names are worth comparing; characters that they have to share, and that each of them keeps."""

PACE_SECONDS, PACE_LEAST = 120.0, 10.0


class LabelQueue(Sequence["QueueRow"]):
    """The rows of the queue as far as they are here; decisions change them at once, before they are on the disk.

    `source` reads from the store and is only touched in threads, through `read`. A row that is not here yet is blank.
    `shared` is what the names of all items begin with. `hides` says whose proposal is not shown before it is decided.
    `marked` are the ids that a verdict is for, and `changes` counts what was decided and what was written: what was
    read before it moved may be out of date.
    """

    def __init__(
        self, source: Queue, counts: PairCounts, start: int, hides: Callable[[str], bool], shared: str = ""
    ) -> None:
        self.source = source
        self.marked: set[str] = set()
        self._hides = hides
        self.counts = counts
        self.start = start
        self.shared = shared
        self._length = len(source)
        self._pages: dict[int, list[QueueRow]] = {}
        self._at: dict[str, int] = {}
        self._views: dict[str, ItemView] = {}
        self._newest: dict[str, int] = {}
        self._pending: set[str] = set()
        self._decided: deque[float] = deque()
        self.changes = 0

    # Rows

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> QueueRow:  # type: ignore[override]  # a list shows single rows
        page = self._pages.get(index // PAGE)
        return _blank(index) if page is None else page[index % PAGE]

    def read(self, pages: Iterable[int]) -> dict[int, list[QueueRow]]:
        """These pages as they are in the store; for threads."""
        return {page: self.source[page * PAGE : (page + 1) * PAGE] for page in pages}

    def missing_pages(self, view: range) -> list[int]:
        """The pages that a view of the list needs and that are not here."""
        return [page for page in self.pages(view) if page not in self._pages]

    def pages(self, view: range) -> list[int]:
        """The pages that a view of the list needs."""
        pages = range(view.start // PAGE, max(view.start, view.stop - 1) // PAGE + 1)
        return [page for page in pages if page * PAGE < self._length]

    def add_pages(self, pages: Mapping[int, list[QueueRow]], around: int) -> None:
        """Add rows as the store has them, and drop pages far from the cursor."""
        for page, rows in pages.items():
            # What is on its way to the disk is shown as it will be, whenever this was read.
            shown = [
                self[self._at[row.id]] if row.id in self._pending and row.id in self._at else self._as_shown(row)
                for row in rows
            ]
            self._pages[page] = shown
            self._at.update({row.id: page * PAGE + place for place, row in enumerate(shown)})
            for row in shown:
                view = self._views.get(row.id)
                if view is not None and view.pair.status is not row.status:
                    del self._views[row.id]
        for page in sorted(self._pages, key=lambda page: abs(page - around // PAGE))[PAGES:]:
            self._drop(page)

    def replace_pages(self, pages: Mapping[int, list[QueueRow]], around: int) -> None:
        """Replace the rows by those that the store has now; pages not read again may be out of date, so they go."""
        for page in self._pages.keys() - pages.keys():
            self._drop(page)
        self.add_pages(pages, around)

    def _drop(self, page: int) -> None:
        for row in self._pages.pop(page):
            self._at.pop(row.id, None)

    def _as_shown(self, row: QueueRow) -> QueueRow:
        if row.status is PairStatus.UNLABELED and self._hides(row.item_ref):
            return replace(row, summary="hidden", confidence=None, certainty="")
        return row

    def mark_claimed(self, claimed_by: Mapping[str, str]) -> None:
        """Others are about to decide these: who, by id."""
        for pair_id, actor in claimed_by.items():
            index = self._at.get(pair_id)
            if index is not None and self[index].claimed_by != actor:
                self._pages[index // PAGE][index % PAGE] = replace(self[index], claimed_by=actor)

    def upcoming(self, at: int, count: int) -> list[str]:
        """The ids of the next rows from `at` on that are to be decided, among those that are here."""
        ids: list[str] = []
        for index in range(max(0, at), min(self._length, at + PAGE)):
            row = self[index]
            if row.id and row.status is PairStatus.UNLABELED and not row.claimed_by:
                ids.append(row.id)
                if len(ids) == count:
                    break
        return ids

    def index_of(self, pair_id: str) -> int | None:
        """Where a pair stands among the rows that are here."""
        return self._at.get(pair_id)

    def next_undecided(self, after: int) -> int | None:
        """The next row that needs a decision among those that are here without a gap; None sends one to the store."""
        for index in range(after + 1, self._length):
            if index // PAGE not in self._pages:
                return None
            if self[index].status is PairStatus.UNLABELED and not self[index].claimed_by:
                return index
        return None

    def previous_undecided(self, before: int) -> int | None:
        """The nearest row above that needs a decision, as the store has it; for threads."""
        for stop in range(before, 0, -PAGE):
            start = max(0, stop - PAGE)
            for place, row in reversed(list(enumerate(self.source[start:stop], start))):
                if row.status is PairStatus.UNLABELED and not row.claimed_by:
                    return place
        return None

    # Items

    def view(self, index: int) -> ItemView | None:
        """The item at `index` when it is here already and no decision about it is on its way to the disk."""
        if not 0 <= index < self._length or self[index].id in self._pending:
            return None
        return self._views.get(self[index].id)

    def missing_items(self, around: int) -> list[str]:
        """The ids around a place that should be fetched: none while the next few are here, so not at every key."""
        soon = range(around, min(around + SOON, self._length))
        if all(self[index].id in self._views for index in soon):
            return []
        window = range(max(0, around - BEHIND), min(around + AHEAD, self._length))
        ids = (self[index].id for index in window)
        return [pair_id for pair_id in ids if pair_id and pair_id not in self._views]

    def forget(self, item_id: str) -> None:
        """This item has to be read again."""
        self._views.pop(item_id, None)

    def add_items(self, views: Sequence[ItemView], around: int) -> None:
        """Add items that were read, and drop those that are far from the cursor."""
        for view in views:
            # A read that began before a decision was written may arrive after it.
            if view.pair.version >= self._newest.get(view.pair.id, 0):
                self._views[view.pair.id] = view
        if len(self._views) > ITEMS:
            near = {self[index].id for index in range(max(0, around - 50), min(around + 50, self._length))}
            self._views = {key: view for key, view in self._views.items() if key in near}

    # Decisions

    def show_pending(self, pair_id: str, status: PairStatus, answer: Mapping[str, Any] | None) -> None:
        """A decision about this pair is on its way to the disk: show it, and count it for the pace."""
        self.changes += 1
        self._pending.add(pair_id)
        self._decided.append(time.monotonic())
        self._set_status(pair_id, status, None if answer is None else summary(dict(answer)))

    def update_written(self, pairs: Sequence[Decidable]) -> None:
        """These are on the disk now, and this is what they are."""
        self.changes += 1
        for pair in pairs:
            self._pending.discard(pair.id)
            self._newest[pair.id] = pair.version
            known = self._views.get(pair.id)
            if known is not None:
                self._views[pair.id] = replace(known, pair=pair)
            self._set_status(pair.id, pair.status, summary(pair.answer if pair.answer is not None else pair.proposal))

    def _set_status(self, pair_id: str, status: PairStatus, new_summary: str | None) -> None:
        index = self._at.get(pair_id)
        if index is None:
            return
        row = self[index]
        if row.status is not status:
            moved = {row.status.value: -1, status.value: +1}
            self.counts = replace(self.counts, **{name: getattr(self.counts, name) + by for name, by in moved.items()})
        changed = replace(row, status=status, summary=row.summary if new_summary is None else new_summary)
        self._pages[index // PAGE][index % PAGE] = changed

    def pace(self) -> float | None:
        """Decisions a minute over the last two minutes; None until there are a few over some seconds."""
        horizon = time.monotonic() - PACE_SECONDS
        while self._decided and self._decided[0] < horizon:
            self._decided.popleft()
        if len(self._decided) < 3:
            return None
        span = self._decided[-1] - self._decided[0]
        return (len(self._decided) - 1) / span * 60 if span >= PACE_LEAST else None

    def minutes_left(self) -> float | None:
        """Time for what is left at the present pace; an estimate, and None without a pace."""
        pace = self.pace()
        return self.counts.unlabeled / pace if pace else None


def open_queue(
    label: DecisionService[Any], work: Work, list_filter: ListFilter, pair_id: str, session_id: str, *, undecided: bool
) -> LabelQueue:
    """The queue with the rows around the pair where the user was; `undecided` goes on to one that needs a decision."""
    source = label.open(work.id, list_filter.filter, list_filter.sort, session_id)
    at = source.index_of(pair_id) if pair_id else None
    if len(source) and (at is None or (undecided and source[at].status is not PairStatus.UNLABELED)):
        at = source.next_undecided((at or 0) - 1)
    queue = LabelQueue(source, label.counts(work.id), at or 0, work.hides, _shared_beginning(source))
    first = max(0, queue.start - PAGE // 2)
    queue.add_pages(queue.read(queue.missing_pages(range(first, min(first + PAGE, len(queue))))), queue.start)
    return queue


def _shared_beginning(source: Queue) -> str:
    """What the items' names begin with, by the first, the last and some between; at least two characters stay."""
    if len(source) < LEAST_ROWS:
        return ""
    places = {len(source) * part // 8 for part in range(8)} | {len(source) - 1}
    names = [source[place].item_ref for place in sorted(places)]
    beginning = common_beginning(names)[: min(map(len, names)) - LEAST_OWN]
    return beginning if len(beginning) >= LEAST_SHARED else ""


def _blank(index: int) -> QueueRow:
    from ontos_tui.services.label.queue import QueueRow

    return QueueRow("", index + 1, "…", PairStatus.UNLABELED, None, "")
