"""What the page of gaps shows. Every change makes another state, and the display paints all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ontos_tui.domain.errors import OntosError
    from ontos_tui.domain.records.improve import Gap
    from ontos_tui.services.improve.gaps.service import AnalysisReport
    from ontos_tui.tui.stages.improve.gap_lines import AboutGap


@dataclass(frozen=True)
class GapsState:
    """The list, and what stands beside it: an error, a report, or the gap under the cursor, the first that there is.

    `gaps` is None until they are read; only open ones unless `all_states`. `is_analyzing` while gaps are searched.
    """

    gaps: tuple[Gap, ...] | None = None
    all_states: bool = False
    about: AboutGap | None = None
    is_analyzing: bool = False
    last_report: AnalysisReport | None = None
    shows_report: bool = False
    error: OntosError | None = None
