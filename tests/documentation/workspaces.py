"""What stands beside each page while its commands are run: files, a workspace, and values for its placeholders."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from builders.defects import labeled_sheet
from builders.folders import log_folder, picture_folder
from builders.models import served_model
from builders.pdfs import pdf
from builders.severity import unlabeled_sheet
from builders.tables import parts_file
from builders.traffic import deployed_model, log_requests
from builders.workbooks import excel
from documentation.pages import Page
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace

MACHINES = (
    "UDI,Product ID,Type,Air temperature [K],Process temperature [K],Rotational speed [rpm],Torque [Nm],"
    "Tool wear [min],Machine_failure,TWF,HDF,PWF,OSF,RNF"
)
"""The columns of AI4I 2020."""

PLACEHOLDER = re.compile(r"(?<![\w/-])[A-Z]+(?:\.[A-Z]+)*(?![\w-])|(?<=/)[A-Z]+(?=[/ ]|$)")
"""A word in capitals that stands for something of the reader's: MODEL, CATALOG.SCHEMA, T."""

Prepare = Callable[[Page, Path, Path, pytest.FixtureRequest], Mapping[str, str]]
"""Lay out the files in a folder and the workspace at `home`; returns the values of the page's placeholders."""


def fill(text: str, values: Mapping[str, str]) -> str:
    """The command with a value for each placeholder. One without a value stays, and so fails."""

    def value(match: re.Match[str]) -> str:
        return ".".join(shlex.quote(values.get(part, part)) for part in match[0].split("."))

    return PLACEHOLDER.sub(value, text)


def write_machines(folder: Path) -> None:
    """100 machines; those with a high torque fail."""
    lines = [MACHINES]
    for number in range(1, 101):
        torque = 20 + number * 37 % 50
        failed = int(torque > 55)
        measured = f"{298 + number % 5}.1,{308 + number % 4}.6,{1200 + number * 53 % 900},{torque}.5,{number * 7 % 240}"
        lines.append(f"{number},P{number:05},{'LMH'[number % 3]},{measured},{failed},0,0,0,{failed},0")
    (folder / "machines.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def readme(page: Page, folder: Path, home: Path, request: pytest.FixtureRequest) -> Mapping[str, str]:
    """A CSV with the answers, and the template as the page prints it."""
    request.getfixturevalue("scene")  # the team's workspace, emulated
    write_machines(folder)
    (template,) = page.blocks("json")
    (folder / "failure.json").write_text(template.text, encoding="utf-8")
    return {}


def data(page: Page, folder: Path, home: Path, request: pytest.FixtureRequest) -> Mapping[str, str]:
    """Files of every kind that the page names; T has labeled pairs, NOTES has spans by the schema of the page."""
    write_machines(folder)
    readings = (f"{unit} {cycle} {600 + cycle}.5 {40 + unit}.1" for unit in (1, 2) for cycle in range(50))
    (folder / "engines.txt").write_text("\n".join(readings) + "\n", encoding="utf-8")
    wear = [["id", "wear"], [1, 0.5], [2, 0.7]]
    (folder / "plant.xlsx").write_bytes(excel({"Drills": wear, "Mills": wear}))
    Image.new("L", (8, 8)).save(folder / "plate.png")
    (folder / "plates.csv").write_text("id,photo\n1,plate.png\n2,plate.png\n", encoding="utf-8")
    picture_folder(folder / "tiles")
    log_folder(folder / "logs")
    log_folder(folder / "incoming")
    (folder / "letters").mkdir()
    (folder / "letters" / "a.pdf").write_bytes(pdf([["Invoice 4711"], ["Total 9.00"]]))
    (spans,) = page.blocks("json")
    schema = {"type": "object", "properties": {"names": json.loads(spans.text)}, "required": ["names"]}
    with Workspace(home) as workspace:
        defects = labeled_sheet(workspace.store, 12)
        notes = labeled_sheet(
            workspace.store, 3, name="Notes", user_prompt="{{ note }}", label_type="names", output_schema=schema
        )
        answer = {"names": [{"start": 0, "end": 4, "label": "company", "text": "Acme"}]}
        with workspace.store.write() as connection:
            for pair in rows.find(connection, QAPair, equal(training_sheet_id=notes.id)):
                rows.change(connection, pair, source_data={"note": "Acme, Bonn"}, answer=answer)
    return {"T": defects.id[:8], "NOTES": notes.id[:8], "SHEET": "Defects"}


def models(page: Page, folder: Path, home: Path, request: pytest.FixtureRequest) -> Mapping[str, str]:
    """A deployed model with requests of today and of ten days ago, and an empty export of the earlier web version."""
    (folder / "web").mkdir()
    parts_file(folder / "parts.csv", range(12))
    (folder / "web" / "feedback.jsonl").write_text("", encoding="utf-8")
    with Workspace(home) as workspace:
        model = deployed_model(workspace, 60, user_prompt="{{ voltage }}")
        for days in (0, 10):
            log_requests(workspace.store, model, range(40), datetime.now(UTC) - timedelta(days=days))
    return {
        "MODEL": "defects",
        "ENDPOINT": "live",
        "COLUMN": "voltage",
        "DIR": "web",
        "FILE": "parts.csv",
        "SHEET": "Defects",
    }


def working_together(page: Page, folder: Path, home: Path, request: pytest.FixtureRequest) -> Mapping[str, str]:
    """A training sheet with open pairs."""
    with Workspace(home) as workspace:
        return {"T": unlabeled_sheet(workspace.store, 12).name}


def databricks(page: Page, folder: Path, home: Path, request: pytest.FixtureRequest) -> Mapping[str, str]:
    """The emulated workspace with a file in a volume and requests in the log of an endpoint."""
    from builders.payload import START, Found, logged, monitored

    scene = request.getfixturevalue("scene")
    scene.files.files["/Volumes/team/plant/exports/parts.csv"] = b"id,text\n1,a\n2,b\n"
    logged(scene.engine, START, [])
    monitored(scene, [Found("voltage", ks=(0.4, 1e-20), psi=0.45, means=(2.1, 3.4))], baseline=True)
    served_model(home, endpoint="live")
    return {
        "ID": "w1", "CATALOG": "team", "SCHEMA": "plant", "TABLE": "readings", "COLUMN": "id", "VOLUME": "exports",
        "FILE": "parts.csv", "CHAT": scene.serving.foundation[0], "SHEET": "Defects", "MODEL": "defects",
        "ENDPOINT": "live",
    }  # fmt: skip


def nothing(page: Page, folder: Path, home: Path, request: pytest.FixtureRequest) -> Mapping[str, str]:
    """An empty workspace. COMMAND is one of ours."""
    return {"COMMAND": "status"}


WORKSPACES: Mapping[str, Prepare] = {
    "README.md": readme,
    "docs/data.md": data,
    "docs/models.md": models,
    "docs/working-together.md": working_together,
    "docs/databricks.md": databricks,
}
"""By page; for all others, `nothing`."""
