"""How the groups of commands are made: plain help, and what a group does when it stands alone."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

PLAIN: dict[str, Any] = {"rich_markup_mode": None, "pretty_exceptions_enable": False}
"""No markup, no colors, no tracebacks with values in them."""


class _ListingGroup(TyperGroup):
    """Alone, or with options only, it is its command `list`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        is_list = not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)
        # While a shell completes, all commands are on offer.
        return super().parse_args(ctx, ["list", *args] if is_list and not ctx.resilient_parsing else args)


def group(help_text: str) -> typer.Typer:
    """A group of verbs, such as `ontos label`; alone it prints its help."""
    return typer.Typer(help=help_text, no_args_is_help=True, **PLAIN)


def noun_group(help_text: str) -> typer.Typer:
    """The commands about one kind of thing, such as `ontos gaps`; alone it lists what there is."""
    return typer.Typer(help=f"{help_text} Without a command, it lists them.", cls=_ListingGroup, **PLAIN)
