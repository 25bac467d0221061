"""Pairs written by the thousand: what generation adds to a training sheet, one transaction for each batch of items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from ontos_tui.domain.records.base import new_id, now
from ontos_tui.domain.records.data import Item, Row
from ontos_tui.domain.records.pairs import CanonicalLabel, Event, GenerationMode, LabelingMode, QAPair, TrainingSheet
from ontos_tui.domain.rules.governance import inherited
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.canonical.writer import CONSTRAINTS, labels_of
from ontos_tui.services.generate.plan import Plan
from ontos_tui.services.records.training_sheets import last_sequence_number
from ontos_tui.store.bulk import RowMaker, chunks, marks, new_ids, stored
from ontos_tui.store.tables import to_json

REMEMBERED = 10_000
"""Different answers of a column that are remembered."""

FAILURES = 20
"""Failed items that are named one by one."""

_MODES = {
    GenerationMode.AI: LabelingMode.AI_GENERATED,
    GenerationMode.COLUMN: LabelingMode.EXISTING_COLUMN,
    GenerationMode.MANUAL: LabelingMode.MANUAL,
}


@dataclass
class Tally:
    """What a generation has done so far."""

    created: int = 0
    existing: int = 0
    auto_approved: int = 0
    proposed: int = 0
    failed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)

    def fail(self, ref: str, reason: str) -> None:
        """Count a failed item, and name it while there are few."""
        self.failed += 1
        if len(self.failures) < FAILURES:
            self.failures.append((ref, reason))


class PairWriter:
    """Adds the pairs of one run to one training sheet."""

    def __init__(self, plan: Plan, sheet: TrainingSheet, actor: str, tally: Tally, *, review: bool) -> None:
        self._plan = plan
        self._sheet = sheet
        self._tally = tally
        self._review = review
        self._first_of_run = 0
        told = f"column {', '.join(plan.answers_from.values())}" if plan.answers_from else ""
        self._pairs = RowMaker(
            QAPair(
                training_sheet_id=sheet.id,
                sheet_id=sheet.sheet_id,
                item_ref="",
                sequence_number=0,
                source_data={},
                labeling_mode=_MODES[plan.mode],
                proposed_by=told,
                created_by=actor,
                updated_by=actor,
                **inherited(plan.sheet.tags).columns(),
            )
        )
        self._answers = _Answers(plan)
        self._approvals = Approvals(sheet, actor)

    def write(self, connection: Connection, items: Sequence[Item]) -> None:
        """Add a pair for every item that has none."""
        last = last_sequence_number(connection, self._sheet.id)
        if not self._first_of_run:
            self._first_of_run = last + 1
        new = self._without_pair(connection, items)
        labels = labels_of(connection, self._sheet.sheet_id, self._sheet.label_type, [item.ref for item in new])
        moment = stored(QAPair, "updated_at", now())
        times = {"created_at": moment, "updated_at": moment}
        made = []
        for number, (pair_id, item) in enumerate(zip(new_ids(len(new)), new, strict=True), last + 1):
            columns = self._columns(pair_id, item, labels.get(item.ref))
            made.append(
                self._pairs.row(
                    id=pair_id,
                    item_ref=item.ref,
                    sequence_number=number,
                    source_data=to_json(self._plan.seen(item.fields)),
                    **times,
                    **columns,
                )
            )
        self._pairs.insert(connection, made)
        self._approvals.write(connection)
        self._tally.created += len(new)

    def _columns(self, pair_id: str, item: Item, label: CanonicalLabel | None) -> dict[str, Any]:
        """Answer, proposal and status of a new pair."""
        columns: dict[str, Any] = {}
        misfit = ""
        if label is not None:
            misfit = self._plan.checker.reason(label.label_data)
            if not misfit:
                self._tally.auto_approved += 1
                return {"proposed_by": "canonical label", **self._approvals.add(pair_id, label, version=1)}
            misfit = f"its canonical label does not fit this template: {misfit}"
        if self._plan.mode is GenerationMode.COLUMN:
            answer, reason = self._answers.of(item.fields)
            if answer:
                self._tally.proposed += 1
                columns = self._proposed(answer)
                misfit = ""
            else:
                misfit = reason if not misfit else f"{reason}; {misfit}"
        if misfit:
            columns["generation_error"] = misfit
            if self._plan.mode is not GenerationMode.AI:  # else it is asked for a proposal of its own
                self._tally.fail(item.ref, misfit)
        return columns

    def _proposed(self, answer: str) -> dict[str, Any]:
        if self._review:
            return {"proposal": answer}
        return {"proposal": answer, "answer": answer, "status": PairStatus.LABELED.value}

    def _without_pair(self, connection: Connection, items: Sequence[Item]) -> list[Item]:
        """The items that have no pair yet. One whose reference stood in this run before is a failure."""
        known: dict[str, int] = {}
        for some in chunks([item.ref for item in items]):
            known |= dict(
                connection.exec_driver_sql(
                    "SELECT item_ref, sequence_number FROM qa_pairs "  # noqa: S608
                    f"WHERE training_sheet_id = ? AND item_ref IN ({marks(some)})",
                    (self._sheet.id, *some),
                ).all()
            )
        new: dict[str, Item] = {}
        for item in items:
            number = known.get(item.ref)
            if number is None and item.ref not in new:
                new[item.ref] = item
            elif number is not None and number < self._first_of_run:
                self._tally.existing += 1
            else:
                self._tally.fail(item.ref, "this identity stands more than once in the source; its first row was taken")
        return list(new.values())


class _Answers:
    """The answers that a column holds, as JSON. Columns repeat themselves: what was worked out once is remembered."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._columns = tuple(plan.answers_from.values())
        self._known: dict[tuple[Any, ...], tuple[str, str]] = {}

    def of(self, fields: Row) -> tuple[str, str]:
        """The answer as JSON, or else an empty text and why there is none."""
        values = tuple(fields[column] for column in self._columns)
        # To Python 1, 1.0 and True are one key.
        key = (values, tuple(map(type, values)))
        try:
            found = self._known.get(key)
        except TypeError:  # a list or an object in a column
            return self._worked_out(fields)
        if found is None:
            found = self._worked_out(fields)
            if len(self._known) < REMEMBERED:
                self._known[key] = found
        return found

    def _worked_out(self, fields: Row) -> tuple[str, str]:
        answer, reason = self._plan.answer(fields)
        return ("" if answer is None else to_json(answer)), reason


