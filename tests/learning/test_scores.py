"""The figures beside a model: checked against scikit-learn, by hand, and by their laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, precision_recall_fscore_support

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.intervals import wilson
from ontos_tui.domain.learning import LabeledExample, Prediction, TrainingSet
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.evaluation import evaluate, score_classes, score_numbers
from ontos_tui.learning.statistics import average_precision, bootstrap, class_scores, confident_answers, macro_f1
from ontos_tui.learning.targets import class_of, class_text, in_range, target

ENUM = AnswerField("y", FieldKind.ENUM, True, choices=("a", "b", "c"))
NUMBER = AnswerField("y", FieldKind.NUMBER, True, minimum=0, maximum=10)
labels = st.sampled_from(['"a"', '"b"', '"c"'])


def test_wilson_is_the_published_interval() -> None:
    # Newcombe (1998), Statistics in Medicine 17:857, table I, method 3.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(29, 29) == pytest.approx((0.8830, 1.0), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(0, 500), st.integers(0, 500))
def test_wilson_holds_the_share_and_stays_within_zero_and_one(hits: int, misses: int) -> None:
    low, high = wilson(hits, hits + misses)
    if hits + misses:
        assert 0 <= low <= hits / (hits + misses) <= high <= 1


@given(st.lists(st.tuples(labels, labels), min_size=1, max_size=40))
def test_per_class_scores_are_those_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth, given_ = [one for one, _ in pairs], [one for _, one in pairs]
    classes = sorted(set(truth) | set(given_))
    expected = precision_recall_fscore_support(truth, given_, labels=classes, zero_division=0)
    found = class_scores(truth, given_, classes)
    for position, name in enumerate(classes):
        score = found[name]
        assert (score.precision, score.recall, score.f1) == pytest.approx([one[position] for one in expected[:3]])
        assert score.support == expected[3][position]
    occurring = sorted(set(truth))
    assert macro_f1(truth, given_) == pytest.approx(
        f1_score(truth, given_, labels=occurring, average="macro", zero_division=0)
    )


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0])), min_size=1, max_size=40))
def test_average_precision_is_that_of_scikit_learn(pairs: list[tuple[bool, float]]) -> None:
    truth, stated = [one for one, _ in pairs], [one for _, one in pairs]
    expected = average_precision_score(truth, stated) if any(truth) else 0.0
    assert average_precision(truth, stated) == pytest.approx(expected)


def test_classes_stand_beside_the_majority_of_the_training_pairs() -> None:
    truth = ['"a"'] * 6 + ['"b"'] * 3 + ['"c"']
    given_ = ['"a"'] * 6 + ['"b"'] * 2 + ['"a"'] * 2
    score = score_classes(ENUM, truth, given_, ['"b"', '"b"', '"a"'], ['"a"', '"b"', '"c"'])
    assert (score.metric, score.value, score.baseline, score.n) == ("accuracy", 0.8, 0.3, 10)
    assert (score.low, score.high) == wilson(8, 10)
    assert list(score.classes) == ["a", "b", "c"]
    assert score.classes["c"].f1 == 0
    assert score.baseline_macro_f1 == pytest.approx((0 + 2 * 0.3 / 1.3 + 0) / 3)


def test_classes_that_read_alike_stay_two() -> None:
    score = score_classes(ENUM, ["1", '"1"', "2"], ["1", "1", "2"], ["1"])
    assert {name: one.support for name, one in score.classes.items()} == {"1": 1, '"1"': 1, "2": 1}


def test_numbers_stand_beside_the_median_of_the_training_pairs() -> None:
    score = score_numbers(NUMBER, [1, 2, 3, 10], [1, 2, 4, 7], [2, 2, 900], seed=1)
    assert (score.metric, score.higher_is_better) == ("mean absolute error", False)
    assert (score.value, score.baseline) == (1.0, (1 + 0 + 1 + 8) / 4)
    assert 0 <= score.low <= score.value <= score.high <= 3
    assert score == score_numbers(NUMBER, [1, 2, 3, 10], [1, 2, 4, 7], [2, 2, 900], seed=1)
    # The baseline, too, may say only what the field may hold.
    assert score_numbers(NUMBER, [10], [10], [900], seed=1).baseline == 0


def test_the_bootstrap_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for seed in range(100):
        low, high = bootstrap(rng.exponential(2.0, size=80), seed)
        covered += low <= 2.0 <= high
    assert 86 <= covered <= 99


def test_confident_answers_counts_what_was_stated_with_confidence() -> None:
    assert confident_answers([0.95, 0.9, 0.89], [True, False, False]) == (2, 1)
    assert confident_answers([], []) == (0, 0)


class Echo:
    """A predictor that answers with the row's `guess`, as sure as the row says."""

    def predict(self, rows: list[Row]) -> list[Prediction]:
        return [Prediction({} if row["guess"] is None else {"y": row["guess"]}, {"y": row["sure"]}) for row in rows]


