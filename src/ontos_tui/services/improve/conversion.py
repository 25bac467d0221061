"""Turns requests into training pairs: from feedback on them, or because an annotation task needs them.

A pair is pre-filled with the correct answer if feedback has one, and never with a wrong answer.
"""

from __future__ import annotations

from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Row, Sheet
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.pairs import (
    FROM_FEEDBACK,
    GenerationMode,
    LabelingMode,
    QAPair,
    TrainingSheet,
)
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.governance import Constraints, Use, inherited
from ontos_tui.domain.rules.ratings import is_good
from ontos_tui.domain.rules.segments import Segment, is_number
from ontos_tui.domain.rules.states import FeedbackStatus, TrainingSheetStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.services.improve.repeated_feedback import (
    FEEDBACK_ENGINE,
    add_to_pair,
    is_of_request,
    known_pair,
    open_pair_of_row,
    request_ref,
    same_row,
)
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.records.training_sheets import (
    create_training_sheet,
    training_sheet_to_fill,
)
from ontos_tui.services.records.usage_constraints import tags_of
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries import models
from ontos_tui.store.queries.improve.feedback import pair_in_sheet
from ontos_tui.store.queries.training.sheets import last_sequence_number

NOT_FOR_A_TWIN = (Use.TRAINING, Use.FEW_SHOT, Use.EVALUATION)
"""What a pair must not be used for when its row is among those that models are tested on."""


def item_ref(item: FeedbackItem) -> str:
    """The item reference of a feedback in its sheet."""
    return f"{FROM_FEEDBACK}{item.id}"


def pair_of(connection: Connection, item: FeedbackItem) -> QAPair | None:
    """The pair that a feedback became, whichever training sheet it is in."""
    if item.qa_pair_id is not None:
        return rows.get(connection, QAPair, item.qa_pair_id)
    model = rows.get(connection, ModelVersion, item.model_id)
    return pair_in_sheet(connection, model.sheet_id, item_ref(item))


def sheet_for(connection: Connection, model: ModelVersion, template: Template, actor: str) -> TrainingSheet:
    """The training sheet of the model's sheet and this template, created if missing."""
    sheet = training_sheet_to_fill(connection, model.sheet_id, template.id)
    if sheet is not None:
        return sheet
    source = rows.get(connection, Sheet, model.sheet_id)
    return create_training_sheet(
        connection, source, template, GenerationMode.MANUAL, actor, status=TrainingSheetStatus.REVIEW
    )


def convert(connection: Connection, item: FeedbackItem, template: Template | None, actor: str) -> tuple[QAPair, bool]:
    """The pair of a feedback, and whether it is new. It is in the template's sheet (the model's own if None).

    What has a pair already, since the request was converted or its row has an open one, gets no second one. Raises
    InvalidInputError when the correction does not fit the template.
    """
    pair = pair_of(connection, item)
    is_new = False
    if pair is None:
        model = rows.get(connection, ModelVersion, item.model_id)
        pair = known_pair(connection, item.request_id, model.sheet_id)
        if pair is None:
            template = template or own_template(connection, model)
            sheet = sheet_for(connection, model, template, actor)
            pair = _open_pair(connection, sheet, item.input, item.model_id)
            is_new = pair is None
        else:
            sheet = rows.get(connection, TrainingSheet, pair.training_sheet_id)
        proposal, source = _proposal(item, sheet)
        if pair is None:
            pair = _pair_from_feedback(connection, item, sheet, proposal, source, actor)
        else:
            pair = add_to_pair(connection, pair, item, proposal, source, actor)
    if item.status is not FeedbackStatus.CONVERTED:
        move_feedback(connection, item, FeedbackStatus.CONVERTED, actor, qa_pair_id=pair.id)
    return pair, is_new


def own_template(connection: Connection, model: ModelVersion) -> Template:
    """The template that a model was trained with, as it is now, or as it was then if it is gone."""
    return models.template_of(connection, model) or Template.model_validate(model.template_snapshot)


def move_feedback(
    connection: Connection, item: FeedbackItem, status: FeedbackStatus, actor: str, qa_pair_id: str | None = None
) -> FeedbackItem:
    """Set the status and pair of a feedback, with its event."""
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


def _proposal(item: FeedbackItem, sheet: TrainingSheet) -> tuple[Answer | None, str]:
    """The answer that a feedback says is right, and whose it is in words; None where it says none."""
    checker = AnswerChecker(sheet.template_snapshot["output_schema"])
    if item.correction is not None:
        if reason := checker.reason(item.correction):
            name = sheet.template_snapshot["name"]
            raise InvalidInputError(
                f"The correction does not fit the template {name!r}: {reason}.",
                "Choose a template with the same answer fields, or correct the answer while labeling.",
            )
        return item.correction, f"correction by {item.created_by}"
    if is_good(item.rating) and item.output is not None and checker.fits(item.output):
        return item.output, f"the model's answer, rated {item.rating} of 5 by {item.created_by}"
    return None, ""


def _pair_from_feedback(
    connection: Connection, item: FeedbackItem, sheet: TrainingSheet, proposal: Answer | None, source: str, actor: str
) -> QAPair:
    pair = _new_pair(
        connection,
        sheet,
        item_ref(item),
        item.input,
        item.model_id,
        actor,
        proposal=proposal,
        proposed_by=source,
        labeling_mode=LabelingMode.FEEDBACK,
        notes=item.comment,
        feedback_id=item.id,
    )
    after = {"item_ref": pair.item_ref, "proposal": pair.proposal, "feedback_id": item.id, "version": 1}
    rows.log(connection, pair, FEEDBACK_ENGINE, actor, after=after, scope_id=sheet.id)
    return pair


def pair_from_request(
    connection: Connection, request: InferenceRecord, sheet: TrainingSheet, actor: str, reason: str
) -> QAPair:
    """The pair of a request, created without an answer unless it exists: the correct answer is unknown."""
    existing = known_pair(connection, request.request_id, sheet.sheet_id)
    existing = existing or _open_pair(connection, sheet, request.input, request.model_id)
    if existing is not None:
        return existing
    pair = _new_pair(connection, sheet, request_ref(request.request_id), request.input, request.model_id, actor)
    after = {"item_ref": pair.item_ref, "request_id": request.request_id, "version": 1}
    rows.log(connection, pair, "from_request", actor, after=after, scope_id=sheet.id, reason=reason)
    return pair


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
    pair = QAPair(
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
    rows.add(connection, pair)
    return pair


def _open_pair(connection: Connection, sheet: TrainingSheet, fields: Row, model_id: str) -> QAPair | None:
    """The open pair of a request's row; where models are tested on the row, only one that requests have created.

    What is said of such a row must not be learned, and the pairs of requests are marked so.
    """
    pair = open_pair_of_row(connection, sheet, fields)
    if pair is None or is_of_request(pair):
        return pair
    return None if _held_out_twin(connection, model_id, fields) is not None else pair


def _held_out_twin(connection: Connection, model_id: str, fields: Row) -> str | None:
    """The item of a held-out pair with exactly the row of the request, which must not be trained on."""
    # SQLite filters by one number in common; only rows that have it are compared in full.
    probe = next((Segment(name, value) for name, value in fields.items() if is_number(value)), None)
    within = probe if probe is not None and abs(probe.value) < 2**53 else None
    held_out = models.held_out_rows(connection, model_id, within)
    return next((ref for ref, row in held_out if same_row(fields, row)), None)
