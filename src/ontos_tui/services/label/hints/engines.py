"""Computing the hints of one training sheet: what is read for them, and by which method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ontos_tui.domain.errors import NotReadyError, PlatformError
from ontos_tui.domain.learning import ClassProbabilities, OutOfFoldPredictions, Progress
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.labeling import HintKind
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.governance import Gate
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.platforms.ports import Trainer
from ontos_tui.services.label.hints.active_learning import (
    KINDS,
    OpenPair,
    describe_confidence,
    describe_probabilities,
    margins,
    rank_pairs,
)
from ontos_tui.services.label.hints.duplicates import find_duplicates
from ontos_tui.services.label.hints.label_errors import (
    Member,
    Suspicion,
    find_conflicts,
    find_label_errors,
    label_of,
    merge_suspicions,
)
from ontos_tui.services.records.splits import Splits
from ontos_tui.services.train.splitting import Splitting
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.label import hint_inputs, hints
from ontos_tui.store.queries.training.pairs import TrainingPair, first_row, usable_pairs

CLASSED = (FieldKind.ENUM, FieldKind.BOOLEAN)


@dataclass(frozen=True)
class HintDraft:
    """A hint that is to be written about a pair."""

    pair_id: str
    score: float
    reason: str
    group_key: str = ""


@dataclass(frozen=True)
class HintBatch:
    """The hints of one kind, what made them, and what people should know about that."""

    hints: list[HintDraft]
    engine: str
    notes: tuple[str, ...] = ()


def class_field(template: Template) -> AnswerField | None:
    """The field of the answer that hints are about: the first with classes."""
    return next((field for field in template.fields() if field.kind in CLASSED), None)


class HintEngine:
    """Makes hints of a training sheet as its pairs are now."""

    def __init__(
        self, store: Store, trainer: Trainer, home: Path, sheet: TrainingSheet, kinds: Sequence[HintKind]
    ) -> None:
        self._store = store
        self._trainer = trainer
        self._home = home
        self._sheet = sheet
        self._kinds = kinds
        self._template = Template.model_validate(sheet.template_snapshot)
        self._field = class_field(self._template)
        self._judgment: OutOfFoldPredictions | None = None
        self._judged_open = False
        with store.read() as connection:
            columns = tuple(first_row(connection, sheet.id))
        self._splits = Splits(store)
        self._features = Splitting(store, self._splits).features(sheet, columns, pictures=False)

    def make(self, kind: HintKind, progress: Progress) -> HintBatch:
        """The hints of one kind. Raises NotReadyError saying why there can be none."""
        if kind is HintKind.DISAGREED:
            raise NotReadyError(
                "Disagreements come from labeling jobs with overlap.",
                "They appear when the tasks of a job are finished.",
            )
        makers = {
            HintKind.DUPLICATE: self._duplicates,
            HintKind.SUSPECT: self._suspects,
            HintKind.UNSURE: self._unsure,
        }
        return makers[kind](progress)

    # Near-duplicates

    def _duplicates(self, progress: Progress) -> HintBatch:
        if not self._features:
            raise NotReadyError("The template has no column to compare.", "Name feature columns in the template.")
        ids, refs, items = [], [], []
        with self._store.read() as connection:
            for pair in hint_inputs.all_pairs(connection, self._sheet.id):
                ids.append(pair.id)
                refs.append(pair.item_ref)
                items.append(self._seen(pair.fields, self._features))
        duplicates = find_duplicates(items, refs, self._features, progress)
        if not duplicates.compared:
            reasons = "; ".join(duplicates.left_out) or "there are no pairs"
            raise NotReadyError(
                f"No column distinguishes the items: {reasons}.", "Choose other feature columns in the template."
            )
        hints = [HintDraft(ids[one.place], one.closeness, one.reason, ids[one.leader]) for one in duplicates.members]
        notes = [f"not compared: {'; '.join(duplicates.left_out)}"] if duplicates.left_out else []
        if len(hints) > len(ids) / 2:
            notes.append(
                f"{len(hints):,} of {len(ids):,} items are nearly the same as another one: the compared columns tell "
                "them apart only a little"
            )
        return HintBatch(hints, f"comparison of {duplicates.compared}", tuple(notes))

    # Suspects

    def _suspects(self, progress: Progress) -> HintBatch:
        conflicts = find_conflicts(self._labeled_duplicates())
        by_duplicates = "labels of near-duplicates"
        try:
            suspects, judged = self._doubted(progress)
        except NotReadyError as error:
            if not conflicts:
                raise
            return HintBatch(_drafts(conflicts), by_duplicates, (f"{error.what} {error.todo}",))
        engine = f"{judged.engine}; {by_duplicates}" if conflicts else judged.engine
        return HintBatch(_drafts(merge_suspicions(suspects, conflicts)), engine, (*judged.notes, *self._passed_over()))

    def _doubted(self, progress: Progress) -> tuple[list[Suspicion], OutOfFoldPredictions]:
        judged = self._judged(progress, HintKind.UNSURE in self._kinds and self._model is None)
        field = self._class_field()
        held_out = [(pair.id, pair.answer.get(field.name)) for pair in self._at(Gate.HELD_OUT)]
        return find_label_errors(judged, [pair.id for pair in self._at(Gate.TRAINING)], held_out), judged

    def _labeled_duplicates(self) -> list[Member]:
        name = self._field.name if self._field else None
        with self._store.read() as connection:
            return [
                Member(pair.pair_id, pair.item_ref, pair.group_key, label_of(pair.answer, name))
                for pair in hints.duplicates(connection, self._sheet.id)
                if pair.status is PairStatus.LABELED
            ]

    def _passed_over(self) -> tuple[str, ...]:
        with self._store.read() as connection:
            labeled = hint_inputs.labeled_count(connection, self._sheet.id)
        others = labeled - len(self._usable)
        return (
            (f"{others:,} labels were not checked: they are allowed neither for training nor for evaluation",)
            if others
            else ()
        )

    # Least sure

    def _unsure(self, progress: Progress) -> HintBatch:
        pairs = self._open
        if not pairs:
            raise NotReadyError("All pairs are decided.", "Hints about unsure pairs need undecided pairs.")
        shares, source, engine, notes = self._opinion(progress)
        if shares is None:
            return self._by_confidence(notes)
        unsure = margins(shares)
        reasons = describe_probabilities(shares, unsure, source)
        places = rank_pairs(self._sheet.id, pairs, unsure, reasons, self._kinds_of(pairs))
        return HintBatch([HintDraft(one.pair_id, one.score, one.reason) for one in places], engine, notes)

    def _opinion(self, progress: Progress) -> tuple[ClassProbabilities | None, str, str, tuple[str, ...]]:
        """What the newest model says of the open pairs, or else models of today's labels; with its name and notes."""
        notes: list[str] = []
        model = self._model
        if model is not None:
            progress.update(0, 2, f"running {model.label()}")
            try:
                field = self._class_field()
                predictor = self._trainer.load(self._home / model.artifact, model.sha256)
                shares = self._trainer.class_probabilities(predictor, field, [pair.fields for pair in self._open])
            except (PlatformError, NotReadyError) as error:
                notes.append(f"{model.label()} could not answer: {error.what}")
            else:
                return shares, model.label(), f"{model.label()} ({model.engine})", ()
        try:
            judged = self._judged(progress, open_too=True)
        except NotReadyError as error:
            return None, "", "", (*notes, error.what)
        first = len(judged.others.lines) - len(self._open)
        shares = ClassProbabilities(judged.others.classes, judged.others.lines[first:])
        source = f"a model of {int((judged.own >= 0).sum()):,} labels"
        return shares, source, judged.engine, (*notes, *judged.notes)

    def _by_confidence(self, notes: tuple[str, ...]) -> HintBatch:
        import numpy as np

        pairs = [pair for pair in self._open if pair.confidence is not None]
        if not pairs:
            raise NotReadyError(
                " ".join((*notes, "No proposal has a confidence.")),
                "Label some pairs or train a model, then compute the hints again.",
            )
        unsure = np.array([1.0 - min(max(pair.confidence or 0.0, 0.0), 1.0) for pair in pairs])
        reasons = [describe_confidence(pair.confidence, pair.certainty) for pair in pairs]
        places = rank_pairs(self._sheet.id, pairs, unsure, reasons, self._kinds_of(pairs))
        if silent := len(self._open) - len(pairs):
            notes = (*notes, f"{silent:,} undecided pairs without a confidence got no hint")
        by = self._sheet.model_used or "what proposed the answers"
        hints = [HintDraft(one.pair_id, one.score, one.reason) for one in places]
        return HintBatch(hints, f"confidence as stated by {by}", notes)

    def _kinds_of(self, pairs: Sequence[OpenPair]) -> Callable[[list[int]], list[int]]:
        def kinds_of(places: list[int]) -> list[int]:
            return self._trainer.clusters([pairs[place].fields for place in places], self._features, KINDS)

        return kinds_of

    # What is read, once

    def _class_field(self) -> AnswerField:
        if self._field is None:
            raise NotReadyError(
                "The answer has no field with classes, so a model cannot be unsure between classes.",
                "Use the confidence of the proposals, or near-duplicates.",
            )
        return self._field

    def _judged(self, progress: Progress, open_too: bool) -> OutOfFoldPredictions:
        """The labels, the held-out pairs, and with `open_too` the open ones behind these, judged once."""
        if self._judgment is None or (open_too and not self._judged_open):
            learned, held_out = self._at(Gate.TRAINING), self._at(Gate.HELD_OUT)
            others = [pair.fields for pair in (*held_out, *(self._open if open_too else ()))]
            groups = self._groups(learned)
            examples = [pair.example() for pair in learned]
            self._judgment = self._trainer.out_of_fold(
                self._class_field(), self._features, examples, groups, others, progress
            )
            self._judged_open = open_too
        return self._judgment

    def _groups(self, pairs: Sequence[TrainingPair]) -> list[str] | None:
        """The group of each pair, by which training splits too; None where each pair is alone."""
        refs, fields = [pair.item_ref for pair in pairs], [pair.fields for pair in pairs]
        groups = self._splits.group(self._sheet, refs, fields, self._features).groups
        if not any(one is not None for one in groups):
            return None
        return [f"only {ref}" if one is None else one for ref, one in zip(refs, groups, strict=True)]

    @cached_property
    def _usable(self) -> list[TrainingPair]:
        with self._store.read() as connection:
            return usable_pairs(connection, self._sheet.id)

    def _at(self, gate: Gate) -> list[TrainingPair]:
        return [pair for pair in self._usable if pair.gate is gate]

    @cached_property
    def _model(self) -> ModelVersion | None:
        with self._store.read() as connection:
            return hint_inputs.newest_model(connection, self._sheet.id)

    @cached_property
    def _open(self) -> list[OpenPair]:
        """The undecided pairs, with the columns that are compared here."""
        names = (*self._features, *(self._model.features if self._model else ()))
        with self._store.read() as connection:
            groups = hints.group_keys(connection, self._sheet.id)
            return [
                OpenPair(
                    id=pair.id,
                    item_ref=pair.item_ref,
                    fields=self._seen(pair.fields, names),
                    confidence=pair.confidence,
                    group=groups.get(pair.id, ""),
                    certainty=pair.certainty,
                )
                for pair in hint_inputs.unlabeled_pairs(connection, self._sheet.id)
            ]

    @staticmethod
    def _seen(fields: Row, names: Sequence[str]) -> Row:
        return {name: fields.get(name) for name in names}


def _drafts(suspects: Sequence[Suspicion]) -> list[HintDraft]:
    return [HintDraft(one.pair_id, one.score, one.reason) for one in suspects]
