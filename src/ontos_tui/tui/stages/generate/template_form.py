"""The form of a template: its texts, and the fields of its answer as lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values

if TYPE_CHECKING:
    from ontos_tui.domain.records.template import Template

ANSWER, COLUMNS = "answer", "answer_columns"
TEXTS = ("user_prompt", "system_prompt", "label_type", "guidelines", "description")


def template_form(
    template: Template, heading: str, about: str, check: Callable[[Mapping[str, Any]], Template], typed: Values | None
) -> FormDialog:
    """A form with what `typed` says of the template, else what the template says.

    `check` makes a template of the changes, or raises OntosError with what is wrong with them.
    """
    from ontos_tui.services.templates.answer_lines import HINT, answer_text

    before: Values = {name: getattr(template, name) or None for name in TEXTS}
    before |= {ANSWER: answer_text(template.output_schema), COLUMNS: _columns_text(template.answer_columns)}
    now = before if typed is None else typed
    fields = (
        FormField("user_prompt", "Question", now["user_prompt"], required=True, hint="{{ column }} is a value", rows=5),
        FormField("system_prompt", "System prompt", now["system_prompt"], hint="given before the question", rows=2),
        FormField(ANSWER, "Answer", now[ANSWER], required=True, hint=HINT, rows=4),
        FormField("label_type", "Label type", now["label_type"], required=True, hint="what is decided about an item"),
        FormField(COLUMNS, "Proposals from", now[COLUMNS] or None, hint="columns with answers: field = column, …"),
        FormField("guidelines", "Guidelines", now["guidelines"], hint="how people should label", rows=2),
        FormField("description", "Description", now["description"]),
    )

    def problems(values: Values) -> list[str]:
        try:
            check(changes_of(template, values))
        except OntosError as error:
            return [f"{error.what} {error.todo}"]
        return []

    return FormDialog(heading, fields, about=about, check=problems, verb="Try")


def changes_of(template: Template, values: Values) -> dict[str, Any]:
    """What the values of the form change of a template. Raises InvalidTemplateError for an answer that is none."""
    from ontos_tui.services.templates.answer_lines import answer_schema, answer_text

    changes: dict[str, Any] = {name: values[name] or "" for name in TEXTS}
    if values[ANSWER] != answer_text(template.output_schema):
        changes["output_schema"] = answer_schema(values[ANSWER] or "", template.output_schema)
    changes["answer_columns"] = _columns(values[COLUMNS] or "")
    return {name: value for name, value in changes.items() if value != getattr(template, name)}


def _columns_text(columns: Mapping[str, str]) -> str:
    return ", ".join(field if field == column else f"{field} = {column}" for field, column in columns.items())


def _columns(text: str) -> dict[str, str]:
    pairs = [one.partition("=") for one in text.split(",") if one.strip()]
    return {field.strip(): (column or field).strip() for field, _, column in pairs}
