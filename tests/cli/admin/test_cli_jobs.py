"""Jobs by commands: cancelled and started again; the processes are not part of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_result import Ontos
from ontos_tui.domain.records.training import JobKind
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.workspace import Workspace


class Alive:
    """A process that lives as long as the test."""

    pid = os.getpid()

    def poll(self) -> int | None:
        return None


@pytest.fixture
def job(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(JobQueue, "start_worker", staticmethod(lambda job_id, home, log: Alive()))
    monkeypatch.setattr("ontos_tui.jobs.process.send_signal", lambda *_: None)
    with Workspace(home) as workspace:
        yield workspace.jobs.submit(JobKind.TRAIN, "Train wear", {}).id


def test_a_job_is_cancelled_and_started_again(ontos: Ontos, job: str) -> None:
    assert ontos("jobs", "cancel", job[:8], as_json=True).json["status"] == "cancelled"
    assert "cancelled" in ontos("jobs", "show", job).out
    assert ontos("jobs", "resume", job, as_json=True).json["status"] == "pending"
    assert "pending already" in ontos("jobs", "resume", job, fails=1).err
    assert [one["id"] for one in ontos("jobs", "list", "--active", as_json=True).json] == [job]
