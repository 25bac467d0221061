"""The two gates before training."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.rules.governance import ALL_USES, Gate, Use, gate, is_allowed
from ontos_tui.domain.rules.states import PairStatus

USES = st.lists(st.sampled_from(ALL_USES), unique=True)


@dataclass
class Pair:
    status: PairStatus = PairStatus.LABELED
    allowed_uses: list[str] = field(default_factory=lambda: list(ALL_USES))
    prohibited_uses: list[str] = field(default_factory=list)


@pytest.mark.parametrize(
    ("pair", "side"),
    [
        (Pair(), Gate.TRAINING),
        (Pair(PairStatus.UNLABELED), Gate.UNLABELED),
        (Pair(PairStatus.REJECTED), Gate.REJECTED),
        (Pair(PairStatus.FLAGGED), Gate.FLAGGED),
        (Pair(allowed_uses=["training"]), Gate.TRAINING),
        (Pair(allowed_uses=["evaluation"]), Gate.HELD_OUT),
        (Pair(prohibited_uses=["training"]), Gate.HELD_OUT),
        (Pair(prohibited_uses=["training", "evaluation"]), Gate.PROHIBITED),
        (Pair(allowed_uses=["training"], prohibited_uses=["training"]), Gate.PROHIBITED),
        (Pair(allowed_uses=["few_shot"]), Gate.NOT_ALLOWED),
        (Pair(allowed_uses=[]), Gate.NOT_ALLOWED),
        (Pair(allowed_uses=["evaluation"], prohibited_uses=["evaluation"]), Gate.NOT_ALLOWED),
        (Pair(allowed_uses=["TRAINING", "training "]), Gate.NOT_ALLOWED),
    ],
)
def test_each_pair_stands_on_one_side_for_one_reason(pair: Pair, side: Gate) -> None:
    assert gate(pair) is side


@given(st.sampled_from(list(PairStatus)), USES, USES)
def test_only_what_is_labeled_and_allowed_is_trained_on(
    status: PairStatus, allowed: list[str], prohibited: list[str]
) -> None:
    passes = status is PairStatus.LABELED and "training" in allowed and "training" not in prohibited
    assert (gate(Pair(status, allowed, prohibited)) is Gate.TRAINING) == passes


@given(st.sampled_from(list(Use)), USES, USES)
def test_prohibited_wins(use: Use, allowed: list[str], prohibited: list[str]) -> None:
    assert not is_allowed(use, allowed, [*prohibited, use.value])
    assert is_allowed(use, [*allowed, use.value], set(prohibited) - {use.value})
