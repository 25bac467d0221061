"""A table's columns, read as texts and looked at from the first row to the last: what fits, what does not, how often.

One pass over a file whose values all fit what a sample says; a pass more for words that do not, and for each change of
mind. Everything is counted by DuckDB, in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.records.reading import DateOrder
from ontos_tui.tabular.duckdb_sql import literal, quoted
from ontos_tui.tabular.values.guess import Guess, Kind
from ontos_tui.tabular.values.missing import TEXT_WORDS

if TYPE_CHECKING:
    import duckdb

MOST_CLASSES = 200
"""Different texts up to which all of a column's are looked at."""
MOST_WORDS = 300
"""Different words that are looked at of those that do not fit."""
_LONGEST = max(map(len, TEXT_WORDS))
_TEXT_WORDS = ", ".join(literal(word) for word in sorted(TEXT_WORDS))


@dataclass
class Scanned:
    """What a pass over a column counted. `orders` is the number of dates that each order allows; `differing` how many
    of them are another day by another order."""

    values: int = 0
    unfit: int = 0
    low: float | None = None
    high: float | None = None
    infinite: int = 0
    numeric: int | None = None
    suspect: int = 0
    texts: list[str] = field(default_factory=list)
    missing_texts: int = 0
    orders: dict[DateOrder, int] = field(default_factory=dict)
    differing: int = 0


def scan(connection: duckdb.DuckDBPyConnection, raw: str, guesses: dict[str, Guess]) -> tuple[int, dict[str, Scanned]]:
    """The number of rows, and what each column holds measured against its guess. `raw` has all columns as texts."""
    parts = {name: _aggregates(quoted(name), guess) for name, guess in guesses.items()}
    sql = f"SELECT {', '.join(['count(*)', *(sql for part in parts.values() for sql in part.values())])} FROM {raw}"  # noqa: S608
    rows, *values = connection.execute(sql).fetchall()[0]
    results = iter(values)
    scanned = {}
    for name, part in parts.items():
        scanned[name] = _scanned({key: next(results) for key in part})
    doubtful = [name for name, one in scanned.items() if one.numeric is not None and one.numeric < one.values]
    doubtful += [name for name, one in scanned.items() if one.suspect and name not in doubtful]
    doubtful = [name for name in doubtful if guesses[name].kind is Kind.NUMBER]
    conditions = [f"{quoted(name)} IS NOT NULL AND NOT {guesses[name].sql_fits(quoted(name))}" for name in doubtful]
    if conditions:
        for name, unfit in zip(doubtful, counts(connection, raw, conditions), strict=True):
            scanned[name].unfit = unfit
    return int(rows), scanned


def _aggregates(column: str, guess: Guess) -> dict[str, str]:
    """The aggregates of one column, by what they are called in `Scanned`."""
    parts = {"values": f"count({column})"}
    if guess.kind is Kind.TEXT:
        if guess.few:
            parts["texts"] = f"approx_top_k({column}, {MOST_CLASSES})"
        if guess.mixed:
            parts["numeric"] = f"count(TRY_CAST({column} AS DOUBLE))"
        parts["missing_texts"] = f"count_if(strlen({column}) <= {_LONGEST} AND {column} IN ({_TEXT_WORDS}))"
        return parts
    if guess.kind is Kind.TIME and guess.time.ambiguous:
        return parts | _orders(column, guess)
    if guess.kind is Kind.NUMBER and guess.number.plain:
        # Cheaper than the condition itself, which is counted only where these are not zero.
        parts["numeric"] = f"count(TRY_CAST({column} AS DOUBLE))"
        parts["suspect"] = (
            f"count_if(isnan(TRY_CAST({column} AS DOUBLE))) + count_if(contains({column}, '_')) "
            f"+ count_if({column} LIKE '0_%' AND NOT contains({column}, '.'))"
        )
    else:
        parts["unfit"] = f"count_if({column} IS NOT NULL AND NOT {guess.sql_fits(column)})"
    if guess.kind in (Kind.INTEGER, Kind.NUMBER):
        number = guess.number.sql(column) if guess.kind is Kind.NUMBER else f"TRY_CAST({column} AS {guess.type})"
        parts["low"], parts["high"] = f"min({number})", f"max({number})"
    return parts


