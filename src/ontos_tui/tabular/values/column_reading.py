"""A column that is understood: its reading, what is said of it, and the expression that reads its values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ontos_tui.domain.records.reading import ColumnReading, DateOrder, Limits, ReadingOptions
from ontos_tui.tabular.duckdb_sql import literal, quoted
from ontos_tui.tabular.values import numbers
from ontos_tui.tabular.values.column_state import ColumnState, Note
from ontos_tui.tabular.values.guess import Kind
from ontos_tui.tabular.values.units import unit_of_name

_TIMES = re.compile(r"date|datum|time|zeit|stamp|day|epoch|\bts?\b|\bd\b|created|recorded", re.IGNORECASE)
"""Names of columns whose whole numbers may be times."""
SHOWN = 10
"""Words of a kind that a report lists."""


def notes_of(notes: Iterable[tuple[str, Note]]) -> list[str]:
    """Notes on columns as sentences; what holds for several columns is said once."""
    names: dict[Note, list[str]] = {}
    for name, note in notes:
        names.setdefault(note, []).append(repr(name))
    return [f"{note.before}{', '.join(these)}{note.after}" for note, these in names.items()]


def reading_of(column: ColumnState, unit: str, options: ReadingOptions) -> ColumnReading:
    guess = column.guess
    missing = dict(column.missing)
    for value, count in column.sentinels.items():
        missing[f"{value:g}"] = count
    unfit_words = {word.text[:40]: word.count for word in column.unfit[:SHOWN]}
    column.notes += _notes(column, missing, options)
    number_unit = guess.number.unit if guess.kind is Kind.NUMBER else ""
    return ColumnReading(
        name=column.name,
        type=guess.type,
        unit=unit or number_unit or unit_of_name(column.name),
        form=guess.form,
        values=max(0, column.known - column.unfit_count - sum(column.sentinels.values())),
        missing=missing,
        unfit=column.unfit_count,
        unfit_words=unfit_words,
        unfit_line=min((word.row for word in column.unfit), default=None),
        done="taken as missing" if column.unfit_count else "",
        notes=notes_of((column.name, note) for note in column.notes),
        sql=_expression(column, options),
    )


def _notes(column: ColumnState, missing: Mapping[str, int], options: ReadingOptions) -> Iterator[Note]:
    guess, infinite = column.guess, column.scanned.infinite
    if infinite:
        what = "1 value is" if infinite == 1 else f"{infinite:,} values are"
        yield Note("", f": {what} infinite; JSON has no infinity, so they are shown and learned from as missing.")
    if column.unfit_count:
        shown = ", ".join(repr(word.text[:40]) for word in column.unfit[:3])
        first = min(word.row for word in column.unfit)
        yield Note(
            "",
            f": {column.unfit_count:,} of {column.known:,} values did not fit ({shown}; first in row {first:,}); "
            "taken as missing.",
        )
    if missing:
        shown = ", ".join(f"{word!r} {count:,}×" for word, count in list(missing.items())[:4])
        yield Note("", f": words for missing values: {shown}{', …' if len(missing) > 4 else ''}.")
    if guess.kind is Kind.NUMBER and guess.number.limits:
        taken = "their number" if options.limits is Limits.NUMBER else "missing"
        yield Note("", f": values such as <40 were taken as {taken}.")
    if guess.kind is Kind.NUMBER and (
        guess.number.thousands or guess.number.unit or guess.number.accounting or guess.number.uncertain
    ):
        yield Note("Numbers in ", f" were read with {guess.form}.")
    if (
        guess.kind in (Kind.INTEGER, Kind.NUMBER)
        and guess.note
        and column.name not in options.column_types
        and _TIMES.search(column.name)
    ):
        yield Note("", f" holds numbers, though {guess.note}; as a time: --column {column.name}:time.")
    if column.name not in options.column_types:
        yield from _notes_on_codes(column)
        if guess.kind is Kind.NUMBER and guess.number.plain:
            yield from _note_on_zeros(column)
    if guess.kind is Kind.TIME and (
        guess.time.epoch or guess.time.excel or (guess.time.midnight and not guess.time.orders)
    ):
        yield Note("Times in ", f" were read as {guess.time.in_words()}.")
    if guess.kind is Kind.TIME and guess.time.orders[:1] not in ((), (DateOrder.YEAR,)) and not column.any_order:
        yield Note("Dates in ", f" were read as {guess.time.ordered(guess.time.orders[0]).in_words()}.")


def _notes_on_codes(column: ColumnState) -> Iterator[Note]:
    """Of numbers that may be codes."""
    known = [text.strip() for text in column.sample if text.strip()]
    as_text = f"as texts: --column {column.name}:text."
    if column.guess.kind is Kind.INTEGER and column.guess.padded:
        zeros = next((text for text in known if re.fullmatch("0[0-9]+", text)), "")
        if zeros:
            yield Note("", f": leading zeros, such as of {zeros}, were left out; {as_text}")
    if (
        column.guess.kind is Kind.NUMBER
        and len(known) > 1
        and all(re.fullmatch("[0-9]+[eE][0-9]+", one) for one in known)
    ):
        yield Note("", f": values such as {known[0]} were read as powers of ten; {as_text}")


def _note_on_zeros(column: ColumnState) -> Iterator[Note]:
    """Of 1.1 and 1.10: a program writes one of them, an author means different sections or versions."""
    known = {text.strip() for text in column.sample}
    for text in sorted(known):
        shorter = text.rstrip("0")
        if "." in text and shorter != text and shorter in known and not shorter.endswith("."):
            yield Note(
                "", f": {shorter} and {text} are the same number; as different texts: --column {column.name}:text."
            )
            return


def _expression(column: ColumnState, options: ReadingOptions) -> str:
    """The expression that reads the column from its texts; "" where DuckDB may read it as its type right away."""
    name, guess = quoted(column.name), column.guess
    if guess.kind is Kind.TEXT:
        value = f"trim({name})" if column.trimmed else name
        if column.missing:
            return f"CASE WHEN {name} NOT IN ({', '.join(map(literal, column.missing))}) THEN {value} END"
        return value if column.trimmed else ""
    plain = (guess.kind is Kind.INTEGER and not guess.padded) or (guess.kind is Kind.NUMBER and guess.number.plain)
    if plain and not column.missing and not column.unfit_count and not column.sentinels:
        return ""
    value = guess.sql(name)
    if guess.kind is Kind.NUMBER and guess.number.limits and options.limits is Limits.MISSING:
        value = f"CASE WHEN NOT regexp_matches({numbers.sql_clean(name)}, '^[<>≤≥]') THEN {value} END"
    if column.missing:
        value = f"CASE WHEN {name} NOT IN ({', '.join(map(literal, column.missing))}) THEN {value} END"
    for sentinel in column.sentinels:
        value = f"nullif({value}, CAST({sentinel!r} AS {guess.type}))"
    return value
