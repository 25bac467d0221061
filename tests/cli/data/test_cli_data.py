"""The first commands: sample data, files, sheets, templates, and how things stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_result import Ontos
from tiers import deep

PARTS = "part,speed [rpm],broken\nA,10,no\nB,30,yes\nC,20,no\n"

TEMPLATE = {
    "name": "Broken part",
    "label_type": "broken",
    "user_prompt": "Part {{ part }} at {{ speed_rpm }} rpm. Is it broken?",
    "output_schema": {"type": "object", "properties": {"broken": {"enum": ["yes", "no"]}}, "required": ["broken"]},
}


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    path = tmp_path / "parts.csv"
    path.write_text(PARTS, encoding="utf-8")
    return path


def test_seed_lists_seeds_and_says_when_there_was_nothing_to_do(ontos: Ontos) -> None:
    assert "defect_detection" in ontos("seed").out
    assert ontos("seed", "--list").out == ontos("seed").out
    first = ontos("seed", "defect_detection", as_json=True).json
    assert first["created"]
    assert (first["sheet"]["item_count"], first["examples"], first["canonical_labels"]) == (800, 27, 230)
    assert "nothing was changed" in ontos("seed", "defect_detection").out
    assert ontos("seed", as_json=True).json[0]["seeded"]


def test_errors_say_what_and_what_to_do_and_leave_stdout_to_json(ontos: Ontos) -> None:
    output = ontos("seed", "nope", fails=1)
    assert output.out == ""
    what, todo = output.err.splitlines()
    assert what == "Error: No use case 'nope'."
    assert todo.startswith("       Choose one of: defect_detection, predictive_maintenance")
    machine = ontos("seed", "nope", as_json=True, fails=1)
    assert machine.json["error"]["what"] == "No use case 'nope'."
    assert f"       {machine.json['error']['todo']}" == todo


def test_a_file_becomes_a_table_and_a_sheet(ontos: Ontos, parts: Path) -> None:
    assert ontos("data", "add", parts, as_json=True).json[0]["address"] == "local.files.parts"
    assert ontos("data", "list", as_json=True).json[0]["rows"] == 3
    page = ontos("data", "preview", "local.files.parts", "--filter", "broken = 'no'", as_json=True).json
    assert [item["fields"]["part"] for item in page["items"]] == ["A", "C"]
    created = ontos(
        *("sheet", "create", "Parts", "--table", "local.files.parts", "--item-id", "part"),
        *("--filter", '"speed [rpm]" > 10', "--column", "part", "--column", "speed [rpm]"),
        as_json=True,
    ).json
    assert (created["item_count"], created["columns"]) == (2, ["part", "speed [rpm]"])
    edited = ontos("sheet", "edit", "Parts", "--name", "All parts", "--filter", "", as_json=True).json
    assert (edited["name"], edited["filter_expression"], edited["item_count"]) == ("All parts", "", 3)
    shown = ontos("sheet", "show", "All parts", "--limit", "1")
    assert "1 of 3 rows" in shown.out
    ontos("sheet", "delete", "All parts")
    assert "No sheets." in ontos("sheet", "list").out


@pytest.mark.parametrize(
    "words",
    [
        ("data", "add", "missing.csv"),
        ("data", "preview", "local.files.parts", "--filter", "1=1; drop table parts"),
        ("data", "preview", "nonsense"),
        ("sheet", "create", "S", "--table", "local.files.parts", "--item-id", "color"),
        ("sheet", "create", "S", "--table", "local.files.parts", "--item-id", "broken"),
        ("sheet", "show", "nope"),
        ("template", "show", "nope"),
        ("template", "import", "missing.json"),
    ],
)
def test_bad_input_fails_with_a_sentence_and_changes_nothing(ontos: Ontos, parts: Path, words: tuple[str, ...]) -> None:
    ontos("data", "add", parts)
    output = ontos(*words, fails=1)
    assert output.err.startswith("Error: ")
    assert "Traceback" not in output.err
    assert ontos("sheet", "list", as_json=True).json == []
    assert ontos("data", "list", as_json=True).json[0]["rows"] == 3


@pytest.mark.parametrize(
    "words",
    [
        ("nope",),
        ("label",),
        ("sheet", "create", "S"),
        ("sheet", "edit", "S"),
        ("generate", "S", "--template", "T", "--mode", "magic"),
        ("data", "preview", "x", "--limit", "0"),
        ("feedback", "add", "R"),
        ("feedback", "add", "R", "--good", "--bad"),
        ("monitor", "E", "--bucket", "year"),
        ("seed", "--color"),
    ],
)
def test_wrong_usage_is_2(ontos: Ontos, words: tuple[str, ...]) -> None:
    refused = ontos(*words, fails=2)
    assert refused.err and not refused.out
    document = ontos(*words, as_json=True, fails=2).json
    assert document["error"]["what"] and document["error"]["todo"].startswith("List its options: ontos")


def test_a_template_is_imported_once_shown_and_published(ontos: Ontos, tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text(json.dumps(TEMPLATE), encoding="utf-8")
    first = ontos("template", "import", file, as_json=True).json
    assert first["status"] == "draft"
    assert ontos("template", "import", file, "--publish", as_json=True).json["id"] == first["id"]
    assert ontos("template", "publish", "Broken part", fails=1).err
    shown = ontos("template", "show", "Broken part").out
    assert "{{ speed_rpm }}" in shown
    assert "published" in shown
    assert len(ontos("template", "list", as_json=True).json) == 1


def test_hostile_data_reaches_no_terminal(ontos: Ontos, tmp_path: Path) -> None:
    path = tmp_path / "hostile.csv"
    path.write_text("name,text\n\x1b]52;c;aGk=\x07,\x9b31m\u202eevil\x7f\n", encoding="utf-8")
    ontos("data", "add", path)
    for output in (ontos("data", "preview", "local.files.hostile"), ontos("data", "list")):
        assert all(character == "\n" or character.isprintable() for character in output.out)
    fields = ontos("data", "preview", "local.files.hostile", as_json=True).json["items"][0]["fields"]
    assert fields == {"name": "\x1b]52;c;aGk=\x07", "text": "\x9b31m\u202eevil\x7f"}


def test_doctor_finds_a_sound_workspace_sound(ontos: Ontos) -> None:
    findings = {finding["name"]: finding for finding in ontos("doctor", as_json=True).json}
    expected = {"python", "workspace", "write", "schema", "disk", "sample data", "settings"}
    assert set(findings) == expected | {"database", "counts", "models", "copies"}
    assert all(finding["ok"] for finding in findings.values())


def test_doctor_says_what_is_wrong_and_what_to_do(
    ontos: Ontos, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home.mkdir()
    (home / "ontos.db").write_bytes(b"this is no database, whatever its name says" * 100)
    monkeypatch.setenv("ONTOS_SYNTHETIC_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setenv("ONTOS_CHAT_BASE_URL", "http://127.0.0.1:9/v1")
    findings = {finding["name"]: finding for finding in ontos("doctor", as_json=True, fails=1).json}
    wrong = {name for name, finding in findings.items() if not finding["ok"]}
    assert wrong == {"workspace", "schema", "database", "sample data", "chat endpoint"}
    assert all(findings[name]["todo"] for name in wrong)
    assert (home / "ontos.db").read_bytes().startswith(b"this is no database"), "the file was left alone"
    assert "fail  workspace" in ontos("doctor", fails=1).out


def test_streams_become_windows(ontos: Ontos, tmp_path: Path) -> None:
    path = tmp_path / "engines.txt"
    path.write_text("".join(f"{unit} {at} {at * 2.5}\n" for unit in (1, 2) for at in range(6)))
    assert ontos("data", "add", path, "--names", "unit,cycle", fails=1).err.startswith("Error: 2 names are given")
    added = ontos("data", "add", path, "--names", "unit,cycle,heat", as_json=True).json
    assert added[0]["format"] == "spaced"
    words = ("--table", "engines", "--window-size", 3, "--group", "unit", "--order", "cycle")
    output = ontos("sheet", "create", "Engines", *words, "--window-label", "heat=last").out
    assert "windows of 3 rows, every 3, of each unit by cycle, none across more than 10; labels: last heat" in output
    assert "4 items" in output
    assert ontos("sheet", "show", "Engines", as_json=True).json["page"]["items"][1]["ref"] == "1@3"
    ontos("sheet", "create", "No", *words, "--window-label", "heat=first", fails=2)
    ontos("sheet", "edit", "Engines", "--window-step", 1)
    assert "8 items" in ontos("sheet", "show", "Engines").out
    ontos("sheet", "edit", "Engines", "--window-size", 0)
    assert "12 items" in ontos("sheet", "show", "Engines").out


@deep  # tests/services/guide seeds each of them in any case
def test_all_use_cases_can_be_seeded_with_pairs(ontos: Ontos) -> None:
    reports = ontos("seed", "--all", "--pairs", 12, as_json=True).json
    assert len(reports) == 6
    assert {report["pairs"] for report in reports} == {12}
    assert ontos("seed", "--all", "--pairs", 12).out.count("nothing was changed") == 6
    assert all(case["seeded"] for case in ontos("seed", "--list", as_json=True).json)
    ontos("seed", "defect_detection", "--all", fails=2)
    ontos("seed", "--pairs", 3, fails=2)
