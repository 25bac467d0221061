"""Changes of pairs (or of a task's items) and canonical labels that are made, logged and undone together.

The log is the memory: an event holds the changed columns before and after, so that what a batch did can be taken back
from the log alone. A batch's id begins with a time that only grows for one person in one training sheet; the order of
the ids is the order of the decisions, whatever the clock does.

A label with another answer takes the pairs along that it decided (linked_pairs.py), in the same batch. Where the answer
of one person gives way to that of another who has not seen it, the pairs get a hint: they are disputed.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from typing import Any, TypeVar

from ontos_tui.domain.answers import summary
from ontos_tui.domain.records.base import new_id, now
from ontos_tui.domain.records.labeling import Hint, HintKind, TaskItem
from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion, Decidable, Event, QAPair
from ontos_tui.domain.schema import Answer
from ontos_tui.services.records.linked_pairs import CORRECT, moves
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries import change_log as queries
from ontos_tui.store.queries.change_log import DECIDED, LABEL_CONTENT
from ontos_tui.store.queries.labeling_jobs.votes import TWO_DECISIONS, remove_disagreements

D = TypeVar("D", bound=Decidable)


def content(record: Decidable | CanonicalLabel, columns: Iterable[str]) -> dict[str, Any]:
    """The values of some columns as the log stores them."""
    return record.model_dump(mode="json", include=set(columns))


class ChangeBatch:
    """One batch of changes by one person in one training sheet or task. Nothing is written before `write`."""

    def __init__(self, connection: Connection, scope_id: str, actor: str, undoes: str = "") -> None:
        self._connection = connection
        self._scope_id = scope_id
        self._actor = actor
        self._undoes = undoes
        self.at = now()
        self.id = _next_batch_id(connection, scope_id, actor)
        self._pairs: list[Decidable] = []
        self._new_labels: list[CanonicalLabel] = []
        self._changed_labels: list[CanonicalLabel] = []
        self._dropped_labels: list[CanonicalLabel] = []
        self._archived: list[CanonicalLabelVersion] = []
        self._corrected: list[CanonicalLabel] = []
        self._left_alone: set[str] = set()
        self._disputes: dict[str, str] = {}  # by the id of the label, or of the pair, that two people differ about
        self._events: list[Event] = []

    def pair(self, before: D, after: D, action: str, reason: str = "", seconds: float | None = None) -> D:
        """Note that `before` becomes `after`; returns it with its new version."""
        after = after.model_copy(
            update={"version": before.version + 1, "updated_at": self.at, "updated_by": self._actor}
        )
        old, new = before.__dict__, after.__dict__
        changed = [name for name in (*DECIDED, "version") if old[name] is not new[name] and old[name] != new[name]]
        self._pairs.append(after)
        self._log(after, action, content(before, changed), content(after, changed), reason, seconds)
        return after

    def remark(self, pair: Decidable, action: str, reason: str) -> None:
        """Log something about a pair that changes nothing."""
        self._log(pair, action, None, None, reason)

    def new_label(self, label: CanonicalLabel, reason: str = "") -> None:
        """Note a canonical label that was not there."""
        self._new_labels.append(label)
        self._log(label, "create", None, label.model_dump(mode="json"), reason)

    def change_label(self, before: CanonicalLabel, new: dict[str, Any], unseen_by: str = "") -> CanonicalLabel:
        """Note new content of a canonical label; what it said goes to its versions, and its version counts on.

        Pairs that it decided get its answer. `unseen_by` names who gave the new answer without having seen the old one.
        """
        after = before.model_copy(
            update={**new, "version": before.version + 1, "updated_at": self.at, "updated_by": self._actor}
        )
        self._changed_labels.append(after)
        self.correct(after)
        if unseen_by:
            known_by = before.updated_by or before.created_by
            self._disputes[after.id] = _sides((known_by, before.label_data), (unseen_by, after.label_data))
        self._archived.append(
            CanonicalLabelVersion(
                id=new_id(),
                canonical_label_id=before.id,
                version=before.version,
                label_data=before.label_data,
                confidence=before.confidence,
                notes=before.notes,
                source=before.source,
                modified_by=before.updated_by or before.created_by,
                modified_at=before.updated_at,
            )
        )
        columns = (*LABEL_CONTENT, "version")
        self._log(before, "change", content(before, columns), content(after, columns))
        return after

    def correct(self, label: CanonicalLabel, except_pairs: Iterable[str] = ()) -> None:
        """Note that the pairs which this label decided get its answer, where they have another one.

        `except_pairs` are the ids of those that stay as they are.
        """
        self._corrected.append(label)
        self._left_alone.update(except_pairs)

    def drop_label(self, label: CanonicalLabel, reason: str = "") -> None:
        """Note that a canonical label goes."""
        self._dropped_labels.append(label)
        self._log(label, "remove", label.model_dump(mode="json"), None, reason)

    def write(self, action: str = CORRECT) -> None:
        """Write everything into the caller's transaction. `action` is logged of pairs that move with their labels."""
        self._move(action)
        for record in (QAPair, TaskItem):
            queries.update_pairs(self._connection, [pair for pair in self._pairs if isinstance(pair, record)])
        queries.remove_labels(self._connection, self._dropped_labels)
        rows.add_many(self._connection, self._archived)
        queries.update_labels(self._connection, self._changed_labels)
        rows.add_many(self._connection, self._new_labels)
        rows.add_many(self._connection, self._events)
        self._note_disputes()

    def _move(self, action: str) -> None:
        """Note the pairs that move with their labels, as far as this batch says nothing of them itself."""
        if self._corrected:
            own = self._left_alone.union(pair.id for pair in self._pairs)
            for move in list(moves(self._connection, self._corrected, own)):
                after = self.pair(move.before, move.after, action, move.reason)
                known_by = move.before.reviewed_by
                if move.before.canonical_label_id is None and known_by not in ("", after.reviewed_by):
                    sides = ((known_by, move.before.answer), (after.reviewed_by, after.answer))
                    self._disputes[after.id] = _sides(*sides)

    def _note_disputes(self) -> None:
        """Hints to the pairs of labels whose answer gave way to one of a person who had not seen it."""
        if not self._disputes:
            return
        disputed = ((pair, self._dispute(pair)) for pair in self._pairs if isinstance(pair, QAPair))
        hints = [
            Hint(
                training_sheet_id=pair.training_sheet_id,
                pair_id=pair.id,
                kind=HintKind.DISAGREED,
                score=1.0,
                reason=f"two decisions: {both}",
                engine=TWO_DECISIONS,
            )
            for pair, both in disputed
            if both
        ]
        remove_disagreements(self._connection, [hint.pair_id for hint in hints])
        rows.add_many(self._connection, hints)

    def _dispute(self, pair: QAPair) -> str:
        """What two people say about a pair, or about its label; empty where they do not differ."""
        return self._disputes.get(pair.id) or self._disputes.get(pair.canonical_label_id or "", "")

    def _log(
        self,
        subject: Decidable | CanonicalLabel,
        action: str,
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
        reason: str = "",
        seconds: float | None = None,
    ) -> None:
        self._events.append(
            Event.unchecked(
                {
                    "id": new_id(),
                    "entity_type": subject.TABLE,
                    "entity_id": subject.id,
                    "scope_id": self._scope_id,
                    "action": action,
                    "actor": self._actor,
                    "at": self.at,
                    "before": before,
                    "after": after,
                    "reason": reason,
                    "batch_id": self.id,
                    "undoes": self._undoes,
                    "seconds": seconds,
                }
            )
        )


def _sides(*sides: tuple[str, Answer | None]) -> str:
    """Who says what, in words."""
    return "; ".join(f"{who}: {summary(answer)}" for who, answer in sides)


def _next_batch_id(connection: Connection, scope_id: str, actor: str) -> str:
    last = queries.last_batch_id(connection, scope_id, actor) or "0"
    try:
        after_last = int(last[:16], 16) + 1
    except ValueError:
        after_last = 0
    return f"{max(time.time_ns(), after_last):016x}{uuid.uuid4().hex[:16]}"