class Approvals:
    """Pairs that a canonical label approves without a review: their columns, the event of each, and the reuse count."""

    def __init__(self, sheet: TrainingSheet, actor: str) -> None:
        self._actor = actor
        self._events = RowMaker(
            Event(
                id="",
                entity_type=QAPair.TABLE,
                entity_id="",
                scope_id=sheet.id,
                action="auto_approve",
                actor=actor,
                reason=f"the canonical label of {sheet.label_type} says so",
            )
        )
        self._rows: list[tuple[Any, ...]] = []
        self._reused: list[str] = []

    def add(
        self, pair_id: str, label: CanonicalLabel, version: int, before: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Note the approval; returns the pair's columns as they are stored."""
        columns = {
            "answer": label.label_data,
            "status": PairStatus.LABELED,
            "labeling_mode": LabelingMode.CANONICAL,
            "canonical_label_id": label.id,
            "was_auto_approved": True,
            "reviewed_by": label.updated_by or label.created_by,
            "reviewed_at": label.updated_at,
            **{name: getattr(label, name) for name in CONSTRAINTS},
        }
        after = {
            "status": PairStatus.LABELED.value,
            "answer": label.label_data,
            "canonical_label_id": label.id,
            "was_auto_approved": True,
            "version": version,
        }
        self._rows.append(
            self._events.row(
                id=new_id(),
                entity_id=pair_id,
                at=stored(Event, "at", now()),
                before=None if before is None else to_json(before),
                after=to_json(after),
            )
        )
        self._reused.append(label.id)
        return {name: stored(QAPair, name, value) for name, value in columns.items()}

    def approve(self, connection: Connection, pair: QAPair, label: CanonicalLabel) -> None:
        """Approve a pair that is there and open."""
        before = {"status": pair.status.value, "answer": pair.answer, "version": pair.version}
        columns = self.add(pair.id, label, pair.version + 1, before)
        columns |= {
            "version": pair.version + 1,
            "updated_at": stored(QAPair, "updated_at", now()),
            "updated_by": self._actor,
        }
        connection.exec_driver_sql(
            f"UPDATE qa_pairs SET {', '.join(f'{name} = ?' for name in columns)} WHERE id = ?",  # noqa: S608
            (*columns.values(), pair.id),
        )

    def write(self, connection: Connection) -> None:
        """Write the events and the reuse counts of what was noted."""
        if not self._rows:
            return
        self._events.insert(connection, self._rows)
        moment = stored(CanonicalLabel, "last_reused_at", now())
        connection.exec_driver_sql(
            "UPDATE canonical_labels SET reuse_count = reuse_count + 1, last_reused_at = ? WHERE id = ?",
            [(moment, label_id) for label_id in self._reused],
        )
        self._rows, self._reused = [], []
