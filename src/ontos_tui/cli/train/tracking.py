"""`ontos track`: trainings and feedback for MLflow."""

from __future__ import annotations

import typer

from ontos_tui.cli.core.output import facts, table
from ontos_tui.cli.core.session import Session


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("track")(track)


def track(context: typer.Context) -> None:
    """Write to MLflow what is not there yet: a run for each model version, and feedback as assessments."""
    session = Session.of(context)
    service = session.workspace.tracking
    with session.progress() as line:
        report = service.push(line)
    rows = list(report.runs.items())
    session.show(
        report,
        lambda: [
            *facts([("at", session.workspace.settings.mlflow_tracking_uri), ("feedback", f"{report.feedback} new")]),
            "",
            *table(("model", "run"), rows, "No models. Train one: `ontos train TRAINING_SHEET`"),
        ],
    )
