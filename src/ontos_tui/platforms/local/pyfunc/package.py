"""A model of this program as a folder in MLflow's format, without a pickle in it, written without MLflow.

The layout is the documented one of an MLflow model with a loader module: `MLmodel` describes it, `code/` holds the
modules that answer, `data/` the model's own files, and the requirements are pinned to what is installed here.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ontos_tui.domain.schema import answer_fields
from ontos_tui.learning.encoding.features import BooleanColumn, CategoryColumn, FeatureColumn, NumericColumn
from ontos_tui.learning.encoding.image_features import ImageColumn
from ontos_tui.learning.models import model_file
from ontos_tui.platforms.local.model_loading import load_model
from ontos_tui.platforms.local.predictor import LocalPredictor
from ontos_tui.platforms.local.pyfunc.code_files import LOADER, needed_code
from ontos_tui.platforms.local.pyfunc.loader import MODEL, PACKED, packed_text
from ontos_tui.platforms.scoring_protocol import (
    DETAILS,
    ERROR,
    OUTSIDE,
    AnswerColumn,
    InputColumn,
    InputKind,
    answer_columns,
)

MLFLOW = "3.17.2"
"""The version of MLflow with which the layout was tried, and which the package asks for."""
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAADklEQVR4nGNogAIGyhgAgIQgAQ2AJGEAAAAASUVORK5CYII="
"""A small gray picture, for the example of an input."""


@dataclass(frozen=True)
class Packed:
    """A written package: what a row and an answer of it hold, and the requirements of where it runs."""

    folder: Path
    inputs: tuple[InputColumn, ...]
    columns: tuple[AnswerColumn, ...]
    requirements: tuple[str, ...]
    size: int


def pack(
    source: Path,
    sha256: str,
    schema: Mapping[str, Any],
    folder: Path,
    documents: Mapping[str, str],
    now: datetime,
) -> Packed:
    """Write the model in `source` as a package into `folder`, which must not exist; `documents` are files beside it.

    Raises PlatformError when the model's files were altered.
    """
    predictor = load_model(source, sha256)
    inputs = input_columns(predictor)
    nothing = {one.name: [None] for one in inputs}
    columns = answer_columns(answer_fields(schema), predictor.predict_columns(nothing, 1))
    code = needed_code()
    requirements = (f"mlflow=={MLFLOW}", *code.requirements)
    for path, file in code.files.items():
        _write(folder / "code" / path, file.read_text("utf-8"))
    packed_sha256 = _copy_model(source, folder / "data" / MODEL)
    _write(folder / "data" / PACKED, packed_text(packed_sha256, [_without_folders(one) for one in inputs], columns))
    for name, text in documents.items():
        _write(folder / name, text)
    example = _example(predictor, inputs)
    _write(folder / "input_example.json", json.dumps(example))
    _write(folder / "serving_input_example.json", json.dumps({"dataframe_split": example}))
    _write(folder / "requirements.txt", "".join(f"{one}\n" for one in requirements))
    _write(folder / "python_env.yaml", _yaml(_python_env()))
    _write(folder / "conda.yaml", _yaml(_conda(requirements)))
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    _write(folder / "MLmodel", _yaml(_mlmodel(inputs, columns, size, now)))
    return Packed(folder, inputs, columns, requirements, size)


def input_columns(predictor: LocalPredictor) -> tuple[InputColumn, ...]:
    """The columns that a model looks at, as the protocol has them."""
    known = {one.name: one for one in predictor.table.columns}
    return tuple(_input(name, known.get(name)) for name in predictor.features)


def _input(name: str, column: FeatureColumn | None) -> InputColumn:
    if isinstance(column, NumericColumn):
        return InputColumn(name, InputKind.NUMBER, column.marks)
    if isinstance(column, ImageColumn):
        return InputColumn(name, InputKind.PICTURE, folders=column.roots)
    return InputColumn(name, InputKind.TEXT)


def _without_folders(column: InputColumn) -> InputColumn:
    return InputColumn(column.name, column.kind, column.marks)


def _copy_model(source: Path, folder: Path) -> str:
    """The model's files without the folders of this machine; gives the digest of its description there."""
    plain = json.loads((source / model_file.PLAIN).read_text("utf-8"))
    for column in plain["features"]:
        if "roots" in column:
            column["roots"] = ["pictures"]
    text = json.dumps(plain, indent=1)
    _write(folder / model_file.PLAIN, text)
    shutil.copyfile(source / model_file.ESTIMATORS, folder / model_file.ESTIMATORS)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _example(predictor: LocalPredictor, inputs: tuple[InputColumn, ...]) -> dict[str, Any]:
    """A row of plausible values that is none of the data: medians, the first word of each column, a gray picture."""
    known = {one.name: one for one in predictor.table.columns}
    return {"columns": [one.name for one in inputs], "data": [[_plausible(known.get(one.name)) for one in inputs]]}


def _plausible(column: FeatureColumn | None) -> Any:
    if isinstance(column, NumericColumn):
        return column.median
    if isinstance(column, ImageColumn):
        return _PIXEL
    if isinstance(column, BooleanColumn):
        return "true"
    return column.categories[0] if isinstance(column, CategoryColumn) and column.categories else "a text"


def _mlmodel(
    inputs: tuple[InputColumn, ...], columns: tuple[AnswerColumn, ...], size: int, now: datetime
) -> dict[str, Any]:
    python = {
        "code": "code",
        "data": "data",
        "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
        "loader_module": LOADER,
        "python_version": platform.python_version(),
    }
    return {
        "flavors": {"python_function": python},
        "mlflow_version": MLFLOW,
        "model_size_bytes": size,
        "model_uuid": uuid.uuid4().hex,
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "pandas_orient": "split",
            "serving_input_path": "serving_input_example.json",
            "type": "dataframe",
        },
        "signature": {"inputs": json.dumps(_taken(inputs)), "outputs": json.dumps(_given(columns)), "params": None},
        "utc_time_created": f"{now:%Y-%m-%d %H:%M:%S.%f}",
    }


def _taken(inputs: tuple[InputColumn, ...]) -> list[dict[str, Any]]:
    types = {InputKind.NUMBER: "double", InputKind.TEXT: "string", InputKind.PICTURE: "string"}
    return [{"type": types[one.kind], "name": one.name, "required": True} for one in inputs]


def _given(columns: tuple[AnswerColumn, ...]) -> list[dict[str, Any]]:
    given = [pair for column in columns for pair in column.types().items()]
    given += [(name, "string") for name in (OUTSIDE, ERROR, DETAILS)]
    return [{"type": kind, "name": name, "required": False} for name, kind in given]


def _python_env() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": ["-r requirements.txt"],
    }


def _conda(requirements: tuple[str, ...]) -> dict[str, Any]:
    return {
        "channels": ["conda-forge"],
        "dependencies": [f"python={platform.python_version()}", "pip", {"pip": list(requirements)}],
        "name": "mlflow-env",
    }


def _yaml(value: Mapping[str, Any]) -> str:
    """YAML of what is plain: JSON's values are YAML's."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, one in value.items():
        if isinstance(one, Mapping):
            lines += [f"{name}:", *(f"  {line}" for line in _lines(one))]
        else:
            lines.append(f"{name}: {json.dumps(one)}")
    return lines


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
