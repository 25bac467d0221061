"""`ontos settings`: every setting, where it comes from, and changes in settings.toml."""

from __future__ import annotations

from typing import Annotated

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import table
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.services.admin.settings_file import SettingsService

settings = noun_group("Settings of this workspace, and where each comes from.")


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(settings, name="settings")


def _preferences(session: Session) -> SettingsService:
    # Not through the workspace: with a setting that is wrong it does not open.
    from ontos_tui.home import default_home

    return SettingsService((session.home or default_home()).expanduser().absolute())


@settings.command("list")
def list_settings(context: typer.Context) -> None:
    """Every setting, its value, and whether it comes from the file, the environment or the default."""
    session = Session.of(context)
    listed = _preferences(session).all()
    rows = [(one.name, one.value, one.source, one.about) for one in listed]
    session.show(listed, lambda: table(("setting", "value", "from", "what it is"), rows))


@settings.command("set")
def set_setting(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="the setting")],
    value: Annotated[str, typer.Argument(help='its value; a list as JSON; "" removes it from the file')],
) -> None:
    """Change a setting in settings.toml. Secrets are not stored there."""
    session = Session.of(context)
    preferences = _preferences(session)
    preferences.path.parent.mkdir(parents=True, exist_ok=True)
    unchecked = _check(preferences, name, value)
    changed = preferences.change(name, value)
    line = f"{changed.name} = {changed.value or 'nothing'} (from the {changed.source})"
    session.show(changed, lambda: [safe_line(one) for one in (line, unchecked) if one])


def _check(preferences: SettingsService, name: str, value: str) -> str:
    """Refuse a model that the workspace does not have; returns why that was not checked."""
    from ontos_tui.services.admin.model_names import MODEL, check_model_name
    from ontos_tui.settings import Settings

    if name != MODEL or not value:
        return ""
    return check_model_name(Settings.load(preferences.path.parent), value)
