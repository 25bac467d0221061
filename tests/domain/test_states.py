"""The state machines."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import pytest

from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.rules import states
from ontos_tui.domain.rules.states import (
    AlertStatus,
    JobStatus,
    LabelingJobStatus,
    LabelingTaskStatus,
    TaskStatus,
    TemplateStatus,
    check_transition,
)

MACHINES: list[tuple[type[StrEnum], Mapping[StrEnum, frozenset[StrEnum]]]] = [
    (TemplateStatus, states.TEMPLATE_TRANSITIONS),
    (JobStatus, states.JOB_TRANSITIONS),
    (TaskStatus, states.TASK_TRANSITIONS),
    (LabelingJobStatus, states.LABELING_JOB_TRANSITIONS),
    (LabelingTaskStatus, states.LABELING_TASK_TRANSITIONS),
    (AlertStatus, states.ALERT_TRANSITIONS),
]


@pytest.mark.parametrize(("status", "machine"), MACHINES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_status_is_in_its_machine_and_is_reached_from_the_first(
    status: type[StrEnum], machine: Mapping[StrEnum, frozenset[StrEnum]]
) -> None:
    assert set(machine) == set(status)
    reached = {next(iter(status))}
    for _ in status:
        reached |= {after for before in reached for after in machine[before]}
    assert reached == set(status)


@pytest.mark.parametrize(("status", "machine"), MACHINES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_transition_happens_when_it_is_listed_and_only_then(
    status: type[StrEnum], machine: Mapping[StrEnum, frozenset[StrEnum]]
) -> None:
    for before in status:
        for after in status:
            if after in machine[before]:
                check_transition(machine, before, after, "It")
                continue
            with pytest.raises(ConflictError, match=f"It is {before} and cannot become {after}") as caught:
                check_transition(machine, before, after, "It")
            possible = sorted(machine[before])
            assert all(item in caught.value.todo for item in possible)
            assert ("it is final" in caught.value.todo) == (not possible)


@pytest.mark.parametrize(
    ("machine", "before", "after"),
    [
        (states.TEMPLATE_TRANSITIONS, TemplateStatus.PUBLISHED, TemplateStatus.DRAFT),
        (states.TEMPLATE_TRANSITIONS, TemplateStatus.ARCHIVED, TemplateStatus.PUBLISHED),
        (states.JOB_TRANSITIONS, JobStatus.SUCCEEDED, JobStatus.RUNNING),
        (states.JOB_TRANSITIONS, JobStatus.FAILED, JobStatus.RUNNING),
        (states.TASK_TRANSITIONS, TaskStatus.COMPLETED, TaskStatus.CANCELLED),
        (states.TASK_TRANSITIONS, TaskStatus.PENDING, TaskStatus.COMPLETED),
    ],
)
def test_what_must_never_happen(machine: Mapping[StrEnum, frozenset[StrEnum]], before: StrEnum, after: StrEnum) -> None:
    with pytest.raises(ConflictError):
        check_transition(machine, before, after, "It")
