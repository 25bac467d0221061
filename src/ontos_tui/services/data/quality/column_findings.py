"""What is wrong with single columns, by the counts of all of their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ontos_tui.services.data.quality.report import Decision, Finding, FindingKind, Remedy, count_of
from ontos_tui.tabular.duckdb_sql import literal, quoted
from ontos_tui.tabular.quality.table_rows import is_number, is_text, is_whole
from ontos_tui.tabular.values.missing import SENTINELS, is_missing_word, is_sentinel, missing_in_texts

if TYPE_CHECKING:
    from ontos_tui.tabular.quality.profile import ColumnScan, TableScan

MOST_CLASSES = 200
"""Different texts up to which spellings are compared."""
LEAST_ROWS = 20
"""Rows below which a column with a value of its own in each is no sign."""
IDENTIFYING = 0.97
"""Different values for each row, about, from which on a column identifies rows: they are counted to 2 %."""
ODD_SHARE = 0.01
"""The part of the values that may be far away and still be outliers; more are how the column is spread."""
GAP = 0.25
"""How much larger the missing part of a group is than that of all others, for the group to be named."""
GROUP_ROWS = 20
MOST_GROUPS = 50
SHOWN = 3


def column_findings(scan: TableScan, answer: str, item_id: str | None) -> Iterator[Finding]:
    """All findings about single columns, column by column."""
    for one in scan.columns:
        yield from _missing_words(scan, one, is_answer=one.column.name == answer)
        yield from _spellings(scan, one, is_answer=one.column.name == answer)
        yield from _outliers(one)
        yield from _missing(scan, one)
        yield from _constant(scan, one)
        if one.column.name != item_id:
            yield from _identifier(scan, one)


def identifiers(scan: TableScan) -> list[str]:
    """The columns whose every row has a value of its own."""
    return [one.column.name for one in scan.columns if _identifies(scan, one)]


def _missing_words(scan: TableScan, one: ColumnScan, *, is_answer: bool) -> Iterator[Finding]:
    words = _words_of(scan, one)
    if not words:
        return
    name, rows = one.column.name, sum(words.values())
    shown = ", ".join(f"{word!r} {number:,}" for word, number in list(words.items())[: SHOWN + 1])
    what = "would be classes of the answer" if is_answer else "are taken as values"
    listed = ", ".join(literal(word) for word in words) if is_text(one.column) else ", ".join(words)
    yield Finding(
        FindingKind.MISSING_WORDS,
        name,
        rows,
        f"{count_of(rows, 'row')}: {shown} mean no value, and {what}",
        f"{quoted(name)} IN ({listed})",
        decision=Decision(Remedy.NO_VALUE, name, dict.fromkeys(words, "")),
        in_answer=is_answer,
    )


def _words_of(scan: TableScan, one: ColumnScan) -> dict[str, int]:
    """The words, or numbers, that mean no value, with their rows."""
    if is_number(one.column):
        return _sentinels_of(scan, one)
    counts = _texts(scan, one)
    if not counts:
        return {}
    words = missing_in_texts(counts) | {text: number for text, number in counts.items() if not text.strip()}
    others = [text for text in counts if text not in words and not is_missing_word(text)]
    numbers = {text for text in counts if _number(text) in SENTINELS}
    if len(others) > len(numbers):
        words |= {text: counts[text] for text in numbers}
    return words if len(words) < len(counts) else {}


def _sentinels_of(scan: TableScan, one: ColumnScan) -> dict[str, int]:
    ends = {end for end in (one.low, one.high) if end in SENTINELS}
    if not ends or one.low == one.high:
        return {}
    name = quoted(one.column.name)
    among = ", ".join(repr(float(end)) for end in ends)
    parts = {f"{end!r}": f"count_if({name} = {float(end)!r})" for end in ends}
    others = f"CASE WHEN {name} NOT IN ({among}) THEN CAST({name} AS DOUBLE) END"
    (counted,) = scan.table.aggregates([parts | {"low": f"min({others})", "high": f"max({others})"}])
    low, high = counted.pop("low"), counted.pop("high")
    if low is None:
        return {}
    whole = is_whole(one.column)
    return {
        f"{int(end) if whole else end:{'d' if whole else 'g'}}": int(counted[f"{end!r}"])
        for end in sorted(ends)
        if is_sentinel(end, int(counted[f"{end!r}"]), low, high)
    }


def _spellings(scan: TableScan, one: ColumnScan, *, is_answer: bool) -> Iterator[Finding]:
    counts = _texts(scan, one)
    if not 1 < len(counts) <= MOST_CLASSES:
        return
    spelled: dict[str, list[str]] = {}
    for text in counts:
        if text.strip():
            spelled.setdefault(" ".join(re.split(r"[\s_-]+", text.strip().casefold())), []).append(text)
    read_as: dict[str, str] = {}
    for texts in spelled.values():
        best = max(texts, key=lambda text: (counts[text], text)).strip()
        read_as |= {text: best for text in texts if text != best}
    if not read_as or len(spelled) > MOST_CLASSES // 2:
        return
    rows, name = sum(counts[text] for text in read_as), one.column.name
    shown = "; ".join(f"{text!r} is {best!r}" for text, best in list(read_as.items())[:SHOWN])
    yield Finding(
        FindingKind.SPELLINGS,
        name,
        rows,
        f"{count_of(rows, 'row')} spelled otherwise: {shown}{'; …' if len(read_as) > SHOWN else ''}",
        f"{quoted(name)} IN ({', '.join(map(literal, read_as))})",
        decision=Decision(Remedy.READ_AS, name, read_as),
        in_answer=is_answer,
    )


def _outliers(one: ColumnScan) -> Iterator[Finding]:
    if not one.odd_count or one.bounds is None or one.odd_count > ODD_SHARE * one.values + 1:
        return
    name, (low, high) = one.column.name, one.bounds
    usual = f"{quoted(name)} < {low:.6g} OR {quoted(name)} > {high:.6g}"
    far = ", ".join(f"{value:g}" for value in one.odd[:SHOWN])
    yield Finding(
        FindingKind.OUTLIERS,
        name,
        one.odd_count,
        f"{count_of(one.odd_count, 'number')} far from all others: {far}; the middle half and six widths around it: "
        f"{low:.4g} to {high:.4g}",
        usual,
        decision=Decision(Remedy.LIMITS, name, limits=(float(f"{low:.6g}"), float(f"{high:.6g}"))),
    )


def _missing(scan: TableScan, one: ColumnScan) -> Iterator[Finding]:
    """The group in which most values are missing, where other groups have them; or that most are missing at all."""
    name, holes = one.column.name, scan.rows - one.values
    if not holes or not one.values:
        return
    worst: tuple[float, str, Any, int, int] | None = None
    for group, by_value in scan.counts.present.items():
        if group == name or not 1 < len(by_value) <= MOST_GROUPS:
            continue
        for value, present in by_value.items():
            rows = scan.counts.counts[group][value]
            gone, others = rows - present[name], scan.rows - rows
            if value is None or rows < GROUP_ROWS or not others:
                continue
            gap = gone / rows - (holes - gone) / others
            if gap >= GAP and (worst is None or gap > worst[0]):
                worst = (gap, group, value, gone, rows)
    leave_out = Decision(Remedy.LEAVE_OUT_COLUMN, name)
    if worst is not None:
        _, group, value, gone, rows = worst
        same = literal(value) if isinstance(value, str) else str(value)
        yield Finding(
            FindingKind.MISSING,
            name,
            gone,
            f"{gone:,} of {count_of(rows, 'row')} with {group} = {value} have no value; of the others "
            f"{holes - gone:,} of {scan.rows - rows:,}",
            f"{quoted(name)} IS NULL AND {quoted(group)} = {same}",
            decision=leave_out,
        )
    elif holes > scan.rows / 2:
        text = f"{holes:,} of {count_of(scan.rows, 'row')} have no value"
        yield Finding(FindingKind.MISSING, name, holes, text, f"{quoted(name)} IS NULL", decision=leave_out)


def _constant(scan: TableScan, one: ColumnScan) -> Iterator[Finding]:
    name = one.column.name
    if scan.rows < 2:
        return
    if not one.values:
        text = f"{count_of(scan.rows, 'row')}, none with a value"
    elif one.distinct == 1 and (one.low == one.high):
        only = next(iter(one.common), None)
        text = f"{count_of(one.values, 'row')} with the same value: {only if only is not None else one.low}"
    else:
        return
    yield Finding(FindingKind.CONSTANT, name, scan.rows, text, decision=Decision(Remedy.LEAVE_OUT_COLUMN, name))


def _identifier(scan: TableScan, one: ColumnScan) -> Iterator[Finding]:
    if _identifies(scan, one):
        text = (
            f"{count_of(scan.rows, 'row')}, each with a value of its own: it names rows, and says nothing of new ones"
        )
        decision = Decision(Remedy.LEAVE_OUT_COLUMN, one.column.name)
        yield Finding(FindingKind.IDENTIFIER, one.column.name, scan.rows, text, decision=decision)


def _identifies(scan: TableScan, one: ColumnScan) -> bool:
    """Whether each row has a value of its own, as serial numbers do; measured numbers and long texts are none."""
    if scan.rows < LEAST_ROWS or one.values < scan.rows or not (is_whole(one.column) or one.column.type == "VARCHAR"):
        return False
    if one.distinct < IDENTIFYING * scan.rows:
        return False
    name = quoted(one.column.name)
    parts = {"all": "count(*)", "different": f"count(DISTINCT {name})", "long": f"max(length(CAST({name} AS VARCHAR)))"}
    (sampled,) = scan.sample.aggregates([parts])
    return bool(sampled["all"] == sampled["different"] and (sampled["long"] or 0) <= 60)


def _texts(scan: TableScan, one: ColumnScan) -> Mapping[str, int]:
    """The different texts of a column with their rows; none where they are many, or numbers."""
    counted = scan.counts.of(one.column.name) if one.column.type == "VARCHAR" else None
    return {} if counted is None else {str(text): rows for text, rows in counted.items() if text is not None}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
