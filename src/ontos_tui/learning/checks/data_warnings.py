"""What an expert should know before trusting a model: warnings from the training and held-out pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ontos_tui.domain.learning import TrainingSet
from ontos_tui.domain.row_columns import answers_of, column, groups_of, rows_of_examples
from ontos_tui.domain.schema import AnswerField
from ontos_tui.learning.encoding.features import LeftOut
from ontos_tui.learning.targets import CLASS_KINDS, NO_VALUE, class_of, class_text, targets_of

FEW_HELD_OUT = 30
LEAST_GROUPS = 3
STEADY = 0.98
"""The part of a group's rows that have one value, from which on the value belongs to the group and not to the row."""
NAMING = 0.5
"""Different values for each group from which on they name the groups: 24 ages name 42 people well enough."""


def data_warnings(data: TrainingSet, left_out: Sequence[LeftOut]) -> list[str]:
    """What the pairs themselves tell: columns that teach nothing, classes never seen, too few pairs to test on."""
    warnings = [f"The column {column.name} {column.reason}; it is not used for training." for column in left_out]
    if len(data.held_out) < FEW_HELD_OUT:
        warnings.append(
            f"Only {len(data.held_out)} pairs are held out for the test: "
            "the measured scores are rough; see their intervals."
        )
    warnings += group_warnings(data)
    for field in data.fields:
        warnings += _class_warnings(field, data)
    return warnings


def _class_warnings(field: AnswerField, data: TrainingSet) -> list[str]:
    targets = targets_of(field, answers_of(data.train))
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


def group_warnings(data: TrainingSet) -> list[str]:
    """Columns that a model can know the groups by: the group column itself, and those that stand for it."""
    groups = groups_of(data.train)
    if not data.group_name or len(set(groups) - {None}) < LEAST_GROUPS:
        return []
    warnings = []
    for name in data.features:
        if name == data.group_name:
            warnings.append(
                f"{name} names the group and is a feature, as the template lists it: for a new group it says nothing. "
                "Take it out of the template's feature columns."
            )
            continue
        named = _groups_named_by(column(rows_of_examples(data.train), name), groups)
        if named is not None:
            values, count = named
            warnings.append(
                f"{name} stands for {data.group_name}: it never changes within one, and its {values} values tell the "
                f"{count} apart. Leave it out unless it says the same of new ones."
            )
    return warnings


def _groups_named_by(values: Sequence[object], groups: Sequence[str | None]) -> tuple[int, int] | None:
    """How many values name how many groups, where each group has one of its own, nearly; None where they do not."""
    seen: dict[str, Counter[str]] = {}
    for value, group in zip(values, groups, strict=True):
        if group is not None and isinstance(value, str | int | float):
            seen.setdefault(group, Counter())[str(value)] += 1
    if len(seen) < LEAST_GROUPS or sum(one.total() for one in seen.values()) < 2 * len(seen):
        return None
    steady = sum(max(one.values()) for one in seen.values()) >= STEADY * sum(one.total() for one in seen.values())
    different = len({one.most_common(1)[0][0] for one in seen.values()})
    return (different, len(seen)) if steady and different >= NAMING * len(seen) else None
