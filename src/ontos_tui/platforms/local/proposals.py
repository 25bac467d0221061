"""What proposes answers on this machine.

Texts and numbers are read out of a document; for everything else the nearest labeled examples vote, and from about a
hundred of them on models answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from ontos_tui.domain.learning import LabeledExample, Proposal, Question
from ontos_tui.domain.rules.confidence_text import interval_text, outside_texts
from ontos_tui.domain.schema import Answer, AnswerField, FieldKind, answer_fields
from ontos_tui.learning.encoding.features import is_missing
from ontos_tui.learning.extraction.extractor import Extraction, Extractor, plan_extraction
from ontos_tui.learning.nearest_examples import NAME, NO_FACT, NearestExamples, Voters, is_usable
from ontos_tui.learning.proposing_models import ModelAnswer, ProposingModels
from ontos_tui.learning.trust.field_trust import LEAST_LABELS, certainty

BLOCK = 2_048
"""Questions that models answer at once."""
TASTED = 20
"""Items whose texts are looked at, beside those of the examples, to see what can be read out of them."""


class LocalProposals:
    """A chat model that is none: it reads fields out of a text where they stand in one, and learns from the examples.

    Only answers with texts or spans, of items that have a long text, are read. For all others `NearestExamples` vote,
    or models answer where there are examples enough.
    """

    @property
    def name(self) -> str:
        """What it is, in honest words."""
        return f"{NAME} or models of them, and text extraction"

    def propose(
        self,
        questions: Iterable[Question],
        schema: dict[str, Any],
        examples: Sequence[LabeledExample],
        features: Sequence[str],
    ) -> Iterator[Proposal]:
        """One proposal for every question. Reading needs no example; what is voted on does.

        Confidence is that of the field that is least sure. Raises PlatformError where `NearestExamples` does, for the
        fields that are not read and have to be there.
        """
        stream = iter(questions)
        first_questions = list(islice(stream, TASTED))
        stream = chain(first_questions, stream)
        fields = answer_fields(schema)
        rows = [*(one.fields for one in examples[:TASTED]), *(one.fields for one in first_questions)]
        what = plan_extraction(fields, examples, rows, features)
        if what is None:
            return _from_examples(stream, schema, examples, features)
        extractor = Extractor.learned(what, examples)
        rest = [field for field in fields if field.name not in what.fields]
        if not rest or not (examples or any(field.required for field in rest)):
            return (_proposal(question, extractor, fields) for question in stream)
        return _with_votes(stream, _only(schema, rest), examples, features, extractor, fields)


def _from_examples(
    questions: Iterator[Question], schema: dict[str, Any], examples: Sequence[LabeledExample], features: Sequence[str]
) -> Iterator[Proposal]:
    """What the examples say: by models where there are enough of them, else by the votes of the nearest."""
    fields = [field for field in answer_fields(schema) if field.kind is not FieldKind.SPANS]
    usable = [example for example in examples if is_usable(fields, example.answer)]
    models = ProposingModels.learned(fields, usable, features)
    if models is None:
        return NearestExamples().propose(questions, schema, examples, features)
    texts = any(field.kind is FieldKind.TEXT for field in fields)
    voters = Voters(fields, examples, features) if texts else None

    def stream() -> Iterator[Proposal]:
        while block := list(islice(questions, BLOCK if voters is None else voters.block)):
            said = models.answer([question.fields for question in block])
            copied = iter([{}] * len(block)) if voters is None else voters.texts(block, [one.answer for one in said])
            for question, one, text in zip(block, said, copied, strict=True):
                yield _by_models(question, one, text, fields, models)

    return stream()


def _by_models(
    question: Question, said: ModelAnswer, texts: Answer, fields: Sequence[AnswerField], models: ProposingModels
) -> Proposal:
    """What models say of one item, with the texts that stand beside such answers."""
    if all(is_missing(question.fields.get(name)) for name in models.table.names):
        return Proposal(question.ref, None, error="The item has no value in any column that models learned from.")
    values = {**said.answer, **texts}
    if absent := [field.name for field in fields if field.required and field.name not in values]:
        return Proposal(question.ref, None, error=f"{', '.join(absent)}: {NO_FACT}")
    answer = {field.name: values[field.name] for field in fields if field.name in values}
    intervals = [f"{name} {interval_text(interval)}" for name, interval in said.intervals.items()]
    explanation = "; ".join([*outside_texts(said.outside), *intervals, models.basis])
    return Proposal(question.ref, answer, confidence=said.confidence, certainty=said.certainty, explanation=explanation)


def _only(schema: dict[str, Any], fields: Sequence[AnswerField]) -> dict[str, Any]:
    names = [field.name for field in fields]
    return {
        **schema,
        "properties": {name: schema["properties"][name] for name in names},
        "required": [name for name in schema.get("required", ()) if name in names],
    }


def _with_votes(
    stream: Iterator[Question],
    schema: dict[str, Any],
    examples: Sequence[LabeledExample],
    features: Sequence[str],
    extractor: Extractor,
    fields: Sequence[AnswerField],
) -> Iterator[Proposal]:
    waiting: deque[Question] = deque()

    def queued() -> Iterator[Question]:
        for question in stream:
            waiting.append(question)
            yield question

    # Asked before the first is read, so that an error is one of the whole.
    votes = _from_examples(queued(), schema, examples, features)
    return (_proposal(waiting.popleft(), extractor, fields, vote) for vote in votes)


def _proposal(
    question: Question, extractor: Extractor, fields: Sequence[AnswerField], vote: Proposal | None = None
) -> Proposal:
    """What was read of one item, together with what was voted on."""
    if vote is not None and vote.answer is None:
        return vote
    reading = extractor.read(question.fields)
    values = {**(vote.answer or {} if vote is not None else {}), **reading.answer}
    answer = {field.name: values[field.name] for field in fields if field.name in values}
    absent = [field.name for field in fields if field.required and field.name not in values]
    if absent:
        return Proposal(
            question.ref,
            None,
            error=f"{', '.join(absent)}: not in the text {extractor.plan.text_field!r} of this item.",
        )
    if not answer:
        return Proposal(question.ref, None, error=f"No field was read from {extractor.plan.text_field!r} of this item.")
    sure = list(reading.confidence.values())
    explanation = _explanation(reading, extractor)
    if vote is not None:
        sure += [] if vote.confidence is None else [vote.confidence]
        explanation += f"; the other fields: {vote.explanation}"
    least = min(sure, default=None)
    words = "" if least is None or _is_calibrated(extractor, vote) else certainty(least)
    return Proposal(question.ref, answer, confidence=least, certainty=words, explanation=explanation)


def _is_calibrated(extractor: Extractor, vote: Proposal | None) -> bool:
    return extractor.taught >= LEAST_LABELS and (vote is None or not vote.certainty)


def _explanation(reading: Extraction, extractor: Extractor) -> str:
    """In words what was read, how sure it is, and why."""
    calibrated = extractor.taught >= LEAST_LABELS
    names = [
        f"{target.name} {f'{one.confidence:.0%}' if calibrated else certainty(one.confidence)}"
        for target, one in reading.matches
        if one.value is not None
    ]
    how = f"with {extractor.taught} labeled examples" if extractor.taught else "by general patterns alone"
    return f"read from {extractor.plan.text_field} {how}: {', '.join(names) or 'nothing'}"
