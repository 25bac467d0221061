"""The columns of a table, understood: each one's type and form, what counts as missing, and what did not fit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.reading import ColumnReading, Question, ReadingOptions
from ontos_tui.tabular.duckdb_sql import literal, quoted
from ontos_tui.tabular.values import numbers, scan, times
from ontos_tui.tabular.values.column_reading import notes_of, reading_of
from ontos_tui.tabular.values.column_state import ColumnState, Note
from ontos_tui.tabular.values.guess import Guess, Kind, forced, guess_of, refined, stays
from ontos_tui.tabular.values.missing import SENTINELS, is_missing_word, is_sentinel, missing_in_texts
from ontos_tui.tabular.values.questions import ask_marks_and_zone, ask_thousands, choose_order, same_order

if TYPE_CHECKING:
    import duckdb

PASSES = 5


@dataclass(frozen=True)
class Understood:
    """All columns with their readings, the number of rows, and the questions that they leave."""

    columns: list[ColumnReading]
    rows: int
    questions: list[Question]
    notes: list[str]


def understand(
    connection: duckdb.DuckDBPyConnection,
    raw: str,
    samples: Mapping[str, Sequence[str]],
    options: ReadingOptions,
    *,
    units: Sequence[str] = (),
    padded: bool = False,
) -> Understood:
    """Decide for every column of `raw`, a relation of texts, by its `samples` first and then by all of its rows."""
    columns = [ColumnState(name, _without(name, sample, options), Guess(Kind.TEXT)) for name, sample in samples.items()]
    _check_options(connection, columns, options)
    decimal = options.decimal or _file_decimal(columns)
    for column in columns:
        column.guess = _first_guess(column, options, decimal, padded=padded)
    rows = _settle(connection, raw, columns, options, decimal)
    _sentinels(connection, raw, columns, options)
    _clocks(connection, raw, columns)
    ask_thousands(connection, raw, columns, decimal)
    questions = [column.question for column in columns if column.question is not None]
    readings = [
        reading_of(column, units[place] if place < len(units) else "", options) for place, column in enumerate(columns)
    ]
    return Understood(
        readings, rows, questions, notes_of((column.name, note) for column in columns for note in column.notes)
    )


def _without(name: str, sample: Sequence[str], options: ReadingOptions) -> list[str]:
    """A sample without the words that the user says mean no value."""
    words = {*(options.missing or ()), *options.column_missing.get(name, ())}
    return [value for value in sample if value.strip() not in words]


def _check_options(connection: duckdb.DuckDBPyConnection, columns: list[ColumnState], options: ReadingOptions) -> None:
    names = {column.name for column in columns}
    for name in options.column_types:
        if name not in names:
            raise InvalidInputError(f"There is no column {name!r}.", f"The columns: {', '.join(sorted(names))[:300]}.")
    if options.timezone:
        import duckdb

        try:
            connection.execute(
                "SELECT CAST(timezone(?, TIMESTAMP '2024-01-01') AS VARCHAR)", [options.timezone]
            ).fetchall()
        except duckdb.Error as error:
            raise InvalidInputError(
                f"No time zone is called {options.timezone!r}.", "Such as: --timezone Europe/Berlin, --timezone UTC"
            ) from error


def _file_decimal(columns: list[ColumnState]) -> str:
    """The decimal mark that the file's clear columns have, or "" where none has one."""
    marks = Counter[str]()
    for column in columns:
        counted = [value for value in column.sample if numbers.is_number(value)]
        if len(counted) < 0.5 * max(1, len([value for value in column.sample if value.strip()])):
            continue
        form = numbers.form_of(counted)
        if form is not None and not form.ambiguous and (not form.plain or _clear_dot(counted)):
            marks[form.decimal] += 1
    if len(marks) == 1:
        return next(iter(marks))
    return ""


def _clear_dot(values: Sequence[str]) -> bool:
    """Whether dots in plain numbers cannot stand between thousands."""
    return any("." in value and len(value.partition(".")[2]) != 3 for value in values)


def _first_guess(column: ColumnState, options: ReadingOptions, decimal: str, *, padded: bool) -> Guess:
    given = options.column_types.get(column.name)
    if given is not None:
        guess = forced(given, column.sample, padded=padded, decimal=decimal)
    else:
        guess = guess_of(column.sample, padded=padded, decimal=decimal)
    return _with_options(guess, options)


def _with_options(guess: Guess, options: ReadingOptions) -> Guess:
    if guess.kind is Kind.TIME:
        time = replace(guess.time, timezone=options.timezone)
        if options.date_order in time.orders:
            time = time.ordered(options.date_order)
        if options.timezone and time.kind == "TIMESTAMP":
            time = replace(time, kind="TIMESTAMP WITH TIME ZONE")
        return replace(guess, time=time)
    return guess


