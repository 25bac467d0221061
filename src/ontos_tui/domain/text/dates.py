"""Moments as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_AGO = re.compile(r"(\d{1,6})\s*(m|min|h|d|w)")
_UNITS = {
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def read_moment(text: str, present: datetime) -> datetime:
    """A moment in UTC: `2026-11-24`, `2026-11-24 09:30` (local time unless a zone is given), `now`, or `90m`, `12h`,
    `7d`, `2w` before `present`. Raises ValueError in plain words.
    """
    moment = text.strip()
    if moment == "now":
        return present.astimezone(UTC)
    try:
        if ago := _AGO.fullmatch(moment):
            return (present - int(ago[1]) * _UNITS[ago[2]]).astimezone(UTC)
        # Before the year 2 and after 9998 a zone can lead out of the calendar.
        return datetime.fromisoformat(moment).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            f"{moment!r} is not a valid date: write 2026-11-24, 2026-11-24 09:30, or 12h for 12 hours ago"
        ) from None
