"""A change that the log cannot take is set aside, with what depends on it; everything else goes on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.severity import MAJOR, MINOR, unlabeled_sheet
from builders.team_log import Member, SharedLog
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.records.sync import SyncState
from ontos_tui.services.label.service import Decision
from tiers import examples

LONG = "too long to share " * 400


@pytest.fixture
def team(tmp_path: Path) -> Iterator[tuple[Member, Member]]:
    shared = SharedLog()
    ana, ben = (Member(tmp_path / name, name, shared) for name in ("ana", "ben"))
    sheet = unlabeled_sheet(ana.store, 4)
    ana.sharing.start()
    for member in (ana, ben, ana):
        member.sharing.start()
        member.sharing.sync()
    assert ben.state() == ana.state()
    ana.sheet = ben.sheet = sheet.id  # type: ignore[attr-defined]
    yield ana, ben
    for member in (ana, ben):
        member.close()


def _decide(member: Member, place: int, answer: object = MAJOR, notes: str | None = None) -> None:
    pairs = member.label.queue.open(member.sheet)  # type: ignore[attr-defined]
    member.label.queue.decide([Decision(pairs[place].id, Verdict.EDIT, answer=answer, notes=notes)])  # type: ignore[arg-type]


def _answers(member: Member) -> list[object]:
    queue = member.label.queue
    return [queue.pair(row.id).answer for row in queue.open(member.sheet)]  # type: ignore[attr-defined]


def test_what_is_too_large_waits_aside_and_the_rest_goes_on(team: tuple[Member, Member]) -> None:
    ana, ben = team
    ana.log.most_characters = 6_500
    _decide(ana, 0)
    _decide(ana, 1, notes=LONG)
    _decide(ana, 2)
    _decide(ana, 1, MINOR)  # depends on the one that is too large
    _decide(ana, 3)
    assert ana.sharing.sync().pushed == 3
    status = ana.sharing.status()
    assert (status.state, status.waiting, status.refused) == (SyncState.SYNCED, 0, 2)
    assert [one.reason[:8] for one in ana.sharing.refusals()] == ["A change", "It depen"]
    assert _answers(ana) == [MAJOR, MINOR, MAJOR, MAJOR], "what was decided stays here"
    ben.sharing.sync()
    assert _answers(ben) == [MAJOR, None, MAJOR, MAJOR]
    for member in team:
        assert member.sharing.verify().is_equal

    _decide(ana, 1, MAJOR)  # later decisions about it wait too
    _decide(ana, 0, MINOR)
    ana.sharing.sync()
    ben.sharing.sync()
    assert _answers(ben) == [MINOR, None, MAJOR, MAJOR]
    assert ana.sharing.status().refused == 3
    assert ana.sharing.dismiss() == 3
    assert ana.sharing.status().refused == 0


def test_when_the_log_can_take_it_everybody_has_it(team: tuple[Member, Member]) -> None:
    ana, ben = team
    ana.log.most_characters = 6_500
    _decide(ana, 1, notes=LONG)
    _decide(ana, 1, MINOR)
    _decide(ana, 0)
    ana.sharing.sync()
    ana.log.most_characters = None
    ana.open_again()
    ana.sharing.sync()
    ben.sharing.sync()
    assert ana.sharing.status().refused == 0
    assert _answers(ben) == _answers(ana) == [MAJOR, MINOR, None, None]
    assert ben.state() == ana.state()


def test_who_decides_it_meanwhile_meets_a_conflict(team: tuple[Member, Member]) -> None:
    ana, ben = team
    ana.log.most_characters = 6_500
    _decide(ana, 1, notes=LONG)
    ana.sharing.sync()
    ben.sharing.sync()
    _decide(ben, 1, MINOR)
    for member in (ben, ana):
        member.sharing.sync()
    assert ana.sharing.verify().is_equal
    ana.log.most_characters = None
    ana.open_again()
    for member in (ana, ben, ana):
        member.sharing.sync()
    assert ben.state() == ana.state()
    assert len(ben.sharing.conflicts()) == len(ana.sharing.conflicts()) == 1


@pytest.mark.parametrize("seed", range(examples(2, 20)))
def test_in_any_order_everybody_ends_equal(team: tuple[Member, Member], seed: int) -> None:
    draw = random.Random(seed)
    for member in team:
        member.log.most_characters = 6_500
    for _ in range(40):
        member = draw.choice(team)
        act = draw.random()
        if act < 0.6:
            _decide(member, draw.randrange(4), draw.choice([MAJOR, MINOR]), draw.choice([None, None, LONG, "short"]))
        elif act < 0.9:
            member.sharing.sync()
        else:
            member.open_again()
    for member in team * 2:
        member.sharing.sync()
        assert member.sharing.verify().is_equal
    for member in team:
        member.log.most_characters = None
        member.open_again()
    for member in team * 2:
        member.sharing.sync()
    assert team[0].state() == team[1].state()
    assert team[0].sharing.status().waiting == 0
