"""Scores from plain sequences: precision and recall by class, intervals, and how often confident answers are right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ontos_tui.domain.records.training import ClassScore

RESAMPLES = 1_000


def bootstrap(errors: NDArray[np.float64], seed: int) -> tuple[float, float]:
    """The 95 % interval of a mean by drawing again from `errors`, always the same for one seed."""
    generator = np.random.default_rng(seed)
    means = [errors[generator.integers(0, len(errors), len(errors))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    mean = errors.mean()
    return min(float(low), float(mean)), max(float(high), float(mean))


def class_scores(truth: Sequence[str], given: Sequence[str], classes: Sequence[str]) -> dict[str, ClassScore]:
    """Precision, recall, F1 and number of true cases of each class; what is undefined for want of cases is 0."""
    right = Counter(one for one, other in zip(truth, given, strict=True) if one == other)
    support, answered = Counter(truth), Counter(given)
    scores = {}
    for name in classes:
        precision = right[name] / answered[name] if answered[name] else 0.0
        recall = right[name] / support[name] if support[name] else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        scores[name] = ClassScore(precision=precision, recall=recall, f1=f1, support=support[name])
    return scores


def macro_f1(truth: Sequence[str], given: Sequence[str]) -> float:
    """The mean F1 over the classes that truly occur."""
    classes = sorted(set(truth))
    return sum(score.f1 for score in class_scores(truth, given, classes).values()) / len(classes)


def average_precision(truth: Sequence[bool], confidence: Sequence[float]) -> float:
    """The area under the precision-recall curve, as a step function; ties count together."""
    order = np.argsort(-np.asarray(confidence), kind="stable")
    hits = np.asarray(truth, dtype=bool)[order]
    if not hits.any():
        return 0.0
    stated = np.asarray(confidence)[order]
    last_of_tie = np.append(stated[1:] != stated[:-1], True)
    true_positives = np.cumsum(hits)[last_of_tie]
    precision = true_positives / (np.flatnonzero(last_of_tie) + 1)
    return float((np.diff(true_positives, prepend=0) * precision).sum() / hits.sum())


def confident_answers(confidence: Sequence[float], right: Sequence[bool], least: float = 0.9) -> tuple[int, int]:
    """How many answers were stated with at least `least` confidence, and how many of those were right."""
    sure = [hit for stated, hit in zip(confidence, right, strict=True) if stated >= least]
    return len(sure), sum(sure)
