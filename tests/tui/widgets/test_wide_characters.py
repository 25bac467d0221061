"""Wide characters and combining marks in lists, forms and fields: what stands beside them keeps its column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.cells import cell_len

from builders.severity import SEVERITY_SCHEMA, sheet_record
from harness import open_app
from ontos_tui.domain.records.pairs import GenerationMode, LabelingMode, QAPair
from ontos_tui.domain.records.template import Template
from ontos_tui.services.records.training_sheets import create_training_sheet
from ontos_tui.store import rows
from ontos_tui.tui.stages.label.desk.desk import LabelDesk
from ontos_tui.tui.widgets.lines import Line, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table
from ontos_tui.workspace import Workspace

NAMES = (
    "plain-1",
    "部品検査-第一工場-三号機-0001",
    "e\u0301te\u0301-a\u0302ge\u0301-0002",
    "👩\u200d🔧 welder 🇩🇪 👍🏽 0003",
    "กำลังไฟฟ้า-0004",
    "한국어-시험-0005",
)
SIZES = pytest.mark.parametrize("size", [(60, 20), (80, 24)])


def _width(content: Line) -> int:
    return sum(cell_len(part.text) for part in content)


@pytest.mark.parametrize("width", [24, 40, 60, 80])
@pytest.mark.parametrize("ends", [False, True])
def test_columns_of_a_list_stay_aligned(width: int, ends: bool) -> None:
    def cells(name: str) -> Sequence[object]:
        return name, span(f"⚑ {name}"), name

    columns = (ColumnSpec("item", 0, ends=ends), ColumnSpec("mark", 5), ColumnSpec("right", 9, right=True))
    table = Table[str](columns, cells)
    table.rows = NAMES
    for number, name in enumerate(NAMES):
        row = table._row(name, width)
        begins = [sum(cell_len(part.text) for part in row[:at]) for at in range(1, len(row) + 1)]
        heading = table._heading(width)
        assert begins == [sum(cell_len(part.text) for part in heading[:at]) for at in range(1, len(row) + 1)], number
        assert _width(row) == width + 1, "a blank ends the last column, at the edge"
        assert row[3].text.endswith(row[3].text.strip() + " "), "numbers and names at the right end"


def test_a_skin_tone_is_shown_by_its_number() -> None:
    """Some terminals give it two cells of its own, others none."""
    assert line("👍🏽") == line("👍⟨1F3FD⟩")


def _home(home: Path) -> Path:
    with Workspace(home) as workspace:
        store = workspace.store
        template = Template(output_schema=SEVERITY_SCHEMA, name="判定", label_type="severity", user_prompt="{{ 備考 }}")
        with store.write() as connection:
            rows.add(connection, template)
        sheet = sheet_record(store, "部品検査")
        with store.write() as connection:
            training_sheet = create_training_sheet(connection, sheet, template, GenerationMode.AI, "検査員")
            rows.add_many(
                connection,
                (
                    QAPair(
                        training_sheet_id=training_sheet.id,
                        sheet_id=sheet.id,
                        item_ref=name,
                        sequence_number=number,
                        source_data={"備考": name * 3, "torque": 40 + number, name: "é" * 40},
                        proposal={"severity": "minor"},
                        labeling_mode=LabelingMode.AI_GENERATED,
                    )
                    for number, name in enumerate(NAMES, 1)
                ),
            )
    return home


@SIZES
async def test_the_edges_of_panes_stay_in_their_column(home: Path, size: tuple[int, int]) -> None:
    async with open_app(_home(home), size) as user:
        await user.press("3", "enter")
        await user.sees("▸severity")
        for _ in NAMES:
            await user.press("j")
            lines = user.text().splitlines()
            assert [row for row in lines if cell_len(row) > size[0]] == []
            pane = user.app.query_one(LabelDesk).query_one("#item").region
            edges = {cell_len(row[: row.rindex("▌")]) for row in lines[pane.y + 3 : pane.bottom] if "▌" in row}
            assert edges <= {0, pane.x}


@SIZES
async def test_a_form_and_a_field_keep_their_edges(home: Path, size: tuple[int, int]) -> None:
    async with open_app(_home(home), size) as user:
        await user.press("3", "enter", "e", "tab")
        await user.type("部品検査 e\u0301te\u0301 👩")
        await user.sees("部品検査")
        lines = [row for row in user.text().splitlines() if row.rstrip().endswith("│") and "│" in row[:12]]
        assert len(lines) > 3
        assert len({cell_len(row.rstrip()) for row in lines}) == 1, "the right edge of the box"
