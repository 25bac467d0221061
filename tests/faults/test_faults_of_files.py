"""A short piece of the faults of pictures and archives; the deep tier does more, in processes of their own."""

from __future__ import annotations

import random

from faults import archives, pictures
from tiers import deep


def test_hostile_pictures_are_read_or_refused() -> None:
    draw, notes = random.Random(3), list[str]()
    for make in (pictures._claimed, pictures._broken, pictures._passes, *[pictures._broken] * 20):
        pictures._decode(make(draw), notes)
    assert notes == []


@deep
def test_huge_pictures_take_bounded_memory() -> None:
    result = pictures.run(random.randrange(10**9), 30)
    assert not result.lost, result.notes


@deep
def test_files_that_expand_take_bounded_memory() -> None:
    result = archives.run(random.randrange(10**9), 120)
    assert not result.lost, result.notes
