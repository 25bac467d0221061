"""Which columns two tables might be joined by: their names, and the values that both have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ontos_tui.domain.records.data import Column, identifier_from
from ontos_tui.domain.records.derived import KeyPair
from ontos_tui.tabular.duckdb_sql import quoted
from ontos_tui.tabular.kinds_of_values import Kind, is_whole, kind_of
from ontos_tui.tabular.source import Source

if TYPE_CHECKING:
    import duckdb

LOOKED_AT = 100_000
"""Rows of a table whose values are compared."""
MOST_VALUES = 5_000
"""Different values of a column that are compared."""
LEAST_OVERLAP = 0.5
"""Columns with fewer values in common are not suggested."""
TELLING = 20
"""Columns of different names are suggested only with as many different values: 0 and 1 are everywhere."""
SUGGESTED = 3


class Candidate(NamedTuple):
    """Columns to join by, whether they have the same name, and how many values of the first the second has too."""

    on: tuple[KeyPair, ...]
    same_name: bool
    overlap: float


def candidates(connection: duckdb.DuckDBPyConnection, left: Source, right: Source) -> list[Candidate]:
    """The best columns to join by, the likeliest first; of several with equal names also all together."""
    lefts, rights = _values(connection, left), _values(connection, right)
    pairs = sorted(_pairs(left, right, lefts, rights), key=lambda one: (not one.same_name, -one.overlap, str(one.on)))
    named = [one.on[0] for one in pairs if one.same_name]
    together = Candidate(tuple(named), True, min(one.overlap for one in pairs if one.same_name)) if named else None
    several = [together] if together is not None and len(named) > 1 else []
    return [*pairs[:SUGGESTED], *several]


def _values(connection: duckdb.DuckDBPyConnection, source: Source) -> dict[str, frozenset[str]]:
    """Some of the different values of each column that can be a key, as texts."""
    values = {}
    for column in source.columns:
        if not _may_be_key(column):
            continue
        some = f"SELECT {quoted(column.name)} AS v FROM {source.relation} LIMIT {LOOKED_AT}"  # noqa: S608
        sql = f"SELECT DISTINCT trim(CAST(v AS VARCHAR)) FROM ({some}) WHERE v IS NOT NULL LIMIT {MOST_VALUES}"  # noqa: S608
        values[column.name] = frozenset(str(row[0]) for row in connection.execute(sql).fetchall())
    return values


def _may_be_key(column: Column) -> bool:
    return kind_of(column) in (Kind.TEXT, Kind.TIME) or is_whole(column)


def _pairs(
    left: Source, right: Source, lefts: dict[str, frozenset[str]], rights: dict[str, frozenset[str]]
) -> Iterator[Candidate]:
    for first in left.columns:
        for second in right.columns:
            ours, theirs = lefts.get(first.name), rights.get(second.name)
            if not ours or not theirs:
                continue
            smaller = min(len(ours), len(theirs)) if MOST_VALUES in (len(ours), len(theirs)) else len(ours)
            overlap = min(1.0, len(ours & theirs) / smaller)
            # A table of few units beside one of many: all of the second may be in the first.
            back = len(ours & theirs) / len(theirs)
            same = _is_named_alike(first.name, second.name)
            if max(overlap, back) >= LEAST_OVERLAP and (same or len(ours & theirs) >= TELLING):
                yield Candidate((KeyPair(left=first.name, right=second.name),), same, round(overlap, 4))


def _is_named_alike(first: str, second: str) -> bool:
    """Equal names, or one that is the other with a word more: id and machine_id, machine and machineID."""
    ours, theirs = _words(first), _words(second)
    if ours == theirs:
        return True
    shorter, longer = sorted((ours, theirs), key=len)
    return len(shorter) > 0 and set(shorter) < set(longer) and shorter != ["id"]


def _words(name: str) -> Sequence[str]:
    spaced = "".join(
        f" {sign}" if sign.isupper() and index and name[index - 1].islower() else sign
        for index, sign in enumerate(name)
    )
    return [word for word in identifier_from(spaced).split("_") if word]
