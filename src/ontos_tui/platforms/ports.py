"""The ports: what services may ask of an engine. A platform is whatever implements them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ontos_tui.domain.answer_columns import AnswerColumns
from ontos_tui.domain.catalog import CatalogNode, Identities, StreamSteps, TablePreview
from ontos_tui.domain.learning import (
    BaseModel,
    ClassProbabilities,
    EndpointAnswer,
    Estimate,
    LabeledExample,
    OutOfFoldPredictions,
    Predictor,
    Progress,
    Proposal,
    Question,
    Trained,
    TrainingSet,
    Tuned,
    TuningSet,
)
from ontos_tui.domain.records.data import Block, Column, DataTable, Item, Page, Row, RowQuery, TableAddress
from ontos_tui.domain.records.derived import ComputedCounts, Join, JoinSuggestion, MatchCounts
from ontos_tui.domain.records.reading import Reading
from ontos_tui.domain.records.training import Evaluation, ModelVersion
from ontos_tui.domain.schema import AnswerField

if TYPE_CHECKING:
    from ontos_tui.tabular.source import Source


class Catalog(Protocol):
    """DATA: tables by address, and their rows. Filters are checked predicates, never pasted SQL."""

    def tables(self) -> list[TableAddress]:
        """Every table on offer, by name."""
        ...

    def columns(self, address: TableAddress) -> tuple[Column, ...]:
        """The table's columns. Raises NotFoundError, or PlatformError with what is wrong with the source."""
        ...

    def reading(self, address: TableAddress) -> Reading | None:
        """What was understood of the table's file; None for a table that is no file. Raises as `columns` does."""
        ...

    def source(self, address: TableAddress) -> Source | None:
        """The table's rows for SQL of our own; None where they are not on this machine. Raises as `columns` does."""
        ...

    def page(self, address: TableAddress, query: RowQuery) -> Page:
        """Some items and how many the query reaches in all. Raises InvalidInputError for a filter that is none."""
        ...

    def items(self, address: TableAddress, query: RowQuery) -> Iterator[Item]:
        """Every item that the query reaches, in a stable order, streamed."""
        ...

    def blocks(self, address: TableAddress, query: RowQuery, size: int) -> Iterator[Block]:
        """The same items by the column, `size` at a time."""
        ...

    def items_named(self, address: TableAddress, query: RowQuery, text: str, limit: int, *, exact: bool) -> list[Item]:
        """The first items whose reference is `text`; without `exact`, those that hold it in whatever case."""
        ...

    def fingerprint(self, address: TableAddress) -> str:
        """Something that changes when the source does."""
        ...

    def stream_steps(self, address: TableAddress, query: RowQuery) -> StreamSteps | None:
        """How far the rows of a stream lie apart in the order of its windows; None where no column orders them."""
        ...


@runtime_checkable
class TeamCatalog(Catalog, Protocol):
    """A catalog that is shared by a team, and too large to be listed at once."""

    def children(self, prefix: str = "") -> Iterator[CatalogNode]:
        """What is below: catalogs, a catalog's schemas, or a schema's tables and volumes, as they come."""
        ...

    def look(self, address: TableAddress, limit: int) -> TablePreview:
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


class Derivations(Protocol):
    """DATA: tables that come of others, before they are added. Raises InvalidInputError for what does not fit."""

    def matches(self, join: Join) -> MatchCounts:
        """How the rows of the two tables match."""
        ...

    def suggestions(self, join: Join) -> list[JoinSuggestion]:
        """By which columns they may be joined, the likeliest first."""
        ...

    def counts(self, table: DataTable) -> ComputedCounts:
        """What becomes of the last computed column of a table that may not be stored yet."""
        ...

    def preview(self, table: DataTable, limit: int) -> Page:
        """Its first rows."""
        ...


class ChatModel(Protocol):
    """GENERATE: what proposes answers."""

    @property
    def name(self) -> str:
        """What it is, in honest words, such as `nearest labeled examples`."""
        ...

    def propose(
        self,
        questions: Iterable[Question],
        schema: dict[str, Any],
        examples: Sequence[LabeledExample],
        features: Sequence[str],
    ) -> Iterator[Proposal]:
        """One proposal for every question, in any order; a failure of one item is its own proposal's `error`.

        `features` names the columns that may be looked at; empty means all.
        Raises PlatformError when nothing can be proposed at all.
        """
        ...


class Trainer(Protocol):
    """TRAIN: turns labeled rows into a model's files, and those into a predictor."""

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

    def class_probabilities(self, predictor: Predictor, field: AnswerField, rows: Sequence[Row]) -> ClassProbabilities:
        """The probability of each class of a field for each row, by a loaded model. Odd values count as missing.

        Raises NotReadyError when the model has no classes for this field.
        """
        ...

    def out_of_fold(
        self,
        field: AnswerField,
        features: Sequence[str],
        labeled: Sequence[LabeledExample],
        groups: Sequence[str] | None,
        others: Sequence[Row],
        progress: Progress,
    ) -> OutOfFoldPredictions:
        """Predict each labeled row by models that learned without it (and its group), and `others` by all of them.

        Raises NotReadyError, with what is missing, when the labels are too few or belong together.
        """
        ...

    def clusters(self, rows: Sequence[Row], features: Sequence[str], count: int) -> list[int]:
        """The number of the cluster of each row; rows of one cluster have similar fields."""
        ...


class Serving(Protocol):
    """DEPLOY: makes a model answer under a name."""

    def takes_long(self, model: ModelVersion) -> bool:
        """Whether deploying this version takes minutes, so that it should be a job."""
        ...

    def deploy(self, endpoint: str, model: ModelVersion, progress: Progress | None = None) -> None:
        """Let the endpoint answer with this version; it does when this returns."""
        ...

    def invoke(
        self, endpoint: str, model: ModelVersion, rows: Sequence[Row], ids: Sequence[str] = ()
    ) -> list[EndpointAnswer]:
        """Ask the endpoint; a row that does not fit is answered with its error, not raised.

        `ids`, one a row, go with the requests where somebody else keeps a log of them.
        """
        ...

    def score(
        self, endpoint: str, model: ModelVersion, columns: Mapping[str, Sequence[Any]], count: int
    ) -> AnswerColumns:
        """Ask the model about `count` rows that come by the column, as `invoke` does; for tables of any length."""
        ...


@runtime_checkable
class BatchServing(Protocol):
    """A Serving that answers several requests faster together than one after the other."""

    def invoke_many(
        self, endpoint: str, model: ModelVersion, groups: Sequence[Sequence[Row]]
    ) -> list[list[EndpointAnswer]]:
        """Ask about the rows of several requests; each has the answers that `invoke` gives."""
        ...


class FineTuner(Protocol):
    """TRAIN, elsewhere: turns labeled conversations into a chat model that is registered where it was trained."""

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
