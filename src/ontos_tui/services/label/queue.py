"""The labeling queue: a long list of pairs of which only the window in sight is read."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, overload

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, exists, false, func, or_, select, type_coerce

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.improve import AnnotationItem
from ontos_tui.domain.records.labeling import Claim, Hint, HintKind
from ontos_tui.domain.records.pairs import Decidable, LabelingMode, QAPair
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.domain.spans import told
from ontos_tui.store.counts import pair_counts
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

WINDOW = 2_000
"""Rows that are read at once when the whole list is walked through."""

SUMMARY = 80
"""Characters of a row's summary."""

_CLAIMS = table(Claim).c
_HINTS = table(Hint).c


@dataclass(frozen=True)
class QueueFilter:
    """Which pairs are wanted.

    `text` is looked for, in any case, in the item's name, fields, answers and notes; `label` is a field of the answer
    (or else of the proposal) and the value that it has; `below` is a confidence; `hint` a reason to look at it;
    `task` an annotation task that asks for them.
    """

    status: PairStatus | None = None
    text: str = ""
    source: LabelingMode | None = None
    label: tuple[str, Any] | None = None
    below: float | None = None
    hint: HintKind | None = None
    like: str = ""
    task: str = ""


class QueueSort(StrEnum):
    """The order of the queue. The hints of services/label/hints/service.py decide where they were computed.

    SIMILAR needs the filter's `like`: the pairs that are most like that one come first (similar_items.py).
    """

    ORDER = "order"
    LEAST_SURE = "least_sure"
    MOST_DISAGREED = "most_disagreed"
    SUSPECT = "suspect"
    OLDEST = "oldest"
    SIMILAR = "similar"


@dataclass(frozen=True)
class QueueRow:
    """One pair as the list shows it; `summary` is its answer, or else its proposal, on one line.

    `claimed_by` is somebody else who is about to decide it.
    """

    id: str
    sequence: int
    item_ref: str
    status: PairStatus
    confidence: float | None
    summary: str
    claimed_by: str = ""


class Queue(Sequence[QueueRow]):
    """The pairs that a filter let through when the queue was opened, in that order; a row is read when it is asked for.

    A pair that is decided stays where it is. A million pairs without a filter take no more time to open than ten.
    """

    def __init__(
        self,
        store: Store,
        record: type[Decidable],
        container_id: str,
        wanted: QueueFilter,
        sort: QueueSort,
        session: str = "",
    ) -> None:
        self._store = store
        self._c = table(record).c
        self._in_container = self._c[record.CONTAINER] == container_id
        self._container_id = container_id
        self._sort = sort
        self._session = session
        with store.read() as connection:
            self._numbers = _numbers(connection, record, container_id, wanted, sort)

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
        query = select(self._c.sequence_number).where(self._c.id == pair_id, self._in_container)
        with self._store.read() as connection:
            number = connection.execute(query).scalar_one_or_none()
        return None if number is None else self._place(number)

    def place_of(self, told: str) -> int | None:
        """Where the item stands whose number (#12 or 12) or name is `told`, or whose name begins so."""
        names = [self._c.item_ref == told, self._c.item_ref.startswith(told, autoescape=True)]
        number = told.removeprefix("#")
        if number.isdecimal() and len(number) < 19:
            names.insert(1, self._c.sequence_number == int(number))
        with self._store.read() as connection:
            for name in names:
                query = select(self._c.sequence_number).where(self._in_container, name)
                found = connection.execute(query.order_by(self._c.sequence_number).limit(1)).scalar()
                if found is not None:
                    return self._place(found)
        return None

    def ids(self, limit: int) -> list[str]:
        """The ids of the first pairs of the list."""
        return [row.id for row in self[:limit]]

    def first_undecided(self, limit: int) -> list[str]:
        """The ids of the first unlabeled pairs of the list that nobody else claims."""
        open_ones = (row.id for row in self if row.status is PairStatus.UNLABELED and not row.claimed_by)
        return list(islice(open_ones, limit))

    def next_undecided(self, after: int) -> int | None:
        """The next unlabeled pair that nobody else claims: from behind `after` to the end, then from the top."""
        found = self._undecided(after + 1, len(self))
        return self._undecided(0, min(after + 1, len(self))) if found is None else found

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
        claimed = exists().where(_CLAIMS.item_id == self._c.id, *self._others())
        with self._store.read() as connection:
            while start < stop:
                query = (
                    select(func.min(self._c.sequence_number))
                    .where(self._in_container, self._c.status == PairStatus.UNLABELED, ~claimed)
                    .where(self._c.sequence_number >= numbers[start])
                )
                number = connection.execute(query).scalar_one()
                if number is None:
                    return None
                start = bisect_left(numbers, number, start)
                if start < stop and numbers[start] == number:
                    return start
        return None

    def _others(self) -> tuple[ColumnElement[bool], ...]:
        """The claims of others that hold now."""
        return (
            _CLAIMS.container_id == self._container_id,
            _CLAIMS.until > now(),
            _CLAIMS.session != self._session,
        )

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
        c = self._c
        run = abs(numbers[-1] - numbers[0]) == len(numbers) - 1 and self._sort is QueueSort.ORDER
        which = (
            c.sequence_number.between(min(numbers[0], numbers[-1]), max(numbers[0], numbers[-1]))
            if run
            else c.sequence_number.in_(list(numbers))
        )
        wanted = (c.id, c.sequence_number, c.item_ref, c.status, c.confidence, c.answer, c.proposal)
        query = select(*wanted).where(self._in_container, which)
        with self._store.read() as connection:
            held = connection.execute(select(_CLAIMS.item_id, _CLAIMS.actor).where(*self._others()))
            claims = {row.item_id: row.actor for row in held}
            found = {row[1]: _row(*row, claims.get(row[0], "")) for row in connection.execute(query)}
        return [found[number] for number in numbers]


