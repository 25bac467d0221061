"""What gives an answer away is looked for in all rows; the age in a remaining life is no leak; proxies are named."""

from __future__ import annotations

import numpy as np

from ontos_tui.domain.learning import LabeledExample, TrainingSet
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.schema import AnswerField, answer_fields
from ontos_tui.learning.checks.data_warnings import data_warnings, group_warnings
from ontos_tui.learning.checks.leak_warnings import leak_warnings
from ontos_tui.learning.encoding.features import describe


def a_field(**kind: object) -> AnswerField:
    (field,) = answer_fields({"type": "object", "properties": {"y": kind}, "required": ["y"]})
    return field


def warnings_of(rows: list[Row], targets: list[str] | list[float], field: AnswerField, groups: list[str]) -> list[str]:
    table, _ = describe(rows, list(rows[0]))
    return leak_warnings(field, table, table.encode(rows), targets, 0, groups)


def lives(units: int = 12, most: int = 60) -> tuple[list[Row], list[float], list[str]]:
    """Units that wear out after 40 to `most` cycles: their cycle, a noisy sensor, and the rest of their life."""
    noise = np.random.default_rng(5)
    rows: list[Row] = []
    targets, groups = [], []
    for unit in range(units):
        end = int(noise.integers(40, most))
        for cycle in range(1, end + 1):
            rows.append({"cycle": cycle, "heat": float(cycle / end + noise.normal() * 0.3)})
            targets.append(float(end - cycle))
            groups.append(f"u{unit}")
    return rows, targets, groups


def test_the_age_in_a_remaining_life_is_named_and_not_advised_against() -> None:
    rows, targets, groups = lives()
    (warning,) = warnings_of(rows, targets, a_field(type="number"), groups)
    assert warning == (
        "cycle counts the life of each unit, and y is the rest of it. "
        "That is a legitimate input where it is known for new units."
    )
    capped = [min(one, 30.0) for one in targets]
    assert "cycle counts the life" in warnings_of(rows, capped, a_field(type="number"), groups)[0]
    same_end, same_targets, same_groups = lives(most=41)
    (warning,) = warnings_of(same_end, same_targets, a_field(type="number"), same_groups)
    assert "counts the life" in warning, "it predicts the answer to the last digit, and is no leak for that"


def test_a_number_that_is_the_answer_is_a_leak_in_few_rows_and_in_many() -> None:
    for count in (300, 30_000):
        values = np.random.default_rng(1).normal(size=count)
        rows: list[Row] = [{"same": float(2 * one), "noise": float(n % 17)} for n, one in enumerate(values)]
        warnings = warnings_of(rows, [float(one) for one in values], a_field(type="number"), ["u"] * count)
        assert [one.split(" alone")[0] for one in warnings] == ["same"]


def test_a_value_that_is_rare_in_many_rows_is_seen() -> None:
    count = 20_000
    rows: list[Row] = [{"code": "E7" if n % 1000 == 0 else "-", "x": float(n % 13)} for n in range(count)]
    targets = ["true" if n % 1000 == 0 or n % 100 == 3 else "false" for n in range(count)]
    (warning,) = warnings_of(rows, targets, a_field(type="boolean"), ["u"] * count)
    assert warning.startswith("One value of code always means y = true"), "20 rows of 20,000"


def test_columns_that_name_the_units_are_told() -> None:
    rows = [
        {"unit": f"u{n // 10}", "age": 40 + n // 10 % 9, "sex": n // 10 % 2, "heat": float(n % 7)} for n in range(120)
    ]
    examples = tuple(LabeledExample(str(n), row, {"y": n % 2 == 0}, row["unit"]) for n, row in enumerate(rows))
    fields = (a_field(type="boolean"),)
    data = TrainingSet(fields, ("age", "sex", "heat"), examples, examples[:40], "", group_name="unit")
    assert group_warnings(data) == [
        "age stands for unit: it never changes within one, and its 9 values tell the 12 apart. "
        "Leave it out unless it says the same of new ones."
    ]
    named = TrainingSet(fields, ("unit", "heat"), examples, examples[:40], "", group_name="unit")
    assert data_warnings(named, ())[0].startswith("unit names the group and is a feature")
    alone = TrainingSet(fields, ("age",), examples, examples[:40], "")
    assert group_warnings(alone) == [], "rows are independent"
