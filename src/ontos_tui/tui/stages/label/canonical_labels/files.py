"""Canonical labels out of the workspace and into it, as a JSONL file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.file_formats import Newer
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.label.import_export import read_path
from ontos_tui.tui.stages.label.import_files import ImportReportDialog

if TYPE_CHECKING:
    from ontos_tui.services.canonical.service import LabelFilter
    from ontos_tui.services.interchange.service import ImportReport
    from ontos_tui.tui.stages.label.page import LabelPage


class LabelFiles:
    """Asks over the host, and writes or reads in the background."""

    def __init__(self, host: LabelPage) -> None:
        self._host = host

    def export(self, list_filter: LabelFilter) -> None:
        """Ask for a file, and write the listed labels into it."""

        def done(values: Values | None) -> None:
            if values is not None:
                path = values["path"]
                self._host.run_in_background(
                    lambda workspace: workspace.label.canonical_label_files.export_file(path, list_filter),
                    lambda count: self._host.ontos.show_message(f"{count:,} labels written to {path}."),
                    group="do",
                )

        field = FormField("path", "File", "labels.jsonl", required=True, hint="~ is your home folder", read=read_path)
        self._host.app.push_screen(FormDialog("Export the listed labels", (field,), verb="Export"), done)

    def import_labels(self) -> None:
        """Ask for a file, and read labels from it."""

        def done(values: Values | None) -> None:
            if values is not None:
                self._import(values["path"])

        field = FormField("path", "File", required=True, hint="as E writes it: one label a line", read=read_path)
        self._host.app.push_screen(FormDialog("Import labels", (field,), verb="Import"), done)

    def _import(self, path: Path, newer: Newer | None = None) -> None:
        self._host.run_in_background(
            lambda workspace: workspace.label.canonical_label_files.import_file(path, newer=newer),
            self._imported,
            group="do",
        )

    def _imported(self, report: ImportReport) -> None:
        if report.undecided and not report.refused:
            self._host.app.push_screen(
                ImportReportDialog(report),
                lambda choice: self._import(report.path, choice) if isinstance(choice, Newer) else None,
            )
            return
        if report.refused:
            problems = "\n".join(str(problem) for problem in report.problems[:8])
            self._host.ontos.show_error(OntosError(f"Nothing was imported.\n{problems}", "Correct these lines."))
            return
        self._host.ontos.show_message(
            f"{report.created:,} new, {report.updated:,} changed, {report.unchanged:,} unchanged."
        )
        self._host.reload()
