"""Canonical labels by themselves: browse, correct, restore and remove, with or without pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, func, or_, select, type_coerce

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.data import Item, RowQuery, Sheet, TableAddress
from ontos_tui.domain.records.pairs import (
    CONFIDENCES,
    CanonicalLabel,
    CanonicalLabelVersion,
    Event,
    QAPair,
    TrainingSheet,
)
from ontos_tui.domain.records.training import ModelPair
from ontos_tui.domain.rules.governance import inherited
from ontos_tui.domain.schema import Answer
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.records.change_log import ChangeBatch
from ontos_tui.services.records.label_schemas import label_type_schema
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

PAGE = 1_000

_LABELS = table(CanonicalLabel).c
_VERSIONS = table(CanonicalLabelVersion).c
_PAIRS = table(QAPair).c


@dataclass(frozen=True)
class LabelFilter:
    """Which labels to list; `text` is searched in the item's name, the label and its notes."""

    sheet_id: str | None = None
    label_type: str | None = None
    text: str = ""
    confidence: str | None = None
    source: str | None = None
    least_reuse: int = 0

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL."""
        conditions: list[ColumnElement[bool]] = []
        for name in ("sheet_id", "label_type", "confidence", "source"):
            if getattr(self, name) is not None:
                conditions.append(_LABELS[name] == getattr(self, name))
        if self.least_reuse:
            conditions.append(_LABELS.reuse_count >= self.least_reuse)
        if self.text:
            text = self.text.encode("utf-8", "replace").decode()
            places = (_LABELS.item_ref, _LABELS.notes, type_coerce(_LABELS.label_data, Text))
            conditions.append(or_(*(place.icontains(text, autoescape=True) for place in places)))
        return conditions


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

    def find(self, filter: LabelFilter = LabelFilter(), limit: int = PAGE, offset: int = 0) -> list[CanonicalLabel]:
        """The labels that pass the filter, by item."""
        order = (_LABELS.label_type, _LABELS.item_ref)
        with self._store.read() as connection:
            return rows.find(
                connection, CanonicalLabel, *filter.conditions(), order_by=order, limit=limit, offset=offset
            )

    def count(self, filter: LabelFilter = LabelFilter()) -> int:
        """How many labels pass the filter."""
        with self._store.read() as connection:
            return rows.count(connection, CanonicalLabel, *filter.conditions())

    def label_types(self) -> list[str]:
        """The label types that there are labels of."""
        with self._store.read() as connection:
            query = select(_LABELS.label_type).distinct().order_by(_LABELS.label_type)
            return [str(one) for one in connection.execute(query).scalars()]

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
            label = rows.resolve(connection, CanonicalLabel, ref)
            where = _VERSIONS.canonical_label_id == label.id
            return rows.find(connection, CanonicalLabelVersion, where, order_by=(_VERSIONS.version.desc(),))

    def history(self, ref: str) -> list[Event]:
        """Every change of the label, the oldest first."""
        events = table(Event).c
        with self._store.read() as connection:
            where = (events.entity_type == CanonicalLabel.TABLE, events.entity_id == ref)
            return rows.find(connection, Event, *where, order_by=(events.at,))

    def schema(self, ref: str) -> dict[str, Any]:
        """What an answer of the label's type looks like. Raises NotFoundError when nothing describes it."""
        with self._store.read() as connection:
            return dict(label_type_schema(connection, rows.resolve(connection, CanonicalLabel, ref).label_type))

    def unlabeled(self, sheet_ref: str, label_type: str, limit: int = 50, offset: int = 0) -> list[Item]:
        """The sheet's items that have no label of this type, in the sheet's order."""
        with self._store.read() as connection:
            sheet = rows.resolve(connection, Sheet, sheet_ref)
            where = (_LABELS.sheet_id == sheet.id, _LABELS.label_type == label_type)
            known = set(connection.execute(select(_LABELS.item_ref).where(*where)).scalars())
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
            changes = ChangeBatch(connection, sheet.id, self._actor)
            where = (_LABELS.sheet_id == sheet.id, _LABELS.item_ref == item_ref, _LABELS.label_type == label_type)
            label = rows.find_one(connection, CanonicalLabel, *where)
            if label is None:
                label = CanonicalLabel(
                    sheet_id=sheet.id,
                    item_ref=item_ref,
                    label_type=label_type,
                    label_data=answer,
                    confidence=confidence,
                    notes=notes,
                    source=source,
                    created_by=self._actor,
                    updated_by=self._actor,
                    **inherited(sheet.tags).columns(),
                )
                changes.new_label(label)
            else:
                new = {"label_data": answer, "confidence": confidence, "notes": notes, "source": source}
                label = changes.change_label(label, new)
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
        """Correct a label; what it said becomes a version.

        Raises ConflictError when it was changed since `expected_version`, InvalidInputError for what does not fit.
        """
        values = {"label_data": answer, "confidence": confidence, "notes": notes}
        new = {name: value for name, value in values.items() if value is not None}
        if confidence is not None:
            _check_confidence(confidence)
        with self._store.write() as connection:
            label = rows.resolve(connection, CanonicalLabel, ref)
            if expected_version is not None and label.version != expected_version:
                raise ConflictError(
                    f"{label.updated_by} changed the label of {label.item_ref} while you edited it.",
                    "Look at it again.",
                )
            if answer is not None:
                _check_answer(connection, label.label_type, answer)
            return self._change(connection, label, new)

    def restore(self, ref: str, version: int) -> CanonicalLabel:
        """Let a label say again what an earlier version said, as a new version."""
        with self._store.write() as connection:
            label = rows.resolve(connection, CanonicalLabel, ref)
            where = (_VERSIONS.canonical_label_id == label.id, _VERSIONS.version == version)
            old = rows.find_one(connection, CanonicalLabelVersion, *where)
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
        changes = ChangeBatch(connection, label.sheet_id, self._actor)
        changed = changes.change_label(label, new)
        changes.write()
        return changed

    def delete(self, ref: str) -> CanonicalLabel:
        """Remove a label that nothing uses. Raises ConflictError with the count otherwise."""
        with self._store.write() as connection:
            label = rows.resolve(connection, CanonicalLabel, ref)
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


def _usage(connection: Connection, label: CanonicalLabel) -> LabelUsage:
    linked = (
        _PAIRS.sheet_id == label.sheet_id,
        _PAIRS.item_ref == label.item_ref,
        _PAIRS.canonical_label_id == label.id,
    )
    sheets = table(TrainingSheet).c
    query = select(sheets.name).join(table(QAPair), _PAIRS.training_sheet_id == sheets.id).where(*linked).distinct()
    learned = table(ModelPair).c
    models = (
        select(func.count(learned.model_id.distinct())).join(table(QAPair), _PAIRS.id == learned.pair_id).where(*linked)
    )
    names = tuple(sorted(str(name) for name in connection.execute(query).scalars()))
    return LabelUsage(rows.count(connection, QAPair, *linked), names, int(connection.execute(models).scalar_one()))


def _check_confidence(confidence: str) -> None:
    if confidence not in CONFIDENCES:
        raise InvalidInputError(
            f"{confidence!r} is not a valid confidence.", f"Valid values: {', '.join(CONFIDENCES)}."
        )


def _check_answer(connection: Connection, label_type: str, answer: Answer) -> None:
    reason = AnswerChecker(label_type_schema(connection, label_type)).reason(answer)
    if reason:
        raise InvalidInputError(f"The answer does not fit: {reason}.", "Correct these fields.")
