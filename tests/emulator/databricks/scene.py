"""A served workspace with all its rooms, and the sample tables that tests and people look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from emulator.databricks.catalog_rest import CatalogRest, WorkspaceRest
from emulator.databricks.engine import Engine
from emulator.databricks.files_rest import FilesRest
from emulator.databricks.jobs_rest import JobsRest
from emulator.databricks.mlflow_rest import MlflowRest
from emulator.databricks.packed_models import PackedModels
from emulator.databricks.quality_rest import QualityRest
from emulator.databricks.server import TOKEN, Workspace, serve
from emulator.databricks.serving_rest import ServingRest
from emulator.databricks.statements_rest import StatementsRest
from emulator.databricks.tracking_rest import TrackingRest

READINGS = "team.plant.readings"
WAREHOUSE = "w1"


@dataclass(frozen=True)
class Scene:
    """What is served, and its rooms."""

    workspace: Workspace
    catalog: CatalogRest
    files: FilesRest
    serving: ServingRest
    jobs: JobsRest
    rest: WorkspaceRest
    statements: StatementsRest
    quality: QualityRest
    models: MlflowRest
    tracking: TrackingRest

    @property
    def engine(self) -> Engine:
        """The warehouse."""
        return self.workspace.engine

    @property
    def environment(self) -> dict[str, str]:
        """What a client's environment says to reach it."""
        return {"DATABRICKS_HOST": self.workspace.url, "DATABRICKS_TOKEN": TOKEN}

    @property
    def settings(self) -> dict[str, str]:
        """What Ontos' environment says to use it."""
        return {"ONTOS_DATABRICKS_WAREHOUSE": WAREHOUSE, "ONTOS_DATABRICKS_CATALOG": "team"}


@contextmanager
def served(port: int = 0) -> Iterator[Scene]:
    """A workspace with the catalogs team and lab, and sample tables."""
    workspace = Workspace(Engine(catalogs=("team", "lab")))
    serving = ServingRest(workspace)
    rest = WorkspaceRest(workspace, endpoints=serving.foundation)
    files = FilesRest(workspace)
    models = MlflowRest(workspace)
    jobs = JobsRest(workspace, files, models)
    serving.packed = PackedModels(files.files)
    workspace.engine.ask_record = serving.record
    scene = Scene(
        workspace,
        CatalogRest(workspace),
        files,
        serving,
        jobs,
        rest,
        StatementsRest(workspace),
        QualityRest(workspace),
        models,
        TrackingRest(workspace),
    )
    furnish(scene)
    try:
        with serve(workspace, port):
            yield scene
    finally:
        serving.packed.close()


def furnish(scene: Scene) -> None:
    """The sample tables: readings of a plant with every kind of value, notes with tags, and an empty one."""
    run = scene.engine.run
    run("CREATE SCHEMA IF NOT EXISTS team.plant")
    run(
        f"CREATE TABLE {READINGS} (id STRING NOT NULL, machine STRING, `Torque [Nm]` DOUBLE, price DECIMAL(10,2), "
        "at TIMESTAMP, day DATE, ok BOOLEAN, parts ARRAY<STRING>, place STRUCT<hall: STRING, row: BIGINT>) USING DELTA"
    )
    values, bound = [], {}
    for number in range(60):
        values.append(
            f"(:id{number}, :machine{number}, :torque{number}, 12.50, :at{number}, DATE '2026-01-02', "
            f"{'true' if number % 5 else 'false'}, array('a', 'b'), named_struct('hall', 'north', 'row', 3))"
        )
        bound |= {
            f"id{number}": f"r{number:03}",
            f"machine{number}": "press" if number % 3 else "lathe",
            f"torque{number}": None if number == 7 else 30 + number / 4,
            f"at{number}": f"2026-01-02 10:{number:02}:00",
        }
    run(f"INSERT INTO {READINGS} VALUES {', '.join(values)}", bound)
    run("CREATE TABLE team.plant.notes (patient STRING, note STRING) USING DELTA")
    run("INSERT INTO team.plant.notes VALUES ('p1', 'well'), ('p1', 'well'), ('p2', 'worse'), ('p3', NULL)")
    run("ALTER TABLE team.plant.notes SET TAGS ('PHI' = '', 'domain' = 'care')")
    scene.engine.tags["team.plant.notes.patient"] = {"pii": "name"}
    run("CREATE TABLE team.plant.empty (id STRING) USING DELTA")
    run("CREATE VIEW team.plant.pressed AS SELECT * FROM team.plant.readings WHERE machine = 'press'")
    scene.catalog.volumes.append("team.plant.exports")
