"""Choosing how to learn: by evidence, bounded, the same for one seed; and derived columns only where they help."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from few_trees import FEW
from ontos_tui.domain.errors import InvalidInputError, JobCancelledError
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.encoding.derived import DerivedColumn
from ontos_tui.learning.encoding.features import FeatureTable, Matrix, describe
from ontos_tui.learning.models.families import BEST
from ontos_tui.learning.models.field_models import fit
from ontos_tui.learning.search import derived_proposals
from ontos_tui.learning.search.model_search import Search, search
from ontos_tui.learning.search.optimism import WayTables, optimism
from ontos_tui.learning.search.unit_baseline import relative_to_first

NUMBER = AnswerField("y", FieldKind.NUMBER, True)
FLAG = AnswerField("fails", FieldKind.BOOLEAN, True)


def table_of(columns: dict[str, Any]) -> tuple[FeatureTable, Matrix]:
    names = list(columns)
    rows = [dict(zip(names, line, strict=True)) for line in zip(*columns.values(), strict=True)]
    table, _ = describe(rows)
    return table, table.encode(rows)


def run(
    field: AnswerField,
    columns: dict[str, Any],
    targets: list[Any],
    groups: list[str | None] | None = None,
    base_model: str = BEST,
    **params: Any,
) -> Search:
    table, matrix = table_of(columns)
    return search(
        field, table, matrix, targets, groups, base_model=base_model, params=params, seed=0, progress=NoProgress()
    )


def linear_data(n: int = 120) -> tuple[dict[str, Any], list[float]]:
    generator = np.random.default_rng(1)
    columns = {name: generator.normal(size=n).tolist() for name in "abcde"}
    noise = generator.normal(scale=0.1, size=n)
    return columns, (sum(np.array(columns[name]) * k for k, name in enumerate("abcde", 1)) + noise).tolist()


def test_another_family_replaces_the_default_where_it_is_clearly_better() -> None:
    columns, targets = linear_data()
    chosen = run(NUMBER, columns, targets, derived=False)
    assert chosen.base_model == "logistic"
    assert chosen.out_of_fold.numbers is not None
    by_hand = chosen.out_of_fold.numbers - np.array(targets)[chosen.out_of_fold.rows]
    (score,) = [one for one in chosen.candidates if one.chosen]
    assert score.value == pytest.approx(np.abs(by_hand).mean())
    assert score.low < score.value < score.high
    assert "standard error" in score.why
    assert chosen.fits == sum(one.fits for one in chosen.candidates) <= 40
    assert sorted(chosen.out_of_fold.rows.tolist()) == list(range(len(targets)))


def test_where_nothing_is_better_the_default_stays() -> None:
    level = [float(n % 2) + n / 1e4 for n in range(80)]
    chosen = run(FLAG, {"level": level, "count": list(range(0, 240, 3))}, ["true", "false"] * 40, fits=30)
    assert chosen.base_model == "extra_trees"
    assert not chosen.derived
    assert [one.base_model for one in chosen.candidates if one.chosen] == ["extra_trees"]


def test_a_law_that_multiplies_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for family in ("extra_trees", "random_forest"):
        monkeypatch.setitem(FEW, family, {"n_estimators": 15})
    monkeypatch.setattr(derived_proposals, "TREES", 50)
    generator = np.random.default_rng(3)
    speed, torque, other = generator.uniform(1, 10, (3, 300))
    power = speed * torque
    chosen = run(
        FLAG,
        {"speed": speed.tolist(), "torque": torque.tolist(), "other": other.tolist()},
        ["true" if one else "false" for one in (power > 24) & (power < 40)],
    )
    assert DerivedColumn("product", "speed", "torque") in chosen.derived
    assert chosen.fits <= 40


def test_the_fits_are_bounded_and_one_seed_gives_one_result() -> None:
    columns, targets = linear_data(80)
    one, same = (run(NUMBER, columns, targets, fits=12) for _ in range(2))
    assert one.fits <= 12
    assert one.candidates == same.candidates
    assert one.out_of_fold.numbers is not None
    assert same.out_of_fold.numbers is not None
    assert one.out_of_fold.numbers.tolist() == same.out_of_fold.numbers.tolist()


def test_one_family_is_only_measured() -> None:
    columns, targets = linear_data(60)
    chosen = run(NUMBER, columns, targets, base_model="nearest", neighbors=3)
    assert (chosen.base_model, chosen.params, chosen.fits) == ("nearest", {"neighbors": 3}, 5)
    with pytest.raises(InvalidInputError, match="no parameter 'trees'"):
        run(NUMBER, columns, targets, base_model="nearest", trees=3)


def test_groups_are_never_on_both_sides() -> None:
    generator = np.random.default_rng(4)
    units = np.repeat(np.arange(12), 10)
    level = generator.normal(size=12)[units]
    columns = {
        "mark": (units + generator.normal(scale=0.01, size=120)).tolist(),
        "b": generator.normal(size=120).tolist(),
    }
    grouped = run(NUMBER, columns, level.tolist(), [f"u{n}" for n in units], base_model="extra_trees")
    alone = run(NUMBER, columns, level.tolist(), None, base_model="extra_trees")
    assert grouped.candidates[0].value > 5 * alone.candidates[0].value


@pytest.mark.parametrize("targets", [["true"], ["true", "false"], ["true"] * 9, ["true"] * 8 + ["false"]])
def test_very_few_labels_are_no_obstacle(targets: list[str]) -> None:
    generator = np.random.default_rng(5)
    chosen = run(FLAG, {name: generator.normal(size=len(targets)).tolist() for name in "ab"}, targets)
    assert chosen.base_model == "extra_trees"
    assert len(chosen.out_of_fold.rows) == (len(targets) if len(targets) > 1 else 0)


def test_texts_are_measured_by_the_nearest() -> None:
    field = AnswerField("reason", FieldKind.TEXT, True)
    chosen = run(field, {"a": [float(n % 3) + n / 1e4 for n in range(60)]}, [f'"because {n % 3}"' for n in range(60)])
    assert chosen.out_of_fold.answers is not None
    assert chosen.candidates[0].value == 1


def test_a_derived_column_is_kept_with_the_model_and_asked_of_nobody() -> None:
    columns, _ = linear_data(40)
    table, matrix = table_of(columns)
    derived = (DerivedColumn("ratio", "a", "b"), DerivedColumn("difference", "b", "c"))
    wide = table.with_derived(derived)
    restored = FeatureTable.from_json(wide.to_json())
    assert restored == wide
    rows = [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]
    encoded = restored.encode(rows, strict=True)
    assert encoded[:, -2].tolist() == [row["a"] / row["b"] for row in rows]
    assert encoded[:, -1].tolist() == [row["b"] - row["c"] for row in rows]
    assert restored.names == table.names
    zero = [{**rows[0], "b": 0.0}, {**rows[0], "a": 1e30, "b": 1e-9}]
    assert np.isfinite(restored.encode(zero, strict=True)).all()
    head, _ = fit(
        NUMBER, wide.extended(matrix), columns["a"], "extra_trees", 0, columns=wide.positions_with(derived[1:])
    )
    assert head.columns == (0, 1, 2, 3, 4, 6)
    assert len(head.predict(wide.extended(matrix))) == 40


def test_a_cancelled_search_ends_at_the_next_fit() -> None:
    class Cancelled:
        def update(self, done: int, total: int, message: str = "") -> None:
            if done == 3:
                raise JobCancelledError("cancelled", "")

    columns, targets = linear_data(60)
    table, matrix = table_of(columns)
    with pytest.raises(JobCancelledError):
        search(NUMBER, table, matrix, targets, None, base_model=BEST, params={}, seed=0, progress=Cancelled())


def test_the_luck_of_the_best_of_several_is_measured() -> None:
    generator = np.random.default_rng(3)
    parts = np.arange(40) % 20
    lucky, measured = [], []
    for seed in range(12):  # ways that are equally good: whoever leads was lucky
        losses = generator.exponential(size=(6, 40))
        ways = [WayTables.of_numbers(one, parts, [0.0] * 6) for one in losses]
        lucky.append(1 - losses.mean(axis=1).min())
        measured.append(optimism(ways, [6], seed))
        assert optimism(ways[:1], [1], seed) == 0.0
    assert np.mean(measured) == pytest.approx(np.mean(lucky), rel=0.35)
    sure = [WayTables.of_numbers(np.full(40, level), parts, [1.0] * 2) for level in (1.0, 0.1)]
    assert optimism(sure, [2], 0) == pytest.approx(0.0, abs=1e-9), "a clear winner was not lucky"
    truth = generator.integers(0, 2, 40)
    guesses = [WayTables.of_classes(truth, generator.integers(0, 2, 40), parts, 2, [0.0] * 5) for _ in range(5)]
    assert 0.02 < optimism(guesses, [5], 0) < 0.2


def test_each_units_own_first_rows_are_advised_where_they_would_help_and_never_chosen() -> None:
    generator = np.random.default_rng(0)
    wear = np.tile(np.linspace(0, 1, 20), 12)
    start = np.repeat(generator.normal(scale=5, size=12), 20)  # how each unit was mounted
    columns = {"heat": (start + 2 * wear + generator.normal(scale=0.1, size=240)).tolist(), "noise": [*range(240)]}
    units = [f"u{n // 20}" for n in range(240)]
    table, matrix = table_of(columns)
    chosen = search(
        NUMBER, table, matrix, wear.tolist(), list(units), base_model=BEST, params={"fits": 10}, seed=0,
        progress=NoProgress(), unit_name="pump",
    )  # fmt: skip
    assert "relative to each pump's own first 5 rows would help" in chosen.advice
    assert "from_first(heat, 5)" in chosen.advice
    (tried,) = [one for one in chosen.candidates if any("from_first" in name for name in one.derived)]
    assert not tried.chosen
    nothing = generator.normal(size=240).tolist()
    assert not search(
        NUMBER, table, matrix, nothing, list(units), base_model=BEST, params={"fits": 10}, seed=0,
        progress=NoProgress(), unit_name="pump",
    ).advice  # fmt: skip
    relative = relative_to_first(np.arange(8.0)[:, None], np.array([0, 1, 0, 1, 0, 1, 0, 0]), rows=2)
    assert relative[:, 0].tolist() == [0, 0, 0, 0, 3, 3, 5, 6], "nothing comes from a later row or another unit"
