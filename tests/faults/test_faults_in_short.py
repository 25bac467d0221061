"""Short pieces of the faults that `run.py` does for minutes: clocks, hostile models, lost places, upgrades, frames."""

from __future__ import annotations

import hashlib
import random
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders.released import VERSIONS, restore
from builders.severity import unlabeled_sheet
from faults import clocks, models, running, upgrades
from faults.clock import Clock, wrong_clock
from ontos_tui.cli.app import run as run_command
from ontos_tui.domain.errors import PlatformError, StoreError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.labeling import LabelingTask
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.records.training import Job, JobKind
from ontos_tui.domain.rules.states import JobStatus, LabelingTaskStatus
from ontos_tui.learning.models import model_file
from ontos_tui.learning.models.checksums import problem
from ontos_tui.services.admin.backup import back_up
from ontos_tui.services.label.decisions import Decision
from ontos_tui.services.label.labeling_jobs.tasks import is_lease_over
from ontos_tui.services.monitor.retention import LogRetention, SteadyRetention
from ontos_tui.store import rows
from ontos_tui.store.workspace_file import copying
from ontos_tui.workspace import Workspace
from tiers import deep

DAY = 86_400.0


def test_claims_of_a_clock_that_ran_ahead_do_not_hold(workspace: Workspace) -> None:
    sheet = unlabeled_sheet(workspace.store, pairs=4)
    with wrong_clock(Clock()) as clock:
        clock.jump(3_650 * DAY)
        assert len(workspace.label.claims.next(sheet.id, "a session", 3)) == 3
        assert len(workspace.label.claims.next(sheet.id, "another", 4)) == 1
        clock.jump(0)
        assert workspace.label.claims.at_work(sheet.id) == {}
        queue = workspace.label.queue.open(sheet.id, session="a third")
        assert queue.next_undecided(-1) == 0
        assert len(workspace.label.claims.next(sheet.id, "a third", 4)) == 4


def test_a_lease_of_a_clock_that_ran_ahead_is_over_and_a_long_one_has_an_end() -> None:
    task = LabelingTask(job_id="j", number=1, status=LabelingTaskStatus.ASSIGNED, assignee="ana")
    for away, over in ((timedelta(minutes=29), False), (timedelta(days=3_650), True), (-timedelta(minutes=1), True)):
        assert is_lease_over(task.model_copy(update={"lease_until": now() + away}), 30) is over
    assert not is_lease_over(task.model_copy(update={"lease_until": now() + timedelta(days=1)}), 10**15)


def test_a_job_that_never_came_up_is_given_up_though_the_clock_was_set_back(workspace: Workspace) -> None:
    with wrong_clock(Clock()) as clock:
        clock.jump(DAY)
        job = Job(kind=JobKind.TRAIN, title="x", created_by="ana")
        with workspace.store.write() as connection:
            rows.add(connection, job)
        assert workspace.jobs.job(job.id).status is JobStatus.PENDING
        clock.jump(0)
        assert workspace.jobs.job(job.id).status is JobStatus.FAILED


@pytest.mark.parametrize("at", [datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)])
def test_a_backup_is_written_whatever_the_clock_says(workspace: Workspace, tmp_path: Path, at: datetime) -> None:
    unlabeled_sheet(workspace.store, pairs=2)
    with wrong_clock(Clock()) as clock:
        clock.set(at)
        back_up(workspace.home, tmp_path / "backup.zip")
    with zipfile.ZipFile(tmp_path / "backup.zip") as archive:
        assert archive.testzip() is None


def test_the_copy_that_was_just_made_stays_though_others_have_later_names(workspace: Workspace) -> None:
    with wrong_clock(Clock()) as clock:
        clock.jump(3_650 * DAY)
        for _ in range(copying.COPIES):
            copying.copy_aside(workspace.store.path, "test")
        clock.jump(0)
        newest = copying.copy_aside(workspace.store.path, "test")
    assert newest.exists()
    assert len(list(newest.parent.glob("test-*.db"))) == copying.COPIES


def test_no_request_is_forgotten_by_a_clock_that_jumped(monkeypatch: pytest.MonkeyPatch, workspace: Workspace) -> None:
    log = LogRetention(workspace.store, 30)
    gone = list[datetime]()
    monkeypatch.setattr(log, "forget_old", lambda stopped: gone.append(now()) or 1)
    newest = now()
    monkeypatch.setattr(log, "newest", lambda: newest)
    with wrong_clock(Clock()) as clock:
        steady = SteadyRetention(lambda: log)
        assert steady.round() == 1
        clock.jump(365 * DAY)
        assert steady.round() is None
        assert steady.round() == 1, "it stays so"
        assert SteadyRetention(lambda: log).round() is None, "the log was silent for a year, it seems"
        clock.jump(-365 * DAY)
        assert SteadyRetention(lambda: log).round() is None
    assert len(gone) == 2


