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

NOT_RUN = {
    "--help": "of the program: tests/cli/admin/test_cli_start.py",
    "--keys": "of the program: tests/cli/admin/test_cli_start.py",
    "alerts watch": "goes on for ever",
    "data browse": "needs Databricks",
    "demo": "opens the app",
    "deploy --start x1": "starts a server",
    "doctor": "ends with an error where something is not installed",
    "doctor --start": "starts a warehouse",
    "gaps task GAP": "needs a gap: tests/cli/improve/test_cli_gaps.py",
    "generate SHEET --template T --mode ai": "starts a job",
    "generate SHEET -t T --mode ai": "starts a job",
    "jobs cancel JOB": "needs a job that runs",
    "jobs resume JOB": "needs a job that failed",
    "label": "names the group",
    "labelset add-class LABELSET NAME": "needs a labelset that is a draft: tests/cli/label/test_cli_labelsets.py",
    "labeling claim JOB": "needs a task that nobody has",
    "labeling submit x1": "needs a task whose items are all decided",
    "restore FILE": "needs a backup: tests/cli/admin/test_cli_backup.py",
    "seed": "lists, or fills a workspace: tests/cli/data",
    "serve": "starts a server",
    "serve --stop": "needs a server",
    "sheets show": "the former name of a group, in words",
    "sync": "needs a team",
    "sync --conflict ID --keep mine": "needs a conflict: tests/cli/admin",
    "sync --conflicts": "needs a team",
    "sync --dismiss ID": "needs a refusal: tests/cli/admin",
    "sync --move-to-log": "needs a team",
    "sync --start": "needs a team",
    "sync --start --other-log": "needs a team",
    "sync --undo": "needs a settled conflict: tests/cli/admin",
    "sync --verify --repair": "needs a team",
    "examples import FILE": "needs a file of examples: tests/services/templates",
    "template import FILE": "needs a template's file: tests/services/templates",
    "track": "needs MLflow's client: tests/services/interchange/test_tracking.py",
    "train SHEET --group COLUMN": "starts a job",
    "train TRAINING_SHEET": "starts a job",
    "training-sheets restore x1": "needs an archived training sheet",
}
"""Named commands that are only parsed here, and why."""

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
        if words in NOT_RUN or any(FILLED in word for word in arguments):
            continue
        count += 1
        capsys.readouterr()
        if code := run(arguments, home):
            failures.append(f"ontos {words} ended with {code}: {capsys.readouterr().err}")
    assert not failures, "\n".join(failures)
    assert count > 45
