"""What the page of canonical labels shows, and how it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.tui.stages.label.work import Work, work_of_task

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion
    from ontos_tui.services.canonical.service import LabelFilter, LabelUsage
    from ontos_tui.workspace import Workspace


@dataclass(frozen=True)
class Listed:
    """The labels that the filter lets through, as far as they are listed, and how many there are."""

    labels: Sequence[CanonicalLabel]
    count: int
    label_types: Sequence[str]


@dataclass(frozen=True)
class About:
    """One label with what it said before and what depends on it."""

    label: CanonicalLabel
    usage: LabelUsage
    versions: Sequence[CanonicalLabelVersion]


def read_list(workspace: Workspace, list_filter: LabelFilter) -> Listed:
    """Read the list."""
    service = workspace.label.canonical_labels
    return Listed(service.find(list_filter), service.count(list_filter), service.label_types())


def read_label(workspace: Workspace, label: CanonicalLabel) -> About:
    """Read everything about one label."""
    service = workspace.label.canonical_labels
    return About(label, service.usage(label.id), service.versions(label.id))


def list_of_mine(workspace: Workspace, sheet_id: str, labelset_id: str) -> Work:
    """One's own list of items without a label, as work at the desk."""
    return work_of_task(workspace, workspace.label.jobs.my_list(sheet_id, labelset_id).id)


def read_choices(workspace: Workspace) -> list[tuple[str, str, str, str]]:
    """Every sheet with every published labelset: names, then ids."""
    published = [one for one in workspace.label.labelsets.all() if one.status is TemplateStatus.PUBLISHED]
    return [
        (sheet.name, f"{one.name} {one.version}", sheet.id, one.id)
        for sheet in workspace.data.sheets.sheets()
        for one in published
    ]
