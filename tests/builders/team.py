"""A team at an emulated hub: workspaces of several people that share through it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from emulator.databricks.server import TOKEN
from emulator.databricks.server import Workspace as Emulated
from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.tables import SHARED
from ontos_tui.platforms.databricks.delta_hub import Hub
from ontos_tui.platforms.databricks.workspace_client import Place, Team
from ontos_tui.services.team.sync import SyncService
from ontos_tui.store.engine import Store
from ontos_tui.workspace import Workspace
from ontos_tui.workspace.stages import Core, LabelServices

PLACE = Place("", "w1", "team", "ontos")


def a_team(served: Emulated) -> Team:
    """The way to the emulated workspace, as somebody whose token is in the environment."""
    import os

    os.environ["DATABRICKS_HOST"], os.environ["DATABRICKS_TOKEN"] = served.url, TOKEN
    return Team(PLACE)


class Member:
    """One person with a workspace of their own."""

    def __init__(self, home: Path, name: str, served: Emulated) -> None:
        self.workspace = Workspace(home)
        self.store: Store = self.workspace.store
        self.name = name
        self.hub = Hub(a_team(served))
        self.sync = SyncService(self.store, self.hub, name)
        workspace = self.workspace
        core = Core(workspace.home, workspace.settings, workspace.store, workspace.engines, workspace.jobs, name)
        self.label = LabelServices(core)

    def close(self) -> None:
        """Go home."""
        self.sync.close()
        self.workspace.close()

    def shared(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Every shared row by table and key, as it is stored."""
        return {record.TABLE: self.rows(record) for record in SHARED}

    def rows(self, record: type[Record]) -> dict[str, dict[str, Any]]:
        """The rows of one table."""
        names = list(record.model_fields)
        with self.store.read() as connection:
            stored = connection.rows(f"SELECT {', '.join(names)} FROM {record.TABLE}")
            return {str(row[names.index(record.KEY)]): dict(zip(names, row, strict=True)) for row in stored}
