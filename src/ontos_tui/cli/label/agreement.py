"""LABEL, by several people: how far they agree, what they dispute, who has the last word, and who labels how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import cell, count, facts, fields, number, table
from ontos_tui.cli.core.session import Limit, Session, read_object
from ontos_tui.cli.label.decide import labels
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.label.labeling_jobs.agreement import Agreement, Disagreement, JobAgreement, Vote
    from ontos_tui.services.label.labeling_jobs.labeler_stats import Share

JobRef = Annotated[str, typer.Argument(metavar="JOB", help="name or id of a labeling job")]


def register(_root: typer.Typer) -> None:
    """Nothing to add: the commands joined the group `label` when this module was imported."""


@labels.command("agreement")
def agreement(context: typer.Context, job: JobRef) -> None:
    """How far the people of a labeling job agree: as a whole, by field, and two by two."""
    session = Session.of(context)
    found = session.workspace.label.agreement.of_job(job)
    session.show(found, lambda: _agreement_lines(found))


@labels.command("disagreements")
def disagreements(
    context: typer.Context,
    job: JobRef,
    everything: Annotated[bool, typer.Option("--all", help="those too that are resolved")] = False,
    limit: Limit = 20,
) -> None:
    """The items of a labeling job that the votes leave open, the most disputed first."""
    session = Session.of(context)
    found = session.workspace.label.agreement.disagreements(job, resolved=everything)

    def lines() -> Iterator[str]:
        for one in found[:limit]:
            yield from _disagreement_lines(one)
        if len(found) > limit:
            yield f"… and {len(found) - limit:,} more; --limit shows more of them."
        if not found:
            yield "Nobody disagrees here." if everything else "Nothing is left to decide; --all shows what was."

    session.show(found[:limit], lines)


@labels.command("adjudicate")
def adjudicate(
    context: typer.Context,
    job: JobRef,
    item: Annotated[str, typer.Argument(help="the item, as the disagreements name it")],
    answer: Annotated[str, typer.Option("--answer", help="what is true: JSON, @FILE or -")],
    notes: Annotated[str, typer.Option("--notes", help="why; kept with the label")] = "",
) -> None:
    """Have the last word about an item that people dispute; it becomes the canonical label."""
    session = Session.of(context)
    label = session.workspace.label.agreement.adjudicate(job, item, read_object(answer, "The answer"), notes)
    session.show(
        label,
        lambda: [
            safe_line(f"{label.item_ref} is decided; its label has version {label.version}:"),
            *fields(label.label_data),
        ],
    )


@labels.command("labelers")
def labelers(
    context: typer.Context,
    training_sheet: Annotated[str, typer.Argument(metavar="[TRAINING_SHEET]", help="name or id")] = "",
    job: Annotated[str, typer.Option("--job", help="a labeling job instead, by name or id")] = "",
) -> None:
    """Who decided how much, how fast and how well, and how far proposals sway them."""
    session = Session.of(context)
    if bool(training_sheet) == bool(job):
        raise InvalidInputError("Name a training sheet or a labeling job.", "`ontos label labelers --job JOB`.")
    service = session.workspace.label.labelers
    found = service.of_job(job) if job else service.of_sheet(session.training_sheet(training_sheet).id)
    headers = ("who", "decisions", "labeled", "rejected", "flagged", "median s", "a minute", "too fast")
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
        for one in found
    ]
    shares = [
        (one.actor, _share(one.gold), _share(one.agreement), _share(one.seen), _share(one.blind)) for one in found
    ]

    def lines() -> Iterator[str]:
        yield from table(headers, amounts, "Nobody has decided anything here yet.")
        if found:
            yield ""
            yield from table(("who", "right on gold", "agrees with others", "as proposed, seen", "hidden"), shares)

    session.show(found, lines)


def _agreement_lines(found: JobAgreement) -> Iterator[str]:
    yield safe_line(f"{found.job.name}: {count(found.items, 'item')} answered by two people or more")
    if found.raters:
        yield safe_line(f"people: {', '.join(found.raters)}")
    yield ""
    told: Mapping[str, Agreement] = {"(whole answer)": found.whole, **found.fields}
    yield from table(
        ("field", "measure", "scale", "value", "95 % interval", "alike", "items"),
        [
            (name, one.measure, one.scale, number(one.value), _interval(one), _percent(one.percent), one.items)
            for name, one in told.items()
        ],
    )
    yield from (safe_line(f"{name}: {one.why}") for name, one in told.items() if one.why)
    if found.pairs:
        yield ""
        rows = [(one.a, one.b, one.items, _percent(one.percent), number(one.kappa)) for one in found.pairs]
        yield from table(("one", "other", "items", "alike", "Cohen's kappa"), rows)
        yield from (safe_line(f"{one.a} and {one.b}: {one.why}") for one in found.pairs if one.why)


def _disagreement_lines(one: Disagreement) -> Iterator[str]:
    differ = f"  differ in {', '.join(one.fields)}" if one.fields else ""
    yield safe_line(f"── {one.item_ref}{differ}{'  (resolved)' if one.resolved else ''}", 300)
    yield from facts((vote.actor, _vote(vote)) for vote in one.votes)
    if one.label is not None:
        yield safe_line(f"the label says: {cell(one.label.label_data)} ({one.label.source})")
    yield "fields:"
    yield from fields(one.source_data)
    yield ""


def _vote(vote: Vote) -> str:
    said = cell(vote.answer) if vote.answer is not None else vote.status.value
    return safe_line(f"{said}  {vote.notes}".strip())


def _interval(one: Agreement) -> str:
    return "no data yet" if one.low is None or one.high is None else f"{one.low:.2f} to {one.high:.2f}"


def _percent(share: float | None) -> str:
    return "no data yet" if share is None else f"{share:.0%}"


def _share(share: Share | None) -> str:
    if share is None or share.share is None:
        return "no data yet"
    low, high = share.interval
    return f"{share.share:.0%} ({low:.0%} to {high:.0%}; {share.right:,} of {share.of:,})"
