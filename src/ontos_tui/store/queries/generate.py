"""What generation reads and writes: the pairs of a training sheet, examples, and proposals."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.pairs import CanonicalLabel, LabelingMode, QAPair
from ontos_tui.domain.records.template import Example
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks, marks
from ontos_tui.store.conditions import Condition, among, equal, where
from ontos_tui.store.connection import Connection
from ontos_tui.store.values import uses_from_text

# Pairs by their items, and canonical labels ------------------------------------------------------------------------


def pair_numbers(connection: Connection, training_sheet_id: str, item_refs: Sequence[str]) -> dict[str, int]:
    """The sequence numbers of the pairs that these items have in a training sheet, by item."""
    numbers: dict[str, int] = {}
    for some in chunks(item_refs):
        sql = (
            "SELECT item_ref, sequence_number FROM qa_pairs "  # noqa: S608
            f"WHERE training_sheet_id = ? AND item_ref IN ({marks(some)})"
        )
        numbers.update(connection.rows(sql, (training_sheet_id, *some)))
    return numbers


def source_refs(connection: Connection, training_sheet_id: str) -> set[str]:
    """The items of a training sheet's pairs that were made of the source, not of feedback."""
    sql = "SELECT item_ref FROM qa_pairs WHERE training_sheet_id = ? AND feedback_id IS NULL"
    return set(connection.scalars(sql, (training_sheet_id,)))


def stored_fields(connection: Connection, training_sheet_id: str, item_refs: Sequence[str]) -> dict[str, Row]:
    """What is stored of the rows of these items in a training sheet, by item."""
    fields: dict[str, Row] = {}
    for some in chunks(item_refs):
        sql = (
            "SELECT item_ref, source_data FROM qa_pairs "  # noqa: S608
            f"WHERE training_sheet_id = ? AND item_ref IN ({marks(some)})"
        )
        fields |= {ref: connection.fields.row(text) for ref, text in connection.rows(sql, (training_sheet_id, *some))}
    return fields


def label_of_unlabeled_pairs(
    connection: Connection, training_sheet_id: str, sheet_id: str, label_type: str
) -> list[tuple[str, str]]:
    """The undecided pairs whose items have a canonical label: the ids of pair and label."""
    # From the labels to the pairs, since of those there are seldom more: CROSS JOIN keeps SQLite to that order.
    sql = (
        "SELECT p.id, c.id FROM canonical_labels c CROSS JOIN qa_pairs p "
        "ON p.training_sheet_id = ? AND p.item_ref = c.item_ref "
        "WHERE c.sheet_id = ? AND c.label_type = ? AND p.status = 'unlabeled'"
    )
    return [
        (pair_id, label_id) for pair_id, label_id in connection.execute(sql, (training_sheet_id, sheet_id, label_type))
    ]


def canonical_labels(connection: Connection, ids: Collection[str]) -> dict[str, CanonicalLabel]:
    """Canonical labels by id."""
    return {
        label.id: label
        for some in chunks(sorted(ids))
        for label in rows.find(connection, CanonicalLabel, among("id", some))
    }


def unlabeled_pairs(connection: Connection, ids: Sequence[str]) -> Iterator[QAPair]:
    """Those of these pairs that are undecided, a thousand at a time."""
    for some in chunks(ids):
        yield from rows.find(connection, QAPair, among("id", some), equal(status=PairStatus.UNLABELED))


# Examples ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LabeledPair:
    """A labeled pair that may be an example, with the uses that its tags allow and prohibit."""

    item_ref: str
    sheet_id: str
    fields: Row
    answer: Answer
    allowed_uses: list[str]
    prohibited_uses: list[str]


def examples(connection: Connection, label_type: str) -> list[Example]:
    """The stored examples for a label type, by name."""
    return rows.find(connection, Example, equal(label_type=label_type), order_by=("name",))


def remove_example(connection: Connection, example_id: str) -> None:
    """Remove an example."""
    connection.execute("DELETE FROM example_store WHERE id = ?", (example_id,))


