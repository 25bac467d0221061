"""`ontos sync --verify`: whether this workspace has what the team's log says, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from ontos_tui.cli.core.output import table
from ontos_tui.cli.core.session import Session

if TYPE_CHECKING:
    from ontos_tui.services.team.verifying import Verification


def verify(session: Session, repair: bool) -> None:
    """Compare, and with `repair` make equal. What differs and stays so is this command's failure."""
    result = session.workspace.sharing.verify(repair=repair)
    session.show({"is_equal": result.is_equal, "verification": result}, lambda: _lines(result))
    if not result.is_equal and not repair:
        raise typer.Exit(1)


def _lines(result: Verification) -> Iterator[str]:
    at = f"at version {result.version:,}: {result.rows:,} rows, checksum {result.checksum}"
    if result.is_equal:
        yield f"equal {at}"
        return
    yield f"not equal {at}"
    rows = [
        (
            one.part.replace("_", " "),
            f"{one.missing:,} missing",
            f"{one.extra:,} only here",
            f"{one.differing:,} differ",
        )
        for one in result.differences
    ]
    yield from table(("in", "", "", ""), rows)
    if result.copy is not None:
        yield f"repaired from the log; the database before is in {result.copy}"
    else:
        yield "Repair it: ontos sync --verify --repair"
