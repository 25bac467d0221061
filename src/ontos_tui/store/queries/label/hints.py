"""Hints about pairs: whether one still holds."""

from __future__ import annotations

from ontos_tui.domain.records.labeling import HintKind
from ontos_tui.domain.rules.states import PairStatus

_LOOKED_AT = "coalesce(qa_pairs.reviewed_at > pair_hints.made_at, 0)"

HOLDS = (
    f"(pair_hints.kind = '{HintKind.DUPLICATE}'"
    f" OR pair_hints.kind = '{HintKind.DISAGREED}' AND NOT {_LOOKED_AT}"
    f" OR pair_hints.kind = '{HintKind.UNSURE}' AND qa_pairs.status = '{PairStatus.UNLABELED}'"
    f" OR pair_hints.kind = '{HintKind.SUSPECT}' AND qa_pairs.status = '{PairStatus.LABELED}' AND NOT {_LOOKED_AT})"
)
"""That a hint is still about what is there, where `pair_hints` and `qa_pairs` are joined."""
