"""Every command that a message or a help text names exists, with its options."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from cli_advice import every_named_command
from ontos_tui.cli.app import UsageError, command_tree
from ontos_tui.cli.core.words import translate

OF_THE_PROGRAM = ("--help", "--version", "--keys", "--json")
PLACEHOLDERS = {"N": "5", "JOB": "12345678", "VERSION": "1"}


@pytest.fixture(scope="module")
def named() -> list[tuple[str, str]]:
    """Every command that a text names, with its place."""
    return every_named_command()


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
        with command.make_context("ontos", rest, help_option_names=["-h", "--help"]):
            return ""
    except UsageError as error:
        return error.format_message()
