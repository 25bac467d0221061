"""Canonical labels: listed by a filter, of some items, their versions, and who uses them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion, QAPair, answer_digest
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks, stored, update_rows
from ontos_tui.store.conditions import Condition, all_of, among, any_of, contains, equal, where
from ontos_tui.store.connection import Connection
from ontos_tui.store.counts import pairs_of_sheet
from ontos_tui.store.values import from_json, to_json

# Lists -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LabelFilter:
    """Which labels to list; `text` is searched in the item's name, the label and its notes."""

    sheet_id: str | None = None
    label_type: str | None = None
    text: str = ""
    confidence: str | None = None
    source: str | None = None
    least_reuse: int = 0


def _matching(filter: LabelFilter) -> Condition:
    """The condition that a label passes the filter."""
    values = {name: getattr(filter, name) for name in ("sheet_id", "label_type", "confidence", "source")}
    conditions = [equal(**{name: value}) for name, value in values.items() if value is not None]
    if filter.least_reuse:
        conditions.append(where("reuse_count >= ?", filter.least_reuse))
    if filter.text:
        text = filter.text.encode("utf-8", "replace").decode()
        conditions.append(any_of(*(contains(name, text) for name in ("item_ref", "notes", "label_data"))))
    return all_of(*conditions)


def labels(connection: Connection, filter: LabelFilter, limit: int, offset: int = 0) -> list[CanonicalLabel]:
    """The labels that pass the filter, by label type and item."""
    order = ("label_type", "item_ref")
    return rows.find(connection, CanonicalLabel, _matching(filter), order_by=order, limit=limit, offset=offset)


def labels_after(connection: Connection, filter: LabelFilter, label_id: str, limit: int) -> list[CanonicalLabel]:
    """The next labels that pass the filter by their ids, behind this id."""
    condition = _matching(filter) & where("id > ?", label_id)
    return rows.find(connection, CanonicalLabel, condition, order_by=("id",), limit=limit)


def count(connection: Connection, filter: LabelFilter) -> int:
    """How many labels pass the filter."""
    return rows.count(connection, CanonicalLabel, _matching(filter))


def label_types(connection: Connection) -> list[str]:
    """The label types that there are labels of, sorted."""
    return connection.scalars("SELECT DISTINCT label_type FROM label_counts WHERE n <> 0 ORDER BY label_type")


# By items ----------------------------------------------------------------------------------------------------------


def labels_by_id(connection: Connection, ids: Sequence[str]) -> list[CanonicalLabel]:
    """The labels that exist among these ids."""
    return [one for some in chunks(ids) for one in rows.find(connection, CanonicalLabel, among("id", some))]


def labels_by_item(
    connection: Connection, sheet_id: str, label_type: str, item_refs: Sequence[str]
) -> dict[str, CanonicalLabel]:
    """The canonical labels of these items, by item reference."""
    of_type = equal(sheet_id=sheet_id, label_type=label_type)
    if len(item_refs) > 1 and not connection.scalar(f"SELECT n FROM label_counts WHERE {of_type.sql}", of_type.values):  # noqa: S608
        return {}
    return {
        label.item_ref: label
        for some in chunks(item_refs)
        for label in rows.find(connection, CanonicalLabel, of_type, among("item_ref", some))
    }


def label_of_item(connection: Connection, sheet_id: str, label_type: str, item_ref: str) -> CanonicalLabel | None:
    """The canonical label of one item, or None."""
    return labels_by_item(connection, sheet_id, label_type, [item_ref]).get(item_ref)


def labeled_items(connection: Connection, sheet_id: str, label_type: str) -> set[str]:
    """The items of a sheet that have a label of this type."""
    sql = "SELECT item_ref FROM canonical_labels WHERE sheet_id = ? AND label_type = ?"
    return set(connection.scalars(sql, (sheet_id, label_type)))


# Versions ----------------------------------------------------------------------------------------------------------


def versions(connection: Connection, label_id: str) -> list[CanonicalLabelVersion]:
    """The earlier versions of a label, the newest first."""
    of_label = equal(canonical_label_id=label_id)
    return rows.find(connection, CanonicalLabelVersion, of_label, order_by=("version DESC",))


def version(connection: Connection, label_id: str, number: int) -> CanonicalLabelVersion | None:
    """The earlier version of a label with this number, or None."""
    return rows.find_one(connection, CanonicalLabelVersion, equal(canonical_label_id=label_id, version=number))


def last_version(connection: Connection, label_id: str) -> int:
    """The highest number of the earlier versions of a label, which may be gone; 0 without any."""
    sql = "SELECT max(version) FROM canonical_label_versions WHERE canonical_label_id = ?"
    return connection.scalar(sql, (label_id,)) or 0


def last_version_from_elsewhere(connection: Connection, label_id: str, source: str) -> CanonicalLabelVersion | None:
    """The newest earlier version of a label whose source is another one than this, or None."""
    of_label = equal(canonical_label_id=label_id) & where("source <> ?", source)
    return next(iter(rows.find(connection, CanonicalLabelVersion, of_label, order_by=("version DESC",), limit=1)), None)


# Use ---------------------------------------------------------------------------------------------------------------


def _linked(label: CanonicalLabel) -> Condition:
    """The condition that a pair is linked to the label; by its item, which has an index."""
    of_label = where("qa_pairs.item_ref = ? AND qa_pairs.canonical_label_id = ?", label.item_ref, label.id)
    return pairs_of_sheet(label.sheet_id) & of_label


