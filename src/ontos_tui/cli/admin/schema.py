"""`ontos schema`: what a command prints with --json, field by field."""

from __future__ import annotations

from typing import Annotated

import typer

from ontos_tui.cli.core.output import print_lines, to_json
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.errors import NotFoundError


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("schema")(schema)


def schema(
    context: typer.Context,
    command: Annotated[list[str] | None, typer.Argument(metavar="[COMMAND…]", help="such as: gaps list")] = None,
) -> None:
    """The JSON schema of a command's --json output; without a command, of its errors."""
    from ontos_tui.cli.json_documents import DOCUMENTS, error_schema, schema_of

    Session.of(context)
    name = " ".join(command or ())
    if name and name not in DOCUMENTS:
        raise NotFoundError(f"No command {name!r}.", "List the commands: ontos --help")
    print_lines([to_json(schema_of(name) if name else error_schema())])
