"""A new version against the one that an endpoint serves: on the same pairs, and what the labels since then say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ontos_tui.domain.intervals import Z95, z_of_many
from ontos_tui.domain.learning import LabeledExample, Predictor
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.deployment_gate import (
    CLASSES,
    REGRESSION,
    Change,
    Check,
    FieldSigns,
    Outcome,
    check_changes,
    check_columns,
    check_corrections,
    check_new_labels,
)
from ontos_tui.domain.schema import Answer, AnswerField, FieldKind
from ontos_tui.services.train.comparison import answers_of, common_examples, paired_shares, split_of_model
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import deployment_gate as queries
from ontos_tui.store.queries.deployment_gate import SeenPair

MOST_PAIRS = 4_000
"""Pairs that are looked at; more would not change what is seen."""
LEAST_OF_CLASS = 5
"""Tested pairs of a class from which on its recall is compared."""
ONE_IN_A_HUNDRED = 2.33
"""Deviations for what is compared class by class and would else be found by chance."""

Version = tuple[ModelVersion, Predictor | None]


def check_retrain(store: Store, endpoint: str, serving: Version, new: Version) -> list[Check]:
    """The checks of a new version that takes the place of another; `new` and `serving` with what predicts, if here."""
    (old_model, old), (model, predictor) = serving, new
    with store.read() as connection:
        corrections = queries.changed_labels(connection, old_model, model)
    labels = [
        check_corrections(*corrections, old_model.label()),
        *_check_labels(store, endpoint, old_model, model),
    ]
    if old is None or predictor is None:
        line = f"{(old_model if old is None else model).label()} cannot be asked on this machine"
        return [*(Check(name, Outcome.NOT_MEASURED, line) for name in (REGRESSION, CLASSES)), *labels]
    examples, _ = common_examples(store, (old_model, model))
    fields = _shared_fields(old_model, model)
    answers = answers_of(old, old_model, examples), answers_of(predictor, model, examples)
    groups = _groups(model, [example.fields for example in examples])
    changes = [change for field in fields if (change := _change(field, examples, *answers, groups)) is not None]
    return [
        check_changes(REGRESSION, changes, old_model.label()),
        *_check_classes(fields, examples, answers, old_model),
        *labels,
    ]


def _shared_fields(old: ModelVersion, new: ModelVersion) -> list[AnswerField]:
    """The fields of the answer that both versions give."""
    before = {(field.name, field.kind) for field in Template.model_validate(old.template_snapshot).fields()}
    fields = Template.model_validate(new.template_snapshot).fields()
    return [field for field in fields if (field.name, field.kind) in before]


def _groups(model: ModelVersion, rows: Sequence[Row]) -> list[str | None] | None:
    """The group of each row, by what the version's pairs were split by; None where rows are independent."""
    split = split_of_model(model)
    if split.group_column is None:
        return None
    from ontos_tui.learning.groups.grouping import group_values

    return group_values(split.by, [row.get(split.group_column) for row in rows])


# On the same pairs -------------------------------------------------------------------------------------------------


def _change(
    field: AnswerField,
    examples: Sequence[LabeledExample],
    old: Sequence[Answer | None],
    new: Sequence[Answer | None],
    groups: list[str | None] | None,
) -> Change | None:
    """How one field's score changes on pairs that both versions answer; None where there is none."""
    import numpy as np

    from ontos_tui.learning.checks.label_signs import errors, interval_of, mean_of

    truths = [example.answer for example in examples]
    before, after = errors(field, truths, old), errors(field, truths, new)
    mean = mean_of(after - before, groups)
    if mean is None:
        return None
    both = np.isfinite(after - before)
    first, second = float(before[both].mean()), float(after[both].mean())
    if field.kind in (FieldKind.NUMBER, FieldKind.INTEGER):
        low, high = interval_of(mean)
        return Change(f"{field.name} MAE", first, second, low, high, mean.n, higher_is_better=False)
    lost, gained = int((after[both] > before[both]).sum()), int((after[both] < before[both]).sum())
    low, high = paired_shares(gained, lost, mean.n)
    if groups is not None:
        worst, best = interval_of(mean)  # of errors, and shares are of right answers
        low, high = min(low, -best), max(high, -worst)
    return Change(f"{field.name} right", 1 - first, 1 - second, low, high, mean.n)


def _check_classes(
    fields: Sequence[AnswerField],
    examples: Sequence[LabeledExample],
    answers: tuple[Sequence[Answer | None], Sequence[Answer | None]],
    old: ModelVersion,
) -> list[Check]:
    """The check of the classes; none where no field has classes."""
    if not any(field.is_choice for field in fields):
        return []
    return [check_changes(CLASSES, _class_changes(fields, examples, *answers), old.label())]


