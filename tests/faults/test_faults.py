"""Ten minutes of kills, faults, fuzzing and hostile strings belong to the deep tier."""

from __future__ import annotations

import random

import pytest

from faults.result import Result
from faults.run import MINUTES, families, run_all, table
from tiers import deep


def test_every_family_says_what_it_promises_and_the_table_shows_it() -> None:
    assert {
        *("archives", "clocks", "damaged", "disk_full", "hostile", "hostile_screens", "kills_app", "kills_files"),
        *("kills_watch", "restored"),
        *("models", "pastes", "pictures", "running", "server", "server_stops", "together", "upgrades"),
    } == set(families())
    lines = table({"one": Result("nothing is lost", 1_200, 1, ("why",))})
    assert lines[2:] == ["| one | nothing is lost | 1,200 | 1 |", "one: why"]


@deep
@pytest.mark.timeout(60 * MINUTES * 2)
def test_nothing_is_lost_in_ten_minutes() -> None:
    seed = random.randrange(1 << 30)
    results = run_all(families(), seed, 60 * MINUTES)
    assert not any(one.lost for one in results.values()), f"seed {seed}\n" + "\n".join(table(results))
