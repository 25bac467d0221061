"""DATA: tables that a catalog offers, and sheets that point at them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from pydantic import Field

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.base import Audited, Record, now
from ontos_tui.domain.records.derived import NO_FEATURE, ColumnRole, ComputedColumn, Join
from ontos_tui.domain.records.folders import Folder
from ontos_tui.domain.records.reading import Reading, ReadingOptions
from ontos_tui.domain.rules.states import SheetStatus

Row = dict[str, Any]
"""One source row: column name to a JSON-like value (str, int, float, bool, None, list or dict)."""


LOCAL = "local"
"""The catalog of the files on this machine."""


class TableAddress(NamedTuple):
    """Where a table lives, as in Unity Catalog: catalog.schema.table."""

    catalog: str
    schema: str
    table: str

    def __str__(self) -> str:
        return f"{self.catalog}.{self.schema}.{self.table}"

    @classmethod
    def parse(cls, text: str) -> TableAddress:
        """Read `catalog.schema.table`. Raises InvalidInputError when a part is missing or not an identifier."""
        parts = text.split(".")
        if len(parts) != 3 or not all(_IDENTIFIER.fullmatch(part) for part in parts):
            raise InvalidInputError(
                f"{text!r} is not a table address.",
                "Write catalog.schema.table, each of letters, digits, _ and -, as in local.files.ai4i2020.",
            )
        return cls(*parts)


_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def identifier_from(text: str) -> str:
    """A table name made from free text, such as a file's name: lower case, underscores, never empty."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "table"
    return name if name[0].isalpha() else f"t_{name}"


class FileFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    SPACED = "spaced"
    """Values separated by any number of blanks, as simulation codes write them."""
    WORKBOOK = "workbook"
    """One sheet of a file of Excel or OpenDocument."""
    FOLDER = "folder"
    """The files of a folder, or those that match a pattern."""


@dataclass(frozen=True)
class Column:
    """A source column: its name and its type in the source's own words, such as DOUBLE."""

    name: str
    type: str


class DataTable(Record):
    """A data file on this machine, offered by the local catalog under an address."""

    TABLE: ClassVar[str] = "data_tables"
    KEY: ClassVar[str] = "address"

    address: str = Field(description="catalog.schema.table")
    path: str = Field(description="absolute path of the file, or of the folder and the pattern in it")
    format: FileFormat
    bytes: int = Field(description="size when it was added, bytes")
    column_names: list[str] = Field(
        default_factory=list, description="names of the columns of a file whose lines hold blanks between the values"
    )
    columns: list[Column] = Field(default_factory=list, description="name and type of each, when it was read last")
    row_count: int = Field(0, description="rows when it was read last")
    fingerprint: str = Field("", description="size and modification time when it was read last; empty if never")
    added_at: datetime = Field(default_factory=now)
    added_by: str = ""
    reading_options: ReadingOptions = Field(
        default_factory=ReadingOptions, description="what the user decided about how the file is read"
    )
    reading: Reading | None = Field(None, description="what was understood of the file when it was read last")
    folder: Folder | None = Field(None, description="of a folder: what is read of it, and what was read last")
    joined: Join | None = Field(None, description="of which tables it comes; path and format are the first one's")
    computed: list[ComputedColumn] = Field(default_factory=list, description="columns beside those of the file")

    @property
    def inputs(self) -> list[str]:
        """The addresses of the tables that it comes of, besides its file."""
        joined = [self.joined.left, self.joined.right] if self.joined is not None else []
        return list(dict.fromkeys([*joined, *(one.events.table for one in self.computed if one.events is not None)]))

    @property
    def home(self) -> Path:
        """The folder that paths in its rows start from."""
        if self.folder is None:
            return Path(self.path).parent
        return Path(self.folder.root)


class Sampling(StrEnum):
    ALL = "all"
    FIRST = "first"
    RANDOM = "random"
    STRATIFIED = "stratified"


class WindowLabel(StrEnum):
    """How the values of a column that holds a label become the one label of a window."""

    LAST = "last"
    MAX = "max"
    MEAN = "mean"
    MOST = "most"
    EVENT = "event"
    """The commonest of those that are not missing; `none` where all are."""


@dataclass(frozen=True)
class Windows:
    """Items made of streams: `size` rows that follow each other in `order`, every `step` rows, within each `group`.

    Without a group, all rows are one stream; without an order, the file's own counts. Only whole windows are items.
    A window is called by its group and the order of its first row, and without an order by what its rows hold.
    `labels` names the columns that hold a label, and how it is taken. No window bridges a step of the order that is
    larger than `max_gap`: seconds for times, else units of the order; None bridges all.
    """

    size: int
    step: int
    group: str | None = None
    order: str | None = None
    labels: tuple[tuple[str, WindowLabel], ...] = ()
    max_gap: float | None = None


class ItemIdentity(StrEnum):
    """What names an item."""

    ID = "id"
    """Values of its columns: the id, or a window's group and the first of its order."""
    CONTENT = "content"
    """What its cells hold, see `domain.rules.item_names`."""
    POSITION = "position"
    """The place of its row in the source. Of a sheet: some of its pairs and labels are still named so."""


