"""`ontos train --on warehouse`: what a training where the rows are would learn from, and what it costs."""

from __future__ import annotations

from ontos_tui.cli.core.output import facts, number
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.records.data import LOCAL

WAREHOUSE = "warehouse"
LARGE = 1_000_000
"""Rows from which on a table is better trained where it is than by pairs that are copied here."""


def large_table_note(session: Session, sheet_id: str) -> str:
    """What is said of a table of the workspace that is large; empty for others."""
    sheet = session.workspace.data.sheets.sheet(sheet_id)
    if sheet.source_table.startswith(f"{LOCAL}.") or sheet.item_count < LARGE:
        return ""
    return f"{sheet.source_table} has {sheet.item_count:,} rows: --on warehouse learns from them where they are"


def show_rows(session: Session, training_sheet_id: str, base_model: str | None, seed: int) -> None:
    """Count the rows there, and estimate the training."""
    service = session.workspace.train.warehouse
    ready = service.look(training_sheet_id, seed)
    guess = service.estimate(ready)
    base = base_model or session.workspace.train.models.recommended(training_sheet_id)
    cost = "not known" if guess.cost is None else f"up to {number(guess.cost, 2, guess.currency)}"
    session.show(
        {"rows": ready, "estimate": guess, "base_model": base},
        lambda: facts(
            [
                ("table", ready.table),
                ("can teach", f"{ready.train:,} rows; as many are used as help, {ready.most:,} at most"),
                ("test", ready.basis),
                ("decided here", f"{ready.decided:,} rows" if ready.decided else ""),
                ("split", ready.split),
                ("columns", f"{ready.features:,}"),
                ("base model", base),
                ("time", f"up to {guess.seconds / 60:,.0f} min"),
                ("cost", cost),
                ("basis", guess.basis),
            ]
        ),
    )
