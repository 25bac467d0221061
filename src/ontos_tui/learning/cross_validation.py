"""Class probabilities of rows, out-of-fold predictions of labeled ones, and clusters of similar rows."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np
import sklearn
from numpy.typing import NDArray

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.learning import ClassProbabilities, LabeledExample, OutOfFoldPredictions, Progress
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.schema import AnswerField
from ontos_tui.learning.encoding.features import FeatureTable, Matrix, describe
from ontos_tui.learning.models.families import ranker
from ontos_tui.learning.models.field_models import FieldModel, fit
from ontos_tui.learning.targets import CLASS_KINDS, NO_VALUE, class_text, target, value_of

FOLDS = 5
LEAST_LABELS = 30
"""Labeled rows below which five models learn too little to doubt a person."""
LEAST_OF_CLASS = 5
"""Labeled rows of a class, so that every fold can learn it from four others."""
MANY = 20_000
"""Labeled rows from which on boosting judges: forests take minutes there (2e-5 s a row and feature, five times)."""
BLOCK = 2_048

LABEL_MORE = "Label more pairs, then compute the hints again."


def class_probabilities(
    table: FeatureTable, heads: Sequence[FieldModel], field: AnswerField, rows: Sequence[Row]
) -> ClassProbabilities:
    """The class probabilities of rows by a trained model. Raises NotReadyError when it has no classes for `field`."""
    head = next((head for head in heads if head.field.name == field.name and head.field.kind in CLASS_KINDS), None)
    if head is None:
        raise NotReadyError(f"The model does not answer {field.name} with classes.", "Train it again.")
    lines = [
        head.class_probabilities(table.encode(rows[start : start + BLOCK])).astype(np.float64)
        for start in range(0, len(rows), BLOCK)
    ]
    return ClassProbabilities(_values(head.classes), np.vstack(lines) if lines else np.zeros((0, len(head.classes))))


def out_of_fold(
    field: AnswerField,
    features: Sequence[str],
    labeled: Sequence[LabeledExample],
    groups: Sequence[str] | None,
    others: Sequence[Row],
    progress: Progress,
    seed: int = 0,
) -> OutOfFoldPredictions:
    """Five models, each learned from four fifths of the labels: each label is predicted by the one that did not see it.

    `others` get the mean of the five. Rows whose class is rarer than LEAST_OF_CLASS are left out.
    Raises NotReadyError, with what is missing, when the labels are too few or belong together.
    """
    names, codes, notes = _known_classes(field, labeled)
    usable = np.flatnonzero(codes >= 0)
    rows = [labeled[line].fields for line in usable.tolist()]
    table, _ = describe(rows, features)
    if not table.columns:
        raise NotReadyError("No column differs between the labeled pairs.", "Choose other feature columns.")
    matrix, known = table.encode(rows), codes[usable]
    base = "extra_trees" if len(usable) <= MANY else "hist_gradient_boosting"
    blocks = range(0, len(others), BLOCK)
    total = FOLDS + len(blocks)
    lines = np.full((len(labeled), len(names)), np.nan)
    models: list[FieldModel] = []
    grouped = None if groups is None else [groups[line] for line in usable.tolist()]
    for learned, tested in _folds(matrix, known, grouped, seed):
        progress.update(len(models), total, f"model {len(models) + 1} of {FOLDS} trains on {len(learned)} labels")
        head, _ = fit(field, matrix[learned], [names[code] for code in known[learned]], base, seed)
        models.append(head)
        lines[usable[tested]] = _spread_over(names, head, matrix[tested])
        # A class that this model has never seen cannot be doubted by it.
        unseen = [code for code in np.unique(known) if names[code] not in head.classes]
        lines[usable[tested[np.isin(known[tested], unseen)]]] = np.nan
    predicted = [np.zeros((0, len(names)))]
    for done, start in enumerate(blocks, FOLDS):
        progress.update(done, total, f"predicting {len(others):,} pairs")
        block = table.encode(others[start : start + BLOCK])
        predicted.append(np.mean([_spread_over(names, head, block) for head in models], axis=0))
    engine = "extra trees" if base == "extra_trees" else "gradient boosting"
    return OutOfFoldPredictions(
        shares=ClassProbabilities(_values(names), lines),
        own=np.where(np.isnan(lines[:, 0]), -1, codes),
        others=ClassProbabilities(_values(names), np.vstack(predicted)),
        engine=f"{FOLDS}-fold cross-validated {engine} (scikit-learn {sklearn.__version__}), {len(usable):,} labels",
        notes=notes,
    )


def clusters(rows: Sequence[Row], features: Sequence[str], count: int, seed: int = 0) -> list[int]:
    """The number of the cluster of each row (k-means over ranks); rows of one cluster have similar fields."""
    from sklearn.cluster import KMeans

    table, _ = describe(rows, features)
    matrix = table.encode(rows)
    different = len(np.unique(matrix, axis=0)) if matrix.size else 1
    if different == 1:
        return [0] * len(rows)
    matrix = ranker(len(matrix)).fit_transform(matrix)
    numbers = KMeans(min(count, different), n_init=1, random_state=seed).fit_predict(matrix)
    return [int(one) for one in numbers]


def _known_classes(
    field: AnswerField, labeled: Sequence[LabeledExample]
) -> tuple[tuple[str, ...], NDArray[np.intp], tuple[str, ...]]:
    """The classes with enough labels, the class of each row (-1 for none of them), and what was left out in words."""
    if field.kind not in CLASS_KINDS:
        raise NotReadyError(f"{field.name} is not a field of classes.", "Choose a field with classes.")
    targets = [target(field, example.answer) for example in labeled]
    counts = Counter(str(one) for one in targets if one is not None)
    names = tuple(sorted(name for name, n in counts.items() if n >= LEAST_OF_CLASS))
    enough = sum(counts[name] for name in names)
    if len(names) < 2 or enough < LEAST_LABELS:
        counted = ", ".join(f"{class_text(name)} {n}" for name, n in counts.most_common(8)) or "none"
        raise NotReadyError(
            f"There are too few labels of {field.name} to learn from ({counted}): at least {LEAST_LABELS} are needed, "
            f"{LEAST_OF_CLASS} of each of two classes.",
            LABEL_MORE,
        )
    places = {name: place for place, name in enumerate(names)}
    codes = np.array([-1 if one is None else places.get(str(one), -1) for one in targets], dtype=np.intp)
    rare = [f"{class_text(name)} ({n})" for name, n in counts.items() if n < LEAST_OF_CLASS]
    notes = [f"not checked, fewer than {LEAST_OF_CLASS} labels: {', '.join(sorted(rare))}"] if rare else []
    if unfit := sum(one is None for one in targets):
        notes.append(f"{unfit} labels without a usable {field.name} were skipped")
    return names, codes, tuple(notes)


def _folds(
    matrix: Matrix, codes: NDArray[np.intp], groups: Sequence[str] | None, seed: int
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if groups is None:
        return list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(matrix, codes))
    if (n := len(set(groups))) < FOLDS:
        raise NotReadyError(
            f"The labeled pairs come from only {n} groups, and a group is never split between training and testing.",
            f"Label pairs of at least {FOLDS} groups, then compute the hints again.",
        )
    with warnings.catch_warnings():  # that a class is in fewer groups than folds: its pairs are then not judged
        warnings.simplefilter("ignore", UserWarning)
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(matrix, codes, list(groups))
        return [(learned, tested) for learned, tested in folds if len(learned) and len(tested)]


def _spread_over(names: tuple[str, ...], head: FieldModel, matrix: Matrix) -> NDArray[np.float64]:
    """The head's shares in the columns of `names`."""
    probabilities = np.zeros((len(matrix), len(names)))
    probabilities[:, [names.index(name) for name in head.classes]] = head.class_probabilities(matrix)
    return probabilities


def _values(names: Sequence[str]) -> tuple[object, ...]:
    return tuple(None if name == NO_VALUE else value_of(name) for name in names)
