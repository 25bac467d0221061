"""The loop by commands: pairs, decisions, a model, an endpoint, feedback, and the model again."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from command_result import Ontos
from tiers import deep

ROOT = Path(__file__).resolve().parents[3]

TEMPLATE = {
    "name": "Broken part",
    "label_type": "broken",
    "user_prompt": "Part {{ part }} at {{ speed_rpm }} rpm and {{ heat }} °C. Is it broken?",
    "output_schema": {"type": "object", "properties": {"broken": {"enum": ["yes", "no"]}}, "required": ["broken"]},
    "feature_columns": ["speed [rpm]", "heat"],
}


@pytest.fixture
def sheet(ontos: Ontos, tmp_path: Path) -> str:
    """A sheet of 80 parts that break when they are fast and hot, and a template that asks for it."""
    lines = ["part,speed [rpm],heat,broken"]
    for number in range(80):
        speed, heat = number * 37 % 100, number * 53 % 90
        lines.append(f"P{number:02},{speed},{heat},{'yes' if speed > 50 and heat > 30 else 'no'}")
    data, template = tmp_path / "parts.csv", tmp_path / "broken.json"
    data.write_text("\n".join(lines), encoding="utf-8")
    template.write_text(json.dumps(TEMPLATE), encoding="utf-8")
    ontos("data", "add", data)
    ontos("sheet", "create", "Parts", "--table", "local.files.parts", "--item-id", "part")
    ontos("template", "import", template, "--publish")
    return "Parts"


def generated(ontos: Ontos, sheet: str, *words: str) -> Any:
    return ontos("generate", sheet, "--template", "Broken part", *words, as_json=True).json


def test_a_preview_keeps_nothing(ontos: Ontos, sheet: str) -> None:
    pairs = generated(ontos, sheet, "--mode", "column", "--column", "broken", "--preview", "2")
    assert [pair["proposal"] for pair in pairs] == [{"broken": "no"}, {"broken": "no"}]
    assert "P00" in ontos("generate", sheet, "-t", "Broken part", "--mode", "manual", "--preview", "1").out
    assert ontos("label", "stats", as_json=True).json == []


def test_pairs_are_decided_one_by_one_by_file_and_taken_back(ontos: Ontos, sheet: str, tmp_path: Path) -> None:
    report = generated(ontos, sheet, "--mode", "column", "--column", "broken", "--review", "--limit", "6")
    assert report["created"] == 6
    first, second = ontos("label", "next", sheet, "--count", "2", as_json=True).json
    assert first["proposal"] == {"broken": "no"}
    ontos("label", "decide", first["id"], "approve")
    ontos("label", "decide", second["id"], "edit", "--answer", '{"broken": "yes"}')
    decisions = tmp_path / "decisions.jsonl"
    decisions.write_text('{"item_ref": "P02", "verdict": "approve"}\n{"item_ref": "P03", "verdict": "reject"}\n')
    ontos("label", "apply", sheet, decisions)

    def counts() -> tuple[int, int, int]:
        (view,) = ontos("label", "stats", sheet, as_json=True).json
        return view["counts"]["unlabeled"], view["counts"]["labeled"], view["counts"]["rejected"]

    assert counts() == (2, 3, 1)
    ontos("label", "undo", sheet)
    assert counts() == (4, 2, 0)
    lines = ontos("label", "export", sheet).out.splitlines()
    assert [json.loads(json.loads(line)["messages"][-1]["content"]) for line in lines] == [
        {"broken": "no"},
        {"broken": "yes"},
    ]
    out = tmp_path / "pairs.jsonl"
    assert ontos("label", "export", "--assembly", sheet, "--out", out, as_json=True).json["pairs"] == 2
    assert len(out.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("label", "decide", "PAIR", "edit", "--answer", '{"broken": "perhaps"}'),
        ("label", "decide", "PAIR", "edit", "--answer", "{not JSON"),
        ("label", "decide", "PAIR", "edit", "--answer", "@missing.json"),
        ("label", "decide", "nope-nope", "approve"),
        ("label", "apply", "Parts", "missing.jsonl"),
        ("label", "next", "nope"),
        ("train", "Parts"),
        ("generate", "Parts", "--template", "nope", "--mode", "ai"),
        ("generate", "nope", "--template", "Broken part", "--mode", "ai"),
        ("deploy", "nope"),
        ("query", "nope", "--input", "{}"),
        ("monitor", "nope"),
        ("retrain", "nope"),
        ("feedback", "add", "nope-nope", "--good"),
        ("feedback", "convert", "nope-nope"),
        ("jobs", "show", "nope-nope"),
    ],
)
def test_what_cannot_be_done_is_reported_and_nothing_changes(ontos: Ontos, sheet: str, words: tuple[str, ...]) -> None:
    generated(ontos, sheet, "--mode", "manual", "--limit", "3")
    (pair,) = ontos("label", "next", sheet, as_json=True).json
    before = ontos("label", "stats", as_json=True).out
    output = ontos(*(pair["id"] if word == "PAIR" else word for word in words), fails=1)
    assert output.err.startswith("Error: ")
    assert "went wrong" not in output.err
    assert ontos("label", "stats", as_json=True).out == before
    assert ontos("jobs", "list", as_json=True).json == []


def test_generation_in_the_background_is_a_job(ontos: Ontos, sheet: str) -> None:
    words = ("generate", sheet, "-t", "Broken part", "--mode", "column", "--column", "broken", "--background")
    job = ontos(*words, as_json=True).json
    finished = ontos("jobs", "wait", job["id"], as_json=True).json
    assert finished["status"] == "succeeded"
    assert ontos("label", "stats", as_json=True).json[0]["counts"]["labeled"] == 80


def test_from_labels_to_a_retrained_model(ontos: Ontos, sheet: str, tmp_path: Path) -> None:
    report = generated(ontos, sheet, "--mode", "column", "--column", "broken", "--limit", "60")
    training_sheet = report["training_sheet"]["id"]
    plan = ontos("train", sheet, "--estimate", as_json=True).json
    assert plan["readiness"]["ready"]
    assert plan["estimate"]["basis"]
    assert ontos("jobs", "list", as_json=True).json == [], "an estimate starts nothing"

    model = ontos("train", training_sheet, "--wait", "--name", "broken", as_json=True).json
    assert (model["name"], model["version"]) == ("broken", 1)
    assert "broken:1" in ontos("deploy").out
    ontos("deploy", "broken:1", "--name", "parts")
    assert ontos("query", "parts", as_json=True).json["input_fields"] == ["speed [rpm]", "heat"]
    row = {"speed [rpm]": 90, "heat": 80}
    (record,) = ontos("query", "parts", "--input", json.dumps(row), as_json=True).json
    assert record["output"] == {"broken": "yes"}
    misfit = ontos("query", "parts", "--input", '[{"heat": 3}]', as_json=True, fails=1)
    assert misfit.json[0]["status_code"] == 400
    assert "speed [rpm]" in misfit.err
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps({"dataframe_records": [row, row]}))
    assert len(ontos("query", "parts", "--input", f"@{rows}", as_json=True).json) == 2
    ontos("query", "parts", "--item", "P05")

    ontos("feedback", "add", record["request_id"], "--bad", "--correction", '{"broken": "maybe"}', fails=1)
    said = ontos("feedback", "add", record["request_id"][:8], "--bad", "--correction", '{"broken": "no"}', as_json=True)
    seen = ontos("monitor", "parts", "--bucket", "minute", "--requests", "9", as_json=True).json
    assert (seen["summary"]["requests"], seen["summary"]["ratings"], seen["summary"]["corrections"]) == (5, 1, 1)
    assert sum(point["requests"] for point in seen["points"]) == 5
    lines = ontos("monitor", "parts").out.splitlines()
    assert [line.split()[0] for line in lines if "no data yet" in line] == ["drift"], "which needs 30 requests"

    first = ontos("feedback", "convert", said.json["id"], as_json=True).json
    again = ontos("feedback", "convert", said.json["id"], as_json=True).json
    assert (first["status"], again["status"]) == ("created", "exists")
    assert first["curation_item_id"] == again["curation_item_id"]
    (waiting,) = ontos("label", "next", training_sheet, as_json=True).json
    assert (waiting["id"], waiting["proposal"]) == (first["curation_item_id"], {"broken": "no"})
    ontos("label", "decide", waiting["id"], "approve")
    generated(ontos, sheet, "--mode", "column", "--column", "broken")

    assert ontos("retrain", "parts", "--preview", as_json=True).json["changes"]["new"] == 21
    output = ontos("retrain", "parts", "--wait").out
    assert output.startswith("21 new")
    ontos("deploy", "broken", "--name", "parts")
    assert ontos("deploy", "--roll-back", "parts", as_json=True).json["model"]["version"] == 1
    ontos("deploy", "--stop", "parts")
    ontos("query", "parts", "--input", json.dumps(row), fails=1)
    ontos("status")


@deep  # some forty processes, one after the other
def test_the_ten_steps_end_to_end(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [ROOT / "tests/ten_steps.sh", str(tmp_path / "workspace")],
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "PYTHON": sys.executable, "ONTOS_SERVE_PORT": str(port)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        output, _ = process.communicate(timeout=1_200)
    assert process.returncode == 0, output
    assert [int(number) for number in re.findall(r"^──── (\d+)", output, re.MULTILINE)] == list(range(1, 11))
    assert re.search(r"\d+ new.* since v1; .*accuracy 0\.\d+ → 0\.\d+ on the 160 held-out pairs", output), output
    assert "Traceback" not in output
