"""`ontos retrain`: an endpoint's model again, with the labels that are new since."""

from __future__ import annotations

from typing import Annotated

import typer

from ontos_tui.cli.core.output import facts
from ontos_tui.cli.core.session import Session, Wait
from ontos_tui.cli.train.models import model_lines, trained_model
from ontos_tui.domain.errors import ConflictError, NotReadyError
from ontos_tui.domain.rules.model_verdict import verdict_line, verdict_of
from ontos_tui.domain.text.terminal_text import safe_line


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("retrain")(retrain)


def retrain(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(help="name of the endpoint")],
    preview: Annotated[bool, typer.Option("--preview", help="only show what is new")] = False,
    wait: Wait = False,
) -> None:
    """Train an endpoint's model again with the new labels; --wait compares the two versions."""
    session = Session.of(context)
    if preview:
        view = session.workspace.improve.feedback.retrain_preview(endpoint)
        session.show(
            view,
            lambda: facts(
                [
                    ("model", view.model.label()),
                    ("verdict", verdict_line(view.model)),
                    (
                        "since then",
                        f"{view.changes.new} new, {view.changes.corrected} corrected, {view.changes.removed} removed",
                    ),
                    (
                        "ready",
                        "yes" if view.readiness.ready else f"no, {view.readiness.missing} more labeled pairs needed",
                    ),
                ]
            ),
        )
        return
    before = session.workspace.deploy.endpoints.endpoint(endpoint).model
    job = session.workspace.improve.feedback.retrain(endpoint)
    if not wait:
        session.show_job(job)
        return
    model = trained_model(session, session.wait_for(job))
    try:
        comparison = session.workspace.train.models.compare(before, model)
        summary = comparison.summary
    except (NotReadyError, ConflictError) as error:  # the new version is there, whether it can be compared or not
        comparison, summary = None, f"Trained, but cannot be compared: {error.what}"
    session.show(
        {"model": model, "verdict": verdict_of(model), "comparison": comparison, "summary": summary},
        lambda: [
            safe_line(summary),
            "",
            *model_lines(model),
            "",
            f"{endpoint} still answers with {before.label()}. "
            f"Switch to the new version: ontos deploy {model.name}:{model.version} --name {endpoint}",
        ],
    )
