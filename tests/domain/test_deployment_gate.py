"""The rules of the gate: what blocks a deployment, what only is said, and what is no sign at all."""

from __future__ import annotations

import pytest

from ontos_tui.domain.rules.deployment_gate import (
    FLOORS,
    LABELS,
    REGRESSION,
    VERDICT,
    CaseResult,
    Change,
    Check,
    FieldSigns,
    GateError,
    GateReport,
    Mean,
    Moved,
    Outcome,
    Swap,
    check_cases,
    check_changes,
    check_columns,
    check_corrections,
    check_floor,
    check_new_labels,
    check_verdict,
)


def report(*checks: Check, serving: str = "") -> GateReport:
    return GateReport("defects v2", "live", serving, checks)


# What people demand ------------------------------------------------------------------------------------------------


def test_cases_must_all_be_right_and_the_wrong_ones_are_named() -> None:
    right, wrong = CaseResult("P1"), CaseResult("P2", ("defect none, expected crack",))
    assert check_cases([]).outcome is Outcome.NOT_MEASURED, "no case was asked, so none was passed"
    assert check_cases([right, right]).line == "all 2 answered as expected"
    failed = check_cases([right, wrong])
    assert (failed.outcome, failed.line) == (Outcome.FAILED, "1 of 2 wrong: P2: defect none, expected crack")
    many = check_cases([wrong] * 5)
    assert many.line.endswith("; 2 more")
    unasked = check_cases([right, CaseResult("P3", answered=False)])
    assert (unasked.outcome, unasked.blocks) == (Outcome.NOT_MEASURED, False)


@pytest.mark.parametrize(
    ("value", "bound", "higher", "outcome"),
    [
        (0.9, 0.9, True, Outcome.PASSED),
        (0.899, 0.9, True, Outcome.FAILED),
        (3.0, 3.0, False, Outcome.PASSED),
        (3.1, 3.0, False, Outcome.FAILED),
        (None, 0.9, True, Outcome.NOT_MEASURED),
    ],
)
def test_a_floor_holds_from_its_bound_on(value: float | None, bound: float, higher: bool, outcome: Outcome) -> None:
    check = check_floor("recall of crack ≥ 0.9", value, bound, 12, higher_is_better=higher)
    assert check.outcome is outcome
    assert check.blocks is (outcome is not Outcome.PASSED), "what was demanded must also be measured"
    assert check.line.startswith("recall of crack ≥ 0.9: ")


# The report --------------------------------------------------------------------------------------------------------


def test_a_report_passes_without_a_check_that_blocks_and_else_names_them() -> None:
    unmeasured = Check(REGRESSION, Outcome.NOT_MEASURED, "no pair")
    assert report(check_verdict(True, "Better"), unmeasured).passed
    failed = report(check_verdict(False, "Not usable yet"), unmeasured, serving="defects v1")
    assert [check.name for check in failed.failed] == [VERDICT]
    error = GateError(failed)
    assert "verdict: Not usable yet" in error.what
    assert '--despite "REASON"' in error.todo
    assert "ontos deploy defects:2 --name live" in error.todo


def test_only_a_first_version_may_be_tried_out_and_only_for_its_verdict() -> None:
    unusable, floor = check_verdict(False, "Not usable yet"), Check(FLOORS, Outcome.FAILED, "recall")
    assert report(unusable).only_to_try
    assert not report(unusable, serving="defects v1").only_to_try
    assert not report(unusable, floor).only_to_try
    assert not report(check_verdict(True, "Better")).only_to_try


# Worse than before -------------------------------------------------------------------------------------------------


