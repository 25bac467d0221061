"""Requests become training pairs: by what somebody said about them, or because an annotation task asks for them.

A pair is pre-filled with the right answer where somebody gave it, and never with a wrong one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Row, Sheet
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.pairs import GenerationMode, LabelingMode, QAPair, TrainingSheet
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import ModelPair, ModelVersion, Role
from ontos_tui.domain.rules.governance import Constraints, Use, inherited
from ontos_tui.domain.rules.states import FeedbackStatus, TrainingSheetStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.records.feedback import GOOD
from ontos_tui.services.records.segments import Segment, is_number
from ontos_tui.services.records.training_sheets import find_training_sheet, last_sequence_number, make_training_sheet
from ontos_tui.services.records.usage_constraints import tags_of
from ontos_tui.store import rows
from ontos_tui.store.tables import table

NOT_FOR_A_TWIN = (Use.TRAINING, Use.FEW_SHOT, Use.EVALUATION)
"""What a pair must not be used for when its row is among those that models are tested on."""

_PAIRS, _LINEAGE = table(QAPair).c, table(ModelPair).c


def item_ref(item: FeedbackItem) -> str:
    """What the item of a feedback is called among the items of its sheet."""
    return f"feedback:{item.id}"


def request_ref(request: InferenceRecord) -> str:
    """What the item of a request that nobody has said anything about is called."""
    return f"request:{request.request_id}"


def pair_of(connection: Connection, item: FeedbackItem) -> QAPair | None:
    """The pair that a feedback became, whichever training sheet it is in."""
    if item.qa_pair_id is not None:
        return rows.get(connection, QAPair, item.qa_pair_id)
    model = rows.get(connection, ModelVersion, item.model_id)
    return rows.find_one(connection, QAPair, _PAIRS.sheet_id == model.sheet_id, _PAIRS.item_ref == item_ref(item))


def sheet_for(connection: Connection, model: ModelVersion, template: Template, actor: str) -> TrainingSheet:
    """The training sheet of the model's sheet and this template, found or made."""
    sheet = find_training_sheet(connection, model.sheet_id, template.id)
    if sheet is not None:
        return sheet
    source = rows.get(connection, Sheet, model.sheet_id)
    return make_training_sheet(
        connection, source, template, GenerationMode.MANUAL, actor, status=TrainingSheetStatus.REVIEW
    )


def convert(connection: Connection, item: FeedbackItem, template: Template | None, actor: str) -> tuple[QAPair, bool]:
    """The pair of a feedback, and whether it was made now. It stands in the template's sheet (the model's own if None).

    Raises InvalidInputError when the correction does not fit another template.
    """
    pair = pair_of(connection, item)
    is_new = pair is None
    if pair is None:
        model = rows.get(connection, ModelVersion, item.model_id)
        template = template or own_template(connection, model)
        pair = _pair_from_feedback(connection, item, sheet_for(connection, model, template, actor), template, actor)
    if item.status is not FeedbackStatus.CONVERTED:
        move_feedback(connection, item, FeedbackStatus.CONVERTED, actor, qa_pair_id=pair.id)
    return pair, is_new


def own_template(connection: Connection, model: ModelVersion) -> Template:
    """The template that a model was made with, as it is now, or as it was then if it is gone."""
    found = rows.find_one(connection, Template, table(Template).c.id == model.template_id)
    return found or Template.model_validate(model.template_snapshot)


def move_feedback(
    connection: Connection, item: FeedbackItem, status: FeedbackStatus, actor: str, qa_pair_id: str | None = None
) -> FeedbackItem:
    """Note what became of a feedback, with its event."""
    rows.log(
        connection,
        item,
        status.value,
        actor,
        before={"status": item.status.value, "qa_pair_id": item.qa_pair_id},
        after={"status": status.value, "qa_pair_id": qa_pair_id},
        scope_id=item.endpoint,
    )
    return rows.change(connection, item, status=status, qa_pair_id=qa_pair_id, updated_by=actor)


