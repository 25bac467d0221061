"""Processes of their own: they outlive the terminal, and are told apart from a later process of the same number."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_PROC = Path("/proc")


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
        return subprocess.Popen(  # noqa: S603  # the command is made by us, no shell reads it
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )


def started(pid: int) -> float | None:
    """When the living process `pid` was started, in seconds since boot; None when there is none.

    Where the system does not tell the time, 0 stands for every living process of ours.
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
    return start is not None and started(pid) == start


def send(pid: int, start: float | None, number: signal.Signals) -> None:
    """Send a signal to exactly that process; nothing happens when it is gone."""
    if is_alive(pid, start):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:  # gone, or somebody else's under the same number
        return False
    return True
