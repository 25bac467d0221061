"""The way that the present model learns a field, taken over into a search as the one to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.training import CandidateScore
from ontos_tui.learning.encoding.derived import SIGNS, DerivedColumn
from ontos_tui.learning.models.families import BASE_MODELS, BEST, Params, checked_params
from ontos_tui.learning.search.tried import Way

if TYPE_CHECKING:
    from ontos_tui.learning.encoding.features import FeatureTable


@dataclass(frozen=True)
class Present:
    """How the present model learns a field, and what this model is called: `failures v3`."""

    way: Way
    model: str


def present_way(recorded: CandidateScore | None, model: str, table: FeatureTable) -> Present | None:
    """What was chosen for the present model, on the columns of today; None where it cannot be learned like that.

    Derived columns of columns that are gone, and parameters that are no longer known, are left out.
    """
    families = {one.key for one in BASE_MODELS} - {BEST}
    if recorded is None or recorded.base_model not in families:
        return None
    known = table.number_positions()
    derived = tuple(column for name in recorded.derived if (column := _derived(name, known)) is not None)
    return Present(Way(recorded.base_model, _known_params(recorded), derived), model)


def _known_params(recorded: CandidateScore) -> Params:
    params: Params = {}
    for name, value in recorded.params.items():
        try:
            params |= checked_params(recorded.base_model, {name: value})
        except InvalidInputError:
            continue
    return params


def _derived(name: str, known: dict[str, int]) -> DerivedColumn | None:
    """The derived column of this name, wherever its sign stands: columns may have signs in their own names."""
    for operation, sign in SIGNS.items():
        between = f" {sign} "
        place = name.find(between)
        while place >= 0:
            first, second = name[:place], name[place + len(between) :]
            if first in known and second in known:
                return DerivedColumn(operation, first, second)
            place = name.find(between, place + 1)
    return None
