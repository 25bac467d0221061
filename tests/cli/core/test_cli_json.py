"""Every command's --json output is documented field by field, and is as documented."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from builders.defects import change_pair, labeled_sheet
from builders.folders import log_folder
from builders.severity import MAJOR, MINOR, unlabeled_sheet
from builders.votes import labeling_job, vote
from cli_documents import command_of
from command_result import Ontos, Result
from ontos_tui.cli.app import command_tree
from ontos_tui.cli.json_documents import DOCUMENTS, error_schema, schema_of
from ontos_tui.workspace import Workspace

DOCS = Path(__file__).resolve().parents[3] / "docs"
ROOT: Any = command_tree()

TEAM = {"track", "data browse", "sync"}
"""Commands that need a team's workspace or MLflow: tests/cli/admin/test_cli_sync.py and test_cli_databricks.py."""


def commands(group: Any = ROOT, path: tuple[str, ...] = ()) -> set[str]:
    if not hasattr(group, "commands"):
        return {" ".join(path)}
    shown = {name: one for name, one in group.commands.items() if not one.hidden}
    return {name for word, one in shown.items() for name in commands(one, (*path, word))}


def test_every_command_is_documented_and_no_other() -> None:
    assert set(DOCUMENTS) == commands()


def test_the_page_is_made_from_the_types() -> None:
    page = runpy.run_path(str(DOCS / "json_page.py"))["page"]()
    assert (DOCS / "json.md").read_text(encoding="utf-8") == page, "run: python docs/json_page.py"


@pytest.mark.parametrize("command", sorted(DOCUMENTS))
def test_a_schema_is_a_schema_and_refuses_other_fields(command: str) -> None:
    schema = schema_of(command)
    jsonschema.Draft202012Validator.check_schema(schema)
    for part in [schema, *schema.get("$defs", {}).values()]:
        if "properties" in part:
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])
    assert not jsonschema.Draft202012Validator(error_schema()).is_valid({"error": {"what": "", "todo": "", "more": 1}})


