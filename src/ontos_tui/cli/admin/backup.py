"""`ontos backup` and `ontos restore`: the whole workspace as one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import count, facts, moment
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.home import default_home

if TYPE_CHECKING:
    from ontos_tui.services.admin.backup import BackupReport
    from ontos_tui.services.admin.restore import RestoreReport

NEW_WRITER = (
    "This workspace shares with a team: it writes under a new name from now on, and reads what came since the backup. "
    "What others decided otherwise meanwhile is a conflict: ontos sync --conflicts"
)


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command("backup")(backup)
    root.command("restore")(restore)


def _home(session: Session) -> Path:
    return (session.home or default_home()).expanduser().absolute()


def backup(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(help="the file to write; without it, ontos-backup-NAME-TIME.zip beside the workspace"),
    ] = None,
) -> None:
    """Write the whole workspace to one file, while people work. Data files outside of it are not included."""
    from ontos_tui.domain.records.base import now
    from ontos_tui.services.admin.backup import back_up, default_name

    session = Session.of(context)
    home = _home(session)
    with session.progress() as line:
        report = back_up(
            home,
            file or home.parent / default_name(home, now()),
            lambda what, share: line.update(round(100 * share), 100, what),
        )
    session.show(report, lambda: _backup_lines(report))


def restore(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="a file that `ontos backup` wrote")]
) -> None:
    """Put the workspace of a backup in place of this one; what it replaces is kept in its folder backups/."""
    from ontos_tui.services.admin.restore import restore as restore_backup

    session = Session.of(context)
    report = restore_backup(_home(session), file)
    session.show(report, lambda: _restore_lines(report))


def _backup_lines(report: BackupReport) -> list[str]:
    missing = ", ".join(report.missing_models[:5])
    return [
        f"{safe_line(report.file)}: {report.bytes / 1e6:,.1f} MB in {report.seconds:.1f} s",
        *facts(
            [
                ("workspace", f"{report.workspace_bytes / 1e6:,.1f} MB, {count(report.rows, 'row')}"),
                ("models", count(report.models, "version")),
                ("missing", f"files of {safe_line(missing)}" if missing else ""),
                ("not included", f"{count(len(report.not_included), 'data file')} outside of the workspace"),
            ]
        ),
        *(f"  {safe_line(path)}" for path in report.not_included[:10]),
        f"Restore it: ontos restore {safe_line(report.file)}",
    ]


def _restore_lines(report: RestoreReport) -> list[str]:
    old_files = "" if report.replaced is None else f"kept in {safe_line(report.replaced)}"
    return [
        f"Restored {count(report.rows, 'row')} and {count(report.files, 'file')} from {moment(report.created_at)}.",
        *facts([("workspace", safe_line(report.home)), ("schema", report.schema), ("replaced", old_files)]),
        *([NEW_WRITER] if report.shared else []),
    ]
