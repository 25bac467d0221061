"""One report for many data files: counts are added, and remarks that several files share stand once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.reading import ColumnReading, Reading

MOST_NOTES = 30
MOST_WORDS = 20


def joined_reading(readings: Mapping[str, Reading], columns: Sequence[Column]) -> Reading:
    """What was understood of all files together; `columns` are those of the table."""
    by_name: dict[str, list[ColumnReading]] = {column.name.lower(): [] for column in columns}
    for reading in readings.values():
        for one in reading.columns:
            if one.name.lower() in by_name:
                by_name[one.name.lower()].append(one)
    joined = [_column(column, by_name[column.name.lower()]) for column in columns]
    rows = sum(reading.rows for reading in readings.values())
    return Reading(format="folder", rows=rows, columns=joined, notes=_notes(readings))


def _column(column: Column, parts: Sequence[ColumnReading]) -> ColumnReading:
    missing: Counter[str] = Counter()
    unfit: Counter[str] = Counter()
    for part in parts:
        missing.update(part.missing)
        unfit.update(part.unfit_words)
    forms = sorted({part.form for part in parts} - {""})
    done = sorted({part.done for part in parts} - {""})
    return ColumnReading(
        name=column.name,
        type=column.type,
        unit=next((part.unit for part in parts if part.unit), ""),
        form=" or ".join(forms),
        values=sum(part.values for part in parts),
        missing=dict(missing.most_common(MOST_WORDS)),
        unfit=sum(part.unfit for part in parts),
        unfit_words=dict(unfit.most_common(MOST_WORDS)),
        done=" or ".join(done),
    )


def _notes(readings: Mapping[str, Reading]) -> list[str]:
    files: dict[str, list[str]] = {}
    for path, reading in readings.items():
        for note in reading.notes:
            files.setdefault(note, []).append(path)
    notes = []
    for note, paths in sorted(files.items(), key=lambda one: -len(one[1])):
        where = "all files" if len(paths) == len(readings) else ", ".join(paths[:3])
        more = f" and {len(paths) - 3:,} more" if len(paths) > 3 and len(paths) < len(readings) else ""
        notes.append(f"{where}{more}: {note}")
    if len(notes) > MOST_NOTES:
        return [*notes[:MOST_NOTES], f"{len(notes) - MOST_NOTES:,} more remarks about single files"]
    return notes
