"""The training sheet that one template makes from one sheet: found, or made."""

from __future__ import annotations

from typing import Any

from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import GenerationMode, TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.split import SplitBy
from ontos_tui.domain.rules.states import TRAINING_SHEET_TRANSITIONS, TrainingSheetStatus, check_transition
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.training.sheets import find_training_sheet


def training_sheet_to_fill(connection: Connection, sheet_id: str, template_id: str) -> TrainingSheet | None:
    """As `find_training_sheet`, to add pairs to it. Raises ConflictError for an archived one: they would be hidden."""
    sheet = find_training_sheet(connection, sheet_id, template_id)
    if sheet is not None and sheet.status is TrainingSheetStatus.ARCHIVED:
        raise ConflictError(
            f"The training sheet {sheet.name!r} is archived.",
            f"Bring it back: `ontos training-sheets restore {sheet.id[:8]}`",
        )
    return sheet


def set_archived(connection: Connection, ref: str, actor: str, *, archived: bool) -> TrainingSheet:
    """Put a training sheet out of sight, or bring it back. Raises ConflictError while it is being generated."""
    sheet = rows.resolve(connection, TrainingSheet, ref)
    back = TrainingSheetStatus.FAILED if sheet.generation_error else TrainingSheetStatus.REVIEW
    status = TrainingSheetStatus.ARCHIVED if archived else back
    check_transition(TRAINING_SHEET_TRANSITIONS, sheet.status, status, f"The training sheet {sheet.name!r}")
    changed = rows.change(connection, sheet, status=status, updated_by=actor)
    action = "archive" if archived else "restore"
    before, after = {"status": sheet.status.value}, {"status": status.value}
    rows.log(connection, changed, action, actor, scope_id=sheet.id, before=before, after=after)
    return changed


def create_training_sheet(
    connection: Connection,
    sheet: Sheet,
    template: Template,
    mode: GenerationMode,
    actor: str,
    **details: Any,
) -> TrainingSheet:
    """A new training sheet with a copy of the template as it is now; `details` are more of its fields."""
    created = TrainingSheet(
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
    rows.add(connection, created)
    rows.log(
        connection,
        created,
        "create",
        actor,
        scope_id=created.id,
        after={"name": created.name, "template_id": template.id},
    )
    return created


def snapshot(template: Template) -> dict[str, Any]:
    """The template as it is stored in a training sheet."""
    return template.model_dump(mode="json")


def update_from_template(connection: Connection, sheet: TrainingSheet, template: Template, actor: str) -> TrainingSheet:
    """Take over what a draft's author changed since the training sheet was made.

    Raises ConflictError when the label type or the schema changed: the pairs answer the former question.
    """
    new, old = _with_decided_split(snapshot(template), sheet.template_snapshot), sheet.template_snapshot
    changed = sorted(name for name in new if name not in _BOOKKEEPING and new[name] != old.get(name, _LATER.get(name)))
    if not changed:
        return sheet
    if {"label_type", "output_schema"} & set(changed):
        raise ConflictError(
            f"The label type or output schema of {template.name!r} changed after {sheet.name!r} was created.",
            "Publish the template and create a new version, which gets its own training sheet.",
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


def _with_decided_split(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """The template with the split that people decided for the training sheet, where the template decides none."""
    if new["split_by"] != SplitBy.PROPOSED or new["group_column"] or "split_by" not in old:
        return new
    return {**new, **{name: old[name] for name in ("split_by", "group_column", "order_column")}}


_LATER = {"split_by": SplitBy.PROPOSED.value}
"""What a template says that is from before a field."""
_BOOKKEEPING = {"status", "created_at", "created_by", "updated_at", "updated_by"}


def finish_training_sheet(
    connection: Connection, sheet: TrainingSheet, status: TrainingSheetStatus, actor: str, error: str = ""
) -> TrainingSheet:
    """Note how a generation ended."""
    return rows.change(connection, sheet, status=status, generation_error=error, updated_by=actor)
