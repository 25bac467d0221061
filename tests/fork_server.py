"""Job processes for tests, forked from one that has imported the libraries already.

A real worker spends two seconds on imports before it begins. Here one process a test run imports them once; each job is
a fork of it, which takes milliseconds. The fork has its own session, log, folder and environment, as `process.spawn`
gives them to a real one, and runs the same `worker.process.main`. What starts a real process is tested by tests that
are marked `real_processes`.
"""

from __future__ import annotations

import atexit
import gc
import json
import operator
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from few_trees import ALL_TREES, use_few_trees
from model_files import write_on_one_line
from ontos_tui.jobs import process
from ontos_tui.store import connection as store_connection

LIBRARIES = (
    "duckdb",
    "skops.io",
    "uvicorn",
    "sklearn.ensemble",
    "ontos_tui.worker.process",
    "ontos_tui.platforms.local.catalog",
    "ontos_tui.platforms.local.proposals",
    "ontos_tui.platforms.local.serving",
    "ontos_tui.platforms.local.http_server.app",
    "ontos_tui.platforms.local.trainer",
)
"""What the jobs of this machine import. Nothing of it starts a thread, which a fork would lose."""


def confirm_at_once(pragmas: tuple[str, ...]) -> tuple[str, ...]:
    """The pragmas of a connection that does not wait for the disk: what a killed process wrote stays even so."""
    return tuple(pragma.replace("synchronous=FULL", "synchronous=OFF") for pragma in pragmas)


@dataclass(frozen=True)
class ForkedWorker:
    """A job's process. It is the server's child, so that only /proc can say whether it lives."""

    pid: int
    started: float | None

    def poll(self) -> int | None:
        """0 once it is over; its true exit status only the server could read."""
        return None if process.is_alive(self.pid, self.started) else 0


class ForkServer:
    """The process that is forked, started at the first job and ended with the test run. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None

    def start_worker(self, job_id: str, home: Path, log: Path) -> ForkedWorker:
        """As `process.start_worker`."""
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        request = {"job": job_id, "home": str(home), "log": str(log), "environment": dict(os.environ)}
        with self._lock:
            self._connection = connection = self._connection or _start()
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer = connection.recv(32)
        if not answer:
            raise OSError("the fork server has ended")
        pid = int(answer)
        return ForkedWorker(pid, process.start_time(pid))


def _start() -> socket.socket:
    ours, theirs = socket.socketpair()
    with theirs:
        server = subprocess.Popen([sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()])

    def stop() -> None:
        ours.close()  # at the end of its input the server ends
        server.wait()

    atexit.register(stop)
    return ours


def _serve(connection: socket.socket) -> dict[str, Any] | None:
    """Fork at every request until there are no more; in the fork, return what it has to do."""
    with connection, connection.makefile("rb") as requests:
        for line in requests:
            pid = os.fork()
            if pid == 0:
                return dict(json.loads(line))
            connection.sendall(str(pid).encode())
    return None


def _work(request: dict[str, Any]) -> int:
    """Be the process of a job."""
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["home"])
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    from ontos_tui.worker.process import main

    if ALL_TREES not in os.environ:
        use_few_trees(setattr, operator.setitem)
        write_on_one_line(setattr)
    return main([request["job"], "--home", request["home"]])


if __name__ == "__main__":
    for library in LIBRARIES:
        import_module(library)
    store_connection._PRAGMAS = confirm_at_once(store_connection._PRAGMAS)
    gc.freeze()  # a collection in a fork does not touch, and so copy, what all of them share
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system forgets forks that ended
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work = _serve(socket.socket(fileno=int(sys.argv[1])))
    sys.exit(0 if work is None else _work(work))
