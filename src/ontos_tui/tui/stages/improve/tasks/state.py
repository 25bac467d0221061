"""What the page of tasks shows. Every change makes another state, and the display paints all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ontos_tui.domain.errors import OntosError
    from ontos_tui.services.improve.tasks.service import TaskView


@dataclass(frozen=True)
class TasksState:
    """The list: None until it is read, only open tasks unless `all_states`. An `error` stands beside it."""

    tasks: tuple[TaskView, ...] | None = None
    all_states: bool = False
    error: OntosError | None = None
