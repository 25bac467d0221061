"""CSV as instruments and spreadsheets write it: any of four separators, decimal commas, a byte order mark, Latin-1.

The first line names the columns. DuckDB's own guess of the dialect is not used, since it may skip lines in silence.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column
from ontos_tui.tabular.duckdb_sql import column_list, literal, path_literal, quoted

if TYPE_CHECKING:
    import duckdb

_SEPARATORS = "\t;|,"
"""In the order of preference: a comma may be a decimal comma, the others are hardly anything else."""

_INTEGER = r"\s*[-+]?(0|[1-9][0-9]*)\s*"
_NUMBER = r"(?i)\s*[-+]?(0|[1-9][0-9]*|[0-9]+\.[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?\s*|\s*[-+]?(nan|inf|infinity)\s*"
_BOOLEAN = r"(?i)\s*(true|false)\s*"


@dataclass(frozen=True)
class _Dialect:
    separator: str
    encoding: str
    decimal: str = "."
    dates: str | None = None
    times: str | None = None

    def relation(self, path: Path, columns: dict[str, str]) -> str:
        kinds = set(columns.values())
        options = [
            path_literal(path),
            "auto_detect = false",
            f"columns = {column_list(columns)}",
            *self.options(),
            "hive_partitioning = false",
        ]
        if self.dates and "DATE" in kinds:
            options.append(f"dateformat = {literal(self.dates)}")
        if self.times and "TIMESTAMP" in kinds:
            options.append(f"timestampformat = {literal(self.times)}")
        return f"read_csv({', '.join(options)})"

    def options(self) -> list[str]:
        decimal = [f"decimal_separator = {literal(self.decimal)}"] if self.decimal != "." else []
        return [
            "header = true",
            f"delim = {literal(self.separator)}",
            "quote = '\"'",
            "escape = '\"'",
            "skip = 0",
            "comment = ''",
            f"encoding = {literal(self.encoding)}",
            *decimal,
        ]


def inspect(connection: duckdb.DuckDBPyConnection, path: Path, head: bytes) -> tuple[str, list[Column], int, list[str]]:
    """The SQL that reads the file, its columns, how many rows it has, and what an expert should know about it."""
    import duckdb

    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    try:
        return _inspect(connection, path, head, encoding)
    except duckdb.InvalidInputException as error:
        if encoding != "utf-8" or "not utf-8" not in str(error):
            raise
    relation, columns, rows, notes = _inspect(connection, path, head, "latin-1")
    return relation, columns, rows, [*notes, "The file is not UTF-8; it was read as Latin-1 (Western European)."]


def _inspect(
    connection: duckdb.DuckDBPyConnection, path: Path, head: bytes, encoding: str
) -> tuple[str, list[Column], int, list[str]]:
    text = head.decode(encoding if encoding != "utf-8" else "utf-8-sig", "replace")
    separator = "\t" if path.suffix.lower() == ".tsv" else _separator(path, text)
    dialect, guessed = _guess(connection, path, _Dialect(separator, encoding), text)
    types, rows = _verify(connection, path, dialect, guessed)
    return dialect.relation(path, types), [Column(*item) for item in types.items()], rows, _notes(dialect, types)


def _separator(path: Path, text: str) -> str:
    """The separator that most lines hold as often as the first line does."""
    lines = [line for line in re.sub(r'"(?:[^"]|"")*"', "", text).splitlines()[:200] if line.strip()]
    if len(text) >= 1 << 15:
        lines = lines[:-1] or lines
    first = lines[0] if lines else ""

    def agreement(separator: str) -> tuple[int, int]:
        expected = first.count(separator)
        return (
            sum(line.count(separator) == expected for line in lines) if expected else 0,
            -_SEPARATORS.index(separator),
        )

    best = max(_SEPARATORS, key=agreement)
    if best not in first and len(lines) > 2:
        _check_first_line(path, lines)
    return best


def _check_first_line(path: Path, lines: list[str]) -> None:
    """Refuse a first line of one name above lines of several values: a heading, such as an instrument's serial."""
    for separator in _SEPARATORS:
        (count, times), *_ = Counter(line.count(separator) for line in lines[1:]).most_common(1)
        if count and times > len(lines) / 2:
            raise InvalidInputError(
                f"The first line of {path.name} holds one value, but most lines hold {count + 1}.",
                "The first line names the columns: remove what stands above the names.",
            )


