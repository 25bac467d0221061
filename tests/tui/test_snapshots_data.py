"""Pictures of the forms that join tables and compute columns, and of the report of a messy file.

Look at them before you update them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from builders.machines import add_machines
from ontos_tui.tui.app import OntosApp
from ontos_tui.workspace import Workspace
from picture_keys import SIZES, Words, walk_keys


@pytest.fixture(autouse=True)
def steady_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor that blinks is seen in some pictures and not in others."""
    monkeypatch.setattr(Input, "cursor_blink", False)


@pytest.fixture(scope="module")
def telemetry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with readings of machines, the machines and their failures."""
    folder = tmp_path_factory.mktemp("snapshots")
    with Workspace(folder / "plant") as workspace:
        add_machines(workspace, folder)
        workspace.data.sheets.create_sheet("Telemetry", "telemetry")
    return folder / "plant"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("ready", ("1", "C")),
        ("expression", ("1", "C", "enter", Words("kilovolt"), "tab", Words("volt / 1000"))),
        ("expression-error", ("1", "C", "enter", Words("kilovolt"), "tab", Words("volts / 1000"))),
        ("join-tables", ("1", "m")),
        ("join", ("1", "m", "down", "enter")),
        ("join-doubled", ("1", "m", "enter")),
    ],
)
def test_tables_that_come_of_others(
    snap_compare: Any, telemetry: Path, name: str, keys: Sequence[str], size: tuple[int, int]
) -> None:
    (telemetry / "session.json").unlink(missing_ok=True)
    assert snap_compare(OntosApp(telemetry, watch=False), run_before=walk_keys(*keys), terminal_size=size)


MESSY = (
    "Logger 7;serial 4711;\nid;when;force;state\n;;kN;\n"
    + "".join(f"{n};{n:02d}.03.2024 1{n}:00;1.{n}34,5;{'OK' if n % 2 else 'ok'}\n" for n in range(1, 9))
    + "9;09.03.2024 24:00;n.d.;defekt\n10;10.03.2024 11:00;Fehler;ok\n"
    + "".join(f"{n};{n:02d}.03.2024 12:00;1.{n}4,5;ok\n" for n in range(11, 29))
    + "Summe;;34.000,5;\n"
)


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a sheet over a file with titles, units, a total, words for no value and a word that is none."""
    folder = tmp_path_factory.mktemp("snapshots")
    path = folder / "messy.csv"
    path.write_bytes(MESSY.encode("cp1252"))
    with Workspace(folder / "plant") as workspace:
        workspace.data.files.add_file(path)
        workspace.data.sheets.create_sheet("Messy", "messy")
    return folder / "plant"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("name", "keys"), [("report", ("1", "i")), ("report-column", ("1", "i", "down", "down"))])
def test_what_is_understood_of_a_messy_file(
    snap_compare: Any, messy: Path, name: str, keys: Sequence[str], size: tuple[int, int]
) -> None:
    (messy / "session.json").unlink(missing_ok=True)
    assert snap_compare(OntosApp(messy, watch=False), run_before=walk_keys(*keys), terminal_size=size)
