"""Pairs of training sheets and items of tasks: by their names, in their order, and samples of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ontos_tui.domain.records.pairs import Decidable, QAPair
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.conditions import Condition, among, equal, where
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.label.labeling_queue import Place

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row

D = TypeVar("D", bound=Decidable)


def next_unlabeled(connection: Connection, record: type[D], container_id: str, after: int) -> D | None:
    """The first unlabeled pair of a training sheet or task whose sequence number is above `after`, or None."""
    unlabeled = equal(**{record.CONTAINER: container_id}, status=PairStatus.UNLABELED)
    beyond = where("sequence_number > ?", after)
    pairs = rows.find(connection, record, unlabeled, beyond, order_by=("sequence_number",), limit=1)
    return pairs[0] if pairs else None


def labeled_pairs_after(connection: Connection, training_sheet_id: str, after: int, limit: int) -> list[QAPair]:
    """The next labeled pairs of a training sheet, with sequence numbers above `after`."""
    labeled = equal(training_sheet_id=training_sheet_id, status=PairStatus.LABELED)
    beyond = where("sequence_number > ?", after)
    return rows.find(connection, QAPair, labeled, beyond, order_by=("sequence_number",), limit=limit)


def pair_of_item(connection: Connection, place: Place, item_ref: str) -> Decidable | None:
    """The pair of an item in a training sheet or task, or None."""
    return rows.find_one(connection, place.record, place.inside, equal(item_ref=item_ref))


# By names in files -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NamedPair:
    """What is needed of a pair to check a decision about it."""

    id: str
    item_ref: str
    has_answer: bool
    flagged: bool


def pairs_by_item(connection: Connection, training_sheet_id: str, item_refs: Collection[str]) -> dict[str, NamedPair]:
    """The pairs of a training sheet that belong to these items, by item."""
    return {pair.item_ref: pair for pair in _named(connection, training_sheet_id, "item_ref", item_refs)}


def pairs_by_id(connection: Connection, training_sheet_id: str, ids: Collection[str]) -> dict[str, NamedPair]:
    """The pairs of a training sheet with these ids, by id."""
    return {pair.id: pair for pair in _named(connection, training_sheet_id, "id", ids)}


def _named(connection: Connection, training_sheet_id: str, column: str, values: Collection[str]) -> Iterator[NamedPair]:
    for some in chunks(sorted(values)):
        condition = equal(training_sheet_id=training_sheet_id) & among(column, some)
        sql = (
            "SELECT id, item_ref, answer IS NOT NULL OR proposal IS NOT NULL, status FROM qa_pairs "  # noqa: S608
            f"WHERE {condition.sql}"
        )
        for pair_id, item_ref, has_answer, status in connection.execute(sql, condition.values):
            yield NamedPair(pair_id, item_ref, bool(has_answer), status == PairStatus.FLAGGED)


# Samples -----------------------------------------------------------------------------------------------------------


def sample(connection: Connection, place: Place, size: int) -> list[tuple[Row, Answer | None]]:
    """Fields and answers of the first labeled pairs, and of pairs spread evenly over all: `size` of each at most."""
    last = connection.scalar(
        f"SELECT max(sequence_number) FROM {place.record.TABLE} WHERE {place.inside.sql}",  # noqa: S608
        place.inside.values,
    )
    labeled = equal(status=PairStatus.LABELED)
    spread = where("sequence_number % ? = 0", max(1, (last or 0) // size))
    return [*_sample(connection, place, labeled, size), *_sample(connection, place, spread, size)]


def _sample(connection: Connection, place: Place, which: Condition, size: int) -> Iterator[tuple[Row, Answer | None]]:
    condition = place.inside & which
    sql = (
        f"SELECT source_data, answer FROM {place.record.TABLE} WHERE {condition.sql} "  # noqa: S608
        "ORDER BY sequence_number LIMIT ?"
    )
    for fields, answer in connection.execute(sql, (*condition.values, size)):
        yield connection.fields.row(fields), None if answer is None else json.loads(answer)
