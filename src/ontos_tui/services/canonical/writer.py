"""Label once, reuse everywhere: decisions write the canonical labels of their items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ontos_tui.domain.records.pairs import CanonicalLabel, Decidable, answer_digest
from ontos_tui.domain.rules.governance import Constraints, constraints_of
from ontos_tui.domain.schema import Answer
from ontos_tui.services.records.change_log import ChangeBatch
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.canonical_labels import (
    labels_by_item,
    last_version_from_elsewhere,
    linked_pair_count,
)

REVIEW = "review"
"""The source of a label that comes from the decisions about pairs."""

D = TypeVar("D", bound=Decidable)


@dataclass(frozen=True)
class LabelOrigin:
    """Which labels are written, and where they come from: `source` and `training_sheet_id` are columns of the label."""

    sheet_id: str
    label_type: str
    source: str
    training_sheet_id: str | None = None


class CanonicalLabelWriter:
    """Writes the canonical labels of some items, as part of one batch of changes."""

    def __init__(
        self, connection: Connection, origin: LabelOrigin, item_refs: Iterable[str], changes: ChangeBatch, actor: str
    ) -> None:
        self._connection = connection
        self._origin = origin
        self._changes = changes
        self._actor = actor
        self._labels = labels_by_item(connection, origin.sheet_id, origin.label_type, list(item_refs))

    def put(
        self,
        item_ref: str,
        answer: Answer,
        notes: str,
        constraints: Constraints,
        reason: str = "",
        unseen_by: Sequence[str] = (),
    ) -> CanonicalLabel:
        """The item's label with this answer: a new one, a new version, or the stored one where it is the same.

        `constraints` and `reason` are for a new label; a stored one keeps its constraints. `unseen_by` are those who
        gave the answer without having seen a stored label: where another person gave that, its pairs are disputed.
        """
        origin = self._origin
        label = self._labels.get(item_ref)
        if label is None:
            label = CanonicalLabel(
                sheet_id=origin.sheet_id,
                item_ref=item_ref,
                label_type=origin.label_type,
                label_data=answer,
                notes=notes,
                source=origin.source,
                training_sheet_id=origin.training_sheet_id,
                created_at=self._changes.at,
                created_by=self._actor,
                updated_at=self._changes.at,
                updated_by=self._actor,
                **constraints.columns(),
            )
            self._changes.new_label(label, reason)
        elif not has_answer(label, answer):
            new = {
                "label_data": answer,
                "notes": notes,
                "source": origin.source,
                "training_sheet_id": origin.training_sheet_id,
            }
            known_by = label.updated_by or label.created_by
            others = "" if known_by in unseen_by else " and ".join(sorted(unseen_by))
            label = self._changes.change_label(label, new, others)
        return label

    def link(self, pair: D) -> D:
        """The labeled pair, linked to its item's canonical label, which has the pair's answer from now on.

        A stored label passes its constraints on; a new one takes over the pair's. Who decides about a pair that is
        linked to its label already has seen what the label says.
        """
        assert pair.answer is not None
        stored = self._labels.get(pair.item_ref)
        seen = stored is not None and stored.id == pair.canonical_label_id
        unseen_by = () if seen else (self._actor,)
        label = self.put(pair.item_ref, pair.answer, pair.notes, constraints_of(pair), unseen_by=unseen_by)
        return pair.model_copy(update={"canonical_label_id": label.id, **constraints_of(label).columns()})

    def withdraw(self, pair: Decidable) -> str:
        """Take back what the decision about `pair` wrote into its label; returns in words what stays, if anything.

        A label that comes from pairs goes with the last of them. One that comes from elsewhere says again what it said
        before the decision.
        """
        label = self._labels.get(pair.item_ref)
        if label is None or label.id != pair.canonical_label_id:
            return ""
        if linked_pair_count(self._connection, label, except_pair=pair.id):
            return f"the canonical label of {pair.item_ref} is used elsewhere and stays"
        if not self._is_from_here(label):
            return f"the canonical label of {pair.item_ref} comes from elsewhere and stays"
        earlier = last_version_from_elsewhere(self._connection, label.id, label.source)
        if earlier is None:
            self._changes.drop_label(label)
            return ""
        said = {name: getattr(earlier, name) for name in ("label_data", "confidence", "notes", "source")}
        self._changes.change_label(label, {**said, "training_sheet_id": None})
        return f"the canonical label of {pair.item_ref} has its earlier answer again"

    def _is_from_here(self, label: CanonicalLabel) -> bool:
        origin = self._origin
        if label.source == REVIEW:
            return origin.source == REVIEW
        # In a personal task the labels of others' tasks look the same.
        same = (label.source, label.training_sheet_id) == (origin.source, origin.training_sheet_id)
        return same and (origin.training_sheet_id is not None or label.created_by == self._actor)


def has_answer(label: CanonicalLabel, answer: Answer | None) -> bool:
    """Whether the label's answer is this one; to JSON, unlike to Python, 1 and true are not the same."""
    return answer is not None and answer_digest(label.label_data) == answer_digest(answer)
