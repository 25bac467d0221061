"""Clocks that jump: before 1980, an hour, ten years ahead, and right again, while people label and models answer.

Promised: under any clock a decision is made, undone and counted; claims and leases of a wrong clock end soon after it
is right; no job is called dead, no request is lost or forgotten, and backups and exports are written.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from builders.models import served_model
from builders.severity import unlabeled_sheet
from faults.clock import Clock, wrong_clock
from faults.result import Result
from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.file_formats import Format
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.pairs import TrainingSheet, Verdict
from ontos_tui.domain.records.serving import Origin
from ontos_tui.domain.records.training import Job, JobKind
from ontos_tui.domain.rules.states import JobStatus, PairStatus
from ontos_tui.jobs import process
from ontos_tui.services.admin.backup import back_up
from ontos_tui.services.label.claims import LEASE
from ontos_tui.services.label.decisions import Decision
from ontos_tui.services.monitor.retention import SteadyRetention
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace

PROMISE = "under any clock decisions, undo, claims, jobs, counts, alerts, backups and exports are as with a right one"
PAIRS = 400
DAY = timedelta(days=1)
HOUR, YEAR = 3_600.0, 365 * 86_400.0
JUMPS: tuple[float | datetime, ...] = (
    *(0.0, 1.0, -1.0, HOUR, -HOUR, 2 * HOUR, YEAR, -YEAR, 10 * YEAR, -10 * YEAR),
    *(datetime(1970, 1, 2, tzinfo=UTC), datetime(1979, 12, 31, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)),
)
ROW = {"voltage": 0.2, "line": "north"}


@dataclass
class Bench:
    """Two people at one workspace, with what was done so far."""

    home: Path
    place: Path
    ana: Workspace
    bea: Workspace
    sheet: TrainingSheet
    clock: Clock
    queries: int = 0
    problems: list[str] = field(default_factory=list)

    def say(self, problem: str) -> None:
        """Note what is not as promised."""
        self.problems.append(problem)


def run(seed: int, seconds: float) -> Result:
    """Jump and work until the time is over."""
    draw, until = random.Random(seed), time.monotonic() + seconds
    tried, problems = 0, list[str]()
    with tempfile.TemporaryDirectory() as folder:
        while not tried or time.monotonic() < until:
            with bench(Path(folder) / f"{tried}") as one:
                tried += work(one, draw, 12)
            problems += one.problems
    return Result(PROMISE, tried, len(problems), tuple(problems[:10]))


@contextmanager
def bench(place: Path) -> Iterator[Bench]:
    """A workspace with a model that answers and a training sheet, under a clock that can be set."""
    home = place / "home"
    place.mkdir()
    home.mkdir()
    served_model(home)
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, PAIRS)
        workspace.monitor.alerts.add_rule(endpoint="live", metric="traffic", comparison="above", threshold=10_000)
    with wrong_clock(Clock()) as clock, Workspace(home) as ana, _as("bea", home) as bea:
        yield Bench(home, place, ana, bea, sheet, clock)


@contextmanager
def _as(actor: str, home: Path) -> Iterator[Workspace]:
    before = os.environ.get("ONTOS_ACTOR", "ana")
    os.environ["ONTOS_ACTOR"] = actor
    try:
        opened = Workspace(home)
    finally:
        os.environ["ONTOS_ACTOR"] = before
    with opened:
        yield opened


def work(bench: Bench, draw: random.Random, steps: int) -> int:
    """Jump and do things at random, then set the clock right and look; how much was done."""
    sleeper = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    try:
        job = _running_job(bench.ana, sleeper.pid)
        for _ in range(steps):
            to = draw.choice(JUMPS)
            bench.clock.set(to) if isinstance(to, datetime) else bench.clock.jump(to)
            for act in draw.sample(ACTS, 3):
                _try(bench, f"{act.__name__} at {to}", lambda act=act: act(bench, draw))  # type: ignore[misc]
            if bench.bea.jobs.job(job.id).status is not JobStatus.RUNNING:
                bench.say(f"a job that runs was called dead at {to}")
        bench.clock.jump(3 * LEASE.total_seconds())
        _try(bench, "afterwards", lambda: _afterwards(bench))
    finally:
        sleeper.kill()
        sleeper.communicate()
    return steps * 3


def _try(bench: Bench, what: str, act: Callable[[], None]) -> None:
    try:
        act()
    except Exception as error:  # noqa: BLE001  # that is what is being looked for
        bench.say(f"{what}: {type(error).__name__}: {error!s:.200}")


def _running_job(workspace: Workspace, pid: int) -> Job:
    job = Job(kind=JobKind.TRAIN, title="long work", status=JobStatus.RUNNING, pid=pid, started_at=now())
    job = job.model_copy(update={"process_started": process.start_time(pid)})
    with workspace.store.write() as connection:
        rows.add(connection, job)
    return job


def _decide(bench: Bench, draw: random.Random) -> None:
    who = draw.choice([bench.ana, bench.bea])
    pair = who.label.queue.next_unlabeled(bench.sheet.id)
    if pair is None:
        return
    who.label.queue.decide([Decision(pair.id, Verdict.APPROVE, version=pair.version)])
    if who.label.queue.pair(pair.id).status is not PairStatus.LABELED:
        bench.say("a decision did not stay")
    if draw.random() < 0.5:
        undone = who.label.queue.undo(bench.sheet.id)
        if undone is None or [one.id for one in undone.pairs] != [pair.id]:
            bench.say("undo took back something else")
        if who.label.queue.redo(bench.sheet.id) is None:
            bench.say("redo did not bring it back")


def _claim(bench: Bench, draw: random.Random) -> None:
    one = {pair.id for pair in bench.ana.label.claims.next(bench.sheet.id, "a session", 5)}
    other = {pair.id for pair in bench.bea.label.claims.next(bench.sheet.id, "another session", 5)}
    if one & other:
        bench.say("two people were given the same pair")


def _query(bench: Bench, draw: random.Random) -> None:
    (record,) = bench.ana.deploy.endpoints.query("live", [ROW], origin=Origin.CLI)
    bench.queries += 1
    if not 0 <= record.latency_ms < 60_000:
        bench.say(f"an answer took {record.latency_ms} ms")
    if (seen := bench.ana.monitor.traffic.summary("live").requests) != bench.queries:
        bench.say(f"{seen} of {bench.queries} requests counted")


def _stopped(bench: Bench, draw: random.Random) -> None:
    bench.ana.deploy.endpoints.stop("live")
    with suppress(ConflictError):
        bench.ana.deploy.endpoints.query("live", [ROW], origin=Origin.CLI)
        bench.say("a stopped endpoint answered")
    bench.queries += 1
    bench.ana.deploy.endpoints.start("live")
    bench.ana.monitor.traffic.health("live")
    with bench.ana.store.read() as connection:
        if (least := connection.scalar("SELECT min(latency_ms) FROM inference_log")) < 0:
            bench.say(f"a refusal took {least} ms")


def _forget(bench: Bench, draw: random.Random) -> None:
    # What was logged in 1970 is old as soon as the clock is right; what a clock that runs ahead calls old is not,
    # unless requests came while it did.
    with bench.ana.store.read() as connection:
        before = connection.scalar("SELECT count(*) FROM inference_log")
        recent = connection.scalar("SELECT count(*) FROM inference_log WHERE requested_at > ?", (now() - DAY,))
    if bench.clock.seconds > 0 and not recent:
        with Workspace(bench.home) as server:
            if SteadyRetention(lambda: server.monitor.retention).round():
                bench.say(f"of {before} requests some were forgotten at once")


def _alerts(bench: Bench, draw: random.Random) -> None:
    bench.ana.monitor.alerts.evaluate()
    bench.ana.monitor.drift.check("live")


def _back_up(bench: Bench, draw: random.Random) -> None:
    back_up(bench.home, bench.place / "backup.zip")
    with zipfile.ZipFile(bench.place / "backup.zip") as archive:
        if archive.testzip() is not None:
            bench.say("a backup is not whole")


def _export(bench: Bench, draw: random.Random) -> None:
    kind = draw.choice([Format.CHAT, Format.CSV, Format.XLSX])
    bench.ana.label.files.export(bench.sheet.id, bench.place / f"export-{kind.value}.out", kind)


def _jobs(bench: Bench, draw: random.Random) -> None:
    bench.ana.jobs.jobs()


ACTS = (_decide, _decide, _claim, _query, _stopped, _forget, _alerts, _back_up, _export, _jobs)


def _afterwards(bench: Bench) -> None:
    """The clock is right again, and nobody has worked for three times as long as a claim lasts."""
    left = bench.ana.label.queue.counts(bench.sheet.id).unlabeled
    free = len(bench.ana.label.claims.next(bench.sheet.id, "a new session", PAIRS))
    if free != left:
        bench.say(f"{left - free} pairs stay claimed")
    if bench.ana.monitor.traffic.summary("live").requests != bench.queries:
        bench.say("requests were lost")
    with bench.ana.store.read() as connection:
        if connection.scalar("PRAGMA integrity_check") != "ok":
            bench.say("the database is not whole")
