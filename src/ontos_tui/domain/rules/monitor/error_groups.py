"""Failed requests by reason: texts that say the same of other fields and values are one kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

_LACKS = re.compile(r"\bthe input lacks (?P<fields>.+?)\.(?: |$)", re.IGNORECASE | re.DOTALL)
_LACKING = re.compile(r"'([^']*)' \(")
_HOLDS = re.compile(r"\bthe field '(?P<field>[^']*)' holds (?P<value>.+?)\.(?: |$)", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NUMBER = re.compile(r"\b\d[\d.,]*\b")
_ROW = re.compile(r"^Row \d+: ")
SAID = 3
"""Fields of a group that are named."""


@dataclass(frozen=True)
class ErrorCount:
    """Requests that failed with one text."""

    status: int
    error: str
    count: int
    last_at: datetime


@dataclass(frozen=True)
class ErrorGroup:
    """Requests that failed for one kind of reason; `fields` are those that it is about, the most frequent first."""

    status: int
    reason: str
    count: int
    last_at: datetime
    fields: tuple[tuple[str, int], ...] = ()

    def describe(self) -> str:
        """The reason with its fields: the input lacks 'speed' (12), 'torque' (3)."""
        named = ", ".join(f"{name!r} ({count:,})" for name, count in self.fields[:SAID])
        more = len(self.fields) - SAID
        rest = f" and {more} more" if more > 0 else ""
        return f"{self.reason} {named}{rest}" if named else self.reason


def group_errors(counts: Iterable[ErrorCount]) -> list[ErrorGroup]:
    """The errors by kind, the most frequent first."""
    totals: Counter[tuple[int, str]] = Counter()
    fields: dict[tuple[int, str], Counter[str]] = {}
    last: dict[tuple[int, str], datetime] = {}
    for one in counts:
        reason, names = _kind_of(one.error)
        key = (one.status, reason)
        totals[key] += one.count
        last[key] = max(one.last_at, last.get(key, one.last_at))
        named = fields.setdefault(key, Counter())
        for name in names:
            named[name] += one.count
    return [
        ErrorGroup(status, reason, count, last[status, reason], tuple(fields[status, reason].most_common()))
        for (status, reason), count in totals.most_common()
    ]


def short_reason(error: str) -> str:
    """The reason in a few words, those first that differ from one request to the next: lacks 'speed'."""
    text = _ROW.sub("", error.strip())
    if (match := _LACKS.search(text)) is not None:
        named = _LACKING.findall(match["fields"] + " (")
        return f"lacks {', '.join(map(repr, named)) or match['fields']}"
    if (match := _HOLDS.search(text)) is not None:
        return f"{match['field']}: {match['value']}"
    return text


def _kind_of(error: str) -> tuple[str, list[str]]:
    """What kind of error a text is about, and which fields."""
    text = _ROW.sub("", error.strip())
    if (match := _LACKS.search(text)) is not None:
        return "the input lacks", _LACKING.findall(match["fields"] + " (") or _QUOTED.findall(match["fields"])
    if (match := _HOLDS.search(text)) is not None:
        return "a value does not fit:", [match["field"]]
    first = text.split(". ")[0].rstrip(".")
    return _NUMBER.sub("#", _QUOTED.sub("'…'", first)) or "no reason given", []
