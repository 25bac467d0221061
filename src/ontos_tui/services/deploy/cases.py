"""Must-pass cases: pairs whose answer every new version must give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotReadyError
from ontos_tui.domain.nouns import no_such
from ontos_tui.domain.records.gate import MustPassCase
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import FieldKind
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import deployment_gate as queries
from ontos_tui.store.queries.training.pairs import pair_of_item


class CaseService:
    """Must-pass cases, made from pairs and removed by `actor`."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    def cases(self, training_sheet_id: str | None = None) -> list[MustPassCase]:
        """All cases, or those of a training sheet's template, in the order in which they were made."""
        with self._store.read() as connection:
            if training_sheet_id is None:
                return queries.cases(connection)
            return queries.cases(connection, *_template(rows.get(connection, TrainingSheet, training_sheet_id)))

    def of_pair(self, pair_id: str) -> MustPassCase | None:
        """The case that was made from a pair, or about its item; None where there is none."""
        with self._store.read() as connection:
            pair = rows.get(connection, QAPair, pair_id)
            return _case(connection, pair, rows.get(connection, TrainingSheet, pair.training_sheet_id))

    def add(
        self,
        pair_id: str,
        *,
        fields: Sequence[str] = (),
        within: Mapping[str, float] | None = None,
        note: str = "",
    ) -> MustPassCase:
        """Make a labeled pair a must-pass case: its answer as it is now, in these fields, in all where none is named.

        `within` says how far off a number may be. Raises NotReadyError for a pair without a decided answer,
        ConflictError when its item is a case already.
        """
        with self._store.write() as connection:
            pair = rows.get(connection, QAPair, pair_id)
            sheet = rows.get(connection, TrainingSheet, pair.training_sheet_id)
            if pair.status is not PairStatus.LABELED or not pair.answer:
                raise NotReadyError(f"{pair.item_ref} has no decided answer.", "Approve or edit it first.")
            if _case(connection, pair, sheet) is not None:
                raise ConflictError(f"{pair.item_ref} is a must-pass case already.", "List them: ontos cases list")
            name, label_type = _template(sheet)
            case = MustPassCase(
                template_name=name,
                label_type=label_type,
                sheet_id=pair.sheet_id,
                item_ref=pair.item_ref,
                pair_id=pair.id,
                source_data=pair.source_data,
                expected=_expected(pair.answer, fields),
                within=_checked_distances(sheet, within or {}),
                note=note.strip(),
                created_by=self._actor,
                updated_by=self._actor,
            )
            rows.add(connection, case)
            after = {"item_ref": case.item_ref, "expected": case.expected, "within": case.within, "note": case.note}
            rows.log(connection, case, "add", self._actor, after=after, scope_id=sheet.id)
        return case

    def pair_of(self, training_sheet_id: str, item_ref: str) -> QAPair:
        """The pair about an item of a training sheet. Raises NotFoundError."""
        with self._store.read() as connection:
            pair = pair_of_item(connection, training_sheet_id, item_ref)
        if pair is None:
            raise no_such(QAPair, item_ref)
        return pair

    def remove(self, ref: str) -> MustPassCase:
        """Remove a case by its id, or the beginning of it; the pair stays as it is."""
        with self._store.write() as connection:
            case = rows.resolve(connection, MustPassCase, ref)
            queries.remove_case(connection, case.id)
            before = {"item_ref": case.item_ref, "expected": case.expected, "within": case.within, "note": case.note}
            rows.log(connection, case, "remove", self._actor, before=before)
        return case


def _template(sheet: TrainingSheet) -> tuple[str, str]:
    return str(sheet.template_snapshot.get("name", "")), sheet.label_type


def _case(connection: Connection, pair: QAPair, sheet: TrainingSheet) -> MustPassCase | None:
    return queries.case_of(connection, *_template(sheet), pair.sheet_id, pair.item_ref)


def _expected(answer: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """The fields of the answer that are checked. Raises InvalidInputError for one that it has not."""
    for name in fields:
        if name not in answer:
            raise InvalidInputError(
                f"The answer of this pair has no field {name!r}.", f"Choose from: {', '.join(answer)}."
            )
    return {name: value for name, value in answer.items() if not fields or name in fields}


def _checked_distances(sheet: TrainingSheet, within: Mapping[str, float]) -> dict[str, float]:
    kinds = {field.name: field.kind for field in Template.model_validate(sheet.template_snapshot).fields()}
    for name, distance in within.items():
        if kinds.get(name) not in (FieldKind.NUMBER, FieldKind.INTEGER):
            raise InvalidInputError(f"{name!r} is no number of this answer.", "Name a field that holds numbers.")
        if not distance >= 0:
            raise InvalidInputError(f"{distance:g} is no distance.", "Give 0 or more.")
    return dict(within)