def _pair_from_feedback(
    connection: Connection, item: FeedbackItem, sheet: TrainingSheet, template: Template, actor: str
) -> QAPair:
    checker = AnswerChecker(sheet.template_snapshot["output_schema"])
    proposal, told = item.correction, f"correction by {item.created_by}"
    if proposal is not None and (reason := checker.reason(proposal)):
        raise InvalidInputError(
            f"The correction does not fit the template {template.name!r}: {reason}.",
            "Choose a template that asks the same, or correct the answer while labeling.",
        )
    if proposal is None:
        right = item.rating >= GOOD and item.output is not None and checker.fits(item.output)
        proposal, told = (
            (item.output, f"the model's answer, rated {item.rating} of 5 by {item.created_by}") if right else (None, "")
        )
    made = _new_pair(
        connection,
        sheet,
        item_ref(item),
        item.input,
        item.model_id,
        actor,
        proposal=proposal,
        proposed_by=told,
        labeling_mode=LabelingMode.FEEDBACK,
        notes=item.comment,
        feedback_id=item.id,
    )
    after = {"item_ref": made.item_ref, "proposal": made.proposal, "feedback_id": item.id, "version": 1}
    rows.log(connection, made, "from_feedback", actor, after=after, scope_id=sheet.id)
    return made


def pair_from_request(
    connection: Connection, request: InferenceRecord, sheet: TrainingSheet, actor: str, reason: str
) -> QAPair:
    """The pair of a request, made without an answer unless it is there already: nobody has said what is right."""
    here = (_PAIRS.training_sheet_id == sheet.id, _PAIRS.item_ref == request_ref(request))
    there = rows.find_one(connection, QAPair, *here)
    if there is not None:
        return there
    made = _new_pair(connection, sheet, request_ref(request), request.input, request.model_id, actor)
    after = {"item_ref": made.item_ref, "request_id": request.request_id, "version": 1}
    rows.log(connection, made, "from_request", actor, after=after, scope_id=sheet.id, reason=reason)
    return made


def _new_pair(
    connection: Connection,
    sheet: TrainingSheet,
    ref: str,
    fields: Row,
    model_id: str,
    actor: str,
    *,
    proposal: Answer | None = None,
    **more: Any,
) -> QAPair:
    twin = _held_out_twin(connection, model_id, fields)
    own = Constraints(
        prohibited_uses=() if twin is None else tuple(NOT_FOR_A_TWIN),
        usage_reason="" if twin is None else f"the same row as {twin}, which models are tested on",
    )
    made = QAPair(
        training_sheet_id=sheet.id,
        sheet_id=sheet.sheet_id,
        item_ref=ref,
        sequence_number=last_sequence_number(connection, sheet.id) + 1,
        source_data=fields,
        proposal=proposal,
        **inherited(tags_of(connection, sheet.sheet_id), own).columns(),
        created_by=actor,
        updated_by=actor,
        **more,
    )
    rows.add(connection, made)
    return made


def _held_out_twin(connection: Connection, model_id: str, fields: Row) -> str | None:
    """The item of a held-out pair that has just the row that was asked about: learning it would be cheating."""
    query = (
        select(_PAIRS.item_ref, _PAIRS.source_data)
        .join(table(ModelPair), _LINEAGE.pair_id == _PAIRS.id)
        .where(_LINEAGE.model_id == model_id, _LINEAGE.role == Role.HELD_OUT)
    )
    # One number in common is asked of SQLite; only what has it is looked at in full.
    telling = next((Segment(name, value) for name, value in fields.items() if is_number(value)), None)
    if telling is not None and abs(telling.value) < 2**53:
        query = query.where(telling.condition(_PAIRS.source_data, _PAIRS.answer))
    held_out = connection.execute(query)
    return next((ref for ref, row in held_out if _same_row(fields, row)), None)


def _same_row(asked: Row, row: Row) -> bool:
    return bool(asked) and all(name in row and row[name] == value for name, value in asked.items())
