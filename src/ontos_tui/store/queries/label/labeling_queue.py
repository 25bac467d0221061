"""The labeling queue: which pairs (or items of a task) it holds, in which order, and the rows that are in sight."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.labeling import HintKind, TaskItem, is_blind
from ontos_tui.domain.records.pairs import Decidable, LabelingMode, QAPair
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.store.bulk import chunks
from ontos_tui.store.conditions import (
    Condition,
    all_of,
    among,
    any_of,
    contains,
    equal,
    starts_with,
    value_contains,
    where,
)
from ontos_tui.store.connection import Connection
from ontos_tui.store.counts import pair_counts
from ontos_tui.store.queries.label.claims import FARTHEST
from ontos_tui.store.queries.label.hints import HOLDS

BLOCK = 2_000
"""Pairs whose fields are read at once."""


@dataclass(frozen=True)
class QueueFilter:
    """Which pairs the queue shows.

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
    """The order of the queue. The hints of services/hints.py decide where they were computed.

    VARIED takes one of each proposed answer in turn, so that a few decisions have seen every class.
    SIMILAR needs the filter's `like`: the pairs that are most like that one come first (services/alike.py).
    """

    ORDER = "order"
    LEAST_SURE = "least_sure"
    MOST_DISAGREED = "most_disagreed"
    SUSPECT = "suspect"
    OLDEST = "oldest"
    VARIED = "varied"
    SIMILAR = "similar"


@dataclass(frozen=True)
class QueueEntry:
    """One pair of the queue; `answer` is the decided one, or else the proposal; `claimed_by` is somebody else."""

    id: str
    sequence: int
    item_ref: str
    status: PairStatus
    confidence: float | None
    answer: Answer | None
    claimed_by: str
    certainty: str = ""


@dataclass(frozen=True)
class Place:
    """Whose queue: the pairs of a training sheet or the items of a task, and the session that looks at them."""

    record: type[Decidable]
    container_id: str
    session: str = ""

    @property
    def inside(self) -> Condition:
        """The condition that a pair belongs to it."""
        return equal(**{self.record.CONTAINER: self.container_id})

    def claims_of_others(self, at: datetime) -> Condition:
        """The condition that a claim is somebody else's and holds."""
        holds = where("until > ? AND until <= ?", at, at + FARTHEST)
        return where("container_id = ? AND session <> ?", self.container_id, self.session) & holds


# Which pairs, in which order ---------------------------------------------------------------------------------------


def numbers(connection: Connection, place: Place, filter: QueueFilter, sort: QueueSort) -> range | array[int]:
    """The sequence numbers of the pairs that pass the filter, in any order but SIMILAR."""
    if filter == QueueFilter() and sort is QueueSort.ORDER:
        whole = _unbroken(connection, place)
        if whole is not None:
            return whole
    condition = place.inside & matching(place.record, filter)
    order = ", ".join([*_order(place.record, sort), "sequence_number"])
    sql = f"SELECT sequence_number FROM {place.record.TABLE} WHERE {condition.sql} ORDER BY {order}"  # noqa: S608
    hidden = _matched_by_hidden(connection, place, filter)
    matches = connection.scalars(sql, condition.values)
    return array("q", (one for one in matches if one not in hidden) if hidden else matches)


def _unbroken(connection: Connection, place: Place) -> range | None:
    """The numbers of all pairs when none is missing between the first and the last, found without reading them."""
    inside, table = place.inside, place.record.TABLE
    # Two questions, since SQLite answers each from one end of the index; together it would read the whole.
    first, last = (
        connection.scalar(f"SELECT {end}(sequence_number) FROM {table} WHERE {inside.sql}", inside.values)  # noqa: S608
        for end in ("min", "max")
    )
    if first is None:
        return range(0)
    total = sum(count.n for count in pair_counts(connection, place.container_id, place.record))
    return range(first, last + 1) if last - first + 1 == total else None


_HINTED = {
    QueueSort.LEAST_SURE: HintKind.UNSURE,
    QueueSort.MOST_DISAGREED: HintKind.DISAGREED,
    QueueSort.SUSPECT: HintKind.SUSPECT,
}


def _hint(record: type[Decidable], what: str, kind: HintKind) -> str:
    """A query for something of the pair's hint of this kind that still holds; the items of tasks have none."""
    holds = HOLDS if record is QAPair else "0"
    return (
        f"SELECT {what} FROM pair_hints WHERE pair_hints.pair_id = {record.TABLE}.id "  # noqa: S608
        f"AND pair_hints.kind = '{kind}' AND {holds}"
    )


