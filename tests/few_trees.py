"""Models of fewer trees, and fewer folds, than a user's, for tests that do not hang on their number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ontos_tui.learning.models import families
from ontos_tui.learning.search import derived_proposals

Setter = Callable[[Any, str, Any], None]
ALL_TREES = "ONTOS_TESTS_ALL_TREES"
"""The variable that asks for a user's models in the jobs of a test."""
FEW: dict[str, dict[str, int]] = {
    "extra_trees": {"n_estimators": 6},
    "random_forest": {"n_estimators": 6},
    "hist_gradient_boosting": {"max_iter": 10},
}
"""In place of parameters of these families; a test that hangs on their number sets another here."""
_defaults = families._defaults


def use_few_trees(set_attribute: Setter, set_item: Setter) -> None:
    """Models, what a search tries, and forests that propose columns have few trees, stacks of pictures few folds.

    For how long, the setters say.
    """
    set_attribute(families, "_defaults", _with_few_trees)
    for family, settings in _SETTINGS.items():
        set_item(families.SETTINGS, family, settings)
    set_attribute(derived_proposals, "TREES", 8)
    set_attribute(families, "PICTURE_FOLDS", 2)


def _with_few_trees(family: str) -> dict[str, Any]:
    return _defaults(family) | FEW.get(family, {})


def _twice(family: str, setting: dict[str, Any]) -> dict[str, Any]:
    return setting | {name: 2 * few for name, few in FEW.get(family, {}).items() if name in setting}


_SETTINGS = {key: tuple(_twice(key, setting) for setting in tried) for key, tried in families.SETTINGS.items()}
