"""Lines below the rows that are none: totals, remarks, what a program says of itself, and a second table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ontos_tui.domain.records.reading import Question
from ontos_tui.tabular.text.heading_parts import Headings, could_be_names
from ontos_tui.tabular.text.records import TextRecord, kind_of

_TOTALS = re.compile(
    r"(?:grand |sub)?-?totals?|sums?|summe|gesamt(?:summe)?|somme|suma|somma|totale?s?|moyenne|promedio|media|mean|"
    r"average|avg|mittelwert|std(?:\.? ?dev)?|st\.?dev|s\.?d|stabw|standard ?(?:deviation|abweichung)|variance|varianz|"
    r"var|(?:r|%) ?s\.?d|(?:r\.?s\.?d|c\.?v)\.? ?%?|s\.?e\.?m?|min(?:imum)?|max(?:imum)?|median|range|count|anzahl|n",
    re.IGNORECASE,
)
_UNSURE = (
    "n",
    "min",
    "max",
    "avg",
    "std",
    "sum",
    "count",
    "median",
    "media",
    "range",
    "var",
    "sd",
    "s.d",
    "se",
    "sem",
    "cv",
)
"""Words that begin a total only where numbers or times stand in the other rows."""
_REMARK = re.compile(
    r"\W*(?:(?:end|eof|source|note|notes|remark|generated|exported|created|copyright|©|report|page|printed|legend|quelle|"
    r"erstellt|stand|\*+|-{3,}|={3,}|rows?:?|records?:?|\d+ (?:rows|records|lines))\b|[-=*_]{3,}|©|#|//|\*|\x1a)",
    re.IGNORECASE,
)


_SIGN = re.compile(r"\W*(?:[-=*_]{3,}|©|#|//|\*|\x1a)")


def footer_of(records: Sequence[TextRecord], width: int, typed: dict[int, str]) -> list[TextRecord]:
    """The records at the end, from the given last ones of a file, that are no rows."""
    footer: list[TextRecord] = []
    for place in range(len(records) - 1, 0, -1):
        record = records[place]
        gap = record.line > records[place - 1].stop
        if not (_is_remark(record, width) or _is_total(record, width, typed)):
            if not (footer_below_gap := _block_below_gap(records, place, width)):
                break
            footer = [*footer_below_gap, *footer]
            break
        footer.insert(0, record)
        if gap and record.width != width:
            break
    return footer


def _block_below_gap(records: Sequence[TextRecord], place: int, width: int) -> list[TextRecord]:
    """The records from a blank line to `place`, when none of them is as wide as a row."""
    for start in range(place, max(0, place - 10), -1):
        if records[start].width == width:
            return []
        if records[start].line > records[start - 1].stop:
            return list(records[start : place + 1])
    return []


def _is_remark(record: TextRecord, width: int) -> bool:
    """Whether a line is a remark: one text, in the first place of a row, that begins like one.

    In quotes, a mere sign is a value as any other.
    """
    if record.filled != 1 or width < 2:
        return False
    place, cell = next((place, cell) for place, cell in enumerate(record.cells) if cell.strip())
    if place and record.width == width:
        return False
    return _REMARK.match(cell) is not None and not (record.text.lstrip().startswith('"') and _SIGN.match(cell))


def kinds_without_totals(records: Sequence[TextRecord], width: int) -> dict[int, str]:
    """The columns that hold numbers or times wherever no total stands."""
    rows = [record for record in records if record.width == width]
    kinds = {}
    for place in range(width):
        cells = [record.cells[place] for record in rows if not _TOTALS.fullmatch(_word(record.cells[place]))]
        seen = {kind_of(cell) for cell in cells} - {"empty"}
        if len(seen) == 1 and len(cells) > 1:
            kinds[place] = seen.pop()
    return kinds


def _word(cell: str) -> str:
    return cell.strip().rstrip(":. ").lower()


def _is_total(record: TextRecord, width: int, typed: dict[int, str]) -> bool:
    """Whether a row is a total: it begins with such a word where values, or nothing, stands in other rows."""
    cells = [cell.strip() for cell in record.cells]
    place = next((place for place, cell in enumerate(cells) if cell), None)
    if place is None or width < 2:
        return False
    word = _word(cells[place])
    if not _TOTALS.fullmatch(word):
        return False
    if typed.get(place) in ("number", "time"):
        return True
    return word not in _UNSURE and any(kind_of(cell) == "number" for cell in cells)


def table_below(records: Sequence[TextRecord], body: int) -> TextRecord | None:
    """The names of a second table that stands below a blank line and the rows, which begin in line `body`."""
    rows = [record for record in records if record.line >= body]
    for place, (before, record) in enumerate(pairwise(rows)):
        if record.line == before.stop or place + 2 >= len(rows) or not _begins_table(rows[place + 1 : place + 3]):
            continue
        first = [row for row in rows[: place + 1] if row.width == before.width]
        kinds = kinds_without_totals(first, before.width)
        numbers = [at for at, kind in kinds.items() if kind in ("number", "time")]
        if numbers and (record.width != before.width or any(kind_of(record.cells[at]) == "text" for at in numbers)):
            return record
    return None


def table_above(records: Sequence[TextRecord], headings: Headings) -> TextRecord | None:
    """The names of a table that stands above the one that was taken, and is not much shorter than it."""
    above = [record for record in records if record.line < headings.header]
    rows = sum(record.line >= headings.body for record in records)
    if not above or above[-1].stop == headings.header:
        return None
    for place, record in enumerate(above):
        block = above[place + 1 :]
        if len(block) < max(2, rows / 3) or not _begins_table(above[place : place + 2]):
            continue
        kinds = kinds_without_totals(block, record.width)
        if all(row.width == record.width for row in block) and kinds.get(0) in ("number", "time"):
            return record
    return None


def one_of_two(headings: Headings, records: Sequence[TextRecord]) -> Headings:
    """The headings, with the question which of two tables is meant where a file holds two."""
    above, below = table_above(records, headings), table_below(records, headings.body)
    other = above or below
    if other is None or headings.question is not None:
        return headings
    first, second = sorted((headings.header, other.line))
    names = ", ".join(cell.strip() for cell in other.cells)[:60]
    text = f"The file holds two tables; another one begins in line {other.line} ({names}). In which line are the names?"
    choices = [str(first), str(second)]
    return replace(headings, question=Question(option="--header-line", field="header_line", text=text, choices=choices))


def _begins_table(records: Sequence[TextRecord]) -> bool:
    """Whether names stand in the first record, and values in the next one."""
    if len(records) < 2 or records[0].width < 2:
        return False
    names, row = records
    is_next = row.line == names.stop and row.width == names.width
    return is_next and could_be_names(names) and any(kind_of(cell) in ("number", "time") for cell in row.cells)
