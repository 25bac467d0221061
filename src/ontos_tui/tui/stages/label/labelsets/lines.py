"""A labelset in lines and in its row of the list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ontos_tui.tui.widgets.lines import EMPTY, Line, Span, color, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.template import LabelClass, Labelset
    from ontos_tui.services.label.labelsets.service import Coverage, Links
    from ontos_tui.workspace import Workspace

STATUS: Mapping[str, tuple[str, str]] = {
    "draft": ("✎ draft", "warn"),
    "published": ("✓ published", "good"),
    "archived": ("▫ archived", "muted"),
}
BAR = 20
"""Cells of a coverage bar."""


@dataclass(frozen=True)
class About:
    """A labelset with what works with it, and how far sheets are covered."""

    labelset: Labelset
    links: Links
    coverage: Sequence[Coverage]


def read_labelset(workspace: Workspace, labelset: Labelset) -> About:
    """Read everything about one labelset."""
    service = workspace.label.labelsets
    return About(labelset, service.links(labelset.id), service.coverage(labelset.id))


def labelset_cells(labelset: Labelset) -> Sequence[object]:
    """Its row in the list."""
    word, style = STATUS[labelset.status.value]
    return f"{labelset.name} {labelset.version}", span(word, style)


def labelset_lines(about: About, width: int) -> Iterator[Line]:
    """A labelset with its classes, what works with it, and how far sheets are covered."""
    labelset = about.labelset
    word, style = STATUS[labelset.status.value]
    yield line(span(labelset.name, "title"), span(f"  {labelset.version}  "), span(word, style))
    yield line(span(f"{labelset.label_type} · field {labelset.field}", "muted"))
    if labelset.description:
        yield from wrap(labelset.description, width)
    yield EMPTY
    if not labelset.classes:
        yield line(span("No classes yet. Press a to add one.", "muted"))
    room = max((cell_len(_named(one)) for one in labelset.classes), default=0) + 2
    for one in labelset.classes:
        yield from _class_lines(one, min(room, width // 2), width)
    yield EMPTY
    links = about.links
    counts = ((len(links.templates), "templates"), (len(links.training_sheets), "training sheets"))
    uses = [f"{count} {what}" for count, what in (*counts, (len(links.jobs), "labeling jobs"))]
    yield line(span(f"{', '.join(uses)}; {links.labels:,} canonical labels of this type", "muted"))
    yield EMPTY
    yield line(span("Coverage", "title"))
    if not about.coverage:
        yield line(span("No sheet has labels of this type yet.", "muted"))
    for sheet in about.coverage:
        yield from _coverage_lines(sheet, width)


def _named(one: LabelClass) -> str:
    return f"{one.display_name} ({one.name})" if one.display_name not in ("", one.name) else one.name


def _class_lines(one: LabelClass, room: int, width: int) -> Iterator[Line]:
    key = f" {one.hotkey or '·'} "
    head = (
        Span("■ ", color(one.color) if one.color else "muted"),
        span(key, "key"),
        span(_named(one), "strong", room),
    )
    meaning = wrap(one.description, max(10, width - room - 6), "muted") or [EMPTY]
    for number, part in enumerate(meaning):
        yield (*head, *part) if number == 0 else (Span(" " * (room + 5)), *part)


def _coverage_lines(one: Coverage, width: int) -> Iterator[Line]:
    share = one.share
    filled = round((share or 0.0) * BAR)
    amount = f"{one.labeled:,} of {one.items:,} items" + (f" ({share:.0%})" if share is not None else "")
    yield line(one.sheet.name, "  ", span("━" * filled, "good"), span("─" * (BAR - filled), "muted"), f"  {amount}")
    counts = [f"{name} {count:,}" for name, count in one.per_class.items()]
    if one.other:
        counts.append(f"other values {one.other:,}")
    yield from wrap(" · ".join(counts), width, "muted", indent="  ")
