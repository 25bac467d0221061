"""A model's evaluation on the screen: nothing leaves the panel, and shortened names stay apart."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from builders.evaluations import class_score, full_evaluation
from ontos_tui.domain.records.training import IntervalCoverage
from ontos_tui.tui.stages.train.evaluation_lines import (
    MOST_CLASSES,
    all_class_lines,
    candidate_lines,
    confusion_lines,
    score_lines,
)
from ontos_tui.tui.stages.train.short_names import distinct_names
from ontos_tui.tui.widgets.lines import Line

WIDTHS = pytest.mark.parametrize("width", [44, 68])
"""Of the panel at 80 and at 120 cells."""


def texts(lines: Iterable[Line]) -> list[str]:
    return ["".join(part.text for part in line).rstrip() for line in lines]


@WIDTHS
def test_everything_that_was_measured_is_there_and_fits(width: int) -> None:
    evaluation = full_evaluation()
    lines = texts(
        [
            *score_lines(evaluation.headline(), width),
            *candidate_lines(evaluation, width),
            *all_class_lines(evaluation.scores, width),
        ]
    )
    assert all(cell_len(line) <= width for line in lines)
    page = " ".join(" ".join(lines).split())
    for part in (
        "✓ defect accuracy 0.92",
        "95 %: 0.84–1.00 over 42 people, 100 pairs",
        "always 'none': 0.47",
        "confidence off by 3 % on average (100 answers); shown as a percentage",
        "worst: line south: right 12 of 20",
        "tried, 37 models fitted",
        "✓ boosting + 1 derived 0.92 0.87–0.97",
        "chosen: better than the default",
    ):
        assert part in page


@WIDTHS
def test_the_way_of_the_present_model_is_named(width: int) -> None:
    evaluation = full_evaluation()
    evaluation.candidates[0].present = "defects v3"
    lines = texts(candidate_lines(evaluation, width))
    assert all(cell_len(line) <= width for line in lines)
    assert f"present model (defects v3): {evaluation.candidates[0].base_model}" in " ".join(" ".join(lines).split())


def test_the_matrix_has_the_truth_in_lines_and_the_answers_in_columns() -> None:
    assert texts(confusion_lines(full_evaluation().headline(), 44)) == [
        "defect, true ↓ predicted →",
        "           none scratch   crack",
        "none         40       ·       7",
        "scratch       1      29       ·",
        "crack         ·       ·      23",
    ]


def test_of_many_classes_the_worst_confusions_are_listed() -> None:
    names = [f"class {number}" for number in range(MOST_CLASSES + 1)]
    confusion = {name: {name: 20} for name in names}
    confusion["class 3"]["class 5"] = 4
    confusion["class 1"]["class 2"] = 9
    score = class_score(90, 10, 100, confusion=confusion)
    assert texts(confusion_lines(score, 60)) == [
        "defect, true → predicted",
        "  9 of 29  class 1 → class 2",
        "  4 of 24  class 3 → class 5",
    ]


def test_an_interval_says_how_often_it_held() -> None:
    coverage = IntervalCoverage(nominal=0.9, covered=0.884, width=14.23, groups=5, rough=True)
    score = class_score(90, 10, 100, groups=5, group_name="unit", rough=True, coverage=coverage)
    page = " ".join(" ".join(texts(score_lines(score, 60))).split())
    assert "over 5 units, 100 pairs, rough" in page
    assert "90 % intervals held 88 % of the true values, 14.2 wide on average, rough" in page


@given(
    st.lists(st.text("abcß漢 ", min_size=1, max_size=12).filter(str.strip), unique=True, max_size=12), st.integers(1, 9)
)
def test_short_names_are_distinct_and_fit(names: list[str], room: int) -> None:
    short = distinct_names(names, room)
    assert len(set(short)) == len(names)
    assert all(cell_len(name) <= max(room, 2) for name in short)


@pytest.mark.parametrize(
    ("names", "room", "short"),
    [
        (["none", "crack"], 8, ["none", "crack"]),
        (["scratch", "crack"], 4, ["scra", "crac"]),
        (["contamination", "contamination dust", "corrosion"], 4, ["conn", "cont", "corr"]),
        (["aab", "abb"], 1, ["1", "2"]),
    ],
)
def test_names_that_begin_alike_show_their_ends(names: list[str], room: int, short: list[str]) -> None:
    assert distinct_names(names, room) == short
