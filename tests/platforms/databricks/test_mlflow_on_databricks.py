"""`mlflow_tracking_uri = databricks`: MLflow's own client writes a training into the emulated workspace."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from builders.environments import mlflow_python
from emulator.databricks.scene import Scene
from ontos_tui.platforms import tracking as module
from tiers import deep

PROGRAM = """
import json, sys
from datetime import datetime, timezone
from pathlib import Path
from ontos_tui.platforms.tracking import MlflowTracking, TrainingRun
at = datetime(2026, 11, 30, 10, 0, tzinfo=timezone.utc)
model = Path("model")
model.mkdir()
(model / "MLmodel").write_text("flavors: {}")
run = TrainingRun("m1", "defects v1", at, 2.5, {"base_model": "nearest"}, {"defect.accuracy": 0.9}, {"ontos": "x"},
    {"pairs.json": "{}", "model_card.md": "# Card"}, {"defect": {"crack": {"crack": 3}}}, model, "defects")
tracking = MlflowTracking("databricks")
print(json.dumps([tracking.log_training(run), tracking.log_training(run)]))
"""


@deep
def test_a_training_is_a_run_of_the_users_experiment(scene: Scene, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        **scene.environment,
        "PYTHONPATH": str(Path(module.__file__).parents[2]),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }
    done = subprocess.run(
        [mlflow_python(), "-c", PROGRAM], capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    first, again = json.loads(done.stdout.splitlines()[-1])
    assert first == again
    assert list(scene.tracking.experiments) == ["/Users/ana@example.com/ontos"]
    run = scene.tracking.runs[first]
    assert run["info"]["status"] == "FINISHED"
    assert {one["key"]: one["value"] for one in run["data"]["metrics"]} == {"defect.accuracy": 0.9}
    place = f"/Volumes/team/ontos/mlflow/1/{first}/artifacts"
    names = {path[len(place) + 1 :] for path in scene.files.files if path.startswith(f"{place}/")}
    assert {"confusion_defect.png", "model/MLmodel", "model_card.md", "pairs.json"} <= names
    assert scene.models.models == set()
