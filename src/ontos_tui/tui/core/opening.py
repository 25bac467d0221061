"""Opening the workspace behind the first picture: its database, the overview, and the keys that the settings name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import unexpected
from ontos_tui.tui.core.log import log_to
from ontos_tui.tui.widgets.lines import Line, wrap

if TYPE_CHECKING:
    from ontos_tui.services.guide.overview import Overview
    from ontos_tui.workspace import Workspace


@dataclass(frozen=True)
class Opened:
    """An open workspace. `keys` are by the ids of their commands; `key_problems` say what is wrong with the others."""

    workspace: Workspace
    overview: Overview
    keys: dict[str, str] = field(default_factory=dict)
    key_problems: Sequence[str] = ()


def open_in_background(home: Path, deliver: Callable[[Opened | OntosError], None]) -> None:
    """Open the workspace at `home` in a thread, and call `deliver` from it with the workspace or what went wrong."""
    threading.Thread(target=lambda: deliver(_open(home)), name="open-workspace", daemon=True).start()


def _open(home: Path) -> Opened | OntosError:
    try:
        from ontos_tui.workspace import Workspace

        workspace = Workspace(home)
        log_to(workspace.home)
        return Opened(workspace, workspace.overview.overview(), *_keys_of(workspace))
    except OntosError as error:
        return error
    except Exception as error:  # noqa: BLE001  # shown to the user and logged, whatever it is
        return unexpected(error)


def _keys_of(workspace: Workspace) -> tuple[dict[str, str], list[str]]:
    """The keys that the settings give to commands, and what is wrong with them; all commands are imported for it."""
    if not workspace.settings.keys:
        return {}, []
    from ontos_tui.tui.core.keys.key_listing import resolve_keys

    return resolve_keys(workspace.settings.keys)


def failure_lines(failure: OntosError, width: int) -> list[Line]:
    """Why the workspace did not open, and what to do."""
    return [
        *wrap(f"  ✗ {failure.what}", width, "bad"),
        *wrap(f"  {failure.todo}", width),
        *wrap("  Press q to quit.", width, "muted"),
    ]
