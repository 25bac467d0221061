"""Folders as tables: pictures, documents, and many data files as one; looked at again when they have changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.learning import NoProgress, Progress
from ontos_tui.domain.records.data import LOCAL, DataTable, FileFormat, TableAddress, identifier_from
from ontos_tui.domain.records.folders import Folder, FolderOptions
from ontos_tui.domain.records.reading import Reading, ReadingOptions
from ontos_tui.services.data.reading import FileReport, merged
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import data

if TYPE_CHECKING:
    from ontos_tui.tabular.folders.look import Look, Request
    from ontos_tui.tabular.folders.walk import FolderFile, Place


@dataclass(frozen=True)
class FolderRequest:
    """A folder, or a pattern of files, and what the user decides about it.

    `name` is the table's where it is not the folder's own. `reading` and `column_names` are about data files. What is
    left open is decided as before, or by the folder.
    """

    path: Path
    name: str = ""
    options: FolderOptions | None = None
    reading: ReadingOptions | None = None
    column_names: Sequence[str] = ()
    progress: Progress = field(default_factory=NoProgress)


@dataclass(frozen=True)
class FolderLook:
    """A table after a look at its folder, and what was new, changed and gone: paths from the folder.

    `waiting` may still be written, and are read at a later look. `rows_before` is 0 for a new table.
    """

    table: DataTable
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    rows_before: int = 0

    @property
    def differs(self) -> bool:
        """Whether the look changed the table."""
        return bool(self.new or self.changed or self.gone)


class FolderService:
    """Adds folders as tables and looks at them again. Every change is logged under `actor`."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    def is_folder(self, path: Path) -> bool:
        """Whether a path names a folder, or is a pattern of files; a file that is there is none, whatever its name."""
        return self._place(path) is not None

    def add(self, request: FolderRequest) -> FolderLook:
        """Add a folder as the table local.files.<name>, or look at it again: then its rows are what it holds now.

        Raises FolderKindError when it can be read in several ways, UnreadableFilesError when some of its files cannot
        be read, UndecidedError and InvalidInputError as `FileService.add_file` does, ConflictError when another file
        has that name or another process is looking, JobCancelledError from `request.progress`.
        """
        return self._look(request)

    def look(self, request: FolderRequest, ready: Callable[[FolderFile], bool]) -> FolderLook:
        """Add what is new of the files that `ready` says are complete. Rows of files that are gone stay.

        Raises as `add`.
        """
        return self._look(request, ready=ready, only_new=True)

    def report(self, request: FolderRequest) -> FileReport:
        """What would be understood of a folder if it were added so. Nothing is changed. Raises as `add` does."""
        import tempfile

        from ontos_tui.tabular.folders.look import locked, look

        place, known = self._place_and_table(request)
        known = known if known is not None and known.path == str(place) else None
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            with locked(home, "report"):
                seen = look(self._request(place, home, "report", request, known))
            return _report(home, "", str(place), seen.folder, seen.reading, self._reading(request, known))

    def request_of(self, table: DataTable) -> FolderRequest:
        """What looks at a table's folder as it was looked at before. Raises InvalidInputError for other tables."""
        if table.folder is None:
            raise InvalidInputError(
                f"{table.address} is one file, not a folder: {table.path}.", "Name another table: --into NAME"
            )
        name = table.address.rpartition(".")[2]
        return FolderRequest(Path(table.path), name, None, None, table.column_names)

    @property
    def _home(self) -> Path:
        return self._store.path.parent

    def _place(self, path: Path) -> Place | None:
        from ontos_tui.tabular.folders.walk import place_of

        return place_of(path.expanduser().absolute())

    def _known(self, request: FolderRequest) -> tuple[Place, DataTable | None]:
        """The folder, and its table where it is one. Raises ConflictError when another table has that name."""
        place, known = self._place_and_table(request)
        if known is not None and known.path != str(place):
            raise ConflictError(
                f"The name {known.address} is used by another table: {known.path}.", "Give this one another: --name"
            )
        return place, known

    def _place_and_table(self, request: FolderRequest) -> tuple[Place, DataTable | None]:
        """The folder, and the table that has its name or its path."""
        place = self._place(request.path)
        if place is None:
            raise InvalidInputError(f"No folder {request.path}.", "Check the name and the folder.")
        address = self._address(request, place)
        with self._store.read() as connection:
            known = data.table_at(connection, address)
            if known is None and not request.name:
                known = data.table_of_file(connection, str(place))
        return place, known

    def _address(self, request: FolderRequest, place: Place) -> str:
        return str(TableAddress(LOCAL, "files", identifier_from(request.name or place.name)))

    def _reading(self, request: FolderRequest, known: DataTable | None) -> ReadingOptions:
        return merged(known.reading_options, request.reading) if known else request.reading or ReadingOptions()

    def _request(self, place: Place, home: Path, key: str, request: FolderRequest, known: DataTable | None) -> Request:
        from ontos_tui.tabular.folders.look import Request

        before = known.folder.options if known is not None and known.folder is not None else FolderOptions()
        given = request.options
        options = (
            before
            if given is None
            else before.model_copy(update={name: getattr(given, name) for name in given.model_fields_set})
        )
        names = request.column_names or (known.column_names if known is not None else ())
        return Request(place, home, key, options, self._reading(request, known), names, progress=request.progress)

    def _look(
        self, request: FolderRequest, *, ready: Callable[[FolderFile], bool] | None = None, only_new: bool = False
    ) -> FolderLook:
        from dataclasses import replace

        from ontos_tui.tabular.folders.look import locked, look
        from ontos_tui.tabular.folders.snapshot import remove_old

        place, _ = self._known(request)
        key = _key(self._address(request, place), str(place))
        with locked(self._home, key):
            place, known = self._known(request)  # as it is now that no other process changes it
            full_request = replace(
                self._request(place, self._home, key, request, known), ready=ready, only_new=only_new
            )
            decided = known is not None and full_request.reading == known.reading_options
            before = known.folder if known is not None and decided else None
            seen = look(full_request, before, known.reading if known is not None else None)
            table = self._store_look(place, request, full_request.reading, seen, known)
            remove_old(self._home / "folder_tables" / key, Path(seen.folder.snapshot).name)
        rows_before = known.row_count if known is not None else 0
        return FolderLook(table, seen.new, seen.changed, seen.gone, seen.waiting, rows_before)

    def _store_look(
        self, place: Place, request: FolderRequest, reading: ReadingOptions, seen: Look, known: DataTable | None
    ) -> DataTable:
        """Let the table point at the new snapshot: from here on the look has happened, and not before."""
        content = {
            "bytes": sum(entry.size for entry in seen.snapshot.entries.values()),
            "columns": list(seen.snapshot.columns),
            "row_count": seen.snapshot.rows,
            "fingerprint": seen.folder.snapshot,
            "reading": seen.reading,
            "reading_options": reading,
            "folder": seen.folder,
            "column_names": list(request.column_names) or (known.column_names if known is not None else []),
        }
        counts = {"new": len(seen.new), "changed": len(seen.changed), "gone": len(seen.gone)}
        with self._store.write() as connection:
            if known is None:
                table = DataTable(
                    address=self._address(request, place),
                    path=str(place),
                    format=FileFormat.FOLDER,
                    added_by=self._actor,
                    **content,
                )
                rows.add(connection, table)
                logged = {"path": table.path, "rows": table.row_count, **counts}
                rows.log(connection, table, "add_folder", self._actor, after=logged)
                return table
            if seen.folder == known.folder and not seen.differs:
                return known
            before, after = {"rows": known.row_count}, {"rows": seen.snapshot.rows, **counts}
            rows.log(connection, known, "look_at_folder", self._actor, before=before, after=after)
            return rows.change(connection, known, **content)


def _key(address: str, path: str) -> str:
    """The name of a table's own folder in the workspace."""
    return hashlib.sha256(f"{address}|{path}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def folder_report(home: Path, table: DataTable) -> FileReport:
    """What was understood of a table's folder when it was looked at last. Raises PlatformError when that is gone."""
    assert table.folder is not None  # whoever calls this has looked
    reading = table.reading or Reading(format="folder")
    return _report(home, table.address, table.path, table.folder, reading, table.reading_options)


def _report(
    home: Path, address: str, path: str, folder: Folder, reading: Reading, options: ReadingOptions
) -> FileReport:
    from ontos_tui.tabular.folders.snapshot import open_snapshot
    from ontos_tui.tabular.quality.profile import profile
    from ontos_tui.tabular.quality.table_rows import TableRows

    source = open_snapshot(home, folder, Path(path), reading)
    try:
        profiles = tuple(profile(TableRows.of(source)))
    finally:
        source.connection.close()
    return FileReport(address, path, reading, options, profiles)
