"""The four ports, and the fifth of those who fine-tune. A platform is whatever implements them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ontos_tui.domain.data import Column, Item, Page, Row, RowQuery, TableAddress
from ontos_tui.domain.schema import Answer, AnswerField
from ontos_tui.domain.template import Message
from ontos_tui.domain.training import Evaluation, ModelVersion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Progress(Protocol):
    """How long work tells where it is. `update` raises JobCancelledError when the user asked to stop."""

    def update(self, done: int, total: int, message: str = "") -> None:
        """`done` of `total` units are finished; `message` says in plain words what happens now."""
        ...


class Silent:
    """Progress that nobody watches."""

    def update(self, done: int, total: int, message: str = "") -> None:
        """Do nothing."""


class Catalog(Protocol):
    """DATA: tables by address, and their rows. Filters are checked predicates, never pasted SQL."""

    def tables(self) -> list[TableAddress]:
        """Every table on offer, by name."""
        ...

    def columns(self, address: TableAddress) -> tuple[Column, ...]:
        """The table's columns. Raises NotFoundError, or PlatformError with what is wrong with the source."""
        ...

    def page(self, address: TableAddress, query: RowQuery) -> Page:
        """Some items and how many the query reaches in all. Raises InvalidInputError for a filter that is none."""
        ...

    def items(self, address: TableAddress, query: RowQuery) -> Iterator[Item]:
        """Every item that the query reaches, in a stable order, streamed."""
        ...

    def fingerprint(self, address: TableAddress) -> str:
        """Something that changes when the source does."""
        ...


@dataclass(frozen=True)
class Node:
    """One thing of a catalog that is browsed: `catalog`, `schema`, `table`, `view` or `volume`.

    `address` is what lists its children, or reads it; `problem` says why it cannot be used here.
    """

    address: str
    name: str
    kind: str
    remark: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Look:
    """A table's columns and the first rows that came, uncounted and in no order."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Identities:
    """How many items a query reaches, how many of them have a name, and how many names there are."""

    items: int
    named: int
    distinct: int


@runtime_checkable
class TeamCatalog(Catalog, Protocol):
    """A catalog that is shared by a team, and too large to be listed at once."""

    def children(self, prefix: str = "") -> Iterator[Node]:
        """What is below: catalogs, a catalog's schemas, or a schema's tables and volumes, as they come."""
        ...

    def look(self, address: TableAddress, limit: int) -> Look:
        """Some rows, quickly: nothing is counted or ordered."""
        ...

    def identities(self, address: TableAddress, query: RowQuery) -> Identities | None:
        """How many items have a name of their own, counted where the rows are; None where that is not possible."""
        ...

    def tags(self, address: TableAddress) -> tuple[str, ...]:
        """What the team says that the table holds, in the words of a sheet's tags."""
        ...

    def fetch(self, path: str, folder: Path) -> Path:
        """Copy a file of a volume, /Volumes/catalog/schema/volume/…, below `folder`; returns where it is now."""
        ...


@dataclass(frozen=True)
class LabelledExample:
    """A row whose answer is known."""

    ref: str
    fields: Row
    answer: Answer


@dataclass(frozen=True)
class Question:
    """What a chat model is asked about one item: its fields, and the prompt that was rendered from them.

    `images` names the fields that hold paths of pictures, with the folder that they are relative to.
    """

    ref: str
    fields: Row
    messages: tuple[Message, ...]
    images: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """An answer that was proposed for one item, or why there is none."""

    ref: str
    answer: Answer | None
    confidence: float | None = None
    explanation: str = ""
    error: str = ""


class ChatModel(Protocol):
    """GENERATE: what proposes answers."""

    @property
    def name(self) -> str:
        """What it is, in honest words, such as `nearest labelled examples`."""
        ...

    def propose(
        self,
        questions: Iterable[Question],
        schema: dict[str, Any],
        examples: Sequence[LabelledExample],
        features: Sequence[str],
    ) -> Iterator[Proposal]:
        """One proposal for every question, in any order; a failure of one item is its own proposal's `error`.

        `features` names the columns that may be looked at; empty means all.
        Raises PlatformError when nothing can be proposed at all.
        """
        ...


@dataclass(frozen=True)
class BaseModel:
    """Something that can be trained: its key, one sentence an expert understands, and why it is recommended, if so."""

    key: str
    title: str
    description: str
    why: str = ""


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
    train: tuple[LabelledExample, ...]
    held_out: tuple[LabelledExample, ...]
    held_out_from: str
    seed: int = 0
    images: Mapping[str, Path] = field(default_factory=dict)
    """Features that hold paths of images, with the folder that they are relative to."""


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
    """A model's answer for one row, with 0..1 for each field that the model can be more or less sure of."""

    answer: Answer
    confidence: dict[str, float]


