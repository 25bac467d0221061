"""Canonical labels as files of JSON lines: written whole or not at all, imported whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.file_formats import Newer
from ontos_tui.domain.records.data import Sheet
from ontos_tui.platforms.ports import Catalog
from ontos_tui.replacing import replacing
from ontos_tui.services.canonical.service import PAGE
from ontos_tui.services.interchange.annotations.items import SheetItems
from ontos_tui.services.interchange.incoming.labels import LabelImport
from ontos_tui.services.interchange.reading import json_lines, moment
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.interchange.tabular import LabelRow
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.records.label_schemas import label_type_schema
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.canonical_labels import LabelFilter, labels_after


class CanonicalLabelFiles:
    """Exports canonical labels, and imports them under `actor`."""

    def __init__(self, store: Store, catalog: Catalog, actor: str) -> None:
        self._store = store
        self._catalog = catalog
        self._actor = actor

    def export_lines(self, filter: LabelFilter = LabelFilter()) -> Iterator[dict[str, Any]]:  # noqa: B008  # it is frozen
        """Every label as one JSON object, with its sheet's name, in pages; nothing is held in memory."""
        with self._store.read() as connection:
            names = {sheet.id: sheet.name for sheet in rows.find(connection, Sheet)}
        last = ""
        while True:
            with self._store.read() as connection:
                labels = labels_after(connection, filter, last, PAGE)
            for label in labels:
                fields = label.model_dump(mode="json", exclude={"id", "training_sheet_id", "created_at", "created_by"})
                yield {"sheet": names.get(label.sheet_id, label.sheet_id), **fields}
            if len(labels) < PAGE:
                return
            last = labels[-1].id

    def export_file(self, path: Path, filter: LabelFilter = LabelFilter()) -> int:  # noqa: B008
        """Write the labels into a file, whole or not at all; returns how many. Raises InvalidInputError."""
        with replacing(path) as (beside,), beside.open("w", encoding="utf-8", newline="") as file:
            return sum(bool(file.write(json.dumps(line, allow_nan=False) + "\n")) for line in self.export_lines(filter))

    def import_file(
        self, path: Path, sheet_ref: str | None = None, *, newer: Newer | None = None, dry_run: bool = False
    ) -> ImportReport:
        """Labels as `export_lines` writes them, one JSON object a line; every line that cannot be used is reported.

        With a problem nothing is imported. The same file again changes nothing. `sheet_ref` is the sheet of lines
        without one. Labels with another answer become new versions; `newer` says what becomes of labels that were
        changed after what their lines say.
        """
        report = ImportReport(path, dry_run)
        groups: dict[tuple[str, str], list[LabelRow]] = {}
        for line, value in json_lines(path, report):
            if not isinstance(value, dict):
                report.problem(line, "not a JSON object")
                continue
            key = (str(value.get("sheet") or sheet_ref or ""), str(value.get("label_type") or ""))
            missing = [name for name in ("item_ref", "label_type", "label_data") if not value.get(name)]
            if missing or not key[0]:
                report.problem(line, f"{missing[0] if missing else 'sheet'} is missing")
            elif not isinstance(value["label_data"], dict):
                report.problem(line, "label_data is not a JSON object")
            else:
                groups.setdefault(key, []).append(_label_row(line, value))
        imports = list(self._imports(groups, newer, report))
        for into, given in imports:
            trial = ImportReport(path, dry_run=True)
            into.carry_out(given, trial)
            report.add(trial)
        if not report.nothing_done:
            for into, given in imports:
                into.carry_out(given, ImportReport(path))
        return report

    def _imports(
        self, groups: dict[tuple[str, str], list[LabelRow]], newer: Newer | None, report: ImportReport
    ) -> Iterator[tuple[LabelImport, Sequence[LabelRow]]]:
        for (sheet_ref, label_type), given in groups.items():
            try:
                with self._store.read() as connection:
                    sheet = rows.resolve(connection, Sheet, sheet_ref)
                    schema = label_type_schema(connection, label_type)
            except (NotFoundError, ConflictError, InvalidInputError) as error:
                report.problem(given[0].line, error.what)
                continue
            items, checker = SheetItems(self._catalog, sheet), AnswerChecker(schema)
            yield LabelImport(self._store, sheet, label_type, checker, self._actor, items, newer), given


def _label_row(line: int, value: dict[str, Any]) -> LabelRow:
    notes, confidence = (None if value.get(name) is None else str(value[name]) for name in ("notes", "confidence"))
    at = moment(value.get("updated_at"))
    return LabelRow(line, str(value["item_ref"]), value["label_data"], notes=notes, confidence=confidence, at=at)
