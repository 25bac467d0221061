"""The list of DATA, and what it says of a sheet or of a use case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.tui.widgets.lines import Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Sheet
    from ontos_tui.services.guide.onboarding import UseCase


@dataclass(frozen=True)
class Entry:
    """A line of the list: a sheet, or a use case whose sample data is not loaded yet."""

    name: str
    remark: str
    sheet: Sheet | None = None
    use_case: UseCase | None = None


def about_use_case(entry: Entry, width: int) -> list[Line]:
    assert entry.use_case is not None
    return [
        line(span(entry.name, "title")),
        *wrap(entry.use_case.summary, width),
        line(span("enter", "key"), ": load its sample data"),
    ]


def about_sheet(sheet: Sheet, width: int) -> list[Line]:
    from ontos_tui.domain.records.data import OLD_NAMES, UNNAMED, ItemIdentity, Sampling, windows_in_words

    sample = "all rows"
    if sheet.sampling is not Sampling.ALL:
        by = f" by {sheet.sample_by}" if sheet.sample_by else ""
        sample = f"{sheet.sampling.value}{by}, {sheet.sample_size or 'all'} rows"
    old_names = [line(span(OLD_NAMES, "warn"))] if sheet.identity is ItemIdentity.POSITION else []
    tags = f"  ⛔ {', '.join(sheet.tags)}" if sheet.tags else ""
    return [
        line(span(sheet.name, "title"), span(f"  {sheet.item_count:,} items", "strong"), span(tags, "warn")),
        line(span(sheet.description, "muted", width)),
        line(span("source  ", "muted"), sheet.source_table),
        line(span("item id ", "muted"), windows_in_words(sheet) or sheet.item_id_column or UNNAMED),
        *old_names,
        line(span("filter  ", "muted"), sheet.filter_expression or "none"),
        line(span("sample  ", "muted"), sample),
    ]
