"""A model's files: `model.json` says everything in plain data, `model.skops` holds the fitted estimators.

Neither can run code when it is read: JSON is data, and skops makes only the types that are allowed here. The sha256 of
model.json names the model, and model.json holds that of model.skops, so one digest vouches for both.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import zipfile
from pathlib import Path
from typing import Any

import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.learning import ELSEWHERE
from ontos_tui.private import FOLDER
from ontos_tui.replacing import part_folder, sync_folder

PLAIN = "model.json"
ESTIMATORS = "model.skops"
TRUSTED = [
    "ontos_tui.learning.models.pls.PartialLeastSquares",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
]
"""The only types beyond skops' own list that our estimators consist of; the splits and Bunch only hold values."""
_READING = threading.Lock()
"""NumPy parses the head of each array with `ast`, which in Python 3.11 may fail where two threads do so at once
(https://github.com/python/cpython/issues/106905)."""


def write(folder: Path, plain: dict[str, Any], estimators: list[Any]) -> str:
    """Put a model into `folder`, all or nothing, and give its sha256. Raises PlatformError when that fails."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        packed = skops.io.dumps(estimators, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
        text = json.dumps({**plain, "estimators": _digest(packed)}, indent=1).encode("ascii")
        with part_folder(folder) as part:
            fresh = part / folder.name
            fresh.mkdir(mode=FOLDER)
            _write(fresh / ESTIMATORS, packed)
            _write(fresh / PLAIN, text)
            if folder.exists():  # what an earlier, interrupted training left there
                shutil.rmtree(folder)
            fresh.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise PlatformError(
            f"The model cannot be written to {folder}: {error.strerror or error}.",
            "Free disk space or correct the permissions there, then train again.",
        ) from error
    return _digest(text)


def read(folder: Path, sha256: str) -> tuple[dict[str, Any], list[Any]]:
    """The plain data and the estimators of the model in `folder`; both are verified before anything of them is used.

    Raises PlatformError when a file is missing, altered or of unexpected content.
    """
    if (folder / ELSEWHERE).exists():
        raise PlatformError(
            "This model was fine-tuned on Databricks, and its files are there.",
            "Deploy it to use it. Its evaluation is stored here.",
        )
    text = _bytes(folder / PLAIN)
    if _digest(text) != sha256:
        raise _altered(folder / PLAIN)
    try:
        plain = json.loads(text)
        expected = plain["estimators"]
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(folder / PLAIN, error) from error
    packed = _bytes(folder / ESTIMATORS)
    if _digest(packed) != expected:
        raise _altered(folder / ESTIMATORS)
    try:
        with _READING:
            estimators = skops.io.loads(packed, trusted=TRUSTED)
    except UntrustedTypesFoundException as error:
        raise PlatformError(
            f"{folder / ESTIMATORS} holds a type that is not allowed in a model: {error}",
            "Do not use this file. Train the model again.",
        ) from error
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError, ImportError, EOFError) as error:
        raise _unreadable(folder / ESTIMATORS, error) from error
    if not isinstance(estimators, list):
        raise _unreadable(folder / ESTIMATORS, TypeError("no list of estimators"))
    return plain, estimators


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PlatformError(
            f"The model's file {path} cannot be read: {error.strerror or error}.",
            "Restore it from a copy, or train the model again.",
        ) from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _altered(path: Path) -> PlatformError:
    return PlatformError(
        f"{path} is not the file that the training wrote: its checksum differs.",
        "Do not use it. Restore it from a copy, or train the model again.",
    )


def _unreadable(path: Path, error: Exception) -> PlatformError:
    return PlatformError(
        f"{path} is not a model of this program ({type(error).__name__}).",
        "It may come from another version of scikit-learn. Train the model again.",
    )