def test_wrong_usage_before_any_command_is_json_too(home: Path) -> None:
    for words in (["--json", "--home="], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "ontos_tui", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 2 and done.stderr
        jsonschema.validate(json.loads(done.stdout), error_schema())
    assert not home.exists()


class Walk:
    """Runs commands with --json, and remembers which; each document is held against its schema by `ontos`."""

    def __init__(self, ontos: Ontos) -> None:
        self._ontos = ontos
        self.seen: set[str] = set()

    def __call__(self, line: str, *more: object, fails: int = 0) -> Any:
        words = [*line.split(), *map(str, more)]
        self.seen.add(command_of(words))
        result: Result = self._ontos(*words, as_json=True, fails=fails)
        return json.loads(result.out)


def test_every_command_prints_what_is_documented(
    ontos: Ontos, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = Walk(ontos)
    monkeypatch.setattr("ontos_tui.services.data.folder_tables.watch.SETTLE", 0.0)
    _walk_data(walk, tmp_path)
    _walk_label(walk, home, tmp_path)
    _walk_labeling(walk, home, monkeypatch)
    _walk_models(walk, tmp_path)
    walk("backup", tmp_path / "backup.zip")
    walk("restore", tmp_path / "backup.zip")
    assert walk.seen == commands() - TEAM


def _walk_data(walk: Walk, folder: Path) -> None:
    table = folder / "parts.csv"
    table.write_text("part,speed,broken\n" + "".join(f"P{n},{n},{'yes' if n > 5 else 'no'}\n" for n in range(12)))
    template = folder / "t.json"
    schema = {"type": "object", "properties": {"broken": {"enum": ["yes", "no"]}}, "required": ["broken"]}
    template.write_text(
        json.dumps({"name": "T", "label_type": "broken", "user_prompt": "{{ part }}?", "output_schema": schema})
    )
    walk("demo --seed-only")
    walk("seed")
    walk("status")
    walk("doctor")
    walk("schema gaps list")
    walk("settings list")
    walk("settings set actor ana")
    assert walk("data add", table)[0]["columns"][0]["name"] == "part"
    walk("data")
    walk("data preview local.files.parts")
    walk("data report parts")
    walk("data quality parts")
    assert walk("data add", log_folder(folder / "logs"))[0]["folder"]["kind"] == "tables"
    walk("watch --once", folder / "logs")
    walk("data compute parts", "twice = part")
    walk("data compute parts --remove twice")
    other = folder / "more.csv"
    other.write_text("part,batch\nP1,1\nP2,2\n")
    walk("data add", other)
    walk("data join parts more --on part")
    walk("data unjoin parts_more")
    walk("sheet create S --table local.files.parts --item-id part")
    walk("sheet edit S --use-case u")
    walk("sheet list")
    walk("sheet show S")
    walk("sheet create Other --table local.files.parts")
    walk("sheet duplicate Other --name More")
    walk("sheet roles Other")
    walk("sheet delete Other")
    walk("template import", template)
    walk("template publish T")
    walk("template list")
    walk("template show T")
    walk("template create U", "--prompt", "{{ part }}: broken?", "--answer", "broken = yes | no", "--label-type", "u")
    walk("template edit U", "--description", "by hand")
    walk("template try U --sheet S")
    walk("template publish U")
    newer = walk("template new-version U")
    walk("template diff U")
    walk("template delete", newer["id"])
    walk("template archive U")
    answer = ("--answer", json.dumps({"broken": "no"}), "--name", "whole")
    walk("examples add --label-type broken --input", json.dumps({"part": "P1"}), *answer)
    walk("examples list")
    walk("examples export --out", folder / "examples.jsonl")
    walk("examples import", folder / "examples.jsonl")
    walk("examples remove whole")
    walk("generate S -t T --mode column --column broken --preview 2")
    walk("generate S -t T --mode column --column broken --review")
    (row,) = walk("assemblies")
    sheet = row["training_sheet"]["id"]
    walk("assembly show", sheet)
    assert walk("training-sheets archive", sheet)["status"] == "archived"
    assert walk("training-sheets list") == []
    assert walk("label stats") == []
    assert "restore" in walk("generate S -t T --mode manual", fails=1)["error"]["todo"]
    assert walk("training-sheets list --archived")[0]["training_sheet"]["id"] == sheet
    assert walk("training-sheets restore", sheet)["status"] == "review"
    (pair,) = walk("label next --training-sheet-id", sheet)
    walk("label decide", pair["id"], "approve")
    walk("label export", sheet)
    walk("label export --history", sheet)
    walk("export", sheet, "--out", folder / "pairs.jsonl")
    walk("export", sheet, "--preview")
    walk("export", sheet, "--history", "--out", folder / "history.jsonl")
    decisions = folder / "decisions.jsonl"
    decisions.write_text('{"item_ref": "P3", "verdict": "approve"}\n')
    walk("label apply", sheet, decisions)
    decided = folder / "decisions.csv"
    decided.write_text("item_ref,answer_broken\nP4,no\n")
    walk("import", decided, "--to", sheet)
    walk("label undo", sheet)
    name = walk("labelset from-template T")["name"]
    walk("labelset publish", name)


def _walk_label(walk: Walk, home: Path, folder: Path) -> None:
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 120)
        change_pair(workspace.store, sheet, "P0042", answer={"defect": "none", "severe": False})
    walk("label hints Defects --kind suspect --kind duplicate")
    (hint, *_) = walk("label hints Defects --show")["hints"]
    walk("label groups Defects")
    walk("label dismiss-hint", hint["pair_id"], hint["kind"])
    walk("label clear-hints Defects")
    walk("label save-view Defects new --status unlabeled")
    walk("label views Defects")
    walk("label delete-view Defects new")
    walk("label labelers", sheet.id)
    walk("label items S --label-type broken")
    label = walk("label put S P9 --label-type broken --answer", '{"broken": "no"}')["id"]
    walk("label edit", label, "--answer", '{"broken": "yes"}')
    walk("label labels --sheet S")
    walk("label versions", label)
    walk("label restore", label, 1)
    walk("label constrain", label, "--free")
    walk("label export-labels", folder / "labels.jsonl", "--sheet", "S")
    walk("label import-labels", folder / "labels.jsonl")
    walk("label remove", label)
    walk("labelset create L --label-type broken --field broken --class yes:y --class no")
    walk("labelset add-class L unsure")
    walk("labelset list")
    walk("labelset publish L")
    walk("labelset show L")
    walk("labelset coverage L")
    walk("labelset new-version L")
    walk("labelset archive L")
    walk("labelset create Unused --label-type other --field broken --class yes")
    walk("labelset delete Unused")


def _walk_labeling(walk: Walk, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, 4)
    walk("labeling create J --batch-size 2 --review --assembly", sheet.id)
    walk("labeling activate J")
    first = walk("labeling claim J")["id"]
    (item, *_) = walk("labeling next", first)
    walk("labeling decide", item["id"], "approve")
    walk("labeling undo", first)
    walk("labeling undo", first)
    walk("labeling release", first)
    walk("labeling assign", first, "bo")
    walk("labeling prioritize", first, "high", "--due", "2030-01-31")
    monkeypatch.setenv("ONTOS_ACTOR", "bo")
    walk("labeling mine")
    for one in walk("labeling next --count 9", first):
        walk("labeling decide", one["id"], "approve")
    walk("labeling submit", first)
    monkeypatch.setenv("ONTOS_ACTOR", "ana")
    walk("labeling review", first, "approve")
    walk("labeling show J")
    walk("labeling pause J")
    walk("labeling list")
    walk("labeling complete J --force")
    walk("labeling archive J")
    walk("labeling create Draft --training-sheet", sheet.id, "--again")
    walk("labeling delete Draft")
    walk("labeling own S", walk("labelset list --search T")[0]["id"])
    with Workspace(home) as workspace:
        job = labeling_job(workspace, 3, sheet=sheet)
        vote(workspace, "ben", job, {"item-4": MAJOR})
        vote(workspace, "eva", job, {"item-4": MINOR})
    walk("label agreement", job.id)
    (disputed,) = walk("label disagreements", job.id)
    walk("label adjudicate", job.id, disputed["item_ref"], "--answer", json.dumps(MAJOR))
    walk("label undo-adjudication", job.id)


def _walk_models(walk: Walk, folder: Path) -> None:
    walk("train Defects --estimate")
    job = walk("train Defects --name defects")["id"]
    walk("jobs wait", job)
    walk("jobs list")
    walk("jobs show", job)
    walk("models list")
    walk("models show defects")
    walk("models note defects good")
    walk("models archive defects")
    walk("models unarchive defects")
    walk("models card defects")
    walk("training-sheets card Defects")
    case = walk("cases add Defects P0001")["id"]
    walk("cases list")
    walk("cases remove", case)
    walk("floors set defects accuracy 0.1")
    walk("floors list")
    walk("floors remove defects accuracy")
    walk("deploy")
    walk("deploy defects --name live")
    walk("endpoints")
    walk("endpoints show live")
    walk("query live")
    (request,) = walk("query live --item P0001")
    walk("query live --input", "{}", fails=1)
    (folder / "scored.csv").write_text("voltage,line\n1.5,north\n")
    walk("predict live", folder / "scored.csv", "--out", "answers")
    walk("serve --stop")
    _walk_monitor(walk, request["request_id"])
    one, other, third = (walk("feedback add", request["request_id"], "--bad")["id"] for _ in range(3))
    walk("feedback list")
    walk("feedback stats")
    walk("feedback flag", one)
    walk("feedback dismiss", other)
    walk("feedback convert", third)
    walk("feedback show", third)
    for action in ("flag", "convert", "dismiss"):
        walk(f"feedback bulk-{action}")
    walk("retrain live --preview")
    walk("improve curve defects")
    _walk_gaps(walk, folder)
    watch = walk("alerts watch --job")["id"]
    walk("jobs cancel", watch)
    walk("jobs wait", watch, fails=1)
    walk("jobs resume", watch)
    walk("jobs cancel", watch)


def _walk_monitor(walk: Walk, request: str) -> None:
    walk("monitor live --requests 5")
    walk("monitor live --compare 1 1", fails=1)
    walk("monitor live --near", request)
    walk("monitor live --watch --once")
    walk("drift live")
    rule = walk("alerts add live latency above 0.0001 --minimum 1")["id"]
    walk("alerts rules")
    walk("alerts edit", rule, "--severity", "low")
    (change,) = walk("alerts watch --once")
    walk("alerts list")
    walk("alerts acknowledge", change["alert"]["id"])
    walk("alerts resolve", change["alert"]["id"])
    walk("alerts remove", rule)


def _walk_gaps(walk: Walk, folder: Path) -> None:
    old = folder / "old"
    old.mkdir()
    gap = {"gap_id": "g-1", "gap_type": "coverage", "severity": "low", "description": "few", "model_name": "defects"}
    (old / "identified_gaps.jsonl").write_text(json.dumps(gap))
    walk("import old-web", old)
    walk("gaps analyze defects")
    walk("gaps")
    walk("gaps show g-1")
    walk("gaps update g-1 --severity high")
    task = walk("gaps task g-1")["task"]["id"]
    walk("tasks")
    walk("tasks show", task)
    walk("tasks update", task, "--priority", "high")
    walk("tasks assign", task, "bo")
    walk("tasks fill", task)
    walk("tasks open", task)
