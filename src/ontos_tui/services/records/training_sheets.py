"""The training sheet that one template makes from one sheet: found, or made."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import GenerationMode, QAPair, TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.states import TrainingSheetStatus
from ontos_tui.store import rows
from ontos_tui.store.tables import table


def find_training_sheet(connection: Connection, sheet_id: str, template_id: str) -> TrainingSheet | None:
    """The one training sheet of this sheet and template, if there is one."""
    columns = table(TrainingSheet).c
    return rows.find_one(connection, TrainingSheet, columns.sheet_id == sheet_id, columns.template_id == template_id)


def make_training_sheet(
    connection: Connection,
    sheet: Sheet,
    template: Template,
    mode: GenerationMode,
    actor: str,
    **details: Any,
) -> TrainingSheet:
    """A new training sheet that keeps the template as it is now; `details` are more of its fields."""
    made = TrainingSheet(
        name=f"{sheet.name} · {template.name} {template.version}",
        sheet_id=sheet.id,
        template_id=template.id,
        template_version=template.version,
        template_snapshot=snapshot(template),
        label_type=template.label_type,
        use_case=template.use_case or sheet.use_case,
        generation_mode=mode,
        created_by=actor,
        updated_by=actor,
        **details,
    )
    rows.add(connection, made)
    rows.log(connection, made, "create", actor, scope_id=made.id, after={"name": made.name, "template_id": template.id})
    return made


def snapshot(template: Template) -> dict[str, Any]:
    """The template as a training sheet keeps it."""
    return template.model_dump(mode="json")


def follow_template(connection: Connection, sheet: TrainingSheet, template: Template, actor: str) -> TrainingSheet:
    """Take over what a draft's author changed since the training sheet was made.

    Raises ConflictError when what is asked has changed: the pairs that are there answer the former question.
    """
    new, old = snapshot(template), sheet.template_snapshot
    changed = sorted(name for name in new if name not in _BOOKKEEPING and new[name] != old.get(name))
    if not changed:
        return sheet
    if {"label_type", "output_schema"} & set(changed):
        raise ConflictError(
            f"The template {template.name!r} asks something else now than when {sheet.name!r} was made from it.",
            "Publish the template and make a new version of it; that one gets a training sheet of its own.",
        )
    rows.log(
        connection,
        sheet,
        "follow_template",
        actor,
        scope_id=sheet.id,
        before={name: old.get(name) for name in changed},
        after={name: new[name] for name in changed},
    )
    return rows.change(connection, sheet, template_snapshot=new, updated_by=actor)


_BOOKKEEPING = {"status", "created_at", "created_by", "updated_at", "updated_by"}


def last_sequence_number(connection: Connection, training_sheet_id: str) -> int:
    """The highest number that a pair of the training sheet has; 0 without pairs."""
    columns = table(QAPair).c
    query = select(func.max(columns.sequence_number)).where(columns.training_sheet_id == training_sheet_id)
    return int(connection.execute(query).scalar_one() or 0)


def close_training_sheet(
    connection: Connection, sheet: TrainingSheet, status: TrainingSheetStatus, actor: str, error: str = ""
) -> TrainingSheet:
    """Note how a generation ended."""
    return rows.change(connection, sheet, status=status, generation_error=error, updated_by=actor)
