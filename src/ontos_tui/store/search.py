"""Searching JSON columns for a text."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, select, type_coerce


def among_values(column: Any, text: str) -> ColumnElement[bool]:
    """Whether a value of a JSON object contains the text. Checks the whole column first, then the single values.

    In the whole column the text stands with its quotes and line ends escaped, and the names of the fields stand there
    too.
    """
    whole = type_coerce(column, Text)
    value = func.json_each(column).table_valued("value").c.value
    return and_(
        whole.contains(json.dumps(text, ensure_ascii=False)[1:-1], autoescape=True),
        func.json_valid(column) == 1,
        exists(select(1).where(cast(value, Text).contains(text, autoescape=True))),
    )
