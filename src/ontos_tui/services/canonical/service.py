"""Canonical labels by themselves: browse, correct, restore, remove, take out and in, whatever pairs there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Text, func, or_, select, type_coerce

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.data import Item, RowQuery, Sheet, TableAddress
from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion, Event, QAPair, TrainingSheet
from ontos_tui.domain.records.training import ModelPair
from ontos_tui.domain.rules.governance import inherited
from ontos_tui.domain.schema import Answer
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.interchange.labels_in import LabelImport
from ontos_tui.services.interchange.reading import json_lines
from ontos_tui.services.interchange.service import ImportReport, schema_of
from ontos_tui.services.interchange.tabular import LabelRow
from ontos_tui.services.label.change_log import Changes
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

CONFIDENCES = ("high", "medium", "low")
PAGE = 1_000

_LABELS = table(CanonicalLabel).c
_VERSIONS = table(CanonicalLabelVersion).c
_PAIRS = table(QAPair).c


@dataclass(frozen=True)
class LabelFilter:
    """Which labels are wanted; `text` is looked for in the item's name, the label and its notes."""

    sheet_id: str | None = None
    label_type: str | None = None
    text: str = ""
    confidence: str | None = None
    source: str | None = None
    least_reuse: int = 0


@dataclass(frozen=True)
class LabelUsage:
    """What depends on a label: pairs that are linked to it, in which training sheets, and models that learned them."""

    pairs: int
    training_sheets: tuple[str, ...]
    models: int


