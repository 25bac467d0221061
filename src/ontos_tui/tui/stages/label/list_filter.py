"""Which pairs the desk lists, and in which order: what the user asked for, in words, and the form that asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.records.labeling import HintKind
from ontos_tui.domain.records.pairs import LabelingMode
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.label.queue import QueueFilter, QueueSort
from ontos_tui.tui.dialogs.forms.answer_form import read_number
from ontos_tui.tui.dialogs.forms.form import FormField, Values

if TYPE_CHECKING:
    from ontos_tui.tui.stages.label.work import Work

STATUSES = (None, PairStatus.UNLABELED, PairStatus.LABELED, PairStatus.FLAGGED, PairStatus.REJECTED)

SORT_WORDS: Mapping[QueueSort, str] = {
    QueueSort.ORDER: "in order",
    QueueSort.LEAST_SURE: "least sure first",
    QueueSort.MOST_DISAGREED: "most disagreed first",
    QueueSort.SUSPECT: "likely errors first",
    QueueSort.OLDEST: "oldest first",
    QueueSort.VARIED: "one of each answer in turn",
    QueueSort.SIMILAR: "most similar to one item first",
}

HINT_WORDS: Mapping[HintKind, str] = {
    HintKind.UNSURE: "the model is unsure",
    HintKind.SUSPECT: "likely a label error",
    HintKind.DISAGREED: "people disagree",
    HintKind.DUPLICATE: "near-duplicates",
}

SOURCE_WORDS: Mapping[LabelingMode, str] = {
    LabelingMode.AI_GENERATED: "proposed by an engine",
    LabelingMode.MANUAL: "by hand",
    LabelingMode.EXISTING_COLUMN: "from the data's column",
    LabelingMode.CANONICAL: "by its canonical label",
    LabelingMode.FEEDBACK: "from feedback",
}


@dataclass(frozen=True)
class ListFilter:
    """The filter and the order of the list. The `usual` order is the one that it has where nobody chose another."""

    filter: QueueFilter = field(default_factory=QueueFilter)
    sort: QueueSort = QueueSort.ORDER
    usual: QueueSort = QueueSort.ORDER

    @property
    def is_everything(self) -> bool:
        """Whether no pair is left out."""
        return replace(self.filter, like="") == QueueFilter()

    def next_status(self) -> ListFilter:
        """The same with the next status."""
        at = STATUSES.index(self.filter.status)
        return replace(self, filter=replace(self.filter, status=STATUSES[(at + 1) % len(STATUSES)]))

    def next_sort(self) -> ListFilter:
        """The same in the next order; the one that needs an item is not among them."""
        orders = [one for one in QueueSort if one is not QueueSort.SIMILAR]
        at = -1 if self.sort is QueueSort.SIMILAR else orders.index(self.sort)
        return replace(self, sort=orders[(at + 1) % len(orders)])

    def with_text(self, text: str) -> ListFilter:
        """The same, of what contains this text."""
        return replace(self, filter=replace(self.filter, text=text))

    def similar_to(self, item_ref: str) -> ListFilter:
        """The same, in the order of the likeness to this item."""
        return replace(self, filter=replace(self.filter, like=item_ref), sort=QueueSort.SIMILAR)

    def without_last(self) -> ListFilter | None:
        """The same without the last of its `chips`; None where nothing is left that the user can take away."""
        if self.sort is not self.usual:
            return replace(self, sort=self.usual, filter=replace(self.filter, like=""))
        empty = QueueFilter()
        for name in ("text", "source", "hint", "below", "label", "status"):
            if getattr(self.filter, name) != getattr(empty, name):
                return replace(self, filter=replace(self.filter, **{name: getattr(empty, name)}))
        return None

    def chips(self) -> tuple[str, ...]:
        """What the list leaves out and how it is ordered, one by one, the text as it is searched."""
        return tuple(self._words(text=f"/{self.filter.text}", status=f"{self.filter.status}"))

    def words(self) -> str:
        """What the list leaves out and how it is ordered, when that is not the usual."""
        return ", ".join(self._words(text=f"with {self.filter.text!r}", status=f"only {self.filter.status}"))

    def _words(self, text: str, status: str) -> list[str]:
        pairs = self.filter
        words = ["of one annotation task"] if pairs.task else []
        if pairs.status is not None:
            words.append(status)
        if pairs.label is not None:
            words.append(f"{pairs.label[0]} = {_value_text(pairs.label[1])}")
        if pairs.below is not None:
            words.append(f"less than {pairs.below:.0%} sure, or unsure")
        if pairs.hint is not None:
            words.append(HINT_WORDS[pairs.hint])
        if pairs.source is not None:
            words.append(SOURCE_WORDS[pairs.source])
        if pairs.text:
            words.append(text)
        if self.sort is QueueSort.SIMILAR:
            words.append(f"most similar to {pairs.like} first")
        elif self.sort is not self.usual:
            words.append(SORT_WORDS[self.sort])
        return words

    def form(self, work: Work) -> Sequence[FormField]:
        """The form that asks for all of it."""
        pairs = self.filter
        labels = _labels(work)
        orders = [text for sort, text in SORT_WORDS.items() if pairs.like or sort is not QueueSort.SIMILAR]
        label = next((text for text, value in labels.items() if value == pairs.label), None)
        return (
            FormField("status", "Status", pairs.status, tuple(PairStatus)),
            FormField("label", "Label", label, tuple(labels), hint="the answer, else the proposal"),
            FormField(
                "below",
                "Less sure than (%)",
                None if pairs.below is None else f"{pairs.below * 100:g}",
                hint="the proposal; also what says 'unsure'",
                read=read_number,
            ),
            FormField("hint", "Hint", _word(HINT_WORDS, pairs.hint), tuple(HINT_WORDS.values())),
            FormField("source", "Answer from", _word(SOURCE_WORDS, pairs.source), tuple(SOURCE_WORDS.values())),
            FormField("text", "Text", pairs.text or None, hint="in the item's id, fields, answer or notes"),
            FormField("sort", "Order", SORT_WORDS[self.sort], tuple(orders), required=True),
        )

    def filled(self, work: Work, values: Values) -> ListFilter:
        """What the form was filled with."""
        below = values["below"]
        pairs = QueueFilter(
            task=self.filter.task,
            status=values["status"],
            text=values["text"] or "",
            source=_key(SOURCE_WORDS, values["source"]),
            label=_labels(work).get(values["label"]),
            below=None if below is None else float(below) / 100,
            hint=_key(HINT_WORDS, values["hint"]),
            like=self.filter.like,
        )
        return replace(self, filter=pairs, sort=_key(SORT_WORDS, values["sort"]) or QueueSort.ORDER)


def _labels(work: Work) -> dict[str, tuple[str, Any]]:
    """Every field and value that can be chosen, in words."""
    chosen = [one for one in work.fields if one.is_choice]
    return {
        f"{one.name} = {_value_text(choice)}": (one.name, choice) for one in chosen for choice in work.choices(one.name)
    }


def _value_text(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _word(words: Mapping[Any, str], key: Any) -> str | None:
    return None if key is None else words[key]


def _key(words: Mapping[Any, str], word: str | None) -> Any:
    return next((key for key, text in words.items() if text == word), None)
