"""How many items can be approved unseen when models propose? Public tables, labels drawn at random.

    python tests/benchmarks/approvable.py [--labels 300] [--seeds 8] [SET ...]

`ProposingModels` learn from the labels and answer all other rows. These are sorted by the calibrated confidence, and
the largest share counts of which 95 % are right. Beside it stands what a person sees who cannot look at the truth: the
share that is stated with 95 % or more, and how much of it is right. Public data is read where ONTOS_REAL_DATA has it;
two sets come with scikit-learn.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from truth import air, milling, steel, table

from ontos_tui.domain.learning import LabeledExample
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.proposing_models import ProposingModels

PRECISION = 0.95
GOAL = 0.40
FAILURES = ("TWF", "HDF", "PWF", "OSF")
Rows = tuple[AnswerField, Sequence[str], Sequence[LabeledExample]]


def of_set(make: Callable[[], Any]) -> Rows:
    """A set of `truth.py`, its rows independent."""
    data = make()
    return data.answer, data.features, [LabeledExample(one.ref, one.fields, one.answer) for one in data.examples]


def failure_kinds() -> Rows:
    """The machines of AI4I that failed, and as many that did not: which kind of failure, or none."""
    rows = table("predictive_maintenance/ai4i2020.csv")
    kinds = [next((kind for kind in FAILURES if row[kind]), "none") for row in rows]
    failed = [place for place, kind in enumerate(kinds) if kind != "none"]
    fine = random.Random(1).sample([place for place, kind in enumerate(kinds) if kind == "none"], len(failed))
    features = [name for name in rows[0] if name.endswith("]") or name == "Type"]
    examples = [LabeledExample(str(one), rows[one], {"kind": kinds[one]}) for one in failed + fine]
    return AnswerField("kind", FieldKind.ENUM, True, choices=("none", *FAILURES)), features, examples


def bundled(name: str) -> Rows:
    """A table that comes with scikit-learn."""
    from sklearn import datasets

    whole = getattr(datasets, f"load_{name}")()
    features = [str(one) for one in getattr(whole, "feature_names", range(whole.data.shape[1]))]
    choices = tuple(str(one) for one in whole.target_names)
    examples = [
        LabeledExample(str(place), dict(zip(features, line, strict=True)), {"kind": choices[code]})
        for place, (line, code) in enumerate(zip(whole.data.tolist(), whole.target.tolist(), strict=True))
    ]
    return AnswerField("kind", FieldKind.ENUM, True, choices=choices), features, examples


SETS: dict[str, Callable[[], Rows]] = {
    "steel": lambda: of_set(steel),
    "failure_kinds": failure_kinds,
    "failures": lambda: of_set(milling),
    "air_high": lambda: of_set(lambda: air("high")),
    "breast_cancer": lambda: bundled("breast_cancer"),
    "digits": lambda: bundled("digits"),
}


def approvable(confidence: np.ndarray, right: np.ndarray) -> float:
    """The largest share of the items, the surest first, of which 95 % are right; equally sure ones go together."""
    order = np.argsort(-confidence, kind="stable")
    sure, precision = confidence[order], np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    last_of_tie = np.append(sure[1:] != sure[:-1], True)
    ends = np.flatnonzero((precision >= PRECISION) & last_of_tie)
    return float(ends[-1] + 1) / len(order) if len(ends) else 0.0


def draw(rows: Rows, labels: int, seed: int) -> tuple[float, float, float, float, float]:
    """One draw of labels: the share that can be approved, the stated share, how much of it is right; all that is right;
    and always the commonest answer."""
    field, features, examples = rows
    order = np.random.default_rng(seed).permutation(len(examples))
    learned, rest = ([examples[place] for place in part] for part in (order[:labels], order[labels:]))
    models = ProposingModels.learned((field,), learned, features, seed)
    assert models is not None
    answers = models.answer([one.fields for one in rest])
    right = np.array([one.answer == other.answer for one, other in zip(answers, rest, strict=True)])
    confidence = np.array([one.confidence for one in answers], dtype=np.float64)
    stated = confidence >= PRECISION
    truths = [str(one.answer) for one in rest]
    commonest = max(truths.count(one) for one in set(truths)) / len(rest)
    held = float(right[stated].mean()) if stated.any() else np.nan
    return approvable(confidence, right), float(stated.mean()), held, float(right.mean()), commonest


def measure(name: str, labels: int, seeds: int) -> float:
    """Print one set's line; the share that can be approved."""
    rows, began = SETS[name](), time.process_time()
    results = np.array([draw(rows, labels, seed) for seed in range(seeds)])
    share, stated, held, right, commonest = np.nanmean(results, axis=0)
    error = results[:, 0].std(ddof=1) / np.sqrt(seeds) if seeds > 1 else np.nan
    each = ", ".join(f"{one:.2f}" for one in results[:, 0])
    print(
        f"{name:14} {labels} labels: {share:.0%} ± {error:.1%} can be approved at 95 % ({each}); "
        f"stated at 95 % or more {stated:.0%}, {held:.1%} of them right; "
        f"all answers {right:.3f}, always the commonest {commonest:.3f}; "
        f"{(time.process_time() - began) / seeds:.0f} s of CPU each",
        flush=True,
    )
    return float(share)


def main() -> int:
    """All sets, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", choices=[[], *SETS], default=[])
    parser.add_argument("--labels", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=8)
    given = parser.parse_args()
    shares = [measure(name, given.labels, given.seeds) for name in given.sets or SETS]
    return 0 if min(shares) >= GOAL else 1


if __name__ == "__main__":
    raise SystemExit(main())
