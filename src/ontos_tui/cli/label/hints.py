"""`ontos label hints`: pairs to review first: unsure proposals, possible label errors, near-duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import count, facts, plain, table
from ontos_tui.cli.core.session import Limit, Session, TrainingSheetRef, Wait
from ontos_tui.cli.label.decisions import labels
from ontos_tui.domain.records.labeling import HintKind
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.label.hints.service import HintReport

Kinds = Annotated[
    list[HintKind] | None, typer.Option("--kind", help="only this kind, may be repeated; by default as in the settings")
]


def register(_root: typer.Typer) -> None:
    """Nothing to add: the commands joined the group `label` when this module was imported."""


@labels.command("hints")
def hints(
    context: typer.Context,
    training_sheet: TrainingSheetRef,
    kind: Kinds = None,
    show: Annotated[bool, typer.Option("--show", help="only show the stored hints")] = False,
    job: Annotated[bool, typer.Option("--job", help="in the background; large training sheets always are")] = False,
    wait: Wait = False,
    limit: Limit = 10,
) -> None:
    """Find the pairs to review first, and show why."""
    session = Session.of(context)
    service = session.workspace.label.hints
    sheet = session.training_sheet(training_sheet)
    if show:
        _show_hints(session, sheet.id, kind, limit)
        return
    if job or service.is_large(sheet.id):
        submitted = service.submit(sheet.id, kind)
        if not wait:
            session.show_job(submitted)
            return
        finished = session.wait_for(submitted)
        session.show(finished, lambda: [safe_line(finished.message), *_top(session, sheet.id, kind, limit)])
        return
    with session.progress() as line:
        report = service.compute(sheet.id, kind, progress=line)
    session.show(report, lambda: [*_report_lines(report), *_top(session, sheet.id, kind, limit)])


@labels.command("groups")
def groups(context: typer.Context, training_sheet: TrainingSheetRef, limit: Limit = 20) -> None:
    """The near-duplicates, group by group; those that are labeled differently first."""
    session = Session.of(context)
    listed = session.workspace.label.hints.groups(session.training_sheet(training_sheet).id, limit)
    value = [
        {
            "key": group.key,
            "conflict": group.conflict,
            "labels": dict(group.labels),
            "undecided": group.undecided,
            "members": group.members,
        }
        for group in listed
    ]

    def lines() -> Iterator[str]:
        for group in listed:
            amounts = ", ".join(f"{label} {n}" for label, n in group.labels.items()) or "no labels yet"
            marks = "  ! labeled differently" if group.conflict else ""
            yield safe_line(
                f"── {count(len(group.members), 'item')}, {len(group.undecided)} undecided; {amounts}{marks}"
            )
            rows = [(one.item_ref, one.status, one.label, one.pair_id[:8], one.reason) for one in group.members]
            yield from table(("item", "status", "label", "pair", "why"), rows)
        if not listed:
            yield "No near-duplicates. Find some: `ontos label hints TRAINING_SHEET --kind duplicate`"

    session.show(value, lines)


@labels.command("dismiss-hint")
def dismiss(
    context: typer.Context,
    pair: Annotated[str, typer.Argument(help="id of the pair")],
    kind: Annotated[HintKind, typer.Argument(help="which hint")],
    reason: Annotated[str, typer.Option("--reason", help="why it is wrong")] = "",
) -> None:
    """Dismiss a hint that is wrong; it does not return for the same label."""
    session = Session.of(context)
    record = session.workspace.label.queue.pair(pair)
    session.workspace.label.hints.dismiss(record.id, kind, reason)
    session.show({"pair_id": record.id, "kind": kind}, lambda: [safe_line(f"{record.item_ref}: no longer {kind}")])


@labels.command("clear-hints")
def clear(
    context: typer.Context,
    training_sheet: TrainingSheetRef,
    kind: Annotated[HintKind | None, typer.Option("--kind", help="only this kind")] = None,
) -> None:
    """Remove the hints of a training sheet until they are computed again."""
    session = Session.of(context)
    n = session.workspace.label.hints.clear(session.training_sheet(training_sheet).id, kind)
    session.show({"cleared": n}, lambda: [f"{count(n, 'hint')} removed"])


def _report_lines(report: HintReport) -> Iterator[str]:
    for kind, n in report.counts.items():
        if kind not in report.skipped:
            by = f", by {report.engines[kind]}" if kind in report.engines else ""
            yield safe_line(f"{kind}: {count(n, 'pair')}{by}")
    for kind, reason in report.skipped.items():
        yield safe_line(f"no {kind}: {reason}")
    for kind, notes in report.notes.items():
        yield from (safe_line(f"{kind}: {note}") for note in notes)
    yield from facts([("seconds", f"{report.seconds:.1f}")])


def _show_hints(session: Session, sheet_id: str, kinds: list[HintKind] | None, limit: int) -> None:
    service = session.workspace.label.hints
    by_kind = {kind: service.top(sheet_id, kind, limit) for kind in kinds or HintKind}
    value = {
        "counts": service.counts(sheet_id),
        "hints": [{"item_ref": ref, **plain(hint)} for some in by_kind.values() for hint, ref in some],
    }
    session.show(value, lambda: _top(session, sheet_id, kinds, limit))


def _top(session: Session, sheet_id: str, kinds: list[HintKind] | None, limit: int) -> Iterator[str]:
    """The strongest hints of each kind."""
    service = session.workspace.label.hints
    counts = service.counts(sheet_id)
    for kind in kinds or HintKind:
        if not counts[kind]:
            continue
        yield ""
        yield f"{kind}: {count(counts[kind], 'pair')}, the first {min(limit, counts[kind])}"
        for hint, ref in service.top(sheet_id, kind, limit):
            yield safe_line(f"  {hint.pair_id[:8]}  {ref}  {hint.score:.2f}  {hint.reason}", 300)
    if not any(counts.values()):
        yield "No hints."
