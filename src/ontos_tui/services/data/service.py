"""DATA: files as tables, and sheets over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from pydantic import BaseModel, ValidationError

from ontos_tui.domain.catalog import CatalogNode, Identities, TablePreview
from ontos_tui.domain.errors import (
    ConflictError,
    InvalidInputError,
    NoIdentityError,
    NoTeamError,
    NotFoundError,
    OntosError,
)
from ontos_tui.domain.nouns import no_such
from ontos_tui.domain.records.data import (
    LOCAL,
    UNNAMED,
    Column,
    DataTable,
    ItemIdentity,
    Page,
    RowQuery,
    Sampling,
    Sheet,
    TableAddress,
    WindowLabel,
    identifier_from,
)
from ontos_tui.domain.records.reading import ReadingOptions, UndecidedError
from ontos_tui.domain.rules.states import SheetStatus
from ontos_tui.platforms.ports import Catalog, TeamCatalog
from ontos_tui.services.data.reading import FileReport, file_report, merged, report_of
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import data

_EDITABLE = (
    *("name", "description", "source_table", "item_id_column", "columns", "image_columns", "filter_expression"),
    *("sampling", "sample_size", "sample_by", "sample_seed", "use_case"),
    *("window_size", "window_step", "window_group", "window_order", "window_labels"),
)


@dataclass(frozen=True)
class TableInfo:
    """A table of the catalog. If it cannot be read, `problem` says why, `columns` is empty and `rows` means nothing."""

    address: TableAddress
    columns: tuple[Column, ...]
    rows: int
    path: str
    problem: str = ""


class SheetOptions(TypedDict, total=False):
    """What a new sheet may be given besides its name and source; `domain.records.data.Sheet` explains each."""

    description: str
    item_id_column: str | None
    columns: Sequence[str]
    image_columns: Sequence[str]
    filter_expression: str
    sampling: Sampling | str
    sample_size: int | None
    sample_by: str | None
    sample_seed: int
    window_size: int | None
    window_step: int | None
    window_group: str | None
    window_order: str | None
    window_labels: Mapping[str, WindowLabel | str]
    use_case: str


class DataService:
    """Add files, preview tables, create sheets. Every change is logged under `actor`."""

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
        from ontos_tui.tabular.source import inspect_file
        from ontos_tui.tabular.workbooks.sheets import with_sheet_name

        path = _absolute(self._here(path))
        options = options and with_sheet_name(path, options)
        name = self._sheet_name(path, name, options)
        address = str(TableAddress(LOCAL, identifier_from(schema), identifier_from(name or path.stem)))
        if not exact:
            column_names, options = self._decided(path, address, name, column_names, options)
        options = options or ReadingOptions()
        content = inspect_file(path, column_names, options, self._store.path.parent / "spill")
        if content.reading.questions:
            raise UndecidedError(content.reading.questions[0], path.name)
        record = DataTable(
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
        from ontos_tui.tabular.workbooks.sheets import with_sheet_name

        path = _absolute(self._here(path))
        options = options and with_sheet_name(path, options)
        name = self._sheet_name(path, None, options)
        address = str(TableAddress(LOCAL, "files", identifier_from(name or path.stem)))
        if not exact:
            column_names, options = self._decided(path, address, name, column_names, options)
        return file_report(path, options or ReadingOptions(), column_names)

    def table_report(self, address: str) -> FileReport:
        """What is understood of a table's file. Raises NotFoundError for a table that is no file on this machine."""
        return report_of(self.file_table(address))

    def file_table(self, address: str) -> DataTable:
        """The record of a table that is a file on this machine. Raises NotFoundError for any other."""
        full_name = str(self.address(address))
        with self._store.read() as connection:
            table = data.table_at(connection, full_name)
        if table is None:
            raise NotFoundError(f"{full_name} is no file on this machine.", "List the files: ontos data list")
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
        from ontos_tui.tabular.source import inspect_file

        known = self.file_table(address)
        content = inspect_file(Path(known.path), known.column_names, options, self._store.path.parent / "spill")
        if content.reading.questions:
            raise UndecidedError(content.reading.questions[0], Path(known.path).name)
        read = {
            "format": content.format,
            "columns": list(content.columns),
            "row_count": content.rows,
            "fingerprint": content.fingerprint,
            "reading_options": options,
            "reading": content.reading,
        }
        with self._store.write() as connection:
            table = rows.get(connection, DataTable, known.address)
            before = _plain({"reading_options": table.reading_options})
            rows.log(
                connection, table, "read_anew", self._actor, before=before, after=_plain({"reading_options": options})
            )
            return rows.change(connection, table, **read)

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
        if path.as_posix().startswith("/Volumes/") and not path.exists() and self.has_team:
            return self._team.fetch(path.as_posix(), self._store.path.parent / "volumes")
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

    def tables(self) -> list[TableInfo]:
        """Every table, by name; one that cannot be read stays in the list with the problem.

        A file is opened only when it has changed since it was read last.
        """
        with self._store.read() as connection:
            records = {record.address: record for record in data.tables(connection)}
        return [self._info(address, records.get(str(address))) for address in self._catalog.tables()]

    def _info(self, address: TableAddress, record: DataTable | None) -> TableInfo:
        path = "" if record is None else record.path
        try:
            fingerprint = self._catalog.fingerprint(address)
            if record is not None and record.fingerprint == fingerprint:
                return TableInfo(address, tuple(record.columns), record.row_count, path)
            page = self._catalog.page(address, RowQuery(limit=0))
            reading = self._catalog.reading(address)
        except OntosError as error:
            return TableInfo(address, (), 0, path, str(error))
        if record is not None:
            with self._store.write() as connection:
                data.store_content(connection, record, page.columns, page.total, fingerprint, reading)
        return TableInfo(address, page.columns, page.total, path)

    def browse(self, prefix: str = "") -> Iterator[CatalogNode]:
        """What the team's workspace has below: catalogs, a catalog's schemas, a schema's tables; as they come.

        Raises NoTeamError where no workspace is set up, and PlatformError when it is away or does not allow it.
        """
        return self._team.children(prefix)

    def look(self, address: str, limit: int = 20) -> TablePreview:
        """Some rows of one of the team's tables, quickly: nothing is counted or ordered. Raises as `browse` does."""
        return self._team.look(TableAddress.parse(address), limit)

    @property
    def has_team(self) -> bool:
        """Whether a team's workspace is set up."""
        return isinstance(self._catalog, TeamCatalog)

    @property
    def _team(self) -> TeamCatalog:
        if not isinstance(self._catalog, TeamCatalog):
            raise NoTeamError
        return self._catalog

    def preview(self, address: str, *, filter: str = "", limit: int = 50, offset: int = 0) -> Page:
        """Some rows of a table, as they are. `address` may be the table's name alone where only one is called so."""
        _check_span(limit, offset)
        return self._catalog.page(self.address(address), RowQuery(filter=filter, limit=limit, offset=offset))

    def create_sheet(self, name: str, source_table: str, **options: Unpack[SheetOptions]) -> Sheet:
        """A sheet over a table. With a window size its items are windows of streams, called GROUP@START.

        Raises InvalidInputError when a column does not exist, the filter is not valid, or two items have one identity;
        ConflictError when the name is taken. The tags that the team's catalog has on the table become its tags.
        """
        names = {"name": name, "source_table": source_table, "created_by": self._actor, "updated_by": self._actor}
        sheet = self._validated(_sheet({**options, **names}))
        self._keep_reading(sheet)
        if isinstance(self._catalog, TeamCatalog):
            tags = self._catalog.tags(TableAddress.parse(sheet.source_table))
            sheet = sheet.model_copy(update={"tags": list(tags)})
        with self._store.write() as connection:
            _check_name(connection, sheet)
            rows.add(connection, sheet)
            rows.log(connection, sheet, "create", self._actor, after=sheet.model_dump(mode="json"))
        return sheet

    def edit_sheet(self, ref: str, **changes: Any) -> Sheet:
        """Change a sheet's fields and check it again, also its source; without changes, only that.

        Training sheets generated from it keep their pairs.
        """
        unknown = [name for name in changes if name not in _EDITABLE]
        if unknown:
            raise InvalidInputError(
                f"A sheet has no field {', '.join(map(repr, unknown))}.", f"The fields are {', '.join(_EDITABLE)}."
            )
        sheet = self.sheet(ref)
        edited = self._validated(_sheet({**sheet.model_dump(), **changes}))
        self._keep_reading(edited)
        with self._store.write() as connection:
            current = data.sheet(connection, sheet.id)
            _check_name(connection, edited)
            watched = (*_EDITABLE, "item_count", "source_fingerprint", "identity")
            after = {name: getattr(edited, name) for name in watched if getattr(edited, name) != getattr(sheet, name)}
            if not after:
                return current
            before = {name: getattr(current, name) for name in after}
            changed = rows.change(connection, current, **after, updated_by=self._actor)
            rows.log(connection, current, "edit", self._actor, before=before, after=after)
        return changed

    def delete_sheet(self, ref: str) -> Sheet:
        """Take a sheet off the list. Its file and the pairs generated from it stay."""
        with self._store.write() as connection:
            sheet = data.sheet(connection, ref)
            deleted = {"status": SheetStatus.DELETED}
            changed = rows.change(connection, sheet, **deleted, updated_by=self._actor)
            rows.log(connection, sheet, "delete", self._actor, before={"status": sheet.status}, after=deleted)
        return changed

    def sheets(self, search: str = "") -> list[Sheet]:
        """The sheets that are not deleted, the newest first; `search` looks into names, sources and use cases."""
        with self._store.read() as connection:
            sheets = data.sheets(connection)
        needle = search.casefold()
        return [
            sheet
            for sheet in sheets
            if any(
                needle in text.casefold()
                for text in (sheet.name, sheet.description, sheet.source_table, sheet.use_case)
            )
        ]

    def sheet(self, ref: str) -> Sheet:
        """The sheet that `ref` (id, name or the beginning of an id) means. Raises NotFoundError or ConflictError."""
        with self._store.read() as connection:
            return data.sheet(connection, ref)

    def sheet_page(self, ref: str, limit: int = 50, offset: int = 0) -> Page:
        """Some items of a sheet. A note says when the source was changed since the sheet was checked."""
        _check_span(limit, offset)
        sheet = self.sheet(ref)
        address = TableAddress.parse(sheet.source_table)
        page = self._catalog.page(address, RowQuery.of(sheet, limit, offset))
        if self._catalog.fingerprint(address) == sheet.source_fingerprint:
            return page
        note = f"The source has changed since the sheet was checked with {sheet.item_count:,} items. Edit the "
        return replace(page, notes=(*page.notes, note + "sheet to check it again."))

    def address(self, text: str) -> TableAddress:
        """The address that a person means; a table's name alone will do where only one is called so.

        Raises NotFoundError, ConflictError, and InvalidInputError for what is none.
        """
        if "." in text:
            return TableAddress.parse(text)
        matches = [address for address in self._catalog.tables() if address.table == text]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise ConflictError(
                f"{text!r} could be {', '.join(map(str, matches))}.", "Write the full address: catalog.schema.table."
            )
        raise no_such(DataTable, text)

    def _validated(self, sheet: Sheet) -> Sheet:
        """The sheet with its columns' exact names, counted, and known to fit its source."""
        from ontos_tui.tabular.row_filter import find_column

        address = self.address(sheet.source_table)
        fingerprint = self._catalog.fingerprint(address)
        columns = self._catalog.columns(address)
        names = [column.name for column in columns]

        def exact(requested: Iterable[str]) -> list[str]:
            return list(dict.fromkeys(find_column(name, names) for name in requested))

        _check_windows(sheet)
        sheet = sheet.model_copy(
            update={
                "window_group": find_column(sheet.window_group, names) if sheet.window_group else None,
                "window_order": find_column(sheet.window_order, names) if sheet.window_order else None,
                "window_labels": {find_column(name, names): how for name, how in sheet.window_labels.items()},
            }
        )
        _check_order(sheet, columns)
        fields = names
        if sheet.windows is not None:
            whole = RowQuery(windows=sheet.windows, limit=0)
            fields = [column.name for column in self._catalog.page(address, whole).columns]
        sheet = sheet.model_copy(
            update={
                "source_table": str(address),
                "item_id_column": find_column(sheet.item_id_column, names) if sheet.item_id_column else None,
                "sample_by": find_column(sheet.sample_by, fields) if sheet.sample_by else None,
                "columns": exact(sheet.columns),
                "image_columns": exact(sheet.image_columns),
                "source_fingerprint": fingerprint,
                "identity": _identity(sheet),
            }
        )
        _check_sample(sheet)
        count = self._count_items(address, sheet)
        return sheet.model_copy(update={"item_count": count})

    def _keep_reading(self, sheet: Sheet) -> None:
        """Keep what was found out about the rows of a file while the sheet was checked: whether some are equal."""
        if sheet.identity is not ItemIdentity.CONTENT or TableAddress.parse(sheet.source_table).catalog != LOCAL:
            return
        reading = self._catalog.reading(TableAddress.parse(sheet.source_table))
        with self._store.write() as connection:
            table = data.table_at(connection, sheet.source_table)
            if table is not None and table.fingerprint == sheet.source_fingerprint and table.reading != reading:
                rows.change(connection, table, reading=reading)

    def _count_items(self, address: TableAddress, sheet: Sheet) -> int:
        """How many items the sheet has. Raises InvalidInputError when two have one identity, or no window is whole."""
        query = RowQuery.of(sheet)
        if sheet.windows is not None and not self._catalog.page(address, replace(query, limit=0)).total:
            raise InvalidInputError(
                f"No stream is as long as one window ({sheet.window_size} rows).", "Make the windows shorter."
            )
        column = sheet.item_id_column or sheet.window_order
        if column is None:
            return self._catalog.page(address, replace(query, limit=0)).total
        if isinstance(self._catalog, TeamCatalog):
            identities = self._catalog.identities(address, query)
            if identities is not None:
                return _checked_count(identities, sheet, column)
        seen: set[str] = set()
        count = 0
        for item in self._catalog.items(address, replace(query, columns=(column,))):
            count += 1
            seen.add(item.ref)
            if len(seen) < count:
                raise InvalidInputError(
                    f"The values of {column!r} are not unique: {item.ref!r} repeats in item {count:,} of the sheet.",
                    _apart(sheet),
                )
        return count


