"""An item at the desk: what is shown of it, and the answer that is being given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ontos_tui.domain.records.labeling import Hint
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.domain.records.template import Message
    from ontos_tui.tui.stages.label.work import Work


class Side(StrEnum):
    """What stands below the answer; the document stands in the place of all else."""

    FIELDS = "fields"
    DOCUMENT = "document"
    PROMPT = "prompt"
    GUIDELINES = "guidelines"


@dataclass(frozen=True)
class ItemView:
    """An item with the question that its template makes of it, and the hints of engines about it."""

    pair: Decidable
    messages: Sequence[Message] = ()
    hints: Sequence[Hint] = ()


@dataclass(frozen=True)
class Draft:
    """The answer as it would be saved now, and the field that the keys fill.

    It starts from a `version` of the pair, whose answer then was `started`; with `is_blind` the pair's proposal is
    hidden. `shown_at` is when the item came on the screen, by the monotonic clock.
    """

    answer: Mapping[str, Any] = field(default_factory=dict)
    active_field: str = ""
    is_blind: bool = False
    pair_id: str = ""
    version: int = 0
    shown_at: float = 0.0
    started: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def start(cls, pair: Decidable, work: Work) -> Draft:
        """The answer of the pair, or else what is proposed, unless the proposal is hidden."""
        blind = work.is_blind(pair)
        answer = dict(pair.answer or ({} if blind else pair.proposal) or {})
        names = work.choice_fields
        return cls(answer, names[0] if names else "", blind, pair.id, pair.version, monotonic(), answer)

    @property
    def is_changed(self) -> bool:
        """Whether the user has changed the answer."""
        return self.answer != self.started

    def resumed(self, pair: Decidable, work: Work) -> Draft:
        """The draft of an item that is shown again; a new one where others have given another answer meanwhile."""
        new = Draft.start(pair, work)
        if not self.is_changed or self.started != new.answer:
            return new
        return replace(self, version=pair.version, is_blind=new.is_blind, shown_at=new.shown_at)

    def with_value(self, name: str, value: Any, *, active_field: str | None = None) -> Draft:
        """The same with another value of a field, and perhaps another field for the keys to fill."""
        active = self.active_field if active_field is None else active_field
        return replace(self, answer={**self.answer, name: value}, active_field=active)

    def with_answer(self, answer: Mapping[str, Any]) -> Draft:
        """The same with another answer."""
        return replace(self, answer=answer)

    @property
    def seconds(self) -> float:
        """How long the item has been on the screen."""
        return round(monotonic() - self.shown_at, 3)
