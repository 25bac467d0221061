"""What the options of `ontos template` say of a template, and how two versions are printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ontos_tui.cli.core.session import read_object, read_text
from ontos_tui.domain.errors import NotFoundError
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.templates.comparison import TemplateComparison

NEEDED = {"--prompt": "user_prompt", "--answer": "output_schema"}
"""The options that a new template must have, and the fields that they set."""


def template_fields(
    template: Template | None,
    prompt: str | None,
    answer: str | None,
    label_type: str | None,
    system: str | None,
    guidelines: str | None,
    description: str | None,
    answer_columns: list[str] | None,
) -> dict[str, Any]:
    """The fields of a template that the options name; `template` is what they change."""
    from ontos_tui.services.templates.answer_lines import answer_schema

    texts = {
        "user_prompt": prompt,
        "system_prompt": system,
        "guidelines": guidelines,
        "label_type": label_type,
        "description": description,
    }
    fields: dict[str, Any] = {name: read_text(text, f"The {name}") for name, text in texts.items() if text is not None}
    if answer is not None:
        text = read_text(answer, "The answer")
        is_schema = text.lstrip().startswith("{")
        before = None if template is None else template.output_schema
        fields["output_schema"] = read_object(text, "The answer") if is_schema else answer_schema(text, before)
    if answer_columns is not None:
        pairs = [one.partition("=") for one in answer_columns if one]
        fields["answer_columns"] = {field.strip(): (column or field).strip() for field, _, column in pairs}
    return fields


def version_before(versions: Sequence[Template], newer: Template) -> Template:
    """The version before this one. Raises NotFoundError for the first."""
    from ontos_tui.services.templates.service import version_order

    older = [one for one in versions if version_order(one.version) < version_order(newer.version)]
    if not older:
        raise NotFoundError(f"{newer.name!r} has no version before {newer.version}.", "Name two versions.")
    return older[0]


def comparison_lines(compared: TemplateComparison) -> Iterator[str]:
    """The fields that differ, with - before what was and + before what is."""
    before, after = compared.before, compared.after
    yield safe_line(f"{before.name} {before.version} → {after.name} {after.version}")
    if not compared.differences:
        yield "no difference"
    for one in compared.differences:
        yield ""
        yield one.field
        for pair in one.lines:
            if pair.before == pair.after:
                yield safe_line(f"    {pair.before}", 500)
                continue
            yield from (safe_line(f"  - {pair.before}", 500),) if pair.before is not None else ()
            yield from (safe_line(f"  + {pair.after}", 500),) if pair.after is not None else ()
