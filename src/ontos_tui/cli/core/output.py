"""What commands print: aligned text for people, one JSON document for machines, progress on stderr."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import shutil
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.text.terminal_text import safe_line, safe_text

CELL = 60
"""Characters after which a cell of a table is cut."""


def plain(value: Any) -> Any:
    """`value` as what JSON knows: records and dataclasses become objects, NaN and infinities null."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if (record_fields := getattr(type(value), "model_fields", None)) is not None:
        return {name: plain(getattr(value, name)) for name in record_fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return iso_time(value)
    if isinstance(value, date):
        return value.isoformat()
    # A named tuple is a thing with a name of its own, such as a table's address, and reads as that.
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return str(value)


def iso_time(at: datetime) -> str:
    """A time in the one form of all JSON: ISO 8601 in UTC, to the microsecond, ending in Z.

    A time without a zone is a value of the data, which only its owner can place; it stays as it is.
    """
    if at.tzinfo is None:
        return at.isoformat()
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def to_json(value: Any) -> str:
    """One JSON document in ASCII: whatever the data holds, no terminal interprets it."""
    return json.dumps(plain(value), indent=2, allow_nan=False).replace("\x7f", "\\u007f")


def number(value: float | None, digits: int = 2, unit: str = "") -> str:
    """A measured number, or `no data yet`."""
    return "no data yet" if value is None else f"{value:,.{digits}f}{f' {unit}' if unit else ''}"


def count(amount: int, noun: str) -> str:
    """`1 pair`, `1,204 pairs`."""
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def moment(at: datetime | None) -> str:
    """A time in this machine's zone, for people."""
    return "" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def cell(value: Any) -> str:
    """A value as one cell of a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (dict, list)):
        return safe_line(json.dumps(plain(value), ensure_ascii=False), CELL)
    return safe_line(value.value if isinstance(value, Enum) else value, CELL)


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]], empty: str = "Nothing yet.") -> list[str]:
    """Aligned lines; numbers to the right. Without rows, the one line `empty`."""
    from rich.cells import cell_len

    values = [list(row) for row in rows]
    if not values:
        return [empty]
    texts = [[safe_line(header, CELL) for header in headers]] + [[cell(value) for value in row] for row in values]
    widths = [max(map(cell_len, column)) for column in zip(*texts, strict=True)]
    right = [
        all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in column if value is not None)
        for column in zip(*values, strict=True)
    ]

    def line(row: Sequence[str]) -> str:
        padded = [
            " " * (width - cell_len(text)) + text if to_right else text + " " * (width - cell_len(text))
            for text, width, to_right in zip(row, widths, right, strict=True)
        ]
        return "  ".join(padded).rstrip()

    return [line(row) for row in texts]


def fits(lines: Iterable[str]) -> bool:
    """Whether the lines are no wider than the terminal; without a terminal any width is right."""
    from rich.cells import cell_len

    width = shutil.get_terminal_size().columns
    return not sys.stdout.isatty() or all(cell_len(line) <= width for line in lines)


def facts(pairs: Iterable[tuple[str, Any]]) -> list[str]:
    """`name  value` lines, aligned; a value of several lines stays below its name."""
    present = [(safe_line(name), value) for name, value in pairs if value not in (None, "")]
    width = max((len(name) for name, _ in present), default=0)
    lines = []
    for name, value in present:
        text = safe_text(value).split("\n") if isinstance(value, str) else [cell(value)]
        lines += [f"{name if not index else '':<{width}}  {part}" for index, part in enumerate(text)]
    return lines


def fields(row: Mapping[str, Any]) -> list[str]:
    """A row's fields or an answer's, one a line."""
    return [f"  {line}" for line in facts((safe_line(name, CELL), _value(value)) for name, value in row.items())]


def _value(value: Any) -> str:
    if isinstance(value, str):
        return safe_line(value)
    return "not given" if value is None else cell(value)


def print_lines(lines: Iterable[str]) -> None:
    """Print for people. Every line has gone through `safe_text` or is our own."""
    for line in lines:
        print(line.encode(sys.stdout.encoding or "utf-8", "replace").decode(sys.stdout.encoding or "utf-8"))


def print_error(error: OntosError) -> None:
    """What happened and what to do, on stderr."""
    print(f"Error: {safe_text(error.what)}", file=sys.stderr)
    if error.todo:
        print(f"       {safe_text(error.todo)}", file=sys.stderr)


class ProgressLine:
    """Progress on stderr: one line that is written over in a terminal, else a line every few seconds."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._last = 0.0 if self._terminal else time.monotonic()
        self._shown = False

    def update(self, done: int, total: int, message: str = "") -> None:
        """Show `done` of `total`; 10 times a second at most."""
        now = time.monotonic()
        if now - self._last < (0.1 if self._terminal else 5.0):
            return
        self._last = now
        share = f"{100 * done // total:3d} %  " if total else ""
        line = safe_line(f"{share}{message or f'{done:,} of {total:,}'}", shutil.get_terminal_size().columns - 1)
        print(f"\r\x1b[K{line}" if self._terminal else line, end="" if self._terminal else "\n", file=sys.stderr)
        sys.stderr.flush()
        self._shown = True

    def close(self) -> None:
        """Leave the terminal's line empty again."""
        if self._terminal and self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
