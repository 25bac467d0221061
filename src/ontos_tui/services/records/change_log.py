"""Changes of pairs (or of a task's items) and canonical labels that are made, logged and undone together.

The log is the memory: an event holds the changed columns before and after, so that what a batch did can be taken back
from the log alone. A batch's id begins with a time that only grows for one person in one training sheet; the order of
the ids is the order of the decisions, whatever the clock does.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from typing import Any, TypeVar

from ontos_tui.domain.records.base import new_id, now
from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion, Decidable, Event
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries import change_log as queries
from ontos_tui.store.queries.change_log import DECIDED, LABEL_CONTENT

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
        self._events: list[Event] = []

    def pair(self, before: D, after: D, action: str, reason: str = "", seconds: float | None = None) -> D:
        """Note that `before` becomes `after`; returns it with its new version."""
        after = after.model_copy(
            update={"version": before.version + 1, "updated_at": self.at, "updated_by": self._actor}
        )
        old, new = content(before, (*DECIDED, "version")), content(after, (*DECIDED, "version"))
        changed = [name for name in old if old[name] != new[name]]
        self._pairs.append(after)
        self._log(
            after, action, {name: old[name] for name in changed}, {name: new[name] for name in changed}, reason, seconds
        )
        return after

    def remark(self, pair: Decidable, action: str, reason: str) -> None:
        """Log something about a pair that changes nothing."""
        self._log(pair, action, None, None, reason)

    def new_label(self, label: CanonicalLabel, reason: str = "") -> None:
        """Note a canonical label that was not there."""
        self._new_labels.append(label)
        self._log(label, "create", None, label.model_dump(mode="json"), reason)

    def change_label(self, before: CanonicalLabel, new: dict[str, Any]) -> CanonicalLabel:
        """Note new content of a canonical label; what it said goes to its versions, and its version counts on."""
        after = before.model_copy(
            update={**new, "version": before.version + 1, "updated_at": self.at, "updated_by": self._actor}
        )
        self._changed_labels.append(after)
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

    def drop_label(self, label: CanonicalLabel, reason: str = "") -> None:
        """Note that a canonical label goes."""
        self._dropped_labels.append(label)
        self._log(label, "remove", label.model_dump(mode="json"), None, reason)

    def write(self) -> None:
        """Write everything into the caller's transaction."""
        queries.update_pairs(self._connection, self._pairs)
        queries.remove_labels(self._connection, self._dropped_labels)
        rows.add_many(self._connection, self._archived)
        queries.update_labels(self._connection, self._changed_labels)
        rows.add_many(self._connection, self._new_labels)
        rows.add_many(self._connection, self._events)

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
            Event(
                id=new_id(),
                entity_type=subject.TABLE,
                entity_id=subject.id,
                scope_id=self._scope_id,
                action=action,
                actor=self._actor,
                at=self.at,
                before=before,
                after=after,
                reason=reason,
                batch_id=self.id,
                undoes=self._undoes,
                seconds=seconds,
            )
        )


def _next_batch_id(connection: Connection, scope_id: str, actor: str) -> str:
    last = queries.last_batch_id(connection, scope_id, actor) or "0"
    try:
        after_last = int(last[:16], 16) + 1
    except ValueError:
        after_last = 0
    return f"{max(time.time_ns(), after_last):016x}{uuid.uuid4().hex[:16]}"
