"""What a label or a pair may be used for, and the two gates before training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ontos_tui.domain.rules.states import PairStatus


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


# Constraints: what a label or a pair may be used for, and what its sheet's tags make of that.


@dataclass(frozen=True)
class Constraints:
    """What something may be used for, why, and how it is classified. Prohibited wins."""

    allowed_uses: tuple[str, ...] = ALL_USES
    prohibited_uses: tuple[str, ...] = ()
    usage_reason: str = ""
    data_classification: Classification = Classification.INTERNAL

    def columns(self) -> dict[str, object]:
        """As columns of a pair or a label."""
        return {
            "allowed_uses": list(self.allowed_uses),
            "prohibited_uses": list(self.prohibited_uses),
            "usage_reason": self.usage_reason,
            "data_classification": self.data_classification,
        }

    @property
    def effective(self) -> tuple[str, ...]:
        """The uses that are left."""
        return tuple(use for use in ALL_USES if is_allowed(Use(use), self.allowed_uses, self.prohibited_uses))


@dataclass(frozen=True)
class TagRule:
    """What a tag of a sheet means for everything that is made from it."""

    prohibits: tuple[Use, ...]
    classification: Classification


TAG_RULES: dict[str, TagRule] = {
    "PII": TagRule((Use.TRAINING,), Classification.RESTRICTED),
    "PHI": TagRule((Use.TRAINING,), Classification.RESTRICTED),
    "CONFIDENTIAL": TagRule((Use.FEW_SHOT, Use.EVALUATION), Classification.CONFIDENTIAL),
}
"""The tags with a rule, as the product's requirements state them; other tags are words without one."""

_ORDER = list(Classification)


def higher(one: Classification, other: Classification) -> Classification:
    """The stricter of two classifications."""
    return max(one, other, key=_ORDER.index)


def inherited(tags: Iterable[str], constraints: Constraints | None = None) -> Constraints:
    """What the tags of a sheet make of some constraints: prohibitions add up, the strictest classification wins.

    Nothing that is there is lowered or allowed again.
    """
    constraints = constraints or Constraints()
    prohibited = dict.fromkeys(constraints.prohibited_uses)
    classification = constraints.data_classification
    because = []
    for tag in tags:
        rule = TAG_RULES.get(tag.strip().upper())
        if rule is None:
            continue
        prohibited |= dict.fromkeys(use.value for use in rule.prohibits)
        classification = higher(classification, rule.classification)
        because.append(f"the sheet holds {tag.strip().upper()}")
    missing = [cause for cause in because if cause not in constraints.usage_reason]
    reason = "; ".join(filter(None, [constraints.usage_reason, *missing]))
    return Constraints(constraints.allowed_uses, tuple(prohibited), reason, classification)


@dataclass(frozen=True)
class Badge:
    """A short remark on a screen about what is not as usual, and why."""

    text: str
    reason: str = ""


class Constrained(Protocol):
    """What has constraints."""

    @property
    def allowed_uses(self) -> list[str]: ...
    @property
    def prohibited_uses(self) -> list[str]: ...
    @property
    def usage_reason(self) -> str: ...
    @property
    def data_classification(self) -> Classification: ...


def constraints_of(record: Constrained) -> Constraints:
    """The constraints of a pair or a label."""
    return Constraints(
        tuple(record.allowed_uses),
        tuple(record.prohibited_uses),
        record.usage_reason,
        Classification(record.data_classification),
    )


def badges(record: Constrained) -> tuple[Badge, ...]:
    """What is not as usual about something's uses; an ordinary item has none."""
    result: list[Badge] = []
    constraints = constraints_of(record)
    left = constraints.effective
    missing = [use for use in ALL_USES if use not in left]
    if left == (Use.EVALUATION.value,):
        result.append(Badge("held out", constraints.usage_reason or "for evaluation only, never trained on"))
    elif not left:
        result.append(Badge("no use", constraints.usage_reason))
    else:
        result += [Badge(f"no {use.replace('_', '-')}", constraints.usage_reason) for use in missing]
    if constraints.data_classification is not Classification.INTERNAL:
        result.append(Badge(constraints.data_classification.value, constraints.usage_reason))
    return tuple(result)


def check_uses(uses: Sequence[str]) -> tuple[str, ...]:
    """The uses as they are stored. Raises ValueError for an unknown one."""
    unknown = [use for use in uses if use not in ALL_USES]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a valid use. Valid uses: {', '.join(ALL_USES)}")
    return tuple(use for use in ALL_USES if use in uses)