class Sheet(Audited):
    """A named view of a source table: which rows, which columns, what identifies an item.

    With a window size, its items are windows of the source's rows and not the rows themselves.
    """

    TABLE: ClassVar[str] = "sheets"
    INDEXES: ClassVar = (("name",),)

    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    source_table: str = Field(description="catalog.schema.table")
    item_id_column: str | None = Field(None, description="identifies an item; without it, its content does")
    columns: list[str] = Field(default_factory=list, description="columns that are used; empty means all")
    image_columns: list[str] = Field(default_factory=list, description="columns that hold paths of images")
    filter_expression: str = Field("", description="a predicate over the source's columns")
    sampling: Sampling = Sampling.ALL
    sample_size: int | None = Field(None, ge=1, description="rows; None means all that pass the filter")
    sample_by: str | None = Field(None, description="column whose values are kept in proportion when stratified")
    sample_seed: int = 0
    window_size: int | None = Field(None, ge=1, description="rows of a window; None means that every row is an item")
    window_step: int | None = Field(None, ge=1, description="rows from one window to the next; None means its size")
    window_group: str | None = Field(None, description="column that tells the streams apart")
    window_order: str | None = Field(None, description="column that orders a stream, such as its time")
    window_labels: dict[str, WindowLabel] = Field(
        default_factory=dict, description="columns that hold a label, and how the window's is taken from its rows"
    )
    use_case: str = ""
    tags: list[str] = Field(default_factory=list, description="what the data holds, such as PII; labels inherit it")
    status: SheetStatus = SheetStatus.ACTIVE
    item_count: int = Field(0, description="rows after filter and sample, counted when the sheet was last validated")
    source_fingerprint: str = Field("", description="size and modification time of the source when last validated")
    identity: ItemIdentity = Field(ItemIdentity.CONTENT, description="what its pairs and labels are named by")
    window_max_gap: float | None = Field(
        None, gt=0, description="no window bridges a larger step of its order: seconds for times; None bridges all"
    )
    column_roles: dict[str, ColumnRole] = Field(
        default_factory=dict, description="what columns are for, where the user decided it"
    )
    unique_by: list[str] = Field(
        default_factory=list, description="of rows that are equal in all of these columns only the first is used"
    )

    @property
    def windows(self) -> Windows | None:
        """How its items are made of streams; None when every row is an item."""
        if self.window_size is None:
            return None
        return Windows(
            self.window_size,
            self.window_step or self.window_size,
            self.window_group,
            self.window_order,
            tuple(self.window_labels.items()),
            self.window_max_gap,
        )

    @property
    def no_features(self) -> frozenset[str]:
        """The columns of its items that no model learns from by default: ids, groups and notes."""
        names = {name for name, role in self.column_roles.items() if role in NO_FEATURE}
        if self.window_size is not None:
            names |= {f"{name}_{field}" for name in names for field in WINDOW_FIELDS}
        return frozenset(names)


WINDOW_FIELDS = ("mean", "std", "min", "max", "slope", "last", "series")
"""What a window has of every column of numbers, behind the column's name."""
UNNAMED = "a hash of its content"
"""What an item is called by when no column identifies it."""
OLD_NAMES = "Some pairs or labels are named by the place of their row: `ontos doctor`"
"""What is said of a sheet with `ItemIdentity.POSITION`."""


def windows_in_words(sheet: Sheet) -> str:
    """What the items of a sheet are, such as `windows of 24 rows, every 12, of each unit by time`; "" for rows."""
    windows = sheet.windows
    if windows is None:
        return ""
    words = f"windows of {windows.size} rows, every {windows.step}"
    words += f", of each {windows.group}" if windows.group else ""
    words += f" by {windows.order}" if windows.order else ""
    words += f", none across more than {windows.max_gap:g}" if windows.max_gap is not None else ""
    labels = ", ".join(f"{how.value} {name}" for name, how in windows.labels)
    return words + (f"; labels: {labels}" if labels else "")


@dataclass(frozen=True)
class RowQuery:
    """Which rows of a table to read. The filter is text from a user; catalogs check it before use.

    With `windows`, items are windows of the rows that pass the filter, and `columns` may also name fields of windows.
    `by_content` says how items are named where no column does it: by what they hold, as those of sheets are, or by
    their place in the source, which is good enough to look at rows. Of rows that are equal in all columns
    of `unique_by` only the first is read.
    """

    filter: str = ""
    sampling: Sampling = Sampling.ALL
    sample_size: int | None = None
    sample_by: str | None = None
    sample_seed: int = 0
    item_id_column: str | None = None
    columns: tuple[str, ...] = ()
    limit: int | None = None
    offset: int = 0
    windows: Windows | None = None
    by_content: bool = False
    unique_by: tuple[str, ...] = ()

    @classmethod
    def of(cls, sheet: Sheet, limit: int | None = None, offset: int = 0) -> RowQuery:
        """The query that yields the sheet's items."""
        return cls(
            sheet.filter_expression,
            sheet.sampling,
            sheet.sample_size,
            sheet.sample_by,
            sheet.sample_seed,
            sheet.item_id_column,
            tuple(sheet.columns),
            limit,
            offset,
            sheet.windows,
            by_content=True,
            unique_by=tuple(sheet.unique_by),
        )


@dataclass(frozen=True)
class Item:
    """One row of a sheet with its identity."""

    ref: str
    fields: Row


@dataclass(frozen=True)
class Block:
    """Some items by the column: their references, and the values of each column in the same order."""

    refs: Sequence[str]
    columns: Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Page:
    """Some items of a table: what a preview shows. `total` counts all items that the query reaches."""

    columns: tuple[Column, ...]
    items: tuple[Item, ...]
    total: int
    notes: tuple[str, ...] = field(default=())
