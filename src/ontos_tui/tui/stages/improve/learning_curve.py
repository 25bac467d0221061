"""IMPROVE, versions: how a model has become better, every version on the same pairs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import NotFoundError, OntosError
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.improve.gap_lines import curve_lines
from ontos_tui.tui.stages.improve.served import served_model
from ontos_tui.tui.stages.pages import StagePage
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Line, Panel, line, span

if TYPE_CHECKING:
    from ontos_tui.services.train.learning_curve import Curve
    from ontos_tui.workspace import Workspace


@dataclass(frozen=True)
class CurveState:
    """The curve of one model, None until every version is evaluated, and the names of all models."""

    curve: Curve | None = None
    names: tuple[str, ...] = ()
    error: OntosError | None = None


class CurvePage(StagePage):
    """One model's versions as bars."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("improve.curve.back", "escape", "Back", "To the feedback"),
        Command("improve.curve.next_model", "n", "Next model", "The versions of another model"),
    )
    DEFAULT_CSS = """
    CurvePage Panel { padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._state = CurveState()
        self._chosen = ""
        self._known: dict[tuple[str, ...], Curve] = {}

    def compose(self) -> ComposeResult:
        yield Panel(id="curve")

    def focus_first(self) -> None:
        self.query_one("#curve").focus()

    def _change(self, state: CurveState) -> None:
        """Show another state."""
        same = state.curve is not None and self._state.curve is not None
        self._state = state
        self.query_one("#curve", Panel).show(lambda width: _lines(state, width), keep_place=same)
        self.commands_changed()

    def reload(self) -> None:
        self._change(self._state)
        name, endpoint, known = self._chosen, self.session.endpoint, self._known
        self.run_in_background(
            lambda workspace: _curve(workspace, name, endpoint, known),
            self._change,
            failed=lambda error: self._change(replace(self._state, error=error)),
        )

    def possible(self, command: str) -> bool:
        return command == "back" or len(self._state.names) > 1

    def action_next_model(self) -> None:
        names, curve = self._state.names, self._state.curve
        if curve is not None:
            self._chosen = names[(names.index(curve.name) + 1) % len(names)]
            self._change(replace(self._state, curve=None, error=None))
            self.reload()


def _lines(state: CurveState, width: int) -> Iterable[Line]:
    if state.error is not None:
        return error_lines(state.error, width)
    if state.curve is None:
        return [line(span("Evaluating every version…", "accent"))]
    return curve_lines(state.curve, width)


def _curve(workspace: Workspace, name: str, endpoint: str, known: dict[tuple[str, ...], Curve]) -> CurveState:
    """The curve of the model with this name, or of what the endpoint answers with. Raises NotFoundError without one.

    It runs every version over all held-out pairs, so it is kept in `known` until a version or a pair changes.
    """
    models = workspace.train.models.models()
    if not models:
        raise NotFoundError("There is no model yet.", "Press 4 and then t to train one.")
    names = sorted({model.name for model in models})
    chosen = name if name in names else served_model(workspace, endpoint) or models[0].name
    versions = [model for model in models if model.name == chosen]
    newest = max(versions, key=lambda model: model.version)
    key = (*(model.id for model in versions), str(workspace.train.models.changes_since(newest)))
    if key not in known:
        known[key] = workspace.train.models.curve(chosen)
    return CurveState(known[key], tuple(names))
