"""The keys of all commands, for people who want other ones: `ontos --keys`, and the names that settings use."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping

from ontos_tui import tui
from ontos_tui.tui.core.commands import KEY_OVERRIDES, Command, declaring_classes, key_clashes


def every_command() -> dict[str, Command]:
    """Every command of the app by its id. Imports all modules of the terminal app, to learn what they declare."""
    for module in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."):
        importlib.import_module(module.name)
    return {command.id: command for owner in declaring_classes() for command in owner.OWN_COMMANDS}


def resolve_keys(keys: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Keys by the ids of their commands, and what is wrong with the names in `keys`.

    A command may be named by its id, or by the last part of it where no other command has the same.
    """
    commands = every_command()
    resolved: dict[str, str] = {}
    problems: list[str] = []
    for name, key in keys.items():
        matches = [name] if name in commands else [one.id for one in commands.values() if one.name == name]
        if len(matches) == 1:
            resolved[matches[0]] = key
        elif matches:
            problems.append(f"{name!r} in [keys] is {len(matches)} commands. Name one of them: {', '.join(matches)}")
        else:
            problems.append(f"there is no command {name!r}; [keys] in settings.toml names it")
    return resolved, problems


def listing(keys: Mapping[str, str]) -> Iterator[str]:
    """A line for each command with these keys chosen, then one for each problem with them."""
    resolved, problems = resolve_keys(keys)
    KEY_OVERRIDES.clear()
    KEY_OVERRIDES.update(resolved)
    for _, command in sorted(every_command().items()):
        yield f"{command.id:<32} {command.keys_shown:<16} {command.label}. {command.help}"
    yield from (f"! {problem}" for problem in (*problems, *key_clashes()))
