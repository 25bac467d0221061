"""The words of a command line, before any command sees them: other names for the nouns, and for a training sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NOUNS: Mapping[str, str] = {
    "assembly": "training-sheets",
    "assemblies": "training-sheets",
    "training-sheet": "training-sheets",
    "sheets": "sheet",
    "templates": "template",
    "labelsets": "labelset",
    "model": "models",
    "endpoint": "endpoints",
    "job": "jobs",
    "gap": "gaps",
    "task": "tasks",
    "alert": "alerts",
}
"""Other names of the groups: singular and plural, and what the earlier web version called a training sheet."""

TRAINING_SHEET = ("--assembly", "--assembly-id", "--assembly_id", "--training-sheet-id", "--training_sheet_id")
"""Options that name the training sheet of any command, wherever they stand."""


def translate(words: Sequence[str], root: Any) -> list[str]:
    """The words as the command line `root` knows them."""
    if tuple(words[:2]) == ("import", "old-web"):
        words = ["import-old-web", *words[2:]]
    elif words and words[0] in NOUNS:
        words = [NOUNS[words[0]], *words[1:]]
    return _with_training_sheet(words, root)


def _with_training_sheet(words: Sequence[str], root: Any) -> list[str]:
    """`--assembly X` anywhere is the command's option for a training sheet, or else its first argument."""
    rest: list[str] = []
    ids: list[str] = []
    source = iter(words)
    for word in source:
        option, equals, value = word.partition("=")
        if option in TRAINING_SHEET:
            ids.append(value if equals else next(source, ""))
        else:
            rest.append(word)
    depth, command = 0, root
    while depth < len(rest) and rest[depth] in getattr(command, "commands", {}):
        command = command.commands[rest[depth]]
        depth += 1
    if any("--training-sheet" in parameter.opts for parameter in command.params):
        return [*rest, *(word for one in ids for word in ("--training-sheet", one))]
    return [*rest[:depth], *ids, *rest[depth:]]
