"""A clock that tests set: what the program calls the present, in this process or in one that is started for it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from unittest import mock

SHIFT_FILE = "ONTOS_TEST_CLOCK"
"""In the environment: a file that says by how many seconds the clock of a process is wrong, read at each look at it."""
MODULES = (
    "ontos_tui.domain.records.base",
    "ontos_tui.store.workspace_file.copying",
    "ontos_tui.cli.app",
    "ontos_tui.cli.data.watch",
)
"""Those that look at the clock by `datetime.now`; the others by `time.time`, or by `base.now`."""


class Clock:
    """How far the clock is wrong, in seconds; only the time of day is: what counts seconds goes on as it does."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._seconds = 0.0
        self._time, self._time_ns, self._localtime = time.time, time.time_ns, time.localtime

    @property
    def seconds(self) -> float:
        """By how much it is wrong now."""
        if self._file is not None:
            with suppress(OSError, ValueError):
                self._seconds = float(self._file.read_text())
        return self._seconds

    def jump(self, to: float) -> None:
        """It is wrong by so many seconds from now on."""
        self._seconds = to
        if self._file is not None:
            self._file.write_text(str(to))

    def set(self, to: datetime) -> None:
        """It shows this moment now."""
        self.jump(to.timestamp() - self._time())

    def time(self) -> float:
        return self._time() + self.seconds

    def time_ns(self) -> int:
        return self._time_ns() + int(self.seconds * 1e9)

    def localtime(self, seconds: float | None = None) -> Any:
        return self._localtime(self.time() if seconds is None else seconds)


@contextmanager
def wrong_clock(clock: Clock) -> Iterator[Clock]:
    """The program looks at `clock`."""
    real = datetime

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return real.now(tz) + timedelta(seconds=clock.seconds)

    patches: list[Any] = [
        mock.patch.object(time, name, getattr(clock, name)) for name in ("time", "time_ns", "localtime")
    ]
    for name in MODULES:
        __import__(name)
        patches.append(mock.patch.object(sys.modules[name], "datetime", Shifted))
    for patch in patches:
        patch.start()
    try:
        yield clock
    finally:
        for patch in reversed(patches):
            patch.stop()


def main() -> None:
    """`ontos` or, with `worker` as the first word, a job's process, with the clock that the environment names."""
    from ontos_tui import __main__
    from ontos_tui.jobs import process
    from ontos_tui.worker.process import main as run_job

    def start_worker(job_id: str, home: Path, log: Path) -> process.Child:
        return process.spawn((sys.executable, __file__, "worker", job_id, "--home", str(home)), log, home)

    process.start_worker = start_worker
    with wrong_clock(Clock(Path(os.environ[SHIFT_FILE]))):
        if sys.argv[1:2] == ["worker"]:
            sys.exit(run_job(sys.argv[2:]))
        __main__.main()


if __name__ == "__main__":
    main()
