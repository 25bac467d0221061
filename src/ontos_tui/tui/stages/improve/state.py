"""What the first view of IMPROVE shows. Every change makes another state, and the display paints all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ontos_tui.domain.records.improve import FeedbackFilter

if TYPE_CHECKING:
    from ontos_tui.domain.errors import OntosError
    from ontos_tui.domain.records.improve import FeedbackItem
    from ontos_tui.domain.records.pairs import QAPair
    from ontos_tui.services.improve.retraining import RetrainingOutlook
    from ontos_tui.services.improve.service import FeedbackStats


@dataclass(frozen=True)
class Listed:
    """The feedback that matches the filter, and the statistics of all."""

    items: tuple[FeedbackItem, ...]
    stats: FeedbackStats


@dataclass(frozen=True)
class Detail:
    """A piece of feedback with the training pair that it became, if it did."""

    item: FeedbackItem
    pair: QAPair | None


@dataclass(frozen=True)
class ImproveState:
    """The list and its filter, the piece of feedback that is shown, and what retraining would bring.

    `listed` is None until it is read. `error` stands in place of the detail, `outlook_error` in place of the outlook;
    without either there is nothing deployed. `is_outlook_old` from entering the stage until it is read. `is_training`
    while a training on the same pairs is under way.
    """

    feedback_filter: FeedbackFilter = field(default_factory=FeedbackFilter)
    listed: Listed | None = None
    detail: Detail | None = None
    error: OntosError | None = None
    outlook: RetrainingOutlook | None = None
    outlook_error: OntosError | None = None
    is_outlook_old: bool = True
    is_training: bool = False
