"""What a column leaves open: answered by the whole column, by another column of the file, or by the user."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ontos_tui.domain.records.reading import DateOrder, Question, ReadingOptions
from ontos_tui.tabular.duckdb_sql import literal, quoted
from ontos_tui.tabular.values import numbers, scan, times
from ontos_tui.tabular.values.column_state import ColumnState, Note
from ontos_tui.tabular.values.guess import Kind

if TYPE_CHECKING:
    import duckdb


def choose_order(column: ColumnState) -> None:
    """The order of day, month and year by the whole column, or the question where it allows several."""
    scanned, guess = column.scanned, column.guess
    best = max(scanned.orders.values(), default=0)
    allowed = tuple(order for order, count in scanned.orders.items() if count == best)
    if len(allowed) == 1 or not scanned.differing:
        column.guess = replace(guess, time=guess.time.ordered(allowed[0]))
        column.any_order = len(allowed) > 1
        return
    column.guess = replace(guess, time=replace(guess.time, orders=allowed))
    example = next((value for value in column.sample if times.is_time(value)), "")
    column.question = Question(
        option="--day-first or --month-first" if set(allowed) <= {DateOrder.DAY, DateOrder.MONTH} else "--day-first",
        field="date_order",
        column=column.name,
        text=f"The dates of {column.name!r}, such as {example!r}, may be {_orders_in_words(allowed)}.",
        choices=[order.value for order in allowed],
    )


def _orders_in_words(orders: Sequence[DateOrder]) -> str:
    words = {"day": "day/month/year", "month": "month/day/year", "year": "year/month/day"}
    return " or ".join(words[order] for order in orders)


def same_order(columns: Sequence[ColumnState]) -> None:
    """Answer a column's question by another column of the file whose dates leave no doubt."""
    decided = {
        column.guess.time.orders[0]
        for column in columns
        if column.guess.kind is Kind.TIME
        and len(column.guess.time.orders) == 1
        and column.question is None
        and not column.any_order
    }
    if len(decided) != 1:
        return
    (order,) = decided
    for column in columns:
        if column.question is not None and column.question.field == "date_order" and order in column.guess.time.orders:
            column.guess = replace(column.guess, time=column.guess.time.ordered(order))
            column.question = None
            column.notes.append(Note("The dates of ", " were read in the order that the file's other dates show."))


def ask_marks_and_zone(column: ColumnState, options: ReadingOptions) -> None:
    """The questions that a settled column of numbers or times leaves."""
    guess = column.guess
    if guess.kind is Kind.NUMBER and guess.number.ambiguous and not options.decimal:
        example = next((value for value in column.sample if "," in value), "")
        column.question = Question(
            option="--decimal",
            field="decimal",
            column=column.name,
            text=f"The comma of {column.name!r}, such as in {example!r}, may be a decimal mark or part thousands.",
            choices=[",", "."],
        )
    if guess.kind is Kind.TIME and guess.time.mixed:
        column.question = Question(
            option="--timezone",
            field="timezone",
            column=column.name,
            text=f"Some times of {column.name!r} name their offset from UTC, others do not. Where were those taken?",
            choices=["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo"],
        )


_GROUPED = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")
_SMALL = re.compile(r"[-+]?[0-9]{1,3}")


def ask_thousands(
    connection: duckdb.DuckDBPyConnection, raw: str, columns: Sequence[ColumnState], decimal: str
) -> None:
    """Ask where every number with a dot has three digits behind it, and every other one is below a thousand.

    What a program prints with three decimals has them in all rows, so that 1.234 beside 567 may well be thousands.
    """
    if decimal:
        return
    doubtful = [column for column in columns if column.question is None and _may_be_thousands(column)]
    conditions = [
        f"NOT regexp_full_match(trim({quoted(column.name)}), {literal(f'{_GROUPED.pattern}|{_SMALL.pattern}')})"
        for column in doubtful
    ]
    counted = scan.counts(connection, raw, conditions) if conditions else []
    for column, others in zip(doubtful, counted, strict=True):
        if others > sum(column.missing.values()) + column.unfit_count:
            continue
        example = next(value for value in column.sample if "." in value)
        column.question = Question(
            option="--decimal",
            field="decimal",
            column=column.name,
            text=f"The dot of {column.name!r}, such as in {example!r}, may be a decimal mark or part thousands.",
            choices=[",", "."],
        )


def _may_be_thousands(column: ColumnState) -> bool:
    if column.guess.kind is not Kind.NUMBER or not column.guess.number.plain:
        return False
    counted = {value.strip() for value in column.sample if numbers.is_number(value)}
    dotted = {value for value in counted if "." in value}
    whole = [value for value in counted if _SMALL.fullmatch(value)]
    return len(dotted) > 1 and bool(whole) and all(_GROUPED.fullmatch(value) for value in dotted)
