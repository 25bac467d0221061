"""`ontos improve curve`: how a model has become better."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.groups import group
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.train.learning_curve import Curve

improve = group("Improve: how a model has become better.")

BAR = 40
"""Characters of a curve's interval bar."""


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.add_typer(improve, name="improve")


@improve.command("curve")
def curve(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="name of the model")],
) -> None:
    """Every version of a model on the same held-out pairs."""
    session = Session.of(context)
    learning = session.workspace.train.models.curve(model)
    session.show(learning, lambda: _curve_lines(learning))


def _curve_lines(learning: Curve) -> Iterator[str]:
    from ontos_tui.services.train.learning_curve import bar, score_range

    low, high = score_range(learning)
    metric = next((one.score.metric for one in learning.points if one.score), "no score")
    yield safe_line(f"{learning.name}: {learning.field}, {metric}, from {low:.3g} to {high:.3g}")
    yield learning.basis
    for point in learning.points:
        score = point.score
        if score is None:
            yield safe_line(f"v{point.model.version:<3}  no score: {point.note}")
            continue
        mark = " (its own evaluation)" if point.is_own else ""
        note = f": {point.note}" if point.note else ""
        text = f"{score.value:.3g} (95 %: {score.low:.3g} to {score.high:.3g}, n {score.n})"
        yield safe_line(f"v{point.model.version:<3}  {bar(score, low, high, BAR)}  {text}{mark}{note}")
