"""Two tiers of tests. `./check` takes minutes and gives the same result for the same commit; `./check --deep` hunts.

In the deep tier (ONTOS_DEEP=1) hypothesis draws new examples in every run, and many of them; processes are killed, real
engines are asked, and walks are taken at both sizes. What hypothesis finds there becomes an `@example` of its test.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

DEEP = os.environ.get("ONTOS_DEEP", "") not in ("", "0")
"""Whether this is the deep tier."""

deep = pytest.mark.skipif(not DEEP, reason="belongs to the deep tier: ./check --deep")
"""Marks a test of the deep tier."""


def examples(few: int, many: int) -> int:
    """How many examples a costly hypothesis test draws: `few` in ./check, `many` in the deep tier."""
    return many if DEEP else few


def load_profile() -> None:
    """Choose hypothesis' settings for the tier. A machine may be slow at times, so no example has a deadline."""
    common = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]}
    settings.register_profile("check", derandomize=True, max_examples=12, **common)
    settings.register_profile("deep", max_examples=150, print_blob=True, **common)
    settings.load_profile("deep" if DEEP else "check")
