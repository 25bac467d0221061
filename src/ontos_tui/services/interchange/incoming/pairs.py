"""New pairs from chat lines: in one transaction, into a training sheet that is created if missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import Event, GenerationMode, QAPair, TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.governance import inherited
from ontos_tui.domain.rules.states import PairStatus, TrainingSheetStatus
from ontos_tui.services.interchange.incoming.chat import IncomingPair
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.records.training_sheets import (
    create_training_sheet,
    training_sheet_to_fill,
)
from ontos_tui.services.records.usage_constraints import tags_of
from ontos_tui.store import rows
from ontos_tui.store.bulk import RowMaker, new_ids, stored
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.interchange.incoming_lines import is_stored, items_with_pair
from ontos_tui.store.queries.training.sheets import last_sequence_number
from ontos_tui.store.values import to_json


@dataclass(frozen=True)
class PairImport:
    """The target of new pairs. The template and its training sheet are created if missing.

    With `approved` the answers are labels at once; without, they are proposals to be reviewed.
    """

    store: Store
    sheet: Sheet
    template: Template
    actor: str
    approved: bool = False

    def carry_out(self, pairs: Iterable[IncomingPair], report: ImportReport) -> None:
        """Add the pairs that are new, all or none; a dry run only counts them."""
        incoming: dict[str, IncomingPair] = {}
        for pair in pairs:
            before = incoming.setdefault(pair.item_ref, pair)
            if before is not pair:
                report.skipped += 1
                if (before.fields, before.answer) != (pair.fields, pair.answer):
                    report.problem(pair.line, f"{pair.item_ref[:80]!r} has another answer in line {before.line:,}")
        if report.refused:
            return
        if report.dry_run:
            with self.store.read() as connection:
                training_sheet = training_sheet_to_fill(connection, self.sheet.id, self.template.id)
                self._count(self._new(connection, training_sheet, incoming), incoming, report)
            return
        with self.store.write() as connection:
            training_sheet = training_sheet_to_fill(connection, self.sheet.id, self.template.id)
            new = self._new(connection, training_sheet, incoming)
            self._count(new, incoming, report)
            if new:
                self._write(connection, training_sheet or self._create_training_sheet(connection), new, report)

    @staticmethod
    def _count(new: list[IncomingPair], incoming: dict[str, IncomingPair], report: ImportReport) -> None:
        report.created, report.unchanged = len(new), len(incoming) - len(new)

    @staticmethod
    def _new(
        connection: Connection, training_sheet: TrainingSheet | None, incoming: dict[str, IncomingPair]
    ) -> list[IncomingPair]:
        if training_sheet is None:
            return list(incoming.values())
        known = items_with_pair(connection, training_sheet.id, list(incoming))
        return [pair for ref, pair in incoming.items() if ref not in known]

    def _create_training_sheet(self, connection: Connection) -> TrainingSheet:
        if not is_stored(connection, Template, self.template.id):
            rows.add(connection, self.template)
            after = self.template.model_dump(mode="json")
            rows.log(connection, self.template, "create", self.actor, after=after)
        return create_training_sheet(
            connection,
            self.sheet,
            self.template,
            GenerationMode.MANUAL,
            self.actor,
            status=TrainingSheetStatus.REVIEW,
        )

    def _blank_pair(self, connection: Connection, sheet: TrainingSheet, source: str) -> QAPair:
        """The columns that all new pairs have in common."""
        return QAPair(
            training_sheet_id=sheet.id,
            sheet_id=sheet.sheet_id,
            item_ref="",
            sequence_number=0,
            source_data={},
            proposed_by=source,
            status=PairStatus.LABELED if self.approved else PairStatus.UNLABELED,
            reviewed_by=self.actor if self.approved else "",
            reviewed_at=now() if self.approved else None,
            created_by=self.actor,
            updated_by=self.actor,
            **inherited(tags_of(connection, sheet.sheet_id)).columns(),
        )

    def _write(
        self, connection: Connection, sheet: TrainingSheet, new: list[IncomingPair], report: ImportReport
    ) -> None:
        moment = stored(QAPair, "updated_at", now())
        source = f"imported from {report.path.name}"
        blank_pair = self._blank_pair(connection, sheet, source)
        event = Event(
            id="",
            entity_type=QAPair.TABLE,
            entity_id="",
            scope_id=sheet.id,
            action="import",
            actor=self.actor,
            reason=source,
        )
        pairs, events = RowMaker(blank_pair), RowMaker(event)
        pair_rows, event_rows = [], []
        times = {"created_at": moment, "updated_at": moment}
        column = "answer" if self.approved else "proposal"
        first = last_sequence_number(connection, sheet.id) + 1
        for number, (pair_id, event_id, pair) in enumerate(
            zip(new_ids(len(new)), new_ids(len(new)), new, strict=True), first
        ):
            answer = to_json(pair.answer)
            pair_rows.append(
                pairs.row(
                    id=pair_id,
                    item_ref=pair.item_ref,
                    sequence_number=number,
                    source_data=connection.fields.text(pair.fields),
                    proposal=answer,
                    answer=answer if self.approved else None,
                    **times,
                )
            )
            after = f'{{"status":"{blank_pair.status.value}","{column}":{answer},"version":1}}'
            event_rows.append(events.row(id=event_id, entity_id=pair_id, at=moment, after=after))
        pairs.insert(connection, pair_rows)
        events.insert(connection, event_rows)
