"""A packed model answers as the model itself does wherever it is loaded, and reading it runs no code."""

from __future__ import annotations

import ast
import json
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from builders.environments import mlflow_python
from builders.models import trained_model
from builders.use_case_models import USE_CASES, UseCaseModel, picture_model, use_case_model
from ontos_tui.domain.errors import InvalidInputError, PlatformError
from ontos_tui.domain.learning import Prediction
from ontos_tui.domain.records.base import now
from ontos_tui.platforms.local.pyfunc.loader import _load_pyfunc
from ontos_tui.platforms.local.pyfunc.package import Packed, pack
from ontos_tui.platforms.scoring_protocol import details_text, read_answer, sendable_row
from tiers import deep

CLOSE = 1e-9
"""The relative difference that a number may have."""


def packed(model: UseCaseModel, folder: Path) -> Packed:
    return pack(model.folder, model.sha256, model.schema, folder, {"MODEL_CARD.md": "# Card"}, now())


def plain(prediction: Prediction) -> Any:
    return json.loads(details_text(prediction))


def close(one: Any, other: Any) -> bool:
    """Whether two answers are equal, numbers up to a relative difference of `CLOSE`."""
    if isinstance(one, float) or isinstance(other, float):
        return abs(one - other) <= CLOSE * max(abs(one), abs(other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(close, one, other))
    return bool(one == other)


def check_answers(model: UseCaseModel, inputs: Any, answers: Sequence[Mapping[str, Any]]) -> None:
    """Each record says what the model on this machine says of the row."""
    features = model.load().features
    rows = [{name: row.get(name) for name in features} for row in model.rows]
    for record, prediction in zip(answers, model.load().predict(rows), strict=True):
        assert close(plain(read_answer(record)), plain(prediction)), (record, prediction)


def sent_rows(model: UseCaseModel, there: Packed) -> list[dict[str, Any]]:
    """The rows as they go to an endpoint."""
    names = [one.name for one in there.inputs]
    return [sendable_row({name: row.get(name) for name in names}, there.inputs) for row in model.rows]


@pytest.fixture
def table_model(home: Path) -> UseCaseModel:
    _, model = trained_model(home)
    rows = [{"voltage": 3.5, "line": "north"}, {"voltage": None, "line": "attic"}, {"voltage": 900, "line": None}]
    return UseCaseModel(home / model.artifact, model.sha256, model.template_snapshot["output_schema"], rows)


def test_a_table_model_answers_as_the_model_itself(table_model: UseCaseModel, tmp_path: Path) -> None:
    there = packed(table_model, tmp_path / "pack")
    loaded = _load_pyfunc(str(there.folder / "data"))
    answers = loaded.predict(sent_rows(table_model, there))
    check_answers(table_model, there.inputs, answers)
    assert [bool(one["outside"]) for one in answers] == [False, True, True]
    assert answers[0]["defect"] in ("crack", "scratch", "none")


def test_a_table_of_pandas_gives_one_and_keeps_whole_numbers_as_words(
    table_model: UseCaseModel, tmp_path: Path
) -> None:
    pandas = pytest.importorskip("pandas")
    there = packed(table_model, tmp_path / "pack")
    loaded = _load_pyfunc(str(there.folder / "data"))
    answers = loaded.predict(pandas.DataFrame(sent_rows(table_model, there)))
    check_answers(table_model, there.inputs, answers.to_dict("records"))
    whole = loaded.predict(pandas.DataFrame({"voltage": [1.0, 2.0], "line": [3, None]}))
    assert [one["value"] for one in _outside(whole["details"][0])] == ["3"]
    with pytest.raises(InvalidInputError, match="lacks the columns 'line'"):
        loaded.predict(pandas.DataFrame({"voltage": [1.0]}))


def _outside(details: str) -> list[dict[str, Any]]:
    return [{"column": one[0], "value": one[1]} for one in json.loads(details)["outside"]]


def test_a_row_that_does_not_fit_has_its_reason_and_the_others_their_answers(
    table_model: UseCaseModel, tmp_path: Path
) -> None:
    there = packed(table_model, tmp_path / "pack")
    loaded = _load_pyfunc(str(there.folder / "data"))
    bad, good = loaded.predict([{"voltage": "abc", "line": "north"}, {"voltage": 1.0, "line": "north"}])
    with pytest.raises(InvalidInputError, match="A number is expected there"):
        read_answer(bad)
    assert read_answer(good).answer["defect"]
    with pytest.raises(InvalidInputError, match="holds 'abc'"):
        sendable_row({"voltage": "abc", "line": "north"}, there.inputs)
    with pytest.raises(InvalidInputError, match="lacks 'line'"):
        sendable_row({"voltage": 1}, there.inputs)


def test_pictures_are_sent_as_bytes_and_no_folder_of_this_machine_is_packed(tmp_path: Path) -> None:
    model = picture_model(tmp_path, "nearest", 16)
    there = packed(model, tmp_path / "pack")
    rows = sent_rows(model, there)
    assert not any("png" in str(row["shot"]) for row in rows)
    loaded = _load_pyfunc(str(there.folder / "data"))
    check_answers(model, there.inputs, loaded.predict(rows))
    for file in there.folder.rglob("*"):
        assert not file.is_file() or str(tmp_path).encode() not in file.read_bytes(), file
    (refused,) = loaded.predict([{"shot": str(tmp_path / "data" / "0.png"), "heat": 1.0}])
    assert "not below the folder" in refused["error"]


def test_a_package_is_whole_and_holds_no_pickle(table_model: UseCaseModel, tmp_path: Path) -> None:
    there = packed(table_model, tmp_path / "pack")
    names = {file.relative_to(there.folder).as_posix() for file in there.folder.rglob("*") if file.is_file()}
    described = {"MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt", "input_example.json"}
    assert described | {"MODEL_CARD.md", "data/packed.json", "data/model/model.json"} <= names
    packed_estimators = zipfile.ZipFile(there.folder / "data" / "model" / "model.skops").namelist()
    assert not [name for name in (*names, *packed_estimators) if name.endswith((".pkl", ".pickle", ".joblib"))]
    assert all("==" in line for line in (there.folder / "requirements.txt").read_text().splitlines())
    altered = there.folder / "data" / "model" / "model.json"
    altered.write_text(altered.read_text().replace("voltage", "current"))
    with pytest.raises(PlatformError, match="checksum differs"):
        _load_pyfunc(str(there.folder / "data"))


def test_the_packed_code_imports_nothing_that_is_not_packed_or_required(
    table_model: UseCaseModel, tmp_path: Path
) -> None:
    there = packed(table_model, tmp_path / "pack")
    code = there.folder / "code"
    for file in code.rglob("*.py"):
        ast.parse(file.read_text("utf-8"))
    assert not (code / "ontos_tui" / "tui").exists()
    assert not (code / "ontos_tui" / "store").exists()
    required = {line.partition("==")[0] for line in there.requirements}
    assert {"mlflow", "numpy", "scikit-learn", "skops", "pydantic"} <= required
    assert not required & {"textual", "duckdb", "httpx", "databricks-sdk"}


PROBE = """
import json, sys
import mlflow
from mlflow.pyfunc import scoring_server
for folder in sys.argv[1:]:
    model = mlflow.pyfunc.load_model(folder + "/pack")
    records = json.load(open(folder + "/body.json"))
    rows = scoring_server.infer_and_parse_data(records, model.metadata.get_input_schema())
    answers = model.predict(rows).to_dict("records")
    assert len(model.predict(model.input_example)) == 1
    json.dump(answers, open(folder + "/answers.json", "w"))
import ontos_tui
print(ontos_tui.__file__)
"""


@deep
@pytest.mark.timeout(1_500)
def test_mlflow_itself_gives_the_same_answers_for_every_use_case(tmp_path: Path) -> None:
    """`mlflow.pyfunc.load_model` where only the pinned requirements are, by the bodies of its scoring server."""
    models = {key: use_case_model(key, tmp_path / key, "extra_trees", 60) for key in USE_CASES}
    models["pictures"] = picture_model(tmp_path / "pictures", "extra_trees", 32)
    packages = {}
    for key, model in models.items():
        packages[key] = there = packed(model, tmp_path / key / "pack")
        body = {"dataframe_records": sent_rows(model, there)}
        (tmp_path / key / "body.json").write_text(json.dumps(body))
    folders = [str(tmp_path / key) for key in models]
    done = subprocess.run([mlflow_python(), "-c", PROBE, *folders], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert "/pack/code/ontos_tui/" in done.stdout
    for key, model in models.items():
        answers = json.loads((tmp_path / key / "answers.json").read_text())
        check_answers(model, packages[key].inputs, answers)
