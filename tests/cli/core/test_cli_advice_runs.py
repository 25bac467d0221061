"""The commands that messages and help texts name do work: each is run on a workspace where what it names exists."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli_advice import FILLED, every_named_command
from ontos_tui.cli.app import run
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.records.serving import Origin
from ontos_tui.services.label.labeling_jobs.task_split import Choice
from ontos_tui.services.label.service import Decision
from ontos_tui.workspace import Workspace

RUN_ELSEWHERE = {
    "--keys": "tests/cli/admin/test_cli_start.py",
    "alerts watch": "tests/cli/monitor/test_cli_drift.py",
    "data browse": "tests/cli/admin/test_cli_doctor.py",
    "demo": "tests/cli/admin/test_cli_start.py",
    "doctor": "tests/cli/admin/test_cli_doctor.py",
    "doctor --start": "tests/cli/admin/test_cli_doctor.py",
    "examples import FILE": "tests/cli/generate/test_cli_examples.py",
    "gaps task GAP": "tests/cli/improve/test_cli_gaps.py",
    "generate SHEET --template T --mode ai": "tests/cli/improve/test_cli_loop.py",
    "generate SHEET --template T --mode column": "tests/cli/improve/test_cli_loop.py",
    "generate SHEET -t T --mode ai": "tests/cli/improve/test_cli_loop.py",
    "jobs cancel JOB": "tests/cli/admin/test_cli_jobs.py",
    "jobs resume JOB": "tests/cli/admin/test_cli_jobs.py",
    "labelset add-class LABELSET NAME": "tests/cli/label/test_cli_labelsets.py",
    "labeling claim JOB": "tests/cli/label/test_cli_labeling.py",
    "labeling submit x1": "tests/cli/label/test_cli_labeling.py",
    "restore FILE": "tests/cli/admin/test_cli_backup.py",
    "seed": "tests/cli/data/test_cli_data.py",
    "serve": "tests/services/deploy/test_answering.py",
    "serve --stop": "tests/cli/core/test_cli_json.py",
    "sync": "tests/cli/admin/test_cli_sync.py",
    "sync --conflict ID --keep mine": "tests/cli/admin/test_cli_sync.py",
    "sync --conflicts": "tests/cli/admin/test_cli_sync.py",
    "sync --dismiss ID": "tests/cli/admin/test_cli_sync.py",
    "sync --move-to-log": "tests/cli/admin/test_cli_sync.py",
    "sync --start": "tests/cli/admin/test_cli_sync.py",
    "sync --start --other-log": "tests/cli/admin/test_cli_sync.py",
    "sync --undo": "tests/cli/admin/test_cli_sync.py",
    "sync --verify --repair": "tests/cli/admin/test_cli_sync.py",
    "template import FILE": "tests/cli/data/test_cli_data.py",
    "track": "tests/cli/core/test_cli_json.py",
    "train SHEET --group COLUMN": "tests/cli/train/test_cli_splitting.py",
    "train TRAINING_SHEET": "tests/cli/improve/test_cli_loop.py",
    "training-sheets restore x1": "tests/cli/train/test_cli_nouns.py",
}
"""Named commands that need a team, a job, a server or a state of their own: they run in the tests named here."""

NO_COMMAND = {
    "--help": "with -h in tests/cli/admin/test_cli_start.py",
    "deploy --start x1": "starts a server: `deploy MODEL` and `serve` are run",
    "label": "names the group",
    "sheets show": "the former name of a group, in words",
}
"""What looks like a command in a text."""

AS_RUN = {
    "alerts add parts error_rate above 0.05 --for 10": "alerts add {ENDPOINT} error_rate above 0.05 --for 10",
    "deploy x1:x1": "deploy {MODEL} --despite REASON",
    "drift x1": "drift {ENDPOINT}",
    "floors set MODEL recall 0.9 --class CLASS": "floors set {ENDPOINT} recall 0.9 --class {CLASS}",
    "floors set defects recall 0.9 --class crack": "floors set {ENDPOINT} recall 0.9 --class {CLASS}",
    "label decide x1 approve": "label decide {PAIR} approve",
    "label next x1": "label next {TRAINING_SHEET}",
    "labeling create NAME --training-sheet T": "labeling create {NAME} --training-sheet {TRAINING_SHEET} --again",
    "label views x1": "label views {TRAINING_SHEET}",
    "monitor x1 --requests 10": "monitor {ENDPOINT} --requests 10",
    "query x1 --item ITEM": "query {ENDPOINT} --item {ITEM}",
    "sheet show x1": "sheet show {SHEET}",
}
"""Commands with an example's name, or with a field of an f-string, as they are run here."""


