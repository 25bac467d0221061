"""A retrain has to beat what answers today: the present model's way to learn is tried first and stays when in doubt."""

from __future__ import annotations

from typing import Any

import numpy as np

from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.training import CandidateScore
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.encoding.derived import DerivedColumn
from ontos_tui.learning.encoding.features import FeatureTable, Matrix, describe
from ontos_tui.learning.models.families import BEST
from ontos_tui.learning.search.model_search import Search, search
from ontos_tui.learning.search.present import Present, present_way
from ontos_tui.learning.search.tried import Way

FLAG = AnswerField("fails", FieldKind.BOOLEAN, True)
NUMBER = AnswerField("y", FieldKind.NUMBER, True)
RECORDED = CandidateScore(
    base_model="logistic",
    params={"C": 30.0, "gone": 1},
    derived=["a × b", "a − c", "a / gone"],
    metric="accuracy",
    higher_is_better=True,
    value=0.9,
    low=0.8,
    high=1.0,
    fits=5,
    chosen=True,
)


def table_of(rows: int, *names: str) -> tuple[FeatureTable, Matrix]:
    generator = np.random.default_rng(2)
    lines = [dict(zip(names, line, strict=True)) for line in generator.normal(size=(rows, len(names))).tolist()]
    table, _ = describe(lines)
    return table, table.encode(lines)


def run(field: AnswerField, table: FeatureTable, matrix: Matrix, targets: Any, present: Present | None) -> Search:
    return search(
        field, table, matrix, targets, None, base_model=BEST, params={"fits": 12, "derived": False}, seed=0,
        progress=NoProgress(), present=present,
    )  # fmt: skip


def test_what_was_recorded_is_taken_over_as_far_as_it_still_exists() -> None:
    table, _ = table_of(20, "a", "b", "c")
    present = present_way(RECORDED, "failures v3", table)
    derived = (DerivedColumn("product", "a", "b"), DerivedColumn("difference", "a", "c"))
    assert present == Present(Way("logistic", {"C": 30.0}, derived), "failures v3")
    signs, _ = table_of(20, "a / b", "c")
    named = RECORDED.model_copy(update={"derived": ["a / b / c"]})
    assert present_way(named, "", signs) == Present(
        Way("logistic", {"C": 30.0}, (DerivedColumn("ratio", "a / b", "c"),)), ""
    )
    assert present_way(None, "failures v3", table) is None
    assert present_way(RECORDED.model_copy(update={"base_model": "gpt"}), "failures v3", table) is None


def test_the_present_way_stays_where_no_other_is_clearly_better() -> None:
    table, matrix = table_of(60, "a", "b", "c")
    targets = ["true" if one > 0 else "false" for one in matrix[:, 0]]
    derived = (DerivedColumn("product", "a", "b"),)
    way = Way("random_forest", {"max_features": 0.9}, derived)
    present = Present(way, "failures v3")
    assert run(FLAG, table, matrix, targets, None).base_model == "extra_trees"
    chosen = run(FLAG, table, matrix, targets, present)
    assert (chosen.base_model, chosen.params, chosen.derived) == (way.base_model, way.params, way.derived)
    first = chosen.candidates[0]
    assert (first.chosen, first.present) == (True, "failures v3")
    assert first.why == "no other was better than the present model by more than one standard error"
    assert "extra_trees" in [one.base_model for one in chosen.candidates[1:]]
    assert not any(one.present for one in chosen.candidates[1:])
    assert chosen.fits <= 12


def test_it_is_replaced_by_what_is_better_by_more_than_one_standard_error() -> None:
    table, matrix = table_of(120, "a", "b", "c")
    present = Present(Way("nearest", {"neighbors": 60}), "length v1")
    chosen = run(NUMBER, table, matrix, (matrix @ [1.0, 2.0, 3.0]).tolist(), present)
    assert chosen.base_model != "nearest"
    (why,) = [one.why for one in chosen.candidates if one.chosen]
    assert "of the present model (nearest), standard error" in why
    assert chosen.candidates[0].present == "length v1"


def test_one_family_that_was_asked_for_is_not_the_present_way() -> None:
    table, matrix = table_of(30, "a", "b")
    present = Present(Way("nearest"), "failures v3")
    chosen = search(
        NUMBER, table, matrix, matrix[:, 0].tolist(), None, base_model="logistic", params={}, seed=0,
        progress=NoProgress(), present=present,
    )  # fmt: skip
    assert [(one.base_model, one.present) for one in chosen.candidates] == [("logistic", "")]
