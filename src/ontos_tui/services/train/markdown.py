"""Markdown from facts: headings, lists and tables in which text from data stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from ontos_tui.domain.text.terminal_text import safe_line

NOT_MEASURED = "not measured"
LONGEST = 300
"""Characters of one text from data."""
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#+!|~$&])")


def page(lines: Iterable[str]) -> str:
    """The lines as a text, with never more than one empty line."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def escape(value: object) -> str:
    """A value as text that Markdown shows as it is: on one line, without control characters and markup."""
    return _SPECIAL.sub(r"\\\1", safe_line(value, LONGEST))


def heading(text: object, level: int = 2) -> list[str]:
    """A heading with an empty line on either side."""
    return ["", f"{'#' * level} {escape(text)}", ""]


def facts(pairs: Iterable[tuple[str, object]]) -> list[str]:
    """A list of names and values; one without a value is not measured."""
    return [f"- **{escape(name)}:** {NOT_MEASURED if value in (None, '') else escape(value)}" for name, value in pairs]


def bullets(texts: Iterable[object], empty: str) -> list[str]:
    """A list of texts; `empty` where there is none."""
    return [f"- {escape(text)}" for text in texts] or [empty]


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], empty: str = NOT_MEASURED) -> list[str]:
    """A table; numbers as they are, everything else escaped. Without rows, the one line `empty`."""
    lines = [f"| {' | '.join('' if cell is None else escape(cell) for cell in row)} |" for row in rows]
    if not lines:
        return [empty]
    return [f"| {' | '.join(map(escape, headers))} |", f"|{'---|' * len(headers)}", *lines]


def day(at: datetime | None) -> str:
    """A day; empty without one."""
    return "" if at is None else f"{at:%Y-%m-%d}"


def days(first: datetime | None, last: datetime | None) -> str:
    """From when to when."""
    if first is None or last is None:
        return ""
    return day(first) if day(first) == day(last) else f"{day(first)} to {day(last)}"
