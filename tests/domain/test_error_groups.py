"""Failed requests by kind: whatever the field and the value, one reason is one group, and none is lost in counting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.rules.monitor.error_groups import ErrorCount, group_errors

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def counts(*given_counts: tuple[int, str, int]) -> list[ErrorCount]:
    return [
        ErrorCount(status, error, count, NOON + timedelta(minutes=number))
        for number, (status, error, count) in enumerate(given_counts)
    ]


def test_inputs_that_lack_different_fields_are_one_group_with_the_fields() -> None:
    groups = group_errors(
        counts(
            (400, "the input lacks 'speed' (a number). Give every field, or null for an unknown value.", 9),
            (400, "Row 2: the input lacks 'speed' (a number), 'line' (one of: a, b). Give every field.", 3),
            (400, "the field 'speed' holds 'hot'. A number is expected there.", 2),
            (400, "the field 'speed' holds 'warm'. A number is expected there.", 2),
            (500, "The model failed.", 5),
        )
    )
    assert [(group.count, group.status, group.describe()) for group in groups] == [
        (12, 400, "the input lacks 'speed' (12), 'line' (3)"),
        (5, 500, "The model failed"),
        (4, 400, "a value does not fit: 'speed' (4)"),
    ]
    assert groups[0].last_at == NOON + timedelta(minutes=1)


def test_numbers_and_names_in_other_texts_do_not_divide_a_group() -> None:
    (group,) = group_errors(
        counts((429, "64 requests wait already. Send it again.", 1), (429, "8 requests wait already.", 2))
    )
    assert (group.count, group.reason) == (3, "# requests wait already")


@given(st.lists(st.tuples(st.sampled_from([400, 429, 500]), st.text(max_size=60), st.integers(1, 9)), max_size=20))
def test_every_request_is_counted_in_one_group(given_counts: list[tuple[int, str, int]]) -> None:
    groups = group_errors(counts(*given_counts))
    assert sum(group.count for group in groups) == sum(count for _, _, count in given_counts)
    assert all(group.describe().strip() for group in groups)
