"""How the groups of commands are made: plain help, and the help when no command is given."""

from __future__ import annotations

from typing import Any

import typer

PLAIN: dict[str, Any] = {"rich_markup_mode": None, "pretty_exceptions_enable": False}
"""No markup, no colors, no tracebacks with values in them."""


def group(help_text: str) -> typer.Typer:
    """A group of commands, such as `ontos data …`."""
    return typer.Typer(help=help_text, no_args_is_help=True, **PLAIN)
