"""The real server, ended by SIGTERM and by kill while it is asked.

Promised: what was answered with 200 is in the log; who was let in before SIGTERM gets a whole answer; the job says how
it ended, and the next server starts.
"""

from __future__ import annotations

import http.client
import json
import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from builders.models import served_model
from faults.result import Result
from ontos_tui.domain.records.training import Job
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.jobs import process
from ontos_tui.jobs.loopback import listen
from ontos_tui.workspace import Workspace

PROMISE = "of a server that is stopped or killed every 200 is logged; before SIGTERM every request gets a whole answer"
PATH = "/serving-endpoints/live/invocations"
CLIENTS = 6
START_SECONDS = 90.0


def run(seed: int, seconds: float) -> Result:
    """Start, ask and stop until the time is over."""
    draw, until = random.Random(seed), time.monotonic() + seconds
    tried, problems = 0, list[str]()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        served_model(home)
        with listen(0) as free:
            port = int(free.getsockname()[1])
        (home / "settings.toml").write_text(f"serve_port = {port}\n")
        while not tried or time.monotonic() < until:
            number = signal.SIGTERM if tried % 3 else signal.SIGKILL
            problems += [f"{number.name}: {one}" for one in ask_and_stop(home, port, number, draw)]
            tried += 1
    return Result(PROMISE, tried, len(problems), tuple(problems[:10]))


def ask_and_stop(home: Path, port: int, number: signal.Signals, draw: random.Random) -> Iterator[str]:
    """What is not as promised when the server gets this signal while several ask it."""
    with Workspace(home) as workspace:
        before = workspace.monitor.traffic.summary("live").requests
        job = _answering(workspace)
        assert job.pid is not None, "it runs"
        ended = threading.Event()
        clients = [_Client(port, draw.randrange(1 << 30), ended) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(draw.uniform(0.2, 1.0))
        ended.set()
        process.send_signal(job.pid, job.process_started, number)
        for client in clients:
            client.join()
        job = workspace.jobs.wait(job.id, timeout=30)
        if job.status is not (JobStatus.CANCELLED if number is signal.SIGTERM else JobStatus.FAILED):
            yield f"the job is {job.status}: {job.error}"
        answered = sum(client.answered for client in clients)
        logged = workspace.monitor.traffic.summary("live").requests - before
        # What was logged when a kill came between the log and the answer, its client does not know.
        if logged < answered or (number is signal.SIGTERM and logged != answered):
            yield f"{answered} answered, {logged} logged"
        broken = [client.trouble for client in clients if client.trouble]
        if number is signal.SIGTERM and broken:
            yield f"{len(broken)} of {CLIENTS} got no whole answer: {broken[0]}"


def _answering(workspace: Workspace) -> Job:
    job: Job = workspace.deploy.endpoints.server.start()
    deadline = time.monotonic() + START_SECONDS
    while not workspace.deploy.endpoints.server.state().running:
        assert time.monotonic() < deadline, f"the server does not start: {workspace.jobs.job(job.id).error}"
        time.sleep(0.05)
    return workspace.jobs.job(job.id)


class _Client(threading.Thread):
    """Asks time and again until the server does not take it any more."""

    def __init__(self, port: int, seed: int, ended: threading.Event) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._draw = random.Random(seed)
        self._ended = ended
        self.answered = 0
        self.trouble = ""

    def run(self) -> None:
        """Ask; a connection that is not taken is the end, one from before the signal must be answered."""
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            try:
                connection.connect()
            except OSError:
                return
            late = self._ended.is_set()  # the system takes it, whether or not the server still does
            try:
                self._ask(connection)
            except (OSError, http.client.HTTPException) as error:
                self.trouble = "" if late else f"{type(error).__name__}: {error}"
                return
            finally:
                connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        row: dict[str, Any] = {"voltage": self._draw.random() * 20, "line": "north"}
        body = json.dumps({"dataframe_records": [row]})
        connection.request("POST", PATH, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        json.loads(response.read())
        self.answered += response.status == 200