def labeled_pairs(connection: Connection, label_type: str) -> Iterator[LabeledPair]:
    """The labeled pairs of a label type, the last changed first, as far as they are read."""
    sql = (
        "SELECT p.item_ref, p.sheet_id, p.source_data, p.answer, p.allowed_uses, p.prohibited_uses FROM qa_pairs p "
        "JOIN training_sheets t ON t.id = p.training_sheet_id "
        "WHERE t.label_type = ? AND p.status = ? AND p.answer IS NOT NULL ORDER BY p.updated_at DESC, p.sequence_number"
    )
    pairs = connection.execute(sql, (label_type, PairStatus.LABELED))
    for item_ref, sheet_id, fields, answer, allowed, prohibited in pairs:
        row, uses = connection.fields.row(fields), uses_from_text(allowed)
        yield LabeledPair(item_ref, sheet_id, row, json.loads(answer), uses, json.loads(prohibited))


# Proposals ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenPair:
    """An undecided pair without a proposal."""

    id: str
    item_ref: str
    fields: Row
    sequence_number: int


@dataclass(frozen=True, slots=True)
class StoredProposal:
    """What is written about a pair: its proposal, or the error why there is none."""

    pair_id: str
    answer: Answer | None
    confidence: float | None
    explanation: str
    error: str
    certainty: str = ""


def _open(training_sheet_id: str) -> Condition:
    """The pairs to request proposals for. Pairs from feedback wait for a person: the model was wrong about them."""
    return equal(
        training_sheet_id=training_sheet_id, status=PairStatus.UNLABELED, proposal=None, answer=None, feedback_id=None
    )


def open_pairs(connection: Connection, training_sheet_id: str, after: int, last: int, limit: int) -> list[OpenPair]:
    """The next pairs to request proposals for, with sequence numbers above `after` and up to `last`."""
    condition = _open(training_sheet_id) & where("sequence_number > ? AND sequence_number <= ?", after, last)
    sql = (
        f"SELECT id, item_ref, source_data, sequence_number FROM qa_pairs WHERE {condition.sql} "  # noqa: S608
        "ORDER BY sequence_number LIMIT ?"
    )
    return [
        OpenPair(id, item_ref, connection.fields.row(fields), number)
        for id, item_ref, fields, number in connection.execute(sql, (*condition.values, limit))
    ]


def open_extent(connection: Connection, training_sheet_id: str, limit: int | None) -> tuple[int, int]:
    """The last sequence number of the first `limit` pairs to request proposals for, and how many those are."""
    condition = _open(training_sheet_id)
    numbers = f"SELECT sequence_number FROM qa_pairs WHERE {condition.sql} ORDER BY sequence_number LIMIT ?"  # noqa: S608
    values = (*condition.values, -1 if limit is None else limit)
    ((last, total),) = connection.rows(f"SELECT max(sequence_number), count(*) FROM ({numbers})", values)  # noqa: S608
    return last or 0, total


def open_items(connection: Connection, training_sheet_id: str, item_refs: Collection[str], last: int) -> list[str]:
    """Which of these items need a proposal, up to a sequence number, sorted."""
    condition = _open(training_sheet_id) & where("sequence_number <= ?", last)
    refs: list[str] = []
    for some in chunks(sorted(item_refs)):
        sql = f"SELECT item_ref FROM qa_pairs WHERE {condition.sql} AND item_ref IN ({marks(some)})"  # noqa: S608
        refs += connection.scalars(sql, (*condition.values, *some))
    return sorted(refs)


def store_proposals(connection: Connection, proposals: Sequence[StoredProposal], moment: datetime, actor: str) -> None:
    """Write proposals. A pair that a person has decided meanwhile is left alone."""
    sql = (
        "UPDATE qa_pairs SET proposal = ?, confidence = ?, certainty = ?, proposed_by = ?, generation_error = ?, "
        "labeling_mode = ?, version = version + 1, updated_at = ?, updated_by = ? "
        "WHERE id = ? AND status = ? AND answer IS NULL"
    )
    connection.executemany(
        sql,
        (
            (
                *(one.answer, one.confidence, one.certainty, one.explanation, one.error, LabelingMode.AI_GENERATED),
                *(moment, actor, one.pair_id, PairStatus.UNLABELED),
            )
            for one in proposals
        ),
    )
