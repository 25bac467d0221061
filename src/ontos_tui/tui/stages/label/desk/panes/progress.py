"""The lines above the list: how far one is, and what the list leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ontos_tui.tui.widgets.lines import Line, Span, clip, fit, line, span

if TYPE_CHECKING:
    from ontos_tui.tui.stages.label.desk.state.desk_state import DeskState

LEAST_NAME = 12
"""Cells that the name of what is labeled has at least."""
SEARCHING = "⧗ searching…"
CLEARS = "esc clears "


def progress_line(state: DeskState, waiting: int) -> Callable[[int], Line]:
    """How far and how fast; `waiting` decisions are not on the disk yet."""
    work, queue = state.work, state.queue
    assert work is not None, "something is open"
    assert queue is not None, "something is open"
    counts = queue.counts
    decided = counts.total - counts.unlabeled - counts.auto_approved
    parts: list[Span] = [span(f"{decided:,}/{counts.total:,} decided")]
    # As long as each other, so that the second update, when the disk has it, is a few bytes.
    saving = f" · saving{f' {waiting}' if waiting > 1 else ''}"
    parts.append(span(saving, "warn") if waiting else span(" · saved ", "muted"))
    parts.append(span(f"· ⚑ {counts.flagged} · ✗ {counts.rejected}", "muted"))
    drafts = len({*state.drafts, *([state.draft.pair_id] if state.draft.is_changed else [])})
    if drafts:
        parts.append(span(f" · ✎ {drafts:,} to approve", "warn"))
    if queue.marked:
        parts.append(span(f" · {len(queue.marked):,} marked", "key"))
    if message := SEARCHING if state.is_searching else state.message:
        parts.append(span(f" · {message}", "accent"))
    pace, left = queue.pace(), queue.minutes_left()
    if pace is not None and left is not None:
        parts.append(span(f" · {pace:.0f} a minute, about {max(1, round(left))} min left", "muted"))
    if counts.auto_approved:  # last, since it never changes while one labels: "saved" must be in sight at 80 columns
        parts.append(span(f" · {counts.auto_approved:,} labels reused", "muted"))
    name = span(work.name).text

    def content(width: int) -> Line:
        needed = sum(cell_len(part.text) for part in parts)
        room = min(cell_len(name), max(LEAST_NAME, width - needed - 3))
        return clip(line(span(" "), span(fit(name, room), "strong"), span("  "), *parts), width)

    return content


def chip_line(state: DeskState) -> Callable[[int], Line] | None:
    """How many of all are listed and why only those, with the key that clears it; None while the list is whole."""
    queue, chips = state.queue, state.list_filter.chips()
    if queue is None or not chips:
        return None
    hits = span(f" {len(queue):,} of {queue.counts.total:,}", "strong")
    shown = [part for chip in chips for part in (span(" · ", "muted"), span(chip, "warn"))]
    last = state.list_filter.without_last()
    hint = span(f"{CLEARS}{chips[-1] if len(chips) > 1 else 'it'} " if last is not None else "", "muted")

    def content(width: int) -> Line:
        used = sum(cell_len(part.text) for part in (hits, *shown))
        gap = width - used - cell_len(hint.text)
        return line(hits, *shown, span(" " * gap), hint) if gap > 1 else clip(line(hits, *shown), width)

    return content
