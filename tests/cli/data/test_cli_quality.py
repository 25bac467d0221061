"""`ontos data quality`: the findings, their remedies, and the way back."""

from __future__ import annotations

from pathlib import Path

from command_result import Ontos

CSV = "id,status,site\n" + "".join(f"{n},{('ok', 'Ok', 'bad')[n % 3]},x\n" for n in range(30))


def test_findings_are_printed_fixed_and_taken_back(ontos: Ontos, tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text(CSV)
    ontos("data", "add", str(path))
    ontos("sheet", "create", "S", "--table", "plain")
    printed = ontos("data", "quality", "S").out
    assert "10  spellings · status" in printed and "→ site is left out of the sheet" in printed
    fixed = ontos("data", "quality", "S", "--fix", "spellings", as_json=True).json
    assert [one["remedy"] for one in fixed["decisions"]] == ["read as"]
    assert "spellings" not in [one["kind"] for one in fixed["findings"]]
    assert "There is no fix of kind leak" in ontos("data", "quality", "S", "--fix", "leak", fails=1).err
    assert ontos("data", "quality", "S", "--undo", "spellings", as_json=True).json["decisions"] == []
