"""What is wrong with rows and with columns together: rows that repeat others, and columns that give the answer away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ontos_tui.services.data.quality.report import Decision, Finding, FindingKind, Remedy, count_of

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row
    from ontos_tui.domain.schema import AnswerField
    from ontos_tui.tabular.quality.profile import TableScan

SHOWN = 1_000
"""Rows of a finding without a filter that can be shown."""
LEAK_ROWS = 5_000
"""Rows of the sample that leaks are looked for in."""
MOST_CLASSES = 20
"""Different values up to which an answer's numbers are classes."""


def duplicate_findings(scan: TableScan, names: Sequence[str], left_out: Sequence[str]) -> Iterator[Finding]:
    """Rows that are equal in the columns `names`. `left_out` are those that name the rows, which may differ."""
    from ontos_tui.tabular.quality.duplicates import find_duplicates

    doubles = find_duplicates(scan.table, names, scan.rows, SHOWN)
    if doubles.repeats:
        but = f" but {', '.join(left_out)}" if left_out else ""
        text = (
            f"{count_of(doubles.repeats, 'row')} {'repeats' if doubles.repeats == 1 else 'repeat'} an earlier one in "
        )
        text += f"all columns{but}"
        decision = Decision(Remedy.LEAVE_OUT_REPEATS, values=dict.fromkeys(names, ""))
        yield Finding(FindingKind.DUPLICATES, "", doubles.repeats, text, numbers=doubles.numbers, decision=decision)


def near_duplicate_findings(scan: TableScan, names: Sequence[str]) -> Iterator[Finding]:
    """Rows of the sample that are nearly equal: texts but for case and blanks, numbers within a fine grid."""
    from ontos_tui.learning.groups.near_duplicates import duplicate_groups
    from ontos_tui.tabular.quality.table_rows import SAMPLE_ROWS

    rows, numbers = scan.sample.values(SAMPLE_ROWS)
    groups = duplicate_groups(rows, names).tolist()
    exact = Counter(tuple(map(str, (row[name] for name in names))) for row in rows)
    equal = sum(count - 1 for count in exact.values())
    sizes = Counter(groups)
    repeats = sum(size - 1 for size in sizes.values()) - equal
    if repeats <= 0:
        return
    members = sorted((group, number) for group, number in zip(groups, numbers, strict=True) if sizes[group] > 1)
    among = "all rows" if len(rows) >= scan.rows else f"a random sample of {len(rows):,} rows"
    verb = "is" if repeats == 1 else "are"
    text = f"{count_of(repeats, 'row')} of {among} {verb} nearly equal to an earlier one; training keeps them together"
    shown = tuple(number for _, number in members[:SHOWN])
    yield Finding(FindingKind.NEAR_DUPLICATES, "", repeats, text, numbers=shown)


def leak_findings(scan: TableScan, answer: str, names: Sequence[str]) -> Iterator[Finding]:
    """Columns of `names` that give away the answer column, by a part of the sample."""
    from ontos_tui.learning.checks.leak_warnings import leak_warnings
    from ontos_tui.learning.encoding.features import FeatureTable, describe
    from ontos_tui.learning.targets import class_of

    rows, _ = scan.sample.values(LEAK_ROWS)
    rows = [row for row in rows if row[answer] is not None and row[answer] != ""]
    field = _answer_field(answer, rows)
    if field is None:
        return
    from ontos_tui.domain.schema import FieldKind

    numeric = field.kind is FieldKind.NUMBER
    targets: list[str | float] = [float(row[answer]) if numeric else class_of(row[answer]) for row in rows]
    table, _ = describe(rows, [name for name in names if name != answer])
    for column in table.columns:
        alone = FeatureTable((column,))
        for warning in leak_warnings(field, alone, alone.encode(rows), targets, 0):
            text = f"{count_of(len(rows), 'row')} of a sample: {warning}"
            decision = Decision(Remedy.LEAVE_OUT_COLUMN, column.name)
            yield Finding(FindingKind.LEAK, column.name, len(rows), text, decision=decision)


def _answer_field(answer: str, rows: Sequence[Row]) -> AnswerField | None:
    """The answer as a field: classes where it has few values, or a number; None for texts."""
    from ontos_tui.domain.schema import AnswerField, FieldKind

    different = {row[answer] for row in rows}
    if 2 <= len(different) <= MOST_CLASSES:
        return AnswerField(answer, FieldKind.ENUM, True, choices=tuple(sorted(map(str, different))))
    if different and all(isinstance(value, int | float) for value in different):
        return AnswerField(answer, FieldKind.NUMBER, True)
    return None
