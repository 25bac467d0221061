"""What a line of an annotation tool's file says, in words that are no tool's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.text.storable import storable
from ontos_tui.services.interchange.reading import Entry
from ontos_tui.services.interchange.report import ImportReport

ITEM = "item_ref"
"""The key that names the item of a line, where the user names no other."""


@dataclass(frozen=True, slots=True)
class MarkedSpan:
    """A stretch of the text with a label, as the file has it. `text` is the stretch itself, if the file shows it."""

    start: int
    end: int
    label: str
    text: str | None = None


@dataclass(slots=True)
class Annotated:
    """One line. What it does not say is None; `labels` are classes of the whole text, `values` answers by their name.

    `answer` holds fields of the answer as they are, from files of ours. With `named_only`, values whose name is no
    field's belong to the item and not to the answer; `typed` are the names of free texts among them. A line without
    an `item_ref` is of the item that has its `text`, or its words (`tokens`); `token_spans` are from which word up to
    which, and the label.
    """

    line: int
    item_ref: str = ""
    text: str | None = None
    labels: tuple[Any, ...] | None = None
    spans: tuple[MarkedSpan, ...] | None = None
    values: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    named_only: bool = False
    typed: set[str] = field(default_factory=set)
    tokens: tuple[str, ...] = ()
    token_spans: tuple[tuple[int, int, str], ...] = ()
    status: PairStatus = PairStatus.LABELED
    reason: str = ""
    notes: str | None = None
    at: datetime | None = None

    @property
    def says_nothing(self) -> bool:
        """Whether the line has no answer."""
        return self.labels is None and self.spans is None and not self.values and not self.answer and not self.tokens


Parse = Callable[[int, Any], "Annotated | str | None"]
"""What an entry says; a text is what is wrong with it, and None means that it has no label."""


def parsed(entries: Iterable[Entry], parse: Parse, report: ImportReport) -> Iterator[Annotated]:
    """What each line says; lines without a label are counted, and problems are reported."""
    for number, value in entries:
        one = parse(number, value)
        if isinstance(one, str):
            report.problem(number, one)
        elif one is None:
            report.skipped += 1
        else:
            yield one


def item_of(item_key: str, *places: object) -> str | None:
    """The item that a line names in the first of these places that does; empty when none does, None for no name."""
    for place in places:
        ref = place.get(item_key) if isinstance(place, Mapping) else None
        if ref is None or ref == "":
            continue
        return None if isinstance(ref, (bool, dict, list)) else storable(str(ref))
    return ""


def marked_span(one: object) -> MarkedSpan | None:
    """A span as tools write it, `[0, 4, "X"]` or an object with start and end; None when it is none."""
    if isinstance(one, Sequence) and not isinstance(one, str) and len(one) == 3:
        start, end, label = one
        text = None
    elif isinstance(one, Mapping):
        start = one.get("start_offset", one.get("start"))
        end = one.get("end_offset", one.get("end"))
        label, text = one.get("label"), one.get("text")
    else:
        return None
    whole = all(isinstance(place, int) and not isinstance(place, bool) for place in (start, end))
    if not whole or not isinstance(label, str):
        return None
    return MarkedSpan(start, end, label, text if isinstance(text, str) else None)


def marked_spans(value: object, key: str) -> tuple[MarkedSpan, ...] | str:
    """The spans of a list, or what is wrong with it."""
    if not isinstance(value, list):
        return f"{key}: a list of spans is expected"
    spans: list[MarkedSpan] = []
    for place, one in enumerate(value):
        span = marked_span(one)
        if span is None:
            return f'{key}.{place}: a span has a start, an end and a label, such as [0, 4, "X"], not {_short(one)}'
        spans.append(span)
    return tuple(spans)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
