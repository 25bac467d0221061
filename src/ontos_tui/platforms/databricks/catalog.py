"""DATA of the team: Unity Catalog is browsed by the SDK, rows are read by the SQL warehouse.

Filters, samples and counts run in the warehouse; only what is wanted comes here. A volume's file is copied
here first, and is a table like any other file then.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.catalog import CatalogNode, Identities, NodeKind, StreamSteps, TablePreview
from ontos_tui.domain.errors import InvalidInputError, NoIdentityError, NotFoundError, PlatformError
from ontos_tui.domain.records.data import Block, Column, Item, Page, Row, RowQuery, TableAddress
from ontos_tui.platforms.databricks.cell_values import plain, selected
from ontos_tui.platforms.databricks.select_sql import SelectStatements, column_name
from ontos_tui.platforms.databricks.unity_tags import UNTAGGED, sheet_tags, tags_statement
from ontos_tui.platforms.databricks.windows import steps_statement, window_statements
from ontos_tui.platforms.databricks.workspace_client import SqlFailedError, Team, explain_sdk_error, quoted
from ontos_tui.replacing import replacing
from ontos_tui.tabular.window_fields import stream_notes

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import TableInfo

VOLUMES = "/Volumes/"
"""How the path of a volume's file begins."""
MAINTENANCE = frozenset(
    {
        *("OPTIMIZE", "VACUUM START", "VACUUM END", "REORG", "FSCK", "CLUSTER BY", "COMPUTE STATS", "ANALYZE"),
        *("SET TBLPROPERTIES", "UNSET TBLPROPERTIES", "UPGRADE PROTOCOL", "DROP FEATURE", "ADD CONSTRAINT"),
        *("DROP CONSTRAINT", "UPDATE COLUMN METADATA", "ADD DELETION VECTORS TOMBSTONES"),
    }
)
"""Operations of a table's history that leave its rows as they are."""
CHUNK = 2_000
"""Rows fetched at once while streaming."""
VOLUME_TODO = "Add one of its files by its path, /Volumes/catalog/schema/volume/file: it is copied here first."
NO_KEY = (
    "No item id column: an item is named by a hash of its content, so a row that changes becomes another item. "
    "Name a column that identifies it, if there is one."
)


