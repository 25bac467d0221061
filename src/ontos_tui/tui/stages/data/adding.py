"""From a path to a table: choose the file or folder, see what is understood of it, decide what is open, accept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.folders import FolderKind, FolderKindError, FolderOptions, UnreadableFilesError
from ontos_tui.domain.records.reading import ReadingOptions
from ontos_tui.tui.dialogs.choose import ChooseDialog, ConfirmDialog
from ontos_tui.tui.stages.data.file_browser import FileDialog, expanded

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import DataTable
    from ontos_tui.services.data.reading import FileReport
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.workspace import Workspace

_KINDS = {
    FolderKind.PICTURES: "each picture is an item; sub-folders name classes",
    FolderKind.NAMED_PICTURES: "the rows of the table beside the pictures, which names them",
    FolderKind.DOCUMENTS: "each text or PDF is an item",
    FolderKind.TABLES: "the rows of all data files, with the file's name as a column",
}


@dataclass(frozen=True)
class _Place:
    """What was chosen: the text that was typed, and what was decided about it when it is a folder."""

    typed: str
    is_folder: bool = False
    folder: FolderOptions | None = None

    @property
    def path(self) -> Path:
        return expanded(self.typed)


class AddData:
    """Asks on the screen of `host`, and hands the accepted table to `done`. Whatever goes wrong leads back to the path,
    which stays as it was typed, with what was wrong below it."""

    def __init__(self, host: BackgroundMixin, done: Callable[[DataTable, str], None]) -> None:
        self._host = host
        self._done = done

    def start(self, typed: str = "", problem: OntosError | None = None) -> None:
        """Ask for the path."""
        self._host.app.push_screen(FileDialog(typed, problem, folders=True), self._chosen)

    def _chosen(self, typed: str | None) -> None:
        if not typed:
            return
        place = _Place(typed)

        def known(workspace: Workspace) -> ReadingOptions | None:
            """What was decided about a file before; None for a folder."""
            if workspace.data.folders.is_folder(place.path):
                return None
            return workspace.data.files.decisions(place.path)

        def look(options: ReadingOptions | None) -> None:
            if options is None:
                self._look_at_folder(replace(place, is_folder=True))
            else:
                self._report(place, options)

        self._host.run_in_background(known, look, group="add", failed=lambda error: self.start(typed, error))

    # Folders

    def _look_at_folder(self, place: _Place) -> None:
        """Ask what the folder leaves open, then report."""

        def failed(error: OntosError) -> None:
            if isinstance(error, FolderKindError):
                self._ask_kind(place, error)
            elif isinstance(error, UnreadableFilesError):
                self._ask_unreadable(place, error)
            else:
                self.start(place.typed, error)

        self._host.run_in_background(
            lambda workspace: _folder_report(workspace, place, None),
            lambda report: self._report(place, report.options),
            group="add",
            failed=failed,
        )

    def _ask_kind(self, place: _Place, error: FolderKindError) -> None:
        kinds = list(error.choices)

        def chosen(index: int | None) -> None:
            if index is None:
                self.start(place.typed)
            else:
                self._decide(place, kind=kinds[index])

        choices = [(kind.value, _KINDS[kind]) for kind in kinds]
        self._host.app.push_screen(ChooseDialog(f"{error.what} What are its rows?", choices), chosen)

    def _ask_unreadable(self, place: _Place, error: UnreadableFilesError) -> None:
        def answered(sure: bool | None) -> None:
            if sure:
                self._decide(place, skip_unreadable=True)
            else:
                self.start(place.typed)

        question = f"{error.what} {error.readable:,} others can be read."
        self._host.app.push_screen(ConfirmDialog("Go on without them?", question), answered)

    def _decide(self, place: _Place, **decision: object) -> None:
        options = (place.folder or FolderOptions()).model_copy(update=decision)
        self._look_at_folder(replace(place, folder=options))

    # The report

    def _report(self, place: _Place, options: ReadingOptions) -> None:
        """Show what is understood, and add it when it is accepted."""
        from ontos_tui.tui.stages.data.reading_dialog import ReadingDialog

        def accepted(decided: ReadingOptions | None) -> None:
            if decided is None:
                self.start(place.typed)
            else:
                self._add(place, decided)

        dialog = ReadingDialog(str(place.path), options)
        if place.is_folder:
            dialog = ReadingDialog(
                str(place.path), options, read=lambda workspace, decided: _folder_report(workspace, place, decided)
            )
        self._host.app.push_screen(dialog, accepted)

    def _add(self, place: _Place, options: ReadingOptions) -> None:
        def add(workspace: Workspace) -> DataTable:
            if not place.is_folder:
                return workspace.data.files.add_file(place.path, options=options, exact=True)
            from ontos_tui.services.data.folder_tables.service import FolderRequest

            request = FolderRequest(place.path, options=place.folder, reading=options)
            return workspace.data.folders.add(request).table

        self._host.run_in_background(
            add,
            lambda table: self._done(table, place.path.stem),
            group="add",
            failed=lambda error: self.start(place.typed, error),
        )


def _folder_report(workspace: Workspace, place: _Place, options: ReadingOptions | None) -> FileReport:
    from ontos_tui.services.data.folder_tables.service import FolderRequest

    return workspace.data.folders.report(FolderRequest(place.path, options=place.folder, reading=options))
