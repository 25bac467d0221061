"""Signs that the list, the item and the last decisions share."""

from __future__ import annotations

from collections.abc import Mapping

STATUS_MARKS: Mapping[str, tuple[str, str]] = {
    "unlabeled": ("○", "muted"),
    "labeled": ("✓", "good"),
    "rejected": ("✗", "bad"),
    "flagged": ("⚑", "warn"),
}
"""A glyph and a color for every status; the word stands beside them where there is room."""
