"""Label once, reuse everywhere: what decisions and generation do with canonical labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select

from ontos_tui.domain.records.pairs import CanonicalLabel, Decidable, QAPair, answer_digest
from ontos_tui.services.label.change_log import Changes
from ontos_tui.services.label.decision_context import DecisionContext
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.tables import table

CONSTRAINTS = ("allowed_uses", "prohibited_uses", "usage_reason", "data_classification")
"""What a pair takes over from the canonical label that it is linked to."""

D = TypeVar("D", bound=Decidable)

_LABELS = table(CanonicalLabel).c


def labels_of(connection: Connection, sheet_id: str, label_type: str, refs: Sequence[str]) -> dict[str, CanonicalLabel]:
    """The canonical labels of these items, by item reference."""
    of_type = (_LABELS.sheet_id == sheet_id, _LABELS.label_type == label_type)
    if len(refs) > 1 and rows.find_one(connection, CanonicalLabel, *of_type) is None:
        return {}
    return {
        label.item_ref: label
        for some in chunks(refs)
        for label in rows.find(connection, CanonicalLabel, *of_type, _LABELS.item_ref.in_(some))
    }


def constraints(label: CanonicalLabel) -> dict[str, Any]:
    """The label's constraints as columns of a pair."""
    return {name: getattr(label, name) for name in CONSTRAINTS}


def says(label: CanonicalLabel, answer: dict[str, Any] | None) -> bool:
    """Whether the label and an answer are the same; to JSON, unlike to Python, 1 and true are not."""
    return answer is not None and answer_digest(label.label_data) == answer_digest(answer)


class LabelKeeper:
    """Keeps the canonical labels in step with the decisions of one batch, all of one training sheet or task."""

    def __init__(
        self, connection: Connection, scope: DecisionContext, pairs: Iterable[Decidable], changes: Changes, actor: str
    ) -> None:
        self._connection = connection
        self._scope = scope
        self._changes = changes
        self._actor = actor
        self._labels = labels_of(connection, scope.sheet_id, scope.label_type, [pair.item_ref for pair in pairs])

    def settle(self, pair: D) -> D:
        """The labeled pair, linked to its item's canonical label, which says the same from now on.

        A label that was there passes its constraints on; a new one takes over the pair's.
        """
        assert pair.answer is not None
        label = self._labels.get(pair.item_ref)
        if label is None:
            label = CanonicalLabel(
                sheet_id=self._scope.sheet_id,
                item_ref=pair.item_ref,
                label_type=self._scope.label_type,
                label_data=pair.answer,
                notes=pair.notes,
                source=self._scope.label_source,
                training_sheet_id=self._scope.training_sheet_id,
                created_at=self._changes.at,
                created_by=self._actor,
                updated_at=self._changes.at,
                updated_by=self._actor,
                **{name: getattr(pair, name) for name in CONSTRAINTS},
            )
            self._changes.new_label(label)
        elif not says(label, pair.answer):
            new = {
                "label_data": pair.answer,
                "notes": pair.notes,
                "source": self._scope.label_source,
                "training_sheet_id": self._scope.training_sheet_id,
            }
            label = self._changes.change_label(label, new)
        return pair.model_copy(update={"canonical_label_id": label.id, **constraints(label)})

    def withdraw(self, pair: Decidable) -> str:
        """Take back the label that an approval of `pair` made; says why when it has to stay, else nothing."""
        label = self._labels.get(pair.item_ref)
        if label is None or label.id != pair.canonical_label_id:
            return ""
        made_here = (label.source, label.training_sheet_id) == (self._scope.label_source, self._scope.training_sheet_id)
        if self._scope.training_sheet_id is None:  # a task of one's own: others' tasks make labels that look the same
            made_here = made_here and label.created_by == self._actor
        if not made_here or pair.was_auto_approved:
            return f"the canonical label of {pair.item_ref} was not made here and stays"
        if label.version > 1:
            return f"the canonical label of {pair.item_ref} had said something before and stays as it is"
        others = users(self._connection, label, apart_from=pair.id)
        if others or label.reuse_count:
            return f"the canonical label of {pair.item_ref} is used elsewhere and stays"
        self._changes.drop_label(label)
        return ""


def users(connection: Connection, label: CanonicalLabel, apart_from: str) -> int:
    """How many other pairs are linked to the label."""
    columns = table(QAPair).c
    query = select(func.count()).where(
        columns.sheet_id == label.sheet_id,
        columns.item_ref == label.item_ref,
        columns.canonical_label_id == label.id,
        columns.id != apart_from,
    )
    return int(connection.execute(query).scalar_one())
