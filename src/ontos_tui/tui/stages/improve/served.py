"""Which model an endpoint answers with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ontos_tui.workspace import Workspace


def served_model(workspace: Workspace, endpoint: str) -> str | None:
    """The name of the model that an endpoint answers with; None where there is no such endpoint."""
    views = workspace.deploy.endpoints.endpoints()
    return next((view.model.name for view in views if view.endpoint.name == endpoint), None)
