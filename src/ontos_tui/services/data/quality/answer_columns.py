"""What columns are called that hold the answer."""

from __future__ import annotations

from ontos_tui.domain.records.data import identifier_from

WORDS = (
    "label", "class", "target", "fault", "defect", "failure", "anomaly", "outcome", "result", "verdict", "diagnosis",
    "category", "grade", "quality", "status", "severity", "rul", "remaining", "response", "answer",
)  # fmt: skip
"""Parts of names that answer columns often have."""


def is_named_like_answer(name: str) -> bool:
    """Whether a column is called as answers often are."""
    words = identifier_from(name).split("_")
    return any(word in WORDS or word.rstrip("s") in WORDS for word in words)
