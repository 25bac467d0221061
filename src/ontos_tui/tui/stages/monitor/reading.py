"""When the board is read: at most once a second, one reading at a time, and once more when the log has grown."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from ontos_tui.tui.stages.monitor.snapshot import Board, read_board
from ontos_tui.tui.stages.monitor.time_range import SPANS, SpanOfTime
from ontos_tui.tui.terminal.line_speed import is_slow

if TYPE_CHECKING:
    from ontos_tui.domain.errors import OntosError
    from ontos_tui.tui.stages.base import StageView

LISTED = 200
"""Requests that are read at once; more come when the cursor reaches the last one."""
AGAIN_SECONDS, SLOW_AGAIN_SECONDS = 1.0, 10.0
"""Seconds between two counts while the log grows, and over a slow line."""


class BoardReader:
    """Reads over this time, so many requests, only failed ones if `failed`. `show` and `fail` get what comes of it."""

    def __init__(self, host: StageView, show: Callable[[Board], None], fail: Callable[[OntosError], None]) -> None:
        self.over = SPANS[1]
        self.failed = False
        self._limit = LISTED
        self._host = host
        self._show = show
        self._fail = fail
        self._loading = self._again = self._waiting = False
        self._loaded_at = float("-inf")

    @property
    def is_to_read_again(self) -> bool:
        """Whether something has changed since the reading that is under way began."""
        return self._again

    def read_soon(self) -> None:
        """Count again, at most once a second: a log may grow faster than it is worth looking."""
        left = self._loaded_at + (SLOW_AGAIN_SECONDS if is_slow() else AGAIN_SECONDS) - monotonic()
        if left <= 0:
            self.read()
        elif not self._waiting:
            self._waiting = True
            self._host.set_timer(left, self.read)

    def read(self) -> None:
        """Count now, or as soon as the reading under way is over."""
        self._waiting = False
        if self._loading:
            self._again = True
            return
        self._loading, self._again, self._loaded_at = True, False, monotonic()
        name, over, limit, failed = self._host.session.endpoint, self.over, self._limit, self.failed
        self._host.run_in_background(
            lambda workspace: read_board(workspace, name, over, limit, failed=failed),
            self._arrived,
            failed=self._refused,
        )

    def read_more(self) -> None:
        """Read more requests than before."""
        self._limit += LISTED
        self.read()

    def read_anew(self) -> None:
        """Read the newest requests: another endpoint, another time or another list is looked at."""
        self._limit = LISTED
        self.read()

    def look_over(self, over: SpanOfTime) -> None:
        """Read another time range."""
        self.over = over
        self.read_anew()

    def _arrived(self, board: Board) -> None:
        self._show(board)
        self._ended()

    def _refused(self, error: OntosError) -> None:
        self._fail(error)
        self._ended()

    def _ended(self) -> None:
        self._loading = False
        if self._again:
            self.read()
