"""Processes that outlive the terminal, each identified by its number and start time, as numbers are used again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_PROC = Path("/proc")


class Child(Protocol):
    """A process that this one started."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None:
        """The exit status, None while it lives."""
        ...


def start_worker(job_id: str, home: Path, log: Path) -> Child:
    """Start the process of one job of the workspace at `home`. Raises OSError when it cannot begin."""
    # -P: modules come from where Ontos is installed, never from the folder it happens to run in.
    return spawn((sys.executable, "-P", "-m", "ontos_tui.worker", job_id, "--home", str(home)), log, home)


def cores() -> int:
    """How many processor cores this process may use."""
    with suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spawn(command: Sequence[str], log: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, its output appended to `log`. Raises OSError when it cannot begin.

    No hang-up and no interrupt of the terminal reaches it. It computes on at most as many threads as there are cores.
    """
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = {**dict.fromkeys(THREAD_LIMITS, str(cores())), **os.environ}
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
        return subprocess.Popen(  # noqa: S603  # the command is ours, no shell reads it
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )


def start_time(pid: int) -> float | None:
    """When the living process `pid` was started, in seconds since boot; None when there is none.

    Where the system does not give the time, 0 stands for every living process of ours.
    """
    try:
        # The name of the program, in parentheses, may hold anything; the numbers come after it.
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None if (_PROC / "self" / "stat").exists() or not _answers(pid) else 0.0
    if fields[0] in (b"Z", b"X"):  # ended; only its exit status waits to be read
        return None
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")


def is_alive(pid: int, start: float | None) -> bool:
    """Whether the process that was started at `start` still lives, and not another one under its number."""
    return start is not None and start_time(pid) == start


def send_signal(pid: int, start: float | None, number: signal.Signals) -> None:
    """Send a signal to exactly that process; nothing happens when it is gone."""
    if is_alive(pid, start):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:  # gone, or another user's under the same number
        return False
    return True
