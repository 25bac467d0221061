"""The commands that texts of the program name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import ontos_tui

SOURCE = Path(ontos_tui.__file__).parent

COMMAND = re.compile(r"`ontos(?P<quoted>(?: [^`]*)?)`|\bontos(?P<bare>(?: (?:[^\s`.,;:)]|[.,:](?=\S))+)+)")
"""`ontos …` in backticks, or up to the end of a sentence."""

FILLED = "x1"
"""What stands for a field of an f-string."""


@cache
def every_named_command() -> list[tuple[str, str]]:
    """Every command that a text of the program names: its place, and the words after `ontos`."""
    return sorted({named for path in SOURCE.rglob("*.py") for named in _named_commands(path)})


def _named_commands(path: Path) -> Iterator[tuple[str, str]]:
    """Where a text of the module names a command, and the words after `ontos`; fields of f-strings are filled.

    A module's own docstring is no text for users: it may name a command without its arguments.
    """
    source = path.read_text(encoding="utf-8")
    if "ontos " not in source:
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
