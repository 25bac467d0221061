"""What GENERATE shows, and how it is read. Every change makes another state, and the display paints all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import NotFoundError, OntosError, PlatformError
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.records.training import JobKind
from ontos_tui.services.generate.choice import Selection, complete
from ontos_tui.tui.stages.generate.lines import Setting
from ontos_tui.tui.stages.job_state import newest_job

if TYPE_CHECKING:
    from ontos_tui.services.generate.service import PreviewPair
    from ontos_tui.workspace import Workspace

PREVIEWED = 5


@dataclass(frozen=True)
class GenerateState:
    """What would be generated, and its preview.

    `error` says what is missing, and then there is no setting. `pairs` is None while the preview is being read, and
    `problem` says why there is none. `limit` is the number of items, None for all of them.
    """

    setting: Setting | None = None
    error: OntosError | None = None
    limit: int | None = None
    pairs: Sequence[PreviewPair] | None = None
    problem: OntosError | None = None


def read_setting(workspace: Workspace, selection: Selection) -> Setting:
    """What would be generated now. Raises NotFoundError with the key to press where there is no sheet or template."""
    sheets, templates = workspace.data.sheets.sheets(), workspace.generate.templates.list()
    if not sheets:
        raise NotFoundError("There is no sheet yet.", "Press 1 and pick a use case, or add a data file.")
    if not templates:
        raise NotFoundError("There is no template yet.", "Press i to import one, or 1 to pick a use case.")
    choice = complete(selection, sheets, templates)
    sources = (choice.sheet.id, choice.template.id)
    views = workspace.label.queue.training_sheets()
    existing = next((view for view in views if (view.sheet.sheet_id, view.sheet.template_id) == sources), None)
    last = newest_job(
        workspace, JobKind.GENERATE, lambda params: (params.get("sheet_ref"), params.get("template_ref")) == sources
    )
    return Setting(
        choice.sheet, choice.template, workspace.engines.chat.name, existing, choice.mode, choice.column, last
    )


def read_previews(workspace: Workspace, setting: Setting) -> list[PreviewPair]:
    """The first pairs as they would be made. When nothing can propose answers, the questions are shown all the same."""
    generation, sheet, template = workspace.generate.generation, setting.sheet.id, setting.template.id
    try:
        return generation.preview(sheet, template, setting.mode, PREVIEWED, column=setting.column)
    except PlatformError as error:
        message = f"{error.what} {error.todo} (m: choose another source of answers)"
        pairs = generation.preview(sheet, template, GenerationMode.MANUAL, PREVIEWED)
        return [pair if pair.proposal is not None else replace(pair, error=message) for pair in pairs]
