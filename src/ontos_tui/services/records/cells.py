"""Values in the cells of a CSV file. Shared by everything that writes one."""

from __future__ import annotations

import re
from typing import Any

from ontos_tui.store.values import to_json

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""What a text begins with that a spreadsheet would calculate, or would, if apostrophes before it were taken away."""

_FIRST = "'=+-@\t\r"
_AS_IT_IS = frozenset({float, int, type(None)})
"""Types of values that a cell has as they are."""

_BLANK = re.compile(r"'*\s*")


def plain_cell(value: Any) -> Any:
    """A value as CSV has it: texts and numbers as they are, true and false, nested ones as JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return to_json(value) if isinstance(value, (dict, list)) else value


def safe_cell(value: Any) -> Any:
    """The same, with an apostrophe before a text that a spreadsheet would take for a formula."""
    if type(value) in _AS_IT_IS:
        return value
    cell = value if type(value) is str else plain_cell(value)
    # The first character says nearly always that there is no formula.
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in _FIRST and _FORMULA.match(cell) else cell


def safe_answer_cell(value: Any) -> Any:
    """The same, and an apostrophe before a blank text, which would look like no value."""
    if type(value) in _AS_IT_IS:
        return value
    cell = plain_cell(value)
    return f"'{cell}" if isinstance(cell, str) and (_FORMULA.match(cell) or _BLANK.fullmatch(cell)) else cell


def restored(cell: str) -> str:
    """The text that `safe_cell` wrote so: without the apostrophe that it put before a formula."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell, 1) else cell


def restored_answer(cell: str) -> str:
    """The text that `safe_answer_cell` wrote so."""
    protected = cell.startswith("'") and (_FORMULA.match(cell, 1) or _BLANK.fullmatch(cell, 1))
    return cell[1:] if protected else cell
