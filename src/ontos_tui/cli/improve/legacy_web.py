"""`ontos import old-web`: feedback, gaps and tasks of the earlier web version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ontos_tui.cli.core.output import count, print_error
from ontos_tui.cli.core.session import Session
from ontos_tui.cli.label.import_export import import_lines
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.text.terminal_text import safe_line


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("import-old-web")(import_old_web)


def import_old_web(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="DIR|FILE", help="feedback_items, identified_gaps, annotation_tasks")],
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", help="for feedback whose own endpoint does not exist here")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would happen")] = False,
) -> None:
    """Import feedback, gaps and tasks of the earlier web version, one JSONL, JSON or CSV file a table."""
    session = Session.of(context)
    outcome = session.workspace.improve.legacy_web.import_path(path, endpoint, dry_run=dry_run)
    session.show(
        outcome,
        lambda: [f"{safe_line(one.path.name)}: {line}" for one in outcome.files for line in import_lines(one)],
    )
    if outcome.refused:
        wrong = sum(report.problem_count for report in outcome.files)
        print_error(InvalidInputError(f"Nothing was imported: {count(wrong, 'line')} cannot be used.", "Correct them."))
        raise typer.Exit(1)
