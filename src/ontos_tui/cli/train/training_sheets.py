"""`ontos training-sheets`: the training sheets, how far each is labeled, and putting one out of sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import facts, number, table
from ontos_tui.cli.core.session import Session, TrainingSheetRef
from ontos_tui.domain.rules.model_verdict import short_verdict
from ontos_tui.domain.rules.states import TrainingSheetStatus
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import TrainingSheet
    from ontos_tui.services.label.service import TrainingSheetView

training_sheets = noun_group("Training sheets: the Q&A pairs of one template and one sheet.")


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(training_sheets, name="training-sheets")


@training_sheets.command("list")
def list_training_sheets(
    context: typer.Context,
    archived: Annotated[bool, typer.Option("--archived", help="archived ones too")] = False,
) -> None:
    """The training sheets by name, and how many of their pairs are decided."""
    session = Session.of(context)
    views = session.workspace.label.queue.training_sheets(archived=archived)
    show_training_sheets(session, views)


@training_sheets.command("show")
def show(context: typer.Context, training_sheet: TrainingSheetRef) -> None:
    """A training sheet: where it comes from, how far it is labeled, and the models that were trained on it."""
    session = Session.of(context)
    sheet = session.training_sheet(training_sheet)
    every = session.workspace.label.queue.training_sheets(archived=True)
    counts = next(view.counts for view in every if view.sheet.id == sheet.id)
    readiness = session.workspace.train.models.readiness(sheet.id)
    models = [one for one in session.workspace.train.models.models() if one.training_sheet_id == sheet.id]
    decided = counts.total - counts.unlabeled
    session.show(
        {"training_sheet": sheet, "counts": counts, "readiness": readiness, "models": models},
        lambda: [
            *facts(
                [
                    ("training sheet", f"{sheet.name} ({sheet.id[:8]})"),
                    ("status", sheet.status.value),
                    ("error", sheet.generation_error),
                    ("label type", sheet.label_type),
                    ("template", f"{sheet.template_snapshot.get('name', '')} {sheet.template_version}"),
                    ("answers by", sheet.model_used or sheet.generation_mode.value),
                    ("decided", f"{decided:,} of {counts.total:,}"),
                    ("labeled", f"{counts.labeled:,}"),
                    ("trains on", f"{readiness.eligible:,} pairs"),
                    ("missing", f"{readiness.missing} labeled pairs" if readiness.missing else ""),
                    ("proposals hidden", number(100 * sheet.blind_share, 0, "%") if sheet.blind_share else ""),
                    ("models", "\n".join(f"{one.name}:{one.version}  {short_verdict(one)}" for one in models)),
                ]
            ),
            f"Label its next pair: ontos label next {sheet.id[:8]}",
        ],
    )


@training_sheets.command("archive")
def archive(context: typer.Context, training_sheet: TrainingSheetRef) -> None:
    """Put a training sheet out of sight; its pairs, labels and models stay. `restore` brings it back."""
    session = Session.of(context)
    _show_status(session, session.workspace.label.queue.archive(session.training_sheet(training_sheet).id))


@training_sheets.command("restore")
def restore(context: typer.Context, training_sheet: TrainingSheetRef) -> None:
    """Bring an archived training sheet back to the lists."""
    session = Session.of(context)
    _show_status(session, session.workspace.label.queue.restore(training_sheet))


def show_training_sheets(session: Session, views: list[TrainingSheetView]) -> None:
    """The training sheets with their counts."""
    # `sheet` is the former name: scripts of earlier versions read it.
    value = [{"training_sheet": view.sheet, "sheet": view.sheet, "counts": view.counts} for view in views]
    session.show(value, lambda: _table(views))


def _table(views: list[TrainingSheetView]) -> list[str]:
    some_archived = any(view.sheet.status is TrainingSheetStatus.ARCHIVED for view in views)
    headers = ("id", "training sheet", "pairs", "unlabeled", "labeled", "rejected", "flagged", "by label", "failed")
    rows = [
        (
            view.sheet.id[:8],
            view.sheet.name,
            view.counts.total,
            view.counts.unlabeled,
            view.counts.labeled,
            view.counts.rejected,
            view.counts.flagged,
            view.counts.auto_approved,
            view.counts.failed,
            *([view.sheet.status] if some_archived else []),
        )
        for view in views
    ]
    empty = "No training sheets. Create one: `ontos generate SHEET --template T --mode ai`"
    return table((*headers, "status") if some_archived else headers, rows, empty)


def _show_status(session: Session, sheet: TrainingSheet) -> None:
    session.show(sheet, lambda: [safe_line(f"{sheet.name} is in the status {sheet.status}.")])
