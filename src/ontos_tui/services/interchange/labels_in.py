"""Import of canonical labels by the thousand (store/queries/interchange/incoming_labels.py).

A new label is created; one with another answer is archived and gets a new version; one with the same answer is left
alone, so that the same file can be imported again at any time. Each change is an event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import CONFIDENCES, CanonicalLabel, answer_digest
from ontos_tui.domain.rules.governance import inherited
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.interchange.tabular import LabelRow
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.records.change_log import ChangeBatch
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.interchange import incoming_labels
from ontos_tui.store.queries.interchange.incoming_labels import IncomingLabel
from ontos_tui.store.values import to_json

SOURCE = "import"


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
        labels = self._checked(label_rows, report)
        if report.refused:
            return
        if report.dry_run:
            # The temporary table belongs to this connection and goes with it; the database is only read.
            with self.store.read() as connection:
                self._compare(connection, labels, report)
            return
        with self.store.write() as connection:
            self._compare(connection, labels, report)
            if report.created or report.updated:
                self._write(connection, reason=f"imported from {report.path.name}")
            incoming_labels.drop(connection)

    def _checked(self, label_rows: Iterable[LabelRow], report: ImportReport) -> list[IncomingLabel]:
        labels: list[IncomingLabel] = []
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
            labels.append(IncomingLabel(one.item_ref, to_json(one.answer), one.confidence, one.notes, one.reason))
        return labels

    def _compare(self, connection: Connection, labels: list[IncomingLabel], report: ImportReport) -> None:
        comparison = incoming_labels.compare(connection, self.sheet.id, self.label_type, labels)
        report.created, report.updated, report.unchanged = comparison.new, comparison.changed, comparison.same

    def _write(self, connection: Connection, reason: str) -> None:
        like = CanonicalLabel(
            sheet_id=self.sheet.id,
            item_ref="",
            label_type=self.label_type,
            label_data={},
            **inherited(self.sheet.tags).columns(),
        )
        changes = ChangeBatch(connection, self.sheet.id, self.actor)  # for the id of the batch and its moment
        change = incoming_labels.LabelChange(self.actor, changes.at, changes.id, reason, SOURCE)
        incoming_labels.write(connection, like, change)