class CanonicalLabelService:
    """Canonical labels, changed under `actor`. What a label said before is kept as a version."""

    def __init__(self, store: Store, catalog: Catalog, actor: str) -> None:
        self._store = store
        self._catalog = catalog
        self._actor = actor

    # Looking

    def find(self, wanted: LabelFilter = LabelFilter(), limit: int = PAGE, offset: int = 0) -> list[CanonicalLabel]:
        """The labels that pass the filter, by item."""
        order = (_LABELS.label_type, _LABELS.item_ref)
        with self._store.read() as connection:
            return rows.find(
                connection, CanonicalLabel, *_conditions(wanted), order_by=order, limit=limit, offset=offset
            )

    def count(self, wanted: LabelFilter = LabelFilter()) -> int:
        """How many labels pass the filter."""
        with self._store.read() as connection:
            return rows.count(connection, CanonicalLabel, *_conditions(wanted))

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
            return dict(schema_of(connection, rows.resolve(connection, CanonicalLabel, ref).label_type))

    def unlabeled(self, sheet_ref: str, label_type: str, limit: int = 50, offset: int = 0) -> list[Item]:
        """The sheet's items that have no label of this type, in the sheet's order."""
        with self._store.read() as connection:
            sheet = rows.resolve(connection, Sheet, sheet_ref)
            where = (_LABELS.sheet_id == sheet.id, _LABELS.label_type == label_type)
            known = set(connection.execute(select(_LABELS.item_ref).where(*where)).scalars())
        found: list[Item] = []
        for item in self._catalog.items(TableAddress.parse(sheet.source_table), RowQuery.of(sheet)):
            if item.ref in known:
                continue
            if offset:
                offset -= 1
                continue
            found.append(item)
            if len(found) == limit:
                break
        return found

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
            raise NotFoundError(f"The sheet {sheet.name!r} has no item {item_ref!r}.", "Look at its rows.")
        with self._store.write() as connection:
            changes = Changes(connection, sheet.id, self._actor)
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

        Raises ConflictError when somebody changed it since `expected_version`, InvalidInputError for what does not fit.
        """
        given = {"label_data": answer, "confidence": confidence, "notes": notes}
        new = {name: value for name, value in given.items() if value is not None}
        if confidence is not None:
            _check_confidence(confidence)
        with self._store.write() as connection:
            label = rows.resolve(connection, CanonicalLabel, ref)
            if expected_version is not None and label.version != expected_version:
                raise ConflictError(
                    f"{label.updated_by} changed the label of {label.item_ref} meanwhile.", "Look at it again."
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
                raise NotFoundError(f"The label of {label.item_ref} has no version {version}.", "Look at its versions.")
            new = {"label_data": old.label_data, "confidence": old.confidence, "notes": old.notes}
            return self._change(connection, label, new)

    def _change(self, connection: Connection, label: CanonicalLabel, new: dict[str, Any]) -> CanonicalLabel:
        if all(getattr(label, name) == value for name, value in new.items()):
            return label
        changes = Changes(connection, label.sheet_id, self._actor)
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
                    "Correct it instead; what it says is kept as a version.",
                )
            changes = Changes(connection, label.sheet_id, self._actor)
            changes.drop_label(label)
            changes.write()
            return label

    # Out and in

    def export_lines(self, wanted: LabelFilter = LabelFilter()) -> Iterator[dict[str, Any]]:
        """Every label as one JSON object, with its sheet's name, in pages; nothing is held in memory."""
        with self._store.read() as connection:
            names = {sheet.id: sheet.name for sheet in rows.find(connection, Sheet)}
        last = ""
        while True:
            with self._store.read() as connection:
                where = (*_conditions(wanted), _LABELS.id > last)
                found = rows.find(connection, CanonicalLabel, *where, order_by=(_LABELS.id,), limit=PAGE)
            for label in found:
                told = label.model_dump(mode="json", exclude={"id", "training_sheet_id", "created_at", "created_by"})
                yield {"sheet": names.get(label.sheet_id, label.sheet_id), **told}
            if len(found) < PAGE:
                return
            last = found[-1].id

    def export_file(self, path: Path, wanted: LabelFilter = LabelFilter()) -> int:
        """Write the labels into a file, whole or not at all; returns how many. Raises InvalidInputError."""
        import json

        from ontos_tui.services.interchange.files import replacing

        with replacing(path) as (beside,), beside.open("w", encoding="utf-8", newline="") as file:
            return sum(bool(file.write(json.dumps(line, allow_nan=False) + "\n")) for line in self.export_lines(wanted))

    def import_file(self, path: Path, sheet_ref: str | None = None, *, dry_run: bool = False) -> ImportReport:
        """Labels as `export_lines` writes them, one JSON object a line; every line that cannot be used is named.

        With a problem nothing is taken. The same file again changes nothing. `sheet_ref` stands for lines without a
        sheet. Labels that say something else become new versions.
        """
        report = ImportReport(path, dry_run)
        groups: dict[tuple[str, str], list[LabelRow]] = {}
        for line, value in json_lines(path, report):
            if not isinstance(value, dict):
                report.problem(line, "it holds no JSON object in braces")
                continue
            key = (str(value.get("sheet") or sheet_ref or ""), str(value.get("label_type") or ""))
            missing = [name for name in ("item_ref", "label_type", "label_data") if not value.get(name)]
            if missing or not key[0]:
                report.problem(line, f"{missing[0] if missing else 'sheet'} is missing")
            elif not isinstance(value["label_data"], dict):
                report.problem(line, "label_data is no JSON object")
            else:
                groups.setdefault(key, []).append(_given(line, value))
        imports = list(self._imports(groups, report))
        for into, given in imports:
            trial = ImportReport(path, dry_run=True)
            into.carry_out(given, trial)
            for problem in trial.problems:
                report.problem(problem.line, problem.reason)
        if not report.refused:
            for into, given in imports:
                into.carry_out(given, report)
        return report

    def _imports(
        self, groups: dict[tuple[str, str], list[LabelRow]], report: ImportReport
    ) -> Iterator[tuple[LabelImport, Sequence[LabelRow]]]:
        for (sheet_ref, label_type), given in groups.items():
            try:
                with self._store.read() as connection:
                    sheet = rows.resolve(connection, Sheet, sheet_ref)
                    schema = schema_of(connection, label_type)
            except (NotFoundError, ConflictError, InvalidInputError) as error:
                report.problem(given[0].line, error.what)
                continue
            yield LabelImport(self._store, sheet, label_type, AnswerChecker(schema), self._actor), given


def _given(line: int, value: dict[str, Any]) -> LabelRow:
    notes, confidence = (None if value.get(name) is None else str(value[name]) for name in ("notes", "confidence"))
    return LabelRow(line, str(value["item_ref"]), value["label_data"], notes=notes, confidence=confidence)


def _conditions(wanted: LabelFilter) -> list[Any]:
    conditions: list[Any] = []
    for name in ("sheet_id", "label_type", "confidence", "source"):
        if getattr(wanted, name) is not None:
            conditions.append(_LABELS[name] == getattr(wanted, name))
    if wanted.least_reuse:
        conditions.append(_LABELS.reuse_count >= wanted.least_reuse)
    if wanted.text:
        text = wanted.text.encode("utf-8", "replace").decode()
        places = (_LABELS.item_ref, _LABELS.notes, type_coerce(_LABELS.label_data, Text))
        conditions.append(or_(*(place.icontains(text, autoescape=True) for place in places)))
    return conditions


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
        raise InvalidInputError(f"{confidence!r} is no confidence.", f"There are {', '.join(CONFIDENCES)}.")


def _check_answer(connection: Connection, label_type: str, answer: Answer) -> None:
    reason = AnswerChecker(schema_of(connection, label_type)).reason(answer)
    if reason:
        raise InvalidInputError(f"The answer does not fit: {reason}.", "Correct these fields.")
