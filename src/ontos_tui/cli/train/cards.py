"""`ontos models card` and `ontos training-sheets card`: what a model or its data is, as a page in Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ontos_tui.cli.core.session import Session, TrainingSheetRef
from ontos_tui.cli.train.models import ModelRef, models
from ontos_tui.cli.train.training_sheets import training_sheets
from ontos_tui.domain.text.terminal_text import safe_line, safe_text

Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="write it to this file")]


def register(_root: typer.Typer) -> None:
    """Nothing to add: the commands joined their groups when this module was imported."""


@models.command("card")
def model_card(context: typer.Context, model: ModelRef, out: Out = None) -> None:
    """The card of a model version: use, data, scores, limits, lineage and checks, in Markdown."""
    session = Session.of(context)
    _show(session, session.workspace.train.cards.model_card(model), out)


@training_sheets.command("card")
def data_card(context: typer.Context, training_sheet: TrainingSheetRef, out: Out = None) -> None:
    """The card of a training sheet: source, labels, people and columns, in Markdown."""
    session = Session.of(context)
    sheet = session.training_sheet(training_sheet)
    _show(session, session.workspace.train.cards.data_card(sheet.id), out)


def _show(session: Session, text: str, out: Path | None) -> None:
    if out is None:
        session.show({"markdown": text}, lambda: safe_text(text, len(text)).split("\n")[:-1])
        return
    from ontos_tui.replacing import write_text

    write_text(out, text)
    session.show({"file": str(out)}, lambda: [safe_line(f"Written: {out}")])
