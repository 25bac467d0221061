"""Step 7: the model answers, and one tries it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.services.guide.wizard import Step, WizardState
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.train.lines import score_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap
from ontos_tui.tui.wizard.step import WizardStep

if TYPE_CHECKING:
    from ontos_tui.domain.records.serving import Endpoint


class DeployStep(WizardStep):
    """Deploy with one key, then ask the endpoint about rows it has never seen."""

    STEP = Step.DEPLOY
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("deploy", "enter,d", "Deploy, then try", "Let an endpoint answer with the model; then ask it"),
        Command("playground", "p", "Playground", "Ask the endpoint about real rows"),
    )

    def compose(self) -> ComposeResult:
        yield Panel(id="endpoint")

    def focus_first(self) -> None:
        self.query_one("#endpoint").focus()

    def show(self, standing: WizardState) -> None:
        self.query_one("#endpoint", Panel).show(lambda width: _lines(standing, width), keep_place=True)
        self.commands_changed()

    def possible(self, command: str) -> bool:
        standing = self.standing
        return standing.endpoint is not None if command == "playground" else standing.model is not None

    def action_deploy(self) -> None:
        model, endpoint = self.standing.model, self.standing.endpoint
        if endpoint is not None:
            self.action_playground()
        elif model is not None:
            self.run_in_background(
                lambda workspace: workspace.deploy.endpoints.deploy(model.id), self._deployed, group="deploy"
            )

    def _deployed(self, endpoint: Endpoint) -> None:
        self.wizard.reload()
        self.ontos.refresh_overview()
        self._try(endpoint)

    def action_playground(self) -> None:
        endpoint = self.standing.endpoint
        if endpoint is not None:
            self._try(endpoint)

    def _try(self, endpoint: Endpoint) -> None:
        from ontos_tui.tui.stages.deploy.playground import Playground

        self.app.push_screen(Playground(endpoint.name), lambda _: self.wizard.reload())


def _lines(standing: WizardState, width: int) -> Iterator[Line]:
    model, endpoint = standing.model, standing.endpoint
    if model is None:
        yield line(span("There is no model yet. < leads back to the training.", "muted"))
        return
    yield line(span(model.label(), "title"), span(f"  {score_text(model)}", "strong"))
    yield EMPTY
    if endpoint is None:
        yield line(span("enter", "key"), " lets an endpoint answer with it, on this machine; nobody else can reach it")
        return
    yield line(span(f"✓ {endpoint.name}", "good"), f" answers with {model.label()}")
    yield EMPTY
    yield line(span("enter", "key"), " asks it about a real row; there, ", span("-", "key"), " says what was wrong")
    yield EMPTY
    told = (
        "That was the whole way. The stages lead on from here: 6 Monitor shows what the endpoint was asked, 7 Improve "
        "turns what you said about its answers into training pairs, and trains a better version. esc leads there."
    )
    yield from wrap(told, width)
