"""TRAIN on the team's workspace: labeled pairs become conversations, and the tuned model's answers are scored here.

The correct answers of the held-out pairs are never sent: the model's answers come back, and are scored like those of
a local model, against the same baseline.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError, StoreError
from ontos_tui.domain.learning import (
    ELSEWHERE,
    BaseModel,
    Conversation,
    Estimate,
    LabeledExample,
    Prediction,
    Progress,
    Trained,
    TrainingSet,
    TuningSet,
)
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.template import Message, Template
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.schema import Answer
from ontos_tui.platforms.chat.answer_parsing import AnswerShape
from ontos_tui.platforms.ports import FineTuner, Trainer
from ontos_tui.replacing import write_bytes, write_text
from ontos_tui.services.templates.prompt import Prompt

ANSWERS = "answers.json"
SERVING, SERVINGS = "serving", ("transformers", "vllm")
"""The one parameter of a fine-tuning: how the model is registered to be served."""


class FineTuning:
    """Fine-tunes with `tuner`, and scores with `trainer`."""

    def __init__(self, tuner: FineTuner, trainer: Trainer) -> None:
        self._tuner = tuner
        self._trainer = trainer

    def base_models(self) -> tuple[BaseModel, ...]:
        """The base models that can be fine-tuned, the recommended one first."""
        return self._tuner.base_models()

    def knows(self, base_model: str) -> bool:
        """Whether this base model is fine-tuned on the team's workspace."""
        return any(one.key == base_model for one in self._tuner.base_models())

    def estimate(
        self, template: Template, some: Sequence[LabeledExample], pairs: int, held_out: int, base_model: str
    ) -> Estimate:
        """The estimated time and cost, from the length of `some` of the conversations."""
        lengths = [sum(len(one["content"]) for one in talk.messages) for talk in _conversations(template, some)]
        average = sum(lengths) / len(lengths) if lengths else 0
        guess = self._tuner.estimate(round(average * pairs), held_out, base_model)
        return replace(guess, basis=f"{guess.basis}; length from the first {len(lengths)} pairs")

    def train(
        self,
        template: Template,
        data: TrainingSet,
        base_model: str,
        work: tuple[str, str],
        known: Mapping[str, Any],
        keep: Callable[[dict[str, Any]], None],
        folder: Path,
        progress: Progress,
    ) -> Trained:
        """Fine-tune there, score here, and save the model's answers in `folder`. `work` is a key and the model's name.

        Raises PlatformError, InvalidTemplateError for a pair that cannot be rendered, StoreError.
        """
        key, name = work
        tuning = TuningSet(
            key,
            name,
            tuple(_conversations(template, data.train)),
            tuple(_conversations(template, data.held_out)),
            data.seed,
            str(data.params.get(SERVING, SERVINGS[0])),
        )
        tuned = self._tuner.fine_tune(tuning, base_model, known, keep, progress)
        progress.update(0, 0, "scoring the held-out answers")
        shape = AnswerShape(template.output_schema)
        answers = [shape.read(tuned.answers.get(one.ref, ""))[0] for one in data.held_out]
        unfit = sum(answer is None for answer in answers)
        evaluation = self._trainer.evaluate(_RecordedAnswers([answer or {} for answer in answers]), data)
        notes = (f"{unfit} of {len(answers)} held-out answers did not fit the schema and count as wrong.",)
        return Trained(
            base_model=tuned.base_model,
            engine=tuned.engine,
            params=tuned.params,
            features=data.features,
            evaluation=evaluation,
            sha256=_save_answers(folder, tuned.params, tuned.answers),
            seconds=tuned.seconds,
            warnings=(*tuned.notes, *(notes if unfit else ())),
        )


class _RecordedAnswers:
    """A model whose answers to the held-out rows, in their order, are known already."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = answers

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """The answers to all rows at once; no row is refused, so there is never a call for fewer."""
        assert len(rows) == len(self._answers)
        return [Prediction(answer, {}) for answer in self._answers]


def render_messages(model: ModelVersion, row: Row) -> Sequence[Message]:
    """The messages of a row by the model version's own template. Raises InvalidTemplateError."""
    return Prompt(Template.model_validate(model.template_snapshot)).messages(row)


def _conversations(template: Template, examples: Sequence[LabeledExample]) -> list[Conversation]:
    """The pairs as conversations. Columns that a pair from feedback lacks are empty."""
    prompt = Prompt(template)
    columns = dict.fromkeys(column for example in examples for column in example.fields)
    return [
        Conversation(example.ref, tuple(prompt.messages({**columns, **example.fields}, example.answer)))
        for example in examples
    ]


def _save_answers(folder: Path, params: Mapping[str, Any], answers: Mapping[str, str]) -> str:
    """Save the model's answers, and where the model is; returns the digest of the answers."""
    text = json.dumps(answers, indent=1, sort_keys=True).encode()
    try:
        write_bytes(folder / ANSWERS, text)
        write_text(folder / ELSEWHERE, json.dumps(dict(params), indent=1, sort_keys=True))
    except InvalidInputError as error:
        raise StoreError(error.what, "Free disk space, then resume the job: J.") from error
    return hashlib.sha256(text).hexdigest()
