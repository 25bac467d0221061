"""What a column holds, first by a sample of its values, then by the values of the whole file that do not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ontos_tui.tabular.duckdb_sql import literal
from ontos_tui.tabular.values import numbers, times
from ontos_tui.tabular.values.missing import is_missing_word
from ontos_tui.tabular.values.numbers import NumberForm
from ontos_tui.tabular.values.times import TimeForm

MOST_WORDS = 0.1
"""The share of other words that a column of numbers, times or flags may hold and still be one."""

FEW = 100
"""Different texts in a sample that may be classes."""


class Kind(StrEnum):
    """What the values of a column are."""

    INTEGER = "integer"
    NUMBER = "number"
    TIME = "time"
    FLAG = "boolean"
    TEXT = "text"


@dataclass(frozen=True)
class Guess:
    """What a column is taken for. `padded` integers may begin with zeros, `loose` ones with a plus or blanks.

    `fixed`: the user said so.
    """

    kind: Kind
    number: NumberForm = numbers.PLAIN
    time: TimeForm = field(default_factory=lambda: TimeForm("DATE", iso=True))
    padded: bool = False
    loose: bool = False
    fixed: bool = False
    huge: bool = False
    few: bool = True
    """Whether a column of texts has few different ones."""
    mixed: bool = False
    """Whether many values of a column of texts are numbers."""
    note: str = ""

    def sql_fits(self, value: str) -> str:
        """The condition that a text, which is not NULL, fits."""
        if self.kind is Kind.INTEGER:
            if self.padded:
                written = literal(_PADDED.pattern)
                return f"(regexp_full_match({value}, {written}) AND TRY_CAST({value} AS BIGINT) IS NOT NULL)"
            kind = "HUGEINT" if self.huge else "BIGINT"
            if self.loose:
                written = literal(_LOOSE.pattern)
                return f"(regexp_full_match({value}, {written}) AND TRY_CAST({value} AS {kind}) IS NOT NULL)"
            return f"coalesce(CAST(TRY_CAST({value} AS {kind}) AS VARCHAR) = {value}, false)"
        if self.kind is Kind.NUMBER:
            return self.number.sql_fits(value)
        if self.kind is Kind.FLAG:
            return f"(lower(trim({value})) IN ('true', 'false'))"
        if self.kind is Kind.TIME:
            return self.time.sql_fits(value)
        return "true"

    def sql(self, value: str) -> str:
        """The expression that reads a text; NULL for one that does not fit."""
        # A column that is used under a cast alone would be read by DuckDB as that type, which fails for other values.
        if self.kind is Kind.INTEGER:
            return f"CASE WHEN {self.sql_fits(value)} THEN TRY_CAST({value} AS {self.type}) END"
        if self.kind is Kind.NUMBER:
            read = self.number.sql(value)
            if not self.number.plain:
                return read
            return f"CASE WHEN {self.sql_fits(value)} THEN {read} END"
        if self.kind is Kind.FLAG:
            return f"CASE WHEN {self.sql_fits(value)} THEN lower(trim({value})) = 'true' END"
        return self.time.sql(value) if self.kind is Kind.TIME else value

    @property
    def type(self) -> str:
        """The type in DuckDB's words."""
        if self.kind is Kind.INTEGER:
            return "HUGEINT" if self.huge else "BIGINT"
        if self.kind is Kind.TIME:
            return self.time.kind
        return {Kind.NUMBER: "DOUBLE", Kind.FLAG: "BOOLEAN"}.get(self.kind, "VARCHAR")

    @property
    def form(self) -> str:
        """How the values are written, where it is not the plain way."""
        if self.kind is Kind.NUMBER:
            return self.number.in_words()
        return self.time.in_words() if self.kind is Kind.TIME else ""


def guess_of(values: Sequence[str], *, padded: bool = False, decimal: str = "") -> Guess:
    """What some of a column's values look like; an empty sample is a guess like any other."""
    known = [value for value in values if value.strip() and not is_missing_word(value)]
    if not known:
        return Guess(Kind.INTEGER, padded=padded)
    least = (1 - MOST_WORDS) * len(known)
    if sum(value.strip().lower() in ("true", "false") for value in known) == len(known):
        return Guess(Kind.FLAG)
    counted = [value for value in known if numbers.is_number(value)]
    if len(counted) >= least:
        return _number_guess(counted, padded=padded, decimal=decimal)
    timed = [value for value in known if times.is_time(value)]
    if len(timed) >= least:
        form = times.form_of(timed)
        if form is None:
            return Guess(Kind.TEXT, note="its dates and times are written in ways that contradict each other")
        return Guess(Kind.TIME, time=form)
    other = next((value for value in known if value not in counted), "")
    half = len(counted) >= 0.5 * len(known)
    note = _looks_like(known)
    note = f"many of its values are numbers and others are not, such as {other[:40]!r}" if half else note
    return Guess(Kind.TEXT, few=len(set(known)) <= FEW, mixed=len(counted) >= 0.3 * len(known), note=note)


def _looks_like(texts: Sequence[str]) -> str:
    """What is said of texts that nearly all look like times or numbers, but are written in no way that is read."""
    for what, pattern in _ALMOST.items():
        if sum(pattern.search(text.strip()) is not None for text in texts) >= (1 - MOST_WORDS) * len(texts):
            example = texts[0].strip()[:40]
            return f"its values look like {what}, such as {example!r}, but are written in no way that is read"
    return ""