@pytest.fixture
def there(home: Path, tmp_path: Path) -> Mapping[str, str]:
    """What the capital letters in advice stand for, in a workspace with sample data and a model that answers."""
    assert run(["seed", "anomaly_detection", "--pairs", "60"], home) == 0
    file = tmp_path / "parts.csv"
    file.write_text("part,width\n" + "".join(f"P-{number},{number}\n" for number in range(12)), encoding="utf-8")
    with Workspace(home) as workspace:
        training = workspace.label.queue.training_sheets()[0].sheet
        params = {"training_sheet_id": training.id, "base_model": "nearest", "name": "wear"}
        model = workspace.train.models.run(params, "j1", NoProgress())
        workspace.deploy.endpoints.deploy(model.id, "live", despite="a test")
        pair, *others = workspace.label.queue.open(training.id)[:9]
        workspace.label.queue.decide([Decision(one.id, Verdict.REOPEN) for one in others])
        sheet = workspace.data.sheets.sheet(training.sheet_id)
        job = workspace.label.jobs.create("Review", training_sheet=training.id, choice=Choice(status=None, again=True))
        labeled = workspace.label.queue.pair(pair.id)
        (request,) = workspace.deploy.endpoints.query("live", [labeled.source_data], origin=Origin.CLI)
        return {
            "JOB": job.id,
            "TASK": workspace.label.jobs.tasks(job.id)[0].task.id,
            "REQUEST": request.request_id,
            "CLASS": next(value for value in (labeled.answer or {}).values() if isinstance(value, str)),
            "TRAINING_SHEET": training.id,
            "T": training.template_id,
            "TEMPLATE": training.template_id,
            "SHEET": sheet.id,
            "ADDRESS": sheet.source_table,
            "MODEL": model.id,
            "ENDPOINT": "live",
            "PAIR": pair.id,
            "ITEM": pair.item_ref,
            "FILE": str(file),
            "NAME": "advised",
        }


def test_named_commands_run(home: Path, there: Mapping[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    count, failures = 0, []
    for words in sorted({words for _, words in every_named_command()}):
        text = AS_RUN.get(words, words).format_map(there)
        arguments = [there.get(word, word) for word in shlex.split(text)]
        if words in {**RUN_ELSEWHERE, **NO_COMMAND} or any(FILLED in word for word in arguments):
            continue
        count += 1
        capsys.readouterr()
        if code := run(arguments, home):
            failures.append(f"ontos {words} ended with {code}: {capsys.readouterr().err}")
    assert not failures, "\n".join(failures)
    assert count > 45


@pytest.mark.parametrize(("words", "test"), RUN_ELSEWHERE.items())
def test_what_is_not_run_here_runs_in_another_test(words: str, test: str) -> None:
    text = (Path(__file__).parents[3] / test).read_text(encoding="utf-8")
    missing = [
        word
        for word in shlex.split(words)
        if word.islower() and word not in ("-t", "x1") and f'{word}"' not in text and f'"{word}' not in text
    ]
    assert not missing
    assert words in {named for _, named in every_named_command()}, "no text names it any more"