def _guess(
    connection: duckdb.DuckDBPyConnection, path: Path, dialect: _Dialect, text: str
) -> tuple[_Dialect, dict[str, str]]:
    """The dialect with its decimal sign and date formats, and the columns' types as the first rows suggest them."""
    import duckdb

    try:
        candidates = [_sniff(connection, path, dialect)]
    except duckdb.InvalidInputException as error:
        if "not utf-8" in str(error):
            raise
        # The sniffer gives up on lines of different length without naming one. Reading them as text will.
        names = next(csv.reader(text.splitlines(), delimiter=dialect.separator), [])
        return dialect, {f"column{number}": "VARCHAR" for number, _ in enumerate(names)}
    if dialect.separator != ",":
        candidates.append(_sniff(connection, path, replace(dialect, decimal=",")))
    return max(
        candidates, key=lambda candidate: sum(kind in ("BIGINT", "HUGEINT", "DOUBLE") for kind in candidate[1].values())
    )


def _sniff(connection: duckdb.DuckDBPyConnection, path: Path, dialect: _Dialect) -> tuple[_Dialect, dict[str, str]]:
    options = ", ".join([path_literal(path), *dialect.options()])
    columns, dates, times = connection.execute(
        f"SELECT Columns, DateFormat, TimestampFormat FROM sniff_csv({options})"  # noqa: S608
    ).fetchall()[0]
    return replace(dialect, dates=dates, times=times), {item["name"]: item["type"] for item in columns}


def _verify(
    connection: duckdb.DuckDBPyConnection, path: Path, dialect: _Dialect, guessed: dict[str, str]
) -> tuple[dict[str, str], int]:
    """The types that every value of the whole file fits, and the number of rows.

    One pass over the text as a rule; one more for each time that a guess did not hold.
    """
    relation = replace(dialect, decimal=".").relation(path, dict.fromkeys(guessed, "VARCHAR"))
    types = dict.fromkeys(guessed, "VARCHAR")
    ladders = {column: _ladder(kind, dialect) for column, kind in guessed.items()}
    while True:
        checks = [
            # A column without any value fits nothing: it stays text.
            f"count_if({quoted(column)} IS NOT NULL AND NOT ({ladder[0][1].format(c=quoted(column))})) "
            f"+ CAST(count({quoted(column)}) = 0 AS INTEGER)"
            for column, ladder in ladders.items()
        ]
        sql = f"SELECT {', '.join(['count(*)', *checks])} FROM {relation}"  # noqa: S608
        rows, *misfits = connection.execute(sql).fetchall()[0]
        fits = {column: ladder[0][0] for (column, ladder), bad in zip(ladders.items(), misfits, strict=True) if not bad}
        types |= fits
        ladders = {column: ladder[1:] for column, ladder in ladders.items() if column not in fits and ladder[1:]}
        if not ladders:
            return types, int(rows)


def _ladder(kind: str, dialect: _Dialect) -> list[tuple[str, str]]:
    """Types to try for a column, strictest first, each with the condition that a value must fulfil."""
    number = "replace({c}, ',', '.')" if dialect.decimal == "," else "{c}"
    integer = f"regexp_full_match({{c}}, {literal(_INTEGER)}) AND try_cast({{c}} AS %s) IS NOT NULL"
    # Braces stand for the column's name when the condition is formatted.
    double = f"regexp_full_match({number}, {literal(_NUMBER)})"
    if kind in ("BIGINT", "HUGEINT"):
        return [("BIGINT", integer % "BIGINT"), ("HUGEINT", integer % "HUGEINT"), ("DOUBLE", double)]
    if kind in ("DOUBLE", "VARCHAR"):
        # DuckDB takes 007.5 and -inf for text, in a column where they stand first.
        return [("DOUBLE", double)]
    if kind == "BOOLEAN":
        return [("BOOLEAN", f"regexp_full_match({{c}}, {literal(_BOOLEAN)})")]
    if kind in ("DATE", "TIMESTAMP"):
        written = dialect.dates if kind == "DATE" else dialect.times
        value = f"try_strptime({{c}}, {literal(written)})" if written else f"try_cast({{c}} AS {kind})"
        # DuckDB takes words such as "infinity" for dates, and reads them as some day.
        return [(kind, f"regexp_matches({{c}}, '[0-9]') AND coalesce(isfinite({value}), false)"), ("DOUBLE", double)]
    return [(kind, f"try_cast({{c}} AS {literal(kind)[1:-1]}) IS NOT NULL")]


_WORDS = {"%d": "day", "%m": "month", "%Y": "year", "%y": "year"}


def _notes(dialect: _Dialect, types: dict[str, str]) -> list[str]:
    notes = []
    for kind, written in (("DATE", dialect.dates), ("TIMESTAMP", dialect.times)):
        columns = [column for column, column_type in types.items() if column_type == kind]
        order = [_WORDS[part] for part in re.findall("%[dmYy]", written or "")]
        if columns and order and order[0] != "year":
            notes.append(f"Dates in {', '.join(map(repr, columns))} were read as {', '.join(order)}.")
    if dialect.decimal == ",":
        notes.append("Numbers were read with a decimal comma.")
    if any(re.fullmatch(r"[-+]?[0-9.,]+", column) for column in types):
        notes.append("The first line was taken for the columns' names, although it holds numbers.")
    return notes
