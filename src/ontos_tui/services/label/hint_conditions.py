"""Which hints still hold: what a hint is about may have been decided since."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, or_

from ontos_tui.domain.records.labeling import Hint, HintKind
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store.tables import table

_PAIRS = table(QAPair).c
_HINTS = table(Hint).c


def hint_is_current() -> ColumnElement[bool]:
    """The condition, on hints joined with their pairs, that a hint still applies to its pair as it is now."""
    decided_since = func.coalesce(_PAIRS.reviewed_at > _HINTS.made_at, False)
    return or_(
        _HINTS.kind == HintKind.DUPLICATE,
        and_(_HINTS.kind == HintKind.DISAGREED, ~decided_since),
        and_(_HINTS.kind == HintKind.UNSURE, _PAIRS.status == PairStatus.UNLABELED),
        and_(_HINTS.kind == HintKind.SUSPECT, _PAIRS.status == PairStatus.LABELED, ~decided_since),
    )
