"""Governance: what labels and pairs may be used for, inherited from their sheet's tags; every change is logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.base import new_id, now
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.labeling import TaskItem
from ontos_tui.domain.records.pairs import CanonicalLabel, Event, QAPair
from ontos_tui.domain.rules.governance import (
    TAG_RULES,
    Classification,
    Constraints,
    check_uses,
    constraints_of,
    inherited,
)
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import data
from ontos_tui.store.queries import usage_constraints as queries
from ontos_tui.store.queries.change_log import pairs_by_id

CONSTRAIN = "constrain"
"""The action of every event about constraints."""

R = TypeVar("R", QAPair, CanonicalLabel, TaskItem)


@dataclass(frozen=True)
class UsageChange:
    """A change of usage constraints; None leaves a value as it is."""

    allowed: Sequence[str] | None = None
    prohibited: Sequence[str] | None = None
    reason: str | None = None
    classification: Classification | None = None

    def of(self, constraints: Constraints) -> Constraints:
        """The constraints after the change. Raises InvalidInputError for an unknown use."""
        try:
            allowed = constraints.allowed_uses if self.allowed is None else check_uses(self.allowed)
            prohibited = constraints.prohibited_uses if self.prohibited is None else check_uses(self.prohibited)
        except ValueError as error:
            raise InvalidInputError(f"{error}.", "Use the names of that list.") from error
        return replace(
            constraints,
            allowed_uses=allowed,
            prohibited_uses=prohibited,
            usage_reason=constraints.usage_reason if self.reason is None else self.reason,
            data_classification=self.classification or constraints.data_classification,
        )


@dataclass(frozen=True)
class Tagged:
    """A sheet with its tags, and how many of its pairs and labels changed with them."""

    sheet: Sheet
    pairs: int
    labels: int
    retained: tuple[str, ...]
    """Tags that went while what they prohibited stays, since only a person may allow it again."""


def tags_of(connection: Connection, sheet_id: str) -> list[str]:
    """The tags of a sheet, for what is made from it."""
    sheet = data.sheet_with_id(connection, sheet_id)
    return [] if sheet is None else sheet.tags


class ConstraintService:
    """Changes of constraints by `actor`."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    def tag_sheet(self, sheet_ref: str, tags: Sequence[str]) -> Tagged:
        """Say what a sheet's data holds. Its pairs and labels inherit what the tags ask for; nothing is lowered."""
        named = tuple(dict.fromkeys(_tag(tag) for tag in tags if tag.strip()))
        with self._store.write() as connection:
            sheet = data.sheet(connection, sheet_ref)
            before = list(sheet.tags)
            tagged = rows.change(connection, sheet, tags=list(named), updated_by=self._actor)
            if before != tagged.tags:
                after = {"tags": tagged.tags}
                rows.log(connection, sheet, "tag", self._actor, before={"tags": before}, after=after, scope_id=sheet.id)
            pairs = self._inherit(connection, QAPair, tagged)
            labels = self._inherit(connection, CanonicalLabel, tagged)
            self._inherit(connection, TaskItem, tagged)
        gone = tuple(tag for tag in before if tag in TAG_RULES and tag not in named)
        return Tagged(tagged, pairs, labels, gone)

    def set_pairs(self, pair_ids: Sequence[str], change: UsageChange) -> int:
        """Change the constraints of pairs, all or none; returns how many changed.

        Raises ConflictError when a sheet's tags forbid it, NotFoundError for an unknown pair.
        """
        with self._store.write() as connection:
            pairs = pairs_by_id(connection, QAPair, pair_ids)
            if len(pairs) < len(set(pair_ids)):
                raise NotFoundError("Some of these pairs do not exist.", "Reload the queue.")
            return self._set(connection, QAPair, list(pairs.values()), change)

    def set_label(self, label_ref: str, change: UsageChange) -> CanonicalLabel:
        """Change the constraints of a canonical label and of every pair that is linked to it."""
        with self._store.write() as connection:
            label = rows.resolve(connection, CanonicalLabel, label_ref)
            self._set(connection, CanonicalLabel, [label], change)
            self._set(connection, QAPair, queries.pairs_linked_to(connection, label.id), change)
            return rows.get(connection, CanonicalLabel, label.id)

    def audit(self, entity_id: str) -> list[Event]:
        """Every change of something's constraints, the oldest first."""
        with self._store.read() as connection:
            return queries.events(connection, entity_id, (CONSTRAIN, "tag"))

    def _set(self, connection: Connection, kind: type[R], records: Sequence[R], change: UsageChange) -> int:
        tags = {sheet.id: sheet.tags for sheet in rows.find(connection, Sheet)} if records else {}
        changes = []
        for record in records:
            requested = change.of(constraints_of(record))
            effective = inherited(tags.get(record.sheet_id, ()), requested)
            lowered = [use for use in effective.prohibited_uses if use not in requested.prohibited_uses]
            if lowered or effective.data_classification is not requested.data_classification:
                tag_names = ", ".join(tags[record.sheet_id])
                what = (
                    f"{', '.join(lowered)} stays prohibited" if lowered else f"it stays {effective.data_classification}"
                )
                raise ConflictError(
                    f"{record.item_ref} comes from data with {tag_names}: {what}.",
                    "Remove the tag from the sheet first, if it is wrong.",
                )
            changes.append((record, effective))
        return self._write(connection, kind, changes)

    def _inherit(self, connection: Connection, kind: type[R], sheet: Sheet) -> int:
        records = queries.of_sheet(connection, kind, sheet.id)
        changes = [(record, inherited(sheet.tags, constraints_of(record))) for record in records]
        return self._write(connection, kind, changes)

    def _write(self, connection: Connection, kind: type[R], constraints: Sequence[tuple[R, Constraints]]) -> int:
        """Write what differs, with an event each."""
        at = now()
        changed, events = [], []
        for record, after in constraints:
            before = constraints_of(record)
            if after == before:
                continue
            changes = {**after.columns(), "updated_at": at, "updated_by": self._actor}
            changed.append(record.model_copy(update=changes))
            events.append(
                Event(
                    id=new_id(),
                    entity_type=kind.TABLE,
                    entity_id=record.id,
                    scope_id=record.training_sheet_id if isinstance(record, QAPair) else record.sheet_id,
                    action=CONSTRAIN,
                    actor=self._actor,
                    at=at,
                    before=_logged(before),
                    after=_logged(after),
                    reason=after.usage_reason,
                )
            )
        queries.update_constraints(connection, changed)
        rows.add_many(connection, events)
        return len(changed)


def _logged(constraints: Constraints) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Classification) else value
        for name, value in constraints.columns().items()
    }


def _tag(tag: str) -> str:
    """A tag with a rule in capitals, any other as it was written."""
    name = tag.strip()
    return name.upper() if name.upper() in TAG_RULES else name
