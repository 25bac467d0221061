"""Reading canonical labels: those of some items, what they say, and who uses them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair, answer_digest
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.connection import Connection
from ontos_tui.store.tables import table

_LABELS = table(CanonicalLabel).c


def labels_by_item(
    connection: Connection, sheet_id: str, label_type: str, item_refs: Sequence[str]
) -> dict[str, CanonicalLabel]:
    """The canonical labels of these items, by item reference."""
    of_type = (_LABELS.sheet_id == sheet_id, _LABELS.label_type == label_type)
    if len(item_refs) > 1 and rows.find_one(connection, CanonicalLabel, *of_type) is None:
        return {}
    return {
        label.item_ref: label
        for some in chunks(item_refs)
        for label in rows.find(connection, CanonicalLabel, *of_type, _LABELS.item_ref.in_(some))
    }


def has_answer(label: CanonicalLabel, answer: Answer | None) -> bool:
    """Whether the label's answer is this one; to JSON, unlike to Python, 1 and true are not the same."""
    return answer is not None and answer_digest(label.label_data) == answer_digest(answer)


def linked_pair_count(connection: Connection, label: CanonicalLabel, *, except_pair: str) -> int:
    """How many other pairs are linked to the label."""
    columns = table(QAPair).c
    query = select(func.count()).where(
        columns.sheet_id == label.sheet_id,
        columns.item_ref == label.item_ref,
        columns.canonical_label_id == label.id,
        columns.id != except_pair,
    )
    return int(connection.execute(query).scalar_one())
