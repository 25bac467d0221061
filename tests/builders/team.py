"""A team at an emulated workspace: people who share through its log, each with a login of their own."""

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import patch

from builders.team_log import shared_state
from emulator.databricks.server import Workspace as Emulated
from ontos_tui.platforms.databricks.team.delta_log import DeltaLog
from ontos_tui.platforms.databricks.workspace_client import Place, Team
from ontos_tui.services.team.team_log import SharingService
from ontos_tui.store.engine import Store
from ontos_tui.workspace import Workspace
from ontos_tui.workspace.stages.core import Core
from ontos_tui.workspace.stages.label import LabelServices

PLACE = Place("", "w1", "team", "ontos")


def a_team(served: Emulated, name: str = "ana") -> Team:
    """The way to the emulated workspace, as the person with this name."""
    team = Team(PLACE)
    with patch.dict(os.environ, {"DATABRICKS_HOST": served.url, "DATABRICKS_TOKEN": served.token(name)}):
        assert team.client.config.host == served.url
    return team


class Member:
    """One person with a workspace of their own."""

    def __init__(self, home: Path, name: str, served: Emulated) -> None:
        self.workspace = Workspace(home)
        self.store: Store = self.workspace.store
        self.name = name
        self.login = f"{name}@example.com"
        self.log = DeltaLog(a_team(served, name))
        self.sharing = SharingService(self.store, self.log, name)
        workspace = self.workspace
        self.store.actor = self.login
        core = Core(workspace.home, workspace.settings, self.store, workspace.engines, workspace.jobs, self.login)
        self.label = LabelServices(core)

    def close(self) -> None:
        """Go home."""
        self.sharing.close()
        self.workspace.close()

    def state(self) -> dict[str, object]:
        """Everything that all who have read the log to the same place have alike."""
        return shared_state(self.store)
