"""Data files as tables: added, reported, and read anew with other decisions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.data import LOCAL, DataTable, TableAddress, identifier_from
from ontos_tui.domain.records.reading import ReadingOptions, UndecidedError
from ontos_tui.platforms.ports import Catalog, TeamCatalog
from ontos_tui.services.data.addresses import find_address
from ontos_tui.services.data.folder_tables.service import folder_report
from ontos_tui.services.data.reading import FileReport, file_report, merged, report_of
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import data


class FileService:
    """Adds files as tables, and says what is understood of them. Every change is logged under `actor`."""

    def __init__(self, store: Store, catalog: Catalog, actor: str) -> None:
        self._store = store
        self._catalog = catalog
        self._actor = actor

    def add_file(
        self,
        path: Path,
        name: str | None = None,
        schema: str = "files",
        column_names: Sequence[str] = (),
        options: ReadingOptions | None = None,
        *,
        exact: bool = False,
    ) -> DataTable:
        """Add a data file as the table local.<schema>.<name>; the name is the file's own unless given.

        Another sheet of a workbook that is a table already is called by the file and the sheet. `column_names` are for
        text whose lines name no columns; without them its columns are c1, c2 and so on. `options` say how it is read;
        what they leave open is decided as before, or by the file. With `exact`, what was decided before is forgotten. A
        known file is read again. One of the team's, whose path is /Volumes/catalog/schema/volume/…, is copied into the
        workspace, anew each time. Raises InvalidInputError saying why the file cannot be read, UndecidedError for what
        only the user can decide, ConflictError when another file has that name.
        """
        path, name, address, options = self._named(path, name, schema, options)
        if not exact:
            column_names, options = self._decided(path, address, name, column_names, options)
        record = self._record(path, address, column_names, options or ReadingOptions())
        with self._store.write() as connection:
            known = _known(connection, record.address, record.path, name)
            if known is None:
                rows.add(connection, record)
                logged = record.model_dump(mode="json", exclude={"reading"})
                rows.log(connection, record, "add_file", self._actor, after=logged)
                return record
            if known.path != record.path:
                raise ConflictError(
                    f"The name {known.address} is used by another file: {known.path}.", "Give this file another name."
                )
            return self._refresh(connection, known, record)

    def file_report(
        self,
        path: Path,
        column_names: Sequence[str] = (),
        options: ReadingOptions | None = None,
        *,
        exact: bool = False,
    ) -> FileReport:
        """What would be understood of a file if it were added so, with what is left to decide. Nothing is changed.

        With `exact`, decisions that were made for it before do not count. Raises InvalidInputError saying why the file
        cannot be read.
        """
        path, name, address, options = self._named(path, None, "files", options)
        if not exact:
            column_names, options = self._decided(path, address, name, column_names, options)
        return file_report(path, options or ReadingOptions(), column_names)

    def table_report(self, address: str) -> FileReport:
        """What is understood of a table's file. Raises NotFoundError for a table that is no file on this machine."""
        table = self.file_table(address)
        return report_of(table) if table.folder is None else folder_report(self._store.path.parent, table)

    def file_table(self, address: str) -> DataTable:
        """The record of a table that is a file on this machine. Raises NotFoundError for any other."""
        full_name = str(find_address(self._catalog, address))
        with self._store.read() as connection:
            table = data.table_at(connection, full_name)
        if table is None:
            raise NotFoundError(f"{full_name} is no file on this machine.", "List the files: ontos data list")
        if (joined := table.joined) is not None:
            raise InvalidInputError(
                f"{full_name} is made of {joined.left} and {joined.right}, and is no file of its own.",
                "Look at these: how they are read decides what it holds.",
            )
        return table

    def decisions(self, path: Path) -> ReadingOptions:
        """What was decided before about how a file is read. Raises InvalidInputError when there is no such file."""
        from ontos_tui.tabular.source import checked_format, fingerprint

        path = _absolute(self._here(path))
        checked_format(path)
        fingerprint(path)
        address = str(TableAddress(LOCAL, "files", identifier_from(path.stem)))
        return self._decided(path, address, None, (), None)[1]

    def read_anew(self, address: str, options: ReadingOptions) -> DataTable:
        """Read a table's file with other decisions, in place of all that were made before.

        Sheets over it say that their source has changed until they are checked again. Raises as `add_file` does.
        """
        known = self.file_table(address)
        record = self._record(Path(known.path), known.address, known.column_names, options)
        content = ("format", "columns", "row_count", "fingerprint", "reading_options", "reading")
        read = {name: getattr(record, name) for name in content}
        with self._store.write() as connection:
            table = rows.get(connection, DataTable, known.address)
            before = _plain({"reading_options": table.reading_options})
            rows.log(
                connection, table, "read_anew", self._actor, before=before, after=_plain({"reading_options": options})
            )
            return rows.change(connection, table, **read)

    def _named(
        self, path: Path, name: str | None, schema: str, options: ReadingOptions | None
    ) -> tuple[Path, str | None, str, ReadingOptions | None]:
        """The file's full path, the name where it is not the file's own, the address, and options with the sheet."""
        from ontos_tui.tabular.workbooks.sheets import with_sheet_name

        path = _absolute(self._here(path))
        options = options and with_sheet_name(path, options)
        name = self._sheet_name(path, name, options)
        address = TableAddress(LOCAL, identifier_from(schema), identifier_from(name or path.stem))
        return path, name, str(address), options

    def _record(self, path: Path, address: str, column_names: Sequence[str], options: ReadingOptions) -> DataTable:
        """The file as a table, not stored yet. Raises InvalidInputError, and UndecidedError for the first question."""
        from ontos_tui.tabular.source import inspect_file

        content = inspect_file(path, column_names, options, self._store.path.parent / "spill")
        if content.reading.questions:
            raise UndecidedError(content.reading.questions[0], path.name)
        return DataTable(
            address=address,
            path=str(path),
            format=content.format,
            bytes=path.stat().st_size,
            column_names=list(column_names),
            columns=list(content.columns),
            row_count=content.rows,
            fingerprint=content.fingerprint,
            added_by=self._actor,
            reading_options=options,
            reading=content.reading,
        )

    def _decided(
        self,
        path: Path,
        address: str,
        name: str | None,
        column_names: Sequence[str],
        options: ReadingOptions | None,
    ) -> tuple[Sequence[str], ReadingOptions]:
        """The names and decisions for a file: those that are given, above those that were made for it before."""
        with self._store.read() as connection:
            known = _known(connection, address, str(path), name)
        if known is None or known.path != str(path):
            return column_names, options or ReadingOptions()
        return column_names or known.column_names, merged(known.reading_options, options)

    def _sheet_name(self, path: Path, name: str | None, options: ReadingOptions | None) -> str | None:
        """The name given; else, for another sheet of a workbook that is a table already, the file's and the sheet's."""
        if name is not None or options is None or not options.sheet:
            return name
        with self._store.read() as connection:
            known = data.table_of_file(connection, str(path))
        is_other = known is not None and known.reading_options.sheet != options.sheet
        return f"{path.stem} {options.sheet}" if is_other else None

    def _here(self, path: Path) -> Path:
        """The file itself, or its copy when it lies in a volume of the team's."""
        if path.as_posix().startswith("/Volumes/") and not path.exists() and isinstance(self._catalog, TeamCatalog):
            return self._catalog.fetch(path.as_posix(), self._store.path.parent / "volumes")
        return path

    def _refresh(self, connection: Connection, known: DataTable, record: DataTable) -> DataTable:
        watched = ("format", "bytes", "column_names", "reading_options")
        after = {name: getattr(record, name) for name in watched if getattr(record, name) != getattr(known, name)}
        if not after and known.fingerprint == record.fingerprint and known.reading is not None:
            return known
        if after:
            before = {name: getattr(known, name) for name in after}
            rows.log(connection, known, "refresh_file", self._actor, before=_plain(before), after=_plain(after))
        content = ("columns", "row_count", "fingerprint", "reading")
        return rows.change(connection, known, **after, **{name: getattr(record, name) for name in content})


def _known(connection: Connection, address: str, path: str, name: str | None) -> DataTable | None:
    """The table that a file was added as: under this address, or under any where no name was given."""
    known = data.table_at(connection, address)
    return data.table_of_file(connection, path) if known is None and name is None else known


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value for name, value in values.items()
    }


def _absolute(path: Path) -> Path:
    # Not resolved: a link is what the user named, and may be meant to point elsewhere tomorrow.
    try:
        absolute = path.expanduser().absolute()
        str(absolute).encode()
    except UnicodeEncodeError as error:
        raise InvalidInputError(f"The name of {path!r} is not valid Unicode.", "Rename the file.") from error
    except RuntimeError as error:
        raise InvalidInputError(f"{path} cannot be found: {error}.", "Write the full path.") from error
    return absolute
