"""Claims: two people are never led to the same pair, and nobody holds one for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from builders.severity import unlabeled_sheet
from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.labeling import Claim
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.services.label.claims import ClaimService
from ontos_tui.services.label.service import Decision, LabelService
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store


def _claims(store: Store) -> dict[str, str]:
    with store.read() as connection:
        return {claim.item_id: claim.actor for claim in rows.find(connection, Claim)}


def test_two_people_get_different_pairs(store: Store) -> None:
    sheet = unlabeled_sheet(store, 5)
    ana, ben = ClaimService(store, "ana"), ClaimService(store, "ben")
    first = ana.next(sheet.id, "a", 2)
    second = ben.next(sheet.id, "b", 2)
    assert [pair.item_ref for pair in (*first, *second)] == ["item-1", "item-2", "item-3", "item-4"]
    assert [pair.item_ref for pair in ana.next(sheet.id, "a", 9)] == ["item-1", "item-2", "item-5"]
    assert ana.at_work(sheet.id) == {"ana": 3, "ben": 2}


def test_what_others_claimed_is_told_and_passed_over(store: Store) -> None:
    sheet = unlabeled_sheet(store, 4)
    label = LabelService(store, "ben")
    ids = [row.id for row in label.open(sheet.id)]
    assert ClaimService(store, "ana").take(sheet.id, ids[:2], "a") == {}
    assert ClaimService(store, "ben").take(sheet.id, ids[1:3], "b") == {ids[1]: "ana"}
    seen = label.open(sheet.id, session="b")
    assert [row.claimed_by for row in seen] == ["ana", "ana", "", ""]
    assert seen.next_undecided(-1) == 2
    assert label.open(sheet.id, session="a").next_undecided(-1) == 0


def test_one_person_at_two_terminals_is_two(store: Store) -> None:
    sheet = unlabeled_sheet(store, 2)
    ana = ClaimService(store, "ana")
    assert ana.next(sheet.id, "left")[0].item_ref == "item-1"
    assert ana.next(sheet.id, "right")[0].item_ref == "item-2"


def test_a_claim_ends_with_the_decision_the_session_or_its_time(store: Store) -> None:
    sheet = unlabeled_sheet(store, 4)
    ana = ClaimService(store, "ana")
    first, second, third = ana.next(sheet.id, "a", 3)
    LabelService(store, "ana").decide([Decision(first.id, Verdict.APPROVE)])
    assert set(_claims(store)) == {second.id, third.id}
    with store.write() as connection:
        claim = rows.find_one(connection, Claim, equal(item_id=second.id))
        assert claim is not None
        rows.change(connection, claim, until=now() - timedelta(seconds=1))
    assert [row.claimed_by for row in LabelService(store, "ben").open(sheet.id)] == ["", "", "ana", ""]
    assert [pair.id for pair in ClaimService(store, "ben").next(sheet.id, "b", 1)] == [second.id]
    ana.release("a")
    assert _claims(store) == {second.id: "ben"}


def test_what_is_no_longer_named_is_free_again(store: Store) -> None:
    sheet = unlabeled_sheet(store, 3)
    ana = ClaimService(store, "ana")
    ids = [row.id for row in LabelService(store, "ana").open(sheet.id)]
    ana.take(sheet.id, ids[:2], "a")
    ana.take(sheet.id, ids[1:], "a")
    assert set(_claims(store)) == set(ids[1:])


def test_a_claim_is_no_lock_but_a_version_is(store: Store) -> None:
    sheet = unlabeled_sheet(store, 1)
    (pair,) = ClaimService(store, "ana").next(sheet.id, "a")
    LabelService(store, "ben").decide([Decision(pair.id, Verdict.APPROVE, version=pair.version)])
    with pytest.raises(ConflictError, match="was decided by ben"):
        LabelService(store, "ana").decide([Decision(pair.id, Verdict.REJECT, version=pair.version)])
