"""What DEPLOY shows: endpoints, the models behind them, and models that no endpoint serves yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import NotFoundError
from ontos_tui.domain.records.training import JobKind
from ontos_tui.tui.stages.deploy.lines import curl_line
from ontos_tui.tui.stages.job_state import JobState

if TYPE_CHECKING:
    from ontos_tui.domain.records.serving import Deployment
    from ontos_tui.domain.records.training import ModelVersion
    from ontos_tui.services.deploy.server import ServerState
    from ontos_tui.services.deploy.service import EndpointView
    from ontos_tui.workspace import Workspace


@dataclass(frozen=True)
class Entry:
    """A line of the list: an endpoint, or a model that no endpoint serves."""

    view: EndpointView | None = None
    model: ModelVersion | None = None

    @property
    def key(self) -> str:
        """What tells it from the other lines."""
        return self.view.endpoint.id if self.view is not None else self.model.id if self.model is not None else ""


@dataclass(frozen=True)
class DeployState:
    """Everything that this stage shows."""

    entries: tuple[Entry, ...]
    models: dict[str, ModelVersion]
    history: dict[str, list[Deployment]]
    curl: dict[str, str]
    server: ServerState
    scored: dict[str, JobState]
    """The last scoring by each model, by the id of the model."""
    team: bool = False
    """Whether a workspace of Databricks is set up."""


def read_state(workspace: Workspace) -> DeployState:
    """Read it from the services."""
    deploy, server = workspace.deploy.endpoints, workspace.deploy.endpoints.server.state()
    views = deploy.endpoints()
    models = workspace.train.models.models()
    deployed = {view.model.id for view in views}
    entries = [Entry(view=view) for view in views] + [
        Entry(model=one) for one in models if one.id not in deployed and not one.archived
    ]
    names = [view.endpoint.name for view in views]
    return DeployState(
        tuple(entries),
        {model.id: model for model in models},
        {name: deploy.history(name) for name in names},
        {name: curl for name in names if (curl := _curl(workspace, server, name))},
        server,
        _scored(workspace),
        team=workspace.deploy.registering is not None,
    )


def _scored(workspace: Workspace) -> dict[str, JobState]:
    """The newest scoring by each model."""
    scored: dict[str, JobState] = {}
    for job in workspace.jobs.jobs():
        if job.kind is JobKind.PREDICT and (model := str(job.params["model"])) not in scored:
            scored[model] = JobState(job, (), workspace.jobs.time_left(job))
    return scored


def _curl(workspace: Workspace, server: ServerState, name: str) -> str:
    """How to ask the endpoint over HTTP, with a real row; empty while no server runs or there is no row."""
    if not server.running:
        return ""
    try:
        return curl_line(server, name, workspace.deploy.endpoints.sample_input(name))
    except NotFoundError:
        return ""
