"""Columns by their places in the line, as tables are printed: found by the places where every line is blank."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ontos_tui.tabular.text.records import TextRecord, kind_of

FEWEST = 4
"""Lines that it takes to see columns in blanks."""


def places_of(lines: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where each column begins and ends (from 0, the end not in it); none when the lines have no columns in common."""
    content = [line.rstrip() for line in lines if line.strip()]
    if len(content) < FEWEST or any("\t" in line for line in content):
        return ()
    # With the names above, blanks inside of texts are less often taken for gaps; a title above would hide the gaps.
    return next((gaps for body in (content, content[1:], content[len(content) // 3 :]) if (gaps := _gaps(body))), ())


def _gaps(body: Sequence[str]) -> tuple[tuple[int, int], ...]:
    longest = max(map(len, body))
    taken = [any(place < len(line) and line[place] != " " for line in body) for place in range(longest)]
    starts = [place for place in range(longest) if taken[place] and (place == 0 or not taken[place - 1])]
    if len(starts) < 2:
        return ()
    ends = [next((place for place in range(start, longest) if not taken[place]), longest) for start in starts]
    # A name may be wider than its column: what stands between two columns belongs to the one that is nearer.
    cuts = [0, *((end + start + 1) // 2 for end, start in zip(ends, starts[1:], strict=False)), 1 << 16]
    spans = tuple(pairwise(cuts))
    spans = _named(body, spans)
    records = split_fixed(body, spans)
    typed = [place for place in range(len(spans)) if _is_typed(records, place)]
    return spans if len(typed) >= max(1, len(spans) // 3) else ()


def _named(body: Sequence[str], spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """The columns, with words of texts put together again: where the first line names columns, each has a name."""
    first, *rows = split_fixed(body, spans)
    if not rows or any(kind_of(cell) in ("number", "time") for cell in first.cells):
        return spans
    joined: list[tuple[int, int]] = []
    for place, span in enumerate(spans):
        if joined and not first.cells[place] and not _is_typed(rows, place):
            joined[-1] = (joined[-1][0], span[1])
        else:
            joined.append(span)
    return tuple(joined)


def _is_typed(records: Sequence[TextRecord], place: int) -> bool:
    kinds = [kind for kind in (kind_of(record.cells[place]) for record in records) if kind != "empty"]
    return bool(kinds) and kinds.count("number") + kinds.count("time") >= 0.8 * len(kinds)


def split_fixed(lines: Sequence[str], spans: Sequence[tuple[int, int]], first: int = 1) -> list[TextRecord]:
    """Lines as records of what stands at the columns' places; blank lines are left out."""
    return [
        TextRecord(number, number + 1, tuple(line[start:end].strip() for start, end in spans), line)
        for number, line in enumerate(lines, first)
        if line.strip()
    ]
