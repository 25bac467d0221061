"""Jobs: their states, their processes, and that neither a closed terminal nor a dead process goes unnoticed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from builders.defects import DEFECT_SCHEMA, add_pairs, labeled_sheet
from ontos_tui.domain.errors import ConflictError, JobCancelledError, NotFoundError, PlatformError, StoreError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.pairs import GenerationMode, QAPair
from ontos_tui.domain.records.training import Job, JobKind
from ontos_tui.domain.rules.states import JOB_TRANSITIONS, JobStatus
from ontos_tui.jobs import process, queue
from ontos_tui.jobs.queue import ACTIVE, JobQueue
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.worker.reporter import Reporter
from ontos_tui.workspace import Workspace
from tiers import examples

LIMIT = 60.0


def until(condition: Callable[[], object], limit: float = LIMIT) -> None:
    """Wait on a condition, for a bounded time."""
    end = time.monotonic() + limit
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        pause.wait(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    chosen = free_port()
    monkeypatch.setenv("ONTOS_SERVE_PORT", str(chosen))
    return chosen


@pytest.fixture
def server(port: int, workspace: Workspace) -> Iterator[Job]:
    """A job that runs until somebody stops it."""
    job = workspace.jobs.submit(JobKind.SERVE, "Serve", {})
    until(lambda: "url" in workspace.jobs.job(job.id).result or workspace.jobs.job(job.id).status not in ACTIVE)
    yield workspace.jobs.job(job.id)
    left = workspace.jobs.job(job.id)
    if left.pid is not None:
        process.send_signal(left.pid, left.process_started, signal.SIGKILL)


def insert(store: Store, **columns: object) -> Job:
    job = Job(**{"kind": JobKind.TRAIN, "title": "Train", **columns})  # type: ignore[arg-type]
    with store.write() as connection:
        rows.add(connection, job)
    return job


def event_messages(jobs: JobQueue, job: Job) -> list[str]:
    return [event.message for event in jobs.events(job.id)]


@pytest.mark.real_processes
def test_a_training_runs_as_a_process_and_reports(workspace: Workspace, home: Path) -> None:
    sheet = labeled_sheet(workspace.store, 40)
    seen: list[tuple[int, int, str]] = []

    class Watcher:
        def update(self, done: int, total: int, message: str = "") -> None:
            seen.append((done, total, message))

    job = workspace.train.models.submit(sheet.id, base_model="nearest")
    assert job.pid is not None
    assert job.pid != os.getpid()
    job = workspace.jobs.wait(job.id, LIMIT, Watcher())
    assert (job.status, job.error) == (JobStatus.SUCCEEDED, "")
    model = workspace.train.models.model(job.result["model_id"])
    assert (model.job_id, model.version) == (job.id, 1)
    assert "defects v1: Better: defect right " in job.message
    assert job.started_at and job.finished_at and job.created_at <= job.started_at <= job.finished_at
    assert job.created_by == "ana"
    assert seen
    assert event_messages(workspace.jobs, job)[0] == "submitted by ana"
    assert [event.kind for event in workspace.jobs.events(job.id)] == ["status", "status", "status"]
    log = workspace.jobs.log_path(job.id)
    assert log == home / "logs" / f"job-{job.id}.log"
    assert "Train defects: begun" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_a_failure_is_told_in_words_and_the_job_can_be_resumed(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 3)
    params = {"training_sheet_id": sheet.id, "base_model": "nearest"}
    job = workspace.jobs.submit(JobKind.TRAIN, "Train too early", params)
    job = workspace.jobs.wait(job.id, LIMIT)
    assert job.status is JobStatus.FAILED
    assert "7 more labels needed" in job.error
    assert "Label more pairs" in job.error
    assert job.finished_at is not None
    add_pairs(workspace.store, sheet, range(3, 20))
    again = workspace.jobs.resume(job.id[:8])
    assert (again.status, again.error, again.finished_at) == (JobStatus.PENDING, "", None)
    done = workspace.jobs.wait(job.id, LIMIT)
    assert (done.status, done.error) == (JobStatus.SUCCEEDED, "")
    assert workspace.train.models.model("defects").train_count == 16
    assert "resumed by ana" in event_messages(workspace.jobs, done)


def test_a_generation_that_was_killed_goes_on_where_it_stopped(workspace: Workspace, tmp_path: Path) -> None:
    count = 30_000
    file = tmp_path / "parts.csv"
    file.write_text("part,volts,defect\n" + "".join(f"P{number},{number % 7},none\n" for number in range(count)))
    address = str(workspace.data.files.add_file(file).address)
    sheet = workspace.data.sheets.create_sheet("parts", address, item_id_column="part")
    template = workspace.generate.templates.create(
        name="Defects",
        label_type="defect",
        user_prompt="{{ volts }}",
        output_schema=DEFECT_SCHEMA,
        answer_columns={"defect": "defect"},
    )
    template = workspace.generate.templates.publish(template.id)
    job = workspace.generate.generation.submit(sheet.id, template.id, GenerationMode.COLUMN)

    def made() -> int:
        with workspace.store.read() as connection:
            return rows.count(connection, QAPair)

    until(lambda: made() > 0 or workspace.jobs.job(job.id).status not in ACTIVE)
    job = workspace.jobs.job(job.id)
    assert job.pid is not None
    os.kill(job.pid, signal.SIGKILL)
    failed = workspace.jobs.wait(job.id, LIMIT)
    assert failed.status is JobStatus.FAILED
    before = made()
    assert 0 < before < count, "it was killed in the middle"
    workspace.jobs.resume(job.id)
    done = workspace.jobs.wait(job.id, LIMIT)
    assert (done.status, done.error) == (JobStatus.SUCCEEDED, "")
    assert made() == count
    assert (done.result["created"], done.result["existing"]) == (count - before, before)


def test_the_job_survives_the_terminal_that_started_it(workspace: Workspace, home: Path) -> None:
    sheet = labeled_sheet(workspace.store, 40)
    script = (
        "import sys, signal\n"
        "from pathlib import Path\n"
        "from ontos_tui.workspace import Workspace\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # whoever runs the tests by nohup ignores it
        "workspace = Workspace(Path(sys.argv[1]))\n"
        "job = workspace.train.models.submit(sys.argv[2], base_model='nearest')\n"
        "print(job.id, flush=True)\n"
        "signal.pause()\n"
    )
    for number in (signal.SIGHUP, signal.SIGKILL):
        terminal = subprocess.Popen(
            [sys.executable, "-c", script, str(home), sheet.id],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert terminal.stdout is not None
        job_id = terminal.stdout.readline().strip()
        os.killpg(terminal.pid, number)
        assert terminal.wait(LIMIT) == -number
        terminal.stdout.close()
        alone = now()
        job = workspace.jobs.wait(job_id, LIMIT)
        assert (job.status, job.error) == (JobStatus.SUCCEEDED, "")
        assert job.finished_at is not None
        assert job.finished_at > alone
        assert workspace.train.models.model(job.result["model_id"]).job_id == job_id


def test_a_running_job_is_cancelled_once_and_for_all(workspace: Workspace, server: Job) -> None:
    jobs = workspace.jobs
    assert server.status is JobStatus.RUNNING
    with pytest.raises(ConflictError, match="running already"):
        jobs.resume(server.id)
    assert jobs.cancel(server.id).cancel_requested
    jobs.cancel(server.id)
    job = jobs.wait(server.id, LIMIT)
    assert job.status is JobStatus.CANCELLED
    assert event_messages(jobs, job).count("cancel requested by ana") == 1
    assert jobs.cancel(job.id) == job
    until(lambda: process.start_time(server.pid or 0) is None)


def test_a_cancel_reaches_a_job_through_the_store_alone(workspace: Workspace, server: Job) -> None:
    """The signal may be lost, as when another user's process asks; the store is read too."""
    with workspace.store.write() as connection:
        rows.change(connection, rows.get(connection, Job, server.id), cancel_requested=True)
    assert workspace.jobs.wait(server.id, LIMIT).status is JobStatus.CANCELLED


