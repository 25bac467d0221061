"""IMPROVE: feedback on predictions becomes training pairs, and those a better model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotReadyError, OntosError
from ontos_tui.domain.nouns import no_such
from ontos_tui.domain.records.improve import FeedbackFilter, FeedbackItem
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet
from ontos_tui.domain.records.serving import Endpoint, InferenceRecord
from ontos_tui.domain.records.training import Job, ModelVersion, Role
from ontos_tui.domain.rules.ratings import ALL_RATINGS, is_bad, is_good, is_rating
from ontos_tui.domain.rules.states import FeedbackStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.domain.text.storable import storable
from ontos_tui.services.improve.conversion import convert, move_feedback, pair_of
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import endpoints, models
from ontos_tui.store.queries.improve import feedback as queries
from ontos_tui.store.queries.models import LineageChanges

if TYPE_CHECKING:
    from ontos_tui.services.train.service import Readiness, TrainService

__all__ = [
    "BulkAction",
    "BulkReport",
    "Conversion",
    "FeedbackFilter",
    "FeedbackStats",
    "FeedbackTrace",
    "ImproveService",
]


@dataclass(frozen=True)
class FeedbackStats:
    """Feedback in numbers. Shares and means are None without feedback."""

    total: int
    good: int
    bad: int
    good_share: float | None
    mean_rating: float | None
    by_rating: dict[int, int]
    comments: int
    corrections: int
    waiting: int
    converted: int
    dismissed: int


@dataclass(frozen=True)
class Conversion:
    """The pair that a feedback became; `exists` when it had been one already."""

    status: Literal["created", "exists"]
    curation_item_id: str
    template_id: str
    training_sheet_id: str


class BulkAction(StrEnum):
    """Actions for many pieces of feedback at once."""

    CONVERT = "convert"
    DISMISS = "dismiss"
    FLAG = "flag"
    UNFLAG = "unflag"


@dataclass(frozen=True)
class BulkReport:
    """The result of a bulk action: the changed items, the number unchanged, and why others were refused (by id)."""

    action: BulkAction
    done: tuple[FeedbackItem, ...]
    unchanged: int
    refused: dict[str, str]
    conversions: tuple[Conversion, ...]


@dataclass(frozen=True)
class FeedbackTrace:
    """A feedback with its request, its pair, and the model versions trained or tested on that pair."""

    item: FeedbackItem
    request: InferenceRecord | None
    pair: QAPair | None
    versions: tuple[tuple[ModelVersion, Role], ...]


@dataclass(frozen=True)
class RetrainPreview:
    """What has changed since the endpoint's model was trained."""

    model: ModelVersion
    changes: LineageChanges
    readiness: Readiness


