"""Which row of a sheet holds the names, which columns belong to the table, and names of groups above joined cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.reading import ReadingOptions
from ontos_tui.tabular.text.heading_parts import Headings
from ontos_tui.tabular.text.layout import decided_headings
from ontos_tui.tabular.text.records import TextRecord, kind_of
from ontos_tui.tabular.workbooks.grid import Joined, Row
from ontos_tui.tabular.workbooks.markup import Area

MOST_GROUP_ROWS = 30
"""Rows at the top that may hold the names of groups of columns."""


@dataclass(frozen=True)
class HeadingRows:
    """The headings of the columns at `places`, which are the used ones."""

    headings: Headings
    places: tuple[int, ...]


def heading_rows(
    rows: Sequence[tuple[int, Row]],
    areas: Sequence[Area],
    first: int,
    options: ReadingOptions,
    names: Sequence[str] = (),
    file_name: str = "",
) -> HeadingRows:
    """Decide by the first rows of a sheet, none of them blank; joined cells hold their value only once.

    Raises InvalidInputError when the line that the user names holds nothing.
    """
    line = options.header_line
    if line and not any(number == line for number, _ in rows):
        raise InvalidInputError(f"Row {line} of {file_name} holds no names.", "Name another one: --header-line")
    groups = _group_rows(rows, areas, first)
    width = len(rows[0][1]) if rows else 0
    upright = Joined([area for area in areas if area[0][1] == area[1][1]], first, width)
    plain = [(number, _filled(upright, number, row)) for number, row in rows]
    proposal = _with_groups(_decided(_without(plain, groups), _undecided(options), names, file_name), groups)
    if line is None or line == proposal.headings.header:
        return proposal if line is None else replace(proposal, headings=replace(proposal.headings, question=None))
    return _decided(plain, options, names, file_name)


def _undecided(options: ReadingOptions) -> ReadingOptions:
    """The decisions without the line of the names, unless there are none."""
    return options.model_copy(update={"header_line": None}) if options.header_line else options


def _filled(joined: Joined, number: int, row: Row) -> Row:
    copy = list(row)
    joined.fill(number, copy)
    return copy


def _without(rows: Iterable[tuple[int, Row]], groups: dict[int, Row]) -> list[tuple[int, Row]]:
    return [(number, row) for number, row in rows if number not in groups]


def _decided(
    rows: Sequence[tuple[int, Row]], options: ReadingOptions, names: Sequence[str], file_name: str
) -> HeadingRows:
    """The headings of the columns that hold values below, and of those that the row of the names names."""
    width = len(rows[0][1]) if rows else 0
    lower = [row for _, row in rows[len(rows) // 2 :]]
    places = tuple(place for place in range(width) if any(row[place].strip() for row in lower))
    headings = decided_headings(records_of(rows, places), len(places), options, names, file_name)
    header = next((row for number, row in rows if number == headings.header), ())
    more = tuple(place for place, cell in enumerate(header) if place in places or cell.strip())
    if len(more) > len(places) and not names:
        places = more
        headings = decided_headings(records_of(rows, places), len(places), options, names, file_name)
    return HeadingRows(headings, places)


def records_of(rows: Iterable[tuple[int, Row]], places: Sequence[int]) -> list[TextRecord]:
    """Rows as records of the columns at `places`."""
    records = []
    for number, row in rows:
        cells = tuple(row[place] for place in places)
        records.append(TextRecord(number, number + 1, cells, " | ".join(cell for cell in row if cell.strip())))
    return records


def _group_rows(rows: Sequence[tuple[int, Row]], areas: Sequence[Area], first: int) -> dict[int, Row]:
    """Rows at the top in which cells are joined side by side, next to others: each names a group of columns."""
    wide: dict[int, list[Area]] = {}
    for area in areas:
        if area[1][1] > area[0][1]:
            wide.setdefault(area[0][0] + 1, []).append(area)
    groups = {}
    for number, row in rows[:MOST_GROUP_ROWS]:
        filled = [cell for cell in row if cell.strip()]
        if number in wide and len(filled) > 1 and all(kind_of(cell) == "text" for cell in filled):
            groups[number] = list(row)
            Joined(wide[number], first, len(row)).fill(number, groups[number])
    return groups


def _with_groups(proposal: HeadingRows, groups: dict[int, Row]) -> HeadingRows:
    """The names, each behind those of the groups right above; rows of that kind below the names are values."""
    headings = proposal.headings
    below = [number for number in groups if headings.header < number < headings.body]
    if below:
        headings = replace(headings, body=min(below))
    line = headings.header
    names: list[list[str]] = [[name.strip()] for name in headings.names]
    while line > 1 and line - 1 in groups:
        line -= 1
        for place, parts in zip(proposal.places, names, strict=False):
            group = groups[line][place].strip()
            if group and group not in parts:
                parts.insert(0, group)
    if line == headings.header:
        return replace(proposal, headings=headings)
    note = f"The names stand in {headings.header - line + 1} rows, lines {line} to {headings.header}; they were joined."
    joined = tuple(" ".join(part for part in parts if part) for parts in names)
    return replace(proposal, headings=replace(headings, names=joined, header=line, notes=(*headings.notes, note)))
