"""A canonical label in lines and in its row of the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.rules.governance import badges
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import CanonicalLabel
    from ontos_tui.tui.stages.label.canonical_labels.state import About


def label_cells(label: CanonicalLabel) -> Sequence[object]:
    """Its row in the list."""
    return (
        label.item_ref,
        answer_text(label.label_data),
        span(f"{label.reuse_count:,}" if label.reuse_count else "", "muted"),
    )


def answer_text(answer: dict[str, Any]) -> str:
    """All values of an answer."""
    return " · ".join(value_text(value) for value in answer.values())


def label_lines(about: About, width: int) -> Iterator[Line]:
    """A label, where it comes from, what uses it, and what it said before."""
    label, usage = about.label, about.usage
    restrictions = "  ".join(badge.text for badge in badges(label))
    yield line(span(label.item_ref, "title"), span(f"  {label.label_type}", "muted"))
    if restrictions:
        yield from wrap(f"⛔ {restrictions}  {label.usage_reason}", width, "warn")
    yield EMPTY
    for name, value in label.label_data.items():
        yield line(span(name, "muted", 20), span(value_text(value), "strong"))
    yield EMPTY
    yield from wrap(f"version {label.version} · {label.confidence} confidence · from {label.source}", width, "muted")
    if label.notes:
        yield from wrap(f"note: {label.notes}", width, "accent")
    when = label.updated_at.astimezone().strftime("%Y-%m-%d %H:%M")
    yield line(span(f"by {label.updated_by or label.created_by}, {when}", "muted"))
    yield EMPTY
    sheets = f" in {len(usage.training_sheets)} training sheets" if usage.training_sheets else ""
    yield line(f"used by {usage.pairs:,} pairs{sheets}, in {usage.models:,} models")
    if label.reuse_count:
        yield line(span(f"reused {label.reuse_count:,} times without a review", "good"))
    yield EMPTY
    yield line(span("Earlier versions", "title"))
    if not about.versions:
        yield line(span("none", "muted"))
    for one in about.versions:
        at = one.modified_at.astimezone().strftime("%Y-%m-%d %H:%M")
        yield line(
            span(f"{one.version}", "key", 4), answer_text(one.label_data), span(f"  {one.modified_by}, {at}", "muted")
        )