def _settle(
    connection: duckdb.DuckDBPyConnection, raw: str, columns: list[ColumnState], options: ReadingOptions, decimal: str
) -> int:
    """Measure guesses against the whole file, and change them, until all hold. Returns the number of rows."""
    rows = 0
    for number in range(PASSES):
        open_columns = {column.name: column for column in columns if not column.done}
        if not open_columns and rows:
            return rows
        count, scanned = scan.scan(connection, raw, {name: column.guess for name, column in open_columns.items()})
        rows = rows or count
        conditions = {}
        for name, column in open_columns.items():
            column.scanned = scanned[name]
        _finite(connection, raw, list(open_columns.values()))
        for name, column in open_columns.items():
            condition = _odd_condition(column, options)
            if condition:
                conditions[name] = condition
        odd = scan.words(connection, raw, conditions)
        for name, column in open_columns.items():
            column.words = odd.get(name, [])
            _judge(column, options, decimal)
            if number == PASSES - 2 and not column.done:
                _become_text(column, "its values are written in several ways")
        same_order(columns)
        if not rows:
            break
    return rows


def _finite(connection: duckdb.DuckDBPyConnection, raw: str, columns: list[ColumnState]) -> None:
    """Count infinities where a column's extremes are such."""
    beyond = {
        column.name: column.guess.sql(quoted(column.name))
        for column in columns
        if column.guess.kind is Kind.NUMBER
        and not all(math.isfinite(end or 0) for end in (column.scanned.low, column.scanned.high))
    }
    counted = scan.finite(connection, raw, beyond)
    for column in columns:
        if column.name in counted:
            column.scanned.infinite, column.scanned.low, column.scanned.high = counted[column.name]


def _odd_condition(column: ColumnState, options: ReadingOptions) -> str:
    """The condition of the values that must be looked at one by one; "" when there are none."""
    name, guess, scanned = quoted(column.name), column.guess, column.scanned
    if guess.kind is Kind.TEXT:
        if guess.fixed and options.missing is None:
            return ""
        if options.missing is not None:
            return f"trim({name}) IN ({', '.join(map(literal, options.missing)) or 'NULL'})"
        few = 0 < len(scanned.texts) < scan.MOST_CLASSES
        variants = few and len({text.strip().casefold() for text in scanned.texts}) < len(scanned.texts)
        if variants or (few and missing_in_texts(dict.fromkeys(scanned.texts, 1))):
            return f"{name} IS NOT NULL"
        if scanned.missing_texts and not few:
            return f"{name} IN ({scan._TEXT_WORDS})"
        return ""
    if guess.kind is Kind.TIME and guess.time.ambiguous:
        fits = [guess.time.ordered(order).sql(name) for order in guess.time.orders]
        return f"{' AND '.join(f'({one}) IS NULL' for one in fits)}" if scanned.unfit else ""
    if not scanned.unfit:
        return ""
    return f"NOT {guess.sql_fits(name)}"


def _judge(column: ColumnState, options: ReadingOptions, decimal: str) -> None:
    """Take the odd values for missing, for a reason to change the guess, or for values that do not fit."""
    guess = column.guess
    if guess.kind is Kind.TEXT:
        _judge_texts(column, options)
        return
    column.missing = {word.text: word.count for word in column.words if _means_missing(column.name, word.text, options)}
    column.unfit = [word for word in column.words if word.text not in column.missing]
    column.unfit_count = max(0, column.scanned.unfit - sum(column.missing.values()))
    if column.scanned.values == 0 or (column.known == 0 and not guess.fixed):
        _become_text(column, "")
        return
    if guess.kind is Kind.TIME and guess.time.ambiguous:
        choose_order(column)
    if column.unfit:
        other = _with_options(
            refined(guess, column.sample, {word.text: word.count for word in column.unfit}, decimal), options
        )
        if other != guess and not (other.kind is Kind.TEXT and guess.fixed):
            column.sample += [
                word.text for word in column.unfit if numbers.is_number(word.text) or times.is_time(word.text)
            ]
            if other.kind is Kind.TEXT:
                _become_text(column, other.note)
            column.guess = other
            return
    if not stays(guess, {word.text: word.count for word in column.unfit}, column.unfit_count, column.known):
        _become_text(column, _why_text(column))
        return
    column.done = True
    ask_marks_and_zone(column, options)


def _means_missing(name: str, text: str, options: ReadingOptions) -> bool:
    if text.strip() in options.column_missing.get(name, ()):
        return True
    if options.missing is not None:
        return text.strip() in options.missing or not text.strip()
    return is_missing_word(text) or not text.strip()


def _become_text(column: ColumnState, reason: str) -> None:
    if reason:
        column.notes.append(Note("", f" is text: {reason}."))
    column.guess = Guess(Kind.TEXT)
    column.missing, column.unfit, column.unfit_count, column.done = {}, [], 0, False