def test_only_an_interval_beyond_nothing_is_worse() -> None:
    fine = Change("defect right", 0.8, 0.75, -0.12, 0.02, 100)
    worse = Change("defect right", 0.8, 0.6, -0.29, -0.11, 100)
    assert check_changes(REGRESSION, [fine], "v1").outcome is Outcome.PASSED
    failed = check_changes(REGRESSION, [fine, worse], "v1")
    assert failed.outcome is Outcome.FAILED
    assert failed.line == "worse than v1: defect right 0.8 → 0.6 on 100 pairs (−0.29 … −0.11)"
    assert check_changes(REGRESSION, [], "v1").outcome is Outcome.NOT_MEASURED


def test_of_errors_the_higher_is_worse() -> None:
    change = Change("depth MAE", 1.0, 2.0, 0.5, 1.5, 40, higher_is_better=False)
    assert change.is_worse
    assert not Change("depth MAE", 2.0, 1.0, -1.5, -0.5, 40, higher_is_better=False).is_worse


@pytest.mark.parametrize(
    ("changed", "known", "fails"), [(4, 10, False), (9, 100, False), (10, 100, True), (0, 0, False)]
)
def test_many_changed_labels_need_a_person(changed: int, known: int, fails: bool) -> None:
    assert (check_corrections(changed, known, "v1").outcome is Outcome.FAILED) is fails


# New labels --------------------------------------------------------------------------------------------------------

USUAL = Mean(0.1, 0.02, 250, 250)
MANY = Mean(0.3, 0.03, 200, 200)
MOVED = Moved("torque", 40.0, 4_000.0, 1.0)


def test_labels_as_surprising_as_usual_are_fine() -> None:
    check = check_new_labels([FieldSigns("defect", Mean(0.13, 0.02, 200, 200), USUAL)], [MOVED], "v1")
    assert (check.outcome, check.line) == (Outcome.PASSED, "13 % of 200 new labels surprise, usually 10 %")


def test_surprising_labels_that_confirm_each_other_are_a_change_of_the_world() -> None:
    signs = FieldSigns("defect", MANY, USUAL, out_of_fold=USUAL)
    assert check_new_labels([signs], [], "v1").outcome is Outcome.PASSED


def test_surprising_labels_that_contradict_each_other_are_wrong() -> None:
    check = check_new_labels([FieldSigns("defect", MANY, USUAL, out_of_fold=MANY)], [], "v1")
    assert (check.name, check.outcome) == (LABELS, Outcome.FAILED)
    assert "30 % of the new labels surprise, usually 10 %; they do not confirm each other" in check.line


def test_surprising_labels_beside_a_column_that_moved_name_the_column() -> None:
    check = check_new_labels([FieldSigns("defect", MANY, USUAL, out_of_fold=USUAL)], [MOVED], "v1")
    assert check.outcome is Outcome.FAILED
    assert "torque 40 → 4,000" in check.line


def test_a_column_that_moved_far_needs_a_person_by_itself() -> None:
    assert check_columns([MOVED], "v1").line == "moved since v1 (medians): torque 40 → 4,000: another unit or sensor?"
    assert check_columns([MOVED], "v1").blocks
    assert not check_columns([Moved("torque", 40.0, 48.0, 0.38)], "v1").blocks


def test_swapped_classes_are_a_sign_of_their_own() -> None:
    swap = Swap("crack", "none", 12, 16, 1, 40)
    check = check_new_labels([FieldSigns("defect", USUAL, USUAL, swaps=(swap,))], [], "v1")
    assert check.outcome is Outcome.FAILED
    assert "12 of 16 new labels 'crack' look like 'none', usually 1 of 40" in check.line
    assert not Swap("crack", "none", 3, 3, 0, 40).is_clear, "three of three may be chance"
    assert not Swap("crack", "none", 12, 30, 14, 40).is_clear, "it is hard to tell them apart anyway"


def test_few_labels_are_not_judged() -> None:
    few = FieldSigns("defect", Mean(1.0, 0.1, 5, 5), USUAL)
    assert check_new_labels([few], [], "v1").outcome is Outcome.NOT_MEASURED
    assert check_new_labels([], [], "v1").outcome is Outcome.PASSED