def _class_changes(
    fields: Sequence[AnswerField],
    examples: Sequence[LabeledExample],
    old: Sequence[Answer | None],
    new: Sequence[Answer | None],
) -> list[Change]:
    """How the recall of each class changes, with intervals that are wide enough for their number."""
    from ontos_tui.learning.targets import CLASS_KINDS, class_text, target

    pairs: dict[tuple[str, str], list[tuple[bool, bool]]] = defaultdict(list)
    for field in fields:
        if field.kind not in CLASS_KINDS:
            continue
        for example, one, other in zip(examples, old, new, strict=True):
            truth = target(field, example.answer)
            if isinstance(truth, str) and one is not None and other is not None:
                pairs[field.name, truth].append((target(field, one) == truth, target(field, other) == truth))
    tested = {key: hits for key, hits in pairs.items() if len(hits) >= LEAST_OF_CLASS}
    z = ONE_IN_A_HUNDRED / Z95 * z_of_many(len(tested))
    changes = []
    for (name, truth), hits in tested.items():
        gained, lost = sum(not one and two for one, two in hits), sum(one and not two for one, two in hits)
        low, high = paired_shares(gained, lost, len(hits), z)
        first, second = (sum(hit[place] for hit in hits) / len(hits) for place in (0, 1))
        what = f"recall of {class_text(truth)}" if len(fields) == 1 else f"{name}: recall of {class_text(truth)}"
        changes.append(Change(what, first, second, low, high, len(hits)))
    return changes


# The labels since --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Labels:
    """Labels that the serving version knew, all of the new one, and which of these are new; each with its groups.

    `apart` says whether the new ones come from other groups than the known: then they are judged by models that have
    learned nothing of their groups, else by models that may have.
    """

    known: list[LabeledExample]
    known_groups: list[str | None] | None
    all: list[LabeledExample]
    groups: list[str | None] | None
    new: list[int]
    apart: bool = False

    @classmethod
    def of(cls, model: ModelVersion, known: Sequence[SeenPair], pairs: Sequence[SeenPair]) -> _Labels:
        """The labels of these pairs. Where some new ones are of known groups and others not, more of them count."""
        new = [place for place, pair in enumerate(pairs) if pair.is_new and not pair.is_chosen]
        before, groups = (_groups(model, [pair.fields for pair in some]) for some in (known, pairs))
        apart = False
        if before is not None and groups is not None:
            there = set(before)
            inside = [place for place in new if groups[place] in there]
            apart = 2 * len(inside) < len(new)
            new = [place for place in new if (groups[place] in there) is not apart]
        return cls(_examples(known), before, _examples(pairs), groups, new, apart)


def _check_labels(store: Store, endpoint: str, old: ModelVersion, new: ModelVersion) -> list[Check]:
    """The checks of the labels and the columns of the pairs that the serving version did not know."""
    from ontos_tui.learning.checks.label_signs import is_judged, moved_columns

    with store.read() as connection:
        known = queries.known_pairs(connection, old, MOST_PAIRS)
        pairs = queries.pairs_since(connection, old, new, MOST_PAIRS)
        others = queries.other_rows(connection, new, endpoint, MOST_PAIRS // 4)
    labels = _Labels.of(new, known, pairs)
    if not labels.new:
        return [check_new_labels((), (), old.label())]
    fields = [field for field in _shared_fields(old, new) if is_judged(field)]
    signs = [one for field in fields if (one := _signs(field, new.features, labels)) is not None]
    after = [labels.all[place].fields for place in labels.new]
    moved = moved_columns(new.features, [pair.fields for pair in known], after, others)
    return [check_new_labels(signs, moved, old.label()), check_columns(moved, old.label())]


def _examples(pairs: Sequence[SeenPair]) -> list[LabeledExample]:
    return [LabeledExample(str(place), pair.fields, pair.answer) for place, pair in enumerate(pairs)]


def _signs(field: AnswerField, features: Sequence[str], labels: _Labels) -> FieldSigns | None:
    """How many of the new labels surprise models of the known ones, and models of today's; None if nothing is known."""
    from ontos_tui.learning.checks.label_signs import mean_of, opinions_of, out_of_fold, surprising, swaps, usual_bound

    new_examples = [labels.all[place] for place in labels.new]
    groups = None if labels.groups is None else [labels.groups[place] for place in labels.new]
    before = out_of_fold(field, features, labels.known, labels.known_groups if labels.apart else None)
    opinions = opinions_of(field, features, labels.known, new_examples)
    bound = usual_bound(before.surprise)
    if bound is None:
        return None
    usual = mean_of(surprising(before.surprise, bound), labels.known_groups, shares=True)
    new = mean_of(surprising(opinions.surprise, bound), groups, shares=True)
    if usual is None or new is None:
        return None
    called = swaps(field, new_examples, opinions.said, labels.known, before.said)
    signs = FieldSigns(field.name, new, usual, swaps=called)
    if signs.disagrees:
        apart = labels.groups if labels.apart else None
        unseen = out_of_fold(field, features, labels.all, apart).surprise[labels.new]
        signs = replace(signs, out_of_fold=mean_of(surprising(unseen, bound), groups, shares=True))
    return signs
