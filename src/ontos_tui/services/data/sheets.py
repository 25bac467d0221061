"""Sheets: which columns and rows of a table are items, made and edited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict, Unpack

from pydantic import ValidationError

from ontos_tui.domain.catalog import StreamSteps
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import (
    LOCAL,
    ItemIdentity,
    Page,
    RowQuery,
    Sampling,
    Sheet,
    TableAddress,
    WindowLabel,
)
from ontos_tui.domain.records.derived import ColumnRole
from ontos_tui.domain.rules.states import SheetStatus
from ontos_tui.platforms.ports import Catalog, TeamCatalog
from ontos_tui.services.data.addresses import check_span, find_address
from ontos_tui.services.data.derived_tables.service import columns_ahead
from ontos_tui.services.data.sheet_checks import (
    check_name,
    check_order,
    check_repeats,
    check_sample,
    check_windows,
    count_items,
    identity_of,
)
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import data

_EDITABLE = (
    *("name", "description", "source_table", "item_id_column", "columns", "image_columns", "filter_expression"),
    *("sampling", "sample_size", "sample_by", "sample_seed", "use_case"),
    *("window_size", "window_step", "window_group", "window_order", "window_labels", "unique_by"),
    *("window_max_gap", "column_roles"),
)


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
    unique_by: Sequence[str]
    window_max_gap: float | None
    column_roles: Mapping[str, ColumnRole | str]
    use_case: str


class SheetService:
    """Makes, edits, lists and deletes sheets. Every change is logged under `actor`."""

    def __init__(self, store: Store, catalog: Catalog, actor: str) -> None:
        self._store = store
        self._catalog = catalog
        self._actor = actor

    def create_sheet(self, name: str, source_table: str, **options: Unpack[SheetOptions]) -> Sheet:
        """A sheet over a table. With a window size its items are windows of streams, called GROUP@START.

        Raises InvalidInputError when a column does not exist, the filter is not valid, or two items have one identity;
        ConflictError when the name is taken. The tags that the team's catalog has on the table become its tags. Windows
        bridge no gap that the data shows (`domain.catalog.StreamSteps.limit`) unless `window_max_gap` says otherwise.
        """
        names = {"name": name, "source_table": source_table, "created_by": self._actor, "updated_by": self._actor}
        sheet = self._with_pictures(_sheet({**options, **names}))
        if "window_max_gap" not in options:
            sheet = self._with_proposed_gap(sheet)
        sheet = self._validated(sheet)
        self._keep_reading(sheet)
        if isinstance(self._catalog, TeamCatalog):
            tags = self._catalog.tags(TableAddress.parse(sheet.source_table))
            sheet = sheet.model_copy(update={"tags": list(tags)})
        with self._store.write() as connection:
            check_name(connection, sheet)
            rows.add(connection, sheet)
            rows.log(connection, sheet, "create", self._actor, after=sheet.model_dump(mode="json"))
        return sheet

    def _with_pictures(self, sheet: Sheet) -> Sheet:
        """The sheet with the columns of its folder that hold pictures, where the user has named none."""
        if sheet.image_columns:
            return sheet
        with self._store.read() as connection:
            table = data.table_at(connection, str(find_address(self._catalog, sheet.source_table)))
        shown = table.folder.picture_columns if table is not None and table.folder is not None else []
        return sheet.model_copy(update={"image_columns": shown})

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
        edited = _sheet({**sheet.model_dump(), **changes})
        if edited.window_order != sheet.window_order and "window_max_gap" not in changes:
            edited = self._with_proposed_gap(edited)
        edited = self._validated(edited)
        self._keep_reading(edited)
        with self._store.write() as connection:
            current = data.sheet(connection, sheet.id)
            check_name(connection, edited)
            watched = (*_EDITABLE, "item_count", "source_fingerprint", "identity")
            after = {name: getattr(edited, name) for name in watched if getattr(edited, name) != getattr(sheet, name)}
            if not after:
                return current
            before = {name: getattr(current, name) for name in after}
            changed = rows.change(connection, current, **after, updated_by=self._actor)
            rows.log(connection, current, "edit", self._actor, before=before, after=after)
        return changed

    def duplicate_sheet(self, ref: str, name: str = "") -> Sheet:
        """Another sheet with all that this one says, also what its columns are for; its pairs and labels stay with it.

        Raises ConflictError when the name is taken.
        """
        sheet = self.sheet(ref)
        with self._store.read() as connection:
            taken = {one.name for one in data.sheets(connection)}
        copies = (f"{sheet.name} copy", *(f"{sheet.name} copy {number}" for number in range(2, len(taken) + 3)))
        chosen = name.strip() or next(one for one in copies if one not in taken)
        # A copy has no pairs yet, so none of its items is named by its position.
        identity = ItemIdentity.CONTENT if sheet.identity is ItemIdentity.POSITION else sheet.identity
        copied = {field: value for field, value in sheet.model_dump().items() if field in (*_EDITABLE, "tags")}
        names = {"name": chosen, "created_by": self._actor, "updated_by": self._actor, "identity": identity}
        copy = self._validated(_sheet({**copied, **names}))
        self._keep_reading(copy)
        with self._store.write() as connection:
            check_name(connection, copy)
            rows.add(connection, copy)
            after = {**copy.model_dump(mode="json"), "duplicate_of": sheet.id}
            rows.log(connection, copy, "duplicate", self._actor, after=after)
        return copy

    def stream_steps(self, ref: str) -> StreamSteps | None:
        """How far the rows of a sheet's streams lie apart; None where no column orders windows."""
        sheet = self.sheet(ref)
        return self._catalog.stream_steps(TableAddress.parse(sheet.source_table), RowQuery.of(sheet))

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
        check_span(limit, offset)
        sheet = self.sheet(ref)
        address = TableAddress.parse(sheet.source_table)
        page = self._catalog.page(address, RowQuery.of(sheet, limit, offset))
        if self._catalog.fingerprint(address) == sheet.source_fingerprint:
            return page
        note = f"The source has changed since the sheet was checked with {sheet.item_count:,} items. Edit the "
        return replace(page, notes=(*page.notes, note + "sheet to check it again."))

    def _with_proposed_gap(self, sheet: Sheet) -> Sheet:
        """The sheet with the gap that its data shows, which no window bridges; none where nothing orders them."""
        steps = None
        if sheet.windows is not None and sheet.window_order and sheet.window_size and sheet.window_size > 1:
            address = find_address(self._catalog, sheet.source_table)
            steps = self._catalog.stream_steps(address, RowQuery.of(sheet))
        return sheet.model_copy(update={"window_max_gap": steps.limit if steps is not None else None})

    def _noted(self, sheet: Sheet) -> dict[str, ColumnRole]:
        """What its columns are for: those that are known only afterwards are notes, unless the user decided."""
        with self._store.read() as connection:
            table = data.table_at(connection, sheet.source_table)
            ahead = () if table is None else columns_ahead(connection, table)
        return {**dict.fromkeys(ahead, ColumnRole.NOTE), **sheet.column_roles}

    def _labels_ahead(self, sheet: Sheet) -> dict[str, WindowLabel]:
        """The columns of a window that are known only afterwards, with their last value.

        Their mean or slope over the window would give the answer away.
        """
        with self._store.read() as connection:
            table = data.table_at(connection, sheet.source_table) if sheet.windows is not None else None
            return dict.fromkeys(columns_ahead(connection, table), WindowLabel.LAST) if table is not None else {}

    def _validated(self, sheet: Sheet) -> Sheet:
        """The sheet with its columns' exact names, counted, and known to fit its source."""
        from ontos_tui.tabular.row_filter import find_column

        address = find_address(self._catalog, sheet.source_table)
        fingerprint = self._catalog.fingerprint(address)
        columns = self._catalog.columns(address)
        names = [column.name for column in columns]

        def exact(requested: Iterable[str]) -> list[str]:
            return list(dict.fromkeys(find_column(name, names) for name in requested))

        check_windows(sheet)
        sheet = sheet.model_copy(
            update={
                "window_group": find_column(sheet.window_group, names) if sheet.window_group else None,
                "window_order": find_column(sheet.window_order, names) if sheet.window_order else None,
                "window_labels": self._labels_ahead(sheet)
                | {find_column(name, names): how for name, how in sheet.window_labels.items()},
            }
        )
        check_order(sheet, columns)
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
                "unique_by": exact(sheet.unique_by),
                "source_fingerprint": fingerprint,
                "identity": identity_of(sheet),
            }
        )
        check_sample(sheet)
        check_repeats(sheet)
        count = count_items(self._catalog, address, sheet)
        return sheet.model_copy(update={"item_count": count, "column_roles": self._noted(sheet)})

    def _keep_reading(self, sheet: Sheet) -> None:
        """Keep what was found out about the rows of a file while the sheet was checked: whether some are equal."""
        if sheet.identity is not ItemIdentity.CONTENT or TableAddress.parse(sheet.source_table).catalog != LOCAL:
            return
        reading = self._catalog.reading(TableAddress.parse(sheet.source_table))
        with self._store.write() as connection:
            table = data.table_at(connection, sheet.source_table)
            if table is not None and table.fingerprint == sheet.source_fingerprint and table.reading != reading:
                rows.change(connection, table, reading=reading)


def _sheet(values: dict[str, Any]) -> Sheet:
    # An empty field of a form means no column.
    for name in ("item_id_column", "sample_by", "window_size", "window_step", "window_group", "window_order"):
        values[name] = values.get(name) or None
    values["window_max_gap"] = values.get("window_max_gap") or None
    try:
        return Sheet.model_validate(values)
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise InvalidInputError(f"The sheet cannot be created: {reasons}.", "Correct these fields.") from error
