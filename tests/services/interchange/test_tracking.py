"""Every training is a run for MLflow, and feedback an assessment: what is written, once, and what leads back here."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from builders.environments import mlflow_python
from builders.models import served_model
from ontos_tui.domain.errors import NotReadyError, PlatformError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.serving import Origin
from ontos_tui.platforms import tracking as module
from ontos_tui.platforms.local.pyfunc.package import pack
from ontos_tui.platforms.tracking import FeedbackTrace, MlflowTracking, TrainingRun, confusion_picture
from ontos_tui.services.interchange.tracking import TrackingService
from ontos_tui.workspace import Workspace
from tiers import deep


class Written:
    """Takes what MLflow would take."""

    def __init__(self) -> None:
        self.runs: dict[str, TrainingRun] = {}
        self.traces: dict[str, FeedbackTrace] = {}
        self.packed: set[str] = set()

    def log_training(self, run: TrainingRun) -> str:
        self.runs[run.model_id] = run
        if run.model is not None and (run.model / "MLmodel").exists():
            self.packed.add(run.model_id)
        return f"run-{run.model_id[:4]}"

    def log_feedback(self, trace: FeedbackTrace) -> bool:
        new = trace.feedback_id not in self.traces
        self.traces[trace.feedback_id] = trace
        return new


def rated(workspace: Workspace) -> str:
    """One answer of the endpoint, rated and corrected; the id of the feedback."""
    row = {"voltage": 11.25, "line": "north"}
    (record,) = workspace.deploy.endpoints.query("live", [row], origin=Origin.PLAYGROUND)
    item = workspace.improve.feedback.add_feedback(record.request_id, 2, "no crack", {"defect": "scratch"})
    return item.id


def test_a_run_has_what_was_measured_the_cards_the_model_and_the_pairs(home: Path) -> None:
    _, model = served_model(home)
    written = Written()
    with Workspace(home) as workspace:
        feedback_id = rated(workspace)
        service = TrackingService(workspace.store, home, written, workspace.train.cards)
        report = service.push()
        assert (list(report.runs), report.feedback) == (["defects v1"], 1)
        assert service.push().feedback == 0
        pairs = [one.pair_id for one in workspace.train.models.lineage(model.id)]
    run = written.runs[model.id]
    assert run.metrics["defect.accuracy.low"] < run.metrics["defect.accuracy"] <= run.metrics["defect.accuracy.high"]
    assert run.metrics["defect.accuracy.baseline"] < run.metrics["defect.accuracy"]
    assert run.params["base_model"] == "nearest"
    assert "# Model card: defects v1" in run.files["model_card.md"]
    assert run.tags["mlflow.note.content"].startswith("Better: defect right 59 of 60")
    table = json.loads(run.files["pairs.json"])
    assert {line[table["columns"].index("pair_id")] for line in table["data"]} == set(pairs)
    assert model.id in written.packed
    trace = written.traces[feedback_id]
    assert (trace.rating, trace.correction, trace.by) == (2, {"defect": "scratch"}, "ana")


def test_the_confusion_picture_has_a_square_for_each_pair_of_classes() -> None:
    image = confusion_picture({"crack": {"crack": 9, "none": 1}, "none": {"none": 4}})
    right, wrong, empty = (image.getpixel(place) for place in ((220, 165), (292, 165), (220, 237)))
    assert right[0] < wrong[0] < 255
    assert empty == (255, 255, 255)


def test_without_an_address_or_the_client_it_says_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Workspace(home) as workspace, pytest.raises(NotReadyError, match="No address of MLflow"):
        workspace.tracking.push()
    monkeypatch.setitem(sys.modules, "mlflow", None)
    run = TrainingRun("m", "m v1", now(), 1.0, {}, {}, {}, {}, {})
    with pytest.raises(PlatformError, match="client is not installed") as error:
        MlflowTracking("http://127.0.0.1:1").log_training(run)
    assert "ontos-tui[mlflow]" in error.value.todo


PROGRAM = """
import json, sys
from datetime import datetime, timezone
from pathlib import Path
import mlflow
from ontos_tui.platforms.local.pyfunc.package import pack
from ontos_tui.platforms.tracking import FeedbackTrace, MlflowTracking, TrainingRun
uri, pack = sys.argv[1:]
at = datetime(2026, 11, 30, 10, 0, tzinfo=timezone.utc)
tracking = MlflowTracking(uri)
run = TrainingRun("m1", "defects v1", at, 2.5, {"base_model": "nearest"}, {"defect.accuracy": 0.9}, {"ontos": "x"},
    {"pairs.json": "{}", "model_card.md": "# Card"}, {"defect": {"crack": {"crack": 3}}}, Path(pack), "defects")
trace = FeedbackTrace("f1", "live", {"voltage": 1}, {"defect": "crack"}, at, 2, "no", {"defect": "none"}, "ana")
run_id = tracking.log_training(run)
again = tracking.log_training(run)
wrote = [tracking.log_feedback(trace), tracking.log_feedback(trace)]
client = mlflow.MlflowClient(uri)
there = client.get_run(run_id)
files = [one.path for one in client.list_artifacts(run_id)]
experiment = client.get_experiment_by_name("ontos").experiment_id
(trace,) = client.search_traces(locations=[experiment])
said = {one.name: (one.value, one.source.source_id) for one in trace.info.assessments}
model = mlflow.pyfunc.load_model("models:/defects@challenger")
answer = model.predict(model.input_example).to_dict("records")[0]["defect"]
print(json.dumps({"same": run_id == again, "wrote": wrote, "metrics": there.data.metrics, "params": there.data.params,
    "status": there.info.status, "files": sorted(files), "said": said, "answer": answer}))
"""


@contextmanager
def mlflow_server(python: Path, folder: Path) -> Iterator[str]:
    """A real server on SQLite, with tracking and registry."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store, artifacts = f"sqlite:///{folder}/mlflow.db", folder / "artifacts"
    command = [python, "-m", "mlflow", "server", "--backend-store-uri", store, "--artifacts-destination", artifacts]
    server = subprocess.Popen(
        [*map(str, command), "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(600):
            with socket.socket() as asking:
                asking.settimeout(1)
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None
            server_poll(server)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, 15)
        server.wait()


def server_poll(server: subprocess.Popen[bytes]) -> None:
    """Give the server a moment, or see that it ended."""
    try:
        server.wait(0.1)
    except subprocess.TimeoutExpired:
        return


@deep
def test_a_real_server_has_the_run_the_model_and_the_assessments(home: Path, tmp_path: Path) -> None:
    """`mlflow server` on SQLite, by MLflow's own client."""
    python = mlflow_python()
    _, model = served_model(home)
    schema: dict[str, Any] = model.template_snapshot["output_schema"]
    pack(home / model.artifact, model.sha256, schema, tmp_path / "pack", {}, now())
    source = str(Path(module.__file__).parents[2])
    with mlflow_server(Path(python), tmp_path) as uri:
        done = subprocess.run(
            [python, "-c", PROGRAM, uri, str(tmp_path / "pack")],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": source},
        )
    assert done.returncode == 0, done.stderr[-3_000:]
    there = json.loads(done.stdout.splitlines()[-1])
    assert (there["same"], there["wrote"], there["status"]) == (True, [True, False], "FINISHED")
    assert there["metrics"] == {"defect.accuracy": 0.9}
    assert {"confusion_defect.png", "model", "model_card.md", "pairs.json"} <= set(there["files"])
    assert there["said"] == {"rating": [2, "ana"], "answer": [{"defect": "none"}, "ana"]}
    assert there["answer"] in ("crack", "scratch", "none")
