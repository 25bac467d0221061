"""Claims: the pairs that come next here are not given to others meanwhile."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.timer import Timer

    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.tui.stages.label.desk.panes.display import DeskDisplay
    from ontos_tui.tui.stages.label.desk.state.desk_state import DeskState
    from ontos_tui.tui.stages.label.desk.state.queue_buffer import LabelQueue
    from ontos_tui.tui.stages.label.work import Work

CLAIMED, RENEW_AT = 8, 3
"""Pairs ahead that are claimed at once, and how few of them may be left before the next are."""
IDLE_SECONDS = 60.0
"""How long one looks at an item before the ones behind it are free for others."""


class Claims:
    """What this desk has claimed in shared work."""

    def __init__(self, host: BackgroundMixin, state: DeskState, display: DeskDisplay) -> None:
        self._host, self._state, self._display = host, state, display
        self._claimed: set[str] = set()
        self._active_at = 0.0
        self._timer: Timer | None = None

    def forget(self) -> None:
        """Start anew: other work is opened."""
        self._claimed.clear()

    def claim_ahead(self, queue: LabelQueue, work: Work, index: int) -> None:
        """Claim the next pairs from `index` on, when few of them are claimed; pairs of others are marked as theirs."""
        if not work.is_shared:
            return
        self._active_at = monotonic()
        ahead = queue.upcoming(index, CLAIMED)
        if not ahead or all(pair_id in self._claimed for pair_id in ahead[:RENEW_AT]):
            return
        self._claimed = set(ahead)
        if self._timer is None:
            self._timer = self._host.set_timer(IDLE_SECONDS, lambda: self._look_whether_idle(queue, work))

        def done(claimed_by: dict[str, str]) -> None:
            if queue is not self._state.queue:
                self.release()
            elif claimed_by:
                self._claimed -= claimed_by.keys()
                queue.mark_claimed(claimed_by)
                self._display.table.repaint()
                self._display.paint()

        session_id = self._state.session_id
        self._host.run_in_background(
            lambda workspace: workspace.label.claims.take(work.id, ahead, session_id), done, group="claims"
        )

    def _look_whether_idle(self, queue: LabelQueue, work: Work) -> None:
        """Nobody is kept from the pairs behind the one that is looked at; the next key claims them again."""
        self._timer = None
        left = self._active_at + IDLE_SECONDS - monotonic()
        if queue is not self._state.queue or not self._claimed:
            return
        if left > 0:
            self._timer = self._host.set_timer(left, lambda: self._look_whether_idle(queue, work))
            return
        row, session_id = self._display.table.current, self._state.session_id
        here = [row.id] if row is not None and row.id in self._claimed else []
        self._claimed = set(here)
        self._host.run_in_background(
            lambda workspace: workspace.label.claims.take(work.id, here, session_id), lambda _: None, group="claims"
        )

    def release(self) -> None:
        """Give back what is claimed."""
        session_id = self._state.session_id
        self._claimed.clear()
        self._host.run_in_background(
            lambda workspace: workspace.label.claims.release(session_id), lambda _: None, group="release"
        )
