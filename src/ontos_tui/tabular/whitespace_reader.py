"""Text whose values are separated by any number of blanks or tabs, as simulation codes and old instruments write it.

When the first line holds nothing but numbers, it is data; the columns are called c1, c2 …, or as the user names them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column
from ontos_tui.tabular.duckdb_sql import path_literal, quoted

if TYPE_CHECKING:
    import duckdb

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eEdD][-+]?\d+)?|[-+]?(nan|inf|infinity)", re.IGNORECASE)
_SAMPLE = 50
"""Lines that are looked at to tell such a file from one with separators."""


def is_spaced(head: bytes) -> bool:
    """Whether a file's first lines hold as many values between blanks each, and no other separator."""
    lines = [line for line in head.decode("utf-8", "replace").splitlines()[:_SAMPLE] if line.strip()]
    lines = lines[:-1] or lines if len(head) >= 1 << 16 else lines
    counts = {len(line.split()) for line in lines}
    return len(counts) == 1 and counts != {1} and not any(sign in line for line in lines for sign in ";,|")


def inspect(
    connection: duckdb.DuckDBPyConnection, path: Path, head: bytes, names: Sequence[str]
) -> tuple[str, list[Column], int, list[str]]:
    """The SQL that reads the file, its columns, how many rows it has, and what an expert should know about it.

    Raises InvalidInputError for a line with another number of values, and when `names` are too many or too few.
    """
    first = next((line for line in head.decode("utf-8-sig", "replace").splitlines() if line.strip()), "").split()
    bare = all(_NUMBER.fullmatch(value) for value in first)
    if names and len(names) != len(first):
        raise InvalidInputError(
            f"{len(names)} names are given, but {path.name} has {len(first)} columns.", "Give one for each column."
        )
    called = list(names) if names else [f"c{place}" for place, _ in enumerate(first, 1)] if bare else _distinct(first)
    lines = (
        f"(SELECT string_split_regex(trim(line, ' \t\r'), '[ \t]+') AS parts FROM read_csv({path_literal(path)}, "  # noqa: S608
        "auto_detect = false, columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '', escape = '', "
        f"header = {str(not bare).lower()}, comment = '', null_padding = false) WHERE trim(line, ' \t\r') != '')"
    )
    types, rows = _verify(connection, path, lines, len(first), header=not bare)
    values = [
        f"CAST(parts[{place}] AS {kind}) AS {quoted(column)}"
        for place, (column, kind) in enumerate(zip(called, types, strict=True), 1)
    ]
    notes = [] if names or not bare else ["The file names no columns; they are called c1, c2 and so on."]
    columns = [Column(*pair) for pair in zip(called, types, strict=True)]
    return f"(SELECT {', '.join(values)} FROM {lines})", columns, rows, notes  # noqa: S608


def _verify(
    connection: duckdb.DuckDBPyConnection, path: Path, lines: str, width: int, *, header: bool
) -> tuple[list[str], int]:
    """The type that every value of a column fits, and the number of rows, by one pass over the whole file."""
    checks = [
        f"bool_and(TRY_CAST(parts[{place}] AS {kind}) IS NOT NULL{more.format(place=place)})"
        for place in range(1, width + 1)
        # A cast to whole numbers would round.
        for kind, more in (("BIGINT", " AND regexp_full_match(parts[{place}], '[-+]?[0-9]+')"), ("DOUBLE", ""))
    ]
    sql = f"SELECT count(*), count_if(len(parts) != {width}), {', '.join(checks)} FROM {lines}"  # noqa: S608
    rows, ragged, *fits = connection.execute(sql).fetchall()[0]
    if ragged:
        number, values = _ragged(path, width)
        raise InvalidInputError(
            f"{path.name}, line {number}: {values} values, but the first line has {width}.",
            "Give every line as many values as the first one.",
        )
    if header and not rows:
        fits = [False] * len(fits)
    pairs = zip(fits[::2], fits[1::2], strict=True)
    # Identifiers such as 007 are read as numbers here: in such files, numbers are padded with zeros.
    return ["BIGINT" if whole else "DOUBLE" if real else "VARCHAR" for whole, real in pairs], int(rows)


def _ragged(path: Path, width: int) -> tuple[int, int]:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        widths = ((number, len(line.split())) for number, line in enumerate(file, 1) if line.strip())
        return next((number, values) for number, values in widths if values != width)


def _distinct(names: Sequence[str]) -> list[str]:
    distinct: list[str] = []
    for one in names:
        tries = (one if number == 1 else f"{one}_{number}" for number in count(1))
        distinct += islice((name for name in tries if name.lower() not in {used.lower() for used in distinct}), 1)
    return distinct
