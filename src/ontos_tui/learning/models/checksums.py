"""The checksums of a model's files, without what loading it needs: who only looks imports nothing large."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ontos_tui.domain.learning import ELSEWHERE

PLAIN, ESTIMATORS = "model.json", "model.skops"
MOST_PLAIN = 1 << 30
"""Bytes of a description; the largest of ours, of long documents, has some millions."""


def file_digest(path: Path) -> str:
    """The sha256 of a file. Raises OSError, also where there is none but a pipe or a device."""
    if path.exists() and not path.is_file():
        raise OSError(f"{path.name} is not a file")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def problem(folder: Path, sha256: str) -> str:
    """What is wrong with the files of a model version; empty when they are as the training wrote them."""
    if (folder / ELSEWHERE).exists():
        return ""
    plain = folder / PLAIN
    try:
        whole = file_digest(plain) == sha256 and plain.stat().st_size <= MOST_PLAIN
        whole = whole and json.loads(plain.read_bytes())["estimators"] == file_digest(folder / ESTIMATORS)
    except OSError as error:
        return f"has no readable files ({error.strerror or error})"
    except (ValueError, KeyError, TypeError, RecursionError, MemoryError):
        return "has no description that can be read"
    return "" if whole else "was changed after its training"
