"""`ontos template`: templates, each a prompt with an output schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import count as count_of
from ontos_tui.cli.core.output import facts, table
from ontos_tui.cli.core.session import Session
from ontos_tui.cli.generate.template_fields import NEEDED, comparison_lines, template_fields, version_before
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import identifier_from
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.domain.text.terminal_text import safe_line, safe_text

templates = noun_group("Templates: a prompt with an output schema.")

PromptOption = Annotated[str | None, typer.Option("--prompt", help="the question, Jinja2: TEXT, @FILE or -")]
SystemOption = Annotated[str | None, typer.Option("--system", help="what stands before it: TEXT, @FILE or -")]
AnswerOption = Annotated[
    str | None,
    typer.Option("--answer", help="a line a field, `defect = none | scratch`, or a JSON schema: TEXT, @FILE or -"),
]
LabelTypeOption = Annotated[str | None, typer.Option("--label-type", help="what is decided about an item")]
GuidelinesOption = Annotated[str | None, typer.Option("--guidelines", help="how to decide: TEXT, @FILE or -")]
DescriptionOption = Annotated[str | None, typer.Option("--description", help="what it is for")]
AnswerColumns = Annotated[
    list[str] | None, typer.Option("--answer-column", help="FIELD=COLUMN that already holds it; may be repeated")
]
TemplateRef = Annotated[str, typer.Argument(metavar="TEMPLATE", help="name or id of the template")]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(templates, name="template")


@templates.command("list")
def list_templates(
    context: typer.Context,
    search: Annotated[str, typer.Option("--search", help="part of the name")] = "",
) -> None:
    """The templates, each in its newest version."""
    session = Session.of(context)
    listed = session.workspace.generate.templates.list(search)
    rows = [(item.id[:8], item.name, item.version, item.status, item.label_type) for item in listed]
    empty = "No templates. Import one: `ontos template import FILE`. Sample data: `ontos seed`"
    session.show(listed, lambda: table(("id", "name", "version", "status", "label type"), rows, empty))


@templates.command("import")
def import_template(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="JSON or TOML")],
    publish: Annotated[bool, typer.Option("--publish", help="publish it at once")] = False,
) -> None:
    """Import a template from a file. The same content twice is one template."""
    session = Session.of(context)
    template = session.workspace.generate.templates.import_file(file)
    if publish and template.status is TemplateStatus.DRAFT:
        template = session.workspace.generate.templates.publish(template.id)
    session.show(template, lambda: _summary(template))


@templates.command("show")
def show(
    context: typer.Context,
    template: TemplateRef,
    version: Annotated[str | None, typer.Option("--version", help="an older version, such as 1.0.0")] = None,
) -> None:
    """A template: prompts, schema, guidelines."""
    session = Session.of(context)
    record = session.workspace.generate.templates.get(template, version)
    session.show(
        record,
        lambda: [
            *_summary(record),
            *_part("SYSTEM", record.system_prompt),
            *_part("USER", record.user_prompt),
            *_part("ANSWER", json.dumps(record.output_schema, indent=2, ensure_ascii=False)),
            *_part("GUIDELINES", record.guidelines),
        ],
    )


@templates.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="name of the template")],
    prompt: PromptOption = None,
    answer: AnswerOption = None,
    label_type: LabelTypeOption = None,
    system: SystemOption = None,
    guidelines: GuidelinesOption = None,
    description: DescriptionOption = None,
    answer_column: AnswerColumns = None,
) -> None:
    """Create a template, as a draft."""
    session = Session.of(context)
    fields = template_fields(None, prompt, answer, label_type, system, guidelines, description, answer_column)
    missing = [option for option, field in NEEDED.items() if field not in fields]
    if missing:
        raise InvalidInputError(f"Missing: {', '.join(missing)}.", "A template needs a prompt and an answer.")
    created = session.workspace.generate.templates.create(
        **{"label_type": identifier_from(name), **fields, "name": name}
    )
    session.show(created, lambda: _summary(created))


@templates.command("edit")
def edit(
    context: typer.Context,
    template: TemplateRef,
    prompt: PromptOption = None,
    answer: AnswerOption = None,
    label_type: LabelTypeOption = None,
    system: SystemOption = None,
    guidelines: GuidelinesOption = None,
    description: DescriptionOption = None,
    answer_column: AnswerColumns = None,
) -> None:
    """Change a template: a draft without pairs itself; any other gets a new version, as a draft."""
    session = Session.of(context)
    service = session.workspace.generate.templates
    record = service.get(template)
    changes = template_fields(record, prompt, answer, label_type, system, guidelines, description, answer_column)
    if not changes:
        raise InvalidInputError("Nothing to change.", "Name a field, such as --prompt TEXT.")
    saved = service.save(record.id, **changes)
    session.show(saved, lambda: _summary(saved))


@templates.command("new-version")
def new_version(context: typer.Context, template: TemplateRef) -> None:
    """Create a draft with the same content and the next version number."""
    session = Session.of(context)
    draft = session.workspace.generate.templates.new_version(template)
    session.show(draft, lambda: _summary(draft))


@templates.command("diff")
def diff(
    context: typer.Context,
    template: TemplateRef,
    before: Annotated[str | None, typer.Argument(metavar="[BEFORE]", help="a version; else the one before")] = None,
    after: Annotated[str | None, typer.Argument(metavar="[AFTER]", help="a version; else the newest")] = None,
) -> None:
    """Compare two versions of a template, field by field and line by line."""
    session = Session.of(context)
    service = session.workspace.generate.templates
    versions = service.versions(template)
    newer = service.get(template, after) if after else versions[0]
    older = service.get(template, before) if before else version_before(versions, newer)
    compared = service.compare(older, newer)
    session.show(compared, lambda: list(comparison_lines(compared)))


@templates.command("try")
def try_template(
    context: typer.Context,
    template: TemplateRef,
    sheet: Annotated[str, typer.Option("--sheet", help="name or id of the sheet")],
    count: Annotated[int, typer.Option("--count", min=1, max=100, help="rows")] = 5,
) -> None:
    """Show the prompts of the first rows of a sheet, or why a row has none. Nothing is stored."""
    session = Session.of(context)
    generate = session.workspace.generate
    trial = generate.trials.of(generate.templates.get(template), sheet, count)

    def lines() -> Iterator[str]:
        for row in trial.rows:
            yield f"── {safe_line(row.item_ref)}"
            yield from [f"✗ {safe_line(row.error, 500)}"] if row.error else []
            yield from (safe_text(f"{one['role']}: {one['content']}", 20_000) for one in row.messages)
        yield f"{len(trial.rows) - trial.failed:,} of {count_of(len(trial.rows), 'row')} have a prompt"

    session.show(trial, lines)


@templates.command("archive")
def archive(context: typer.Context, template: TemplateRef) -> None:
    """Take a template out of use. Its training sheets and pairs stay."""
    session = Session.of(context)
    archived = session.workspace.generate.templates.archive(template)
    session.show(archived, lambda: _summary(archived))


@templates.command("delete")
def delete(context: typer.Context, template: TemplateRef) -> None:
    """Delete a draft that no training sheet uses."""
    session = Session.of(context)
    deleted = session.workspace.generate.templates.delete(template)
    session.show(deleted, lambda: [safe_line(f"{deleted.name} {deleted.version} is deleted.")])


@templates.command("publish")
def publish_template(context: typer.Context, template: TemplateRef) -> None:
    """Publish a draft: it can be used, and cannot be changed any more."""
    session = Session.of(context)
    published = session.workspace.generate.templates.publish(template)
    session.show(published, lambda: _summary(published))


def _summary(template: Template) -> list[str]:
    return facts(
        [
            ("template", f"{template.name} {template.version} ({template.id[:8]})"),
            ("status", template.status.value),
            ("description", template.description),
            ("label type", template.label_type),
            ("answer", ", ".join(field.name for field in template.fields())),
        ]
    )


def _part(title: str, text: str) -> list[str]:
    return ["", title, safe_text(text, 20_000)] if text else []
