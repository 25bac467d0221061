"""Every command with its name and its keys, for people who want other ones: `ontos --keys`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping

from ontos_tui.tui import dialogs, stages, wizard
from ontos_tui.tui.core.commands import KEY_OVERRIDES, clashes, key_name, owners


def listing(keys: Mapping[str, str]) -> Iterator[str]:
    """A line for each command with these keys chosen, and one for each key that does two things in one place."""
    from ontos_tui.tui import app  # noqa: F401  # its commands are listed too

    for package in (stages, dialogs, wizard):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    KEY_OVERRIDES.clear()
    KEY_OVERRIDES.update(keys)
    seen: set[tuple[str, str]] = set()
    for owner in owners():
        for command in owner.OWN_COMMANDS:
            shown = command.key_text or ", ".join(key_name(key) for key in command.keys)
            entry = (command.name, shown)
            if entry not in seen:
                seen.add(entry)
                yield f"{command.name:<18} {shown:<14} {command.label}. {command.help}"
    unknown = sorted(set(keys) - {name for name, _ in seen})
    yield from (f"! there is no command {name!r}; the settings name it" for name in unknown)
    yield from (f"! {clash}" for clash in clashes())