def _numbers(
    connection: Connection, record: type[Decidable], container_id: str, wanted: QueueFilter, sort: QueueSort
) -> range | array[int]:
    """The sequence numbers of the queue's pairs in its order."""
    c = table(record).c
    inside = c[record.CONTAINER] == container_id
    if wanted == QueueFilter() and sort is QueueSort.ORDER:
        first, last = connection.execute(
            select(
                select(func.min(c.sequence_number)).where(inside).scalar_subquery(),
                select(func.max(c.sequence_number)).where(inside).scalar_subquery(),
            )
        ).one()
        total = sum(count.n for count in pair_counts(connection, container_id, record))
        if first is None:
            return range(0)
        if last - first + 1 == total:
            return range(first, last + 1)
    if sort is QueueSort.SIMILAR:
        from ontos_tui.services.label.similar_items import nearest_first

        if not wanted.like:
            raise InvalidInputError("Similar to what?", "Name the item that the others shall be compared with.")
        return nearest_first(connection, record, container_id, wanted.like, _conditions(record, wanted))
    query = select(c.sequence_number).where(inside, *_conditions(record, wanted))
    query = query.order_by(*_order(record, sort), c.sequence_number)
    return array("q", connection.execute(query).scalars())


_HINTED = {
    QueueSort.LEAST_SURE: HintKind.UNSURE,
    QueueSort.MOST_DISAGREED: HintKind.DISAGREED,
    QueueSort.SUSPECT: HintKind.SUSPECT,
}


def _hinted(record: type[Decidable], kind: HintKind) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a hint about a pair that still holds; the items of tasks have none."""
    from ontos_tui.services.label.hints.service import holds

    c = table(record).c
    return (_HINTS.pair_id == c.id, _HINTS.kind == kind, holds() if record is QAPair else false())


def _order(record: type[Decidable], sort: QueueSort) -> tuple[ColumnElement[Any], ...]:
    c = table(record).c
    if sort is QueueSort.ORDER:
        return ()
    if sort is QueueSort.OLDEST:
        return (c.updated_at.asc(),)
    score = select(_HINTS.score).where(*_hinted(record, _HINTED[sort])).correlate(table(record)).scalar_subquery()
    if sort is QueueSort.LEAST_SURE:
        # Where no model has looked, what the proposal says of itself.
        return (func.coalesce(score, 1.0 - c.confidence).desc().nulls_last(),)
    return (score.desc().nulls_last(),)


def _conditions(record: type[Decidable], wanted: QueueFilter) -> list[ColumnElement[bool]]:
    c = table(record).c
    conditions: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        conditions.append(c.status == wanted.status)
    if wanted.source is not None:
        conditions.append(c.labeling_mode == wanted.source)
    if wanted.below is not None:
        conditions.append(c.confidence < wanted.below)
    if wanted.hint is not None:
        conditions.append(exists(select(1).where(*_hinted(record, wanted.hint)).correlate(table(record))))
    if wanted.task:
        items = table(AnnotationItem).c
        conditions.append(c.id.in_(select(items.pair_id).where(items.task_id == wanted.task)))
    if wanted.label is not None:
        conditions.append(_has_label(c, *wanted.label))
    if wanted.text:
        text = wanted.text.encode("utf-8", "replace").decode()
        # SQLite's LIKE passes over case by itself; `icontains` would lower every text first, which takes twice as long.
        names = (column.contains(text, autoescape=True) for column in (c.item_ref, c.notes))
        values = (among_values(column, text) for column in (c.source_data, c.answer, c.proposal))
        conditions.append(or_(*names, *values))
    return conditions


def _has_label(c: Any, field: str, value: Any) -> ColumnElement[bool]:
    """Whether the answer, or else the proposal, has this value in this field."""
    whole = func.coalesce(c.answer, c.proposal)
    answer = func.json_each(whole).table_valued("key", "value").c
    wanted = int(value) if isinstance(value, bool) else value
    return and_(func.json_valid(whole) == 1, exists(select(1).where(answer.key == field, answer.value == wanted)))


def among_values(column: Any, text: str) -> ColumnElement[bool]:
    """Whether a value of a JSON object holds the text: a look at the whole first, at the single values where it fits.

    In the whole, the text stands with its quotes and line ends escaped; and the names of the fields stand there too.
    """
    whole = type_coerce(column, Text)
    value = func.json_each(column).table_valued("value").c.value
    return and_(
        whole.contains(json.dumps(text, ensure_ascii=False)[1:-1], autoescape=True),
        func.json_valid(column) == 1,
        exists(select(1).where(cast(value, Text).contains(text, autoescape=True))),
    )


def _row(
    pair_id: str,
    sequence: int,
    item_ref: str,
    status: str,
    confidence: float | None,
    answer: Answer | None,
    proposal: Answer | None,
    claimed_by: str,
) -> QueueRow:
    shown = summary(answer if answer is not None else proposal)
    return QueueRow(pair_id, sequence, item_ref, PairStatus(status), confidence, shown, claimed_by)


def summary(answer: Answer | None) -> str:
    """An answer on one line, not longer than a list shows."""
    whole = " · ".join(_told(value) for value in (answer or {}).values())
    return whole if len(whole) <= SUMMARY else whole[: SUMMARY - 1] + "…"


def _told(value: Any) -> str:
    if value is None:
        return "·"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(told(value)) or "no spans"
    return f"{value:g}" if isinstance(value, float) else str(value)
