"""`ontos serve` and MLflow's own scoring server take the same bodies, and say the same of the same model."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from builders.environments import mlflow_python
from builders.models import trained_model
from ontos_tui.domain.records.base import now
from ontos_tui.platforms.local.http_server.rows import rows_of
from ontos_tui.platforms.local.pyfunc.package import pack
from ontos_tui.platforms.local.trainer import LocalTrainer
from ontos_tui.platforms.scoring_protocol import details_text
from tiers import deep

ROWS = [{"voltage": number / 3, "line": "north" if number % 2 else "south"} for number in range(40)]
BODIES: dict[str, Any] = {
    "records": {"dataframe_records": ROWS},
    "split": {"dataframe_split": {"columns": ["voltage", "line"], "data": [list(row.values()) for row in ROWS]}},
    "inputs": {"inputs": ROWS},
    "inputs by column": {"inputs": {name: [row[name] for row in ROWS] for name in ROWS[0]}},
}
START_SECONDS = 240
"""What MLflow may take to start on a busy machine."""


@pytest.mark.parametrize("form", BODIES)
def test_every_form_of_body_holds_the_same_rows(form: str) -> None:
    assert rows_of(BODIES[form]) == ROWS


@contextmanager
def mlflow_models_serve(python: str, folder: Path) -> Iterator[str]:
    """A real `mlflow models serve` of a package."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-m", "mlflow", "models", "serve", "-m", str(folder), "--env-manager", "local"]
    server = subprocess.Popen(
        [*command, "-h", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": "", "PATH": f"{Path(python).parent}:{os.environ['PATH']}"},
        cwd=folder.parent,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/ping").status_code == 200:
                    break
            except httpx.TransportError:
                assert time.monotonic() < deadline, "the server did not start"
            try:
                server.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError("the server ended")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


@deep
def test_mlflow_models_serve_answers_each_of_them_as_we_do(home: Path, tmp_path: Path) -> None:
    python = mlflow_python()
    _, model = trained_model(home)
    folder = tmp_path / "pack"
    pack(home / model.artifact, model.sha256, model.template_snapshot["output_schema"], folder, {}, now())
    here = LocalTrainer().load(home / model.artifact, model.sha256).predict(ROWS)
    expected = [json.loads(details_text(one)) for one in here]
    with mlflow_models_serve(python, folder) as url:
        for form, body in BODIES.items():
            answer = httpx.post(f"{url}/invocations", json=body, timeout=60)
            assert answer.status_code == 200, (form, answer.text[:500])
            predictions = answer.json()["predictions"]
            assert [json.loads(one["details"]) for one in predictions] == expected, form
            assert [one["defect"] for one in predictions] == [one.answer["defect"] for one in here], form
        refused = httpx.post(f"{url}/invocations", json={"dataframe_records": [{"voltage": 1}]})
        assert refused.status_code == 400
