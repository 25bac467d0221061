"""The tree of commands, of which only the part is imported that a command line names.

To import all commands takes longer than most of them run. What the help of a group lists stands in an index.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, TypedDict

import typer

from ontos_tui.cli.core.groups import PLAIN, LateCommands, LateGroup, LateListingGroup

Command = tuple[str, str]
"""The module of a command, and what its help begins with."""


class Group(TypedDict):
    """A group: the module that adds it, its help, whether it lists when it stands alone, and its commands."""

    module: str
    help: str
    lists: bool
    commands: Mapping[str, Command]


Index = Mapping[str, Command | Group]


def command_tree(root: typer.Typer, index: Index, epilog: str) -> Any:
    """`root`, a LateGroup, with all commands of the index, each with the epilog."""

    def load(name: str) -> Any:
        entry = index[name]
        if isinstance(entry, tuple):
            return _converted(_added_by(entry[0]), name, epilog)
        return _group(name, entry, epilog)

    helps = {name: entry[1] if isinstance(entry, tuple) else entry["help"] for name, entry in index.items()}
    tree: Any = typer.main.get_command(root)
    tree.commands = LateCommands(helps, load)
    return tree


def _group(name: str, entry: Group, epilog: str) -> Any:
    def load(command: str) -> Any:
        _added_by(entry["commands"][command][0])  # to the group, when it is imported or here
        groups = _added_by(entry["module"]).registered_groups
        return _converted(next(one.typer_instance for one in groups if one.name == name), command, epilog)

    group: Any = (LateListingGroup if entry["lists"] else LateGroup)(
        name=name, help=entry["help"], no_args_is_help=not entry["lists"], rich_markup_mode=None
    )
    group.commands = LateCommands({command: text for command, (_, text) in entry["commands"].items()}, load)
    return group


def _added_by(module: str) -> typer.Typer:
    """What a module adds to the command line."""
    apps = typer.Typer(**PLAIN)
    import_module(module).register(apps)
    return apps


def _converted(app: typer.Typer | None, name: str, epilog: str) -> Any:
    """One command of an app, as it is called."""
    info = next(one for one in (app.registered_commands if app else ()) if one.name == name)
    info.epilog = epilog
    alone = typer.Typer(add_completion=False, **PLAIN)
    alone.registered_commands.append(info)
    return typer.main.get_command(alone)
