"""The labeling queue: a long list of pairs of which only the window in sight is read."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import overload

from ontos_tui.domain.answers import summary
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.pairs import Decidable
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.label import labeling_queue as queries
from ontos_tui.store.queries.label.labeling_queue import Place, QueueEntry, QueueFilter, QueueSort

__all__ = ["Queue", "QueueFilter", "QueueRow", "QueueSort", "summary"]

WINDOW = 2_000
"""Rows that are read at once when the whole list is walked through."""


@dataclass(frozen=True)
class QueueRow:
    """One pair as the list shows it; `summary` is its answer, or else its proposal, on one line.

    `claimed_by` is another person who is about to decide it.
    """

    id: str
    sequence: int
    item_ref: str
    status: PairStatus
    confidence: float | None
    summary: str
    claimed_by: str = ""
    certainty: str = ""


class Queue(Sequence[QueueRow]):
    """The pairs that a filter let through when the queue was opened, in that order; a row is read when it is accessed.

    A pair that is decided stays where it is. A million pairs without a filter take no more time to open than ten.
    """

    def __init__(
        self,
        store: Store,
        record: type[Decidable],
        container_id: str,
        filter: QueueFilter,
        sort: QueueSort,
        session: str = "",
    ) -> None:
        self._store = store
        self._place = Place(record, container_id, session)
        self._sort = sort
        with store.read() as connection:
            self._numbers = _numbers(connection, self._place, filter, sort)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> QueueRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[QueueRow]: ...
    def __getitem__(self, index: int | slice) -> QueueRow | list[QueueRow]:
        if isinstance(index, slice):
            return self._read(self._numbers[index])
        return self._read([self._numbers[index]])[0]

    def __iter__(self) -> Iterator[QueueRow]:
        for start in range(0, len(self), WINDOW):
            yield from self[start : start + WINDOW]

    def index_of(self, pair_id: str) -> int | None:
        """Where a pair stands, or None when the filter left it out."""
        with self._store.read() as connection:
            number = queries.number_of_pair(connection, self._place, pair_id)
        return None if number is None else self._index(number)

    def find_item(self, name: str) -> int | None:
        """Where the item stands with this number (#12 or 12) or name, or whose name begins so."""
        with self._store.read() as connection:
            number = queries.number_of_item(connection, self._place, name)
        return None if number is None else self._index(number)

    def ids(self, limit: int) -> list[str]:
        """The ids of the first pairs of the list."""
        return [row.id for row in self[:limit]]

    def first_undecided(self, limit: int) -> list[str]:
        """The ids of the first unlabeled pairs of the list that no other person claims."""
        open_ones = (row.id for row in self if row.status is PairStatus.UNLABELED and not row.claimed_by)
        return list(islice(open_ones, limit))

    def next_undecided(self, after: int) -> int | None:
        """The next unlabeled pair that no other person claims: from behind `after` to the end, then from the top."""
        place = self._undecided(after + 1, len(self))
        return self._undecided(0, min(after + 1, len(self))) if place is None else place

    def _undecided(self, start: int, stop: int) -> int | None:
        if self._sort is QueueSort.ORDER:
            return self._undecided_in_order(start, stop)
        for at in range(start, stop, WINDOW):
            for place, row in enumerate(self[at : min(at + WINDOW, stop)], at):
                if row.status is PairStatus.UNLABELED and not row.claimed_by:
                    return place
        return None

    def _undecided_in_order(self, start: int, stop: int) -> int | None:
        """Leaps from the queue's number to the next unlabeled one in the index and back, until both agree."""
        numbers = self._numbers
        with self._store.read() as connection:
            while start < stop:
                number = queries.next_unlabeled(connection, self._place, numbers[start])
                if number is None:
                    return None
                start = bisect_left(numbers, number, start)
                if start < stop and numbers[start] == number:
                    return start
        return None

    def _index(self, number: int) -> int | None:
        numbers = self._numbers
        if self._sort is QueueSort.ORDER:
            place = bisect_left(numbers, number)
            return place if place < len(numbers) and numbers[place] == number else None
        try:
            return numbers.index(number)
        except ValueError:
            return None

    def _read(self, numbers: Sequence[int]) -> list[QueueRow]:
        if not numbers:
            return []
        in_a_row = self._sort is QueueSort.ORDER and abs(numbers[-1] - numbers[0]) == len(numbers) - 1
        with self._store.read() as connection:
            return [_row(entry) for entry in queries.entries(connection, self._place, numbers, in_a_row=in_a_row)]


def _numbers(connection: Connection, place: Place, filter: QueueFilter, sort: QueueSort) -> range | array[int]:
    """The sequence numbers of the queue's pairs in its order."""
    if sort is not QueueSort.SIMILAR:
        return queries.numbers(connection, place, filter, sort)
    from ontos_tui.services.label.similar_items import nearest_first

    if not filter.like:
        raise InvalidInputError("No item to compare with.", "Name the item that the others are compared with.")
    return nearest_first(connection, place, filter)


def _row(entry: QueueEntry) -> QueueRow:
    return QueueRow(
        entry.id,
        entry.sequence,
        entry.item_ref,
        entry.status,
        entry.confidence,
        summary(entry.answer),
        entry.claimed_by,
        entry.certainty,
    )
