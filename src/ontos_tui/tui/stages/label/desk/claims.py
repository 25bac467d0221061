"""Claims: the pairs that come next here are not given to others meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.tui.stages.label.desk.display import DeskDisplay
    from ontos_tui.tui.stages.label.desk.queue_buffer import LabelQueue
    from ontos_tui.tui.stages.label.desk.state import DeskState
    from ontos_tui.tui.stages.label.work import Work

CLAIMED, RENEW_AT = 8, 3
"""Pairs ahead that are claimed at once, and how few of them may be left before the next are."""


class Claims:
    """What this desk has claimed in shared work."""

    def __init__(self, host: BackgroundMixin, state: DeskState, display: DeskDisplay) -> None:
        self._host, self._state, self._display = host, state, display
        self._claimed: set[str] = set()

    def forget(self) -> None:
        """Start anew: other work is opened."""
        self._claimed.clear()

    def claim_ahead(self, queue: LabelQueue, work: Work, index: int) -> None:
        """Claim the next pairs from `index` on, when few of them are claimed; pairs of others are marked as theirs."""
        if not work.is_shared:
            return
        ahead = queue.upcoming(index, CLAIMED)
        if not ahead or all(pair_id in self._claimed for pair_id in ahead[:RENEW_AT]):
            return
        self._claimed = set(ahead)

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

    def release(self) -> None:
        """Give back what is claimed."""
        session_id = self._state.session_id
        self._claimed.clear()
        self._host.run_in_background(
            lambda workspace: workspace.label.claims.release(session_id), lambda _: None, group="release"
        )
