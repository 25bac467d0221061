"""What the desk works on now. Its parts change this state; the display paints all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ontos_tui.domain.records.base import new_id
from ontos_tui.tui.stages.label.desk.item import Draft, Side
from ontos_tui.tui.stages.label.list_filter import ListFilter

if TYPE_CHECKING:
    from ontos_tui.tui.stages.label.desk.queue_buffer import LabelQueue
    from ontos_tui.tui.stages.label.work import Work


@dataclass
class DeskState:
    """The work, its queue as far as it is here, the answer being given, and what the progress line says.

    `session_id` names this desk in the claims; `is_searching` while a list is being read; `message` is what was done
    last.
    """

    session_id: str = field(default_factory=new_id)
    work: Work | None = None
    queue: LabelQueue | None = None
    list_filter: ListFilter = field(default_factory=ListFilter)
    draft: Draft = field(default_factory=Draft)
    side: Side = Side.FIELDS
    message: str = ""
    is_searching: bool = False
