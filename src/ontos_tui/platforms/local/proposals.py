"""What proposes answers on this machine: texts and numbers are read out of a document, everything else is voted on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from ontos_tui.domain.learning import LabeledExample, Proposal, Question
from ontos_tui.domain.schema import AnswerField, answer_fields
from ontos_tui.learning.extraction.extractor import Extraction, Extractor, plan_extraction
from ontos_tui.learning.nearest_examples import NAME, NearestExamples

TASTED = 20
"""Items whose texts are looked at, beside those of the examples, to see what can be read out of them."""


class LocalProposals:
    """A chat model that is none: it reads fields out of a text where they stand in one, and asks the nearest examples.

    Only answers with texts or spans, of items that have a long text, are read; for all others this is
    `NearestExamples`.
    """

    @property
    def name(self) -> str:
        """What it is, in honest words."""
        return f"{NAME}, and text extraction"

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
            return NearestExamples().propose(stream, schema, examples, features)
        extractor = Extractor.learned(what, examples)
        rest = [field for field in fields if field.name not in what.fields]
        if not rest or not (examples or any(field.required for field in rest)):
            return (_proposal(question, extractor, fields) for question in stream)
        return _with_votes(stream, _only(schema, rest), examples, features, extractor, fields)


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
    votes = NearestExamples().propose(queued(), schema, examples, features)
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
    return Proposal(question.ref, answer, min(sure, default=None), explanation)


def _explanation(reading: Extraction, extractor: Extractor) -> str:
    """In words what was read, how sure it is, and why."""
    names = [f"{target.name} {one.confidence:.0%}" for target, one in reading.matches if one.value is not None]
    how = f"with {extractor.taught} labeled examples" if extractor.taught else "by general patterns alone"
    return f"read from {extractor.plan.text_field} {how}: {', '.join(names) or 'nothing'}"
