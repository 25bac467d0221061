"""Two versions of a model on the same held-out pairs, and how sure the difference is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotReadyError
from ontos_tui.domain.intervals import Z95
from ontos_tui.domain.learning import LabeledExample, Predictor, TrainingSet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import Evaluation, FieldScore, ModelVersion, Role
from ontos_tui.domain.rules.improvement import Improvement, improvement
from ontos_tui.domain.rules.split import Split, SplitBy
from ontos_tui.domain.schema import Answer, AnswerField, FieldKind
from ontos_tui.platforms.ports import Trainer
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.models import LineageChanges, changes_between, roles
from ontos_tui.store.queries.training.pairs import TrainingPair, usable_pairs

RESAMPLES = 1_000
COUNTED = (FieldKind.NUMBER, FieldKind.INTEGER)
Examples = tuple[LabeledExample, ...]


@dataclass(frozen=True)
class Comparison:
    """Two versions on the same `n` held-out pairs, with today's answers.

    `difference` is new minus old in the metric of the headline field; `low` and `high` bound it with 95 % confidence
    (shares: Agresti and Min's interval of a paired difference; errors: paired bootstrap, the same at every call; where
    pairs belong to groups, Student's t over these).
    """

    old: Evaluation
    new: Evaluation
    n: int
    changes: LineageChanges
    difference: float
    low: float
    high: float
    summary: str

    @property
    def improvement(self) -> Improvement:
        """Whether the new version is better."""
        better = self.new.headline().higher_is_better
        return improvement(self.difference, self.low, self.high, higher_is_better=better)


@dataclass(frozen=True)
class Trial:
    """Some versions on the same held-out pairs, which none of them was trained on and all of them can answer.

    `answers` and `evaluations` have one entry a version, in their order.
    """

    examples: Examples
    answers: tuple[tuple[Answer, ...], ...]
    evaluations: tuple[Evaluation, ...]


def evaluate_versions(store: Store, trainer: Trainer, home: Path, models: Sequence[ModelVersion]) -> Trial:
    """Evaluate versions with the same answer field on those held-out pairs of the last one that all can be tested on.

    Raises NotReadyError when there is no such pair, PlatformError when the files of a version are missing or altered.
    """
    newest = models[-1]
    held_out, learned = common_examples(store, models)
    predictors = [trainer.load(home / model.artifact, model.sha256) for model in models]
    answered = [answers_of(predictor, model, held_out) for predictor, model in zip(predictors, models, strict=True)]
    complete = [
        (example, answers)
        for example, *answers in zip(held_out, *answered, strict=True)
        if all(answer is not None for answer in answers)
    ]
    if not complete:
        raise NotReadyError(
            f"{' and '.join(model.label() for model in models)} have no held-out pair that neither was trained on.",
            "Label some pairs with evaluation as their only allowed use, and train again.",
        )
    same = tuple(example for example, _ in complete)
    fields = Template.model_validate(newest.template_snapshot).fields()
    evaluations = (
        trainer.evaluate(
            predictor,
            TrainingSet(
                fields,
                tuple(model.features),
                learned,
                same,
                "held-out pairs that neither was trained on",
                group_name=split_of_model(newest).name,
            ),
        )
        for predictor, model in zip(predictors, models, strict=True)
    )
    by_model = zip(*(answers for _, answers in complete), strict=True)
    return Trial(same, tuple(tuple(answer or {} for answer in answers) for answers in by_model), tuple(evaluations))


def compare(store: Store, trainer: Trainer, home: Path, old: ModelVersion, new: ModelVersion) -> Comparison:
    """Evaluate both on those held-out pairs of `new` that neither was trained on and both can answer.

    Raises NotReadyError when there is no such pair, ConflictError when their answer fields differ.
    """
    field, before = headline(new), headline(old)
    if (before.name, before.kind) != (field.name, field.kind):
        raise ConflictError(
            f"{old.label()} answers {before.name} ({before.kind}), {new.label()} answers {field.name} ({field.kind}).",
            "Compare versions with the same answer field.",
        )
    with store.read() as connection:
        changes = changes_between(connection, old, new)
    trial = evaluate_versions(store, trainer, home, (old, new))
    first, second = (score_of(evaluation, field) for evaluation in trial.evaluations)
    low, high = _interval(field, list(zip(trial.examples, *trial.answers, strict=True)))
    digits = 2 if first.higher_is_better else 3
    several = len(Template.model_validate(new.template_snapshot).fields()) > 1
    summary = (
        f"{changes} since v{old.version}; {field.name}: " if several else f"{changes} since v{old.version}; "
    ) + (
        f"{first.metric} {_number(first.value, digits)} → {_number(second.value, digits)} on the "
        f"{len(trial.examples)} held-out pairs (95 %: {_signed(low, digits)} … {_signed(high, digits)})"
    )
    difference = second.value - first.value
    one, other = trial.evaluations
    return Comparison(one, other, len(trial.examples), changes, difference, low, high, summary)


def headline(model: ModelVersion) -> AnswerField:
    """The field of the answer that one line shows: the first."""
    return Template.model_validate(model.template_snapshot).fields()[0]


def common_examples(store: Store, models: Sequence[ModelVersion]) -> tuple[Examples, Examples]:
    """The held-out pairs of the last version that no version was trained on, and the pairs that it learned from."""
    newest = models[-1]
    with store.read() as connection:
        pairs: dict[str, TrainingPair] = {pair.id: pair for pair in usable_pairs(connection, newest.training_sheet_id)}
        lineage = roles(connection, [model.id for model in models])
    trained = {one.pair_id for one in lineage if one.role is Role.TRAIN}
    ours = [(pairs[one.pair_id], one.role) for one in lineage if one.model_id == newest.id and one.pair_id in pairs]
    held_out = [pair.example() for pair, role in ours if role is Role.HELD_OUT and pair.id not in trained]
    learned = tuple(pair.example() for pair, role in ours if role is Role.TRAIN)
    return _in_groups(held_out, split_of_model(newest)), learned


def split_of_model(model: ModelVersion) -> Split:
    """What the pairs of a version were split by when it was trained."""
    template = Template.model_validate(model.template_snapshot)
    if template.split_by is SplitBy.NONE or template.group_column is None:
        return Split(order_column=template.order_column)
    by = SplitBy.VALUE if template.split_by is SplitBy.PROPOSED else template.split_by
    return Split(by, template.group_column, template.order_column)


def _in_groups(examples: Sequence[LabeledExample], split: Split) -> Examples:
    """The examples with the groups that they belong to."""
    if split.group_column is None:
        return tuple(examples)
    from ontos_tui.learning.groups.grouping import group_values

    groups = group_values(split.by, [example.fields.get(split.group_column) for example in examples])
    return tuple(replace(example, group=group) for example, group in zip(examples, groups, strict=True))


def answers_of(predictor: Predictor, model: ModelVersion, examples: Sequence[LabeledExample]) -> list[Answer | None]:
    """The model's answer to each example; None where it refuses the row."""
    if not examples:
        return []
    rows = [{**dict.fromkeys(model.features), **example.fields} for example in examples]
    try:
        return [prediction.answer for prediction in predictor.predict(rows)]
    except InvalidInputError:
        if len(examples) == 1:
            return [None]
        return [answers_of(predictor, model, [example])[0] for example in examples]


def score_of(evaluation: Evaluation, field: AnswerField) -> FieldScore:
    """The score of one field. Raises NotReadyError, with what the evaluation notes, when it has none."""
    for score in evaluation.scores:
        if score.field == field.name:
            return score
    raise NotReadyError(
        f"{field.name} cannot be scored: {' '.join(evaluation.notes) or 'no held-out pair has a value for it'}",
        "Label more pairs, and train again.",
    )


def _interval(field: AnswerField, triples: Sequence[tuple[LabeledExample, Answer, Answer]]) -> tuple[float, float]:
    """95 % confidence of new minus old in the field's metric; over groups where the pairs belong to some."""
    name = field.name
    if field.kind in COUNTED:
        triples = [
            triple
            for triple in triples
            if all(isinstance(answer.get(name), int | float) for answer in (triple[0].answer, *triple[1:]))
        ]
        differences = [
            abs(float(other[name]) - float(example.answer[name])) - abs(float(one[name]) - float(example.answer[name]))
            for example, one, other in triples
        ]
    else:
        differences = [
            float(other.get(name) == example.answer.get(name)) - float(one.get(name) == example.answer.get(name))
            for example, one, other in triples
        ]
    if any(example.group is not None for example, _, _ in triples):
        return _interval_over_groups(differences, [example.group for example, _, _ in triples])
    if field.kind in COUNTED:
        return paired_errors(differences)
    return paired_shares(differences.count(1.0), differences.count(-1.0), len(differences))


def _interval_over_groups(differences: Sequence[float], groups: Sequence[str | None]) -> tuple[float, float]:
    import numpy as np

    from ontos_tui.learning.search.folds import group_numbers
    from ontos_tui.learning.statistics import paired_interval

    return paired_interval(np.array(differences, dtype=np.float64), group_numbers(groups, len(groups)))


def paired_shares(gained: int, lost: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Interval of the difference of two shares of the same `n` (Agresti and Min 2005), honest also for small n.

    `gained` became right, `lost` became wrong; all others stayed as they were. It is `z` deviations wide: 95 %.
    """
    size = n + 2
    middle = (gained - lost) / size
    half = z * math.sqrt((gained + lost + 1) / size - middle**2) / math.sqrt(size)
    return max(-1.0, middle - half), min(1.0, middle + half)


def paired_errors(differences: Sequence[float]) -> tuple[float, float]:
    """95 % interval of the mean of paired differences, by drawing again from them."""
    import numpy as np

    values = np.asarray(differences, dtype=np.float64)
    generator = np.random.default_rng(0)
    means = [values[generator.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if digits == 2 else f"{value:.{digits}g}"


def _signed(value: float, digits: int) -> str:
    shown = _number(abs(value), digits)
    if float(shown) == 0:
        return shown
    return f"{'−' if value < 0 else '+'}{shown}"
