"""Canonical labels by themselves: browse, correct, restore and remove, with or without pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.data import Item, RowQuery, Sheet, TableAddress
from ontos_tui.domain.records.pairs import CONFIDENCES, CanonicalLabel, CanonicalLabelVersion, Event
from ontos_tui.domain.rules.governance import inherited
from ontos_tui.domain.schema import Answer
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.canonical.versions import check_label_version
from ontos_tui.services.canonical.writer import has_answer
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.records.change_log import ChangeBatch
from ontos_tui.services.records.label_schemas import label_type_schema
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import canonical_labels as queries
from ontos_tui.store.queries.canonical_labels import LabelFilter
from ontos_tui.store.queries.change_log import label_events

__all__ = ["PAGE", "CanonicalLabelService", "LabelFilter", "LabelUsage"]

PAGE = 1_000


@dataclass(frozen=True)
class LabelUsage:
    """What depends on a label: pairs that are linked to it, in which training sheets, and models that learned them."""

    pairs: int
    training_sheets: tuple[str, ...]
    models: int


class CanonicalLabelService:
    """Canonical labels, changed under `actor`. Earlier content of a label is stored as a version."""

    def __init__(self, store: Store, catalog: Catalog, actor: str) -> None:
        self._store = store
        self._catalog = catalog
        self._actor = actor

    # Looking

    def find(
        self,
        filter: LabelFilter = LabelFilter(),  # noqa: B008  # it is frozen
        limit: int = PAGE,
        offset: int = 0,
    ) -> list[CanonicalLabel]:
        """The labels that pass the filter, by item."""
        with self._store.read() as connection:
            return queries.labels(connection, filter, limit, offset)

    def count(self, filter: LabelFilter = LabelFilter()) -> int:  # noqa: B008
        """How many labels pass the filter."""
        with self._store.read() as connection:
            return queries.count(connection, filter)

    def label_types(self) -> list[str]:
        """The label types that there are labels of."""
        with self._store.read() as connection:
            return queries.label_types(connection)

    def get(self, ref: str) -> CanonicalLabel:
        """The label with this id, or with an id that begins so."""
        with self._store.read() as connection:
            return rows.resolve(connection, CanonicalLabel, ref)

    def usage(self, ref: str) -> LabelUsage:
        """What the label is used for."""
        with self._store.read() as connection:
            return _usage(connection, rows.resolve(connection, CanonicalLabel, ref))

    def versions(self, ref: str) -> list[CanonicalLabelVersion]:
        """What the label said before, the newest first."""
        with self._store.read() as connection:
            return queries.versions(connection, rows.resolve(connection, CanonicalLabel, ref).id)

    def history(self, ref: str) -> list[Event]:
        """Every change of the label, the oldest first."""
        with self._store.read() as connection:
            return label_events(connection, ref)

    def schema(self, ref: str) -> dict[str, Any]:
        """What an answer of the label's type looks like. Raises NotFoundError when nothing describes it."""
        with self._store.read() as connection:
            return dict(label_type_schema(connection, rows.resolve(connection, CanonicalLabel, ref).label_type))

    def unlabeled(self, sheet_ref: str, label_type: str, limit: int = 50, offset: int = 0) -> list[Item]:
        """The sheet's items that have no label of this type, in the sheet's order."""
        with self._store.read() as connection:
            sheet = rows.resolve(connection, Sheet, sheet_ref)
            known = queries.labeled_items(connection, sheet.id, label_type)
        items: list[Item] = []
        for item in self._catalog.items(TableAddress.parse(sheet.source_table), RowQuery.of(sheet)):
            if item.ref in known:
                continue
            if offset:
                offset -= 1
                continue
            items.append(item)
            if len(items) == limit:
                break
        return items

    # Changing

    def put(
        self,
        sheet_ref: str,
        item_ref: str,
        label_type: str,
        answer: Answer,
        *,
        confidence: str = "high",
        notes: str = "",
        source: str = "labeling",
    ) -> CanonicalLabel:
        """Label an item without any pair: a new label, or a new version of the one that is there.

        Pairs that the label decided get its answer; where that of another person gave way they are disputed.

        Raises InvalidInputError for an answer that does not fit, NotFoundError for an item that the sheet has not.
        """
        _check_confidence(confidence)
        with self._store.read() as connection:
            sheet = rows.resolve(connection, Sheet, sheet_ref)
            _check_answer(connection, label_type, answer)
        items = self._catalog.items(TableAddress.parse(sheet.source_table), RowQuery.of(sheet))
        if not any(one.ref == item_ref for one in items):
            raise NotFoundError(
                f"The sheet {sheet.name!r} has no item {item_ref!r}.",
                f"List its items: ontos sheet show {sheet.id[:8]}",
            )
        with self._store.write() as connection:
            label = queries.label_of_item(connection, sheet.id, label_type, item_ref)
            changes = ChangeBatch(connection, _scope(connection, label) or sheet.id, self._actor)
            new = {"label_data": answer, "confidence": confidence, "notes": notes, "source": source}
            if label is None:
                by = {"created_by": self._actor, "updated_by": self._actor, **inherited(sheet.tags).columns()}
                label = CanonicalLabel(sheet_id=sheet.id, item_ref=item_ref, label_type=label_type, **new, **by)
                changes.new_label(label)
            else:
                by_others = (label.updated_by or label.created_by) != self._actor and not has_answer(label, answer)
                label = changes.change_label(label, new, self._actor if by_others else "")
            changes.correct(label)
            changes.write()
        return label

    def edit(
        self,
        ref: str,
        *,
        answer: Answer | None = None,
        confidence: str | None = None,
        notes: str | None = None,
        expected_version: int | None = None,
    ) -> CanonicalLabel:
        """Correct a label; what it said becomes a version, and the pairs that it decided get its answer.

        Undo takes both back, in the training sheet that the label comes from.

        Raises ConflictError when it was changed since `expected_version`, InvalidInputError for what does not fit.
        """
        values = {"label_data": answer, "confidence": confidence, "notes": notes}
        new = {name: value for name, value in values.items() if value is not None}
        if confidence is not None:
            _check_confidence(confidence)
        with self._store.write() as connection:
            label = rows.resolve(connection, CanonicalLabel, ref)
            check_label_version(connection, label, label.item_ref, expected_version)
            if answer is not None:
                _check_answer(connection, label.label_type, answer)
            return self._change(connection, label, new)

    def restore(self, ref: str, version: int, *, expected_version: int | None = None) -> CanonicalLabel:
        """Let a label, and the pairs that it decided, say again what an earlier version said, as a new version.

        Raises ConflictError when it was changed since `expected_version`, NotFoundError for an unknown version.
        """
        with self._store.write() as connection:
            label = rows.resolve(connection, CanonicalLabel, ref)
            check_label_version(connection, label, label.item_ref, expected_version)
            old = queries.version(connection, label.id, version)
            if old is None:
                raise NotFoundError(
                    f"The label of {label.item_ref} has no version {version}.",
                    f"List its versions: ontos label versions {label.id[:8]}",
                )
            new = {"label_data": old.label_data, "confidence": old.confidence, "notes": old.notes}
            return self._change(connection, label, new)

    def _change(self, connection: Connection, label: CanonicalLabel, new: dict[str, Any]) -> CanonicalLabel:
        if all(getattr(label, name) == value for name, value in new.items()):
            return label
        changes = ChangeBatch(connection, _scope(connection, label) or label.sheet_id, self._actor)
        changed = changes.change_label(label, new)
        changes.write()
        return changed

    def delete(self, ref: str, *, expected_version: int | None = None) -> CanonicalLabel:
        """Remove a label that nothing uses. Raises ConflictError with the count otherwise.

        Also where it was changed since `expected_version`.
        """
        with self._store.write() as connection:
            label = rows.resolve(connection, CanonicalLabel, ref)
            check_label_version(connection, label, label.item_ref, expected_version)
            used = _usage(connection, label)
            if used.pairs or used.models:
                raise ConflictError(
                    f"The label of {label.item_ref} is used by {used.pairs:,} pairs and {used.models:,} models.",
                    "Correct it instead. The present answer stays as an earlier version.",
                )
            changes = ChangeBatch(connection, label.sheet_id, self._actor)
            changes.drop_label(label)
            changes.write()
            return label


def _scope(connection: Connection, label: CanonicalLabel | None) -> str | None:
    """The training sheet where undo takes a change of the label and of its pairs back; None without pairs."""
    return None if label is None else queries.training_sheet_of_pairs(connection, label)


def _usage(connection: Connection, label: CanonicalLabel) -> LabelUsage:
    return LabelUsage(
        queries.linked_pair_count(connection, label),
        tuple(queries.linked_training_sheets(connection, label)),
        queries.model_count(connection, label),
    )


def _check_confidence(confidence: str) -> None:
    if confidence not in CONFIDENCES:
        raise InvalidInputError(
            f"{confidence!r} is not a valid confidence.", f"Valid values: {', '.join(CONFIDENCES)}."
        )


def _check_answer(connection: Connection, label_type: str, answer: Answer) -> None:
    reason = AnswerChecker(label_type_schema(connection, label_type)).reason(answer)
    if reason:
        raise InvalidInputError(f"The answer does not fit: {reason}.", "Correct these fields.")
