"""`ontos template`: templates, each a prompt with an output schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import facts, table
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.domain.terminal_text import safe_text

templates = noun_group("Templates: a prompt with an output schema.")

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
