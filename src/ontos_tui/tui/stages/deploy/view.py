"""DEPLOY: models under names that answer, in the playground and over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.rules.states import EndpointStatus
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.verdict import score_cell
from ontos_tui.tui.stages.base import StageView
from ontos_tui.tui.stages.deploy.deploying import Deploying
from ontos_tui.tui.stages.deploy.details import detail_lines, side_lines
from ontos_tui.tui.stages.deploy.lines import state_span
from ontos_tui.tui.stages.deploy.scoring import ask_scoring
from ontos_tui.tui.stages.deploy.state import DeployState, Entry, read_state
from ontos_tui.tui.stages.job_state import POLL_SECONDS
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Panel, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.serving import Endpoint
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.deploy.service import EndpointView
    from ontos_tui.workspace import Workspace

ROOM_FOR_SCORES, THREE_FROM = 44, 140
"""Width of the list from which on it also says how good each model is."""


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
        self._served: DeployState | None = None
        self._deploying = Deploying(self, self._deployed)
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
        self.run_in_background(read_state, self._show, failed=self._show_error)

    def _show(self, served: DeployState) -> None:
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
        three = self.has_class("three")
        if entry is not None and entry.view is not None:
            self.session.endpoint = self._here = entry.view.endpoint.name
        panel.show(lambda width: detail_lines(entry, served, width, three=three), keep_place=keep_place)
        self.query_one("#context", Panel).show(lambda width: side_lines(entry, served, width), keep_place=keep_place)

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
            assert self._served is not None
            self._deploying.choose_model(entry.view, list(self._served.models.values()))
        elif entry is not None and entry.model is not None:
            self._deploying.name_endpoint(entry.model)

    def action_deploy_on_databricks(self) -> None:
        from ontos_tui.domain.records.serving import Platform

        entry = self._current
        if entry is not None and entry.view is not None:
            self._deploying.name_endpoint(entry.view.model, entry.view.endpoint.name, Platform.DATABRICKS)
        elif entry is not None and entry.model is not None:
            self._deploying.name_endpoint(entry.model, on=Platform.DATABRICKS)

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
        if self._view is not None and self._served is not None:
            self._deploying.roll_back(self._view, self._served.models)

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
