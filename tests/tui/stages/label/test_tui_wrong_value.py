"""From a wrong value in the queue to the place where its reading is decided, by one key."""

from __future__ import annotations

from pathlib import Path

from harness import open_app
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.workspace import Workspace


async def test_a_wrong_value_leads_to_its_columns_decision(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "parts.csv"
    path.write_text("id,temp,status\n" + "".join(f"p{n},{'-77' if n == 1 else n},{'ab'[n % 2]}\n" for n in range(12)))
    with Workspace(home) as workspace:
        sheet = workspace.data.sheets.create_sheet(
            "P", workspace.data.files.add_file(path).address, item_id_column="id"
        )
        template = workspace.drafts.draft(sheet.id, "status")
        workspace.generate.templates.publish(template.id)
        workspace.generate.generation.generate(sheet.id, template.id, GenerationMode.COLUMN)
    async with open_app(home) as user:
        await user.press("3", "enter", "I")
        await user.sees("Which value is wrong?", "temp")
        await user.press("down", "enter")
        await user.sees("What is understood of parts.csv", "temp")
        await user.press("n")
        await user.sees("Which values of temp mean no value?")
        await user.type("-77")
        await user.press("enter")
        await user.sees("'temp': '-77' mean no value")
        await user.press("enter")
        await user.sees("read anew")
        options = user.app.workspace.data.files.file_table("parts").reading_options
        assert options.column_missing == {"temp": ["-77"]}
