"""What was understood of a file, for people: decisions first, then a line for every column."""

from __future__ import annotations

from ontos_tui.cli.core.output import count, facts, table
from ontos_tui.domain.records.reading import ColumnReading
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.services.data.reading import FileReport
from ontos_tui.services.data.reading_words import bars, histogram_ends, layout_facts, missing_in_words


def report_lines(report: FileReport) -> list[str]:
    """The report of one file."""
    reading = report.reading
    head = [("file", report.path), ("table", report.address), *layout_facts(reading)]
    lines = facts((name, value) for name, value in head)
    lines += ["", *table(("column", "type", "values", "missing", "did not fit", "from … to", "spread"), _rows(report))]
    lines += ["", *(f"· {safe_line(note)}" for note in reading.notes)] if reading.notes else []
    for question in reading.questions:
        lines += ["", f"? {safe_line(question.text)}", f"  {question.advice}"]
    return lines


def _rows(report: FileReport) -> list[tuple[object, ...]]:
    return [(*_column(column), *_spread(report, column)) for column in report.reading.columns]


def _column(column: ColumnReading) -> tuple[object, ...]:
    unit = f" [{column.unit}]" if column.unit and f"[{column.unit}]" not in column.name else ""
    unfit = f"{column.unfit:,} {column.done}" if column.unfit else ""
    return (f"{column.name}{unit}", column.type, column.values or None, missing_in_words(column), unfit)


def _spread(report: FileReport, column: ColumnReading) -> tuple[str, str]:
    profile = report.of(column.name)
    if profile is None:
        return "", ""
    if profile.common:
        common = ", ".join(f"{safe_line(text, 20)} {number:,}" for text, number in list(profile.common.items())[:3])
        return count(profile.distinct, "different text"), common
    odd = f"  odd: {', '.join(profile.odd[:3])}" if profile.odd_count else ""
    return histogram_ends(profile), f"{bars(profile.histogram)}{odd}"


def summary_lines(report_notes: list[str]) -> list[str]:
    """The decisions about a file that are not obvious."""
    return [f"· {safe_line(note)}" for note in report_notes]
