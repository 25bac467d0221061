"""The quality of a sheet through real keys: findings, their rows, a remedy, and the way back."""

from __future__ import annotations

from pathlib import Path

from harness import SIZES, open_app
from ontos_tui.workspace import Workspace

CSV = "id,kind,site\n" + "".join(f"p{n},{('ok', 'Ok', 'bad', 'ok', 'bad')[n % 5]},x\n" for n in range(40))


@SIZES
async def test_a_finding_shows_its_rows_and_is_remedied_and_undone(
    home: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "parts.csv"
    path.write_text(CSV)
    with Workspace(home) as workspace:
        workspace.data.sheets.create_sheet("Parts", workspace.data.files.add_file(path).address, item_id_column="id")
    async with open_app(home, size) as user:
        await user.press("1", "Q")
        await user.sees(
            "Parts", "40 rows (all rows), 3 columns, no answer column: c chooses one", "8 spellings", "'Ok' is 'ok'"
        )
        await user.press("enter")
        await user.sees("1/8", "p1", "p6")
        await user.press("escape", "f")
        await user.sees("✓ decided", "u: undo")
        assert "spellings" not in user.text()
        options = user.app.workspace.data.files.file_table("parts").reading_options
        assert options.spellings == {"kind": {"Ok": "ok"}}
        await user.press("u")
        await user.sees("8 spellings", "Taken back")
        await user.press("escape")
        await user.sees("sheets and use cases", "local.files.parts")
