"""What a command printed with --json, held against the schema that is documented for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import jsonschema

from ontos_tui.cli.app import command_tree
from ontos_tui.cli.core.words import translate
from ontos_tui.cli.json_documents import error_schema, schema_of


@cache
def _root() -> Any:
    return command_tree()


@cache
def _validator(command: str) -> jsonschema.Draft202012Validator:
    schema = schema_of(command) if command else error_schema()
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def command_of(words: Sequence[str]) -> str:
    """The command that a command line runs, such as `gaps list`."""
    command, names = _root(), []
    for word in [*translate(words, _root()), "list"]:
        if word not in getattr(command, "commands", {}):
            continue
        command = command.commands[word]
        names.append(command.name)
    return " ".join(names)


def check_document(words: Sequence[str], text: str) -> None:
    """Fail unless what a command printed with --json is as its schema says."""
    document = json.loads(text)
    is_error = isinstance(document, dict) and set(document) == {"error"}
    _validator("" if is_error else command_of(words)).validate(document)
