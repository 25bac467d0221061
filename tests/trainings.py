"""Trainings of a run: the same pairs are learned in the same way once, and the model's files are copied.

For tests that need a model and are not about how it comes about: those of tests/learning learn anew, and so does what
reports its progress.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from builders.copies import SHARED
from ontos_tui.domain.learning import NoProgress, Progress, Trained, TrainingSet


def learn_once(set_attribute: Callable[[Any, str, Any], None]) -> None:
    """As far as the trainer is imported by now; `set_attribute` says how long."""
    if (module := sys.modules.get("ontos_tui.platforms.local.trainer")) is not None:
        train = module.LocalTrainer.train

        def train_once(trainer: Any, data: TrainingSet, base_model: str, folder: Path, progress: Progress) -> Trained:
            if not isinstance(progress, NoProgress):
                return train(trainer, data, base_model, folder, progress)  # type: ignore[no-any-return]
            whole = replace(data, train=tuple(data.train), held_out=tuple(data.held_out))
            key = hashlib.sha256(repr((base_model, whole)).encode()).hexdigest()[:24]
            there = Path(os.environ[SHARED]) / f"{key}.training"
            if not there.exists():
                trained = train(trainer, data, base_model, folder, progress)
                _keep(there, folder, trained)
                return trained  # type: ignore[no-any-return]
            if folder.exists():
                shutil.rmtree(folder)
            shutil.copytree(there / "model", folder)
            return pickle.loads((there / "result").read_bytes())  # type: ignore[no-any-return]

        set_attribute(module.LocalTrainer, "train", train_once)


def _keep(there: Path, folder: Path, trained: Trained) -> None:
    part = Path(tempfile.mkdtemp(dir=there.parent))
    shutil.copytree(folder, part / "model")
    (part / "result").write_bytes(pickle.dumps(trained))
    try:
        part.rename(there)
    except OSError:  # another process was first
        shutil.rmtree(part)
