"""Every command that a message or a help text names exists, with its options."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ontos_tui
from ontos_tui.cli.app import UsageError, command_tree
from ontos_tui.cli.core.words import translate

SOURCE = Path(ontos_tui.__file__).parent

COMMAND = re.compile(r"`ontos(?P<quoted>(?: [^`]*)?)`|\bontos(?P<bare>(?: (?:[^\s`.,;:)]|[.,:](?=\S))+)+)")
"""`ontos …` in backticks, or up to the end of a sentence."""

FILLED = "x1"
"""What stands for a field of an f-string."""

OF_THE_PROGRAM = ("--help", "--version", "--keys", "--json")
PLACEHOLDERS = {"N": "5", "JOB": "12345678", "VERSION": "1"}


def named_commands(path: Path) -> Iterator[tuple[str, str]]:
    """Where a text of the module names a command, and the words after `ontos`; fields of f-strings are filled.

    A module's own docstring is no text for users: it may name a command without its arguments.
    """
    source = path.read_text(encoding="utf-8")
    if "ontos" not in source:
        return
    nodes = list(ast.walk(ast.parse(source)))
    skipped = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    body = nodes[0].body  # type: ignore[attr-defined]
    skipped |= {id(body[0].value)} if body and isinstance(body[0], ast.Expr) else set()
    for node in nodes:
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else FILLED for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        for match in COMMAND.finditer(text):
            words = (match["quoted"] if match["quoted"] is not None else match["bare"]).strip()
            if words and not words.startswith(FILLED):
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", words


@pytest.fixture(scope="module")
def named() -> list[tuple[str, str]]:
    """Every command that a text names, with its place."""
    return sorted({named for path in SOURCE.rglob("*.py") for named in named_commands(path)})


def test_commands_are_collected_from_every_floor(named: list[tuple[str, str]]) -> None:
    floors = {place.split("/")[0] for place, _ in named}
    assert {"cli", "services", "domain"} <= floors
    assert len(named) > 80


def test_a_command_that_a_text_names_can_be_typed(named: list[tuple[str, str]]) -> None:
    root: Any = command_tree()
    wrong = [f"{place} names `ontos {words}`: {reason}" for place, words in named if (reason := _refused(words, root))]
    assert not wrong, "\n".join(wrong)


def _refused(words: str, root: Any) -> str:
    """Why a command cannot be typed; "" when it can."""
    parts = [PLACEHOLDERS.get(word, word) for word in shlex.split(words)]
    if parts[0] in OF_THE_PROGRAM:
        return ""
    command, rest = root, translate(parts, root)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    if command is root:
        return "there is no such command"
    if not rest and hasattr(command, "commands"):
        return ""  # a group
    try:
        with command.make_context("ontos", rest):
            return ""
    except UsageError as error:
        return error.format_message()
