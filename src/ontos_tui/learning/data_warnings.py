"""What an expert should know before trusting a model: warnings from the training and held-out pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ontos_tui.domain.learning import TrainingSet
from ontos_tui.domain.schema import AnswerField
from ontos_tui.learning.features import FeatureTable, LeftOut, Matrix
from ontos_tui.learning.targets import CLASS_KINDS, NO_VALUE, NUMBER_KINDS, class_of, class_text, target

FEW_HELD_OUT = 30
ENOUGH = 20
"""Rows below which nothing is said about leaks: chance alone makes small samples fit."""
MOST_ROWS = 2_000
GIVEN_AWAY = 0.99


def data_warnings(data: TrainingSet, left_out: Sequence[LeftOut]) -> list[str]:
    """What the pairs themselves tell: columns that teach nothing, classes never seen, too few pairs to test on."""
    warnings = [f"The column {column.name} {column.reason}; it is not used for training." for column in left_out]
    if len(data.held_out) < FEW_HELD_OUT:
        warnings.append(
            f"Only {len(data.held_out)} pairs are held out for the test: "
            "the measured scores are rough; see their intervals."
        )
    for field in data.fields:
        warnings += _class_warnings(field, data)
    return warnings


def _class_warnings(field: AnswerField, data: TrainingSet) -> list[str]:
    targets = [target(field, example.answer) for example in data.train]
    unusable = targets.count(None)
    warnings = []
    if unusable:
        warnings.append(f"{field.name}: {unusable} training pairs have no usable value and are not used for it.")
    if field.kind not in CLASS_KINDS:
        return warnings
    seen = Counter(str(one) for one in targets if one is not None)
    allowed = [class_of(choice) for choice in field.choices] or ["false", "true"]
    if never := [class_text(name) for name in allowed if name not in seen]:
        warnings.append(f"{field.name}: no training pair has {', '.join(never)}; the model cannot predict it.")
    if len(seen) > 1 and (single := [class_text(name) for name in seen if seen[name] == 1 and name != NO_VALUE]):
        warnings.append(f"{field.name}: only 1 training pair has {', '.join(single)}; label more of it.")
    if len(seen) == 1:
        warnings.append(
            f"{field.name}: every training pair has {class_text(next(iter(seen)))}; the model always predicts that."
        )
    return warnings


def leak_warnings(
    field: AnswerField, table: FeatureTable, matrix: Matrix, targets: Sequence[str | float], seed: int
) -> list[str]:
    """Columns that give the answer away, wholly or for a rare class: likely known only once the answer is."""
    if len(targets) < ENOUGH or len(set(targets)) < 2:
        return []
    drawn = np.random.default_rng(seed).permutation(len(targets))[:MOST_ROWS]
    matrix, values = matrix[drawn], np.array(targets, dtype=object)[drawn]
    if field.kind in NUMBER_KINDS:
        values = values.astype(np.float64)
    elif field.kind not in CLASS_KINDS:
        return []
    warnings = []
    for name, span in table.spans():
        if span.stop - span.start > 60:  # a text as a whole may well say it
            continue
        if (share := _alone(matrix[:, span], values, numeric=field.kind in NUMBER_KINDS)) >= GIVEN_AWAY:
            warnings.append(
                f"{name} alone predicts {field.name} (a one-column tree reaches {share:.2f}). "
                "If it is only known after the answer, leave it out: the measured scores would be too good."
            )
        elif field.kind in CLASS_KINDS and (rare := _telling_value(matrix[:, span], values)):
            warnings.append(
                f"One value of {name} always means {field.name} = {class_text(rare)}. "
                "If it is only known after the answer, leave it out: the measured scores would be too good."
            )
    return warnings


def _alone(column: Matrix, values: np.ndarray, *, numeric: bool) -> float:
    """How much of the answer one column explains on rows not learned from: balanced accuracy, or R² for numbers."""
    folds = KFold(3, shuffle=True, random_state=0)
    if numeric:
        tree = DecisionTreeRegressor(min_samples_leaf=2, random_state=0)
        given = cross_val_predict(tree, column, values, cv=folds)
        spread = float(((values - values.mean()) ** 2).sum())
        return 1 - float(((values - given) ** 2).sum()) / spread if spread > 0 else 0.0
    codes = np.unique(values, return_inverse=True)[1]
    tree = DecisionTreeClassifier(max_leaf_nodes=4 * (int(codes.max()) + 1), class_weight="balanced", random_state=0)
    given = cross_val_predict(tree, column, codes, cv=folds)
    return float(np.mean([(given[codes == code] == code).mean() for code in range(int(codes.max()) + 1)]))


def _telling_value(column: Matrix, values: np.ndarray) -> str:
    """The class, held by at most half of the rows, that some value of a column with few values always comes with."""
    lines, position = np.unique(column, axis=0, return_inverse=True)
    if len(lines) > 10:
        return ""
    counts = Counter(values)
    for line in range(len(lines)):
        among = set(values[position.ravel() == line])
        n = int((position.ravel() == line).sum())
        if len(among) == 1 and n >= 10 and counts[(only := among.pop())] <= len(values) / 2:
            return str(only)
    return ""
