"""What a label or a pair may be used for, and the two gates before training."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from ontos_tui.domain.states import PairStatus


class Use(StrEnum):
    TRAINING = "training"
    VALIDATION = "validation"
    EVALUATION = "evaluation"
    TESTING = "testing"
    FEW_SHOT = "few_shot"


class Classification(StrEnum):
    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


ALL_USES: tuple[str, ...] = tuple(use.value for use in Use)


def is_allowed(use: Use, allowed: Iterable[str], prohibited: Iterable[str]) -> bool:
    """Whether a use is allowed. Prohibited wins."""
    return use in set(allowed) and use not in set(prohibited)


class Gated(Protocol):
    """What the gates look at."""

    @property
    def status(self) -> PairStatus: ...
    @property
    def allowed_uses(self) -> list[str]: ...
    @property
    def prohibited_uses(self) -> list[str]: ...


class Gate(StrEnum):
    """Where a pair stands before training; the value is the reason that the screen shows."""

    TRAINING = "labeled and allowed for training"
    HELD_OUT = "held out: for evaluation only, never trained on"
    UNLABELED = "not labeled yet"
    REJECTED = "rejected"
    FLAGGED = "flagged for a second look"
    PROHIBITED = "training is prohibited for it"
    NOT_ALLOWED = "training is not among its allowed uses"


_BY_STATUS = {
    PairStatus.UNLABELED: Gate.UNLABELED,
    PairStatus.REJECTED: Gate.REJECTED,
    PairStatus.FLAGGED: Gate.FLAGGED,
}


def gate(pair: Gated) -> Gate:
    """Which side of the two gates a pair is on, and why."""
    if pair.status is not PairStatus.LABELED:
        return _BY_STATUS[pair.status]
    if is_allowed(Use.TRAINING, pair.allowed_uses, pair.prohibited_uses):
        return Gate.TRAINING
    if is_allowed(Use.EVALUATION, pair.allowed_uses, pair.prohibited_uses):
        return Gate.HELD_OUT
    if Use.TRAINING in pair.prohibited_uses:
        return Gate.PROHIBITED
    return Gate.NOT_ALLOWED
