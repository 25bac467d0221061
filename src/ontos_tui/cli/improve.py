"""IMPROVE: feedback, the pairs that it becomes, and training again."""

from __future__ import annotations

from typing import Annotated

import typer

from ontos_tui.cli.groups import group
from ontos_tui.cli.output import facts, table
from ontos_tui.cli.session import Session, Wait, read_object
from ontos_tui.cli.train import model_lines, trained_model
from ontos_tui.domain.errors import ConflictError, NotReadyError
from ontos_tui.domain.safe import safe_line
from ontos_tui.domain.states import FeedbackStatus

feedback = group("Feedback: what people say about predictions.")


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(feedback, name="feedback")
    root.command("retrain")(retrain)


@feedback.command("add")
def add(
    context: typer.Context,
    request: Annotated[str, typer.Argument(help="id of the request")],
    rating: Annotated[int | None, typer.Option("--rating", min=1, max=5, help="5 is good, 1 is bad")] = None,
    good: Annotated[bool, typer.Option("--good", help="as --rating 5")] = False,
    bad: Annotated[bool, typer.Option("--bad", help="as --rating 1")] = False,
    comment: Annotated[str, typer.Option("--comment", help="in your words")] = "",
    correction: Annotated[str | None, typer.Option("--correction", help="the right answer: JSON, @FILE or -")] = None,
) -> None:
    """Say how good a prediction was, and what would have been right."""
    if sum((rating is not None, good, bad)) != 1:
        raise typer.BadParameter("Give one of --rating, --good and --bad.")
    session = Session.of(context)
    item = session.workspace.improve.add_feedback(
        session.workspace.monitor.request(request).record.request_id,
        rating if rating is not None else 5 if good else 1,
        comment,
        None if correction is None else read_object(correction, "The correction"),
    )
    session.show(
        item,
        lambda: facts(
            [
                ("feedback", item.id),
                ("rating", str(item.rating)),
                ("correction", item.correction),
                ("next", f"ontos feedback convert {item.id[:8]}"),
            ]
        ),
    )


@feedback.command("list")
def list_feedback(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(metavar="[ENDPOINT]", help="only of this one")] = "",
    status: Annotated[FeedbackStatus | None, typer.Option("--status", help="only those")] = None,
) -> None:
    """The feedback, newest first."""
    session = Session.of(context)
    found = session.workspace.improve.feedback(endpoint or None, status)
    rows = [
        (item.id[:8], item.created_at, item.endpoint, item.rating, item.status, item.correction, item.comment)
        for item in found
    ]
    headers = ("id", "at", "endpoint", "rating", "status", "correction", "comment")
    session.show(found, lambda: table(headers, rows, "No feedback yet."))


@feedback.command("convert")
def convert(
    context: typer.Context,
    item: Annotated[str, typer.Argument(metavar="FEEDBACK", help="id of the feedback, or its beginning")],
    template: Annotated[str | None, typer.Option("--template", help="another template than the model's")] = None,
) -> None:
    """Make a training pair of a feedback. It waits in the labeling queue; twice makes one."""
    session = Session.of(context)
    done = session.workspace.improve.convert(item, template)
    words = {"created": "A new pair waits in the labeling queue.", "exists": "It had been converted already."}
    session.show(
        done,
        lambda: [
            words.get(done.status, safe_line(done.status)),
            *facts([("pair", done.curation_item_id), ("training sheet", done.training_sheet_id)]),
        ],
    )


def retrain(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(help="name of the endpoint")],
    preview: Annotated[bool, typer.Option("--preview", help="only say what is new")] = False,
    wait: Wait = False,
) -> None:
    """Train an endpoint's model again with what is new since; --wait shows what changed."""
    session = Session.of(context)
    if preview:
        view = session.workspace.improve.retrain_preview(endpoint)
        session.show(
            view,
            lambda: facts(
                [
                    ("model", view.model.label()),
                    (
                        "since then",
                        f"{view.changes.new} new, {view.changes.corrected} corrected, {view.changes.removed} gone",
                    ),
                    (
                        "ready",
                        "yes" if view.readiness.ready else f"no, {view.readiness.missing} labelled pairs are missing",
                    ),
                ]
            ),
        )
        return
    before = session.workspace.deploy.endpoint(endpoint).model
    job = session.workspace.improve.retrain(endpoint)
    if not wait:
        session.show_job(job)
        return
    model = trained_model(session, session.wait_for(job))
    try:
        comparison = session.workspace.train.compare(before, model)
        told = comparison.summary
    except (NotReadyError, ConflictError) as error:  # the new version is there, whether it can be compared or not
        comparison, told = None, f"Trained, but not to be compared: {error.what}"
    session.show(
        {"model": model, "comparison": comparison, "summary": told},
        lambda: [
            safe_line(told),
            "",
            *model_lines(model),
            "",
            f"{endpoint} still answers with {before.label()}. "
            f"Let it answer with the new one: ontos deploy {model.name}:{model.version} --name {endpoint}",
        ],
    )
