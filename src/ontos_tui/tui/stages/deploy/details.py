"""What stands beside the list of DEPLOY: an endpoint, or a model that no endpoint serves yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ontos_tui.tui.stages.deploy.lines import context_lines, endpoint_lines, undeployed_lines
from ontos_tui.tui.stages.deploy.scoring import scoring_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, wrap

if TYPE_CHECKING:
    from ontos_tui.tui.stages.deploy.state import DeployState, Entry


def detail_lines(entry: Entry | None, state: DeployState | None, width: int, *, three: bool) -> Iterator[Line]:
    """What the line under the cursor is; with its context, unless that has a third pane of its own."""
    if entry is None or state is None:
        yield from wrap("No model to deploy yet: train one first (4, then t).", width, "muted")
    elif entry.view is not None:
        history = state.history[entry.view.endpoint.name]
        yield from endpoint_lines(entry.view, state.models, state.server, history, width)
        if not three:
            yield EMPTY
            yield from side_lines(entry, state, width)
    elif entry.model is not None:
        yield from undeployed_lines(entry.model, width)
        yield from scoring_lines(state.scored.get(entry.model.id), width)


def side_lines(entry: Entry | None, state: DeployState | None, width: int) -> Iterator[Line]:
    """What an endpoint takes, its history, and what its model scored last; nothing of a model without an endpoint."""
    if entry is None or state is None or entry.view is None:
        return
    name = entry.view.endpoint.name
    yield from context_lines(entry.view, state.models, state.history[name], state.curl.get(name, ""), width)
    yield from scoring_lines(state.scored.get(entry.view.model.id), width)