def _identity(sheet: Sheet) -> ItemIdentity:
    """What names its items. One with pairs that are still named by position says so until they have other names."""
    if sheet.identity is ItemIdentity.POSITION:
        return sheet.identity
    return ItemIdentity.ID if sheet.item_id_column or sheet.window_order else ItemIdentity.CONTENT


def _checked_count(identities: Identities, sheet: Sheet, column: str) -> int:
    """The number of items. Raises InvalidInputError when two have one identity, or one has none."""
    if identities.named < identities.items:
        raise NoIdentityError(*((column,) if sheet.windows is None else (sheet.window_group, column)))
    if identities.distinct < identities.items:
        raise InvalidInputError(
            f"The values of {column!r} are not unique: {identities.items:,} items, {identities.distinct:,} values.",
            _apart(sheet),
        )
    return identities.items


def _known(connection: Connection, address: str, path: str, name: str | None) -> DataTable | None:
    """The table that a file was added as: under this address, or under any where no name was given."""
    known = data.table_at(connection, address)
    return data.table_of_file(connection, path) if known is None and name is None else known


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value for name, value in values.items()
    }


def _apart(sheet: Sheet) -> str:
    """What to do when the items of a sheet cannot be distinguished."""
    if sheet.windows is None:
        return f"Choose a column that identifies every item, or none: then {UNNAMED} does."
    or_none = ", or no order" if TableAddress.parse(sheet.source_table).catalog == LOCAL else ""
    return f"Choose columns for group and order that identify each window{or_none}."


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


