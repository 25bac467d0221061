"""IMPROVE: feedback, the pairs that it becomes, and training again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.groups import group
from ontos_tui.cli.core.output import count, facts, number, table
from ontos_tui.cli.core.session import Session, Wait, read_object
from ontos_tui.cli.train.train import model_lines, trained_model
from ontos_tui.domain.errors import ConflictError, NotReadyError
from ontos_tui.domain.rules.states import FeedbackStatus
from ontos_tui.domain.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.records.feedback import FeedbackFilter

FeedbackRef = Annotated[str, typer.Argument(metavar="FEEDBACK", help="id of the feedback, or its beginning")]
StatusOption = Annotated[FeedbackStatus | None, typer.Option("--status", help="only those")]
RatingOption = Annotated[
    list[int] | None, typer.Option("--rating", min=1, max=5, help="only with this rating, may be repeated")
]
FlaggedOption = Annotated[bool | None, typer.Option("--flagged/--unflagged", help="only with a flag, or without")]
CorrectedOption = Annotated[
    bool | None, typer.Option("--corrected/--uncorrected", help="only with a correction, or not")
]
TextOption = Annotated[str, typer.Option("--text", help="only with this text in the comment or the values")]

ROLES = {"train": "learned from it", "held_out": "tested on it"}

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
    item = session.workspace.improve.feedback.add_feedback(
        session.workspace.monitor.traffic.request(request).record.request_id,
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
    status: StatusOption = None,
    rating: RatingOption = None,
    flagged: FlaggedOption = None,
    corrected: CorrectedOption = None,
    text: TextOption = "",
) -> None:
    """The feedback, newest first."""
    session = Session.of(context)
    wanted = _wanted(endpoint, status, rating, flagged, corrected, text)
    found = session.workspace.improve.feedback.feedback(wanted=wanted)
    rows = [
        (
            item.id[:8],
            item.created_at,
            item.endpoint,
            item.rating,
            item.status,
            item.flagged or None,
            item.correction,
            item.comment,
        )
        for item in found
    ]
    headers = ("id", "at", "endpoint", "rating", "status", "flag", "correction", "comment")
    none = "No feedback yet." if wanted == _wanted("", None, None, None, None, "") else "No such feedback."
    session.show(found, lambda: table(headers, rows, none))


def _wanted(
    endpoint: str,
    status: FeedbackStatus | None,
    rating: list[int] | None,
    flagged: bool | None,
    corrected: bool | None,
    text: str,
) -> FeedbackFilter:
    from ontos_tui.services.records.feedback import FeedbackFilter

    return FeedbackFilter(endpoint or None, status, tuple(rating or ()), flagged, corrected, text)


@feedback.command("stats")
def stats(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(metavar="[ENDPOINT]", help="only of this one")] = "",
) -> None:
    """What was said, in numbers."""
    session = Session.of(context)
    found = session.workspace.improve.feedback.stats(endpoint or None)
    session.show(
        found,
        lambda: facts(
            [
                ("feedback", str(found.total)),
                ("good", f"{found.good} (rated 4 or 5)"),
                ("bad", f"{found.bad} (rated 1 or 2)"),
                ("share of good", number(None if found.good_share is None else 100 * found.good_share, 0, "%")),
                ("mean rating", number(found.mean_rating)),
                ("by rating", ", ".join(f"{rating}: {n}" for rating, n in found.by_rating.items())),
                ("comments", str(found.comments)),
                ("corrections", str(found.corrections)),
                ("state", f"{found.waiting} new, {found.converted} converted, {found.dismissed} dismissed"),
            ]
        ),
    )


@feedback.command("show")
def show(context: typer.Context, item: FeedbackRef) -> None:
    """A feedback from its request to the model versions that learned from it."""
    session = Session.of(context)
    trace = session.workspace.improve.feedback.trace(item)
    one, pair = trace.item, trace.pair
    session.show(
        trace,
        lambda: facts(
            [
                ("feedback", one.id),
                ("about", f"request {one.request_id[:8]} to {one.endpoint}"),
                ("rating", str(one.rating)),
                ("comment", one.comment),
                ("model said", one.output),
                ("correction", one.correction),
                ("status", one.status),
                ("flagged", "yes" if one.flagged else None),
                ("pair", None if pair is None else f"{pair.id[:8]}  {pair.status}"),
                ("answer", None if pair is None else pair.answer),
                ("versions", ", ".join(f"{model.label()} ({ROLES[role.value]})" for model, role in trace.versions)),
            ]
        ),
    )


@feedback.command("flag")
def flag(
    context: typer.Context,
    items: Annotated[list[str], typer.Argument(metavar="FEEDBACK…", help="ids of feedback, or their beginnings")],
    off: Annotated[bool, typer.Option("--off", help="take the flag away")] = False,
) -> None:
    """Mark feedback as worth a second look."""
    session = Session.of(context)
    changed = [session.workspace.improve.feedback.flag(one, not off) for one in items]
    session.show(changed, lambda: [f"{count(len(changed), 'piece')} of feedback {'unflagged' if off else 'flagged'}"])


@feedback.command("dismiss")
def dismiss(context: typer.Context, item: FeedbackRef) -> None:
    """Say that nothing is to be learned from a feedback."""
    session = Session.of(context)
    changed = session.workspace.improve.feedback.dismiss(item)
    session.show(changed, lambda: [f"{changed.id[:8]}: {changed.status}"])


def _bulk(action: str, words: str) -> None:
    """Add the command that does something to all feedback that a filter lets through."""

    @feedback.command(f"bulk-{action}", help=f"{words} all feedback that fits; by default what is new.")
    def command(
        context: typer.Context,
        endpoint: Annotated[str, typer.Argument(metavar="[ENDPOINT]", help="only of this one")] = "",
        status: StatusOption = FeedbackStatus.NEW,
        rating: RatingOption = None,
        flagged: FlaggedOption = None,
        corrected: CorrectedOption = None,
        text: TextOption = "",
    ) -> None:
        from ontos_tui.services.improve.service import BulkAction

        session = Session.of(context)
        service = session.workspace.improve.feedback
        found = service.feedback(wanted=_wanted(endpoint, status, rating, flagged, corrected, text))
        report = service.bulk(BulkAction(action), [item.id for item in found])
        session.show(
            report,
            lambda: [
                f"{action}: {count(len(report.done), 'piece')} of feedback, {report.unchanged} needed nothing",
                *(safe_line(f"{one[:8]}: {reason}") for one, reason in report.refused.items()),
            ],
        )


for _action, _words in (("convert", "Make training pairs of"), ("dismiss", "Dismiss"), ("flag", "Flag")):
    _bulk(_action, _words)


@feedback.command("convert")
def convert(
    context: typer.Context,
    item: FeedbackRef,
    template: Annotated[str | None, typer.Option("--template", help="another template than the model's")] = None,
) -> None:
    """Make a training pair of a feedback. It waits in the labeling queue; twice makes one."""
    session = Session.of(context)
    done = session.workspace.improve.feedback.convert(item, template)
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
        view = session.workspace.improve.feedback.retrain_preview(endpoint)
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
                        "yes" if view.readiness.ready else f"no, {view.readiness.missing} labeled pairs are missing",
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