# The first answer that is a class; within a class the items are scattered, since neighbors are often alike.
_CLASS = "(SELECT value FROM json_each(coalesce(proposal, '{}')) WHERE type IN ('text', 'true', 'false') LIMIT 1)"
_TURN = f"row_number() OVER (PARTITION BY status, {_CLASS} ORDER BY sequence_number * 7919 % 10007, sequence_number)"


def _order(record: type[Decidable], sort: QueueSort) -> tuple[str, ...]:
    if sort is QueueSort.ORDER:
        return ()
    if sort is QueueSort.OLDEST:
        return ("updated_at",)
    if sort is QueueSort.VARIED:
        return (f"status <> '{PairStatus.UNLABELED}'", _TURN)
    score = f"({_hint(record, 'score', _HINTED[sort])})"
    if sort is QueueSort.LEAST_SURE:
        # Where no model has looked, what the proposal says of itself.
        score = f"coalesce({score}, 1.0 - confidence)"
    return (f"{score} DESC NULLS LAST",)


_BLIND_SHARE = {
    QAPair.TABLE: "SELECT blind_share FROM training_sheets WHERE id = ?",
    TaskItem.TABLE: "SELECT blind_share FROM labeling_jobs WHERE id = (SELECT job_id FROM labeling_tasks WHERE id = ?)",
}


def _matched_by_hidden(connection: Connection, place: Place, filter: QueueFilter) -> set[int]:
    """The numbers of the pairs that pass the filter only by a proposal which is hidden from who decides."""
    if not filter.text and filter.label is None and filter.below is None:
        return set()
    share = connection.scalar(_BLIND_SHARE[place.record.TABLE], (place.container_id,))
    if not share:
        return set()
    without = matching(place.record, filter, proposals=False)
    only_by_proposal = where(f"NOT coalesce({without.sql}, 0)", *without.values)
    condition = place.inside & equal(status=PairStatus.UNLABELED) & matching(place.record, filter) & only_by_proposal
    sql = f"SELECT sequence_number, item_ref FROM {place.record.TABLE} WHERE {condition.sql}"  # noqa: S608
    return {
        number
        for number, item_ref in connection.execute(sql, condition.values)
        if is_blind(place.container_id, item_ref, share)
    }


_LESS_SURE = "CASE certainty WHEN 'likely' THEN 0 WHEN 'unsure' THEN 1 ELSE confidence < ? END"
"""Where a word stands for the confidence, the number behind it is no percentage: the word decides."""


def matching(record: type[Decidable], filter: QueueFilter, *, proposals: bool = True) -> Condition:
    """The condition that a pair passes the filter; without `proposals`, by what else is known of it."""
    conditions = []
    if filter.status is not None:
        conditions.append(equal(status=filter.status))
    if filter.source is not None:
        conditions.append(equal(labeling_mode=filter.source))
    if filter.below is not None:
        conditions.append(where(_LESS_SURE, filter.below) if proposals else where("0"))
    if filter.hint is not None:
        conditions.append(where(f"EXISTS ({_hint(record, '1', filter.hint)})"))
    if filter.task:
        conditions.append(where("id IN (SELECT pair_id FROM annotation_task_items WHERE task_id = ?)", filter.task))
    if filter.label is not None:
        conditions.append(_has_label(*filter.label, "coalesce(answer, proposal)" if proposals else "answer"))
    if filter.text:
        text = filter.text.encode("utf-8", "replace").decode()
        names = (contains(column, text) for column in ("item_ref", "notes"))
        answers = ("answer", "proposal") if proposals else ("answer",)
        values = (value_contains(column, text) for column in ("source_data", *answers))
        conditions.append(any_of(*names, *values))
    return all_of(*conditions)


def _has_label(field: str, value: Any, whole: str) -> Condition:
    """Whether this answer, a column or an expression, has this value in this field."""
    return where(
        f"json_valid({whole}) AND EXISTS (SELECT 1 FROM json_each({whole}) WHERE key = ? AND value IS ?)",  # noqa: S608
        field,
        value,
    )


def fields(connection: Connection, place: Place, filter: QueueFilter) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """Sequence number and fields of the pairs that pass the filter, in their order, some at a time."""
    condition = place.inside & matching(place.record, filter)
    sql = (
        f"SELECT sequence_number, source_data FROM {place.record.TABLE} "  # noqa: S608
        f"WHERE {condition.sql} ORDER BY sequence_number"
    )
    hidden = _matched_by_hidden(connection, place, filter)
    for block in connection.blocks(sql, condition.values, BLOCK):
        yield [(number, connection.fields.row(text)) for number, text in block if number not in hidden]


