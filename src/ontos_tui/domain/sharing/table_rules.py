"""What each shared table's rows mean when two people changed them apart from each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ontos_tui.domain.records.improve import GapUpdate
from ontos_tui.domain.records.labeling import LabelingTask, TaskItem
from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion, Event, QAPair
from ontos_tui.domain.records.serving import Deployment
from ontos_tui.domain.records.sync import BOOKKEEPING
from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.records.template import Labelset, Template
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.states import LabelingTaskStatus, PairStatus

Values = Mapping[str, Any]

ORDER = {record.TABLE: place for place, record in enumerate(SHARED)}
"""Tables in an order in which each comes after what it refers to."""
KEYS = {record.TABLE: record.KEY for record in SHARED}
UNIQUE = {record.TABLE: record.UNIQUE for record in SHARED}

HISTORY = frozenset({Event.TABLE, GapUpdate.TABLE, Deployment.TABLE})
"""Tables that tell what was done. It was done, whatever becomes of the answer beside it."""

NUMBERED = {
    Template.TABLE: "version",
    Labelset.TABLE: "version",
    ModelVersion.TABLE: "version",
    CanonicalLabelVersion.TABLE: "version",
}
"""Where two made the same number apart, both stay: the second in the log gets the next one."""

_SOFT = BOOKKEEPING | {"created_at", "created_by"}
_MEANING = {
    QAPair.TABLE: ("status", "answer", "reject_reason", "allowed_uses", "prohibited_uses", "data_classification"),
    TaskItem.TABLE: ("status", "answer", "reject_reason"),
    CanonicalLabel.TABLE: ("label_data", "allowed_uses", "prohibited_uses", "data_classification"),
}
"""The columns that a decision decides, where the others only tell how it came about."""


def same(table: str, one: Values | None, other: Values | None) -> bool:
    """Whether two rows decide the same."""
    if one is None or other is None:
        return one is other
    return not differing(table, one, other)


def differing(table: str, one: Values | None, other: Values | None) -> list[str]:
    """The columns in which two rows decide something else; all that one decides where the other is not there."""
    there = one or other or {}
    names = _MEANING.get(table) or [name for name in there if name not in _SOFT and name != KEYS[table]]
    return [name for name in names if (one or {}).get(name) != (other or {}).get(name)]


def decides(table: str, values: Values | None) -> bool:
    """Whether a row is a person's decision. A pair as it was generated is none; one that was opened again is."""
    if values is None or table not in (QAPair.TABLE, TaskItem.TABLE):
        return True
    return bool(values["status"] != PairStatus.UNLABELED or values["version"] > 1)


def is_claimed(values: Values | None) -> bool:
    """Whether a labeling task is somebody's."""
    return values is not None and bool(values["assignee"]) and values["status"] != LabelingTaskStatus.PENDING


def claims_from_another(table: str, new: Values | None, standing: Values | None) -> bool:
    """Whether a change takes a labeling task that another person has claimed."""
    if table != LabelingTask.TABLE or new is None or standing is None or not is_claimed(standing):
        return False
    return is_claimed(new) and new["lease_until"] is not None and bool(new["assignee"] != standing["assignee"])


def next_number(number: int | str) -> int | str:
    """The version after this one: 4 after 3, 1.0.1 after 1.0.0, "draft 2" after "draft"."""
    if isinstance(number, int):
        return number + 1
    begin, _, last = number.rpartition(".")
    return f"{begin}.{int(last) + 1}" if begin and last.isdecimal() else f"{number} 2"
