"""What was decided last, in sight while one goes on: a slip is seen before it is far away."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from ontos_tui.tui.widgets.lines import Line, Span, line, span

MOST = 4
"""Decisions that are in sight at most: all of them move with each key."""
LONGEST = 16
"""Characters of an answer."""


@dataclass(frozen=True)
class LastDecision:
    """One decision: its sign with the sign's style, the item, and the answer on one line."""

    sign: str
    style: str
    item_ref: str
    summary: str = ""


class LastDecisions:
    """The newest first; what is undone goes, with a sign that it was undone."""

    def __init__(self) -> None:
        self._decisions: deque[LastDecision] = deque(maxlen=MOST)

    def add(self, decision: LastDecision) -> None:
        """This was decided now."""
        self._decisions.appendleft(decision)

    def take_back(self, item_refs: Iterable[str]) -> None:
        """The last decisions of these items were undone."""
        for item_ref in item_refs:
            known = next((one for one in self._decisions if one.item_ref == item_ref and one.sign != "↶"), None)
            if known is not None:
                self._decisions.remove(known)
            self.add(LastDecision("↶", "warn", item_ref))

    def clear(self) -> None:
        """Other work is opened."""
        self._decisions.clear()

    def shown(self, shared: str, width: int) -> Line:
        """As many as fit into `width`; `shared` is what all items' names begin with."""
        parts: list[Span] = [span("─ ", "muted"), span("last", "title"), span(" ─", "muted")]
        room = width - sum(cell_len(part.text) for part in parts)
        for one in self._decisions:
            piece = _pieces(one, shared)
            cells = sum(cell_len(part.text) for part in piece)
            if cells > room:
                break
            parts += piece
            room -= cells
        if not self._decisions:
            parts.append(span(" nothing decided here yet"[:room], "muted"))
            room -= len(" nothing decided here yet"[:room])
        return line(*parts, span(" " + "─" * max(0, room - 1), "muted"))


def _pieces(one: LastDecision, shared: str) -> Sequence[Span]:
    ref = one.item_ref
    name = f"…{ref[len(shared) :]}" if shared and ref.startswith(shared) else ref
    summary = one.summary if len(one.summary) <= LONGEST else f"{one.summary[: LONGEST - 1]}…"
    return [span(f"  {one.sign} ", one.style), span(f"{name} ", "muted"), span(summary)]
