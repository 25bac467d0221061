"""Reading the fields of an answer out of one text field of an item: which fields, out of which, and all at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.learning import LabeledExample, Prediction
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.row_columns import column_names, raw_column
from ontos_tui.domain.schema import Answer, AnswerField, FieldKind
from ontos_tui.domain.spans import Span, SpanRules, answer_of, spans_of
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.learning.extraction.documents import LONG, Document
from ontos_tui.learning.extraction.field_finder import (
    MOST_DOCUMENTS,
    FieldFinder,
    FieldMatch,
    FieldWeights,
    find_all,
    learn,
)
from ontos_tui.learning.extraction.field_priors import FieldPrior
from ontos_tui.learning.extraction.token_features import TokenFeatures
from ontos_tui.learning.targets import NUMBER_KINDS

LEAST_KNOWN = 3
"""Examples with a value, from which on it is their say whether a field stands in the text."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
LOCATED, LOCATED_NUMBERS = 0.5, 0.8
"""Shares of the values that must occur in the texts; a number occurs by chance more easily."""
EXAMPLES_CHECKED = 50
"""Examples whose texts are looked at to decide that."""


@dataclass(frozen=True)
class Target:
    """A text or number field of the answer, or one label of a field of spans."""

    field: AnswerField
    label: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.label or self.field.name

    @property
    def prior(self) -> FieldPrior:
        """What general knowledge says about it."""
        return FieldPrior(self.label) if self.label else FieldPrior.of(self.field)

    def value(self, answer: Answer, text: object) -> Any:
        """What an answer says; of several spans with the label the first one's text."""
        if not self.label:
            return answer.get(self.field.name)
        if not isinstance(text, str):
            return None
        spans = spans_of(answer.get(self.field.name), text)
        return next((text[one.start : one.end] for one in spans if one.label == self.label), None)


@dataclass(frozen=True)
class Extraction:
    """What was read out of one item: a part of its answer, how sure each field is, and where each target stands."""

    answer: Answer
    confidence: dict[str, float]
    matches: tuple[tuple[Target, FieldMatch], ...]


