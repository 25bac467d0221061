"""A backup from within the app: where to, then written in the background while one works on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.records.base import now
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.dialogs.text import TextDialog

if TYPE_CHECKING:
    from ontos_tui.services.admin.backup import BackupReport
    from ontos_tui.workspace import Workspace


def ask_backup(asker: BackgroundMixin, home: Path) -> None:
    """Ask for the file of a backup, write it, and say what is in it."""
    from ontos_tui.services.admin.backup import default_name

    def chosen(values: Values | None) -> None:
        if values is not None:
            path: Path = values["path"]
            asker.run_in_background(lambda workspace: _write(workspace, path), done, group="backup")

    def done(report: BackupReport) -> None:
        asker.app.push_screen(TextDialog("Backup written", _describe(report)))

    suggested = home.parent / default_name(home, now())
    field = FormField("path", "File", str(suggested), required=True, read=lambda text: Path(text.strip()).expanduser())
    about = "The whole workspace as one file. A file of that name is replaced."
    asker.app.push_screen(FormDialog("Back up the workspace", (field,), about=about, verb="Back up"), chosen)


def _write(workspace: Workspace, path: Path) -> BackupReport:
    from ontos_tui.services.admin.backup import back_up

    return back_up(workspace.home, path)


def _describe(report: BackupReport) -> str:
    lines = [
        f"{report.file}",
        f"{report.bytes / 1e6:,.1f} MB in {report.seconds:.1f} s: {report.rows:,} rows, {report.models:,} models.",
        "",
        f"Restore it, with the app closed: ontos restore {report.file}",
    ]
    if report.not_included:
        lines += ["", f"Not included, {len(report.not_included):,} data files outside of the workspace:"]
        lines += [f"  {path}" for path in report.not_included[:20]]
    return "\n".join(lines)
