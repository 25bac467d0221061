"""What the columns of a sheet are for: proposed by what is known of them, and decided by the user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.derived import NO_FEATURE, ColumnRole
from ontos_tui.learning.groups.grouping import find_groups, time_columns
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.data.column_facts import ColumnFacts, column_facts
from ontos_tui.services.data.sheets import SheetService


@dataclass(frozen=True)
class RoleOfColumn:
    """What a column is for, why, and whether the user decided it."""

    column: str
    role: ColumnRole
    reason: str
    decided: bool

    @property
    def is_feature(self) -> bool:
        """Whether models learn from it unless a template says otherwise."""
        return self.role not in NO_FEATURE


class RoleService:
    """Shows and changes the roles of a sheet's columns."""

    def __init__(self, sheets: SheetService, catalog: Catalog) -> None:
        self._sheets = sheets
        self._catalog = catalog

    def roles(self, sheet_ref: str) -> list[RoleOfColumn]:
        """The role of each column. Raises NotReadyError for a sheet without rows."""
        sheet = self._sheets.sheet(sheet_ref)
        return proposed_roles(sheet, column_facts(self._catalog, sheet))

    def decide(self, sheet_ref: str, roles: Mapping[str, ColumnRole | None]) -> list[RoleOfColumn]:
        """Decide what columns are for; None goes back to what is proposed. Raises InvalidInputError for no column.

        A column of pictures becomes one of the sheet's pictures, and any other none.
        """
        from ontos_tui.tabular.row_filter import find_column

        sheet = self._sheets.sheet(sheet_ref)
        names = [one.column for one in self.roles(sheet.id)]
        decided, pictures = dict(sheet.column_roles), list(sheet.image_columns)
        for name, role in roles.items():
            exact = find_column(name, names)
            decided.pop(exact, None)
            if role is not None:
                decided[exact] = role
            if role is ColumnRole.PICTURE and exact not in pictures:
                pictures.append(exact)
            elif role not in (None, ColumnRole.PICTURE) and exact in pictures:
                pictures.remove(exact)
        if ColumnRole.PICTURE in decided.values() and sheet.windows is not None:
            raise InvalidInputError("A window has no pictures.", "Choose another role.")
        self._sheets.edit_sheet(sheet.id, column_roles=decided, image_columns=pictures)
        return self.roles(sheet.id)


def proposed_roles(sheet: Sheet, facts: Sequence[ColumnFacts]) -> list[RoleOfColumn]:
    """The role of each column: what the user decided, else what its values and the sheet show."""
    columns = {one.name: one.values for one in facts if not one.nested}
    groups = find_groups(columns, windows_of=sheet.window_group, leave_out=[sheet.item_id_column or ""])
    reasons = {one.column: one.reason for one in reversed(groups) if one.proposed}
    times = set(time_columns(columns))
    return [_role(sheet, one, reasons, times) for one in facts]


def _role(sheet: Sheet, one: ColumnFacts, groups: Mapping[str, str], times: set[str]) -> RoleOfColumn:
    decided = sheet.column_roles.get(one.name)
    if decided is not None:
        return RoleOfColumn(one.name, decided, "decided", decided=True)
    role, reason = next(_rules(sheet, one, groups, times))
    return RoleOfColumn(one.name, role, reason, decided=False)


def _rules(
    sheet: Sheet, one: ColumnFacts, groups: Mapping[str, str], times: set[str]
) -> Iterator[tuple[ColumnRole, str]]:
    """The roles that a column may have, the first is the one that it has."""
    if one.name in sheet.image_columns:
        yield ColumnRole.PICTURE, "the sheet's pictures"
    if one.name == sheet.item_id_column:
        yield ColumnRole.ID, "names the items"
    if one.name == sheet.window_group:
        yield ColumnRole.GROUP, "separates the streams"
    if sheet.windows is not None and one.name in ("window_start", "window_end"):
        yield ColumnRole.TIME, "the order of the stream"
    if one.name == sheet.window_order:
        yield ColumnRole.TIME, "orders the streams"
    if one.name in groups:
        yield ColumnRole.GROUP, groups[one.name]
    if one.name in times:
        yield ColumnRole.TIME, "holds times"
    if one.nested:
        yield ColumnRole.VALUE, "holds lists"
    if one.is_document:
        yield ColumnRole.DOCUMENT, "holds texts of many words"
    if one.identifies:
        yield ColumnRole.ID, "every row has a value of its own"
    yield ColumnRole.VALUE, "is constant" if one.is_constant else "values repeat" if one.counts else "is empty"
