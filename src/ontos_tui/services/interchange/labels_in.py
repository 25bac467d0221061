"""Bulk import of canonical labels: the rows go into a temporary table, and a few SQL statements do the rest.

A new label is created; one with another answer is archived and gets a new version; one with the same answer is left
alone, so that the same file can be imported again at any time. Each change is an event.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import CONFIDENCES, CanonicalLabel, CanonicalLabelVersion, Event, answer_digest
from ontos_tui.domain.rules.governance import inherited
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.interchange.tabular import LabelRow
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.records.change_log import LABEL_CONTENT, ChangeBatch
from ontos_tui.store.bulk import stored
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table, to_json

SOURCE = "import"

_JSON = {"label_data", "allowed_uses", "prohibited_uses"}
_NEW_ID = "lower(hex(randomblob(16)))"
_JOINED = (
    "FROM incoming i CROSS JOIN canonical_labels l "
    "WHERE l.sheet_id = :sheet_id AND l.label_type = :label_type AND l.item_ref = i.item_ref"
)


@dataclass(frozen=True)
class LabelImport:
    """The target of an import: the sheet, the label type, the check of answers, and the actor."""

    store: Store
    sheet: Sheet
    label_type: str
    checker: AnswerChecker
    actor: str

    def carry_out(self, label_rows: Iterable[LabelRow], report: ImportReport) -> None:
        """Write the labels of all lines, or none when one cannot be used or the report is of a dry run."""
        rows = self._checked(label_rows, report)
        if report.refused:
            return
        if report.dry_run:
            # The temporary table belongs to this connection and goes with it; the database is only read.
            with self.store.read() as connection:
                self._compare(connection, rows, report)
            return
        with self.store.write() as connection:
            self._compare(connection, rows, report)
            if report.created or report.updated:
                self._write(connection, reason=f"imported from {report.path.name}")
            connection.exec_driver_sql("DROP TABLE incoming")

    def _checked(self, label_rows: Iterable[LabelRow], report: ImportReport) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        seen: dict[str, tuple[int, Answer]] = {}
        for one in label_rows:
            if one.status is not PairStatus.LABELED or one.answer is None:
                report.skipped += 1
                continue
            before = seen.get(one.item_ref)
            if before is not None:
                if answer_digest(before[1]) == answer_digest(one.answer):
                    report.skipped += 1
                else:
                    report.problem(one.line, f"{one.item_ref[:80]!r} has another label in line {before[0]:,}")
                continue
            reason = self.checker.reason(one.answer)
            if not reason and one.confidence not in (None, *CONFIDENCES):
                reason = f"confidence: {str(one.confidence)[:40]!r} is not one of {', '.join(CONFIDENCES)}"
            if reason:
                report.problem(one.line, f"the label does not fit: {reason}")
                continue
            seen[one.item_ref] = (one.line, one.answer)
            rows.append((one.item_ref, to_json(one.answer), one.confidence, one.notes, one.reason))
        return rows

    def _compare(self, connection: Connection, rows: list[tuple[Any, ...]], report: ImportReport) -> None:
        """Put the rows into the temporary table and mark each as new, changed or the same."""
        run = connection.exec_driver_sql
        run(
            "CREATE TEMP TABLE incoming (item_ref TEXT PRIMARY KEY, label_data TEXT, confidence TEXT, notes TEXT, "
            "reason TEXT, change TEXT NOT NULL DEFAULT 'new') WITHOUT ROWID"
        )
        if rows:
            run("INSERT INTO incoming (item_ref, label_data, confidence, notes, reason) VALUES (?, ?, ?, ?, ?)", rows)
        matches = run(
            "SELECT i.item_ref, i.label_data, l.label_data, coalesce(i.confidence, l.confidence) = l.confidence "
            f"AND coalesce(i.notes, l.notes) = l.notes {_JOINED}",
            self._where(),
        )
        existing = changed = 0
        for ref, new, old, same_details in matches.all():
            existing += 1
            if not same_details or not _same_answer(new, old):
                changed += 1
                run("UPDATE incoming SET change = 'changed' WHERE item_ref = ?", (ref,))
        run(
            "UPDATE incoming SET change = 'same' FROM canonical_labels l WHERE l.sheet_id = :sheet_id "
            "AND l.label_type = :label_type AND l.item_ref = incoming.item_ref AND change = 'new'",
            self._where(),
        )
        report.created, report.updated, report.unchanged = len(rows) - existing, changed, existing - changed

    def _write(self, connection: Connection, reason: str) -> None:
        run = connection.exec_driver_sql
        changes = ChangeBatch(connection, self.sheet.id, self.actor)  # for the id of the batch and its moment
        known = {
            **self._where(),
            "actor": self.actor,
            "now": stored(Event, "at", changes.at),
            "batch": changes.id,
            "source": SOURCE,
            "reason": reason,
        }
        run(_insert(CanonicalLabel, self._new_label(known), "FROM incoming i WHERE i.change = 'new'"), known)
        after = _json_of("l", tuple(CanonicalLabel.model_fields))
        run(_insert(Event, _event("create", "NULL", after), f"{_JOINED} AND i.change = 'new'"), known)

        run(_insert(CanonicalLabelVersion, _VERSION, f"{_JOINED} AND i.change = 'changed'"), known)
        columns = (*LABEL_CONTENT, "confidence", "version")
        changed = {name: f"l.{name}" for name in columns} | {
            "label_data": "i.label_data",
            "confidence": "coalesce(i.confidence, l.confidence)",
            "notes": "coalesce(i.notes, l.notes)",
            "source": ":source",
            "training_sheet_id": "NULL",
            "version": "l.version + 1",
        }
        event = _event("change", _json_of("l", columns), _json(changed))
        run(_insert(Event, event, f"{_JOINED} AND i.change = 'changed'"), known)
        settings = {**changed, "updated_at": ":now", "updated_by": ":actor"}
        run(
            f"UPDATE canonical_labels AS l SET {', '.join(f'{name} = {value}' for name, value in settings.items())} "  # noqa: S608
            "FROM incoming i WHERE l.sheet_id = :sheet_id AND l.label_type = :label_type "
            "AND l.item_ref = i.item_ref AND i.change = 'changed'",
            known,
        )

    def _new_label(self, known: dict[str, Any]) -> dict[str, str]:
        """The columns of a new label as SQL; what is not of the line is as the record has it by default."""
        like = CanonicalLabel(
            sheet_id=self.sheet.id,
            item_ref="",
            label_type=self.label_type,
            label_data={},
            **inherited(self.sheet.tags).columns(),
        )
        values = {name: f":like_{name}" for name in CanonicalLabel.model_fields}
        known |= {f"like_{name}": stored(CanonicalLabel, name, getattr(like, name)) for name in values}
        return values | {
            "id": _NEW_ID,
            "item_ref": "i.item_ref",
            "label_data": "i.label_data",
            "confidence": "coalesce(i.confidence, :like_confidence)",
            "notes": "coalesce(i.notes, '')",
            "source": ":source",
            "created_at": ":now",
            "created_by": ":actor",
            "updated_at": ":now",
            "updated_by": ":actor",
        }

    def _where(self) -> dict[str, str]:
        return {"sheet_id": self.sheet.id, "label_type": self.label_type}


def _same_answer(new: str, old: str) -> bool:
    return new == old or answer_digest(json.loads(new)) == answer_digest(json.loads(old))


_VERSION = {
    "id": _NEW_ID,
    "canonical_label_id": "l.id",
    "version": "l.version",
    "label_data": "l.label_data",
    "confidence": "l.confidence",
    "notes": "l.notes",
    "source": "l.source",
    "modified_by": "coalesce(nullif(l.updated_by, ''), l.created_by)",
    "modified_at": "l.updated_at",
}


def _event(action: str, before: str, after: str) -> dict[str, str]:
    """The columns of an event about a label as SQL. Its reason names who labeled in the other tool."""
    return {
        "id": _NEW_ID,
        "entity_type": f"'{CanonicalLabel.TABLE}'",
        "entity_id": "l.id",
        "scope_id": ":sheet_id",
        "action": f"'{action}'",
        "actor": ":actor",
        "at": ":now",
        "before": before,
        "after": after,
        "reason": ":reason || CASE WHEN i.reason = '' THEN '' ELSE '; ' || i.reason END",
        "batch_id": ":batch",
        "undoes": "''",
        "seconds": "NULL",
    }


def _insert(record: type[Record], values: dict[str, str], rest: str) -> str:
    assert set(values) == set(table(record).c.keys())
    return f"INSERT INTO {record.TABLE} ({', '.join(values)}) SELECT {', '.join(values.values())} {rest}"


def _json_of(alias: str, columns: tuple[str, ...]) -> str:
    return _json({name: f"{alias}.{name}" for name in columns})


def _json(values: dict[str, str]) -> str:
    """A JSON object of columns as SQL, the same that the log keeps of a record.

    What SQLite does not take for JSON, such as an answer with a NaN, stands there as the text that it is.
    """
    as_json = "CASE WHEN json_valid({0}) THEN json({0}) ELSE {0} END"
    parts = (f"'{name}', {as_json.format(value) if name in _JSON else value}" for name, value in values.items())
    return f"json_object({', '.join(parts)})"
