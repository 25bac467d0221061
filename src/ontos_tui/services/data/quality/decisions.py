"""Decisions about a table's quality: which are in force, and the options and columns with one more or one less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from ontos_tui.domain.records.reading import ReadingOptions
from ontos_tui.services.data.quality.report import Decision, Remedy

V = TypeVar("V")


def decisions_in(options: ReadingOptions) -> Iterator[Decision]:
    """What was decided about the values of a table."""
    for column, words in options.column_missing.items():
        yield Decision(Remedy.NO_VALUE, column, dict.fromkeys(words, ""))
    for column, spellings in options.spellings.items():
        yield Decision(Remedy.READ_AS, column, spellings)
    for column, limits in options.column_limits.items():
        yield Decision(Remedy.LIMITS, column, limits=limits)


def with_decision(options: ReadingOptions, decision: Decision) -> ReadingOptions:
    """The options with a decision about a column's values added to those that there are."""
    name = decision.column
    if decision.remedy is Remedy.NO_VALUE:
        words = dict.fromkeys([*options.column_missing.get(name, ()), *decision.values])
        return options.model_copy(update={"column_missing": options.column_missing | {name: list(words)}})
    if decision.remedy is Remedy.READ_AS:
        spellings = options.spellings.get(name, {}) | dict(decision.values)
        return options.model_copy(update={"spellings": options.spellings | {name: spellings}})
    assert decision.limits is not None
    return options.model_copy(update={"column_limits": options.column_limits | {name: decision.limits}})


def without_decision(options: ReadingOptions, decision: Decision) -> ReadingOptions:
    """The options without a decision; what else was decided about the column stays."""
    name = decision.column
    if decision.remedy is Remedy.NO_VALUE:
        words = [word for word in options.column_missing.get(name, ()) if word not in decision.values]
        return options.model_copy(update={"column_missing": _put(options.column_missing, name, words)})
    if decision.remedy is Remedy.READ_AS:
        spellings = options.spellings.get(name, {})
        left = {value: other for value, other in spellings.items() if value not in decision.values}
        return options.model_copy(update={"spellings": _put(options.spellings, name, left)})
    return options.model_copy(update={"column_limits": _put(options.column_limits, name, None)})


def _put(mapping: dict[str, V], name: str, value: V | None) -> dict[str, V]:
    """The mapping with another value for a name, or without the name where there is none."""
    others = {key: one for key, one in mapping.items() if key != name}
    return {**others, name: value} if value else others


def columns_without(present: Sequence[str], names: Sequence[str], name: str) -> list[str]:
    """The columns of a sheet without one more; `present` is empty where all `names` of the table are used."""
    return [one for one in (present or names) if one != name]


def columns_with(present: Sequence[str], names: Sequence[str], name: str) -> list[str]:
    """The columns of a sheet with one that was left out, in the table's order; empty for all."""
    used = [one for one in names if one == name or one in present]
    return [] if len(used) == len(names) else used
