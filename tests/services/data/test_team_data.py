"""DATA with a team's workspace: local tables beside the team's, sheets over either, and what holds while it is away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.databricks.engine import SqlError, Statement
from emulator.databricks.scene import READINGS, Scene
from ontos_tui.domain.errors import InvalidInputError, NotReadyError, OntosError
from ontos_tui.domain.records.data import Sampling
from ontos_tui.domain.records.derived import KeyPair
from ontos_tui.domain.records.pairs import GenerationMode, QAPair
from ontos_tui.domain.rules.governance import Use, inherited
from ontos_tui.services.data.derived_tables.computed import ComputedSpec
from ontos_tui.services.data.derived_tables.joins import JoinSpec
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace


@pytest.fixture
def team(scene: Scene, home: Path) -> Iterator[Workspace]:
    """A workspace whose settings name the emulated Databricks."""
    with Workspace(home) as opened:
        yield opened


@pytest.fixture
def local(tmp_path: Path) -> Path:
    path = tmp_path / "own.csv"
    path.write_text("id,text\n1,a\n2,b\n")
    return path


def test_a_sheet_over_a_team_table_is_like_any_other(team: Workspace) -> None:
    sheet = team.data.sheets.create_sheet(
        "Presses", READINGS, item_id_column="ID", filter_expression="machine = 'press'"
    )
    assert (sheet.item_count, sheet.item_id_column, sheet.tags) == (40, "id", [])
    page = team.data.sheets.sheet_page(sheet.id, limit=2)
    assert [item.ref for item in page.items] == ["r001", "r002"]
    assert page.notes == ()
    sample = team.data.sheets.edit_sheet(sheet.id, sampling=Sampling.RANDOM, sample_size=10)
    assert sample.item_count == 10


def test_a_sheet_tells_that_its_source_was_changed(scene: Scene, team: Workspace) -> None:
    sheet = team.data.sheets.create_sheet("All", READINGS, item_id_column="id")
    scene.engine.run(f"DELETE FROM {READINGS} WHERE id = 'r000'")
    assert "has changed since" in team.data.sheets.sheet_page(sheet.id).notes[0]


def test_the_teams_tags_prohibit_uses_of_what_is_made_from_the_sheet(team: Workspace) -> None:
    sheet = team.data.sheets.create_sheet("Notes", "team.plant.notes")
    assert sheet.tags == ["PII", "PHI", "domain=care"]
    assert Use.TRAINING in inherited(sheet.tags).prohibited_uses


def test_no_sheet_is_made_when_its_tags_cannot_be_read(scene: Scene, team: Workspace) -> None:
    def refuse(statement: Statement) -> None:
        if "_tags" in statement.sql:
            raise SqlError("INSUFFICIENT_PERMISSIONS", "No USE SCHEMA on information_schema.", "42501")

    scene.engine.before = refuse
    with pytest.raises(OntosError, match="INSUFFICIENT_PERMISSIONS"):
        team.data.sheets.create_sheet("Notes", "team.plant.notes")
    assert team.data.sheets.sheets() == []


@pytest.mark.parametrize(("column", "said"), [("machine", "not unique"), ("note", "cannot be identified")])
def test_what_identifies_items_is_checked_where_they_are(scene: Scene, team: Workspace, column: str, said: str) -> None:
    table = READINGS if column == "machine" else "team.plant.notes"
    with pytest.raises(InvalidInputError, match=said):
        team.data.sheets.create_sheet("Bad", table, item_id_column=column)
    fetched = [one.sql for one in scene.engine.statements if one.sql.startswith("SELECT `ontos_ref`")]
    assert fetched == [], "no row came here for that"


@pytest.mark.usefixtures("pauses")
def test_local_tables_stay_while_the_workspace_is_away(
    team: Workspace, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABRICKS_HOST", "http://127.0.0.1:9")
    table = team.data.files.add_file(local)
    assert [(str(info.address), info.rows) for info in team.data.catalog.tables()] == [("local.files.own", 2)]
    assert team.data.sheets.create_sheet("Own", table.address, item_id_column="id").item_count == 2
    with pytest.raises(OntosError) as caught:
        list(team.data.catalog.browse())
    assert caught.value.todo


def test_without_a_profile_the_team_part_says_what_to_do(
    team: Workspace, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABRICKS_HOST")
    monkeypatch.delenv("DATABRICKS_TOKEN")
    team.data.files.add_file(local)
    assert len(team.data.catalog.tables()) == 1
    with pytest.raises(OntosError, match="auth login"):
        list(team.data.catalog.browse())


def test_nothing_is_browsed_where_no_workspace_is_set_up(workspace: Workspace) -> None:
    assert not workspace.data.catalog.has_team
    with pytest.raises(NotReadyError, match="databricks_profile"):
        workspace.data.catalog.browse()
    with pytest.raises(NotReadyError):
        workspace.data.catalog.look("a.b.c")


def test_the_team_is_browsed_and_looked_at(team: Workspace) -> None:
    assert team.data.catalog.has_team
    assert [node.name for node in team.data.catalog.browse("team.plant")][:2] == ["empty", "notes"]
    assert len(team.data.catalog.look(READINGS, 3).rows) == 3
    assert team.data.catalog.look("team.plant.empty").rows == ()


def test_streams_of_a_team_table_are_cut_in_the_warehouse_and_become_pairs(scene: Scene, team: Workspace) -> None:
    sheet = team.data.sheets.create_sheet(
        "Streams", READINGS, window_size=10, window_step=5, window_group="machine", window_order="at",
        window_labels={"ok": "last"},
    )  # fmt: skip
    assert sheet.item_count == 3 + 7
    first = team.data.sheets.sheet_page(sheet.id, limit=1).items[0]
    assert first.ref == "lathe@2026-01-02T10:00:00"
    assert len(first.fields["Torque [Nm]_series"]) == 10
    fetched = [one for one in scene.engine.statements if "ORDER BY" in one.sql and ":limit" not in one.sql]
    counted = ("count(DISTINCT", "count_if(")
    assert not [one for one in fetched if not any(word in one.sql for word in counted)], "counted there, not fetched"
    template = team.generate.templates.create(
        name="ok", label_type="ok", user_prompt="{{ Torque_Nm_mean }}",
        output_schema={"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]},
        answer_columns={"ok": "ok"},
    )  # fmt: skip
    report = team.generate.generation.generate(sheet.id, template.id, GenerationMode.COLUMN)
    assert (report.created, report.failed) == (10, 0)
    with pytest.raises(InvalidInputError, match="has no order"):
        team.data.sheets.create_sheet("No order", READINGS, window_size=10, window_group="machine")
    with pytest.raises(InvalidInputError, match="not unique"):
        team.data.sheets.create_sheet("Days", READINGS, window_size=5, window_group="machine", window_order="day")


def test_pairs_are_generated_from_a_team_table_and_inherit_its_tags(scene: Scene, team: Workspace) -> None:
    scene.engine.tags[READINGS] = {"pii": ""}
    sheet = team.data.sheets.create_sheet(
        "Presses", READINGS, item_id_column="id", filter_expression="machine = 'press'"
    )
    template = team.generate.templates.create(
        name="state",
        label_type="state",
        user_prompt="Torque {{ torque_nm }}. In order?",
        output_schema={"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]},
        answer_columns={"ok": "ok"},
    )
    team.generate.templates.publish(template.id)
    team.generate.generation.generate(sheet.id, template.id, GenerationMode.COLUMN)
    with team.store.read() as connection:
        pairs = rows.find(connection, QAPair, order_by=("sequence_number",))
    assert [pair.item_ref for pair in pairs[:3]] == ["r001", "r002", "r004"]
    assert [pair.answer for pair in pairs[:3]] == [{"ok": True}] * 3
    assert len(pairs) == 40
    assert all(Use.TRAINING in pair.prohibited_uses for pair in pairs)


def test_a_file_of_a_volume_is_copied_here_and_is_a_table(scene: Scene, team: Workspace) -> None:
    path = "/Volumes/team/plant/exports/may/parts.csv"
    scene.files.files[path] = b"id,text\n1,a\n2,b\n"
    table = team.data.files.add_file(Path(path))
    assert (table.address, Path(table.path).is_relative_to(team.home)) == ("local.files.parts", True)
    assert team.data.sheets.create_sheet("Parts", table.address, item_id_column="id").item_count == 2
    scene.files.files[path] = b"id,text\n1,a\n2,b\n3,c\n"
    team.data.files.add_file(Path(path))
    assert team.data.sheets.edit_sheet("Parts").item_count == 3, "asked for again, it is copied anew"
    assert list(Path(table.path).parent.glob(".*")) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/Volumes/team/plant/exports/none.csv", "Databricks has no"),
        ("/Volumes/team/plant/exports", "not a file of a volume"),
        ("/Volumes/team/plant/exports/../../etc/passwd", "not a file of a volume"),
    ],
)
def test_what_is_no_file_of_a_volume_is_told(team: Workspace, path: str, said: str) -> None:
    with pytest.raises(OntosError, match=said):
        team.data.files.add_file(Path(path))
    assert team.data.catalog.tables() == []


START = """
import sys
from pathlib import Path
from ontos_tui.workspace import Workspace
with Workspace(Path(sys.argv[1])) as workspace:
    assert workspace.data.catalog.has_team
    workspace.data.catalog.tables()
    workspace.data.sheets.sheets()
    workspace.overview.overview()
print(*{name.split(".")[0] for name in sys.modules})
"""


def test_the_clients_are_not_imported_before_the_team_is_asked_for_something(scene: Scene, home: Path) -> None:
    done = subprocess.run([sys.executable, "-c", START, str(home)], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert "sqlite3" in imported
    assert not {"databricks", "pandas", "requests", "thrift", "sqlglot"} & imported
    assert scene.workspace.calls == [], "and nobody knocked"


def test_tables_of_the_team_are_joined_and_computed_where_they_are(team: Workspace) -> None:
    on = (KeyPair(left="id", right="id"),)
    with pytest.raises(InvalidInputError, match="is a table of the team") as refused:
        team.data.joins.report(JoinSpec(READINGS, "team.plant.notes", on))
    assert "LEFT JOIN team.plant.notes AS r ON l.`id` = r.`id`" in refused.value.todo
    with pytest.raises(InvalidInputError, match="is a table of the team") as refused:
        team.data.computed.report(ComputedSpec(READINGS, "twice", '"Torque [Nm]" / id'))
    assert "CREATE VIEW" in refused.value.todo
    assert "NULLIF" in refused.value.todo
    assert "AS `twice`" in refused.value.todo