def test_a_job_that_does_not_listen_is_ended(
    workspace: Workspace, server: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "CANCEL_SECONDS", 0.3)
    assert server.pid is not None
    with workspace.store.write():  # so that it is not stopped while it writes, which would hold everybody up
        os.kill(server.pid, signal.SIGSTOP)
    workspace.jobs.cancel(server.id)
    job = workspace.jobs.wait(server.id, LIMIT)
    assert job.status is JobStatus.CANCELLED
    assert "did not stop within" in event_messages(workspace.jobs, job)[-1]
    until(lambda: process.start_time(server.pid or 0) is None)


def test_a_dead_process_is_noticed_when_jobs_are_listed(workspace: Workspace, server: Job) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: process.start_time(server.pid or 0) is None)
    (job,) = workspace.jobs.jobs()
    assert job.status is JobStatus.FAILED
    assert "ended without a message" in job.error
    assert "Resume" in job.error
    assert workspace.jobs.jobs(active_only=True) == []
    workspace.jobs.resume(job.id)
    until(lambda: workspace.jobs.job(job.id).result.get("url") and workspace.jobs.job(job.id).pid != server.pid)
    workspace.jobs.cancel(job.id)
    assert workspace.jobs.wait(job.id, LIMIT).status is JobStatus.CANCELLED


