"""Undo and redo, from the log alone: for each person and training sheet (or task), without an end, across restarts.

A batch that takes another one back names it in `undoes`; so does a batch that brings it back, by naming the undo. What
can be undone or redone next follows from the newest batch and, where that one is an undo or redo itself, from what was
newest before the batch that it names. A decision after an undo has nothing to redo before it: the branch is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.records.pairs import CanonicalLabel, Decidable, Event
from ontos_tui.services.canonical.writer import has_answer
from ontos_tui.services.label.decision_context import DecisionContext
from ontos_tui.services.records.change_log import ChangeBatch, content
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.canonical_labels import labels_by_item, last_version, linked_pair_count
from ontos_tui.store.queries.change_log import (
    DECIDED,
    LABEL_CONTENT,
    batch_events,
    newest_batch,
    pair_events,
    pairs_by_id,
)
from ontos_tui.store.values import to_json

UNDO, REDO = "undo", "redo"
_REFUSED = "_refused"

D = TypeVar("D", bound=Decidable)


@dataclass(frozen=True)
class Reversal(Generic[D]):
    """The result of undoing a batch: the new batch, its pairs, and notes on what could not be undone."""

    batch_id: str
    pairs: tuple[D, ...]
    notes: tuple[str, ...]


def next_to_undo(connection: Connection, scope_id: str, actor: str) -> str | None:
    """The id of the batch that an undo takes back, if there is one."""
    newest = newest_batch(connection, scope_id, actor)
    while newest is not None:
        if newest.action in (UNDO, UNDO + _REFUSED):
            newest = newest_batch(connection, scope_id, actor, before=newest.undoes)
        elif newest.action == REDO + _REFUSED:
            newest = newest_batch(connection, scope_id, actor, before=newest.id)
        else:
            return newest.id
    return None


def next_to_redo(connection: Connection, scope_id: str, actor: str) -> str | None:
    """The id of the undo that a redo takes back, if there is one."""
    newest = newest_batch(connection, scope_id, actor)
    while newest is not None:
        if newest.action == UNDO:
            return newest.id
        if newest.action in (REDO, REDO + _REFUSED):
            newest = newest_batch(connection, scope_id, actor, before=newest.undoes)
        elif newest.action == UNDO + _REFUSED:
            newest = newest_batch(connection, scope_id, actor, before=newest.id)
        else:
            return None
    return None


def revert(
    connection: Connection, record: type[D], context: DecisionContext, actor: str, batch_id: str, action: str
) -> Reversal[D] | ConflictError:
    """Undo or redo a batch as a new batch, whole or not at all.

    When another person has changed one of its pairs since, nothing changes and the error to raise is returned, once the
    transaction is through: that the batch was passed over stays in the log, so that the next undo goes on before it.
    """
    events = batch_events(connection, context.id, actor, batch_id)
    of_pairs = [event for event in events if event.entity_type == record.TABLE]
    of_labels = [event for event in events if event.entity_type == CanonicalLabel.TABLE]
    pairs = pairs_by_id(connection, record, [event.entity_id for event in of_pairs])
    changes = ChangeBatch(connection, context.id, actor, undoes=batch_id)
    for event in of_pairs:
        pair = pairs[event.entity_id]
        if not _is_as_left(pair, event):
            changes.remark(pair, action + _REFUSED, "it was changed since")
            changes.write()
            return _conflict(connection, pair, action)
    restored = {event.entity_id: _before(pairs[event.entity_id], event) for event in of_pairs}
    labels = _Labels(connection, context, restored.values(), changes)
    for event in of_labels:
        labels.revert(event)
    done = [
        changes.pair(pairs[event.entity_id], labels.linked(restored[event.entity_id]), action) for event in of_pairs
    ]
    changes.write()
    return Reversal(changes.id, tuple(done), tuple(labels.notes))


def _is_as_left(pair: Decidable, event: Event) -> bool:
    left = {name: value for name, value in (event.after or {}).items() if name in DECIDED}
    return content(pair, left) == left


def _before(pair: D, event: Event) -> D:
    before = {name: value for name, value in (event.before or {}).items() if name in DECIDED}
    return type(pair).model_validate({**pair.model_dump(), **before})


def _conflict(connection: Connection, pair: Decidable, action: str) -> ConflictError:
    return ConflictError(
        f"{pair.item_ref} was changed {describe_last_change(connection, pair.id)} after your decision.",
        f"Decide it again if you disagree. The next {action} continues with your earlier decisions.",
    )


def describe_last_change(connection: Connection, pair_id: str) -> str:
    """Who changed a pair last, and when, as part of a sentence."""
    changed = [event for event in pair_events(connection, pair_id) if event.after]
    if not changed:
        return "by an unknown person"
    return f"by {changed[-1].actor} at {changed[-1].at:%Y-%m-%d %H:%M:%S} UTC"


class _Labels:
    """The canonical labels of a batch that is taken back. Later changes by others stay."""

    def __init__(
        self, connection: Connection, context: DecisionContext, pairs: Iterable[Decidable], changes: ChangeBatch
    ) -> None:
        self._connection = connection
        self._changes = changes
        self._pairs = {pair.item_ref: pair for pair in pairs}
        self._now = labels_by_item(connection, context.origin.sheet_id, context.origin.label_type, list(self._pairs))
        self.notes: list[str] = []

    def revert(self, event: Event) -> None:
        """Make of the label what it was before the event, unless others have changed it since."""
        if event.before is None:
            self._uncreate(event)
        elif event.after is None:
            self._recreate(CanonicalLabel.model_validate(event.before))
        else:
            label = next((label for label in self._now.values() if label.id == event.entity_id), None)
            if label is None or not _has_content(label, event.after):
                self.notes.append(f"a canonical label was changed since and stays as it is: {_short(event.after)}")
                return
            old = CanonicalLabel.model_validate({**label.model_dump(), **_content(event.before)})
            self._now[label.item_ref] = self._changes.change_label(label, {n: getattr(old, n) for n in LABEL_CONTENT})

    def _uncreate(self, event: Event) -> None:
        assert event.after is not None
        label = self._now.get(event.after["item_ref"])
        if label is None or label.id != event.entity_id:
            return
        pair = self._pairs[label.item_ref]
        if (
            label.reuse_count
            or not _has_content(label, event.after)
            or linked_pair_count(self._connection, label, except_pair=pair.id)
        ):
            self.notes.append(f"the canonical label of {label.item_ref} is used elsewhere and stays")
            return
        self._changes.drop_label(label)
        del self._now[label.item_ref]

    def _recreate(self, label: CanonicalLabel) -> None:
        if label.item_ref in self._now:
            self.notes.append(f"{label.item_ref} has another canonical label now, which stays")
            return
        version = max(label.version, last_version(self._connection, label.id) + 1)
        label = label.model_copy(update={"version": version})
        self._changes.new_label(label)
        self._now[label.item_ref] = label

    def linked(self, pair: D) -> D:
        """The pair, linked to no label but one that is there and says the same."""
        label = self._now.get(pair.item_ref)
        fits = label is not None and label.id == pair.canonical_label_id and has_answer(label, pair.answer)
        if pair.canonical_label_id is None or fits:
            return pair
        return pair.model_copy(update={"canonical_label_id": None})


def _content(logged: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in logged.items() if name in LABEL_CONTENT}


def _has_content(label: CanonicalLabel, logged: Mapping[str, Any]) -> bool:
    columns = _content(logged)
    return content(label, columns) == columns


def _short(logged: Mapping[str, Any]) -> str:
    return to_json(logged.get("label_data"))[:120]
