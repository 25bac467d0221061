"""IMPROVE: what people say about predictions becomes training pairs, and those a better model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, func, select

from ontos_tui.domain.data import Row, Sheet
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError, NotReadyError
from ontos_tui.domain.governance import Constraints, Use, inherited
from ontos_tui.domain.improve import FeedbackItem
from ontos_tui.domain.pairs import GenerationMode, LabelingMode, QAPair, TrainingSheet
from ontos_tui.domain.schema import Answer
from ontos_tui.domain.serving import Endpoint, InferenceRecord
from ontos_tui.domain.states import FeedbackStatus, TrainingSheetStatus
from ontos_tui.domain.template import Template
from ontos_tui.domain.training import Job, ModelPair, ModelVersion, Role
from ontos_tui.services.answers import AnswerChecker
from ontos_tui.services.constraints import tags_of
from ontos_tui.services.decisions import storable
from ontos_tui.services.training_sheets import find_training_sheet, last_sequence_number, make_training_sheet
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

if TYPE_CHECKING:
    from ontos_tui.services.models import Changes
    from ontos_tui.services.train import Readiness, TrainService

GOOD = 4
"""Ratings from here on say that the prediction was right."""
BAD = 2
"""Ratings up to here say that it was wrong."""

NOT_FOR_A_TWIN = (Use.TRAINING, Use.FEW_SHOT, Use.EVALUATION)
"""What a pair must not be used for when its row is among those that models are tested on."""

_FEEDBACK = table(FeedbackItem).c


@dataclass(frozen=True)
class FeedbackStats:
    """What was said, in numbers. Shares and means are None while nothing was said."""

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


@dataclass(frozen=True)
class RetrainPreview:
    """What a new training would know that the endpoint's model does not."""

    model: ModelVersion
    changes: Changes
    readiness: Readiness


