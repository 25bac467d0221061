"""Scores from plain sequences: precision and recall by class, intervals, and how often confident answers are right.

Intervals take the group of each answer (`groups`, numbers from 0) where answers hang together: then they are over
groups, with Student's t for their number, and never narrower than for independent answers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ontos_tui.domain.intervals import Z95, wilson
from ontos_tui.domain.records.training import ClassScore

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
RESAMPLES = 1_000
AT_ONCE = 50_000
"""Errors that are drawn in one call."""
BINS = 10


def bootstrap(errors: Floats, seed: int) -> tuple[float, float]:
    """The 95 % interval of a mean by drawing again from `errors`, always the same for one seed."""
    generator = np.random.default_rng(seed)
    count = len(errors)
    at_once = max(1, AT_ONCE // count)
    means = np.concatenate(
        [
            errors[generator.integers(0, count, (min(at_once, RESAMPLES - done), count))].mean(axis=1)
            for done in range(0, RESAMPLES, at_once)
        ]
    )
    low, high = np.percentile(means, [2.5, 97.5])
    mean = errors.mean()
    return min(float(low), float(mean)), max(float(high), float(mean))


def effective_groups(groups: Numbers) -> float:
    """So many groups of equal size say as much as these do: one large group among small ones counts little."""
    sizes = np.bincount(groups)
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def bearing_groups(errors: Floats, groups: Numbers) -> float:
    """So many groups of equal errors make up as much of all the error: few, where one or two groups are far off."""
    sums = np.bincount(groups, np.abs(errors))
    return float(sums.sum() ** 2 / (sums**2).sum()) if sums.any() else float(len(sums))


def standard_error(values: Floats, groups: Numbers) -> float:
    """Of the mean of all values, when the groups are what was drawn (a ratio, linearized); 0 for a single group."""
    sizes = np.bincount(groups)
    count = len(sizes)
    if count < 2:
        return 0.0
    beyond = np.bincount(groups, values) - values.mean() * sizes
    return math.sqrt(count / (count - 1) * float((beyond**2).sum())) / len(values)


def t95(groups: Numbers, most: float = math.inf) -> float:
    """Standard errors on either side that hold 95 %, by Student's t for so few groups, of which at most `most` bear."""
    from scipy.stats import t

    return float(t.ppf(0.975, max(1.0, min(effective_groups(groups), most) - 1)))


def share_interval(right: Floats, groups: Numbers | None = None) -> tuple[float, float]:
    """The 95 % interval of a share, or of a mean from 0 to 1: Wilson's, for as many as the answers are worth.

    Over groups that number is the effective one (Korn and Graubard 1998, Dean and Pagano 2015); where all answers are
    alike, and so show no spread, it is the number of groups.
    """
    share = float(right.mean())
    if groups is None:
        return wilson(float(right.sum()), len(right))
    error, own = standard_error(right, groups), effective_groups(groups)
    worth = own if error == 0 else min(len(right), share * (1 - share) / error**2)
    worth *= (Z95 / t95(groups)) ** 2
    low, high = wilson(share * worth, worth)
    return min(low, share), max(high, share)


def error_interval(errors: Floats, seed: int, groups: Numbers | None = None) -> tuple[float, float]:
    """The 95 % interval of a mean error; over groups on the logarithm, as errors are skewed and never negative.

    Where few groups make up most of the error, it is as wide as over so few.
    """
    low, high = bootstrap(errors, seed)
    mean = float(errors.mean())
    if groups is None or mean == 0:
        return low, high
    width = t95(groups, bearing_groups(errors, groups)) * standard_error(errors, groups) / mean
    return min(low, mean * math.exp(-width)), max(high, mean * math.exp(min(width, 20.0)))


def paired_interval(differences: Floats, groups: Numbers | None = None) -> tuple[float, float]:
    """The 95 % interval of the mean of differences between two answers to the same pairs.

    Half a pair more in each direction keeps it honest for few (for shares, the interval of Agresti and Min 2005).
    """
    n = len(differences)
    typical = float(np.abs(differences[differences != 0]).mean()) if differences.any() else 0.0
    padded = np.append(differences, [typical * math.sqrt(0.5), -typical * math.sqrt(0.5)])
    middle, half = float(padded.mean()), Z95 * float(padded.std()) / math.sqrt(n + 2)
    low, high = middle - half, middle + half
    if groups is None:
        return low, high
    mean, half = float(differences.mean()), t95(groups) * standard_error(differences, groups)
    return min(low, mean - half), max(high, mean + half)


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


def calibration_error(stated: Floats, right: NDArray[np.bool_]) -> float:
    """The expected calibration error: how far confidence and share of right answers lie apart, over ten equal bins."""
    order = np.argsort(stated, kind="stable")
    bins = [part for part in np.array_split(order, BINS) if len(part)]
    return float(sum(len(part) * abs(stated[part].mean() - right[part].mean()) for part in bins) / len(stated))
