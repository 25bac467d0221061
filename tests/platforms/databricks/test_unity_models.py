"""Registering in Unity Catalog: what our client sends is what MLflow's own client sends, and MLflow loads it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from builders.environments import mlflow_python
from builders.models import trained_model
from emulator.databricks.scene import Scene
from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.base import now
from ontos_tui.platforms.databricks.models.registration import RegisteredVersion, registered_name
from ontos_tui.platforms.databricks.models.registry import UnityModels
from ontos_tui.platforms.databricks.workspace_client import Team
from ontos_tui.platforms.local.pyfunc.package import pack
from tiers import deep

NAME = "team.ontos.defects"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A small folder to register; nothing looks into it."""
    folder = tmp_path / "defects-1"
    (folder / "data").mkdir(parents=True)
    (folder / "MLmodel").write_text("flavors: {}\n")
    (folder / "data" / "packed.json").write_text("{}")
    return folder


@pytest.fixture
def models(databricks: Team) -> UnityModels:
    return UnityModels(databricks, wait=lambda seconds: None)


def test_a_version_has_its_files_tags_and_alias(scene: Scene, models: UnityModels, package: Path) -> None:
    version = models.register("Defects", package, "What it is", {"ontos_model": "defects v1"}, NoProgress())
    assert version == RegisteredVersion(NAME, "1")
    root = "/Models/team/ontos/defects/1"
    assert {path for path in scene.files.files if path.startswith(root)} == {
        f"{root}/MLmodel",
        f"{root}/data/packed.json",
    }
    assert scene.models.comments[NAME, 1] == "What it is"
    assert scene.models.aliases == {(NAME, "challenger"): 1}
    assert models.register("Defects", package, "", {}, NoProgress()).version == "2"


def test_a_version_that_is_not_accepted_is_an_error(scene: Scene, models: UnityModels, package: Path) -> None:
    denied = {"status": 403, "error_code": "PERMISSION_DENIED", "message": "no MODIFY"}
    scene.workspace.fault(path="model-versions/finalize", **denied)
    with pytest.raises(PlatformError, match="does not allow it: no MODIFY"):
        models.register("defects", package, "", {}, NoProgress())
    scene.workspace.fault(path="model-versions/create", status=400, error_code="INVALID_STATE", message="no storage")
    with pytest.raises(PlatformError, match="refuses: no storage"):
        models.register("defects", package, "", {}, NoProgress())


def test_the_name_is_one_that_unity_catalog_accepts() -> None:
    assert registered_name("team", "ontos", "Weld check-2") == "team.ontos.weld_check_2"
    assert registered_name("team", "ontos", "…") == "team.ontos.model"


PROGRAM = """
import sys
import mlflow
mlflow.set_tracking_uri("databricks")
mlflow.set_registry_uri("databricks-uc")
model = mlflow.pyfunc.load_model("models:/team.ontos.defects/1")
print(model.predict(model.input_example).to_dict("records")[0]["defect"])
version = mlflow.MlflowClient(registry_uri="databricks-uc").create_model_version("team.ontos.defects", sys.argv[1])
print(version.version, version.status)
"""


@deep
def test_mlflows_own_client_loads_it_and_sends_the_same_files(
    scene: Scene, models: UnityModels, home: Path, tmp_path: Path
) -> None:
    python = mlflow_python()
    _, model = trained_model(home)
    folder = tmp_path / "pack"
    pack(home / model.artifact, model.sha256, model.template_snapshot["output_schema"], folder, {}, now())
    models.register("defects", folder, "", {}, NoProgress())
    environment = {**os.environ, **scene.environment, "PYTHONPATH": "", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    command = [python, "-c", PROGRAM, folder.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr[-2_000:]
    answer, version = done.stdout.splitlines()
    assert answer in ("crack", "scratch", "none")
    assert version == "2 READY"
    sent = {
        number: {
            path.removeprefix(f"/Models/team/ontos/defects/{number}/"): content
            for path, content in scene.files.files.items()
            if path.startswith(f"/Models/team/ontos/defects/{number}/")
        }
        for number in (1, 2)
    }
    assert sent[1] == sent[2]