class UnityCatalog:
    """The tables and views of a workspace. Safe to use from several threads."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def tables(self) -> list[TableAddress]:
        """Every table of the team's catalog, or of all catalogs where none is set: one request for each schema."""
        place = self._team.place
        catalogs = [place.catalog] if place.catalog else [node.address for node in self.children()]
        schemas = [node.address for catalog in catalogs for node in self.children(catalog)]
        nodes = [node for schema in schemas for node in self.children(schema)]
        return sorted(
            TableAddress.parse(node.address) for node in nodes if node.kind in ("table", "view") and not node.problem
        )

    def children(self, prefix: str = "") -> Iterator[CatalogNode]:
        """What is below, as the pages come. Raises NotFoundError, AwayError, PlatformError, InvalidInputError."""
        parts = [part for part in prefix.split(".") if part]
        if len(parts) > 2:
            raise InvalidInputError(f"{prefix!r} has nothing below it.", "Name a catalog, or catalog.schema.")
        with _sdk_words(prefix):
            client = self._team.client
            if not parts:
                for catalog in client.catalogs.list(include_browse=True):
                    yield _node("", catalog.name, "catalog", catalog.comment)
            elif len(parts) == 1:
                for schema in client.schemas.list(parts[0], include_browse=True):
                    yield _node(prefix, schema.name, "schema", schema.comment)
            else:
                yield from self._of_schema(prefix, *parts)

    def _of_schema(self, prefix: str, catalog: str, schema: str) -> Iterator[CatalogNode]:
        client = self._team.client
        listed = client.tables.list(
            catalog, schema, omit_columns=True, omit_properties=True, omit_username=True, include_browse=True
        )
        for table in listed:
            kind: NodeKind = "view" if table.table_type is not None and "VIEW" in table.table_type.value else "table"
            node = _node(prefix, table.name, kind, table.comment)
            try:
                TableAddress.parse(node.address)
            except InvalidInputError as error:
                node = CatalogNode(node.address, node.name, kind, node.remark, error.what)
            yield node
        for volume in client.volumes.list(catalog, schema, include_browse=True):
            yield _node(prefix, volume.name, "volume", volume.comment, VOLUME_TODO)

    def columns(self, address: TableAddress) -> tuple[Column, ...]:
        """The table's columns, with the types that Unity Catalog tells.

        Raises NotFoundError, or PlatformError when they may not be seen.
        """
        return _columns(address, self._about(address))

    def fingerprint(self, address: TableAddress) -> str:
        """The table's identity and the last version that changed its rows.

        Of a view, or a table whose history may not be read or holds nothing but maintenance, when it was last altered.
        """
        from databricks.sdk.service.catalog import DataSourceFormat

        about = self._about(address)
        weaker = f"{about.table_id}:{about.updated_at}"
        if about.data_source_format is not DataSourceFormat.DELTA:
            return weaker
        try:
            # The newest version comes first, and no more are fetched than it takes.
            for page in self._team.pages(f"DESCRIBE HISTORY {_quoted(address)}", size=20):
                for commit in page:
                    if str(commit["operation"]).upper() not in MAINTENANCE:
                        return f"{about.table_id}:v{commit['version']}"
        except SqlFailedError:
            pass
        return weaker

    def reading(self, address: TableAddress) -> None:
        """None: a table says itself what its columns are."""

    def source(self, address: TableAddress) -> None:
        """None: the rows are not on this machine."""

    def page(self, address: TableAddress, query: RowQuery) -> Page:
        """Some items and how many the query reaches in all.

        Raises InvalidInputError for a filter that is none, a column that does not exist, or an item without identity.
        """
        reading = self._reading(address, query)
        with _filter_words(query):
            counted = self._team.rows(reading.count)[0]
        total = int(counted["n"])
        notes: tuple[str, ...] = () if query.item_id_column else (NO_KEY,)
        if query.windows is not None:
            notes = stream_notes(int(counted["short"]), int(counted["gaps"]))
        if reading.sampled is not None:
            total = min(total, reading.sampled)
        items = tuple(self._items(reading, query)) if query.limit != 0 else ()
        return Page(reading.columns, items, total, notes)

    def items(self, address: TableAddress, query: RowQuery) -> Iterator[Item]:
        """Every item that the query reaches, streamed, in the order of the item id, or of the content's hash.

        All of them are of one version of the table, since one statement reads them.
        """
        yield from self._items(self._reading(address, query), query)

    def blocks(self, address: TableAddress, query: RowQuery, size: int) -> Iterator[Block]:
        """The same by the column, `size` items at a time."""
        items = self.items(address, query)
        while chunk := list(islice(items, size)):
            names = list(chunk[0].fields)
            yield Block([item.ref for item in chunk], {name: [item.fields[name] for item in chunk] for name in names})

    def items_named(self, address: TableAddress, query: RowQuery, text: str, limit: int, *, exact: bool) -> list[Item]:
        """The first items whose reference is `text`; without `exact`, those that hold it in whatever case."""
        part = text.lower()
        named = (
            item for item in self.items(address, query) if text == item.ref or (not exact and part in item.ref.lower())
        )
        return list(islice(named, limit))

    def look(self, address: TableAddress, limit: int) -> TablePreview:
        """Some rows, quickly: nothing is counted or ordered."""
        columns = self.columns(address)
        values = ", ".join(
            f"{selected(column_name(column.name), column.type)} AS {column_name(column.name)}" for column in columns
        )
        sql = f"SELECT {values} FROM {_quoted(address)} LIMIT :limit"  # noqa: S608
        return TablePreview(columns, tuple(_fields(row, columns) for row in self._team.rows(sql, {"limit": limit})))

    def identities(self, address: TableAddress, query: RowQuery) -> Identities:
        """How many items the query reaches, how many of them have a name, and how many names there are."""
        reading = self._reading(address, query)
        with _filter_words(query):
            counted = self._team.rows(reading.identities, reading.parameters)[0]
        return Identities(int(counted["n"]), int(counted["named"]), int(counted["names"]))

    def stream_steps(self, address: TableAddress, query: RowQuery) -> StreamSteps | None:
        """How far the rows of a stream lie apart, measured in the warehouse; None where no column orders them."""
        if query.windows is None:
            return None
        sql = steps_statement(_quoted(address), self.columns(address), query, query.windows)
        with _filter_words(query):
            measured = self._team.rows(sql) if sql else []
        if not measured or measured[0]["usual"] is None:
            return None
        return StreamSteps(float(measured[0]["usual"]), float(measured[0]["largest"]), int(measured[0]["gaps"]))

    def close(self) -> None:
        """Let go of the warehouse."""
        self._team.close()

    def tags(self, address: TableAddress) -> tuple[str, ...]:
        """The tags of the table, its columns, its schema and its catalog, as a sheet's tags."""
        if address.catalog.lower() in UNTAGGED:
            return ()
        tag_rows = self._team.rows(
            tags_statement(quoted(address.catalog)), {"schema": address.schema, "table": address.table}
        )
        return sheet_tags((str(row["tag_name"]), str(row["tag_value"] or "")) for row in tag_rows)

    def fetch(self, path: str, folder: Path) -> Path:
        """Copy a file of a volume, /Volumes/catalog/schema/volume/…, below `folder`; returns where it is now.

        A copy that is there is replaced once the new one is complete. Raises InvalidInputError, NotFoundError,
        AwayError, and PlatformError when it cannot be kept.
        """
        parts = path.removeprefix(VOLUMES).split("/")
        if not path.startswith(VOLUMES) or len(parts) < 4 or any(part in ("", ".", "..") for part in parts):
            raise InvalidInputError(
                f"{path!r} is not a file of a volume.", f"Write {VOLUMES}catalog/schema/volume/file."
            )
        target = folder.joinpath(*parts)
        with _sdk_words(path):
            contents = self._team.client.files.download(path).contents
        if contents is None:
            raise PlatformError(f"{path} has no content.", "Check the file in the workspace.")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with contents, replacing(target) as (fresh,), fresh.open("wb") as file:
                shutil.copyfileobj(contents, file, 1 << 20)
        except (OSError, InvalidInputError) as error:
            raise PlatformError(f"{path} could not be copied: {error}.", "Check the disk, then try again.") from error
        return target

    def _about(self, address: TableAddress) -> TableInfo:
        with _sdk_words(str(address)):
            return self._team.client.tables.get(str(address), include_browse=True)

    def statements(self, address: TableAddress, query: RowQuery) -> SelectStatements:
        """The statements that read what the query reaches, to be part of others. Raises as `page` does."""
        return self._reading(address, query)

    def _reading(self, address: TableAddress, query: RowQuery) -> SelectStatements:
        table, columns = _quoted(address), self.columns(address)
        if query.windows is not None:
            return window_statements(table, columns, query, query.windows)
        return SelectStatements.of(table, columns, query)

    def _items(self, reading: SelectStatements, query: RowQuery) -> Iterator[Item]:
        convert = reading.convert.items()
        with _filter_words(query):
            for page in self._team.pages(reading.rows, reading.parameters, CHUNK):
                for row in page:
                    ref = row[reading.ref]
                    if ref is None:
                        windows = query.windows
                        raise NoIdentityError(*((windows.group, windows.order) if windows else (query.item_id_column,)))
                    fields = _fields(row, reading.columns)
                    yield Item(str(ref), fields | {name: do(fields[name]) for name, do in convert})


