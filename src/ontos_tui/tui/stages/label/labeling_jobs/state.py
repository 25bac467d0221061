"""What the page of labeling jobs shows: one job, its tasks, and what its labelers agree on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ontos_tui.services.label.labeling_jobs.agreement import JobAgreement
    from ontos_tui.services.label.labeling_jobs.service import JobView, TaskView


@dataclass(frozen=True)
class AgreementSummary:
    """Agreement and the number of disputed items, as of so many finished tasks; cached until another one is done."""

    finished: int
    agreement: JobAgreement
    disputed: int


@dataclass(frozen=True)
class PageState:
    """One job with its tasks; the agreement where several people label each item."""

    view: JobView
    tasks: Sequence[TaskView]
    actor: str
    agreement: AgreementSummary | None = None
