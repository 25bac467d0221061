"""The figures beside a model: checked against scikit-learn, by hand, and by their laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, precision_recall_fscore_support

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.intervals import wilson
from ontos_tui.domain.learning import LabeledExample, Prediction, TrainingSet
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.training import FieldScore
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.evaluation.evaluate import evaluate
from ontos_tui.learning.evaluation.scores import score_classes, score_numbers
from ontos_tui.learning.evaluation.unseen import unseen_answers
from ontos_tui.learning.statistics import (
    average_precision,
    bearing_groups,
    bootstrap,
    calibration_error,
    class_scores,
    confident_answers,
    error_interval,
    macro_f1,
    paired_interval,
    share_interval,
)
from ontos_tui.learning.targets import class_of, class_text, in_range, target
from tiers import DEEP

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


def test_classes_stand_beside_the_commonest_answer_of_the_tested_pairs_themselves() -> None:
    truth = ['"a"'] * 6 + ['"b"'] * 3 + ['"c"']
    given_ = ['"a"'] * 6 + ['"b"'] * 2 + ['"a"'] * 2
    score = score_classes(ENUM, truth, given_)
    assert (score.metric, score.value, score.baseline, score.n) == ("accuracy", 0.8, 0.6, 10)
    assert (score.correct, score.baseline_correct, score.baseline_answer) == (8, 6, "a")
    assert (score.low, score.high) == wilson(8, 10)
    assert list(score.classes) == ["a", "b", "c"]
    assert score.classes["c"].f1 == 0
    assert score.baseline_macro_f1 == pytest.approx((2 * 0.6 / 1.6 + 0 + 0) / 3)
    assert score.confusion == {"a": {"a": 6}, "b": {"a": 1, "b": 2}, "c": {"a": 1}}
    assert score.rough  # ten pairs


def test_classes_that_read_alike_stay_two() -> None:
    score = score_classes(ENUM, ["1", '"1"', "2"], ["1", "1", "2"])
    assert {name: one.support for name, one in score.classes.items()} == {"1": 1, '"1"': 1, "2": 1}
    assert score.confusion == {"1": {"1": 1}, '"1"': {"1": 1}, "2": {"2": 1}}


def test_numbers_stand_beside_the_median_of_the_tested_pairs_themselves() -> None:
    def scored(truth: list[float], given_: list[float]) -> FieldScore:
        return score_numbers(NUMBER, np.array(truth), np.array(given_), seed=1)

    score = scored([1, 2, 3, 10], [1, 2, 4, 7])
    assert (score.metric, score.higher_is_better) == ("mean absolute error", False)
    assert (score.value, score.baseline) == (1.0, (1.5 + 0.5 + 0.5 + 7.5) / 4)
    assert score.baseline_answer == "2.5"
    assert 0 <= score.low <= score.value <= score.high <= 3
    assert score == scored([1, 2, 3, 10], [1, 2, 4, 7])
    assert score.gain_low is not None
    assert score.gain_high is not None
    assert score.gain_low < score.baseline - score.value < score.gain_high
    # The baseline, too, may say only what the field may hold.
    assert scored([900], [10]).baseline == 890


def simulated_units(seed: int, units: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Right and wrong answers of units, each of which is right with a probability of its own (0.7 on average)."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(units), rows)
    return (rng.random(units * rows) < rng.beta(3.5, 1.5, units)[groups]).astype(float), groups


def test_over_groups_an_interval_holds_the_truth_of_new_groups_where_one_over_rows_does_not() -> None:
    over_groups = over_rows = of_errors = gains = 0
    simulations = 200 if DEEP else 50
    for seed in range(simulations):
        right, groups = simulated_units(seed, 12, 40)
        low, high = share_interval(right, groups)
        over_groups += low <= 0.7 <= high
        low, high = share_interval(right)
        over_rows += low <= 0.7 <= high
        low, high = error_interval(1 - right, seed, groups)
        of_errors += low <= 0.3 <= high
        low, high = paired_interval(right - 0.6, groups)
        gains += low <= 0.1 <= high
    assert over_rows < 0.6 * simulations
    # 95 %, less what chance may take.
    assert min(over_groups, of_errors, gains) >= 0.89 * simulations


def test_where_one_unit_makes_up_most_of_the_error_the_score_is_rough() -> None:
    """As with 35 measurements of gamma lines, of which two decide the score: whether they are drawn is chance."""
    groups = np.repeat(np.arange(30), 5)
    even = 1 + groups % 3 / 10
    far = np.where(groups == 7, 40.0, even)
    zero = np.zeros(150)
    fair, led = (score_numbers(NUMBER, errors, zero, groups) for errors in (even, far))
    assert (fair.rough, led.rough) == (False, True)
    assert score_numbers(NUMBER, far, zero).rough is False
    assert led.high / led.value > 3
    assert bearing_groups(even, groups) > 29
    assert bearing_groups(far, groups) < 4
    assert bearing_groups(zero, groups) == 30


def test_few_groups_make_a_wide_interval_even_where_all_answers_are_right() -> None:
    low, high = share_interval(np.ones(300), np.repeat(np.arange(3), 100))
    assert high == 1
    assert low < 0.5
    assert share_interval(np.ones(300))[0] > 0.98


def test_the_calibration_error_is_the_distance_between_what_is_said_and_what_is_true() -> None:
    right = np.arange(1_000) % 10 < 7
    assert calibration_error(np.full(1_000, 0.7), right) == pytest.approx(0, abs=0.02)
    assert calibration_error(np.full(1_000, 0.95), right) == pytest.approx(0.25, abs=0.02)


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


def test_evaluation_takes_baseline_and_score_from_the_held_out_pairs() -> None:
    data = TrainingSet(
        (ENUM,), ("guess", "sure"), examples((None, "c"), (None, "c"), (None, "a")),
        examples(("a", "a"), ("a", "b"), ("b", "b"), (None, "c"), ("a", "not a choice")), "by hand",
    )  # fmt: skip
    evaluation = evaluate(Echo(), data)
    (score,) = evaluation.scores
    assert (score.n, score.value, score.baseline, score.baseline_answer) == (4, 0.5, 0.5, "b")
    assert evaluation.n == 5
    assert evaluation.held_out_from == "by hand"
    assert evaluation.method == "tested on 5 pairs held out"
    assert (
        "4 of 4 answers to unseen pairs had a confidence of 90 % or more; 2 of those 4 were right"
        in evaluation.notes[0]
    )


def test_answers_out_of_fold_count_as_well_unless_the_future_is_tested() -> None:
    train = examples(*[("a", "a")] * 8)
    held_out = examples(*[("a", "b")] * 2)
    answered = unseen_answers(ENUM, train, ['"a"'] * 8, ['"a"'] * 8)
    data = TrainingSet((ENUM,), ("guess", "sure"), train, held_out, "by hand", group_name="unit")
    evaluation = evaluate(Echo(), data, out_of_fold={"y": answered})
    assert (evaluation.headline().n, evaluation.headline().correct, evaluation.n) == (10, 8, 2)
    assert evaluation.method == "5-fold cross-validation over 8 units, and 2 units held out"
    later = evaluate(Echo(), replace(data, in_order=True), out_of_fold={"y": answered})
    assert (later.headline().n, later.headline().correct) == (2, 0)
    assert later.method == "learned from 8 pairs, tested on 2 later ones"


def test_the_worst_segment_is_named_only_where_it_is_no_chance() -> None:
    rng = np.random.default_rng(3)

    def held_out(wrong_at_linz: float) -> tuple[LabeledExample, ...]:
        return tuple(
            LabeledExample(
                str(n),
                {"site": "Linz" if n % 4 == 0 else "Graz", "heat": rng.random(), "sure": 0.9, "guess": "a"},
                {"y": "b" if rng.random() < (wrong_at_linz if n % 4 == 0 else 0.1) else "a"},
            )
            for n in range(400)
        )

    def segments(wrong_at_linz: float) -> list[str]:
        data = TrainingSet((ENUM,), ("site", "heat"), examples(("a", "a")), held_out(wrong_at_linz), "")
        return evaluate(Echo(), data).headline().worst_segments

    (segment,) = segments(0.6)
    assert segment.startswith("site = Linz: right ")
    assert " of 100, elsewhere " in segment
    assert segments(0.1) == []


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
