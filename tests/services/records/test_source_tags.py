"""What a team tags after a sheet was made holds for what is made of the sheet from then on."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.databricks.scene import Scene
from ontos_tui.domain.errors import AwayError
from ontos_tui.domain.records.data import Sheet
from ontos_tui.platforms.databricks.catalog import UnityCatalog
from ontos_tui.services.records.source_tags import refresh_tags
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace


def test_a_tag_that_comes_later_reaches_the_sheet_when_it_is_used(
    scene: Scene, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in scene.settings.items():
        monkeypatch.setenv(name, value)
    with Workspace(home) as workspace:
        sheet = workspace.data.sheets.create_sheet("readings", "Team.plant.readings", item_id_column="id")
        assert sheet.tags == []
        scene.engine.tags["team.plant.readings"] = {"pii": "name"}
        catalog = workspace.engines.catalog
        assert refresh_tags(workspace.store, lambda: catalog, sheet.id, "ana").tags == ["PII"]
        scene.engine.tags.clear()
        assert refresh_tags(workspace.store, lambda: catalog, sheet.id, "ana").tags == ["PII"], "tags only come"

        def away(*given: object) -> tuple[str, ...]:
            raise AwayError("The line is down.", "Try again.")

        monkeypatch.setattr(UnityCatalog, "tags", away)
        assert refresh_tags(workspace.store, lambda: catalog, sheet.id, "ana").tags == ["PII"]
        with workspace.store.read() as connection:
            assert rows.get(connection, Sheet, sheet.id).tags == ["PII"]
