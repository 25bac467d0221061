"""Structured answers as people read them."""

from __future__ import annotations

from typing import Any

from ontos_tui.domain.schema import Answer
from ontos_tui.domain.spans import describe_spans

SUMMARY = 80
"""Characters of an answer's summary."""


def summary(answer: Answer | None) -> str:
    """An answer on one line, not longer than a list shows."""
    whole = " · ".join(_shown(value) for value in (answer or {}).values())
    return whole if len(whole) <= SUMMARY else whole[: SUMMARY - 1] + "…"


def _shown(value: Any) -> str:
    if value is None:
        return "·"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(describe_spans(value)) or "no spans"
    return f"{value:g}" if isinstance(value, float) else str(value)