@pytest.mark.parametrize("how", ["moved", "deleted", "replaced"])
def test_a_decision_is_refused_where_the_database_is_not_at_its_place(
    workspace: Workspace, tmp_path: Path, how: str
) -> None:
    sheet = unlabeled_sheet(workspace.store, pairs=2)
    pair = workspace.label.queue.open(sheet.id)[0]
    path, elsewhere = workspace.store.path, tmp_path / "elsewhere.db"
    if how == "replaced":
        shutil.copyfile(path, elsewhere)
        elsewhere.replace(path)
    elif how == "moved":
        path.rename(elsewhere)
    else:
        path.unlink()
    with pytest.raises(StoreError, match="while it was open, so this was not saved"):
        workspace.label.queue.decide([Decision(pair.id, Verdict.APPROVE)])
    assert workspace.label.queue.counts(sheet.id).unlabeled == 2
    if how == "moved":
        elsewhere.rename(path)
        workspace.label.queue.decide([Decision(pair.id, Verdict.APPROVE)])


def test_a_path_that_the_system_does_not_take_is_a_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["data", "report", "x" * 20_000], home) == 1
    assert "cannot be used: File name too long.\n       Name another" in capsys.readouterr().err
    assert not (home / "logs").exists()


# Models ------------------------------------------------------------------------------------------------------------


def _model(folder: Path, change: Callable[[dict[str, bytes]], None]) -> str:
    """A model whose archive is changed, with checksums that fit."""
    import numpy as np

    model_file.write(folder, {"format": 3, "heads": []}, [np.arange(1_000.0)])
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    changed = models._repacked(files, change)
    for name, content in changed.items():
        (folder / name).write_bytes(content)
    return hashlib.sha256(changed["model.json"]).hexdigest()


def _bomb(members: dict[str, bytes]) -> None:
    members["more.npy"] = bytes(1 << 20)


def _huge_head(members: dict[str, bytes]) -> None:
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }"
    fake = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head
    members.update(dict.fromkeys([name for name in members if name.endswith(".npy")], fake))


def _half_head(members: dict[str, bytes]) -> None:
    members.update({name: content[:40] for name, content in members.items() if name.endswith(".npy")})


def _deep(members: dict[str, bytes]) -> None:
    members["schema.json"] = b"[" * 100_000


@pytest.mark.parametrize("change", [_bomb, _huge_head, _half_head, _deep])
def test_an_archive_of_a_stranger_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, bytes]], None]
) -> None:
    monkeypatch.setattr(model_file, "MOST_EXPANDED", 1 << 19)
    sha256 = _model(tmp_path / "m", change)
    with pytest.raises(PlatformError, match="is not a model of this program"):
        model_file.read(tmp_path / "m", sha256)


def test_no_change_of_a_models_archive_raises_but_a_sentence(tmp_path: Path) -> None:
    draw, canary = random.Random(11), tmp_path / "executed"
    _model(tmp_path / "m", lambda members: None)
    files = {path.name: path.read_bytes() for path in (tmp_path / "m").iterdir()}
    for change in [models._types, models._fields, models._arrays, models._bytes, models._others, models._paths] * 8:
        for name, content in change(dict(files), draw, canary).items():
            (tmp_path / "m" / name).write_bytes(content)
        sha256 = hashlib.sha256((tmp_path / "m" / "model.json").read_bytes()).hexdigest()
        assert isinstance(problem(tmp_path / "m", sha256), str)
        try:
            model_file.read(tmp_path / "m", sha256)
        except PlatformError as error:
            assert error.todo
    assert not canary.exists()


def test_a_models_files_are_looked_at_without_trust(tmp_path: Path) -> None:
    sha256 = _model(tmp_path / "m", lambda members: None)
    plain = tmp_path / "m" / "model.json"
    assert problem(tmp_path / "m", sha256) == ""
    assert problem(tmp_path / "m", "0" * 64) == "was changed after its training"
    for content in (b"", b"[]", b'{"estimators": ' + b"[" * 100_000, b"\xff"):
        plain.write_bytes(content)
        assert problem(tmp_path / "m", hashlib.sha256(content).hexdigest()) == "has no description that can be read"
    plain.unlink()
    plain.mkdir()
    assert problem(tmp_path / "m", sha256).startswith("has no readable files")


# The families, for a moment ----------------------------------------------------------------------------------------


@deep
@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
def test_an_upgrade_that_is_killed_is_whole_at_the_next_start(tmp_path: Path, version: int) -> None:
    restore(tmp_path / "reference" / "ontos.db", version)
    Workspace(tmp_path / "reference").close()
    tables = ("qa_pairs", "canonical_labels", "events", "models", "schema", "version")
    stored = upgrades.contents(tmp_path / "reference" / "ontos.db")
    known = {name: stored[name] for name in tables}
    problems = upgrades.upgrade_and_kill(tmp_path / "home", version, known, 0.05, random.Random(version))
    assert list(problems) == []


@deep
def test_work_goes_on_under_clocks_that_jump(tmp_path: Path) -> None:
    draw = random.Random()
    with clocks.bench(tmp_path / "place") as bench:
        clocks.work(bench, draw, 12)
    assert bench.problems == []


@deep
def test_work_goes_on_in_an_app_whose_workspace_goes_away() -> None:
    result = running.run(random.randrange(1 << 30), 60)
    assert not result.lost, result.notes
