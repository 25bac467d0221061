"""Lines below the rows that are none: totals, remarks, what a program says of itself when it is done."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ontos_tui.tabular.text.records import TextRecord, kind_of

_TOTALS = re.compile(
    r"(?:grand |sub)?-?totals?|sums?|summe|gesamt(?:summe)?|somme|moyenne|mean|average|avg|mittelwert|std(?: ?dev)?|"
    r"min(?:imum)?|max(?:imum)?|median|count|anzahl|n",
    re.IGNORECASE,
)
_UNSURE = ("n", "min", "max", "avg", "std", "sum", "count", "median")
"""Words that begin a total only where numbers or times stand in the other rows."""
_REMARK = re.compile(
    r"\W*(?:(?:end|eof|source|note|notes|remark|generated|exported|created|copyright|©|report|page|printed|legend|quelle|"
    r"erstellt|stand|\*+|-{3,}|={3,}|rows?:?|records?:?|\d+ (?:rows|records|lines))\b|[-=*_]{3,}|©|#|//|\*|\x1a)",
    re.IGNORECASE,
)


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
    if record.filled != 1 or width < 2:
        return False
    return _REMARK.match(next(cell for cell in record.cells if cell.strip())) is not None


def _is_total(record: TextRecord, width: int, typed: dict[int, str]) -> bool:
    """Whether a row is a total: it begins with such a word where values, or nothing, stands in other rows."""
    cells = [cell.strip() for cell in record.cells]
    place = next((place for place, cell in enumerate(cells) if cell), None)
    if place is None or width < 2:
        return False
    word = cells[place].rstrip(":. ").lower()
    if not _TOTALS.fullmatch(word):
        return False
    if typed.get(place) in ("number", "time"):
        return True
    return word not in _UNSURE and any(kind_of(cell) == "number" for cell in cells)
