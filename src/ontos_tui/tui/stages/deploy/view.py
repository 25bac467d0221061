"""DEPLOY: models under names that answer, in the playground and over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import NotFoundError, OntosError
from ontos_tui.domain.records.training import JobKind
from ontos_tui.domain.rules.states import EndpointStatus
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog, ConfirmDialog
from ontos_tui.tui.dialogs.forms.deployment_gate import deploy_checked
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.dialogs.verdict import score_cell, verdict_line
from ontos_tui.tui.stages.base import StageView
from ontos_tui.tui.stages.deploy.lines import context_lines, curl_line, endpoint_lines, state_span, undeployed_lines
from ontos_tui.tui.stages.deploy.scoring import ask_scoring, scoring_lines
from ontos_tui.tui.stages.job_state import POLL_SECONDS, JobState
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.serving import Deployment, Endpoint, Platform
    from ontos_tui.domain.records.training import Job, ModelVersion
    from ontos_tui.services.deploy.server import ServerState
    from ontos_tui.services.deploy.service import EndpointView
    from ontos_tui.workspace import Workspace

ROOM_FOR_SCORES, THREE_FROM = 44, 140
"""Width of the list from which on it also says how good each model is."""


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
class EndpointRow:
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


class DeployView(StageView):
    """Endpoints and models on the left, what the one under the cursor is on the right."""

    STAGE = Stage.DEPLOY
    ABOUT = (
        "An endpoint is a name under which a model version answers; another version can take its place at once, "
        "and back. Every request is logged with its input, its answer and its latency."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("deploy.deploy", "d", "Deploy", "Deploy this model, or choose another version for this endpoint"),
        Command(
            "deploy.deploy_on_databricks",
            "D",
            "On Databricks",
            "Register this model in Unity Catalog, and let an endpoint of the team's workspace answer with it",
            shown=False,
        ),
        Command("deploy.playground", "p", "Playground", "Send real rows to the endpoint and rate its answers"),
        Command("deploy.score", "s", "Score a table", "Let the model answer every row of a sheet, table or file"),
        Command("deploy.roll_back", "b", "Roll back", "Serve the previous version again"),
        Command("deploy.switch", "x", "Stop/start", "Stop or start taking requests"),
        Command("deploy.floors", "f", "Floors", "The scores that a new version must reach to be deployed", shown=False),
        Command("deploy.server", "h", "HTTP", "Start or stop answering over HTTP on this machine"),
        Command("deploy.copy", "y", "Copy curl", "Copy a curl command for this endpoint", shown=False),
    )

    DEFAULT_CSS = """
    DeployView #context { display: none; }
    DeployView.three #context { display: block; }
    DeployView.three #endpoints { width: 3fr; }
    DeployView.three #details { width: 4fr; }
    DeployView.three #context { width: 4fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._served: EndpointRow | None = None
        self._go_to = ""
        self._here = ""
        self._wide = False
        self._looking = False

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Table[Entry](
                _columns(False),
                lambda entry: _cells(entry)[: len(_columns(self._wide))],
                empty="Loading…",
                id="endpoints",
                classes="side",
            )
            yield Panel(id="details", classes="main")
            yield Panel(id="context", classes="main")

    def focus_first(self) -> None:
        self.query_one("#endpoints").focus()

    def on_resize(self) -> None:
        self._wide = self.size.width * 2 // 5 >= ROOM_FOR_SCORES
        self.set_class(self.size.width >= THREE_FROM, "three")
        if self._served is not None:
            self._show_current(keep_place=True)
        table: Table[Entry] = self.query_one("#endpoints", Table)
        table.show(table.rows, columns=_columns(self._wide))

    def reload(self) -> None:
        self.run_in_background(_served, self._show, failed=self._show_error)

    def _show(self, served: EndpointRow) -> None:
        before, self._served = self._current, served
        table: Table[Entry] = self.query_one("#endpoints", Table)
        table.set_empty_text("No model yet.\nPress 4 and then t to train one; it can be deployed here.")
        keys = [entry.key for entry in served.entries]
        names = [entry.view.endpoint.name if entry.view is not None else "" for entry in served.entries]
        # The cursor goes to what was just deployed, or to what another stage looked at; else it stays.
        target = self._go_to or (self.session.endpoint if self.session.endpoint != self._here else "")
        self._go_to = ""
        cursor = None
        if target and target in names:
            cursor = names.index(target)
        elif before is not None and before.key in keys:
            cursor = keys.index(before.key)
        table.show(served.entries, cursor=cursor)
        self._show_current(keep_place=before is not None and cursor is not None)
        if any(state.active for state in served.scored.values()) and not self._looking:
            self._looking = True
            self.set_timer(POLL_SECONDS, self._poll)

    def _poll(self) -> None:
        self._looking = False
        if self.display:
            self.reload()

    def _show_error(self, error: OntosError) -> None:
        self.query_one("#details", Panel).show(lambda width: error_lines(error, width))

    @property
    def _current(self) -> Entry | None:
        entry: Entry | None = self.query_one("#endpoints", Table).current
        return entry

    @property
    def _view(self) -> EndpointView | None:
        entry = self._current if self.is_mounted else None
        return entry.view if entry is not None else None

    def _show_current(self, *, keep_place: bool = False) -> None:
        self.commands_changed()
        entry, served, panel = self._current, self._served, self.query_one("#details", Panel)
        self.query_one("#context", Panel).show(lambda width: ())
        if entry is None or served is None:
            panel.show(lambda width: [line(span("No model to deploy yet: train one first (4, then t).", "muted"))])
        elif entry.view is not None:
            view, name = entry.view, entry.view.endpoint.name
            self.session.endpoint = self._here = name
            history, curl = served.history[name], served.curl.get(name, "")
            scored = served.scored.get(view.model.id)

            def about(width: int) -> list[Line]:
                return list(endpoint_lines(view, served.models, served.server, history, width))

            def context(width: int) -> list[Line]:
                return [*context_lines(view, served.models, history, curl, width), *scoring_lines(scored, width)]

            three = self.has_class("three")
            panel.show(
                lambda width: about(width) if three else [*about(width), EMPTY, *context(width)], keep_place=keep_place
            )
            self.query_one("#context", Panel).show(context, keep_place=keep_place)
        elif entry.model is not None:
            model = entry.model
            panel.show(
                lambda width: [
                    *undeployed_lines(model, width),
                    *scoring_lines(served.scored.get(model.id), width),
                ],
                keep_place=keep_place,
            )

    def on_table_moved(self) -> None:
        self._show_current()

    def on_table_chosen(self) -> None:
        if self._view is not None:
            self.action_playground()
        else:
            self.action_deploy()

    def possible(self, command: str) -> bool:
        entry, view, served = self._current if self.is_mounted else None, self._view, self._served
        if command == "playground":
            return view is not None and view.endpoint.status is EndpointStatus.READY
        if command == "switch":
            return view is not None
        if command == "roll_back":
            return view is not None and view.endpoint.previous_model_id is not None
        if command == "deploy_on_databricks":
            return entry is not None and served is not None and served.team
        if command == "copy":
            return view is not None and served is not None and view.endpoint.name in served.curl
        return entry is not None

    # What serves

    def action_deploy(self) -> None:
        entry = self._current
        if entry is not None and entry.view is not None:
            self._choose_model(entry.view)
        elif entry is not None and entry.model is not None:
            self._name_endpoint(entry.model)

    def _choose_model(self, view: EndpointView) -> None:
        """Which model should this endpoint answer with from now on?"""
        assert self._served is not None
        name, current, previous = view.endpoint.name, view.model.id, view.endpoint.previous_model_id
        # Versions of the same model first: that is what an endpoint is for.
        models = sorted(self._served.models.values(), key=lambda model: model.name != view.model.name)
        marks = {current: "answers now · ", previous: "before · "}
        choices = [(model.label(), f"{marks.get(model.id, '')}{verdict_line(model)}") for model in models]

        def chosen(index: int | None) -> None:
            if index is not None:
                self._deploy(models[index], name)

        cursor = next((i for i, model in enumerate(models) if model.id != current), 0)
        self.app.push_screen(ChooseDialog(f"Which model should {name} answer with?", choices, cursor), chosen)

    def action_deploy_on_databricks(self) -> None:
        from ontos_tui.domain.records.serving import Platform

        entry = self._current
        if entry is not None and entry.view is not None:
            self._name_endpoint(entry.view.model, entry.view.endpoint.name, Platform.DATABRICKS)
        elif entry is not None and entry.model is not None:
            self._name_endpoint(entry.model, on=Platform.DATABRICKS)

    def _name_endpoint(self, model: ModelVersion, name: str = "", on: Platform | None = None) -> None:
        from ontos_tui.services.deploy.service import dns_name

        def problems(values: Values) -> list[str]:
            name = values["name"]
            return [] if dns_name(name) == name else [f"{name} cannot be part of an address; use {dns_name(name)}"]

        def done(values: Values | None) -> None:
            if values is not None:
                self._deploy(model, values["name"], on)

        about = f"{verdict_line(model)}. If the endpoint exists, it switches to this version immediately."
        if on is not None:
            about = "A job of some minutes; the endpoint costs money while it is awake."
        name = name or dns_name(model.name)
        field = FormField("name", "Endpoint", name, required=True, hint="lower case letters, digits, -")
        where = "" if on is None else " on Databricks"
        form = FormDialog(f"Deploy {model.label()}{where}", [field], about=about, check=problems, verb="Deploy")
        self.app.push_screen(form, done)

    def _deploy(self, model: ModelVersion, name: str, on: Platform | None = None) -> None:
        deploy_checked(
            self,
            lambda workspace, reason: workspace.deploy.endpoints.begin(model.id, name, despite=reason, on=on),
            lambda begun: self._deployed(begun, model.label()),
            group="do",
        )

    def _deployed(self, begun: Endpoint | Job, model: str) -> None:
        from ontos_tui.domain.records.training import Job

        if isinstance(begun, Job):
            self.ontos.show_message(f"{begun.title}: running on Databricks for some minutes. You can leave the app.")
        else:
            self._go_to = begun.name
            self.ontos.show_message(f"{begun.name} answers with {model}. Press p to try it.")
        self.reload()
        self.ontos.refresh_overview()

    def action_roll_back(self) -> None:
        view, served = self._view, self._served
        if view is None or served is None:
            return
        name, previous = view.endpoint.name, served.models.get(view.endpoint.previous_model_id or "")
        what = previous.label() if previous is not None else "the version before"

        def answered(sure: bool | None) -> None:
            if sure:
                self.run_in_background(
                    lambda workspace: workspace.deploy.endpoints.begin_roll_back(name),
                    lambda begun: self._deployed(begun, what),
                    group="do",
                )

        question = f"{name} answers with {what} again, from the next request on. Rolling back twice undoes it."
        self.app.push_screen(ConfirmDialog("Roll back?", question), answered)

    def action_switch(self) -> None:
        view = self._view
        if view is None:
            return
        name, ready = view.endpoint.name, view.endpoint.status is EndpointStatus.READY

        def done(endpoint: Endpoint) -> None:
            state = "is stopped: requests are refused. x: start it" if ready else "takes requests again."
            self.ontos.show_message(f"{endpoint.name} {state}")
            self.reload()

        self.run_in_background(
            lambda workspace: (workspace.deploy.endpoints.stop if ready else workspace.deploy.endpoints.start)(name),
            done,
            group="do",
        )

    def action_floors(self) -> None:
        from ontos_tui.tui.stages.deploy.floors import Floors

        entry = self._current
        if entry is not None and entry.view is not None:
            Floors(self, entry.view.endpoint.name, entry.view.model).open()
        elif entry is not None and entry.model is not None:
            Floors(self, entry.model.name, entry.model).open()

    # Asking

    def action_playground(self) -> None:
        from ontos_tui.tui.stages.deploy.playground import Playground

        view = self._view
        if view is None:
            return
        if view.endpoint.status is not EndpointStatus.READY:
            self.ontos.show_message(f"{view.endpoint.name} is stopped. x: start it")
            return
        self.app.push_screen(Playground(view.endpoint.name), lambda _: self.reload())

    def action_score(self) -> None:
        entry = self._current
        model = entry.view.model if entry is not None and entry.view is not None else entry and entry.model
        if model:
            ask_scoring(self, model)

    def action_server(self) -> None:
        running = self._served is not None and self._served.server.running

        def switch(workspace: Workspace) -> str:
            if running:
                workspace.deploy.endpoints.server.stop()
                return "The HTTP server is stopping."
            workspace.deploy.endpoints.server.start()
            return "The HTTP server is starting; it continues when you leave. h: stop it"

        def done(message: str) -> None:
            self.ontos.show_message(message)
            self.reload()
            self.ontos.refresh_overview()

        self.run_in_background(switch, done, group="do")

    def action_copy(self) -> None:
        if self._view is not None and self._served is not None:
            self.app.copy_to_clipboard(self._served.curl[self._view.endpoint.name])
            self.ontos.show_message("Command copied, if this terminal allows programs to write to the clipboard.")


def _served(workspace: Workspace) -> EndpointRow:
    deploy, server = workspace.deploy.endpoints, workspace.deploy.endpoints.server.state()
    views = deploy.endpoints()
    models = workspace.train.models.models()
    deployed = {view.model.id for view in views}
    entries = [Entry(view=view) for view in views] + [
        Entry(model=one) for one in models if one.id not in deployed and not one.archived
    ]
    names = [view.endpoint.name for view in views]
    return EndpointRow(
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


def _columns(wide: bool) -> list[ColumnSpec]:
    """As much about each line as the list has room for."""
    columns = [ColumnSpec("name", 0, ends=True), ColumnSpec("state", 14)]
    return [*columns, ColumnSpec("score", 12, right=True)] if wide else columns


def _cells(entry: Entry) -> Sequence[object]:
    model = entry.view.model if entry.view is not None else entry.model
    assert model is not None
    if entry.view is not None:
        return entry.view.endpoint.name, state_span(entry.view.endpoint), score_cell(model)
    return model.label(), span("○ not deployed", "muted"), score_cell(model)
