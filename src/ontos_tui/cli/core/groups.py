"""How the groups of commands are made: plain help, what a group does when it stands alone, and late imports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

PLAIN: dict[str, Any] = {"rich_markup_mode": None, "pretty_exceptions_enable": False}
"""No markup, no colors, no tracebacks with values in them."""


class LateCommands(Mapping[str, Any]):
    """Commands by name. Their names and helps are known; a command itself is imported when it is asked for."""

    def __init__(self, helps: Mapping[str, str], load: Callable[[str], Any]) -> None:
        self.helps = helps
        self._load = load
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            if name not in self.helps:
                raise KeyError(name)
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self.helps

    def __iter__(self) -> Iterator[str]:
        return iter(self.helps)

    def __len__(self) -> int:
        return len(self.helps)


class LateGroup(TyperGroup):
    """A group whose help lists its commands without importing them."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the section of commands."""
        commands: Any = self.commands
        self.commands = {name: TyperCommand(name, help=text) for name, text in commands.helps.items()}
        try:
            super().format_commands(ctx, formatter)
        finally:
            self.commands = commands


class LateListingGroup(LateGroup):
    """Alone, or with options only, it is its command `list`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `list` before what is no command."""
        is_list = not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)
        # While a shell completes, all commands are on offer.
        return super().parse_args(ctx, ["list", *args] if is_list and not ctx.resilient_parsing else args)


def group(help_text: str) -> typer.Typer:
    """A group of verbs, such as `ontos label`; alone it prints its help."""
    return typer.Typer(help=help_text, no_args_is_help=True, cls=LateGroup, **PLAIN)


def noun_group(help_text: str) -> typer.Typer:
    """The commands about one kind of thing, such as `ontos gaps`; alone it lists what there is."""
    return typer.Typer(help=f"{help_text} Without a command, it lists them.", cls=LateListingGroup, **PLAIN)
