"""Tables of this machine that come of others, looked at before they are added."""

from __future__ import annotations

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import DataTable, Page, RowQuery
from ontos_tui.domain.records.derived import ComputedCounts, Join, JoinSuggestion, MatchCounts
from ontos_tui.platforms.local.catalog import LocalCatalog, page_of
from ontos_tui.tabular.derived_tables import computed_counts, counted, suggested
from ontos_tui.tabular.source import Source

PREVIEW = " (preview)"
"""Behind the address of a table that is only looked at, so that its rows do not replace those of the table."""


class LocalDerivations:
    """Joins and computed columns over files, by DuckDB."""

    def __init__(self, catalog: LocalCatalog) -> None:
        self._opened = catalog.opened

    def matches(self, join: Join) -> MatchCounts:
        """How the rows of the two tables match."""
        return counted(*self._sides(join), join, self._opened.spill)

    def suggestions(self, join: Join) -> list[JoinSuggestion]:
        """By which columns they may be joined, the likeliest first."""
        return suggested(*self._sides(join), join, self._opened.spill)

    def counts(self, table: DataTable) -> ComputedCounts:
        """What becomes of the last computed column."""
        columns = table.computed
        events = self._opened.inputs_of(one.events.table for one in columns if one.events is not None)
        return computed_counts(self._opened.base_of(table), columns, events, self._opened.spill)

    def preview(self, table: DataTable, limit: int) -> Page:
        """The first rows of a table that may not be stored yet."""
        record = table.model_copy(update={"address": table.address + PREVIEW, "fingerprint": "", "reading": None})
        try:
            return page_of(self._opened.source_of(record), RowQuery(limit=limit))
        finally:
            self._opened.forget(record)

    def _sides(self, join: Join) -> tuple[Source, Source]:
        if join.left == join.right:
            raise InvalidInputError(f"{join.left} is joined with itself.", "Name two tables.")
        sides = self._opened.inputs_of((join.left, join.right))
        return sides[join.left], sides[join.right]
