"""The real app while the ground moves: its workspace is moved, deleted or replaced, it sleeps for hours, it is doubled.

Promised: what it shows as saved is in the database at its place, or it says in one sentence why nothing is saved; after
two hours of sleep it and its jobs go on; of two apps on one label none overwrites the other unseen.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from builders.severity import unlabeled_sheet
from faults.clock import SHIFT_FILE, Clock
from faults.result import Result
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.training import JobKind
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.jobs import process
from ontos_tui.tui.core.ui_state import Session
from ontos_tui.tui.core.updates.change_watcher import WATCH_SECONDS
from ontos_tui.workspace import Workspace
from terminal import Terminal

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from screens import decided, decided_in

PROMISE = "an app whose workspace is moved or deleted, that sleeps for hours, or is doubled, says only what is true"
PAIRS, HOURS = 300, 2 * 3_600.0
PROGRAM = Path(__file__).with_name("clock.py")


def run(seed: int, seconds: float) -> Result:
    """Do one thing after the other to apps until the time is over."""
    draw, until = random.Random(seed), time.monotonic() + seconds
    tried, problems = 0, list[str]()
    while not tried or time.monotonic() < until:
        with tempfile.TemporaryDirectory() as folder:
            name, act = list(ACTS.items())[tried % len(ACTS)]
            home = Path(folder) / "home"
            sheet = _workspace(home)
            try:
                problems += [f"{name}: {one}" for one in act(home, sheet, draw)]
            except AssertionError as error:
                problems.append(f"{name}: {' / '.join(str(error).split(chr(10)))[:400]}")
            tried += 1
    return Result(PROMISE, tried, len(problems), tuple(problems[:10]))


def _workspace(home: Path) -> TrainingSheet:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, pairs=PAIRS)
    Session(stage="label", training_sheet_id=sheet.id).save(home)
    (home / "clock").write_text("0")
    return sheet


def open_app(home: Path, clock: Path, actor: str = "ana") -> Terminal:
    """The app at the queue, with a clock that can be set. Leave it as a context manager."""
    environment = {SHIFT_FILE: str(clock), "ONTOS_ACTOR": actor}
    terminal = Terminal([sys.executable, str(PROGRAM), "--home", str(home)], env=environment)
    terminal.sees("open the queue")
    terminal.send("\r")
    terminal.sees("▸", "decided")
    return terminal


def _decide(terminal: Terminal, times: int) -> int:
    """Approve so many, each when the one before is saved; how many are shown as decided then."""
    for _ in range(times):
        before = decided(terminal)[0]
        terminal.send("a")
        terminal.until(lambda before=before: decided(terminal) == (before + 1, True), "it is saved")  # type: ignore[misc]
    return decided(terminal)[0]


def _moved(how: Callable[[Path, Path], object]) -> Callable[[Path, TrainingSheet, random.Random], Iterator[str]]:
    def act(home: Path, sheet: TrainingSheet, draw: random.Random) -> Iterator[str]:
        elsewhere = home.with_name("elsewhere")
        with open_app(home, home.with_name("clock")) as terminal:
            saved = _decide(terminal, draw.randrange(1, 4))
            how(home, elsewhere)
            terminal.send("a")
            terminal.until(lambda: "while it was open" in terminal.text(), "it says that the workspace is gone")
            done, says_saved = decided(terminal)
            if says_saved and done > saved:
                yield f"{done} shown as saved, {saved} are"
            terminal.signal(signal.SIGTERM)
            terminal.ended()
        if elsewhere.exists():
            with Workspace(elsewhere) as workspace:
                counts = workspace.label.queue.counts(sheet.id)
            if counts.total - counts.unlabeled != saved:
                yield f"{counts.total - counts.unlabeled} decisions in what was moved, {saved} were saved"

    return act


def _move_away_and_back(home: Path, sheet: TrainingSheet, draw: random.Random) -> Iterator[str]:
    with open_app(home, home.with_name("clock")) as terminal:
        home.rename(home.with_name("elsewhere"))
        terminal.send("a")
        terminal.until(lambda: "while it was open" in terminal.text(), "it says that the workspace is gone")
        home.with_name("elsewhere").rename(home)
        terminal.until(lambda: decided(terminal) == (0, True), "what was not saved is taken back")
        shown = _decide(terminal, 2)
    with Workspace(home) as workspace:
        counts = workspace.label.queue.counts(sheet.id)
    if counts.total - counts.unlabeled != shown:
        yield f"{counts.total - counts.unlabeled} decisions, {shown} were shown as saved"


def _replace(home: Path, elsewhere: Path) -> None:
    home.rename(elsewhere)
    shutil.copytree(elsewhere, home)


def _log_lost(*suffixes: str) -> Callable[[Path, TrainingSheet, random.Random], Iterator[str]]:
    """The files beside the database are deleted while the app is open; a kill comes soon after, or a decision first."""

    def act(home: Path, sheet: TrainingSheet, draw: random.Random) -> Iterator[str]:
        with open_app(home, home.with_name("clock")) as terminal:
            saved = _decide(terminal, draw.randrange(1, 4))
            for suffix in suffixes:
                (home / f"ontos.db{suffix}").unlink()
            if draw.random() < 0.5:
                terminal.send("a")
                terminal.until(lambda: "while the workspace was open" in terminal.text(), "it says what is gone")
                done, says_saved = decided(terminal)
                if says_saved and done > saved:
                    yield f"{done} shown as saved, {saved} are"
            else:
                terminal.pump(2 * WATCH_SECONDS + 0.5)  # the app looks by itself
            terminal.signal(signal.SIGKILL)
            terminal.pump(0.2)
        with Workspace(home) as workspace:
            counts = workspace.label.queue.counts(sheet.id)
        if counts.total - counts.unlabeled != saved:
            yield f"{counts.total - counts.unlabeled} decisions, {saved} were shown as saved"

    return act


def _sleep(home: Path, sheet: TrainingSheet, draw: random.Random) -> Iterator[str]:
    """The machine sleeps for two hours; another one looks at the jobs before their process has woken up."""
    clock = Clock(home.with_name("clock"))
    clock.jump(0.0)
    os.environ[SHIFT_FILE] = str(home.with_name("clock"))
    with Workspace(home) as workspace:
        start = workspace.jobs.start_worker
        type(workspace.jobs).start_worker = staticmethod(_start_worker)  # type: ignore[method-assign]
        try:
            job = workspace.jobs.submit(JobKind.WATCH, "Watch the alert rules", {"every": 1.0})
        finally:
            type(workspace.jobs).start_worker = staticmethod(start)  # type: ignore[method-assign]
        job = _until(workspace, job.id, JobStatus.RUNNING)
        assert job.pid is not None, "it runs"
        with open_app(home, home.with_name("clock")) as terminal:
            saved = _decide(terminal, 2)
            os.kill(job.pid, signal.SIGSTOP)
            terminal.signal(signal.SIGSTOP)
            clock.jump(HOURS)
            if workspace.jobs.job(job.id).status is not JobStatus.RUNNING:
                yield "a job that sleeps was called dead"
            terminal.signal(signal.SIGCONT)
            os.kill(job.pid, signal.SIGCONT)
            if _decide(terminal, 2) != saved + 2:
                yield "decisions after the sleep are not those before and two more"
        if workspace.jobs.job(job.id).status is not JobStatus.RUNNING:
            yield "a job did not survive the sleep"
        workspace.jobs.cancel(job.id)
        if workspace.jobs.wait(job.id, timeout=60).status is not JobStatus.CANCELLED:
            yield "a job that slept cannot be cancelled"
        if process.is_alive(job.pid, job.process_started):
            process.send_signal(job.pid, job.process_started, signal.SIGKILL)


def _start_worker(job_id: str, home: Path, log: Path) -> process.Child:
    return process.spawn((sys.executable, str(PROGRAM), "worker", job_id, "--home", str(home)), log, home)


def _until(workspace: Workspace, job_id: str, status: JobStatus):  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 60
    while (job := workspace.jobs.job(job_id)).status is not status:
        assert time.monotonic() < deadline, f"the job is {job.status}: {job.error}"
        time.sleep(0.05)
    return job


def _two(home: Path, sheet: TrainingSheet, draw: random.Random) -> Iterator[str]:
    """Two people decide at once in two apps; then both claim to have saved, and the sum is on the disk."""
    clock = home.with_name("clock")
    clock.write_text("0")
    with open_app(home, clock) as ana, open_app(home, clock, "bea") as bea:
        for _ in range(12):
            for one in draw.sample([ana, bea], 2):
                one.send("a")
            ana.pump(0.02)
            bea.pump(0.02)
        shown = []
        for one in (ana, bea):
            one.until(lambda one=one: decided(one)[1] and not one.pump(0.3), "all is saved")  # type: ignore[misc]
            shown.append(decided_in(one.text())[0])
    with Workspace(home) as workspace:
        counts = workspace.label.queue.counts(sheet.id)
        events = [workspace.label.queue.history(row.id) for row in list(workspace.label.queue.open(sheet.id))[:60]]
    if counts.total - counts.unlabeled < max(shown):
        yield f"{counts.total - counts.unlabeled} decisions, {shown} were shown as saved"
    twice = sum(len([event for event in some if event.action == "approve"]) > 1 for some in events)
    if twice:
        yield f"{twice} pairs were decided twice"


ACTS: dict[str, Callable[[Path, TrainingSheet, random.Random], Iterator[str]]] = {
    "moved": _moved(lambda home, elsewhere: home.rename(elsewhere)),
    "deleted": _moved(lambda home, elsewhere: shutil.rmtree(home)),
    "the database deleted": _moved(lambda home, elsewhere: (home / "ontos.db").unlink()),
    "replaced": _moved(_replace),
    "moved and back": _move_away_and_back,
    "the log deleted": _log_lost("-wal"),
    "the log's index deleted": _log_lost("-shm"),
    "the log and its index deleted": _log_lost("-wal", "-shm"),
    "asleep for two hours": _sleep,
    "two apps": _two,
}
