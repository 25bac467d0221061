"""Pictures: how well the local trainer tells defects by them, and how long that takes.

    python tests/benchmarks/images.py [SEEDS]

The sample pictures (140 pictures, 7 classes) and magnetic tiles (272 pictures, 6 classes): five-fold cross-validation
through LocalTrainer as a user's table goes through it, with the pictures alone and with ten columns of noise beside
them, and the same pixels' histograms in one forest. Time: of one descriptor.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score

from ontos_tui.domain.learning import LabeledExample, NoProgress, TrainingSet
from ontos_tui.domain.schema import answer_fields
from ontos_tui.learning.encoding.image_features import describe_image
from ontos_tui.learning.encoding.images import open_image
from ontos_tui.platforms.local.trainer import LocalTrainer
from ontos_tui.services.data.sample_files import synthetic_data

FOLDS = 5
NOISE = 10
TRAINER = LocalTrainer()


def tiles() -> Path:
    """The table of the public pictures."""
    beside = Path(__file__).parents[3] / "shared" / "real_data"
    return Path(os.environ.get("ONTOS_REAL_DATA") or beside) / "defect_detection" / "magnetic_tile.csv"


def read(table: Path, defect: str) -> list[dict[str, str]]:
    """Picture and defect of every line of a table; the examples of the sample data are left out."""
    with table.open(encoding="utf-8", newline="") as file:
        lines = [{"image": line["image"], "defect": line[defect]} for line in csv.DictReader(file)]
    return [line for line in lines if not line["image"].startswith("EX-")]


def cross_validated(
    folder: Path, examples: Sequence[LabeledExample], base_model: str, seed: int
) -> tuple[float, float]:
    """Accuracy and the majority's, over all folds."""
    names = [str(example.answer["defect"]) for example in examples]
    schema = {"type": "object", "properties": {"defect": {"enum": sorted(set(names))}}, "required": ["defect"]}
    hits = baseline = 0.0
    splits = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(np.zeros(len(names)), names)
    with tempfile.TemporaryDirectory() as made:
        for number, (learned, tested) in enumerate(splits):
            data = TrainingSet(
                fields=answer_fields(schema),
                features=tuple(examples[0].fields),
                train=tuple(examples[line] for line in learned),
                held_out=tuple(examples[line] for line in tested),
                held_out_from="a fold",
                seed=seed,
                images={"image": folder},
            )
            score = TRAINER.train(data, base_model, Path(made) / str(number), NoProgress()).evaluation.headline()
            hits += score.value * score.n
            baseline += score.baseline * score.n
    return hits / len(names), baseline / len(names)


def examples_of(lines: Sequence[dict[str, str]], noise: int = 0) -> list[LabeledExample]:
    """The tiles, with columns of noise beside the picture."""
    drawn = np.random.default_rng(0).normal(size=(len(lines), noise))
    made = []
    for number, line in enumerate(lines):
        fields: dict[str, Any] = {"image": line["image"]}
        fields |= {f"noise {column}": float(value) for column, value in enumerate(drawn[number])}
        made.append(LabeledExample(line["image"], fields, {"defect": line["defect"]}))
    return made


def timed(folder: Path, lines: Sequence[dict[str, str]]) -> None:
    """How long a descriptor and an answer take."""
    opened = [open_image(line["image"], [folder]) for line in lines[:100]]
    begun = time.perf_counter()
    for image in opened:
        describe_image(image)
    print(f"  a descriptor of a picture in memory {(time.perf_counter() - begun) / len(opened) * 1e3:.1f} ms")


def main() -> None:
    """Print the figures."""
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    sample = synthetic_data() / "defect_detection" / "pictures" / "images.csv"
    measured("sample pictures of crystals", sample, "defect_class", seeds)
    if tiles().exists():
        measured("magnetic tiles", tiles(), "defect", seeds)
    else:
        print("magnetic tiles: the public data is not here; set ONTOS_REAL_DATA")


def measured(title: str, table: Path, defect: str, seeds: range) -> None:
    """Print the figures of one set of pictures."""
    folder, lines = table.parent, read(table, defect)
    print(f"{title}, {len(lines)} pictures, {FOLDS}-fold cross-validation, {len(seeds)} draws")
    for told, noise in (("pictures alone", 0), (f"pictures and {NOISE} columns of noise", NOISE)):
        for base_model in ("extra_trees", "logistic"):
            scores = [cross_validated(folder, examples_of(lines, noise), base_model, seed) for seed in seeds]
            accuracy, baseline = np.mean(scores, axis=0)
            print(f"  {told}, {base_model}: accuracy {accuracy:.3f} (majority {baseline:.3f})", flush=True)
    matrix = np.array([describe_image(open_image(line["image"], [folder])) for line in lines])
    forest = ExtraTreesClassifier(100, max_features=64, min_samples_leaf=2, class_weight="balanced", random_state=0)
    names = [line["defect"] for line in lines]
    plain = [
        cross_val_score(forest, matrix, names, cv=StratifiedKFold(FOLDS, shuffle=True, random_state=seed)).mean()
        for seed in seeds
    ]
    print(f"  for comparison, the same figures in one forest: accuracy {np.mean(plain):.3f}")
    timed(folder, lines)


if __name__ == "__main__":
    main()
