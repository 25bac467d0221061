"""Answers over HTTP beside a bare starlette app and `mlflow models serve`: the same model, machine and run.

    python tests/benchmarks/serving.py [--family extra_trees] [--peer mlflow] [--seconds 4] [--home DIR]

Single rows by 1, 8 and 64 clients that each wait for their answer, and 1,000 rows at once by one client. The bare app
has no checks, no log and no confidence: it makes an array of the values and asks the estimator. mlflow serves the same
model as it is packed for Databricks, with confidence and checks. By the clock, and the processor's time of the server a
request, since other programs may be busy on the same machine. mlflow is left out unless ONTOS_MLFLOW_PYTHON names a
Python with it and a packed model's requirements. DIR keeps the trained models for the next time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.platforms.local.pyfunc.package import pack
from ontos_tui.workspace import Workspace

COLUMNS, CLASSES, PAIRS = 27, 7, 2_000
FAMILIES = ("extra_trees", "hist_gradient_boosting")
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Load:
    """How a server did: milliseconds, requests a second, and milliseconds of its processor time a request."""

    p50: float
    p99: float
    each_second: float
    cpu: float
    failed: int


@dataclass(frozen=True)
class Server:
    """A process that answers on a port of this machine."""

    name: str
    process: int
    port: int
    path: str
    group: bool = False

    def stop(self) -> None:
        """End it, with the processes that it started where it leads a group."""
        (os.killpg if self.group else os.kill)(self.process, signal.SIGTERM)


def main() -> None:
    """Start the servers one after the other, ask them, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", choices=FAMILIES, action="append")
    parser.add_argument("--peer", choices=("ours", "bare starlette", "mlflow"), action="append")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--bare", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--ask", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        serve_bare(Path(options.bare[0]), options.bare[1], int(options.bare[2]))
        return
    if options.ask:
        port, path, clients, seconds = options.ask
        print(json.dumps(asyncio.run(ask(int(port), path, int(clients), float(seconds), sys.stdin.buffer.read()))))
        return
    print("| family | server | load | p50 ms | p99 ms | requests/s | server CPU ms a request |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder) / "home"
        if not home.exists():
            prepare(home, options.family or FAMILIES)
        for family in options.family or FAMILIES:
            for line in measure(home, family, options.seconds, options.peer or ()):
                print(line, flush=True)


def prepare(home: Path, families: Sequence[str] = FAMILIES) -> None:
    """A workspace with one endpoint for each family, on data that are alike to a table of measurements."""
    from sklearn.datasets import make_classification

    values, classes = make_classification(
        PAIRS, COLUMNS, n_informative=12, n_classes=CLASSES, n_clusters_per_class=1, random_state=0
    )
    names = [f"m{number}" for number in range(COLUMNS)]
    home.mkdir(parents=True)
    file = home / "rows.csv"
    lines = [",".join(map(repr, row.tolist())) + f",c{code}" for row, code in zip(values, classes, strict=True)]
    file.write_text("\n".join([",".join([*names, "fault"]), *lines]) + "\n", encoding="utf-8")
    with Workspace(home) as workspace:
        address = workspace.data.files.add_file(file, "rows").address
        sheet = workspace.data.sheets.create_sheet("Rows", address)
        schema = {
            "type": "object",
            "properties": {"fault": {"enum": [f"c{number}" for number in range(CLASSES)]}},
            "required": ["fault"],
        }
        template = workspace.generate.templates.create(
            name="Fault", label_type="fault", user_prompt="{{ m0 }}", output_schema=schema, feature_columns=names
        )
        report = workspace.generate.generation.generate(sheet.id, template.id, GenerationMode.COLUMN, column="fault")
        for family in families:
            params = {"training_sheet_id": report.training_sheet.id, "base_model": family, "name": family}
            model = workspace.train.models.run(params, f"j-{family}", NoProgress())
            workspace.deploy.endpoints.deploy(model.id, family.replace("_", "-"), despite="a benchmark")


def measure(home: Path, family: str, seconds: float, peers: Sequence[str] = ()) -> Iterator[str]:
    """The lines of the table for one family, as they come; of all servers unless `peers` names some."""
    single, many = bodies(home)
    for name, start in PEERS.items():
        if peers and name not in peers:
            continue
        server = start(home, family)
        if server is None:
            yield f"| {family} | {name} | not installed | | | | |"
            continue
        try:
            run_clients(server, 1, 1.0, single)
            for clients in (1, 8, 64):
                load = run_clients(server, clients, seconds, single)
                yield _line(family, name, f"1 row, {clients} clients", load)
            yield _line(family, name, f"{ROWS_AT_ONCE:,} rows", run_clients(server, 1, seconds, many))
        finally:
            server.stop()


def _line(family: str, name: str, load: str, one: Load) -> str:
    failed = f" ({one.failed} failed)" if one.failed else ""
    return (
        f"| {family} | {name} | {load}{failed} | {one.p50:.1f} | {one.p99:.1f} "
        f"| {one.each_second:,.0f} | {one.cpu:.2f} |"
    )


def bodies(home: Path) -> tuple[bytes, bytes]:
    """The body of a request of one row, and of one with many."""
    head, *lines = (home / "rows.csv").read_text(encoding="utf-8").splitlines()
    names = head.split(",")[:-1]
    data = [[float(value) for value in line.split(",")[:-1]] for line in lines[:ROWS_AT_ONCE]]

    def body(rows: list[list[float]]) -> bytes:
        return json.dumps({"dataframe_split": {"columns": names, "data": rows}}).encode()

    return body(data[:1]), body(data)


def run_clients(server: Server, clients: int, seconds: float, body: bytes) -> Load:
    """Ask from a process of its own; the processor's time is that of the server."""
    before = cpu_seconds(server.process)
    command = [sys.executable, __file__, "--ask", str(server.port), server.path, str(clients), str(seconds)]
    done = subprocess.run(command, input=body, stdout=subprocess.PIPE, check=True)
    used = cpu_seconds(server.process) - before
    times, failed, elapsed = json.loads(done.stdout)
    times.sort()
    return Load(
        statistics.median(times),
        times[min(len(times) - 1, int(len(times) * 0.99))],
        len(times) / elapsed,
        1_000 * used / max(1, len(times)),
        failed,
    )


def cpu_seconds(process: int) -> float:
    """Seconds that a process, and those that it started, have used the processor."""
    total = 0.0
    for one in [process, *children(process)]:
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def children(process: int) -> list[int]:
    """The processes that a process started, and those that they did."""
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *children(child)]
    return found