@dataclass(frozen=True)
class ExtractionPlan:
    """What is read out of which field of the items."""

    text_field: str
    targets: tuple[Target, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the answer that are read."""
        return tuple(dict.fromkeys(target.field.name for target in self.targets))

    def of(self, field: str) -> list[Target]:
        """The targets of one field of the answer."""
        return [target for target in self.targets if target.field.name == field]


def plan_extraction(
    fields: Sequence[AnswerField], examples: Sequence[LabeledExample], rows: Sequence[Row], features: Sequence[str]
) -> ExtractionPlan | None:
    """Which fields of the answer can be read out of a text of the items; None where nothing can.

    `rows` are items, the examples' among them. Where few examples are known, texts and spans are tried.
    """
    text_field = _text_field(fields, rows, features)
    if text_field is None:
        return None
    fields = [_with_format(field, examples[:EXAMPLES_CHECKED]) for field in fields]
    targets = [
        target
        for field in fields
        for target in _targets(field, text_field)
        if _is_there(target, text_field, examples[:EXAMPLES_CHECKED])
    ]
    if all(target.field.kind in NUMBER_KINDS for target in targets):  # of a number alone, only examples can tell
        targets = [one for one in targets if _values(one, text_field, examples[:EXAMPLES_CHECKED]) >= LEAST_KNOWN]
    return ExtractionPlan(text_field, tuple(targets)) if targets else None


def _with_format(field: AnswerField, examples: Sequence[LabeledExample]) -> AnswerField:
    """A text field whose known values are all dates of the calendar is one of dates, also where no schema says so."""
    if field.kind is not FieldKind.TEXT or field.format:
        return field
    values = [value for example in examples if isinstance(value := example.answer.get(field.name), str) and value]
    dates = len(values) >= LEAST_KNOWN and all(_DATE.fullmatch(value) for value in values)
    return replace(field, format="date") if dates else field


def _text_field(fields: Sequence[AnswerField], rows: Sequence[Row], features: Sequence[str]) -> str | None:
    """The field that spans lie in, else the longest text among the features."""
    named = [field.spans.text_field for field in fields if field.spans is not None]
    names = named or features or column_names(rows[:EXAMPLES_CHECKED])
    lengths = {
        name: sum(len(value) for value in raw_column(rows, name) if isinstance(value, str)) / max(1, len(rows))
        for name in names
    }
    longest = max(lengths, key=lambda name: lengths[name], default=None)
    least = 1 if named else LONG
    return longest if longest is not None and lengths[longest] >= least else None


def _targets(field: AnswerField, text_field: str) -> list[Target]:
    if field.kind is FieldKind.TEXT or field.kind in NUMBER_KINDS:
        return [Target(field)]
    if field.spans is not None and field.spans.text_field == text_field:
        return [Target(field, label) for label in field.spans.labels]
    return []


def _values(target: Target, text_field: str, examples: Sequence[LabeledExample]) -> int:
    return sum(target.value(example.answer, example.fields.get(text_field)) is not None for example in examples)


def _is_there(target: Target, text_field: str, examples: Sequence[LabeledExample]) -> bool:
    """Whether the field's values stand in the examples' texts, as far as these are known."""
    prior, known, located = target.prior, 0, 0
    for example in examples:
        text = example.fields.get(text_field)
        value = target.value(example.answer, text)
        if value is None or value == "" or not isinstance(text, str):
            continue
        document = Document(text)
        known += 1
        located += any(prior.matches(document.text_of(piece), value) for piece in prior.pieces(document))
    if known < LEAST_KNOWN:
        return True
    return located >= known * (LOCATED_NUMBERS if target.field.kind in NUMBER_KINDS else LOCATED)


@dataclass(frozen=True)
class Extractor:
    """Reads the fields of a plan out of items."""

    plan: ExtractionPlan
    finders: tuple[FieldFinder, ...]

    @classmethod
    def learned(
        cls,
        plan: ExtractionPlan,
        examples: Sequence[LabeledExample],
        on_target: Callable[[Target], None] = lambda target: None,
    ) -> Extractor:
        """From labeled examples, the more the better; without any by general patterns. `told` hears what is next."""
        texts = [(example, example.fields.get(plan.text_field)) for example in examples]
        read = [(example, text) for example, text in texts if isinstance(text, str)][:MOST_DOCUMENTS]
        known = [(example, text, TokenFeatures(Document(text))) for example, text in read]
        documents = [clues for _, _, clues in known]
        finders = []
        for target in plan.targets:
            on_target(target)
            values = [target.value(one.answer, text) for one, text, _ in known]
            finders.append(learn(target.prior, documents, values))
        return cls(plan, tuple(finders))

    def without_examples(self) -> Extractor:
        """The same without what examples taught."""
        return Extractor(self.plan, tuple(FieldFinder(target.prior) for target in self.plan.targets))

    @property
    def taught(self) -> int:
        """Examples that taught the field that had the most."""
        return max((one.taught.documents for one in self.finders if one.taught is not None), default=0)

    def read(self, row: Row) -> Extraction:
        """What stands in an item's text; a field that is absent, or does not fit, is left out."""
        text = row.get(self.plan.text_field)
        if not isinstance(text, str) or not text.strip():
            return Extraction({}, {}, ())
        return self.read_features(text, TokenFeatures(Document(text)))

    def read_features(self, text: str, features: TokenFeatures) -> Extraction:
        """The same for a text of which the features are there already."""
        matches = tuple(zip(self.plan.targets, find_all(self.finders, features), strict=True))
        answer: Answer = {}
        confidence: dict[str, float] = {}
        for target, one in matches:
            if not target.label and one.value is not None and _fits(target.field, one.value):
                answer[target.field.name] = one.value
                confidence[target.field.name] = one.confidence
        for field in dict.fromkeys(target.field for target, _ in matches if target.label):
            spans = self._spans(field, matches)
            answer[field.name] = answer_of(spans, text, field.spans) if field.spans is not None else []
            confidence[field.name] = min(one.confidence for target, one in matches if target.field == field)
        return Extraction(answer, confidence, matches)

    def add_to(self, prediction: Prediction, row: Row) -> Prediction:
        """A prediction with what is read out of the row. Raises InvalidInputError where the row has no such text."""
        name = self.plan.text_field
        if name not in row or not (row[name] is None or isinstance(row[name], str)):
            raise InvalidInputError(
                f"The input has no text in {safe_line(name, 80)!r}, from which answers are read.",
                "Give the document's text there, or null for none.",
            )
        reading = self.read(row)
        return replace(
            prediction,
            answer={**prediction.answer, **reading.answer},
            confidence={**prediction.confidence, **reading.confidence},
        )

    @staticmethod
    def _spans(field: AnswerField, matches: Sequence[tuple[Target, FieldMatch]]) -> list[Span]:
        """The spans of a field; of two that overlap where they may not, the surer one."""
        spans: list[Span] = []
        for target, one in sorted(matches, key=lambda pair: -pair[1].confidence):
            if target.field == field and one.value is not None:
                span = Span(one.start, one.end, target.label)
                if (field.spans is not None and field.spans.overlap) or not any(
                    span.overlaps(other) for other in spans
                ):
                    spans.append(span)
        return spans

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "text_field": self.plan.text_field,
            "fields": [asdict(field) for field in dict.fromkeys(target.field for target in self.plan.targets)],
            "targets": [{"field": target.field.name, "label": target.label} for target in self.plan.targets],
            "taught": [finder.taught and asdict(finder.taught) for finder in self.finders],
        }

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Extractor:
        """Back from plain data. Raises KeyError, TypeError or ValueError where it is none of ours."""
        by_name = {one["name"]: _field(one) for one in plain["fields"]}
        targets = tuple(Target(by_name[one["field"]], one["label"]) for one in plain["targets"])
        finders = tuple(
            FieldFinder(target.prior, taught and FieldWeights(**taught))
            for target, taught in zip(targets, plain["taught"], strict=True)
        )
        return cls(ExtractionPlan(plain["text_field"], targets), finders)


def _field(plain: dict[str, Any]) -> AnswerField:
    spans = plain["spans"]
    return AnswerField(
        **{
            **plain,
            "kind": FieldKind(plain["kind"]),
            "choices": tuple(plain["choices"]),
            "spans": spans and SpanRules(**{**spans, "labels": tuple(spans["labels"])}),
        }
    )


def _fits(field: AnswerField, value: str | float) -> bool:
    if isinstance(value, str):
        return field.max_length is None or len(value) <= field.max_length
    return (field.minimum is None or value >= field.minimum) and (field.maximum is None or value <= field.maximum)
