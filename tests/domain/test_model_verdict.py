"""One line about a model, that is true for five tested pairs and for ten thousand."""

from __future__ import annotations

from typing import Any

import pytest

from ontos_tui.domain.records.training import Evaluation, FieldScore, LearningCurvePoint
from ontos_tui.domain.rules.model_verdict import (
    Level,
    Verdict,
    beats_baseline,
    counted,
    field_level,
    model_verdict,
    short_score,
)


def a_class_score(**changes: Any) -> FieldScore:
    fields: dict[str, Any] = {
        "field": "defect", "kind": "enum", "metric": "accuracy", "higher_is_better": True,
        "value": 0.24, "baseline": 0.47, "low": 0.17, "high": 0.33, "n": 100,
        "correct": 24, "baseline_answer": "none", "baseline_correct": 47, "gain_low": -0.34, "gain_high": -0.12,
    }  # fmt: skip
    return FieldScore.model_validate(fields | changes)


def right(correct: int, baseline: int, n: int, **changes: Any) -> FieldScore:
    """`correct` of `n` right, where the constant answer is right `baseline` times."""
    counts = {"correct": correct, "value": correct / n, "baseline_correct": baseline, "baseline": baseline / n, "n": n}
    return a_class_score(**(counts | changes))


def a_number_score(**changes: Any) -> FieldScore:
    fields: dict[str, Any] = {
        "field": "depth", "kind": "number", "metric": "mean absolute error", "higher_is_better": False,
        "value": 4.2, "baseline": 9.81, "low": 3.6, "high": 4.9, "n": 60,
        "baseline_answer": "31.0", "gain_low": 4.7, "gain_high": 6.4,
    }  # fmt: skip
    return FieldScore.model_validate(fields | changes)


def verdict_on(*scores: FieldScore, curve: tuple[tuple[int, float, float, float], ...] = ()) -> Verdict:
    points = [LearningCurvePoint(labels=n, value=value, low=low, high=high) for n, value, low, high in curve]
    return model_verdict(Evaluation(scores=list(scores), n=scores[0].n, held_out_from="at random", curve=points))


CERTAIN = {"gain_low": 0.3, "gain_high": 0.5}
NOT_CERTAIN = {"gain_low": -0.1, "gain_high": 0.2}
OLD = {"correct": None, "baseline_answer": "", "baseline_correct": None, "gain_low": None, "gain_high": None}


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (a_class_score(), "Not usable yet: right 24 of 100; always 'none' is right 47 of 100"),
        (right(480, 940, 2000), "Not usable yet: right 24 of 100; always 'none' is right 47 of 100"),
        (right(91, 47, 100, **CERTAIN), "Better: right 91 of 100; always 'none' is right 47 of 100"),
        # Small tests in their own counts.
        (right(3, 2, 5, **NOT_CERTAIN), "Better, but not certain: right 3 of 5; always 'none' is right 2 of 5"),
        (right(50, 40, 99, **CERTAIN), "Better: right 50 of 99; always 'none' is right 40 of 99"),
        (right(2, 2, 5, **NOT_CERTAIN), "Not usable yet: right 2 of 5; always 'none' is right 2 of 5"),
        # Neither everything nor nothing where that is not so; a difference that rounding would hide.
        (right(999, 470, 1000, **CERTAIN), "Better: right 99 of 100; always 'none' is right 47 of 100"),
        (right(1, 470, 1000), "Not usable yet: right 1 of 100; always 'none' is right 47 of 100"),
        (
            right(9942, 9938, 10_000, **CERTAIN),
            "Better: right 9,942 of 10,000; always 'none' is right 9,938 of 10,000",
        ),
        # Nothing can be learned from one answer.
        (right(40, 40, 40), "Not usable yet: all 40 tested pairs have the answer 'none'; label other answers too"),
        # An empty answer, and one too long to quote.
        (
            right(30, 20, 91, baseline_answer="", **CERTAIN),
            "Better: right 30 of 91; leaving it empty is right 20 of 91",
        ),
        (
            right(30, 20, 91, baseline_answer="State of New York, without regard", **CERTAIN),
            "Better: right 30 of 91; always 'State of New York, with…' is right 20 of 91",
        ),
        # Numbers.
        (a_number_score(), "Better: off by 4.2 on average; always 31.0 is off by 9.81"),
        (
            a_number_score(value=1234.5, baseline=1250.25, gain_low=-3.0),
            "Better, but not certain: off by 1,234 on average; always 31.0 is off by 1,250",
        ),
        (
            a_number_score(value=9.9, gain_low=-0.4, gain_high=0.2),
            "Not usable yet: off by 9.9 on average; always 31.0 is off by 9.81",
        ),
        (
            a_number_score(value=0.2, baseline=0.0, gain_low=-0.3, gain_high=-0.1),
            "Not usable yet: all 60 tested pairs have the answer 31.0; label other answers too",
        ),
        # Few groups, and enough of them.
        (
            right(91, 47, 100, groups=5, group_name="unit", rough=True, **CERTAIN),
            "Better: right 91 of 100; always 'none' is right 47 of 100. 5 units: rough",
        ),
        (
            right(91, 47, 100, groups=42, group_name="person", **CERTAIN),
            "Better: right 91 of 100; always 'none' is right 47 of 100",
        ),
        (
            right(3, 2, 5, rough=True, **NOT_CERTAIN),
            "Better, but not certain: right 3 of 5; always 'none' is right 2 of 5. 5 pairs: rough",
        ),
        # Of releases that did not store these.
        (a_class_score(**OLD), "Not usable yet: right 24 of 100; the baseline is right 47 of 100"),
        (
            a_class_score(value=0.6, n=5, baseline=0.4, low=0.2, high=0.9, **OLD),
            "Better, but not certain: right 3 of 5; the baseline is right 2 of 5",
        ),
        (a_number_score(**OLD), "Better: off by 4.2 on average; the baseline is off by 9.81"),
    ],
)
def test_a_model_in_one_line(score: FieldScore, text: str) -> None:
    assert verdict_on(score).text == text


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (right(80, 50, 100, gain_low=0.01, gain_high=0.5), Level.BETTER),
        (right(80, 50, 100, gain_low=0.0, gain_high=0.5), Level.NOT_CERTAIN),
        (right(50, 50, 100, gain_low=-0.1, gain_high=0.1), Level.NOT_USABLE),
        (right(40, 50, 100, gain_low=-0.2, gain_high=-0.1), Level.NOT_USABLE),
        (a_number_score(gain_low=0.1), Level.BETTER),
        (a_number_score(gain_low=-0.1), Level.NOT_CERTAIN),
        (a_number_score(value=9.81), Level.BETTER),  # the interval of the gain decides, where there is one
        # Earlier releases: the interval of the score beside the baseline.
        (a_class_score(**OLD | {"value": 0.8, "low": 0.48, "high": 0.9}), Level.BETTER),
        (a_class_score(**OLD | {"value": 0.8, "low": 0.47, "high": 0.9}), Level.NOT_CERTAIN),
        (a_number_score(**OLD), Level.BETTER),
        (a_number_score(**OLD | {"high": 9.9}), Level.NOT_CERTAIN),
        (a_number_score(**OLD | {"value": 12.0, "low": 10.0, "high": 14.0}), Level.NOT_USABLE),
    ],
)
def test_better_is_what_chance_does_not_explain(score: FieldScore, level: Level) -> None:
    assert field_level(score) is level
    assert beats_baseline(score) is (level is Level.BETTER)