def _why_text(column: ColumnState) -> str:
    shown = ", ".join(repr(word.text) for word in column.unfit[:3])
    kind = {Kind.TIME: "times", Kind.FLAG: "true or false"}.get(column.guess.kind, "numbers")
    share = f"{column.known - column.unfit_count:,} of {column.known:,} values are {kind}"
    return f"{share}, others are not: {shown}"


def _judge_texts(column: ColumnState, options: ReadingOptions) -> None:
    """The words of a column of texts that mean no value, and spellings that differ only in blanks or case."""
    column.done = True
    scanned = column.scanned
    if (
        not column.guess.fixed
        and (scanned.numeric or 0) >= 0.9 * max(1, scanned.values)
        and scanned.values
        and not column.notes
        and not column.guess.note
    ):
        number = guess_of([text for text in scanned.texts if numbers.is_number(text)], decimal=options.decimal)
        if number.kind is not Kind.TEXT:
            column.guess, column.done = _with_options(number, options), False
            return
    if column.guess.note and not any(note.after.startswith(" is text") for note in column.notes):
        column.notes.append(Note("", f" is text: {column.guess.note}."))
    counts = {word.text: word.count for word in column.words}
    column.missing = counts if options.missing is not None else missing_in_texts(counts)
    if options.missing is not None or column.guess.fixed:
        return
    spelled: dict[str, list[str]] = {}
    for text in counts:
        if text not in column.missing:
            spelled.setdefault(text.strip().casefold(), []).append(text)
    variants = [sorted(texts, key=lambda text: -counts[text]) for texts in spelled.values() if len(texts) > 1]
    if not variants or len(spelled) > scan.MOST_CLASSES // 2:
        return
    blanks = any(len({text.strip() for text in texts}) < len(texts) for texts in variants)
    column.trimmed = blanks
    shown = "; ".join(", ".join(map(repr, texts[:5])) for texts in variants[:3])
    how = "in blanks or upper and lower case" if blanks else "in upper and lower case"
    done = " Blanks around the values were removed." if blanks else ""
    column.notes.append(Note("", f": spellings that differ only {how}: {shown}.{done}"))


def _sentinels(
    connection: duckdb.DuckDBPyConnection, raw: str, columns: list[ColumnState], options: ReadingOptions
) -> None:
    """Numbers such as -999 far away from all others mean no value, unless the user named the words that do."""
    given = [float(word) for word in options.missing or () if numbers.PLAIN.read(word) is not None]
    for _ in range(3):
        sought_in: dict[str, tuple[str, list[float]]] = {}
        for column in columns:
            if column.guess.kind not in (Kind.INTEGER, Kind.NUMBER) or column.name in options.column_types:
                continue
            ends = {end for end in (column.scanned.low, column.scanned.high) if end is not None}
            extremes = ends & set(SENTINELS) - set(column.sentinels)
            beyond = sorted({*column.sentinels, *extremes}) if extremes else []
            sought = beyond if options.missing is None else given
            if sought and not (options.missing is not None and column.sentinels):
                sought_in[column.name] = (column.guess.sql(quoted(column.name)), sought)
        if not sought_in:
            return
        counted = scan.beyond(connection, raw, sought_in)
        for column in columns:
            if column.name in counted:
                counts, low, high = counted[column.name]
                for value, count in zip(sought_in[column.name][1], counts, strict=True):
                    if count and (options.missing is not None or is_sentinel(value, count, low, high)):
                        column.sentinels[value] = count
                column.scanned.low, column.scanned.high = low, high


def _clocks(connection: duckdb.DuckDBPyConnection, raw: str, columns: list[ColumnState]) -> None:
    """Count local times that the clock skipped or that came twice, where a time zone is known."""
    zoned = [column for column in columns if column.guess.kind is Kind.TIME and column.guess.time.timezone]
    if not zoned:
        return
    conditions = []
    for column in zoned:
        time, name = column.guess.time, quoted(column.name)
        naive = replace(time.ignoring_zone(), offsets=False, kind="TIMESTAMP").sql(name)
        local = f"NOT regexp_matches({name}, {literal(times.HAS_OFFSET)}) AND " if time.offsets else ""
        conditions += [
            f"{local}({naive}) IS NOT NULL AND {times.sql_skipped(f'({naive})', time.timezone)}",
            f"{local}({naive}) IS NOT NULL AND {times.sql_doubled(f'({naive})', time.timezone)}",
        ]
    counted = iter(scan.counts(connection, raw, conditions))
    for column in zoned:
        skipped, doubled = next(counted), next(counted)
        zone = column.guess.time.timezone
        if skipped:
            column.notes.append(
                Note("", f": {_times(skipped)} not exist in {zone}, as the clock was set forward; taken as missing.")
            )
        if doubled:
            column.notes.append(
                Note(
                    "",
                    f": {_times(doubled, 'comes', 'come')} twice in {zone}, as the clock was set back; taken as the "
                    "first, in summer time.",
                )
            )


def _times(count: int, one: str = "does", many: str = "do") -> str:
    return f"1 time {one}" if count == 1 else f"{count:,} times {many}"
