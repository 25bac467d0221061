"""`ontos label`: decide about pairs, one by one or by a file, and export the result."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.groups import group
from ontos_tui.cli.core.output import count, facts, fields, plain, print_lines
from ontos_tui.cli.core.session import Session, TrainingSheetRef, read_object
from ontos_tui.cli.train.training_sheets import show_training_sheets
from ontos_tui.domain.records.pairs import QAPair, Verdict
from ontos_tui.domain.rules.confidence_text import certainty_text
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.replacing import replacing

if TYPE_CHECKING:
    from ontos_tui.services.label.service import Batch, Queue

labels = group("Label: approve, correct or reject the pairs of a training sheet.")


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(labels, name="label")


@labels.command("next")
def next_pairs(
    context: typer.Context,
    training_sheet: TrainingSheetRef,
    amount: Annotated[int, typer.Option("--count", min=1, help="number of pairs")] = 1,
    view: Annotated[str, typer.Option("--view", metavar="NAME", help="of a saved view, in its order")] = "",
    like: Annotated[str, typer.Option("--like", metavar="ITEM", help="sort by similarity to this item")] = "",
) -> None:
    """The next pairs that are not decided yet."""
    session = Session.of(context)
    sheet = session.training_sheet(training_sheet)
    label = session.workspace.label.queue
    pairs: list[QAPair] = []
    if view or like:
        pairs = label.pairs(_queue(session, sheet.id, view, like).first_undecided(amount))
    else:
        after = 0
        while len(pairs) < amount and (pair := label.next_unlabeled(sheet.id, after)):
            pairs.append(pair)
            after = pair.sequence_number
    session.show(pairs, lambda: [line for pair in pairs for line in _pair_lines(pair)] or ["All pairs are decided."])


@labels.command("decide")
def decide(
    context: typer.Context,
    pair: Annotated[str, typer.Argument(help="id of the pair")],
    verdict: Annotated[Verdict, typer.Argument(help="your decision")],
    answer: Annotated[str | None, typer.Option("--answer", help="the right answer, for edit: JSON, @FILE or -")] = None,
    reason: Annotated[str, typer.Option("--reason", help="why, for reject")] = "",
    notes: Annotated[str | None, typer.Option("--notes", help="your notes")] = None,
) -> None:
    """Decide about one pair."""
    from ontos_tui.services.label.service import Decision

    session = Session.of(context)
    decision = Decision(
        pair_id=session.workspace.label.queue.pair(pair).id,
        verdict=verdict,
        answer=None if answer is None else read_object(answer, "The answer"),
        reason=reason,
        notes=notes,
    )
    _show_batch(session, session.workspace.label.queue.decide([decision]))


@labels.command("apply")
def apply(
    context: typer.Context,
    training_sheet: TrainingSheetRef,
    file: Annotated[Path, typer.Argument(help="JSONL or CSV: item_ref or pair id, verdict, answer")],
) -> None:
    """Apply the decisions of a file, all or none."""
    session = Session.of(context)
    _show_batch(session, session.workspace.label.queue.apply_file(session.training_sheet(training_sheet).id, file))


@labels.command("stats")
def stats(
    context: typer.Context,
    training_sheet: Annotated[str, typer.Argument(metavar="[TRAINING_SHEET]", help="name or id; otherwise all")] = "",
) -> None:
    """How many pairs are decided, and how."""
    session = Session.of(context)
    service = session.workspace.label.queue
    if training_sheet:
        only = session.training_sheet(training_sheet).id
        views = [view for view in service.training_sheets(archived=True) if view.sheet.id == only]
    else:
        views = service.training_sheets()
    show_training_sheets(session, views)


@labels.command("export")
def export(
    context: typer.Context,
    training_sheet: TrainingSheetRef,
    out: Annotated[Path | None, typer.Option("--out", help="write to this file instead of stdout")] = None,
    history: Annotated[bool, typer.Option("--history", help="the log of every decision instead, oldest first")] = False,
) -> None:
    """The labeled pairs that may be used for training, as chat JSONL; or the log of decisions."""
    session = Session.of(context)
    sheet = session.training_sheet(training_sheet)
    lines = (
        session.workspace.label.files.history(sheet.id) if history else session.workspace.label.queue.export(sheet.id)
    )
    if out is None:
        if session.as_json:
            session.show(list(lines), list)
        else:
            print_lines(json.dumps(plain(line), allow_nan=False) for line in lines)
        return
    with replacing(out) as (target,), target.open("w", encoding="utf-8", newline="") as file:
        written = sum(bool(file.write(json.dumps(plain(line), allow_nan=False) + "\n")) for line in lines)
    what = "event" if history else "pair"
    session.show({"file": out, f"{what}s": written}, lambda: [f"{count(written, what)} in {out}"])


@labels.command("undo")
def undo(context: typer.Context, training_sheet: TrainingSheetRef) -> None:
    """Undo your last decision in a training sheet; again, the one before."""
    session = Session.of(context)
    batch = session.workspace.label.queue.undo(session.training_sheet(training_sheet).id)
    if batch is None:
        session.show(None, lambda: ["You have nothing to undo here."])
    else:
        _show_batch(session, batch)


def _queue(session: Session, sheet_id: str, view: str, like: str) -> Queue:
    """The queue of a view, or sorted by similarity to an item, or both."""
    from ontos_tui.services.label.queue import QueueFilter, QueueSort

    saved = session.workspace.label.views.get(sheet_id, view) if view else None
    chosen, sort = (saved.filter, saved.sort) if saved else (QueueFilter(), QueueSort.ORDER)
    if like:
        chosen, sort = replace(chosen, like=like), QueueSort.SIMILAR
    return session.workspace.label.queue.open(sheet_id, chosen, sort)


def _show_batch(session: Session, batch: Batch[QAPair]) -> None:
    session.show(batch, lambda: [safe_line(batch.description)])


def _pair_lines(pair: QAPair) -> list[str]:
    return [
        f"── {safe_line(pair.item_ref)}",
        *facts(
            [
                ("pair", pair.id),
                ("status", pair.status.value),
                ("proposed by", pair.proposed_by),
                ("confidence", certainty_text(pair.confidence, pair.certainty)),
            ]
        ),
        "fields:",
        *fields(pair.source_data),
        *(["proposed:", *fields(pair.proposal)] if pair.proposal else ["no proposal"]),
        "",
    ]