def test_of_several_fields_the_first_is_the_headline_and_those_that_fail_are_named() -> None:
    good, bad = right(91, 47, 100, **CERTAIN), a_class_score(field="severity")
    perhaps = right(50, 47, 100, field="action", **NOT_CERTAIN)
    verdict = verdict_on(good, perhaps, bad)
    assert verdict.text == (
        "Better: defect right 91 of 100; always 'none' is right 47 of 100. severity: not usable yet"
    )
    assert (verdict.level, verdict.failing, verdict.sign) == (Level.BETTER, ("severity",), "◐")
    assert verdict_on(good, perhaps).failing == ()
    many = [a_class_score(field=f"f{number}") for number in range(9)]
    assert verdict_on(good, *many).text.endswith(". f0, f1 and 7 more: not usable yet")


def test_colors_are_never_alone() -> None:
    verdicts = [
        verdict_on(right(91, 47, 100, **CERTAIN)),
        verdict_on(right(50, 47, 100, **NOT_CERTAIN)),
        verdict_on(a_class_score()),
    ]
    assert [(one.sign, one.style) for one in verdicts] == [("✓", "good"), ("◐", "warn"), ("✗", "bad")]


def test_how_many_labels_are_missing_where_the_curve_says_so() -> None:
    def curve(spread: float) -> tuple[tuple[int, float, float, float], ...]:
        values = [(n, 0.8 - 1.6 * n**-0.5) for n in (20, 40, 80, 160)]
        return tuple((n, value, value - spread, value + spread) for n, value in values)

    score = right(67, 66, 100, gain_low=-0.03, gain_high=0.05)
    said = verdict_on(score, curve=curve(0.003)).text
    assert said == ("Better, but not certain: right 67 of 100; always 'none' is right 66 of 100. About 100 more labels")
    assert "more labels" not in verdict_on(score, curve=curve(0.2)).text, "the intervals leave it open"
    assert "more labels" not in verdict_on(right(91, 47, 100, **CERTAIN), curve=curve(0.003)).text
    assert "more labels" not in verdict_on(score.model_copy(update={"gain_high": 1.0}), curve=curve(0.003)).text


def test_an_evaluation_without_scores_is_no_measurement() -> None:
    verdict = model_verdict(Evaluation(scores=[], n=0, held_out_from=""))
    assert (verdict.level, verdict.text, verdict.sign) == (Level.NOT_MEASURED, "Not measured: no pair was tested", "○")


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (a_class_score(), "right 24 of 100"),
        (right(3, 2, 5), "right 3 of 5"),
        (right(1600, 900, 2000), "right 80 of 100"),
        (a_number_score(value=0.00042), "off by 0.00042"),
        (a_number_score(value=999.7), "off by 1,000"),
        (a_class_score(metric="F1", value=0.5), "F1 0.5"),
    ],
)
def test_a_score_for_a_list(score: FieldScore, text: str) -> None:
    assert short_score(score) == text


@pytest.mark.parametrize(
    ("amount", "name", "text"),
    [
        (5, "unit", "5 units"), (1, "unit", "1 unit"), (42, "battery", "42 batteries"), (3, "day", "3 days"),
        (42, "person", "42 people"), (7, "subject_id", "7 groups (subject_id)"), (1_200, "", "1,200 groups"),
    ],
)  # fmt: skip
def test_groups_by_their_name(amount: int, name: str, text: str) -> None:
    assert counted(amount, name) == text
