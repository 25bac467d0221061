"""What was understood of a file, as lines of the screen."""

from __future__ import annotations

from ontos_tui.domain.records.reading import ColumnProfile, ColumnReading, Reading
from ontos_tui.services.data.reading_words import histogram_ends, layout_facts, missing_in_words
from ontos_tui.tui.widgets.lines import Line, line, span, wrap


def reading_lines(reading: Reading, width: int) -> list[Line]:
    """What holds for the whole file: questions first, then the layout, then what is not obvious."""
    lines: list[Line] = []
    for question in reading.questions:
        lines += wrap(f"? {question.text} Press enter to answer.", width, "warn")
    shown = " · ".join(f"{name} {value}" for name, value in layout_facts(reading))
    lines += wrap(shown, width)
    for note in reading.notes:
        lines += wrap(f"· {note}", width, "muted")
    return lines


def column_lines(column: ColumnReading, profile: ColumnProfile | None, width: int) -> list[Line]:
    """All about one column."""
    head = [span(column.name, "strong")]
    if column.unit:
        head.append(span(f" [{column.unit}]", "muted"))
    parts = [column.form] if column.form else []
    if profile is not None:
        parts += [histogram_ends(profile)] if profile.low else []
        parts += [f"{profile.distinct:,} different"] if profile.distinct else []
        common = ", ".join(f"{text} {count:,}" for text, count in list(profile.common.items())[:5])
        parts += [common] if common else []
    lines = [line(*head, span(f"  {' · '.join(parts)}"))]
    if column.missing:
        lines += wrap(f"missing: {missing_in_words(column)}", width, "muted")
    if column.unfit:
        words = ", ".join(f"{word} {count:,}" for word, count in list(column.unfit_words.items())[:4])
        lines += wrap(f"did not fit, {column.done}: {words} (first in row {column.unfit_line:,})", width, "warn")
    if profile is not None and profile.odd_count:
        lines += wrap(f"far away from the others: {', '.join(profile.odd[:5])}", width, "muted")
    return lines
