"""A model's files: `model.json` says everything in plain data, `model.skops` holds the fitted estimators.

Neither can run code when it is read: JSON is data, and skops makes only the types that are allowed here. The sha256 of
model.json names the model, and model.json holds that of model.skops, so one digest vouches for both. A backup that a
stranger made has digests that fit; so its archive may not expand to more than ours do, and whatever else it does to the
readers is an error in words.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import threading
import zipfile
from pathlib import Path
from typing import Any

import skops.io
from skops.io.exceptions import UnsupportedTypeException, UntrustedTypesFoundException

from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.learning import ELSEWHERE
from ontos_tui.learning.models.checksums import ESTIMATORS, PLAIN, file_digest
from ontos_tui.private import FOLDER
from ontos_tui.replacing import part_folder, sync_folder

__all__ = ["ESTIMATORS", "PLAIN", "read", "write"]

TRUSTED = [
    "ontos_tui.learning.models.pls.PartialLeastSquares",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
]
"""The only types beyond skops' own list that our estimators consist of; the splits and Bunch only hold values."""
MOST_EXPANDED, MOST_RATIO = 64 << 20, 250
"""An archive may expand to so many bytes, or so many times its own: zeros at our level of compression do 230 times."""
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
    text = _verified(folder / PLAIN, sha256)
    try:
        plain = json.loads(text)
        expected = plain["estimators"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unreadable(folder / PLAIN, error) from error
    packed = _verified(folder / ESTIMATORS, expected)
    try:
        _check_size(packed)
        with _READING:
            estimators = skops.io.loads(packed, trusted=TRUSTED)
    except (UntrustedTypesFoundException, UnsupportedTypeException) as error:
        raise PlatformError(
            f"{folder / ESTIMATORS} holds a type that is not allowed in a model: {_brief(error)}",
            "Do not use this file. Train the model again.",
        ) from error
    except Exception as error:  # hostile bytes have skops, NumPy and zlib raise whatever they raise
        raise _unreadable(folder / ESTIMATORS, error) from error
    if not isinstance(estimators, list):
        raise _unreadable(folder / ESTIMATORS, TypeError("no list of estimators"))
    return plain, estimators


def _check_size(packed: bytes) -> None:
    """Raise ValueError when the archive expands to more than one of ours could."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        expanded = sum(one.file_size for one in archive.infolist())
    if expanded > max(MOST_EXPANDED, MOST_RATIO * len(packed)):
        raise ValueError(f"it expands to {expanded:,} bytes")


def _brief(error: Exception, length: int = 200) -> str:
    """The words of an error on one line."""
    words = " ".join(str(error).split())
    return words if len(words) <= length else words[: length - 1] + "…"


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _verified(path: Path, sha256: Any) -> bytes:
    """The content of a file that has this checksum; it is read only then, however large another one is."""
    try:
        if file_digest(path) != sha256:
            raise _altered(path)
        content = path.read_bytes()
    except OSError as error:
        raise PlatformError(
            f"The model's file {path} cannot be read: {error.strerror or error}.",
            "Restore it from a copy, or train the model again.",
        ) from error
    except ValueError as error:  # such as one with a NUL in it, from somebody else's backup
        raise PlatformError(
            "The model's folder has a name that no file can have.", "Restore it from a copy, or train the model again."
        ) from error
    if _digest(content) != sha256:  # it may have been replaced in between
        raise _altered(path)
    return content


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
