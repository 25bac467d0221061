"""Decisions on their way to the disk: in order, one transaction each, counted until they are there.

The key path does no I/O. It hands a decision over and paints the next item; this thread writes it at once and tells
when it is on the disk, so the status line can say what is not yet.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import unexpected

Work = Callable[[], Any]
Done = Callable[[Any], None]

Item = tuple[Work, Done, Callable[[OntosError], None]]

DRAIN_SECONDS = 10.0


class DecisionWriter:
    """A thread that carries out one piece of work after the other."""

    def __init__(self, tell: Callable[[Callable[[], None]], Any]) -> None:
        """`tell` runs a callable on the event loop; it is called from the thread."""
        self._tell = tell
        self._work: queue.Queue[Item | None] = queue.Queue()
        self._held: list[Item] = []
        self._waiting = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="decision-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Decisions that are not on the disk yet."""
        return self._waiting

    def put(self, work: Work, done: Done, failed: Callable[[OntosError], None]) -> None:
        """Do `work` after everything that was put before; then `done` or `failed` on the event loop.

        It begins with the next `release`, so that the next item is painted first: both need the interpreter.
        """
        with self._lock:
            self._waiting += 1
            self._held.append((work, done, failed))

    def release(self) -> None:
        """Begin with what was put."""
        with self._lock:
            held, self._held = self._held, []
        for item in held:
            self._work.put(item)

    def close(self) -> bool:
        """Write what is waiting and stop; False when that took longer than `DRAIN_SECONDS`."""
        self.release()
        self._work.put(None)
        self._thread.join(DRAIN_SECONDS)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (item := self._work.get()) is not None:
            work, done, failed = item
            try:
                result = work()
            except OntosError as error:
                self._finished(failed, error)
            except Exception as error:  # noqa: BLE001  # the user must learn that a decision was not kept
                self._finished(failed, unexpected(error))
            else:
                self._finished(done, result)

    def _finished(self, deliver: Callable[[Any], None], outcome: Any) -> None:
        with self._lock:
            self._waiting -= 1
        self._tell(lambda: deliver(outcome))
