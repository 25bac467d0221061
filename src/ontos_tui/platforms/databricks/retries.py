"""Which refusals of the warehouse pass by themselves, and how long to wait until the statement is sent again.

Others' commits fail a statement that read what they changed; a change of a table's metadata fails every one that is
under way. https://docs.databricks.com/aws/en/optimizations/isolation/isolation-levels
"""

from __future__ import annotations

import random

TRIES = 8
"""How often a statement is sent in all."""
FIRST_SECONDS, MOST_SECONDS = 0.25, 8.0
"""The first pause is around this; it doubles up to the other one."""
RETRYABLE = frozenset(
    {
        *("DELTA_CONCURRENT_APPEND", "DELTA_CONCURRENT_DELETE_READ", "DELTA_CONCURRENT_DELETE_DELETE"),
        *("DELTA_CONCURRENT_TRANSACTION", "DELTA_CONCURRENT_WRITE", "DELTA_METADATA_CHANGED"),
        *("DELTA_PROTOCOL_CHANGED", "DELTA_MAX_COMMIT_RETRIES_EXCEEDED", "DELTA_ROW_TRACKING_CONFLICT"),
        *("COPY_INTO_CONCURRENT_LOAD", "CONCURRENT_UPDATE_CONFLICT"),
    }
)
"""Error classes; those with a further part behind a point are meant as well."""


def is_retryable(error_class: str) -> bool:
    """Whether the same statement may succeed when it is sent again."""
    base = error_class.split(".", 1)[0]
    return base in RETRYABLE or base.startswith("DELTA_CONCURRENT_")


def pause_seconds(attempt: int, chance: float | None = None) -> float:
    """How long to wait after the attempt of this number, from 0; `chance` between 0 and 1 spreads the waits."""
    spread = random.random() if chance is None else chance  # noqa: S311  # so that two who met do not meet again
    longest: float = min(MOST_SECONDS, FIRST_SECONDS * 2.0**attempt)
    return longest * (0.5 + spread)
