"""How many rows are enough: the sample doubles until more does not help."""

from __future__ import annotations

import pytest

from ontos_tui.domain.evaluation import FieldScore
from ontos_tui.domain.schema import FieldKind
from ontos_tui.services.train.warehouse.enough import describe_rows, grow


def score(value: float, *, higher: bool = True, baseline: float = 0.5) -> FieldScore:
    kind = FieldKind.ENUM if higher else FieldKind.NUMBER
    return FieldScore(
        field="a", kind=kind, metric="m", higher_is_better=higher, value=value, baseline=baseline, low=0, high=1, n=9
    )


def grown(values: dict[int, float], available: int, *, higher: bool = True) -> tuple[int, bool, list[int]]:
    asked: list[int] = []

    def train_on(rows: int) -> float:
        asked.append(rows)
        return values[rows]

    found = grow(train_on, lambda value: score(value, higher=higher, baseline=10.0), available, first=100)
    assert [point.labels for point in found.curve] == asked
    assert found.result == values[found.rows]
    return found.rows, found.enough, asked


def test_it_stops_where_twice_as_many_rows_do_not_help() -> None:
    assert grown({100: 0.8, 200: 0.9, 400: 0.9015, 800: 0.99}, 5_000) == (200, True, [100, 200, 400])


def test_it_goes_on_to_the_last_row_while_more_helps() -> None:
    assert grown({100: 0.8, 200: 0.9, 300: 0.95}, 300) == (300, False, [100, 200, 300])


def test_an_error_counts_as_a_part_of_the_baselines() -> None:
    assert grown({100: 5.0, 200: 4.0, 400: 3.99}, 900, higher=False) == (200, True, [100, 200, 400])


def test_few_rows_are_all_learned_from_at_once() -> None:
    assert grown({60: 0.7}, 60) == (60, False, [60])


@pytest.mark.parametrize(
    ("rows", "available", "enough", "words"),
    [
        (200_000, 40_000_000, True, "200,000 of 40,000,000 rows: more did not help by more than .002"),
        (400_000, 40_000_000, False, "400,000 of 40,000,000 rows: the most that a training takes"),
        (900, 900, False, "all 900 rows"),
    ],
)
def test_the_number_of_rows_is_explained(rows: int, available: int, enough: bool, words: str) -> None:
    assert describe_rows(rows, available, enough=enough) == words
