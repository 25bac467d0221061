"""What passes between services and engines: examples, proposals, training sets, trained models, predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ontos_tui.domain.intervals import Interval as Interval  # noqa: PLC0414  # part of a prediction
from ontos_tui.domain.intervals import Outside as Outside  # noqa: PLC0414
from ontos_tui.domain.records.template import Message
from ontos_tui.domain.records.training import CandidateScore, Evaluation
from ontos_tui.domain.schema import Answer, AnswerField

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ontos_tui.domain.records.data import Row
    from ontos_tui.domain.records.serving import Origin

ELSEWHERE = "elsewhere.json"
"""The file that stands in a model's folder for files that are not on this machine."""


class Progress(Protocol):
    """How long work reports its progress. `update` raises JobCancelledError when the user has cancelled it."""

    def update(self, done: int, total: int, message: str = "") -> None:
        """`done` of `total` units are finished; `message` says in plain words what happens now."""
        ...


class NoProgress:
    """Progress that is not shown."""

    def update(self, done: int, total: int, message: str = "") -> None:
        """Do nothing."""


@dataclass(frozen=True)
class LabeledExample:
    """A row whose answer is known."""

    ref: str
    fields: Row
    answer: Answer
    group: str | None = None
    """Rows of one group (a unit, a run, identical rows) are never split between training and test."""


@dataclass(frozen=True)
class Question:
    """The question to a chat model about one item: its fields, and the prompt that was rendered from them.

    `images` names the fields that hold paths of pictures, with the folder that they are relative to.
    """

    ref: str
    fields: Row
    messages: tuple[Message, ...]
    images: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """An answer that was proposed for one item, or why there is none.

    `certainty` stands for the confidence where that is not calibrated: "4 of 5 agree", "likely" or "unsure". The
    confidence then only orders the proposals and is never shown.
    """

    ref: str
    answer: Answer | None
    _: KW_ONLY
    confidence: float | None = None
    certainty: str = ""
    explanation: str = ""
    error: str = ""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a base model: its default, one line of meaning, and what it may be."""

    name: str
    default: int | float | str | bool | None
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class BaseModel:
    """Something that can be trained: its key, one sentence an expert understands, and why it is recommended, if so."""

    key: str
    title: str
    description: str
    why: str = ""
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True)
class Estimate:
    """What a training will take. Always an estimate: `basis` says from what and when it was made."""

    seconds: float
    cost: float | None
    currency: str
    basis: str


@dataclass(frozen=True)
class TrainingSet:
    """What a model learns from and is tested on."""

    fields: tuple[AnswerField, ...]
    features: tuple[str, ...]
    train: Sequence[LabeledExample]
    held_out: Sequence[LabeledExample]
    held_out_from: str
    seed: int = 0
    images: Mapping[str, Path] = field(default_factory=dict)
    """Features that hold paths of images, with the folder that they are relative to."""
    group_name: str = ""
    """What the groups of the examples are called, such as `unit`; empty where rows are independent."""
    in_order: bool = False
    """Whether the held-out examples are later than all others: train on the past, test on the future."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the base model that replace their defaults."""
    present: Mapping[str, CandidateScore] = field(default_factory=dict)
    """For each field, how the present model learns it: the one to beat where several ways are compared."""
    present_model: str = ""
    """What this model is called, such as `failures v3`."""


@dataclass(frozen=True)
class Trained:
    """What came out of a training. `sha256` is of the file that `Trainer.load` reads."""

    base_model: str
    engine: str
    params: dict[str, Any]
    features: tuple[str, ...]
    evaluation: Evaluation
    sha256: str
    seconds: float
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Prediction:
    """A model's answer for one row, and what is known about each field of it.

    `confidence` is 0..1 and calibrated: it may be shown as a percentage. Where the model may not state one (few labels,
    or not better than its baseline), `certainty` says "likely" or "unsure" instead. `intervals` are for numbers.
    """

    answer: Answer
    confidence: dict[str, float]
    certainty: dict[str, str] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    outside: tuple[Outside, ...] = ()


class Predictor(Protocol):
    """A loaded model. Safe to use from several threads."""

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One prediction a row. Raises InvalidInputError naming the field when a row does not fit the model."""
        ...


@dataclass(frozen=True)
class ClassProbabilities:
    """How probable each class of one field is for some rows: a line for each row, which adds up to 1.

    `classes` are values of the field, None where it is left out. A line of NaN stands for a row without a say.
    """

    classes: tuple[Any, ...]
    lines: NDArray[np.float64]


@dataclass(frozen=True)
class OutOfFoldPredictions:
    """What models say of labeled rows that they were not shown, and of other rows.

    `own` is the place in `shares.classes` of the class that each labeled row has; -1 where the row was left out.
    """

    shares: ClassProbabilities
    own: NDArray[np.intp]
    others: ClassProbabilities
    engine: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class EndpointAnswer:
    """What an endpoint answered to one row."""

    prediction: Prediction | None
    status_code: int
    latency_ms: float
    error: str = ""


@dataclass(frozen=True)
class EndpointRequest:
    """Rows that are sent to an endpoint in one request."""

    endpoint: str
    rows: Sequence[Row]
    origin: Origin
    client_request_id: str = ""


@dataclass(frozen=True)
class Conversation:
    """What a chat model learns from or is tested on: messages, of which the last is the right answer."""

    ref: str
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class TuningSet:
    """What a chat model is fine-tuned with. `key` names this piece of work: the same key never starts it twice.

    `serving` is how it will be served: `transformers`, or `vllm`, for which it is registered with its own server.
    """

    key: str
    name: str
    train: tuple[Conversation, ...]
    held_out: tuple[Conversation, ...]
    seed: int = 0
    serving: str = "transformers"


@dataclass(frozen=True)
class Tuned:
    """What came out of a fine-tuning. `answers` are what the model said to the held-out conversations, by their ref."""

    base_model: str
    engine: str
    params: dict[str, Any]
    answers: dict[str, str]
    seconds: float
    notes: tuple[str, ...] = ()
