"""Decisions on their way to the disk: in order, one transaction each, counted until they are there.

The key path does no I/O. It hands a decision over and paints the next item; this thread writes it at once and reports
when it is on the disk, so the progress line can count those that are not.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import unexpected

Write = Callable[[], Any]
Done = Callable[[Any], None]

Item = tuple[Write, Done, Callable[[OntosError], None]]

DRAIN_SECONDS = 10.0


class DecisionWriter:
    """A thread that carries out one piece of work after the other."""

    def __init__(self, deliver: Callable[[Callable[[], None]], Any]) -> None:
        """`deliver` runs a callable on the event loop; it is called from the thread."""
        self._deliver = deliver
        self._queue: queue.Queue[Item | None] = queue.Queue()
        self._unreleased: list[Item] = []
        self._waiting = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="decision-writer", daemon=True)

    def start(self) -> None:
        """Start the thread, unless it runs."""
        if not self._thread.is_alive():
            self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether the thread was started and is not closed."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """Decisions that are not on the disk yet."""
        return self._waiting

    def put(self, work: Write, done: Done, failed: Callable[[OntosError], None]) -> None:
        """Do `work` after everything that was put before; then `done` or `failed` on the event loop.

        It begins with the next `release`, so that the next item is painted first: both need the interpreter.
        """
        with self._lock:
            self._waiting += 1
            self._unreleased.append((work, done, failed))

    def release(self) -> None:
        """Start writing what was put."""
        with self._lock:
            released, self._unreleased = self._unreleased, []
        for item in released:
            self._queue.put(item)

    def close(self) -> bool:
        """Write what is waiting and stop; False when that took longer than `DRAIN_SECONDS`."""
        self.release()
        self._queue.put(None)
        self._thread.join(DRAIN_SECONDS)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            work, done, failed = item
            try:
                result = work()
            except OntosError as error:
                self._finish(failed, error)
            except Exception as error:  # noqa: BLE001  # the user must learn that a decision was not stored
                self._finish(failed, unexpected(error))
            else:
                self._finish(done, result)

    def _finish(self, callback: Callable[[Any], None], outcome: Any) -> None:
        with self._lock:
            self._waiting -= 1
        self._deliver(lambda: callback(outcome))