def sampled_fields(connection: Connection, place: Place, most: int) -> list[dict[str, Any]]:
    """The fields of at most so many pairs, spread evenly over all of them."""
    inside, table = place.inside, place.record.TABLE
    first, last = (
        connection.scalar(f"SELECT {end}(sequence_number) FROM {table} WHERE {inside.sql}", inside.values)  # noqa: S608
        for end in ("min", "max")
    )
    if first is None:
        return []
    numbers = list(range(first, last + 1, max(1, -(-(last - first + 1) // most))))
    texts: list[str] = []
    for some in chunks(numbers):
        condition = inside & among("sequence_number", some)
        texts += connection.scalars(f"SELECT source_data FROM {table} WHERE {condition.sql}", condition.values)  # noqa: S608
    return list(map(connection.fields.row, texts))


def labeled_fields(connection: Connection, place: Place, most: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The fields and the answers of the first labeled pairs."""
    condition = place.inside & equal(status=PairStatus.LABELED) & where("answer IS NOT NULL")
    sql = (
        f"SELECT source_data, answer FROM {place.record.TABLE} "  # noqa: S608
        f"WHERE {condition.sql} ORDER BY sequence_number LIMIT ?"
    )
    records = connection.execute(sql, (*condition.values, most))
    return [(connection.fields.row(fields), json.loads(answer)) for fields, answer in records]


# Single pairs, and those in sight ----------------------------------------------------------------------------------


def number_of_pair(connection: Connection, place: Place, pair_id: str) -> int | None:
    """The sequence number of a pair, or None when it is not of this place."""
    return _number(connection, place, equal(id=pair_id))


def number_of_item(connection: Connection, place: Place, name: str) -> int | None:
    """The sequence number of the item with this name, or with this number (#12 or 12), or whose name begins so."""
    conditions = [equal(item_ref=name), starts_with("item_ref", name)]
    digits = name.removeprefix("#")
    if digits.isdecimal() and len(digits) < 19:
        conditions.insert(1, equal(sequence_number=int(digits)))
    matches = (_number(connection, place, condition) for condition in conditions)
    return next((number for number in matches if number is not None), None)


def _number(connection: Connection, place: Place, which: Condition) -> int | None:
    condition = place.inside & which
    sql = (
        f"SELECT sequence_number FROM {place.record.TABLE} WHERE {condition.sql} "  # noqa: S608
        "ORDER BY sequence_number LIMIT 1"
    )
    number: int | None = connection.scalar(sql, condition.values)
    return number


def next_unlabeled(connection: Connection, place: Place, least: int) -> int | None:
    """The lowest sequence number from `least` on of a pair that is undecided and that nobody else claims."""
    others = place.claims_of_others(now())
    table = place.record.TABLE
    condition = all_of(
        place.inside,
        where("status = ? AND sequence_number >= ?", PairStatus.UNLABELED, least),
        ~where(f"EXISTS (SELECT 1 FROM claims WHERE claims.item_id = {table}.id AND {others.sql})", *others.values),  # noqa: S608
    )
    sql = f"SELECT min(sequence_number) FROM {table} WHERE {condition.sql}"  # noqa: S608
    number: int | None = connection.scalar(sql, condition.values)
    return number


def entries(connection: Connection, place: Place, which: Sequence[int], *, in_a_row: bool) -> list[QueueEntry]:
    """The pairs with these sequence numbers, in this order; `in_a_row` when no number between them is missing."""
    others = place.claims_of_others(now())
    held = connection.execute(f"SELECT item_id, actor FROM claims WHERE {others.sql}", others.values)  # noqa: S608
    claims = dict(held.fetchall())
    in_sight = (
        where("sequence_number BETWEEN ? AND ?", min(which[0], which[-1]), max(which[0], which[-1]))
        if in_a_row
        else among("sequence_number", which)
    )
    condition = place.inside & in_sight
    sql = (
        "SELECT sequence_number, id, item_ref, status, confidence, coalesce(answer, proposal), certainty "  # noqa: S608
        f"FROM {place.record.TABLE} WHERE {condition.sql}"
    )
    by_number = {row[0]: row for row in connection.execute(sql, condition.values)}
    return [_entry(by_number[number], claims) for number in which]


def _entry(row: tuple[Any, ...], claims: dict[str, str]) -> QueueEntry:
    number, pair_id, item_ref, status, confidence, answer, certainty = row
    shown = None if answer is None else json.loads(answer)
    return QueueEntry(
        pair_id, number, item_ref, PairStatus(status), confidence, shown, claims.get(pair_id, ""), certainty
    )
