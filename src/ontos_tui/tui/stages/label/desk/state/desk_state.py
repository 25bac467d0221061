"""What the desk works on now. Its parts change this state; the display paints all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ontos_tui.domain.records.base import new_id
from ontos_tui.domain.rules.value_context import ValueContext
from ontos_tui.tui.stages.label.desk.state.item import Draft, Side
from ontos_tui.tui.stages.label.desk.state.last_decisions import LastDecisions
from ontos_tui.tui.stages.label.list_filter import ListFilter

if TYPE_CHECKING:
    from ontos_tui.tui.stages.label.desk.state.queue_buffer import LabelQueue
    from ontos_tui.tui.stages.label.work import Work


@dataclass
class DeskState:
    """The work, its queue as far as it is here, the answer being given, and what the progress line says.

    `session_id` names this desk in the claims; `drafts` are answers that were changed and not approved yet, by the
    pair's id; `is_searching` while a list is being read; `message` is what was done last to more than one item;
    `context` says what the numbers of the items mean, once it is computed.
    """

    session_id: str = field(default_factory=new_id)
    work: Work | None = None
    queue: LabelQueue | None = None
    list_filter: ListFilter = field(default_factory=ListFilter)
    draft: Draft = field(default_factory=Draft)
    drafts: dict[str, Draft] = field(default_factory=dict)
    side: Side = Side.FIELDS
    message: str = ""
    is_searching: bool = False
    last: LastDecisions = field(default_factory=LastDecisions)
    context: ValueContext = field(default_factory=ValueContext)

    def drop_draft(self, pair_id: str) -> None:
        """The answer of this pair was decided: nothing of it waits any more."""
        self.drafts.pop(pair_id, None)
        if self.draft.pair_id == pair_id:
            self.draft = Draft()
