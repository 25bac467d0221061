"""What can be chosen for the decisions about a file, and what was typed or chosen as a decision."""

from __future__ import annotations

from typing import Any

TYPES = ("as found", "text", "number", "time", "boolean")
ENCODINGS = ("utf-8", "cp1252", "latin-1", "utf-16-le", "utf-16-be", "cp850", "cp1250", "cp1251", "shift_jis")
SEPARATORS = (",", ";", "tab", "|", "blank", "fixed")
ORDERS = (("day", "01/02/2024 is in February"), ("month", "01/02/2024 is in January"), ("year", "01/02/03 is in 2001"))
ZONES = ("UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Tokyo")


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]


def value_of(field: str, choice: str) -> Any:
    """A choice as the value of a decision."""
    from ontos_tui.domain.records.reading import DateOrder, Limits

    if field == "date_order":
        return DateOrder(choice)
    if field == "limits":
        return Limits(choice)
    return int(choice) if field in ("header_line", "units_line", "footer_lines", "skip_lines") else choice
