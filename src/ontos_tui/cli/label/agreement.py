"""`ontos label agreement` and its neighbors: how far labelers agree, their disagreements, and how each labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import cell, count, facts, fields, number, table
from ontos_tui.cli.core.session import Limit, Session, read_object
from ontos_tui.cli.label.decisions import labels
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.label.labeling_jobs.agreement import Agreement, Disagreement, JobAgreement, Vote
    from ontos_tui.services.label.labeling_jobs.labeler_stats import Share

JobRef = Annotated[str, typer.Argument(metavar="JOB", help="name or id of a labeling job")]


def register(_root: typer.Typer) -> None:
    """Nothing to add: the commands joined the group `label` when this module was imported."""


@labels.command("agreement")
def agreement(context: typer.Context, job: JobRef) -> None:
    """How far the labelers of a job agree: on the whole answer, by field, and in pairs."""
    session = Session.of(context)
    measured = session.workspace.label.agreement.of_job(job)
    session.show(measured, lambda: _agreement_lines(measured))


@labels.command("disagreements")
def disagreements(
    context: typer.Context,
    job: JobRef,
    everything: Annotated[bool, typer.Option("--all", help="resolved ones too")] = False,
    limit: Limit = 20,
) -> None:
    """The items on which the labelers of a job disagree, the most disputed first."""
    session = Session.of(context)
    listed = session.workspace.label.agreement.disagreements(job, resolved=everything)

    def lines() -> Iterator[str]:
        for one in listed[:limit]:
            yield from _disagreement_lines(one)
        if len(listed) > limit:
            yield f"{len(listed) - limit:,} more; --limit N shows more."
        if not listed:
            yield "No disagreements." if everything else "No open disagreements; --all shows the resolved ones."

    session.show(listed[:limit], lines)


@labels.command("adjudicate")
def adjudicate(
    context: typer.Context,
    job: JobRef,
    item: Annotated[str, typer.Argument(help="the item's name, as `label disagreements` shows it")],
    answer: Annotated[str, typer.Option("--answer", help="the right answer: JSON, @FILE or -")],
    notes: Annotated[str, typer.Option("--notes", help="why; stored with the label")] = "",
    if_version: Annotated[
        int | None,
        typer.Option("--if-version", min=0, help="the label's version you have seen, 0: none; refused when newer"),
    ] = None,
) -> None:
    """Settle a disputed item; your answer becomes its canonical label."""
    session = Session.of(context)
    given = read_object(answer, "The answer")
    label = session.workspace.label.agreement.adjudicate(job, item, given, notes, expected_version=if_version)
    session.show(
        label,
        lambda: [
            safe_line(f"{label.item_ref} is decided (label version {label.version}):"),
            *fields(label.label_data),
        ],
    )


@labels.command("undo-adjudication")
def undo_adjudication(context: typer.Context, job: JobRef) -> None:
    """Take back your last adjudication in a job, with the pairs that followed it."""
    session = Session.of(context)
    undone = session.workspace.label.agreement.undo_adjudication(job)
    nothing = "You have no adjudication to undo here."
    session.show(
        undone,
        lambda: [nothing if undone is None else safe_line("; ".join([f"undo: {undone.item_ref}", *undone.notes]))],
    )


@labels.command("labelers")
def labelers(
    context: typer.Context,
    training_sheet: Annotated[str, typer.Argument(metavar="[TRAINING_SHEET]", help="name or id")] = "",
    job: Annotated[str, typer.Option("--job", help="a labeling job instead, by name or id")] = "",
) -> None:
    """How much, how fast and how well each labeler decides, and how far proposals sway them."""
    session = Session.of(context)
    if bool(training_sheet) == bool(job):
        raise InvalidInputError(
            "Name a training sheet or a labeling job.", "For a labeling job: `ontos label labelers --job JOB`"
        )
    service = session.workspace.label.labelers
    people = service.of_job(job) if job else service.of_sheet(session.training_sheet(training_sheet).id)
    headers = ("labeler", "decisions", "labeled", "rejected", "flagged", "median s", "a minute", "too fast")
    amounts = [
        (
            one.actor,
            one.decisions,
            one.labeled,
            one.rejected,
            one.flagged,
            number(one.seconds_median),
            number(one.per_minute, 1),
            one.too_fast,
        )
        for one in people
    ]
    shares = [
        (one.actor, _share(one.gold), _share(one.agreement), _share(one.seen), _share(one.blind)) for one in people
    ]

    def lines() -> Iterator[str]:
        yield from table(headers, amounts, "No decisions yet.")
        if people:
            yield ""
            yield from table(("labeler", "right on gold", "agrees with others", "as proposed, seen", "hidden"), shares)

    session.show(people, lines)


def _agreement_lines(measured: JobAgreement) -> Iterator[str]:
    yield safe_line(f"{measured.job.name}: {count(measured.items, 'item')} answered by two or more labelers")
    if measured.raters:
        yield safe_line(f"labelers: {', '.join(measured.raters)}")
    yield ""
    by_field: Mapping[str, Agreement] = {"(whole answer)": measured.whole, **measured.fields}
    yield from table(
        ("field", "measure", "scale", "value", "95 % interval", "alike", "items"),
        [
            (name, one.measure, one.scale, number(one.value), _interval(one), _percent(one.percent), one.items)
            for name, one in by_field.items()
        ],
    )
    yield from (safe_line(f"{name}: {one.why}") for name, one in by_field.items() if one.why)
    if measured.pairs:
        yield ""
        rows = [(one.a, one.b, one.items, _percent(one.percent), number(one.kappa)) for one in measured.pairs]
        yield from table(("one", "other", "items", "alike", "Cohen's kappa"), rows)
        yield from (safe_line(f"{one.a} and {one.b}: {one.why}") for one in measured.pairs if one.why)


def _disagreement_lines(one: Disagreement) -> Iterator[str]:
    differ = f"  differ in {', '.join(one.fields)}" if one.fields else ""
    yield safe_line(f"── {one.item_ref}{differ}{'  (resolved)' if one.resolved else ''}", 300)
    yield from facts((vote.actor, _vote(vote)) for vote in one.votes)
    if one.label is not None:
        yield safe_line(f"label: {cell(one.label.label_data)} ({one.label.source})")
    yield "fields:"
    yield from fields(one.source_data)
    yield ""


def _vote(vote: Vote) -> str:
    answer = cell(vote.answer) if vote.answer is not None else vote.status.value
    return safe_line(f"{answer}  {vote.notes}".strip())


def _interval(one: Agreement) -> str:
    return "no data yet" if one.low is None or one.high is None else f"{one.low:.2f} to {one.high:.2f}"


def _percent(share: float | None) -> str:
    return "no data yet" if share is None else f"{share:.0%}"


def _share(share: Share | None) -> str:
    if share is None or share.share is None:
        return "no data yet"
    low, high = share.interval
    return f"{share.share:.0%} ({low:.0%} to {high:.0%}; {share.right:,} of {share.of:,})"
