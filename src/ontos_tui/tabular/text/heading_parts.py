"""What headings are composed of: names, units below them, and rows of other words that are neither."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ontos_tui.domain.records.reading import Question
from ontos_tui.tabular.text.records import TextRecord, kind_of
from ontos_tui.tabular.values.units import bare, is_statistic, is_unit

_UNITS = ("unit", "units", "einheit", "einheiten", "unité", "unités")
_WIDTH = re.compile(r"[0-9]{1,3}[snd]")
"""As in tables of the US Geological Survey: the width of a column, and whether it holds texts, numbers or days."""


@dataclass(frozen=True)
class Headings:
    """The names and where they stand. `header` is a line (from 1), 0 without names; `body` the first line of rows."""

    names: tuple[str, ...]
    header: int
    body: int
    units: tuple[str, ...] = ()
    units_line: int | None = None
    notes: tuple[str, ...] = ()
    question: Question | None = None


def numbered(width: int) -> tuple[str, ...]:
    """Names for columns that have none."""
    return tuple(f"c{place}" for place in range(1, width + 1))


def could_be_names(record: TextRecord) -> bool:
    """Whether a record's values could be names: nearly all there, all different, hardly any of them a number."""
    cells = [cell.strip() for cell in record.cells]
    filled = [cell.lower() for cell in cells if cell]
    if len(filled) < len(cells) - (1 if len(cells) > 2 else 0) or not filled:
        return False
    numbers = sum(kind_of(cell) in ("number", "time") for cell in cells)
    return numbers <= 0.2 * len(cells)


def names_apart(text: str) -> tuple[str, ...]:
    """Names that hold blanks of their own, with two or more between them; none where one of them is no name."""
    names = tuple(re.split(r"[ ]{2,}|\t", text.strip()))
    return names if all(kind_of(name) == "text" for name in names) else ()


def are_units(record: TextRecord) -> bool:
    words = [cell.strip() for cell in record.cells if cell.strip()]
    return bool(words) and sum(is_unit(word) for word in words) >= 0.6 * len(words)


def with_units(
    headings: Headings, header: TextRecord, below: Sequence[TextRecord], rows: Sequence[TextRecord], *, has_types: bool
) -> Headings:
    """The headings with the units that stand below them. Other rows there are values that do not fit, or a question."""
    for record in below:
        cells = [cell.strip() for cell in record.cells]
        filled = [cell for cell in cells if cell]
        words = filled[1:] if filled and filled[0].lower().rstrip(":") in _UNITS else filled
        if words and sum(is_unit(cell) for cell in words) >= 0.6 * len(words) and headings.units_line is None:
            labels = tuple("" if cell not in words and cell == filled[0] else bare(cell) for cell in cells)
            note = f"Line {record.line} holds units ({', '.join(words[:4])}); it is no row."
            headings = replace(headings, units=labels, units_line=record.line, notes=(*headings.notes, note))
        elif filled and all(is_statistic(cell) for cell in filled):
            note = f"Line {record.line} says how the values were made ({', '.join(filled[:4])}); it is no row."
            headings = replace(headings, notes=(*headings.notes, note))
        elif filled and all(_WIDTH.fullmatch(cell) for cell in filled):
            note = f"Line {record.line} says how wide the columns are ({', '.join(filled[:4])}); it is no row."
            headings = replace(headings, notes=(*headings.notes, note))
        elif headings.units_line is None and has_types:
            return _text_rows(headings, header, record, rows)
    return headings


def _text_rows(headings: Headings, header: TextRecord, record: TextRecord, rows: Sequence[TextRecord]) -> Headings:
    """A row between names and rows that fits neither: with few rows it is one of them, with many perhaps the names."""
    if len(rows) < 5 or record.width != header.width or not could_be_names(record):
        return replace(headings, body=record.line)
    question = Question(
        option="--header-line",
        field="header_line",
        text=f"Line {header.line} and line {record.line} could both hold the columns' names.",
        choices=[str(header.line), str(record.line)],
    )
    return replace(headings, question=question)


def names_with_facts(
    upper: TextRecord, units: TextRecord, width: int, body: int, rows: Sequence[TextRecord]
) -> Headings | None:
    """Names and units that are followed, in the same lines, by facts such as the start and the step of the time."""
    columns = width - 1
    if upper.width != units.width or units.width <= columns or columns < 1 or units.stop != body:
        return None
    if any(record.width != width or record.cells[-1].strip() for record in rows) or not could_be_names(upper):
        return None
    words, facts = units.cells[:columns], units.cells[columns:]
    if sum(is_unit(word) for word in words) < 0.6 * columns or any(kind_of(fact) != "number" for fact in facts):
        return None
    note = f"Line {units.line} holds units ({', '.join(words[:4])}); it is no row."
    return Headings((*upper.cells[:columns], ""), upper.line, body, (*map(bare, words), ""), units.line, (note,))
