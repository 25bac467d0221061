"""Which sign stands between the values: the one that most lines hold equally often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ontos_tui.tabular.text.records import SPACES, TextRecord, kind_of, split

SEPARATORS = "\t;|,"
"""In the order of preference: a comma may be a decimal comma, the others are hardly anything else."""


RARE = "^~¦\x1f"


def separator_of(lines: Sequence[str], *, spaced: bool) -> str:
    """The separator of a file; "" when every line is one value. `spaced` allows blanks, as in .txt and .dat files."""
    content = [line for line in lines if line.strip()]
    for begin in (0, len(content) // 2, len(content) * 4 // 5):
        # A block of facts about the file may be longer than its rows.
        part = content[begin:]
        if begin and len(part) < 3:
            break
        scores = {sign: _score(split(part, sign)) for sign in SEPARATORS}
        best = max(SEPARATORS, key=lambda sign: (round(scores[sign], 1), -SEPARATORS.index(sign)))
        blanks = _score(split(part, SPACES)) if spaced and spaces_agree(part) else 0.0
        if best == "\t" and scores[best] >= 0.5 and usual_width(split(part, best)) > usual_width(split(part, SPACES)):
            return best  # a last value that is always empty makes no difference to blanks
        if blanks and (blanks > scores[best] + 0.1 or (blanks >= scores[best] and best == "\t")):
            return SPACES
        if scores[best] >= 0.5:
            return best
        if not begin and scores[best] and split(part, best)[0].width > 1:
            return best  # what the first line says, though most lines say otherwise: they are told as ragged
    return _rare(content)


def _rare(content: Sequence[str]) -> str:
    """A sign that hardly any file has between its values, where every line has it equally often."""
    for sign in RARE:
        counts = {line.count(sign) for line in content}
        if len(content) > 1 and len(counts) == 1 and counts != {0}:
            return sign
    return ""


def spaces_agree(lines: Sequence[str]) -> bool:
    """Whether blanks separate the values: as many in nearly every line, below a title or names."""
    records = split(lines, SPACES)
    width = usual_width(records)
    if width < 2:
        return False
    agreeing = [record for record in records if record.width == width]
    if len(agreeing) == len(records):
        return True
    body = agreeing[len(agreeing) // 2 :]
    values = sum(kind_of(cell) in ("number", "time") for record in body for cell in record.cells)
    return len(agreeing) >= 0.6 * len(records) and values >= 0.5 * sum(record.width for record in body)


def usual_width(records: Sequence[TextRecord]) -> int:
    """The number of values of the longest stretch of records alike; of most records where no stretch is long."""
    counts = Counter(record.width for record in records)
    if not counts:
        return 1
    last = {record.width: number for number, record in enumerate(records)}
    common = max(counts, key=lambda width: (counts[width], last[width]))
    later = Counter(record.width for record in records[len(records) * 4 // 5 :])
    width, times = later.most_common(1)[0]
    if width > common and times >= 3 and times >= 0.9 * later.total():
        return width  # a block of facts about the file is longer than its rows
    return common


def _score(records: Sequence[TextRecord]) -> float:
    """The share of records with the usual number of values; 0 where neither the first line nor half of them has it."""
    if not records:
        return 0.0
    holding = [record for record in records if record.width > 1]
    if not holding or (records[0].width == 1 and len(holding) < 0.5 * len(records)):
        return 0.0
    counts = Counter(record.width for record in holding)
    _, times = counts.most_common(1)[0]
    return times / len(records)
