"""What a look at a table's quality gives: findings, each with its rows and what can be done, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FindingKind(StrEnum):
    """What can be wrong with a table; also the word that --fix takes."""

    MISSING_WORDS = "missing-words"
    SPELLINGS = "spellings"
    LEAK = "leak"
    DUPLICATES = "duplicates"
    NEAR_DUPLICATES = "near-duplicates"
    OUTLIERS = "outliers"
    MISSING = "missing"
    CONSTANT = "constant"
    IDENTIFIER = "identifier"


class Remedy(StrEnum):
    """What can be decided about a finding. The first three are kept with the table, the others with the sheet."""

    NO_VALUE = "no value"
    READ_AS = "read as"
    LIMITS = "limits"
    LEAVE_OUT_COLUMN = "leave out the column"
    LEAVE_OUT_REPEATS = "leave out repeated rows"

    @property
    def needs_sheet(self) -> bool:
        """Whether only a sheet can keep it."""
        return self in (Remedy.LEAVE_OUT_COLUMN, Remedy.LEAVE_OUT_REPEATS)


@dataclass(frozen=True)
class Decision:
    """A remedy for a column: `values` are words that mean no value, or spellings with what each is read as."""

    remedy: Remedy
    column: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    limits: tuple[float, float] | None = None

    @property
    def text(self) -> str:
        """The decision in words."""
        words = ", ".join(map(repr, list(self.values)[:4])) + (" …" if len(self.values) > 4 else "")
        if self.remedy is Remedy.NO_VALUE:
            return f"{self.column}: {words} {'means' if len(self.values) == 1 else 'mean'} no value"
        if self.remedy is Remedy.READ_AS:
            into = ", ".join(dict.fromkeys(self.values.values()))
            return f"{self.column}: {words} {'is' if len(self.values) == 1 else 'are'} read as {into}"
        if self.remedy is Remedy.LIMITS and self.limits is not None:
            return f"{self.column}: numbers below {self.limits[0]:g} or above {self.limits[1]:g} mean no value"
        if self.remedy is Remedy.LEAVE_OUT_COLUMN:
            return f"{self.column} is left out of the sheet"
        return "rows that repeat an earlier one are left out of the sheet"


@dataclass(frozen=True)
class Finding:
    """Something that is likely wrong. `rows` counts the rows that it is about, and `condition` is a filter for them.

    Where no filter can name them, `numbers` are the first rows' numbers among those that were looked at. `decision` is
    what remedies it, where one key can.
    """

    kind: FindingKind
    column: str
    rows: int
    text: str
    condition: str = ""
    numbers: tuple[int, ...] = ()
    decision: Decision | None = None
    in_answer: bool = False

    @property
    def has_rows(self) -> bool:
        """Whether its rows can be shown."""
        return bool(self.condition or self.numbers)


@dataclass(frozen=True)
class QualityReport:
    """What was found about a table, or the rows of a sheet. `basis` says which rows were looked at."""

    table: str
    sheet: str
    rows: int
    columns: int
    answer: str
    basis: str
    findings: tuple[Finding, ...]
    decisions: tuple[Decision, ...]


def count_of(number: int, noun: str) -> str:
    """`1 row`, `1,204 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
