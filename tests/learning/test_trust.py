"""What a model may say of its answers: confidence that is true, intervals that hold, and what it never saw."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ontos_tui.domain.learning import Outside
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.encoding.features import describe
from ontos_tui.learning.statistics import calibration_error
from ontos_tui.learning.trust.applicability import Applicability
from ontos_tui.learning.trust.calibration import Calibrator
from ontos_tui.learning.trust.conformal import Conformal
from ontos_tui.learning.trust.field_trust import FieldTrust, certainty

NUMBER = AnswerField("y", FieldKind.NUMBER, True, minimum=0)
WHOLE = AnswerField("y", FieldKind.INTEGER, True, minimum=0, maximum=10)


def overconfident(seed: int, n: int) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Answers that are right less often than they state, and those with class b less often still."""
    rng = np.random.default_rng(seed)
    stated = rng.uniform(0.5, 1.0, n)
    classes = [("a", "b")[code] for code in rng.integers(0, 2, n)]
    share = stated - 0.1 - np.where(np.array(classes) == "b", 0.15, 0)
    return stated, classes, rng.random(n) < share


@pytest.mark.parametrize(("labels", "error"), [(150, 0.1), (5_000, 0.03)])
def test_stated_confidence_becomes_the_share_that_is_right(labels: int, error: float) -> None:
    calibrator = Calibrator.learned(*overconfident(1, labels))
    stated, classes, right = overconfident(2, 20_000)
    calibrated = calibrator.confidence(stated, classes)
    assert calibration_error(stated, right) > 0.15
    assert calibration_error(calibrated, right) < error
    of_b = np.array(classes) == "b"
    assert abs(calibrated[of_b].mean() - right[of_b].mean()) < error
    again = Calibrator.from_json(json.loads(json.dumps(calibrator.to_json())))
    assert (again.confidence(stated, classes) == calibrated).all()


def test_nobody_is_surer_than_the_answers_could_make_one() -> None:
    nothing = Calibrator.learned(np.zeros(0), [], np.zeros(0, dtype=bool))
    assert nothing.confidence(np.array([1.0]), ["a"]).tolist() == [0.5]
    ten = Calibrator.learned(np.ones(10), ["a"] * 10, np.ones(10, dtype=bool))
    assert ten.confidence(np.array([1.0]), ["a"])[0] <= 11 / 12
    wrong = Calibrator.learned(np.full(10, 0.95), ["a"] * 10, np.arange(10) < 3)
    assert wrong.confidence(np.array([0.95]), ["a"])[0] < 0.65
    assert certainty(0.65) == "unsure"
    assert certainty(0.9) == "likely"


def unit_errors(seed: int, units: int, rows: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of units that are each off by something of their own."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(units), rows)
    truth = rng.uniform(0, 100, units * rows)
    return truth, truth + rng.normal(0, 3, units)[groups] + rng.normal(0, 2, units * rows), groups


def test_an_interval_holds_nine_of_ten_numbers_of_new_units() -> None:
    covered = []
    for seed in range(60):
        intervals = Conformal.learned(*unit_errors(seed, 25))
        truth, given, _ = unit_errors(1_000 + seed, 50)
        low, high = intervals.bounds(AnswerField("y", FieldKind.NUMBER, True), given)
        covered.append(((low <= truth) & (truth <= high)).mean())
        assert not intervals.rough
    assert 0.88 <= np.mean(covered) <= 0.93
    assert Conformal.learned(*unit_errors(1, 19)).rough


def test_an_interval_is_wider_by_what_choosing_the_best_of_several_flattered() -> None:
    truth, given, groups = unit_errors(1, 25)
    mean = float(np.abs(truth - given).mean())
    plain = Conformal.learned(truth, given, groups)
    wider = Conformal.learned(truth, given, groups, optimism=0.1 * mean)
    assert wider.reach == pytest.approx(1.1 * plain.reach)
    assert (wider.points, wider.rough) == (plain.points, plain.rough)
    assert Conformal.learned(truth, truth, groups, optimism=0.1).reach == 0


def test_an_interval_is_wider_where_predictions_are_further_off() -> None:
    rng = np.random.default_rng(1)
    given = rng.uniform(0, 100, 2_000)
    truth = given + rng.normal(0, 1, 2_000) * (1 + given / 10)
    intervals = Conformal.learned(truth, given, None)
    low, high = intervals.bounds(NUMBER, np.array([5.0, 95.0]))
    assert low[0] >= 0
    assert high[1] - 95 > 3 * (high[0] - 5)
    again = Conformal.from_json(json.loads(json.dumps(intervals.to_json())))
    assert again == intervals


def test_intervals_of_whole_numbers_are_whole_and_within_the_field() -> None:
    intervals = Conformal(reach=1.5)
    low, high = intervals.bounds(WHOLE, np.array([0.0, 5.0, 10.0]))
    assert low.tolist() == [0, 3, 8]
    assert high.tolist() == [2, 7, 10]


ROWS = [{"heat": n / 2, "site": ("Graz", "Linz")[n % 2], "serial": f"SN{n}", "note": None} for n in range(100)]


def test_values_that_were_never_learned_are_named_with_what_was() -> None:
    table, _ = describe(ROWS, ("heat", "site"))
    learned = Applicability.learned(table, table.encode(ROWS), ROWS)
    again = Applicability.from_json(json.loads(json.dumps(learned.to_json())))
    assert again == learned
    asked = [
        {"heat": 25.0, "site": "Graz"},
        {"heat": 50.5, "site": "Linz"},  # hardly beyond what was seen
        {"heat": 140, "site": "Wien"},
        {"heat": None, "site": None},
    ]
    outside = learned.outside(table, table.encode(asked), asked)
    assert outside == [(), (), (Outside("heat", 140.0, 0.0, 49.5), Outside("site", "Wien")), ()]


def test_where_new_words_are_usual_they_are_not_named() -> None:
    rows = [{"part": "bolt" if n % 2 else f"p{n}", "heat": n % 7} for n in range(100)]
    table, _ = describe(rows, ("part", "heat"))
    learned = Applicability.learned(table, table.encode(rows), rows)
    assert learned.outside(table, table.encode([{"part": "p7", "heat": 1}]), [{"part": "p7", "heat": 1}]) == [()]


def test_trust_is_kept_as_plain_data() -> None:
    trust = FieldTrust("y", True, Calibrator.learned(*overconfident(1, 50)), Conformal(2.0, (1.0, 2.0), (1.0, 3.0)))
    assert FieldTrust.from_json(json.loads(json.dumps(trust.to_json()))) == trust
    assert FieldTrust.from_json(json.loads(json.dumps(FieldTrust("y").to_json()))) == FieldTrust("y")
