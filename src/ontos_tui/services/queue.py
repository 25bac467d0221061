"""The labeling queue: a long list of pairs of which only the window in sight is read."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, overload

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, exists, func, or_, select, type_coerce

from ontos_tui.domain.pairs import LabelingMode, QAPair
from ontos_tui.domain.schema import Answer
from ontos_tui.domain.states import PairStatus
from ontos_tui.store.counts import pair_counts
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

WINDOW = 2_000
"""Rows that are read at once when the whole list is walked through."""

SUMMARY = 80
"""Characters of a row's summary."""


@dataclass(frozen=True)
class QueueFilter:
    """Which pairs are wanted. `text` is looked for, in any case, in the item's name, fields, answers and notes."""

    status: PairStatus | None = None
    text: str = ""
    source: LabelingMode | None = None


class QueueSort(StrEnum):
    ORDER = "order"
    LEAST_SURE = "least_sure"


@dataclass(frozen=True)
class QueueRow:
    """One pair as the list shows it; `summary` is its answer, or else its proposal, on one line."""

    id: str
    sequence: int
    item_ref: str
    status: PairStatus
    confidence: float | None
    summary: str


_C = table(QAPair).c
_ROW = (_C.id, _C.sequence_number, _C.item_ref, _C.status, _C.confidence, _C.answer, _C.proposal)


class Queue(Sequence[QueueRow]):
    """The pairs that a filter let through when the queue was opened, in that order; a row is read when it is asked for.

    A pair that is decided stays where it is. A million pairs without a filter take no more time to open than ten.
    """

    def __init__(self, store: Store, training_sheet_id: str, wanted: QueueFilter, sort: QueueSort) -> None:
        self._store = store
        self._sheet_id = training_sheet_id
        self._sort = sort
        with store.read() as connection:
            self._numbers = _numbers(connection, training_sheet_id, wanted, sort)

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
        where = (_C.id == pair_id, _C.training_sheet_id == self._sheet_id)
        with self._store.read() as connection:
            number = connection.execute(select(_C.sequence_number).where(*where)).scalar_one_or_none()
        return None if number is None else self._place(number)

    def next_undecided(self, after: int) -> int | None:
        """The place of the next unlabeled pair, from behind `after` to the end and then from the top."""
        found = self._undecided(after + 1, len(self))
        return self._undecided(0, min(after + 1, len(self))) if found is None else found

    def _undecided(self, start: int, stop: int) -> int | None:
        if self._sort is QueueSort.ORDER:
            return self._undecided_in_order(start, stop)
        for at in range(start, stop, WINDOW):
            for place, row in enumerate(self[at : min(at + WINDOW, stop)], at):
                if row.status is PairStatus.UNLABELED:
                    return place
        return None

    def _undecided_in_order(self, start: int, stop: int) -> int | None:
        """Leaps from the queue's number to the next unlabeled one in the index and back, until both agree."""
        numbers = self._numbers
        with self._store.read() as connection:
            while start < stop:
                query = (
                    select(func.min(_C.sequence_number))
                    .where(_C.training_sheet_id == self._sheet_id, _C.status == PairStatus.UNLABELED)
                    .where(_C.sequence_number >= numbers[start])
                )
                number = connection.execute(query).scalar_one()
                if number is None:
                    return None
                start = bisect_left(numbers, number, start)
                if start < stop and numbers[start] == number:
                    return start
        return None

    def _place(self, number: int) -> int | None:
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
        run = abs(numbers[-1] - numbers[0]) == len(numbers) - 1 and self._sort is QueueSort.ORDER
        which = (
            _C.sequence_number.between(min(numbers[0], numbers[-1]), max(numbers[0], numbers[-1]))
            if run
            else _C.sequence_number.in_(list(numbers))
        )
        with self._store.read() as connection:
            found = {
                row[1]: _row(*row)
                for row in connection.execute(select(*_ROW).where(_C.training_sheet_id == self._sheet_id, which))
            }
        return [found[number] for number in numbers]


def _numbers(
    connection: Connection, training_sheet_id: str, wanted: QueueFilter, sort: QueueSort
) -> range | array[int]:
    """The sequence numbers of the queue's pairs in its order."""
    of_sheet = _C.training_sheet_id == training_sheet_id
    if wanted == QueueFilter() and sort is QueueSort.ORDER:
        first, last = connection.execute(
            select(
                select(func.min(_C.sequence_number)).where(of_sheet).scalar_subquery(),
                select(func.max(_C.sequence_number)).where(of_sheet).scalar_subquery(),
            )
        ).one()
        total = sum(count.n for count in pair_counts(connection, training_sheet_id))
        if first is None:
            return range(0)
        if last - first + 1 == total:
            return range(first, last + 1)
    surest_last = (_C.confidence.asc().nulls_last(),) if sort is QueueSort.LEAST_SURE else ()
    query = select(_C.sequence_number).where(of_sheet, *_conditions(wanted)).order_by(*surest_last, _C.sequence_number)
    return array("q", connection.execute(query).scalars())


def _conditions(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        conditions.append(_C.status == wanted.status)
    if wanted.source is not None:
        conditions.append(_C.labeling_mode == wanted.source)
    if wanted.text:
        text = wanted.text.encode("utf-8", "replace").decode()
        names = (column.icontains(text, autoescape=True) for column in (_C.item_ref, _C.notes))
        values = (_among_values(column, text) for column in (_C.source_data, _C.answer, _C.proposal))
        conditions.append(or_(*names, *values))
    return conditions


def _among_values(column: Any, text: str) -> ColumnElement[bool]:
    """Whether a value of a JSON object holds the text: a look at the whole first, at the single values where it fits.

    In the whole, the text stands with its quotes and line ends escaped; and the names of the fields stand there too.
    """
    whole = type_coerce(column, Text)
    value = func.json_each(column).table_valued("value").c.value
    return and_(
        whole.icontains(json.dumps(text, ensure_ascii=False)[1:-1], autoescape=True),
        func.json_valid(column) == 1,
        exists(select(1).where(cast(value, Text).icontains(text, autoescape=True))),
    )


def _row(
    pair_id: str,
    sequence: int,
    item_ref: str,
    status: str,
    confidence: float | None,
    answer: Answer | None,
    proposal: Answer | None,
) -> QueueRow:
    return QueueRow(
        pair_id, sequence, item_ref, PairStatus(status), confidence, summary(answer if answer is not None else proposal)
    )


def summary(answer: Answer | None) -> str:
    """An answer on one line, not longer than a list shows."""
    told = " · ".join(_told(value) for value in (answer or {}).values())
    return told if len(told) <= SUMMARY else told[: SUMMARY - 1] + "…"


def _told(value: Any) -> str:
    if value is None:
        return "·"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
