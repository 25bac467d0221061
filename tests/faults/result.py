"""What one family of faults did: what was promised, how often it was tried, and how often it was lost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """The outcome of one family: `lost` of `tried` attempts broke the promise; each of `notes` says which and why."""

    promise: str
    tried: int
    lost: int
    notes: tuple[str, ...] = ()
