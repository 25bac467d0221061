"""What `ontos data add` does with one path: a file, a folder, or a pattern of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from ontos_tui.cli.core.session import Session
from ontos_tui.domain.learning import Progress
from ontos_tui.domain.records.data import DataTable
from ontos_tui.domain.records.folders import FolderOptions
from ontos_tui.domain.records.reading import ReadingOptions
from ontos_tui.services.data.folder_tables.service import FolderRequest
from ontos_tui.services.data.reading import FileReport


@dataclass(frozen=True)
class Adding:
    """How files and folders are added: the table's name, columns, and what is decided about files and folders."""

    session: Session
    name: str
    names: Sequence[str]
    options: ReadingOptions
    folders: FolderOptions | None

    def add(self, path: Path) -> DataTable:
        """A file or a folder as a table."""
        data = self.session.workspace.data
        if self._is_file(path):
            return data.files.add_file(path, self.name or None, column_names=self.names, options=self.options)
        with self.session.progress() as progress:
            return data.folders.add(self._request(path, progress)).table

    def report(self, path: Path) -> FileReport:
        """What would be understood of it."""
        data = self.session.workspace.data
        if self._is_file(path):
            return data.files.file_report(path, self.names, self.options)
        with self.session.progress() as progress:
            return data.folders.report(self._request(path, progress))

    def _is_file(self, path: Path) -> bool:
        if self.session.workspace.data.folders.is_folder(path):
            return False
        if self.folders is not None:
            raise typer.BadParameter(f"{path} is no folder: --as, --pages, --pictures and the like go with folders.")
        return True

    def _request(self, path: Path, progress: Progress) -> FolderRequest:
        return FolderRequest(path, self.name, self.folders, self.options, self.names, progress)
