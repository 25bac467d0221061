"""What a generation starts from: the sheet, the template and the source of answers, where the user leaves them open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.states import TemplateStatus

MODES = (GenerationMode.AI, GenerationMode.COLUMN, GenerationMode.MANUAL)
"""The order in which the sources of answers are offered."""


@dataclass(frozen=True)
class Selection:
    """What the user has named so far: ids, which may be empty or of nothing that exists, and the source of answers.

    `template_of` has the templates that were chosen for a sheet, by its id. `column` holds the answers in column mode.
    """

    sheet_id: str = ""
    template_id: str = ""
    mode: GenerationMode = GenerationMode.AI
    column: str | None = None
    template_of: Mapping[str, str] | None = None


@dataclass(frozen=True)
class GenerationChoice:
    """A complete choice. `column` is named only in column mode, where the template does not name its columns."""

    sheet: Sheet
    template: Template
    mode: GenerationMode
    column: str | None


def complete(selection: Selection, sheets: Sequence[Sheet], templates: Sequence[Template]) -> GenerationChoice:
    """The selection, with what is most likely meant where it names nothing; there is a sheet and a template."""
    newest = max(sheets, key=lambda one: one.created_at)
    sheet = next((one for one in sheets if one.id == selection.sheet_id), newest)
    template = likely_template(templates, sheet, selection.template_id, (selection.template_of or {}).get(sheet.id, ""))
    mode, column = selection.mode, selection.column
    if mode not in possible_modes(template) or (
        mode is GenerationMode.COLUMN and needs_column(template) and not column
    ):
        mode = GenerationMode.AI
    return GenerationChoice(
        sheet, template, mode, column if mode is GenerationMode.COLUMN and needs_column(template) else None
    )


def likely_template(templates: Sequence[Template], sheet: Sheet, session_id: str, chosen_id: str) -> Template:
    """The one that was chosen for this sheet, else the session's as long as it is not of another use case.

    Without either, the newest of the sheet's use case that is not archived; failing that, the newest.
    """
    by_id = {one.id: one for one in templates}
    if chosen_id in by_id:
        return by_id[chosen_id]
    session = by_id.get(session_id)
    if session is not None and (not sheet.use_case or session.use_case == sheet.use_case):
        return session
    usable = [one for one in templates if one.status is not TemplateStatus.ARCHIVED] or templates
    fitting = [one for one in usable if one.use_case == sheet.use_case] or usable
    return max(fitting, key=lambda one: one.created_at)


def possible_modes(template: Template) -> tuple[GenerationMode, ...]:
    """The sources of answers that a template allows: a column only when it is clear what the column holds."""
    one_column = bool(template.answer_columns) or len(template.fields()) == 1
    return MODES if one_column else (GenerationMode.AI, GenerationMode.MANUAL)


def next_mode(template: Template, mode: GenerationMode) -> GenerationMode:
    """The source of answers after `mode` that this template allows; after the last comes the first."""
    later = MODES[MODES.index(mode) + 1 :]
    return next(one for one in (*later, *MODES) if one in possible_modes(template))


def needs_column(template: Template) -> bool:
    """Whether somebody must say in column mode which column holds the answers."""
    return not template.answer_columns
