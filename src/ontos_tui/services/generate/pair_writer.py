"""Bulk writing of the pairs that generation adds to a training sheet, one transaction for each batch of items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.data import Item, Row
from ontos_tui.domain.records.pairs import CanonicalLabel, GenerationMode, QAPair, TrainingSheet
from ontos_tui.domain.rules.governance import inherited
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.canonical.auto_approval import AutoApprovals
from ontos_tui.services.generate.plan import Plan
from ontos_tui.store.bulk import RowMaker, new_ids, stored
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries import generate
from ontos_tui.store.queries.canonical_labels import labels_by_item
from ontos_tui.store.queries.training.sheets import last_sequence_number
from ontos_tui.store.values import plain_json, to_json

REMEMBERED = 10_000
"""Distinct answers of a column that are cached."""

FAILURES = 20
"""Failed items that are listed one by one."""


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
        proposed_by = f"column {', '.join(plan.answers_from.values())}" if plan.answers_from else ""
        self._pairs = RowMaker(
            QAPair(
                training_sheet_id=sheet.id,
                sheet_id=sheet.sheet_id,
                item_ref="",
                sequence_number=0,
                source_data={},
                labeling_mode=plan.mode.proposal_mode,
                proposed_by=proposed_by,
                created_by=actor,
                updated_by=actor,
                **inherited(plan.sheet.tags).columns(),
            )
        )
        self._answers = _Answers(plan)
        self._approvals = AutoApprovals(sheet, actor)

    def write(self, connection: Connection, items: Sequence[Item]) -> None:
        """Add a pair for every item that has none."""
        last = last_sequence_number(connection, self._sheet.id)
        if not self._first_of_run:
            self._first_of_run = last + 1
        new = self._without_pair(connection, items)
        labels = labels_by_item(connection, self._sheet.sheet_id, self._sheet.label_type, [item.ref for item in new])
        ids, count, moment = new_ids(len(new)), len(new), stored(QAPair, "updated_at", now())
        columns: dict[str, Sequence[Any]] = {
            "id": ids,
            "item_ref": [item.ref for item in new],
            "sequence_number": range(last + 1, last + 1 + count),
            "source_data": [connection.fields.text(self._plan.visible_fields(item.fields), plain_json) for item in new],
            "created_at": [moment] * count,
            "updated_at": [moment] * count,
        }
        alike = None if labels else self._columns_of_all(new)
        if alike is not None:
            self._pairs.insert_columns(connection, count, **columns, **alike)
        else:
            own = [self._columns(one, item, labels.get(item.ref)) for one, item in zip(ids, new, strict=True)]
            known = zip(*columns.values(), strict=True)
            rows = (dict(zip(columns, one, strict=True)) | its for one, its in zip(known, own, strict=True))
            self._pairs.insert(connection, [self._pairs.row(**row) for row in rows])
        self._approvals.write(connection)
        self._tally.created += count

    def _columns_of_all(self, items: Sequence[Item]) -> dict[str, Sequence[Any]] | None:
        """Answers, proposals and statuses of new pairs without labels, by the column; None where one has no answer."""
        if self._plan.mode is not GenerationMode.COLUMN:
            return {}
        answers = [self._answers.of(item.fields)[0] for item in items]
        if not all(answers):
            return None
        self._tally.proposed += len(items)
        if self._review:
            return {"proposal": answers}
        return {"proposal": answers, "answer": answers, "status": [PairStatus.LABELED.value] * len(items)}

    def _columns(self, pair_id: str, item: Item, label: CanonicalLabel | None) -> dict[str, Any]:
        """Answer, proposal and status of a new pair."""
        columns: dict[str, Any] = {}
        problem = ""
        if label is not None:
            problem = self._plan.checker.reason(label.label_data)
            if not problem:
                self._tally.auto_approved += 1
                return {"proposed_by": "canonical label", **self._approvals.add(pair_id, label, version=1)}
            problem = f"its canonical label does not fit this template: {problem}"
        if self._plan.mode is GenerationMode.COLUMN:
            answer, reason = self._answers.of(item.fields)
            if answer:
                self._tally.proposed += 1
                columns = self._proposed(answer)
                problem = ""
            else:
                problem = reason if not problem else f"{reason}; {problem}"
        if problem:
            columns["generation_error"] = problem
            if self._plan.mode is not GenerationMode.AI:  # an AI run requests a proposal for it afterwards
                self._tally.fail(item.ref, problem)
        return columns

    def _proposed(self, answer: str) -> dict[str, Any]:
        if self._review:
            return {"proposal": answer}
        return {"proposal": answer, "answer": answer, "status": PairStatus.LABELED.value}

    def _without_pair(self, connection: Connection, items: Sequence[Item]) -> list[Item]:
        """The items that have no pair yet. One whose reference stood in this run before is a failure."""
        known = generate.pair_numbers(connection, self._sheet.id, [item.ref for item in items])
        new: dict[str, Item] = {}
        for item in items:
            number = known.get(item.ref)
            if number is None and item.ref not in new:
                new[item.ref] = item
            elif number is not None and number < self._first_of_run:
                self._tally.existing += 1
            else:
                self._tally.fail(item.ref, "this id occurs more than once in the source; the first row is used")
        return list(new.values())


class _Answers:
    """The answers that a column holds, as JSON. Columns repeat values, so each is read once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._columns = tuple(plan.answers_from.values())
        self._known: dict[tuple[Any, ...], tuple[str, str]] = {}

    def of(self, fields: Row) -> tuple[str, str]:
        """The answer as JSON, or else an empty text and why there is none."""
        values = tuple([fields[column] for column in self._columns])
        key = (values, *map(type, values))  # to Python 1, 1.0 and True are one
        try:
            known = self._known.get(key)
        except TypeError:  # a list or an object in a column
            return self._read_answer(fields)
        if known is None:
            known = self._read_answer(fields)
            if len(self._known) < REMEMBERED:
                self._known[key] = known
        return known

    def _read_answer(self, fields: Row) -> tuple[str, str]:
        answer, reason = self._plan.answer(fields)
        return ("" if answer is None else to_json(answer)), reason