def _fields(row: dict[str, Any], columns: tuple[Column, ...]) -> Row:
    return {column.name: plain(row[column.name], column.type) for column in columns}


def _columns(address: TableAddress, about: TableInfo) -> tuple[Column, ...]:
    described = sorted(about.columns or (), key=lambda column: column.position or 0)
    if not described:
        raise PlatformError(f"The columns of {address} cannot be seen.", "Ask its owner for the right to SELECT.")
    return tuple(Column(column.name or "", column.type_text or "string") for column in described)


def _quoted(address: TableAddress) -> str:
    return ".".join(quoted(part) for part in address)


def _node(prefix: str, name: str | None, kind: NodeKind, comment: str | None, problem: str = "") -> CatalogNode:
    named = name or ""
    return CatalogNode(f"{prefix}.{named}" if prefix else named, named, kind, comment or "", problem)


@contextmanager
def _sdk_words(name: str) -> Iterator[None]:
    """Errors of the SDK in our words; what does not exist is a NotFoundError."""
    try:
        yield
    except (OSError, TimeoutError) as error:  # DatabricksError is an OSError too
        from databricks.sdk import errors

        if isinstance(error, errors.NotFound):
            raise NotFoundError(
                f"Databricks has no {name}, or you may not see it.", "Browse the catalog: ontos data browse."
            ) from error
        raise explain_sdk_error(error) from error


@contextmanager
def _filter_words(query: RowQuery) -> Iterator[None]:
    """A filter that does not fit the data is the user's, and not the workspace's fault."""
    try:
        yield
    except SqlFailedError as error:
        if query.filter.strip() and error.error_class.startswith(("CAST_INVALID_INPUT", "DATATYPE_MISMATCH")):
            raise InvalidInputError(
                f"The filter does not fit the data: {error.what}",
                "Compare texts with quoted texts ('L') and numbers with numbers.",
            ) from error
        raise