async def ask(port: int, path: str, clients: int, seconds: float, body: bytes) -> tuple[list[float], int, float]:
    """Every client asks again as soon as it has its answer. Milliseconds of each, failures, seconds in all."""
    request = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    times: list[float] = []
    failed = 0
    begun = time.perf_counter()

    async def client() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (at := time.perf_counter()) - begun < seconds:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            if head[9:12] == b"200":
                times.append(1_000 * (time.perf_counter() - at))
            else:
                failed += 1
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return times, failed, time.perf_counter() - begun


# The servers


def start_ours(home: Path, family: str) -> Server | None:
    """`ontos serve`, with the log and everything else."""
    os.environ["ONTOS_SERVE_PORT"] = str(port := free_port())
    with Workspace(home) as workspace:
        server = workspace.deploy.endpoints.server
        job = server.start()
        wait_until(lambda: server.state().running)
        pid = workspace.jobs.job(job.id).pid
    assert pid is not None
    return Server("ours", pid, port, f"/serving-endpoints/{family.replace('_', '-')}/invocations")


def start_bare(home: Path, family: str) -> Server | None:
    """The least that answers: starlette, an array, the estimator."""
    port = free_port()
    process = subprocess.Popen([sys.executable, __file__, "--bare", str(home), family, str(port)])
    wait_until(lambda: answers(port))
    return Server("bare", process.pid, port, "/invocations")


def serve_bare(home: Path, family: str, port: int) -> None:
    """The peer: one route, nothing else."""
    import numpy as np
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    estimator = loaded_estimator(home, family)

    async def invocations(request: Request) -> JSONResponse:
        matrix = np.array((await request.json())["dataframe_split"]["data"])
        return JSONResponse({"predictions": estimator.predict_proba(matrix).tolist()})

    app = Starlette(routes=[Route("/invocations", invocations, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


def loaded_estimator(home: Path, family: str) -> Any:
    """The estimator of a trained model."""
    with Workspace(home) as workspace:
        (model,) = [one for one in workspace.train.models.models() if one.name == family]
        return workspace.engines.trainer.load(home / model.artifact, model.sha256).heads[0].estimator  # type: ignore[attr-defined]


def start_mlflow(home: Path, family: str) -> Server | None:
    """`mlflow models serve` with the same model, packed, in the Python that ONTOS_MLFLOW_PYTHON names."""
    python = os.environ.get("ONTOS_MLFLOW_PYTHON")
    if python is None:
        return None
    folder, port = home / f"mlflow-{family}", free_port()
    if not folder.exists():
        with Workspace(home) as workspace:
            (model,) = [one for one in workspace.train.models.models() if one.name == family]
            schema = model.template_snapshot["output_schema"]
            pack(home / model.artifact, model.sha256, schema, folder, {}, model.created_at)
    command = [python, "-m", "mlflow", "models", "serve", "-m", str(folder), "-p", str(port), "--env-manager", "local"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": f"{Path(python).parent}:{os.environ['PATH']}"},  # it starts uvicorn by name
        start_new_session=True,
    )
    wait_until(lambda: answers(port))
    return Server("mlflow", process.pid, port, "/invocations", group=True)


PEERS: Mapping[str, Callable[[Path, str], Server | None]] = {
    "ours": start_ours,
    "bare starlette": start_bare,
    "mlflow": start_mlflow,
}


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def answers(port: int) -> bool:
    """Whether something listens on a port."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition: Callable[[], bool], seconds: float = 900.0) -> None:
    """Wait until something holds; gives up after a while."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            sys.exit("A server did not start.")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