def test_a_later_process_under_the_same_number_is_not_the_job(workspace: Workspace) -> None:
    mine = process.start_time(os.getpid())
    assert mine is not None
    alive = insert(workspace.store, status=JobStatus.RUNNING, pid=os.getpid(), process_started=mine)
    other = insert(workspace.store, status=JobStatus.RUNNING, pid=os.getpid(), process_started=mine - 1)
    unknown = insert(workspace.store, status=JobStatus.RUNNING, pid=os.getpid())
    assert workspace.jobs.job(alive.id).status is JobStatus.RUNNING
    assert workspace.jobs.job(other.id).status is JobStatus.FAILED
    assert workspace.jobs.job(unknown.id).status is JobStatus.FAILED


def test_only_that_very_process_gets_a_signal() -> None:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as other:
        start = process.start_time(other.pid)
        assert start is not None
        process.send_signal(other.pid, start - 1, signal.SIGKILL)
        process.send_signal(other.pid, None, signal.SIGKILL)
        assert process.is_alive(other.pid, start)
        process.send_signal(other.pid, start, signal.SIGKILL)
        until(lambda: not process.is_alive(other.pid, start))
        assert other.wait(LIMIT) == -signal.SIGKILL


def test_without_proc_a_process_is_still_told_from_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(process, "_PROC", tmp_path)
    assert process.start_time(os.getpid()) == 0.0
    with subprocess.Popen([sys.executable, "-c", ""]) as other:
        other.wait(LIMIT)
    assert process.start_time(other.pid) is None


