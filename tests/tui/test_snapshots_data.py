"""Pictures of the forms that compute columns. Look at them before you update them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from builders.machines import add_machines
from ontos_tui.tui.app import OntosApp
from ontos_tui.workspace import Workspace
from picture_keys import SIZES, walk_keys


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
    ],
)
def test_tables_that_come_of_others(
    snap_compare: Any, telemetry: Path, name: str, keys: Sequence[str], size: tuple[int, int]
) -> None:
    (telemetry / "session.json").unlink(missing_ok=True)
    assert snap_compare(OntosApp(telemetry, watch=False), run_before=walk_keys(*keys), terminal_size=size)