_ALMOST = {
    "times": re.compile(
        r"^[-+]?[0-9]{1,4}:[0-9]{2}([:.,]|$)|^[0-9]{4}[-/ ]?[WQKTS][0-9]{1,2}\b|^(19|20)[0-9]{2}[-/.](0[1-9]|1[0-2])$|"
        r"^(0?[1-9]|1[0-2])[-/.](19|20)[0-9]{2}$|[0-9]:[0-9]{2}\b|^(19|20)[0-9]{2}-[0-3][0-9]{2}$|"
        r"^[A-Za-zÀ-ÿ]{3,9}\.? [0-9]{4}$"
    ),
    "numbers": re.compile(
        r"^[-+]?[0-9]+([.,][0-9]+)? ?[^\W\d_]{0,2}[^\w\s,.:;/#-][^\s]{0,6}$|^[0-9]+([.,][0-9]+)? ?[kKmMGµnp]$"
    ),
}


_LOOSE = re.compile(r"\s*[-+]?(0|[1-9][0-9]*)\s*")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_PADDED = re.compile(r"[-+]?(0[0-9]{0,3}|[1-9][0-9]*)")
"""Numbers of days, hours and the like keep their places by zeros; longer ones are codes."""
_LONG_CODE = re.compile(r"0[0-9]{4,}$")
_CODE = re.compile(r"0[0-9]+|[0-9]+_[0-9_]*[0-9]")


def _number_guess(values: Sequence[str], *, padded: bool, decimal: str) -> Guess:
    for digits, loose in ((_PADDED if padded else _WHOLE, False), (_LOOSE, True)):
        if all(digits.fullmatch(value) for value in values):
            huge = any(len(value) > 18 and not -(2**63) <= int(value) < 2**63 for value in values)
            whole = Guess(Kind.INTEGER, padded=padded and not huge and not loose, loose=loose, huge=huge)
            compact = times.compact_form(values) if len(values) > 1 else None
            return whole if compact is None else replace(whole, note=f"{values[0].strip()} looks like a time")
    if any(_CODE.fullmatch(value.strip()) for value in values) and not padded:
        return Guess(Kind.TEXT, note="its values look like codes, which keep their leading zeros")
    if padded and any(_LONG_CODE.match(value.strip()) for value in values):
        return Guess(Kind.TEXT, note="its values look like codes, which keep their leading zeros")
    form = numbers.form_of(values, decimal)
    if form is None:
        units = numbers.units_of(values)
        if len(units) > 1:
            shown = ", ".join(unit or "none" for unit in units[:4])
            return Guess(Kind.TEXT, note=f"its numbers have several units: {shown}")
        return Guess(Kind.TEXT, note="its numbers are written in ways that contradict each other")
    compact = times.compact_form(values) if len(values) > 1 else None
    note = f"{values[0].strip()} looks like a time" if compact is not None else ""
    return Guess(Kind.NUMBER, number=form, padded=padded, note=note)


def forced(kind: str, values: Sequence[str], *, padded: bool, decimal: str) -> Guess:
    """What the user says a column is. Values that do not fit will be missing."""
    word = kind.strip().lower()
    known = [value for value in values if value.strip() and not is_missing_word(value)]
    if word in ("number", "float", "double", "integer", "int"):
        guess = _number_guess([v for v in known if numbers.is_number(v)] or ["1.5"], padded=padded, decimal=decimal)
        guess = guess if guess.kind is not Kind.TEXT else Guess(Kind.NUMBER, number=NumberForm(plain=False))
    elif word in ("time", "date", "datetime", "timestamp"):
        form = times.form_of([value for value in known if times.is_time(value)]) or times.compact_form(known)
        guess = Guess(Kind.TIME, time=form or TimeForm("TIMESTAMP", iso=True))
    elif word in ("boolean", "bool", "flag"):
        guess = Guess(Kind.FLAG)
    else:
        guess = Guess(Kind.TEXT)
    return replace(guess, fixed=True)


def refined(guess: Guess, sample: Sequence[str], words: Mapping[str, int], decimal: str = "") -> Guess:
    """The guess after `words` did not fit it: another form that they fit too, or the same when there is none."""
    if guess.kind in (Kind.INTEGER, Kind.NUMBER):
        more = [word for word in words if numbers.is_number(word) or _CODE.fullmatch(word.strip())]
        known = [value for value in sample if numbers.is_number(value)]
        if not more:
            return guess
        if guess.fixed:
            form = numbers.form_of([*known, *more], decimal)
            return guess if form is None else replace(guess, kind=Kind.NUMBER, number=form)
        return _number_guess([*known, *more], padded=guess.padded, decimal=decimal)
    if guess.kind is Kind.TIME:
        more = [word for word in words if times.is_time(word)]
        time = times.form_of([*(value for value in sample if times.is_time(value)), *more]) if more else None
        if more and time is None and not guess.fixed:
            return Guess(Kind.TEXT, note="its dates and times are written in ways that contradict each other")
        return guess if time is None else replace(guess, time=replace(time, timezone=guess.time.timezone))
    return guess


def stays(guess: Guess, unfit: Mapping[str, int], unfit_count: int, values: int) -> bool:
    """Whether a column stays what it was taken for, with some words in it that do not fit."""
    if guess.fixed or not unfit_count:
        return True
    if guess.kind is Kind.FLAG:
        return False
    digits = any(any(sign.isdigit() for sign in word) for word in unfit)
    return unfit_count <= MOST_WORDS * values and not digits
