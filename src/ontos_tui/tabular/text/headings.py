"""Where the names stand, what stands above them, and whether units or more names stand below.

Works on records of cells, whatever file they come from. The rows below decide: a column whose values are numbers, times
or flags tells a line of names from a line of values. What cannot be told is a question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ontos_tui.domain.records.reading import Question
from ontos_tui.tabular.text.heading_parts import (
    Headings,
    are_units,
    could_be_names,
    names_apart,
    names_with_facts,
    numbered,
    with_units,
)
from ontos_tui.tabular.text.records import TextRecord, kind_of
from ontos_tui.tabular.values.units import bare, is_unit

MOST_TYPED = 300
"""Records, about, that tell what columns hold."""
MOST_CHOICES = 6
"""Lines that a question offers."""
MOST_ABOVE = 200
"""Records above the rows that are looked at."""


def headings_of(records: Sequence[TextRecord], width: int) -> Headings:
    """Decide by the records, whose usual number of values is `width`."""
    typed = typed_columns(records, width)
    start = _first_row(records, width, typed)
    above = list(records[:start])
    body = records[start].line if start < len(records) else records[-1].stop
    if len(records) == 1 and all(kind_of(cell) in ("number", "time") for cell in records[0].cells):
        return _without_heading(records, width)
    if not above:
        return _with_numbers(records, typed) or _without_heading(records, width)
    return _choose(above, width, body, records[start:], has_types=bool(typed))


def given_header(records: Sequence[TextRecord], line: int, units_line: int | None) -> Headings:
    """The names that stand in a line that the user names."""
    record = next((record for record in records if record.line == line), None)
    if record is None:
        return Headings((), 0, line)
    body = record.stop
    units: tuple[str, ...] = ()
    if units_line:
        row = next((record for record in records if record.line == units_line), None)
        units = tuple(map(bare, row.cells)) if row is not None else ()
        body = max(body, units_line + 1)
    return Headings(record.cells, line, body, units, units_line)


def typed_columns(records: Sequence[TextRecord], width: int) -> dict[int, str]:
    """The columns whose values in the later half of the records are of one kind other than text."""
    body = [record for record in records[(len(records)) // 2 :] if record.width == width]
    body = body[:: max(1, len(body) // MOST_TYPED)]
    if len(records) < 2:
        return {}
    typed = {}
    for place in range(width):
        kinds = [kind for kind in (kind_of(record.cells[place]) for record in body) if kind != "empty"]
        for kind in ("number", "time", "flag"):
            if kinds and kinds.count(kind) >= 0.8 * len(kinds):
                typed[place] = kind
    return typed


def _first_row(records: Sequence[TextRecord], width: int, typed: dict[int, str]) -> int:
    """The place of the first record that is a row of values; as many as there are records when none is."""
    if not typed:
        return _after_names_of_texts(records, width)
    fitting = [_fits(record, width, typed) for record in records]
    for place, fits in enumerate(fitting[:MOST_ABOVE]):
        following = fitting[place + 1 : place + 3]
        if fits and (not following or any(following)):
            return place
    return min(1, len(records))


def _after_names_of_texts(records: Sequence[TextRecord], width: int) -> int:
    for place, record in enumerate(records[:MOST_ABOVE]):
        if (record.width == width and record.filled > max(1, width // 2)) or width == 1:
            return place + 1
    return min(1, len(records))


def _fits(record: TextRecord, width: int, typed: dict[int, str]) -> bool:
    if record.width != width:
        return False
    kinds = [(kind_of(record.cells[place]), kind) for place, kind in typed.items()]
    filled = [(kind, expected) for kind, expected in kinds if kind != "empty"]
    return bool(filled) and sum(kind == expected for kind, expected in filled) >= 0.6 * len(filled)


def _with_numbers(records: Sequence[TextRecord], typed: dict[int, str]) -> Headings | None:
    """The first record as names, some of which are numbers, such as those of channels; None when it is a row."""
    first, rows = records[0], records[1:]
    words = [place for place in typed if kind_of(first.cells[place]) == "text"]
    if words and len(records) > 2 and are_units(records[1]) and not are_units(first):
        headings = Headings(first.cells, first.line, records[2].line)
        return with_units(headings, first, [records[1]], records[2:], has_types=True)
    whole = [
        cell.strip().isdecimal() for place, cell in enumerate(first.cells) if place in typed and place not in words
    ]
    if not whole or not all(whole) or len(rows) < 2 or _is_scale(first.cells):
        return None
    differs = words or all("." in cell for record in rows for cell in record.cells)
    if not differs or len(set(first.cells)) < len(first.cells):
        return None
    headings = _without_heading(records, len(first.cells))
    text = f"Line {first.line} may hold the columns' names, such as numbers of channels, or the first values."
    choices = [str(first.line), "0"]
    return replace(headings, question=Question(option="--header-line", field="header_line", text=text, choices=choices))


def _without_heading(records: Sequence[TextRecord], width: int) -> Headings:
    """The first record looks like a row: the file names no columns, or its names are numbers that go up in steps."""
    first = records[0]
    if len(records) > 1 and _is_scale(first.cells) and not any(_is_scale(record.cells) for record in records[1:4]):
        note = "The first line was taken for the columns' names, although it holds numbers."
        return Headings(first.cells, first.line, first.stop, notes=(note,))
    note = "The first line holds values, so the file names no columns; they are called c1, c2 and so on."
    return Headings(numbered(width), 0, first.line, notes=(note,))


def _is_scale(cells: Sequence[str]) -> bool:
    """Whether numbers go up or down in equal steps, as years and wavelengths above columns do."""
    numbers = []
    for cell in cells[1:] if kind_of(cells[0]) in ("text", "empty") else cells:
        try:
            numbers.append(float(cell))
        except ValueError:
            return False
    steps = [later - earlier for earlier, later in pairwise(numbers)]
    years = all(number.is_integer() and 1900 <= number <= 2100 for number in numbers)
    return (
        len(steps) >= (1 if years else 3)
        and steps[0] != 0
        and all(abs(step - steps[0]) <= 1e-6 * abs(steps[0]) for step in steps)
    )


def _choose(above: list[TextRecord], width: int, body: int, rows: Sequence[TextRecord], *, has_types: bool) -> Headings:
    """Which of the records above the rows holds the names."""
    wide = [record for record in above if record.width == width]
    if not wide:
        return _narrow(above, width, body, rows)
    good = [record for record in wide if could_be_names(record)]
    if not good:
        return _joined(above, wide, width, body)
    if (grouped := _grouped(good)) is not None:
        below = [record for record in above if record.line > good[1].line]
        return with_units(
            Headings(grouped[0], good[0].line, body, notes=grouped[1:]), good[1], below, rows, has_types=has_types
        )
    header = good[0]
    block = [record for record in good if record.line > header.line]
    below = [record for record in above if record.line > header.line]
    if _blank_before(block, above):
        header = _blank_before(block, above)[-1]
        below = [record for record in above if record.line > header.line]
    headings = with_units(_with_group_names(above, header, width, body), header, below, rows, has_types=has_types)
    if headings.question is not None and len(good) > 2:
        lines = [str(record.line) for record in good[:MOST_CHOICES]]
        text = f"Lines {', '.join(lines[:-1])} and {lines[-1]} could all hold the columns' names."
        return replace(headings, question=headings.question.model_copy(update={"text": text, "choices": lines}))
    return headings


def _blank_before(block: Sequence[TextRecord], above: Sequence[TextRecord]) -> list[TextRecord]:
    """Those that stand below a blank line, as names do below a block of facts about the file."""
    stops = {record.stop for record in above}
    return [record for record in block if record.line not in stops]


def _names_rows(rows: Sequence[TextRecord], width: int) -> bool:
    """Whether every row has one value more than there are names, and the first ones name the rows."""
    first = [record.cells[0].strip() for record in rows if record.width == width]
    if len(first) < len(rows) or len(first) < 2 or len(set(first)) < len(first) or not all(first):
        return False
    counted = [str(number) for number in range(1, len(first) + 1)]
    return first == counted or all(kind_of(cell) == "text" for cell in first)


def _decimal_question(names: TextRecord, rows: Sequence[TextRecord]) -> Question | None:
    """One name above two whole numbers with a comma between them: that may be the decimal mark."""
    whole = all(cell.strip().isdecimal() for record in rows for cell in record.cells)
    if not whole or "," not in rows[0].text:
        return None
    text = f"The comma of line {rows[0].line} may separate two values, or be the decimal mark of one; then choose ;."
    return Question(option="--separator", field="separator", text=text, choices=[",", ";"])


def _narrow(above: list[TextRecord], width: int, body: int, rows: Sequence[TextRecord]) -> Headings:
    """No record above the rows has as many values as they: a heading without names, or names with one too few."""
    last = above[-1]
    if len(above) > 1 and (headings := names_with_facts(above[-2], last, width, body, rows)) is not None:
        return headings
    if last.width == width - 1 and could_be_names(last) and last.stop == body and _names_rows(rows, width):
        note = "The first value of each row has no name; it was taken for the row's name, as R writes it."
        question = _decimal_question(last, rows) if width == 2 else None
        return Headings(("row", *last.cells), last.line, body, notes=(note,), question=question)
    if last.width > width and len(apart := names_apart(last.text)) == width and last.stop == body:
        return Headings(apart, last.line, body)
    if last.width in (width - 1, width + 1) and could_be_names(last) and last.width > 1 and last.stop == body:
        return Headings(last.cells, last.line, body)  # the rows are told from it by their line's number
    note = "Nothing above the rows names the columns; they are called c1, c2 and so on."
    headings = Headings(numbered(width), 0, body, notes=(note,))
    if 1 < last.width < width and "," in last.text and could_be_names(last) and last.stop == body:
        text = (
            f"Line {last.line} holds {last.width} names, but the rows hold {width} values. If the comma is the decimal "
            "mark too, the file cannot be read: export it with another separator. If that line holds no names: 0."
        )
        question = Question(option="--header-line", field="header_line", text=text, choices=["0"])
        return replace(headings, question=question)
    return headings


def _joined(above: list[TextRecord], wide: list[TextRecord], width: int, body: int) -> Headings:
    """Names of several rows, such as a group of columns above what each of them is; or the last row as it is."""
    for count in (2, 3):
        rows = wide[-count:]
        if len(rows) < count or any(kind_of(cell) in ("number", "time") for row in rows for cell in row.cells):
            break
        names = _join([row.cells for row in rows])
        if len({name.lower() for name in names}) == width and all(names):
            note = f"The names stand in {count} rows, lines {rows[0].line} to {rows[-1].line}; they were joined."
            return Headings(names, rows[0].line, body, notes=(note,))
    header = max(wide, key=lambda record: (record.filled, -record.line))
    return with_units(
        Headings(header.cells, header.line, body),
        header,
        [row for row in above if row.line > header.line],
        (),
        has_types=True,
    )


def _with_group_names(above: list[TextRecord], header: TextRecord, width: int, body: int) -> Headings:
    """The names, joined with those of groups of columns that stand right above them."""
    upper = next((record for record in above if record.stop == header.line and record.width == width), None)
    if upper is not None and _spreads(upper.cells):
        names = _join([upper.cells, header.cells])
        note = f"The names stand in 2 rows, lines {upper.line} to {header.line}; they were joined."
        return Headings(names, upper.line, body, notes=(note,))
    return Headings(header.cells, header.line, body)


def _grouped(good: Sequence[TextRecord]) -> tuple[tuple[str, ...], str] | None:
    """The names, joined with those of groups that are repeated above them, and what to say of it."""
    if len(good) < 2 or good[0].stop != good[1].line:
        return None
    upper, lower = good[0].cells, good[1].cells
    words = [cell for cell in lower if cell.strip()]
    names = _join([upper, lower])
    repeated = len({cell.strip().lower() for cell in upper}) < len(upper)
    if not repeated or len({name.lower() for name in names}) < len(names):
        return None
    if sum(is_unit(cell) for cell in words) >= 0.6 * len(words):
        return None
    return names, f"The names stand in 2 rows, lines {good[0].line} to {good[1].line}; they were joined."


def _spreads(cells: Sequence[str]) -> bool:
    """Whether a row names groups of columns: several names, the last of them in the second half, none a number."""
    filled = [place for place, cell in enumerate(cells) if cell.strip()]
    if len(filled) < 2 or any(kind_of(cells[place]) != "text" for place in filled):
        return False
    return filled[-1] >= len(cells) / 2 and len(filled) < len(cells)


def _join(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    filled = []
    for number, row in enumerate(rows):
        cells, last = [], ""
        for cell in row:
            last = cell.strip() or (last if number < len(rows) - 1 else "")
            cells.append(last)
        filled.append(cells)
    return tuple(" ".join(dict.fromkeys(part for part in parts if part)) for parts in zip(*filled, strict=True))