def examples(*answers: tuple[object, object]) -> tuple[LabeledExample, ...]:
    return tuple(
        LabeledExample(str(n), {"guess": guess, "sure": 0.95}, {"y": truth}) for n, (guess, truth) in enumerate(answers)
    )


def test_evaluation_takes_the_baseline_from_the_training_pairs_and_the_rest_from_the_held_out() -> None:
    data = TrainingSet(
        (ENUM,), ("guess", "sure"), examples((None, "c"), (None, "c"), (None, "a")),
        examples(("a", "a"), ("a", "b"), ("b", "b"), (None, "c"), ("a", "not a choice")), "by hand",
    )  # fmt: skip
    evaluation = evaluate(Echo(), data)
    (score,) = evaluation.scores
    assert (score.n, score.value, score.baseline) == (4, 0.5, 0.25)
    assert evaluation.n == 5
    assert evaluation.held_out_from == "by hand"
    assert (
        "4 of 4 held-out answers were stated with 90 % confidence or more; 2 of those 4 were right"
        in evaluation.notes[0]
    )


def test_a_field_that_cannot_be_scored_is_named_and_not_invented() -> None:
    other = AnswerField("z", FieldKind.NUMBER, False)
    pairs = examples(("a", "a"), ("b", "b"))
    evaluation = evaluate(Echo(), TrainingSet((other, ENUM), ("guess", "sure"), pairs, pairs, ""))
    assert [score.field for score in evaluation.scores] == ["y"]
    assert evaluation.notes[0].startswith("z is not scored: no training pair")
    with pytest.raises(NotReadyError):
        evaluate(Echo(), TrainingSet((other,), ("guess", "sure"), pairs, pairs, ""))


def test_what_an_answer_teaches() -> None:
    optional = AnswerField("y", FieldKind.ENUM, False, choices=("a", None))
    assert target(ENUM, {"y": "a"}) == '"a"'
    assert target(ENUM, {"y": "z"}) is None
    assert target(ENUM, {}) is None
    assert target(optional, {}) == ""
    assert target(optional, {"y": None}) == "null"
    assert target(AnswerField("y", FieldKind.BOOLEAN, True), {"y": 1}) is None
    assert target(ENUM, {"y": 10**5000}) is None
    assert target(ENUM, {"y": object()}) is None
    assert target(NUMBER, {"y": True}) is None
    assert target(NUMBER, {"y": float("nan")}) is None
    assert target(NUMBER, {"y": 10**5000}) is None
    assert target(NUMBER, {"y": "3"}) is None
    assert target(AnswerField("y", FieldKind.TEXT, True), {"y": ""}) == '""'
    assert class_of(1.0) == class_of(1) != class_of(True) != class_of("true")
    assert class_text('"\\ud800"') == "?"
    assert class_text("true") == "true"


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-50, 50), st.integers(0, 50))
def test_numbers_are_put_within_their_range(value: float, low: int, span: int) -> None:
    whole = in_range(AnswerField("y", FieldKind.INTEGER, True, minimum=low - 0.5, maximum=low + span + 0.5), value)
    assert type(whole) is int
    assert low <= whole <= low + span
    real = in_range(AnswerField("y", FieldKind.NUMBER, True, minimum=low), value)
    assert type(real) is float
    assert real == max(value, low)