def finite(
    connection: duckdb.DuckDBPyConnection, raw: str, expressions: dict[str, str]
) -> dict[str, tuple[int, float | None, float | None]]:
    """For columns that hold infinities: how many, and the range of all other numbers."""
    parts = []
    for number in expressions.values():
        inner = f"CASE WHEN isfinite({number}) THEN {number} END"
        parts += [f"count_if(isinf({number}))", f"min({inner})", f"max({inner})"]
    if not parts:
        return {}
    results = iter(connection.execute(f"SELECT {', '.join(parts)} FROM {raw}").fetchall()[0])  # noqa: S608
    return {name: (int(next(results)), next(results), next(results)) for name in expressions}


def _orders(column: str, guess: Guess) -> dict[str, str]:
    readings = {order: guess.time.ordered(order).sql(column) for order in guess.time.orders}
    first, *others = readings.values()
    parts = {f"order {order}": f"count({sql})" for order, sql in readings.items()}
    none = " AND ".join(f"({sql}) IS NULL" for sql in readings.values())
    parts["unfit"] = f"count_if({column} IS NOT NULL AND {none})"
    parts["differing"] = f"count_if({' OR '.join(f'({first}) <> ({other})' for other in others)})"
    return parts


def _scanned(values: dict[str, Any]) -> Scanned:
    scanned = Scanned()
    for key, value in values.items():
        if key.startswith("order "):
            scanned.orders[DateOrder(key.removeprefix("order "))] = int(value)
        elif key == "texts":
            scanned.texts = list(value or ())
        elif key in ("low", "high"):
            setattr(scanned, key, None if value is None else float(value))
        else:
            setattr(scanned, key, int(value or 0))
    return scanned


@dataclass(frozen=True)
class Word:
    """A value that does not fit, how often it occurs, and the first row that has it, from 1."""

    text: str
    count: int
    row: int


def words(connection: duckdb.DuckDBPyConnection, raw: str, conditions: dict[str, str]) -> dict[str, list[Word]]:
    """The commonest values of columns that fulfil their condition, in one pass over all of them."""
    common: dict[str, list[Word]] = {name: [] for name in conditions}
    names = list(conditions)
    if not names:
        return common
    structs = ", ".join(
        f"{{'k': {number}, 'v': CASE WHEN {conditions[name]} THEN left({quoted(name)}, 1000) END}}"
        for number, name in enumerate(names)
    )
    sql = (
        f"SELECT s.k, s.v, count(*), min(n) FROM (SELECT n, unnest([{structs}]) AS s FROM "  # noqa: S608
        f"(SELECT row_number() OVER () AS n, * FROM {raw})) WHERE s.v IS NOT NULL GROUP BY s.k, s.v "
        f"QUALIFY row_number() OVER (PARTITION BY s.k ORDER BY count(*) DESC, min(n)) <= {MOST_WORDS} "
        "ORDER BY s.k, count(*) DESC, min(n)"
    )
    for number, text, count, row in connection.execute(sql).fetchall():
        common[names[number]].append(Word(text, int(count), int(row)))
    return common


def beyond(
    connection: duckdb.DuckDBPyConnection, raw: str, expressions: Mapping[str, tuple[str, Sequence[float]]]
) -> dict[str, tuple[list[int], float, float]]:
    """For columns with an expression and some numbers: how often each number occurs, and the range of all others."""
    parts: list[str] = []
    for expression, numbers in expressions.values():
        among = ", ".join(repr(float(number)) for number in numbers)
        parts += [f"count_if({expression} = {float(number)!r})" for number in numbers]
        is_other = f"isfinite(CAST({expression} AS DOUBLE)) AND {expression} NOT IN ({among})"
        others = f"CASE WHEN {is_other} THEN {expression} END"
        parts += [f"CAST(min({others}) AS DOUBLE)", f"CAST(max({others}) AS DOUBLE)"]
    if not parts:
        return {}
    results = iter(connection.execute(f"SELECT {', '.join(parts)} FROM {raw}").fetchall()[0])  # noqa: S608
    counted = {}
    for name, (_, numbers) in expressions.items():
        counts = [int(next(results)) for _ in numbers]
        low, high = next(results), next(results)
        counted[name] = (counts, float("inf") if low is None else low, float("-inf") if high is None else high)
    return counted


def counts(connection: duckdb.DuckDBPyConnection, raw: str, conditions: Iterable[str]) -> list[int]:
    """How many rows fulfil each condition."""
    expressions = [f"count_if({condition})" for condition in conditions]
    return [int(value) for value in connection.execute(f"SELECT {', '.join(expressions)} FROM {raw}").fetchall()[0]]  # noqa: S608
