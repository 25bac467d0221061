"""What TRAIN shows before a training: read from the workspace in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import NotFoundError, OntosError
from ontos_tui.tui.stages.job_state import newest_job
from ontos_tui.tui.stages.train.lines import Standing

if TYPE_CHECKING:
    from ontos_tui.services.records.splits import SplitOption
    from ontos_tui.services.train.service import SplitPlan
    from ontos_tui.workspace import Workspace


def options_to_split(workspace: Workspace, training_sheet_id: str) -> tuple[list[SplitOption], int]:
    """The ways to split, and which of them holds now."""
    from ontos_tui.services.records.splits import split_options

    choices = workspace.train.models.split_choices(training_sheet_id)
    options = split_options(choices)
    return options, next(place for place, one in enumerate(options) if one.is_like(choices.split))


def standing_of(workspace: Workspace, training_sheet_id: str, base_model: str, params: dict[str, Any]) -> Standing:
    """Where the session's training sheet stands, or the newest one's. Raises NotFoundError with the key to press."""
    from ontos_tui.domain.records.training import JobKind

    views = workspace.label.queue.training_sheets()
    if not views:
        raise NotFoundError("There is no training sheet yet.", "Press 2, then g to generate pairs from a sheet.")
    newest = max((view.sheet for view in views), key=lambda sheet: sheet.created_at)
    sheet = next((view.sheet for view in views if view.sheet.id == training_sheet_id), newest)
    train = workspace.train.models
    readiness, models, advice = train.readiness(sheet.id), train.base_models(), train.recommendation(sheet.id)
    key = base_model or advice.key
    chosen = next((one for one in models if one.key == key), models[0])
    plan: SplitPlan | OntosError
    try:
        plan = train.plan(sheet.id)
    except OntosError as error:
        plan = error
    estimate = train.estimate(sheet.id, chosen.key) if readiness.eligible else None
    last = newest_job(workspace, JobKind.TRAIN, lambda params: params.get("training_sheet_id") == sheet.id)
    return Standing(readiness, models, chosen, estimate, last, plan, advice, params)
