"""`ontos feedback`: what people say about predictions, and the pairs that it becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import count, facts, number, table
from ontos_tui.cli.core.session import Session, read_object
from ontos_tui.domain.rules.ratings import HIGHEST, LOWEST
from ontos_tui.domain.rules.states import FeedbackStatus
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import FeedbackFilter

FeedbackRef = Annotated[str, typer.Argument(metavar="FEEDBACK", help="id of the feedback, or its beginning")]
StatusOption = Annotated[FeedbackStatus | None, typer.Option("--status", help="only those")]
RatingOption = Annotated[
    list[int] | None, typer.Option("--rating", min=LOWEST, max=HIGHEST, help="only with this rating, may be repeated")
]
FlaggedOption = Annotated[bool | None, typer.Option("--flagged/--unflagged", help="only with a flag, or without")]
CorrectedOption = Annotated[
    bool | None, typer.Option("--corrected/--uncorrected", help="only with a correction, or not")
]
TextOption = Annotated[str, typer.Option("--text", help="only with this text in the comment or the values")]

ROLES = {"train": "learned from it", "held_out": "tested on it"}

feedback = noun_group("Feedback: what people say about predictions.")


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(feedback, name="feedback")


@feedback.command("add")
def add(
    context: typer.Context,
    request: Annotated[str, typer.Argument(help="id of the request")],
    rating: Annotated[int | None, typer.Option("--rating", min=LOWEST, max=HIGHEST, help="5 is good, 1 is bad")] = None,
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
        rating if rating is not None else HIGHEST if good else LOWEST,
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
    chosen = _filter(endpoint, status, rating, flagged, corrected, text)
    items = session.workspace.improve.feedback.feedback(filter=chosen)
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
        for item in items
    ]
    headers = ("id", "at", "endpoint", "rating", "status", "flag", "correction", "comment")
    everything = _filter("", None, None, None, None, "")
    empty = (
        "No feedback. Add some: `ontos feedback add REQUEST --good`" if chosen == everything else "No such feedback."
    )
    session.show(items, lambda: table(headers, rows, empty))


def _filter(
    endpoint: str,
    status: FeedbackStatus | None,
    rating: list[int] | None,
    flagged: bool | None,
    corrected: bool | None,
    text: str,
) -> FeedbackFilter:
    from ontos_tui.domain.records.improve import FeedbackFilter

    return FeedbackFilter(endpoint or None, status, tuple(rating or ()), flagged, corrected, text)


@feedback.command("stats")
def stats(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(metavar="[ENDPOINT]", help="only of this one")] = "",
) -> None:
    """Counts of ratings, comments and corrections."""
    session = Session.of(context)
    numbers = session.workspace.improve.feedback.stats(endpoint or None)
    session.show(
        numbers,
        lambda: facts(
            [
                ("feedback", str(numbers.total)),
                ("good", f"{numbers.good} (rated 4 or 5)"),
                ("bad", f"{numbers.bad} (rated 1 or 2)"),
                ("share of good", number(None if numbers.good_share is None else 100 * numbers.good_share, 0, "%")),
                ("mean rating", number(numbers.mean_rating)),
                ("by rating", ", ".join(f"{rating}: {n}" for rating, n in numbers.by_rating.items())),
                ("comments", str(numbers.comments)),
                ("corrections", str(numbers.corrections)),
                ("state", f"{numbers.waiting} new, {numbers.converted} converted, {numbers.dismissed} dismissed"),
            ]
        ),
    )


@feedback.command("show")
def show(context: typer.Context, item: FeedbackRef) -> None:
    """Feedback from its request to the model versions that learned from it."""
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
                ("model answer", one.output),
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
    off: Annotated[bool, typer.Option("--off", help="remove the flag")] = False,
) -> None:
    """Mark feedback as worth a second look."""
    session = Session.of(context)
    changed = [session.workspace.improve.feedback.flag(one, not off) for one in items]
    session.show(changed, lambda: [f"{count(len(changed), 'piece')} of feedback {'unflagged' if off else 'flagged'}"])


@feedback.command("dismiss")
def dismiss(context: typer.Context, item: FeedbackRef) -> None:
    """Mark feedback as nothing to learn from."""
    session = Session.of(context)
    changed = session.workspace.improve.feedback.dismiss(item)
    session.show(changed, lambda: [f"{changed.id[:8]}: {changed.status}"])


def _bulk(action: str, words: str) -> None:
    """Add the command that does something to all feedback that a filter lets through."""

    @feedback.command(f"bulk-{action}", help=f"{words} all feedback that matches; by default new feedback.")
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
        items = service.feedback(filter=_filter(endpoint, status, rating, flagged, corrected, text))
        report = service.bulk(BulkAction(action), [item.id for item in items])
        session.show(
            report,
            lambda: [
                f"{action}: {count(len(report.done), 'piece')} of feedback, {report.unchanged} unchanged",
                *(safe_line(f"{one[:8]}: {reason}") for one, reason in report.refused.items()),
            ],
        )


for _action, _words in (("convert", "Create training pairs from"), ("dismiss", "Dismiss"), ("flag", "Flag")):
    _bulk(_action, _words)


@feedback.command("convert")
def convert(
    context: typer.Context,
    item: FeedbackRef,
    template: Annotated[str | None, typer.Option("--template", help="another template than the model's")] = None,
) -> None:
    """Create a training pair from feedback, in the labeling queue. Twice gives the same pair."""
    session = Session.of(context)
    done = session.workspace.improve.feedback.convert(item, template)
    words = {"created": "A new pair waits in the labeling queue.", "exists": "It was converted before."}
    session.show(
        done,
        lambda: [
            words.get(done.status, safe_line(done.status)),
            *facts([("pair", done.curation_item_id), ("training sheet", done.training_sheet_id)]),
        ],
    )
