"""`ontos examples`: labeled examples that are shown when answers are proposed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import count, facts, table
from ontos_tui.cli.core.session import Session, read_object
from ontos_tui.cli.label.import_export import show_import
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.template import Example
from ontos_tui.domain.text.terminal_text import safe_line

examples = noun_group("Labeled examples that are shown when answers are proposed.")

TypeFilter = Annotated[str | None, typer.Option("--type", help="only of this label type")]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(examples, name="examples")


@examples.command("list")
def list_examples(context: typer.Context, label_type: TypeFilter = None) -> None:
    """The examples, by label type and name."""
    session = Session.of(context)
    listed = session.workspace.generate.examples.find(label_type)
    rows = [(one.id[:8], one.name, one.label_type, one.input, one.expected_output, one.source) for one in listed]
    empty = "No examples. Add a labeled pair: `ontos examples add --pair PAIR`"
    session.show(listed, lambda: table(("id", "name", "label type", "input", "answer", "source"), rows, empty))


@examples.command("add")
def add(
    context: typer.Context,
    pair: Annotated[str | None, typer.Option("--pair", help="id of a labeled pair")] = None,
    label_type: Annotated[str | None, typer.Option("--label-type", help="what kind of answer, without --pair")] = None,
    fields: Annotated[str | None, typer.Option("--input", help="fields of a row: JSON, @FILE or -")] = None,
    answer: Annotated[str | None, typer.Option("--answer", help="the right answer: JSON, @FILE or -")] = None,
    name: Annotated[str, typer.Option("--name", help="by default the item, or made of the input")] = "",
    explanation: Annotated[str, typer.Option("--explanation", help="why the answer is right")] = "",
) -> None:
    """Add an example: a labeled pair, or an input with its answer."""
    session = Session.of(context)
    service = session.workspace.generate.examples
    if pair is not None:
        if label_type is not None or fields is not None or answer is not None:
            raise InvalidInputError("A pair has its own input and answer.", "Give --pair, or the other three.")
        added = service.add_pair(pair, name=name, explanation=explanation)
    elif label_type is None or fields is None or answer is None:
        raise InvalidInputError("The example is not complete.", "Give --pair, or --label-type, --input and --answer.")
    else:
        row, given = read_object(fields, "The input"), read_object(answer, "The answer")
        added = service.add(label_type, row, given, name=name, explanation=explanation)
    session.show(added, lambda: _summary(added))


@examples.command("remove")
def remove(
    context: typer.Context,
    example: Annotated[str, typer.Argument(metavar="EXAMPLE", help="name or id of the example")],
) -> None:
    """Remove an example; it is no longer shown when answers are proposed."""
    session = Session.of(context)
    removed = session.workspace.generate.examples.remove(example)
    session.show(removed, lambda: [f"removed {safe_line(removed.name)}"])


@examples.command("import")
def import_examples(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="as `examples export` writes it")],
    label_type: Annotated[str | None, typer.Option("--label-type", help="for lines that name none")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would happen")] = False,
) -> None:
    """Import examples, all of them or none; one of a known name gets the content of its line."""
    session = Session.of(context)
    show_import(session, session.workspace.generate.example_files.import_file(file, label_type, dry_run=dry_run))


@examples.command("export")
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="the file; replaced if it exists")],
    label_type: TypeFilter = None,
) -> None:
    """Write the examples to a file, one a line as JSON."""
    session = Session.of(context)
    written = session.workspace.generate.example_files.export_file(out, label_type)
    session.show({"file": out, "examples": written}, lambda: [f"{count(written, 'example')} in {safe_line(out)}"])


def _summary(example: Example) -> list[str]:
    return facts(
        [
            ("example", f"{example.name} ({example.id[:8]})"),
            ("label type", example.label_type),
            ("input", example.input),
            ("answer", example.expected_output),
            ("explanation", example.explanation),
        ]
    )
