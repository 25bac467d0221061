"""The label type, schema and items of a new labeling job, from its training sheet, sheet and labelset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.labeling import LabelingJob
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import Labelset
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.domain.text.storable import storable
from ontos_tui.services.label.labelsets.service import newest
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries import data


def draft_job(
    connection: Connection,
    name: str,
    actor: str,
    settings: Mapping[str, Any],
    *,
    sheet: str | None = None,
    training_sheet: str | None = None,
    labelset: str | None = None,
) -> LabelingJob:
    """A job over a training sheet, or over a sheet with a labelset; not stored, without tasks.

    What an answer looks like comes from the labelset, else from the training sheet's template. Raises
    InvalidInputError for what does not go together, NotFoundError, and ConflictError for an archived labelset.
    """
    training = rows.resolve(connection, TrainingSheet, training_sheet) if training_sheet else None
    classes = _usable(newest(connection, labelset)) if labelset else None
    over = data.sheet(connection, sheet) if sheet else None
    sheet_id, label_type, schema = _basis(training, over, classes)
    texts = {key: storable(value) if isinstance(value, str) else value for key, value in settings.items()}
    try:
        return LabelingJob(
            name=storable(name.strip()),
            sheet_id=sheet_id,
            training_sheet_id=None if training is None else training.id,
            labelset_id=None if classes is None else classes.id,
            label_type=label_type,
            response_schema=schema,
            created_by=actor,
            updated_by=actor,
            **texts,
        )
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise InvalidInputError(f"The job cannot be created: {reasons}.", "Correct these values.") from error


def _basis(
    training: TrainingSheet | None, over: Sheet | None, classes: Labelset | None
) -> tuple[str, str, dict[str, Any]]:
    """The sheet's id, the label type and the schema of an answer. Raises InvalidInputError."""
    if training is not None:
        if over is not None and over.id != training.sheet_id:
            raise InvalidInputError(
                f"The training sheet {training.name!r} does not come from the sheet {over.name!r}.",
                "Name only one of them.",
            )
        sheet_id, label_type = training.sheet_id, training.label_type
        schema = training.template_snapshot["output_schema"] if classes is None else classes.answer_schema()
    elif over is not None and classes is not None:
        sheet_id, label_type, schema = over.id, classes.label_type, classes.answer_schema()
    else:
        raise InvalidInputError(
            "A job needs a training sheet, or a sheet and a labelset.", "A labelset defines the classes."
        )
    if classes is not None and classes.label_type != label_type:
        raise InvalidInputError(
            f"The labelset {classes.name!r} is for {classes.label_type!r}, the training sheet for {label_type!r}.",
            "Choose one of the same label type.",
        )
    return sheet_id, label_type, schema


def _usable(labelset: Labelset) -> Labelset:
    if labelset.status is TemplateStatus.ARCHIVED:
        raise ConflictError(f"{labelset.name!r} {labelset.version} is archived.", "Choose another labelset.")
    if not labelset.classes:
        raise InvalidInputError(f"{labelset.name!r} has no classes yet.", "Add at least one.")
    return labelset