class ImproveService:
    """Takes feedback, makes pairs of it, and starts training again. Logged under `actor`."""

    def __init__(self, store: Store, train: TrainService, actor: str) -> None:
        self._store = store
        self._train = train
        self._actor = actor

    def add_feedback(
        self, request_id: str, rating: int, comment: str = "", correction: Answer | None = None
    ) -> FeedbackItem:
        """Keep what somebody says about one prediction: 5 is good, 1 is bad, and the right answer if they know it.

        Raises NotFoundError for an unknown request, InvalidInputError for a rating outside 1 to 5 or a correction that
        does not fit the model's output schema.
        """
        if isinstance(rating, bool) or not isinstance(rating, int) or not 1 <= rating <= 5:
            raise InvalidInputError(f"{rating!r} is no rating.", "Rate from 1 (bad) to 5 (good).")
        with self._store.write() as connection:
            request = rows.get(connection, InferenceRecord, request_id)
            model = rows.get(connection, ModelVersion, request.model_id)
            if correction is not None:
                reason = AnswerChecker(model.template_snapshot["output_schema"]).reason(correction)
                if reason:
                    raise InvalidInputError(f"The correction does not fit: {reason}.", "Correct these fields.")
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

    def feedback(self, endpoint: str | None = None, status: FeedbackStatus | None = None) -> list[FeedbackItem]:
        """The feedback, the newest first."""
        where = [_FEEDBACK.endpoint == endpoint] if endpoint is not None else []
        if status is not None:
            where.append(_FEEDBACK.status == status)
        with self._store.read() as connection:
            return rows.find(connection, FeedbackItem, *where, order_by=(_FEEDBACK.created_at.desc(), _FEEDBACK.id))

    def stats(self, endpoint: str | None = None) -> FeedbackStats:
        """What was said about an endpoint's predictions, or about all."""
        where = () if endpoint is None else (_FEEDBACK.endpoint == endpoint,)
        kinds = (_FEEDBACK.rating, _FEEDBACK.status, _FEEDBACK.comment != "", _FEEDBACK.correction.is_not(None))
        with self._store.read() as connection:
            found = connection.execute(select(*kinds, func.count()).where(*where).group_by(*kinds)).all()
        by_rating = {rating: sum(row[4] for row in found if row[0] == rating) for rating in range(1, 6)}
        by_status = {status: sum(row[4] for row in found if row[1] == status) for status in FeedbackStatus}
        total = sum(by_rating.values())
        good = sum(n for rating, n in by_rating.items() if rating >= GOOD)
        return FeedbackStats(
            total=total,
            good=good,
            bad=sum(n for rating, n in by_rating.items() if rating <= BAD),
            good_share=good / total if total else None,
            mean_rating=sum(rating * n for rating, n in by_rating.items()) / total if total else None,
            by_rating=by_rating,
            comments=sum(row[4] for row in found if row[2]),
            corrections=sum(row[4] for row in found if row[3]),
            waiting=by_status[FeedbackStatus.NEW],
            converted=by_status[FeedbackStatus.CONVERTED],
            dismissed=by_status[FeedbackStatus.DISMISSED],
        )

    def dismiss(self, feedback_ref: str) -> FeedbackItem:
        """Say that nothing is to be learnt from a feedback. Raises ConflictError when it has become a pair."""
        with self._store.write() as connection:
            item = rows.resolve(connection, FeedbackItem, feedback_ref)
            if item.status is FeedbackStatus.CONVERTED:
                raise ConflictError("This feedback has become a training pair.", "Reject that pair instead.")
            return self._move(connection, item, FeedbackStatus.DISMISSED)

    def convert(self, feedback_id: str, template_ref: str | None = None) -> Conversion:
        """Make one unlabeled pair of a feedback, in the training sheet of the template (the model's own by default).

        It is pre-filled with the correction, else with what the model said if that was rated as right, else with
        nothing. Again, and from two processes at once, it is the same pair. Raises InvalidInputError when the
        correction does not fit another template that was named.
        """
        with self._store.write() as connection:
            item = rows.resolve(connection, FeedbackItem, feedback_id)
            pair = self._pair_of(connection, item)
            if pair is not None:
                sheet = rows.get(connection, TrainingSheet, pair.training_sheet_id)
                if item.status is not FeedbackStatus.CONVERTED:
                    self._move(connection, item, FeedbackStatus.CONVERTED, qa_pair_id=pair.id)
                return Conversion("exists", pair.id, sheet.template_id, sheet.id)
            model = rows.get(connection, ModelVersion, item.model_id)
            template = self._template(connection, model, template_ref)
            sheet = self._training_sheet(connection, model, template)
            pair = self._new_pair(connection, item, sheet, template)
            rows.add(connection, pair)
            told = {"item_ref": pair.item_ref, "proposal": pair.proposal, "feedback_id": item.id, "version": 1}
            rows.log(connection, pair, "from_feedback", self._actor, after=told, scope_id=sheet.id)
            self._move(connection, item, FeedbackStatus.CONVERTED, qa_pair_id=pair.id)
            return Conversion("created", pair.id, sheet.template_id, sheet.id)

    def retrain_preview(self, endpoint: str) -> RetrainPreview:
        """What is new and corrected since the endpoint's model was trained, and whether that is enough."""
        model = self._model(endpoint)
        return RetrainPreview(model, self._train.changes_since(model), self._train.readiness(model.training_sheet_id))

    def retrain(self, endpoint: str) -> Job:
        """Train the endpoint's model again, configured as it is, on the pairs of today.

        Raises NotReadyError when nothing has changed since, or too few pairs are left.
        """
        preview = self.retrain_preview(endpoint)
        model, changes = preview.model, preview.changes
        if not (changes.new or changes.corrected or changes.removed):
            raise NotReadyError(
                f"Nothing has changed since {model.label()}, so a training would make the same model again.",
                "Label or correct some pairs first, or convert feedback.",
            )
        return self._train.submit(
            model.training_sheet_id,
            base_model=model.base_model,
            name=model.name,
            seed=int(model.params.get("seed", 0)),
        )

    def _model(self, endpoint: str) -> ModelVersion:
        with self._store.read() as connection:
            found = rows.find_one(connection, Endpoint, table(Endpoint).c.name == endpoint)
            if found is None:
                raise NotFoundError(f"There is no endpoint {endpoint!r}.", "List the endpoints to see what there is.")
            return rows.get(connection, ModelVersion, found.model_id)

    def _move(
        self, connection: Connection, item: FeedbackItem, status: FeedbackStatus, qa_pair_id: str | None = None
    ) -> FeedbackItem:
        changes = {"status": status, "qa_pair_id": qa_pair_id}
        rows.log(
            connection,
            item,
            status.value,
            self._actor,
            before={"status": item.status.value, "qa_pair_id": item.qa_pair_id},
            after={"status": status.value, "qa_pair_id": qa_pair_id},
            scope_id=item.endpoint,
        )
        return rows.change(connection, item, **changes, updated_by=self._actor)

    def _pair_of(self, connection: Connection, item: FeedbackItem) -> QAPair | None:
        """The pair that the feedback became, whichever training sheet it is in."""
        columns = table(QAPair).c
        if item.qa_pair_id is not None:
            return rows.get(connection, QAPair, item.qa_pair_id)
        model = rows.get(connection, ModelVersion, item.model_id)
        return rows.find_one(connection, QAPair, columns.sheet_id == model.sheet_id, columns.item_ref == item_ref(item))

    def _template(self, connection: Connection, model: ModelVersion, template_ref: str | None) -> Template:
        if template_ref is not None:
            from ontos_tui.services.templates import TemplateService

            return TemplateService(self._store, self._actor).get(template_ref)
        found = rows.find_one(connection, Template, table(Template).c.id == model.template_id)
        return found or Template.model_validate(model.template_snapshot)

    def _training_sheet(self, connection: Connection, model: ModelVersion, template: Template) -> TrainingSheet:
        sheet = find_training_sheet(connection, model.sheet_id, template.id)
        if sheet is not None:
            return sheet
        source = rows.get(connection, Sheet, model.sheet_id)
        return make_training_sheet(
            connection, source, template, GenerationMode.MANUAL, self._actor, status=TrainingSheetStatus.REVIEW
        )

    def _held_out_twin(self, connection: Connection, item: FeedbackItem) -> str | None:
        """The item of a held-out pair that has just the row that was asked about: learning it would be cheating."""
        pairs, lineage = table(QAPair).c, table(ModelPair).c
        held_out = connection.execute(
            select(pairs.item_ref, pairs.source_data)
            .join(table(ModelPair), lineage.pair_id == pairs.id)
            .where(lineage.model_id == item.model_id, lineage.role == Role.HELD_OUT)
        )
        return next((ref for ref, row in held_out if _same_row(item.input, row)), None)

    def _new_pair(self, connection: Connection, item: FeedbackItem, sheet: TrainingSheet, template: Template) -> QAPair:
        checker = AnswerChecker(sheet.template_snapshot["output_schema"])
        proposal, told = item.correction, f"correction by {item.created_by}"
        if proposal is not None and (reason := checker.reason(proposal)):
            raise InvalidInputError(
                f"The correction does not fit the template {template.name!r}: {reason}.",
                "Choose a template that asks the same, or correct the answer while labeling.",
            )
        if proposal is None:
            right = item.rating >= GOOD and item.output is not None and checker.fits(item.output)
            proposal, told = (
                (item.output, f"the model's answer, rated {item.rating} of 5 by {item.created_by}")
                if right
                else (None, "")
            )
        twin = self._held_out_twin(connection, item)
        own = Constraints(
            prohibited_uses=() if twin is None else tuple(NOT_FOR_A_TWIN),
            usage_reason="" if twin is None else f"the same row as {twin}, which models are tested on",
        )
        return QAPair(
            training_sheet_id=sheet.id,
            sheet_id=sheet.sheet_id,
            item_ref=item_ref(item),
            sequence_number=last_sequence_number(connection, sheet.id) + 1,
            source_data=item.input,
            proposal=proposal,
            proposed_by=told,
            labeling_mode=LabelingMode.FEEDBACK,
            notes=item.comment,
            **inherited(tags_of(connection, sheet.sheet_id), own).columns(),
            feedback_id=item.id,
            created_by=self._actor,
            updated_by=self._actor,
        )


def _same_row(asked: Row, row: Row) -> bool:
    return bool(asked) and all(name in row and row[name] == value for name, value in asked.items())


def item_ref(item: FeedbackItem) -> str:
    """What the item of a feedback is called among the items of its sheet."""
    return f"feedback:{item.id}"