def _check_span(limit: int, offset: int) -> None:
    if limit < 0 or offset < 0:
        raise InvalidInputError("Limit and offset of a page cannot be negative.", "Use 0 or more.")


def _sheet(values: dict[str, Any]) -> Sheet:
    # An empty field of a form means no column.
    for name in ("item_id_column", "sample_by", "window_size", "window_step", "window_group", "window_order"):
        values[name] = values.get(name) or None
    try:
        return Sheet.model_validate(values)
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise InvalidInputError(f"The sheet cannot be created: {reasons}.", "Correct these fields.") from error


def _check_windows(sheet: Sheet) -> None:
    if sheet.window_size is None:
        if sheet.window_step or sheet.window_group or sheet.window_order or sheet.window_labels:
            raise InvalidInputError(
                "The windows have no size.", "Set how many rows a window has, or clear all window settings."
            )
    elif sheet.window_size < 2:
        raise InvalidInputError("A window needs 2 rows or more.", "Set a size of 2 or more, or none for single rows.")
    elif sheet.item_id_column:
        raise InvalidInputError(
            f"A window has no {sheet.item_id_column!r} of its own: its id is its group and its start.",
            "Leave the item id column empty.",
        )


def _check_order(sheet: Sheet, columns: Sequence[Column]) -> None:
    """Raise InvalidInputError when a stream would be ordered by texts: 10 comes before 9 there, and May before June."""
    kind = next((column.type for column in columns if column.name == sheet.window_order), "")
    if kind.upper() in ("VARCHAR", "STRING", "JSON"):
        raise InvalidInputError(
            f"{sheet.window_order!r} is text, and text does not order a stream: '10' comes before '9'.",
            f"Read it as times or numbers: `ontos data add FILE --column {sheet.window_order}:time`. Or name another "
            "column, or none where the rows stand in order.",
        )


def _check_sample(sheet: Sheet) -> None:
    if sheet.sampling is Sampling.ALL:
        if sheet.sample_size is not None:
            raise InvalidInputError(
                "A sample size is set, but all rows are used.",
                "Set the sampling to first, random or stratified.",
            )
    elif sheet.sample_size is None:
        raise InvalidInputError(f"A {sheet.sampling} sample needs a size.", "Set how many rows.")
    if sheet.sampling is Sampling.STRATIFIED and sheet.sample_by is None:
        raise InvalidInputError("A stratified sample needs the column whose proportions it keeps.", "Name that column.")


def _check_name(connection: Connection, sheet: Sheet) -> None:
    if data.is_sheet_name_taken(connection, sheet.name, except_id=sheet.id):
        raise ConflictError(f"A sheet {sheet.name!r} exists already.", "Choose another name.")
