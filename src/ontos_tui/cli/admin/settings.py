"""settings: what is set, where it comes from, and changed in settings.toml."""

from __future__ import annotations

from typing import Annotated

import typer

from ontos_tui.cli.core.groups import group
from ontos_tui.cli.core.output import table
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.terminal_text import safe_line
from ontos_tui.services.admin.settings_file import PreferenceService

settings = group("What is set in this workspace, and where it comes from.")


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(settings, name="settings")


def _preferences(session: Session) -> PreferenceService:
    # Not through the workspace: with a setting that is wrong it does not open.
    from ontos_tui.home import default_home

    return PreferenceService((session.home or default_home()).expanduser().absolute())


@settings.command("list")
def list_settings(context: typer.Context) -> None:
    """Every setting, its value, and whether it comes from the file, the environment or the default."""
    session = Session.of(context)
    found = _preferences(session).all()
    rows = [(one.name, one.value, one.source, one.about) for one in found]
    session.show(found, lambda: table(("setting", "value", "from", "what it is"), rows))


@settings.command("set")
def set_setting(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="the setting")],
    value: Annotated[str, typer.Argument(help='its value; a list as JSON; "" takes it out of the file')],
) -> None:
    """Change a setting in settings.toml. Secrets are not kept there."""
    session = Session.of(context)
    preferences = _preferences(session)
    preferences.path.parent.mkdir(parents=True, exist_ok=True)
    changed = preferences.change(name, value)
    told = f"{changed.name} = {changed.value or 'nothing'} (from the {changed.source})"
    session.show(changed, lambda: [safe_line(told)])