class ImproveService:
    """Records feedback, converts it to pairs, and starts a new training. Logged under `actor`."""

    def __init__(self, store: Store, train: TrainService, actor: str) -> None:
        self._store = store
        self._train = train
        self._actor = actor

    def add_feedback(
        self, request_id: str, rating: int, comment: str = "", correction: Answer | None = None
    ) -> FeedbackItem:
        """Record feedback on one prediction: a rating from 1 (bad) to 5 (good), and the correct answer if known.

        Raises NotFoundError for an unknown request, InvalidInputError for a rating outside 1 to 5 or a correction that
        does not fit the model's output schema.
        """
        if not is_rating(rating):
            raise InvalidInputError(f"{rating!r} is not a valid rating.", "Rate from 1 (bad) to 5 (good).")
        with self._store.write() as connection:
            request = rows.get(connection, InferenceRecord, request_id)
            model = rows.get(connection, ModelVersion, request.model_id)
            if correction is not None:
                reason = AnswerChecker(model.template_snapshot["output_schema"]).reason(correction)
                if reason:
                    raise InvalidInputError(
                        f"The correction does not fit the output schema: {reason}.", "Correct these fields."
                    )
            item = FeedbackItem(
                endpoint=request.endpoint,
                request_id=request.request_id,
                model_id=request.model_id,
                rating=rating,
                comment=storable(comment),
                correction=correction,
                input=request.input,
                output=request.output,
                created_by=self._actor,
                updated_by=self._actor,
            )
            rows.add(connection, item)
            rows.log(
                connection,
                item,
                "add",
                self._actor,
                after={"rating": rating, "comment": item.comment, "correction": correction},
                scope_id=request.endpoint,
            )
        return item

    def feedback(
        self,
        endpoint: str | None = None,
        status: FeedbackStatus | None = None,
        *,
        filter: FeedbackFilter | None = None,
        limit: int | None = None,
    ) -> list[FeedbackItem]:
        """The feedback of an endpoint and status, or all that match `filter`; the newest first."""
        with self._store.read() as connection:
            return queries.feedback(connection, filter or FeedbackFilter(endpoint, status), limit)

    def trace(self, feedback_ref: str) -> FeedbackTrace:
        """A feedback with its request, its pair, and the model versions that used that pair."""
        with self._store.read() as connection:
            item = rows.resolve(connection, FeedbackItem, feedback_ref)
            request = queries.request_of(connection, item)
            pair = pair_of(connection, item)
            learned = [] if pair is None else models.versions_with(connection, pair.id)
        return FeedbackTrace(item, request, pair, tuple(learned))

    def source_feedback(self, pair_id: str) -> FeedbackItem | None:
        """The feedback that a pair came from; None for any other pair. Raises NotFoundError for an unknown pair."""
        with self._store.read() as connection:
            pair = rows.resolve(connection, QAPair, pair_id)
            return None if pair.feedback_id is None else rows.get(connection, FeedbackItem, pair.feedback_id)

    def stats(self, endpoint: str | None = None) -> FeedbackStats:
        """Statistics of the feedback on an endpoint's predictions, or on all."""
        with self._store.read() as connection:
            counts = queries.feedback_counts(connection, endpoint)
        by_rating = {rating: sum(one.n for one in counts if one.rating == rating) for rating in ALL_RATINGS}
        by_status = {status: sum(one.n for one in counts if one.status is status) for status in FeedbackStatus}
        total = sum(by_rating.values())
        good = sum(n for rating, n in by_rating.items() if is_good(rating))
        return FeedbackStats(
            total=total,
            good=good,
            bad=sum(n for rating, n in by_rating.items() if is_bad(rating)),
            good_share=good / total if total else None,
            mean_rating=sum(rating * n for rating, n in by_rating.items()) / total if total else None,
            by_rating=by_rating,
            comments=sum(one.n for one in counts if one.commented),
            corrections=sum(one.n for one in counts if one.corrected),
            waiting=by_status[FeedbackStatus.NEW],
            converted=by_status[FeedbackStatus.CONVERTED],
            dismissed=by_status[FeedbackStatus.DISMISSED],
        )

    def dismiss(self, feedback_ref: str) -> FeedbackItem:
        """Dismiss a feedback: no pair is needed from it. Raises ConflictError when it has become a pair."""
        with self._store.write() as connection:
            return self._dismiss(connection, rows.resolve(connection, FeedbackItem, feedback_ref))

    def flag(self, feedback_ref: str, flagged: bool = True) -> FeedbackItem:
        """Mark a feedback as worth a second look, or take the mark away."""
        with self._store.write() as connection:
            return self._flag(connection, rows.resolve(connection, FeedbackItem, feedback_ref), flagged)

    def bulk(self, action: BulkAction, ids: Sequence[str]) -> BulkReport:
        """Do the same to many pieces of feedback, the oldest first, in one transaction.

        An item that fails (a correction that no longer fits) is reported with its reason; the others are done. Raises
        NotFoundError for an unknown id; nothing is done then.
        """
        with self._store.write() as connection:
            items = [rows.resolve(connection, FeedbackItem, one) for one in dict.fromkeys(ids)]
            items.sort(key=lambda item: item.created_at)
            done: list[FeedbackItem] = []
            conversions: list[Conversion] = []
            unchanged = 0
            refused: dict[str, str] = {}
            for item in items:
                try:
                    with connection.savepoint():
                        after = self._act(connection, action, item, conversions)
                except OntosError as error:
                    refused[item.id] = error.what
                    continue
                unchanged += after is None
                done += [] if after is None else [after]
        return BulkReport(action, tuple(done), unchanged, refused, tuple(conversions))

    def convert(self, feedback_id: str, template_ref: str | None = None) -> Conversion:
        """Convert a feedback to one unlabeled pair, in the training sheet of the template (the model's own by default).

        It is pre-filled with the correction, else with the model's answer if that was rated as good, else with
        nothing. Converting again, or from two processes at once, gives the same pair. Raises InvalidInputError when the
        correction does not fit another template that was named.
        """
        with self._store.write() as connection:
            item = rows.resolve(connection, FeedbackItem, feedback_id)
            return self._convert(connection, item, template_ref)

    def retrain_preview(self, endpoint: str) -> RetrainPreview:
        """What is new and corrected since the endpoint's model was trained, and whether that is enough."""
        model = self._model(endpoint)
        return RetrainPreview(model, self._train.changes_since(model), self._train.readiness(model.training_sheet_id))

    def retrain(self, endpoint: str) -> Job:
        """Train the endpoint's model again, configured like its newest version, on the current pairs.

        Raises NotReadyError when nothing has changed since that version, or too few pairs are left, and ConflictError
        while such a training runs.
        """
        served = self._model(endpoint)
        # Pairs that a newer version has learned already, deployed or not, are not new.
        same = [one for one in self._train.models(served.name) if one.training_sheet_id == served.training_sheet_id]
        model = max(same, key=lambda one: one.version)
        if (job := self._train.running(model.training_sheet_id, model.name)) is not None:
            raise ConflictError(
                f"{model.name} is being trained already.", f"Wait for it, or end it: ontos jobs cancel {job.id[:8]}"
            )
        changes = self._train.changes_since(model)
        if not (changes.new or changes.corrected or changes.removed):
            raise NotReadyError(
                f"No pairs have changed since {model.label()}; a new training would give the same model.",
                "Label or correct some pairs first, or convert feedback.",
            )
        return self._train.submit(
            model.training_sheet_id,
            name=model.name,
            seed=int(model.params.get("seed", 0)),
            **self._train.configuration(model),
        )

    def _model(self, endpoint: str) -> ModelVersion:
        with self._store.read() as connection:
            record = endpoints.endpoint(connection, endpoint)
            if record is None:
                raise no_such(Endpoint, endpoint)
            return rows.get(connection, ModelVersion, record.model_id)

    def _act(
        self, connection: Connection, action: BulkAction, item: FeedbackItem, conversions: list[Conversion]
    ) -> FeedbackItem | None:
        """One step of a bulk action; None when there was nothing to do."""
        if action is BulkAction.CONVERT:
            if item.status is FeedbackStatus.CONVERTED:
                return None
            conversions.append(self._convert(connection, item, None))
            return rows.get(connection, FeedbackItem, item.id)
        if action is BulkAction.DISMISS:
            return None if item.status is FeedbackStatus.DISMISSED else self._dismiss(connection, item)
        flagged = action is BulkAction.FLAG
        return None if item.flagged is flagged else self._flag(connection, item, flagged)

    def _dismiss(self, connection: Connection, item: FeedbackItem) -> FeedbackItem:
        if item.status is FeedbackStatus.CONVERTED:
            raise ConflictError("This feedback has become a training pair.", "Reject the pair instead.")
        return move_feedback(connection, item, FeedbackStatus.DISMISSED, self._actor)

    def _flag(self, connection: Connection, item: FeedbackItem, flagged: bool) -> FeedbackItem:
        before, after = {"flagged": item.flagged}, {"flagged": flagged}
        action = "flag" if flagged else "unflag"
        rows.log(connection, item, action, self._actor, before=before, after=after, scope_id=item.endpoint)
        return rows.change(connection, item, flagged=flagged, updated_by=self._actor)

    def _convert(self, connection: Connection, item: FeedbackItem, template_ref: str | None) -> Conversion:
        template = None
        if template_ref is not None:
            from ontos_tui.services.templates.service import TemplateService

            template = TemplateService(self._store, self._actor).get(template_ref)
        pair, is_new = convert(connection, item, template, self._actor)
        sheet = rows.get(connection, TrainingSheet, pair.training_sheet_id)
        return Conversion("created" if is_new else "exists", pair.id, sheet.template_id, sheet.id)