def linked_pair_count(connection: Connection, label: CanonicalLabel, *, except_pair: str = "") -> int:
    """How many pairs are linked to the label, without this one."""
    return rows.count(connection, QAPair, _linked(label), where("id <> ?", except_pair))


def linked_pairs(
    connection: Connection, labels: Sequence[CanonicalLabel], except_pairs: Collection[str] = ()
) -> list[QAPair]:
    """The pairs that are linked to these labels, without those with these ids."""
    ids = {label.id for label in labels}
    return _pairs_of_items(connection, labels, lambda pair: pair.label_id in ids and pair.id not in except_pairs)


def pairs_with_other_answers(
    connection: Connection, labels: Sequence[CanonicalLabel], except_pairs: Collection[str] = ()
) -> list[QAPair]:
    """The labeled pairs of these labels' items that have another answer than the label of their training sheet's type.

    Of pairs that are linked to these labels, or to none, and without those with these ids.
    """
    ids = {label.id for label in labels}
    by_item = {(label.sheet_id, label.item_ref, label.label_type): label.label_data for label in labels}

    def is_theirs(pair: _PairOfItem) -> bool:
        if pair.status != PairStatus.LABELED or pair.id in except_pairs:
            return False
        if pair.label_id is not None and pair.label_id not in ids:
            return False
        answer = by_item.get((pair.sheet_id, pair.item_ref, pair.label_type))
        if answer is None or pair.answer == to_json(answer):  # the same text is the same answer
            return False
        return answer_digest(answer) != answer_digest(None if pair.answer is None else from_json(pair.answer))

    return _pairs_of_items(connection, labels, is_theirs)


class _PairOfItem(NamedTuple):
    """What is needed to choose a pair of an item."""

    id: str
    label_id: str | None
    status: str
    label_type: str
    sheet_id: str
    item_ref: str
    answer: str | None


def _pairs_of_items(
    connection: Connection, labels: Sequence[CanonicalLabel], is_chosen: Callable[[_PairOfItem], bool]
) -> list[QAPair]:
    by_sheet: dict[str, list[str]] = {}
    for label in labels:
        by_sheet.setdefault(label.sheet_id, []).append(label.item_ref)
    chosen: list[str] = []
    for sheet_id, item_refs in by_sheet.items():
        for some in chunks(item_refs):
            condition = pairs_of_sheet(sheet_id, "p") & among("p.item_ref", some)
            # Not the fields: mostly the one pair of an item is not chosen, and they may be long.
            sql = (
                "SELECT p.id, p.canonical_label_id, p.status, t.label_type, p.sheet_id, p.item_ref, p.answer "  # noqa: S608
                "FROM qa_pairs AS p "
                f"JOIN training_sheets AS t ON t.id = p.training_sheet_id WHERE {condition.sql}"
            )
            of_items = (_PairOfItem(*row) for row in connection.rows(sql, condition.values))
            chosen += (pair.id for pair in of_items if is_chosen(pair))
    return [pair for some in chunks(chosen) for pair in rows.find(connection, QAPair, among("id", some))]


def training_sheet_of_pairs(connection: Connection, label: CanonicalLabel) -> str | None:
    """The id of a training sheet with a pair that is linked to the label: where it comes from, else the first."""
    linked = _linked(label)
    sql = (
        f"SELECT training_sheet_id FROM qa_pairs WHERE {linked.sql} "  # noqa: S608
        "ORDER BY training_sheet_id IS NOT ?, created_at LIMIT 1"
    )
    sheet_id: str | None = connection.scalar(sql, (*linked.values, label.training_sheet_id))
    return sheet_id


def linked_training_sheets(connection: Connection, label: CanonicalLabel) -> list[str]:
    """The names of the training sheets with pairs that are linked to the label, sorted."""
    linked = _linked(label)
    sql = (
        "SELECT DISTINCT training_sheets.name FROM training_sheets "  # noqa: S608
        f"JOIN qa_pairs ON qa_pairs.training_sheet_id = training_sheets.id WHERE {linked.sql}"
    )
    return sorted(connection.scalars(sql, linked.values))


def model_count(connection: Connection, label: CanonicalLabel) -> int:
    """How many models learned, or were tested on, pairs that are linked to the label."""
    linked = _linked(label)
    sql = (
        "SELECT count(DISTINCT model_pairs.model_id) FROM model_pairs "  # noqa: S608
        f"JOIN qa_pairs ON qa_pairs.id = model_pairs.pair_id WHERE {linked.sql}"
    )
    return int(connection.scalar(sql, linked.values))


def approve_pair(connection: Connection, pair_id: str, columns: Mapping[str, Any]) -> None:
    """Write what a canonical label approves a pair with: columns as they are stored."""
    update_rows(connection, QAPair, tuple(columns), [(*columns.values(), pair_id)])


def count_reuses(connection: Connection, label_ids: Sequence[str]) -> None:
    """Count one more reuse for each of these labels; for one that is named twice, two."""
    moment = stored(CanonicalLabel, "last_reused_at", now())
    connection.executemany(
        "UPDATE canonical_labels SET reuse_count = reuse_count + 1, last_reused_at = ? WHERE id = ?",
        ((moment, label_id) for label_id in label_ids),
    )
