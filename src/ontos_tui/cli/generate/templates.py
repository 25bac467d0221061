"""GENERATE: templates, and the pairs that they make from a sheet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ontos_tui.cli.core.groups import group
from ontos_tui.cli.core.output import count, facts, fields, number, table
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.terminal_text import safe_line, safe_text

templates = group("Templates: a prompt with an output schema.")

TemplateRef = Annotated[str, typer.Argument(metavar="TEMPLATE", help="name or id of the template")]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(templates, name="template")
    root.command("generate")(generate)


@templates.command("list")
def list_templates(
    context: typer.Context,
    search: Annotated[str, typer.Option("--search", help="part of the name")] = "",
) -> None:
    """The templates, each in its newest version."""
    session = Session.of(context)
    found = session.workspace.generate.templates.list(search)
    rows = [(item.id[:8], item.name, item.version, item.status, item.label_type) for item in found]
    empty = "No templates. Import one with `ontos template import FILE`, or start with `ontos seed`."
    session.show(found, lambda: table(("id", "name", "version", "status", "decides"), rows, empty))


@templates.command("import")
def import_template(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="JSON or TOML")],
    publish: Annotated[bool, typer.Option("--publish", help="publish it at once")] = False,
) -> None:
    """Read a template from a file. The same content twice makes one template."""
    session = Session.of(context)
    template = session.workspace.generate.templates.import_file(file)
    if publish and template.status == "draft":
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
    found = session.workspace.generate.templates.get(template, version)
    session.show(
        found,
        lambda: [
            *_summary(found),
            *_part("SYSTEM", found.system_prompt),
            *_part("USER", found.user_prompt),
            *_part("ANSWER", json.dumps(found.output_schema, indent=2, ensure_ascii=False)),
            *_part("GUIDELINES", found.guidelines),
        ],
    )


@templates.command("publish")
def publish_template(context: typer.Context, template: TemplateRef) -> None:
    """Publish a draft: it can be used from now on and never changes again."""
    session = Session.of(context)
    published = session.workspace.generate.templates.publish(template)
    session.show(published, lambda: _summary(published))


def generate(
    context: typer.Context,
    sheet: Annotated[str, typer.Argument(help="name or id of the sheet")],
    template: Annotated[str, typer.Option("--template", "-t", help="name or id of the template")],
    mode: Annotated[GenerationMode, typer.Option("--mode", help="where the answers come from")],
    column: Annotated[str | None, typer.Option("--column", help="the column that holds the answer")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="only the first so many items")] = None,
    review: Annotated[
        bool, typer.Option("--review", help="answers of a column are proposals still to be approved")
    ] = False,
    background: Annotated[
        bool, typer.Option("--background", help="as a job that goes on without this terminal")
    ] = False,
    preview: Annotated[int, typer.Option("--preview", min=0, help="only show so many pairs; nothing is kept")] = 0,
) -> None:
    """Make training pairs from a sheet by a template. Again: only what is new is made."""
    session = Session.of(context)
    service = session.workspace.generate.generation
    if preview:
        _preview(session, sheet, template, mode, preview, column)
        return
    if background:
        session.show_job(service.submit(sheet, template, mode, column=column, limit=limit, review=review))
        return
    with session.progress() as line:
        report = service.generate(sheet, template, mode, column=column, limit=limit, review=review, progress=line)
    session.show(
        report,
        lambda: [
            *facts(
                [
                    ("training sheet", f"{report.training_sheet.name} ({report.training_sheet.id[:8]})"),
                    ("answers by", report.training_sheet.model_used),
                    ("created", count(report.created, "pair")),
                    ("there before", count(report.existing, "pair") if report.existing else ""),
                    (
                        "approved by label",
                        f"{report.auto_approved:,}: so many reviews saved" if report.auto_approved else "",
                    ),
                    ("proposed", count(report.proposed, "answer")),
                    ("failed", count(report.failed, "item") if report.failed else ""),
                    ("time", number(report.seconds, 2, "s")),
                ]
            ),
            *(f"  {safe_line(ref)}: {safe_line(reason)}" for ref, reason in report.failures),
        ],
    )


def _preview(
    session: Session, sheet: str, template: str, mode: GenerationMode, amount: int, column: str | None
) -> None:
    pairs = session.workspace.generate.generation.preview(sheet, template, mode, count=amount, column=column)

    def lines() -> list[str]:
        told = []
        for pair in pairs:
            told += [f"── {safe_line(pair.item_ref)}"]
            told += [f"{message['role']}: {safe_text(message['content'])}" for message in pair.messages]
            told += (
                ["proposed:", *fields(pair.proposal)]
                if pair.proposal
                else [f"no proposal {safe_line(pair.error)}".rstrip()]
            )
            if pair.confidence is not None:
                told.append(f"confidence {pair.confidence:.2f}: {safe_line(pair.explanation)}")
        return told or ["The sheet has no items."]

    session.show(pairs, lines)


def _summary(template: Template) -> list[str]:
    return facts(
        [
            ("template", f"{template.name} {template.version} ({template.id[:8]})"),
            ("status", template.status.value),
            ("description", template.description),
            ("decides", template.label_type),
            ("answer", ", ".join(field.name for field in template.fields())),
        ]
    )


def _part(title: str, text: str) -> list[str]:
    return ["", title, safe_text(text, 20_000)] if text else []
