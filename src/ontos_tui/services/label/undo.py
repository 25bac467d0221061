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
from ontos_tui.domain.records.pairs import CanonicalLabel, Decidable, Event, QAPair
from ontos_tui.domain.rules.governance import constraints_of
from ontos_tui.services.canonical.writer import has_answer
from ontos_tui.services.label.decision_context import DecisionContext
from ontos_tui.services.records.change_log import ChangeBatch, content
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.canonical_labels import labels_by_id, labels_by_item, last_version, linked_pairs
from ontos_tui.store.queries.change_log import (
    DECIDED,
    LABEL_CONTENT,
    batch_events,
    newest_batch,
    pair_events,
    pairs_by_id,
)
from ontos_tui.store.queries.labeling_jobs.votes import remove_disputes
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
    changes = ChangeBatch(connection, context.id, actor, undoes=batch_id)
    restored: list[tuple[Decidable, Decidable]] = []
    kinds: tuple[type[Decidable], ...] = tuple(dict.fromkeys((record, QAPair)))
    for kind in kinds:
        of_kind = [event for event in events if event.entity_type == kind.TABLE]
        pairs = pairs_by_id(connection, kind, [event.entity_id for event in of_kind])
        for event in of_kind:
            pair = pairs[event.entity_id]
            if not _is_as_left(pair, event):
                changes.remark(pair, action + _REFUSED, "it was changed since")
                changes.write()
                return _conflict(connection, pair, action)
            restored.append((pair, _before(pair, event)))
    of_labels = [event for event in events if event.entity_type == CanonicalLabel.TABLE]
    labels = _Labels(connection, context, [pair for _, pair in restored], of_labels, changes)
    for event in of_labels:
        labels.revert(event)
    linked = [(now, labels.linked(before)) for now, before in restored]
    if labels.differing is not None:
        pair, label = labels.differing
        refused = ChangeBatch(connection, context.id, actor, undoes=batch_id)
        refused.remark(pair, action + _REFUSED, "its canonical label was changed since")
        refused.write()
        return _label_conflict(pair, label, action)
    done = [changes.pair(now, before, action) for now, before in linked]
    changes.write(action)
    remove_disputes(connection, [pair.id for pair in done])
    own = [pair for pair in done if isinstance(pair, record) and pair.container_id == context.id]
    return Reversal(changes.id, tuple(own), tuple(labels.notes))


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


def _label_conflict(pair: Decidable, label: CanonicalLabel, action: str) -> ConflictError:
    by, at = label.updated_by or label.created_by, f"{label.updated_at:%Y-%m-%d %H:%M:%S} UTC"
    return ConflictError(
        f"The canonical label of {pair.item_ref} was changed by {by} at {at} after your decision.",
        f"Decide it again if you disagree. The next {action} continues with your earlier decisions.",
    )


def describe_last_change(connection: Connection, pair_id: str) -> str:
    """Who changed a pair last, and when, as part of a sentence."""
    changed = [event for event in pair_events(connection, pair_id) if event.after]
    if not changed:
        return "by an unknown person"
    return f"by {changed[-1].actor} at {changed[-1].at:%Y-%m-%d %H:%M:%S} UTC"


class _Labels:
    """The canonical labels of a batch that is taken back.

    `differing` is a pair that would be labeled otherwise than its item's label is now: then nothing is taken back.
    """

    def __init__(
        self,
        connection: Connection,
        context: DecisionContext,
        pairs: Iterable[Decidable],
        events: Iterable[Event],
        changes: ChangeBatch,
    ) -> None:
        self._connection = connection
        self._changes = changes
        self._pairs = {pair.id for pair in pairs}
        without_pairs = labels_by_id(connection, [event.entity_id for event in events])
        items = [*(pair.item_ref for pair in pairs), *(label.item_ref for label in without_pairs)]
        refs = self._refs = list(dict.fromkeys(items))
        self._context = context
        self._now = labels_by_item(connection, context.origin.sheet_id, context.origin.label_type, refs)
        self._ref_of = {label.id: ref for ref, label in self._now.items()}
        self.notes: list[str] = []
        self.differing: tuple[Decidable, CanonicalLabel] | None = None

    def revert(self, event: Event) -> None:
        """Make of the label what it was before the event. What else was changed of it since stays."""
        if event.before is None:
            self._uncreate(event)
        elif event.after is None:
            self._recreate(CanonicalLabel.model_validate(event.before))
        else:
            label = self._now.get(self._ref_of.get(event.entity_id, ""))
            if label is None or not has_answer(label, event.after["label_data"]):
                self.notes.append(f"a canonical label was changed since and stays as it is: {_short(event.after)}")
                return
            now = content(label, LABEL_CONTENT)
            left = [name for name in LABEL_CONTENT if now[name] == event.after.get(name)]
            old = CanonicalLabel.model_validate({**label.model_dump(), **_content(event.before)})
            self._now[label.item_ref] = self._changes.change_label(label, {name: getattr(old, name) for name in left})

    def _uncreate(self, event: Event) -> None:
        assert event.after is not None
        label = self._now.get(self._ref_of.get(event.entity_id, ""))
        if label is None:
            return
        used = any(pair.id not in self._pairs for pair in linked_pairs(self._connection, [label]))
        if used or not _has_content(label, event.after):
            self.notes.append(f"the canonical label of {label.item_ref} is used elsewhere and stays")
            return
        self._changes.drop_label(label)
        del self._now[label.item_ref]

    def _recreate(self, label: CanonicalLabel) -> None:
        if label.item_ref not in self._refs:  # it was named by its position then
            self.notes.append(f"{label.item_ref} has another name since, so its canonical label is not brought back")
            return
        if label.item_ref in self._now:
            self.notes.append(f"{label.item_ref} has another canonical label now, which stays")
            return
        version = max(label.version, last_version(self._connection, label.id) + 1)
        label = label.model_copy(update={"version": version})
        self._changes.new_label(label)
        self._now[label.item_ref] = label
        self._ref_of[label.id] = label.item_ref

    def linked(self, pair: D) -> D:
        """The pair, linked to its item's label where it was linked before; a new one where there is none any more."""
        if pair.canonical_label_id is None:
            return pair
        label = self._now.get(pair.item_ref)
        if label is None:
            label = self._create(pair)
        elif not has_answer(label, pair.answer):
            self.differing = pair, label
        return pair.model_copy(update={"canonical_label_id": label.id})

    def _create(self, pair: Decidable) -> CanonicalLabel:
        """A label like the one that the pair was linked to, which was removed since."""
        origin = self._context.origin
        label = CanonicalLabel(
            sheet_id=origin.sheet_id,
            item_ref=pair.item_ref,
            label_type=origin.label_type,
            label_data=pair.answer or {},
            notes=pair.notes,
            source=origin.source,
            training_sheet_id=origin.training_sheet_id,
            created_by=pair.reviewed_by,
            updated_by=pair.reviewed_by,
            **constraints_of(pair).columns(),
        )
        self._changes.new_label(label)
        self._now[pair.item_ref] = label
        return label


def _content(logged: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in logged.items() if name in LABEL_CONTENT}


def _has_content(label: CanonicalLabel, logged: Mapping[str, Any]) -> bool:
    columns = _content(logged)
    return content(label, columns) == columns


def _short(logged: Mapping[str, Any]) -> str:
    return to_json(logged.get("label_data"))[:120]
