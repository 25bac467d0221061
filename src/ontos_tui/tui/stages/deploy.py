"""DEPLOY: models under names that answer, in the playground and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.commands import Command
from ontos_tui.tui.dialogs.choose import ConfirmDialog
from ontos_tui.tui.dialogs.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.base import StageView, error_lines
from ontos_tui.tui.stages.train_lines import model_lines, score_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.serving import Endpoint
    from ontos_tui.domain.training import ModelVersion
    from ontos_tui.services.deploy import EndpointView, ServerState
    from ontos_tui.workspace import Workspace


@dataclass(frozen=True)
class Entry:
    """A line of the list: an endpoint, or a model that no endpoint serves."""

    view: EndpointView | None = None
    model: ModelVersion | None = None


@dataclass(frozen=True)
class Served:
    """Everything that this stage shows."""

    entries: tuple[Entry, ...]
    models: dict[str, ModelVersion]
    server: ServerState


class DeployView(StageView):
    """Endpoints and models on the left, what the one under the cursor is on the right."""

    STAGE = Stage.DEPLOY
    ABOUT = (
        "An endpoint is a name under which a model version answers; another version can take its place at once. "
        "Every request is logged with what was asked, what was answered and how long it took."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("deploy", "d", "Deploy", "Let an endpoint answer with this model"),
        Command("playground", "p", "Playground", "Ask the endpoint about a real row"),
        Command("roll_back", "b", "Roll back", "Serve what this endpoint served before"),
        Command("switch", "x", "Stop/start", "Let the endpoint refuse or take requests"),
        Command("server", "h", "HTTP", "Start or stop answering over HTTP on this machine"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._served: Served | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Table[Entry](
                [ColumnSpec("endpoints and models", 0), ColumnSpec("state", 17)],
                _cells,
                empty="Loading…",
                id="endpoints",
                classes="side",
            )
            yield Panel(id="details", classes="main")

    def focus_first(self) -> None:
        self.query_one("#endpoints").focus()

    def reload(self) -> None:
        self.ask(_served, self._show, failed=self._show_error)

    def _show(self, served: Served) -> None:
        self._served = served
        table: Table[Entry] = self.query_one("#endpoints", Table)
        table.say("No model yet. Press 4 and then t to train one.")
        here = next(
            (i for i, e in enumerate(served.entries) if e.view and e.view.endpoint.name == self.session.endpoint), None
        )
        table.show(served.entries, cursor=here)
        self._show_current(keep_place=True)

    def _show_error(self, error: OntosError) -> None:
        self.query_one("#details", Panel).show(lambda width: error_lines(error, width))

    @property
    def _current(self) -> Entry | None:
        entry: Entry | None = self.query_one("#endpoints", Table).current
        return entry

    def _show_current(self, *, keep_place: bool = False) -> None:
        self.commands_changed()
        entry, served = self._current, self._served
        if entry is None or served is None:
            return
        panel = self.query_one("#details", Panel)
        if entry.view is not None:
            view = entry.view
            self.session.endpoint = view.endpoint.name
            panel.show(lambda width: _endpoint_lines(view, served, width), keep_place=keep_place)
        elif entry.model is not None:
            model = entry.model
            self.session.endpoint = ""
            panel.show(lambda width: _model_lines(model, width), keep_place=keep_place)

    def on_table_moved(self) -> None:
        self._show_current()

    def on_table_chosen(self) -> None:
        entry = self._current
        if entry is not None and entry.view is not None:
            self.action_playground()
        else:
            self.action_deploy()

    def possible(self, command: str) -> bool:
        entry = self._current if self.is_mounted else None
        if entry is None:
            return False
        if command in ("playground", "switch"):
            return entry.view is not None
        if command == "roll_back":
            return entry.view is not None and entry.view.endpoint.previous_model_id is not None
        return True

    def action_deploy(self) -> None:
        entry, served = self._current, self._served
        if entry is None or served is None:
            return
        if entry.view is not None:
            newest = max(
                (m for m in served.models.values() if m.name == entry.view.model.name), key=lambda m: m.version
            )
            model, name = newest, entry.view.endpoint.name
        else:
            assert entry.model is not None
            from ontos_tui.services.deploy import dns_name

            model, name = entry.model, dns_name(entry.model.name)

        def done(values: Values | None) -> None:
            if values is not None:
                self.ask(
                    lambda workspace: workspace.deploy.deploy(model.id, values["name"]), self._deployed, group="do"
                )

        about = f"{model.label()}, {score_text(model)}. An endpoint that is there already swaps to it at once."
        field = FormField("name", "Endpoint", name, required=True, hint="lower case letters, digits and -")
        self.app.push_screen(FormDialog(f"Deploy {model.label()}", [field], about=about), done)

    def _deployed(self, endpoint: Endpoint) -> None:
        self.session.endpoint = endpoint.name
        self.ontos.tell(f"{endpoint.name} answers. Press p to try it.")
        self.reload()
        self.ontos.refresh_overview()

    def action_playground(self) -> None:
        from ontos_tui.tui.dialogs.playground import Playground

        entry = self._current
        if entry is not None and entry.view is not None:
            self.app.push_screen(Playground(entry.view.endpoint.name), lambda _: self.reload())

    def action_roll_back(self) -> None:
        entry, served = self._current, self._served
        if entry is None or entry.view is None or served is None:
            return
        name, previous = entry.view.endpoint.name, served.models.get(entry.view.endpoint.previous_model_id or "")

        def answered(sure: bool | None) -> None:
            if sure:
                self.ask(lambda workspace: workspace.deploy.roll_back(name), self._deployed, group="do")

        what = previous.label() if previous is not None else "the version before"
        question = f"{name} answers with {what} again, from the next request on. Rolling back twice undoes it."
        self.app.push_screen(ConfirmDialog("Roll back?", question), answered)

    def action_switch(self) -> None:
        entry = self._current
        if entry is None or entry.view is None:
            return
        endpoint = entry.view.endpoint

        def switch(workspace: Workspace) -> Endpoint:
            deploy = workspace.deploy
            return (deploy.stop if endpoint.status.value == "ready" else deploy.start)(endpoint.name)

        self.ask(switch, lambda _: self.reload(), group="do")

    def action_server(self) -> None:
        running = self._served is not None and self._served.server.running

        def switch(workspace: Workspace) -> str:
            if running:
                workspace.deploy.stop_server()
                return "The HTTP server is stopping."
            workspace.deploy.start_server()
            return "The HTTP server is starting; it goes on when you leave. h stops it."

        def done(told: str) -> None:
            self.ontos.tell(told)
            self.reload()
            self.ontos.refresh_overview()

        self.ask(switch, done, group="do")


def _served(workspace: Workspace) -> Served:
    views = workspace.deploy.endpoints()
    models = workspace.train.models()
    deployed = {view.model.id for view in views}
    entries = [Entry(view=view) for view in views] + [Entry(model=one) for one in models if one.id not in deployed]
    return Served(tuple(entries), {model.id: model for model in models}, workspace.deploy.server())


def _cells(entry: Entry) -> Sequence[object]:
    if entry.view is not None:
        ready = entry.view.endpoint.status.value == "ready"
        mark = span("● ready", "good") if ready else span("■ stopped", "warn")
        return entry.view.endpoint.name, mark
    assert entry.model is not None
    return entry.model.label(), span("○ not deployed", "muted")


def _endpoint_lines(view: EndpointView, served: Served, width: int) -> Iterator[Line]:
    endpoint, model = view.endpoint, view.model
    since = endpoint.updated_at.astimezone().strftime("%Y-%m-%d %H:%M")
    previous = served.models.get(endpoint.previous_model_id or "")
    yield line(span(endpoint.name, "title"), span(f"  {endpoint.status.value} since {since}", "muted"))
    yield EMPTY
    yield line(span("serves    ", "muted"), span(model.label(), "strong"), f"  {score_text(model)}")
    if previous is not None:
        yield line(
            span("before    ", "muted"),
            f"{previous.label()}  {score_text(previous)}; ",
            span("b", "key"),
            " rolls back",
        )
    yield line(span("try it    ", "muted"), span("p", "key"), " opens the playground")
    yield EMPTY
    if served.server.running:
        yield line(span("HTTP      ", "muted"), span("● running  ", "good"), served.server.url)
        command = (
            f"curl -s {served.server.url}/serving-endpoints/{endpoint.name}/invocations "
            "-H 'Content-Type: application/json' -d '{\"dataframe_records\": [{…}]}'"
        )
        yield from wrap(command, width - 10, "muted", indent=" " * 10)
    else:
        yield line(
            span("HTTP      ", "muted"), "○ not running; ", span("h", "key"), f" starts it at {served.server.url}"
        )
    yield EMPTY
    yield line(span("asks for  ", "muted"))
    yield from wrap(", ".join(model.features), width - 10, indent=" " * 10)


def _model_lines(model: ModelVersion, width: int) -> Iterator[Line]:
    yield line(span("d", "key"), " or ", span("enter", "key"), " deploys this model")
    yield EMPTY
    yield from model_lines(model, None, width)
