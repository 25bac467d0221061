"""The team's SQL warehouse: its size, and when it stops."""

from __future__ import annotations

from ontos_tui.platforms.databricks.workspace_client import Team, explain_sdk_error


class TeamWarehouse:
    """Asks the workspace by REST, so that no statement wakes the warehouse."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def size(self) -> tuple[str, float]:
        """Its size, and the minutes without a statement after which it stops. Raises PlatformError, AwayError."""
        try:
            about = self._team.client.warehouses.get(self._team.place.warehouse_id)
        except OSError as error:
            raise explain_sdk_error(error) from error
        return about.cluster_size or "", float(about.auto_stop_mins or 0)
