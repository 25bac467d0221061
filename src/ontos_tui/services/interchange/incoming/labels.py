"""Import of canonical labels by the thousand (store/queries/interchange/incoming_labels.py).

A new label is created; one with another answer is archived and gets a new version; one with the same answer is left
alone, so that the same file can be imported again at any time. Each change is an event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ontos_tui.domain.file_formats import Newer
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import CONFIDENCES, CanonicalLabel, answer_digest
from ontos_tui.domain.rules.governance import inherited
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.services.interchange.annotations.items import Items
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
    """The target of an import: the sheet and its items, the label type, the check of answers, and the actor.

    `newer` says what becomes of labels that were changed after what the lines say; with such and without a choice the
    report is undecided, and nothing is done.
    """

    store: Store
    sheet: Sheet
    label_type: str
    checker: AnswerChecker
    actor: str
    items: Items
    newer: Newer | None = None

    def carry_out(self, label_rows: Iterable[LabelRow], report: ImportReport) -> None:
        """Write the labels of all lines, or none when one cannot be used or the report is of a dry run."""
        lines = self._checked(label_rows, report)
        self._check_items(lines, report)
        if report.refused:
            return
        if report.dry_run:
            # The temporary table belongs to this connection and goes with it; the database is only read.
            with self.store.read() as connection:
                self._compare(connection, lines, report)
            return
        with self.store.write() as connection:
            self._compare(connection, lines, report)
            if not report.undecided and (report.created or report.updated):
                self._write(connection, reason=f"imported from {report.path.name}")
            incoming_labels.drop(connection)

    def _checked(self, label_rows: Iterable[LabelRow], report: ImportReport) -> dict[str, LabelRow]:
        """The lines with a label that fits, one an item."""
        lines: dict[str, LabelRow] = {}
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
            lines[one.item_ref] = one
        return lines

    def _check_items(self, lines: Mapping[str, LabelRow], report: ImportReport) -> None:
        """Report the lines whose item the sheet has not, or whose spans its text does not bear out."""
        fields = self.items.fields(lines.keys()) if lines else {}
        if fields is None:
            report.notes.append(f"Whether the sheet has these items could not be checked: {self.items.problem}")
        for ref, one in lines.items():
            if fields is not None and ref not in fields:
                report.problem(one.line, f"{ref[:80]!r} is not an item of this sheet")
                continue
            item = None if fields is None else fields[ref]
            if item is not None and one.text is not None and one.text not in item.values():
                report.problem(one.line, "its text is not the text of the item")
                continue
            reason = self.checker.misplaced(one.answer or {}, item or {})
            if reason:
                report.problem(one.line, f"the label does not fit: {reason}")

    def _compare(self, connection: Connection, lines: Mapping[str, LabelRow], report: ImportReport) -> None:
        comparison = incoming_labels.compare(
            connection,
            self.sheet.id,
            self.label_type,
            [
                IncomingLabel(one.item_ref, to_json(one.answer), one.confidence, one.notes, one.reason)
                for one in lines.values()
            ],
            lambda ref, changed_at: report.is_newer(changed_at, lines[ref].at),
            keep_newer=self.newer is not Newer.TAKE,
        )
        report.created, report.updated, report.unchanged = comparison.new, comparison.changed, comparison.same
        for ref, by, at in comparison.newer:
            what = f"the label of {ref[:80]!r} was changed by {by or 'somebody'} on {at:%Y-%m-%d %H:%M} UTC"
            report.newer_decision(lines[ref].line, what, self.newer)

    def _write(self, connection: Connection, reason: str) -> None:
        like = CanonicalLabel(
            sheet_id=self.sheet.id,
            item_ref="",
            label_type=self.label_type,
            label_data={},
            **inherited(self.sheet.tags).columns(),
        )
        changes = ChangeBatch(connection, self.sheet.id, self.actor)
        change = incoming_labels.LabelChange(self.actor, changes.at, changes.id, reason, SOURCE)
        incoming_labels.write(connection, like, change)
        for label in incoming_labels.labels_of_labeled_pairs(connection, like):
            changes.correct(label)
        changes.write()
