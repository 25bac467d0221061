"""`ontos template` without a screen: created, edited, versioned, compared, tried, archived and deleted."""

from __future__ import annotations

from pathlib import Path

from command_result import Ontos


def test_a_template_from_the_first_prompt_to_the_archive(ontos: Ontos, tmp_path: Path) -> None:
    (tmp_path / "plates.csv").write_text("plate,torque,result\na,40,ok\nb,,bad\n")
    address = ontos("data", "add", tmp_path / "plates.csv", as_json=True).json[0]["address"]
    ontos("sheet", "create", "plates", "--table", address, "--item-id", "plate")
    answer = ("--answer", "result = ok | bad", "--answer-column", "result")
    assert "--answer" in ontos("template", "create", "check", "--prompt", "x", fails=1).err
    made = ontos("template", "create", "check", "--prompt", "Torque {{ torque }}?", *answer, as_json=True).json
    assert (made["label_type"], made["answer_columns"], made["status"]) == ("check", {"result": "result"}, "draft")
    assert "Nothing to change" in ontos("template", "edit", "check", fails=1).err
    (tmp_path / "prompt.txt").write_text("Torque {{ torque + 1 }}?")
    edited = ontos("template", "edit", "check", "--prompt", f"@{tmp_path / 'prompt.txt'}", as_json=True).json
    assert (edited["id"], edited["version"]) == (made["id"], "1.0.0"), "it has no pairs yet"
    trial = ontos("template", "try", "check", "--sheet", "plates", as_json=True).json
    assert [bool(row["error"]) for row in trial["rows"]] == [False, True]
    assert "1 of 2 rows have a prompt" in ontos("template", "try", "check", "--sheet", "plates").out
    ontos("template", "edit", "check", "--prompt", "Torque {{ torque }}?")
    ontos("generate", "plates", "-t", "check", "--mode", "manual")
    newer = ontos("template", "edit", "check", "--answer", "result = ok | bad | unclear", as_json=True).json
    assert (newer["version"], newer["parent_id"]) == ("1.1.0", made["id"])
    out = ontos("template", "diff", "check").out
    assert "1.0.0 → check 1.1.0" in out and "- result = ok | bad\n" in out and "+ result = ok | bad | unclear" in out
    compared = ontos("template", "diff", "check", "1.1.0", "1.0.0", as_json=True).json
    assert [one["field"] for one in compared["differences"]] == ["output_schema"]
    assert "no version before" in ontos("template", "diff", "check", "", "1.0.0", fails=1).err
    assert ontos("template", "new-version", "check", as_json=True).json["version"] == "1.2.0"
    assert "1.2.0 is deleted" in ontos("template", "delete", "check").out
    assert ontos("template", "archive", "check", as_json=True).json["version"] == "1.1.0"
    assert ontos("template", "show", "check", as_json=True).json["version"] == "1.0.0"
