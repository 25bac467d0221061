"""Models of fewer trees than a user's, for tests that do not hang on their number."""

from __future__ import annotations

from typing import Any

from ontos_tui.learning.models import families

ALL_TREES = "ONTOS_TESTS_ALL_TREES"
"""The variable that asks for a user's models in the jobs of a test."""
_FEW: dict[str, dict[str, int]] = {
    "extra_trees": {"n_estimators": 15},
    "random_forest": {"n_estimators": 15},
    "hist_gradient_boosting": {"max_iter": 25},
}
_defaults = families._defaults


def with_few_trees(family: str) -> dict[str, Any]:
    """In place of `families._defaults`."""
    return _defaults(family) | _FEW.get(family, {})