class Predictor(Protocol):
    """A loaded model. Safe to use from several threads."""

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One prediction a row. Raises InvalidInputError naming the field when a row does not fit the model."""
        ...


@dataclass(frozen=True)
class Shares:
    """How probable each class of one field is for some rows: a line for each row, which adds up to 1.

    `classes` are values of the field, None where it is left out. A line of NaN stands for a row without a say.
    """

    classes: tuple[Any, ...]
    lines: NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """What models say of labelled rows that they were not shown, and of other rows.

    `own` is the place in `shares.classes` of the class that each labelled row has; -1 where the row was left out.
    """

    shares: Shares
    own: NDArray[np.intp]
    others: Shares
    engine: str
    notes: tuple[str, ...] = ()


class Trainer(Protocol):
    """TRAIN: turns labelled rows into a model's files, and those into a predictor."""

    def base_models(self) -> tuple[BaseModel, ...]:
        """What can be trained, the recommended one first."""
        ...

    def estimate(self, pairs: int, features: int, base_model: str) -> Estimate:
        """What a training of this size will take."""
        ...

    def train(self, data: TrainingSet, base_model: str, folder: Path, progress: Progress) -> Trained:
        """Train, test on the held-out rows beside a baseline, and write the model into `folder` (made if missing).

        Raises InvalidInputError for an unknown base model, NotReadyError when the rows cannot teach anything.
        """
        ...

    def evaluate(self, predictor: Predictor, data: TrainingSet) -> Evaluation:
        """How well a loaded model does on `data.held_out`, with the baseline of `data.train`."""
        ...

    def load(self, folder: Path, sha256: str) -> Predictor:
        """The model in `folder`, without running code from it. Raises PlatformError when the file was altered."""
        ...

    def shares(self, predictor: Predictor, field: AnswerField, rows: Sequence[Row]) -> Shares:
        """How a loaded model spreads each row over the classes of a field. What does not fit counts as missing.

        Raises NotReadyError when the model has no classes for this field.
        """
        ...

    def judge(
        self,
        field: AnswerField,
        features: Sequence[str],
        labelled: Sequence[LabelledExample],
        groups: Sequence[str] | None,
        others: Sequence[Row],
        progress: Progress,
    ) -> Judged:
        """Judge each labelled row by models that learned without it (and its group), and `others` by all of them.

        Raises NotReadyError, with what is missing, when the labels are too few or belong together.
        """
        ...

    def clusters(self, rows: Sequence[Row], features: Sequence[str], count: int) -> list[int]:
        """The number of the cluster of each row; rows of one cluster have similar fields."""
        ...


@dataclass(frozen=True)
class Served:
    """What an endpoint answered to one row."""

    prediction: Prediction | None
    status_code: int
    latency_ms: float
    error: str = ""


class Serving(Protocol):
    """DEPLOY: makes a model answer under a name."""

    def takes_long(self, model: ModelVersion) -> bool:
        """Whether deploying this version takes minutes, so that it should be a job."""
        ...

    def deploy(self, endpoint: str, model: ModelVersion, progress: Progress | None = None) -> None:
        """Let the endpoint answer with this version; it does when this returns."""
        ...

    def invoke(self, endpoint: str, model: ModelVersion, rows: Sequence[Row], ids: Sequence[str] = ()) -> list[Served]:
        """Ask the endpoint; a row that does not fit is answered with its error, not raised.

        `ids`, one a row, go with the requests where somebody else keeps a log of them.
        """
        ...


ELSEWHERE = "elsewhere.json"
"""The file that stands in a model's folder for files that are not on this machine."""


@dataclass(frozen=True)
class Conversation:
    """What a chat model learns from or is tested on: messages, of which the last is the right answer."""

    ref: str
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class TuningSet:
    """What a chat model is fine-tuned with. `key` names this piece of work: the same key never starts it twice."""

    key: str
    name: str
    train: tuple[Conversation, ...]
    held_out: tuple[Conversation, ...]
    seed: int = 0


@dataclass(frozen=True)
class Tuned:
    """What came out of a fine-tuning. `answers` are what the model said to the held-out conversations, by their ref."""

    base_model: str
    engine: str
    params: dict[str, Any]
    answers: dict[str, str]
    seconds: float
    notes: tuple[str, ...] = ()


class FineTuner(Protocol):
    """TRAIN, elsewhere: turns labelled conversations into a chat model that is registered where it was made."""

    def base_models(self) -> tuple[BaseModel, ...]:
        """What can be fine-tuned, the recommended one first."""
        ...

    def estimate(self, characters: int, held_out: int, base_model: str) -> Estimate:
        """What fine-tuning on so many characters, and answering so many held-out conversations, will take and cost."""
        ...

    def fine_tune(
        self,
        data: TuningSet,
        base_model: str,
        known: Mapping[str, Any],
        keep: Callable[[dict[str, Any]], None],
        progress: Progress,
    ) -> Tuned:
        """Fine-tune and register. `keep` is given what has to be known to go on with it; `known` is what it last was.

        A stop through `progress` stops the work there too. Raises PlatformError with why it failed there.
        """
        ...