def test_a_job_that_never_came_up_is_given_up(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    job = insert(workspace.store)
    assert workspace.jobs.job(job.id).status is JobStatus.PENDING
    late = insert(workspace.store, created_at=now() - timedelta(seconds=queue.START_SECONDS + 1))
    result = workspace.jobs.job(late.id)
    assert result.status is JobStatus.FAILED
    assert "never started" in result.error


@pytest.mark.real_processes
def test_a_process_that_ends_before_it_begins_tells_its_last_words(workspace: Workspace, home: Path) -> None:
    (home / "settings.toml").write_text("serve_port = 'none'\n")
    job = workspace.jobs.submit(JobKind.SERVE, "Serve", {})
    job = workspace.jobs.wait(job.id, LIMIT)
    assert job.status is JobStatus.FAILED
    assert "ended before the job began" in job.error
    assert "settings.toml" in job.error


@pytest.mark.real_processes
def test_a_process_that_cannot_be_started_is_reported_and_stored(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(PlatformError, match="No process can be started"):
        workspace.jobs.submit(JobKind.SERVE, "Serve", {})
    (job,) = workspace.jobs.jobs()
    assert job.status is JobStatus.FAILED


def test_a_pending_job_is_cancelled_before_it_begins_and_its_process_steps_back(workspace: Workspace) -> None:
    job = insert(workspace.store)
    assert workspace.jobs.cancel(job.id).status is JobStatus.CANCELLED
    with pytest.raises(ConflictError):
        workspace.jobs.claim(job.id, os.getpid())


def test_one_job_is_begun_by_one_process_only(workspace: Workspace) -> None:
    job = insert(workspace.store)
    workspace.jobs.claim(job.id, os.getpid())
    with pytest.raises(ConflictError):
        workspace.jobs.claim(job.id, os.getpid())


@pytest.mark.parametrize("status", [JobStatus.SUCCEEDED, JobStatus.FAILED])
def test_what_is_over_cannot_be_cancelled(workspace: Workspace, status: JobStatus) -> None:
    job = insert(workspace.store, status=status)
    with pytest.raises(ConflictError, match=f"{status} already"):
        workspace.jobs.cancel(job.id)


def test_a_job_that_succeeded_is_not_resumed(workspace: Workspace) -> None:
    job = insert(workspace.store, status=JobStatus.SUCCEEDED)
    with pytest.raises(ConflictError):
        workspace.jobs.resume(job.id)
    assert workspace.jobs.events(job.id) == []


def test_waiting_ends_when_its_time_does(workspace: Workspace) -> None:
    mine = process.start_time(os.getpid())
    job = insert(workspace.store, status=JobStatus.RUNNING, pid=os.getpid(), process_started=mine)
    assert workspace.jobs.wait(job.id, timeout=0.1).status is JobStatus.RUNNING
    with pytest.raises(NotFoundError):
        workspace.jobs.wait("nothing")


def test_a_taken_port_is_named_with_the_setting_that_changes_it(workspace: Workspace, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        job = workspace.jobs.wait(workspace.jobs.submit(JobKind.SERVE, "Serve", {}).id, LIMIT)
    assert job.status is JobStatus.FAILED
    assert f"Port {port}" in job.error
    assert "ONTOS_SERVE_PORT" in job.error


def test_the_time_left_comes_from_the_pace(workspace: Workspace) -> None:
    begun = now() - timedelta(seconds=30)
    jobs = workspace.jobs
    base = {"kind": JobKind.TRAIN, "title": "t", "status": JobStatus.RUNNING, "started_at": begun}
    left = jobs.time_left(Job(**base, done=3, total=9))
    assert left == pytest.approx(60, rel=0.1)
    for unknown in ({"done": 0, "total": 9}, {"done": 3, "total": 0}, {"done": 9, "total": 3}):
        assert jobs.time_left(Job(**base, **unknown)) is None
    assert jobs.time_left(Job(**{**base, "status": JobStatus.SUCCEEDED}, done=3, total=9)) is None


def test_progress_is_carried_at_a_bounded_pace_and_the_last_word_arrives(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = workspace.jobs
    job = insert(workspace.store)
    jobs.claim(job.id, os.getpid())
    written: list[dict[str, object]] = []
    report = jobs.report
    monkeypatch.setattr(jobs, "report", lambda job_id, **changes: (written.append(changes), report(job_id, **changes)))
    with Reporter(jobs, job.id) as reporter:
        for done in range(10_000):
            reporter.update(done, 10_000, "counting")
        reporter.update(10_000, 10_000, "counted")
    assert len(written) < 100
    result = jobs.job(job.id)
    assert (result.done, result.total, result.message) == (10_000, 10_000, "counted")


def test_progress_that_cannot_be_kept_ends_the_work(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = workspace.jobs
    job = insert(workspace.store)
    jobs.claim(job.id, os.getpid())

    def full(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(jobs, "report", full)
    with Reporter(jobs, job.id) as reporter:
        reporter.update(1, 2)

        def raises() -> bool:
            try:
                reporter.update(1, 2)
            except StoreError:
                return True
            return False

        until(raises)


def test_a_reporter_hears_of_a_cancel(workspace: Workspace) -> None:
    jobs = workspace.jobs
    job = insert(workspace.store)
    jobs.claim(job.id, os.getpid())
    stopped = threading.Event()
    with Reporter(jobs, job.id) as reporter:
        reporter.on_stop = stopped.set
        with workspace.store.write() as connection:
            rows.change(connection, rows.get(connection, Job, job.id), cancel_requested=True)
        assert stopped.wait(LIMIT)
        with pytest.raises(JobCancelledError):
            reporter.update(1, 2)


def test_a_secret_of_the_environment_stays_out_of_the_log(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("ONTOS_CHAT_API_KEY", "sk-very-secret-word")
    job = workspace.jobs.submit(JobKind.TRAIN, "Train sk-very-secret-word", {"training_sheet_id": "x"})
    job = workspace.jobs.wait(job.id, LIMIT)
    assert job.status is JobStatus.FAILED
    log = workspace.jobs.log_path(job.id).read_text()
    assert "•••" in log
    assert "sk-very" not in log


class Machine(RuleBasedStateMachine):
    """Whatever is done in whatever order, a job only moves as its state machine allows, and every move is told."""

    def __init__(self) -> None:
        super().__init__()
        self.signals = mock.patch.object(process, "send_signal")  # the process that is played is this one
        self.signals.start()
        self.folder = tempfile.TemporaryDirectory()
        home = Path(self.folder.name)
        self.store = Store(home / "ontos.db")
        self.jobs = JobQueue(self.store, home, "ana")
        self.jobs._start = lambda job: job  # type: ignore[method-assign]  # no process: this one plays it
        self.job = self.jobs.submit(JobKind.TRAIN, "Train", {})
        self.path = [self.job.status]

    def teardown(self) -> None:
        self.signals.stop()
        self.store.close()
        self.folder.cleanup()

    def moved(self, action: Callable[[], Job]) -> None:
        try:
            self.job = action()
        except ConflictError:
            self.job = self.jobs.job(self.job.id)
        if self.job.status is not self.path[-1]:
            self.path.append(self.job.status)

    @rule()
    def cancel(self) -> None:
        self.moved(lambda: self.jobs.cancel(self.job.id))

    @rule()
    def resume(self) -> None:
        self.moved(lambda: self.jobs.resume(self.job.id))

    @rule()
    def claim(self) -> None:
        self.moved(lambda: self.jobs.claim(self.job.id, os.getpid()))

    @precondition(lambda self: not self.job.cancel_requested)
    @rule()
    def succeed(self) -> None:
        self.moved(lambda: self.jobs.finish(self.job.id, JobStatus.SUCCEEDED, "done"))

    @rule()
    def fail(self) -> None:
        self.moved(lambda: self.jobs.finish(self.job.id, JobStatus.FAILED, error="broken"))

    @rule()
    def stop(self) -> None:
        self.moved(lambda: self.jobs.finish(self.job.id, JobStatus.CANCELLED, "stopped"))

    @invariant()
    def every_move_is_allowed(self) -> None:
        for before, after in zip(self.path, self.path[1:], strict=False):
            assert after in JOB_TRANSITIONS[before]
        assert (self.job.finished_at is None) == (self.job.status in ACTIVE)
        assert bool(self.job.error) == (self.job.status is JobStatus.FAILED)
        assert len(self.jobs.events(self.job.id)) >= len(self.path)


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=examples(8, 100), stateful_step_count=12)
