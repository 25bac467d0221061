"""GENERATE: pairs from a sheet by a template, with answers proposed, taken from a column, or left to people."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import JobCancelledError, OntosError, PlatformError
from ontos_tui.domain.learning import LabeledExample, NoProgress, Progress, Proposal, Question
from ontos_tui.domain.records.data import Item, Row
from ontos_tui.domain.records.pairs import GenerationMode, TrainingSheet
from ontos_tui.domain.records.reading import Reading
from ontos_tui.domain.records.template import Message
from ontos_tui.domain.records.training import Job, JobKind
from ontos_tui.domain.rules.source_changes import ChangedSource
from ontos_tui.domain.rules.states import TrainingSheetStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.platforms.ports import Catalog, ChatModel
from ontos_tui.services.canonical.auto_approval import AutoApprovals
from ontos_tui.services.generate.pair_writer import PairWriter, Tally
from ontos_tui.services.generate.plan import Plan, make_plan
from ontos_tui.services.generate.proposals import Proposer, check_proposal, load_examples
from ontos_tui.services.generate.source_changes import check_source
from ontos_tui.services.records.source_tags import refresh_tags
from ontos_tui.services.records.training_sheets import (
    create_training_sheet,
    finish_training_sheet,
    training_sheet_to_fill,
    update_from_template,
)
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import generate
from ontos_tui.store.queries.canonical_labels import labels_by_item

if TYPE_CHECKING:
    from ontos_tui.jobs.queue import JobQueue

BATCH = 4_000
"""Items of one transaction: what a kill can cost, and how long a labeler may have to wait for the write lock."""


@dataclass(frozen=True)
class PreviewPair:
    """What a pair would look like. `error` says why there is no proposal, or no prompt."""

    item_ref: str
    fields: Row
    messages: tuple[Message, ...]
    proposal: Answer | None
    confidence: float | None
    explanation: str
    error: str
    certainty: str = ""


@dataclass(frozen=True)
class GenerationReport:
    """What a generation did.

    `created` pairs are new and `existing` were there before. Of all, `auto_approved` got their answer from a
    canonical label: so many reviews were saved. `proposed` got one from the column or the model, and `failed` got
    none, or no pair; the first of those stand in `failures` as (item, reason).
    """

    training_sheet: TrainingSheet
    created: int
    existing: int
    auto_approved: int
    proposed: int
    failed: int
    failures: tuple[tuple[str, str], ...]
    seconds: float
    notes: tuple[str, ...] = ()
    """What was understood of the columns that hold the answers, such as spellings of one class."""


def _notes_on_answers(reading: Reading | None, columns: Iterable[str]) -> tuple[str, ...]:
    """What the file's reading says of the columns that answers come from."""
    names = set(columns)
    read = reading.columns if reading is not None else ()
    return tuple(note for column in read if column.name in names for note in column.notes)


class GenerateService:
    """Makes training sheets. Whatever it adds is logged under `actor`."""

    def __init__(self, store: Store, catalog: Catalog, chat: ChatModel, jobs: JobQueue, actor: str) -> None:
        self._store = store
        self._catalog = catalog
        self._chat = chat
        self._jobs = jobs
        self._actor = actor

    def preview(
        self, sheet_ref: str, template_ref: str, mode: GenerationMode, count: int = 5, column: str | None = None
    ) -> list[PreviewPair]:
        """The first few pairs as they would be created; nothing is stored. Errors are those of `generate`."""
        plan = make_plan(self._store, self._catalog, sheet_ref, template_ref, GenerationMode(mode), column)
        items = self._catalog.page(plan.address, replace(plan.query, limit=count)).items
        with self._store.read() as connection:
            labels = labels_by_item(connection, plan.sheet.id, plan.template.label_type, [item.ref for item in items])
        known = {ref: label for ref, label in labels.items() if plan.checker.fits(label.label_data)}
        rendered, proposals = {}, {}
        for item in items:
            try:
                rendered[item.ref] = tuple(plan.prompt.messages(plan.visible_fields(item.fields)))
            except OntosError as error:
                proposals[item.ref] = Proposal(item.ref, None, error=error.what)
        for ref, label in known.items():
            proposals[ref] = Proposal(ref, label.label_data, explanation="canonical label")
        open_items = [item for item in items if item.ref not in proposals]
        proposals |= {one.ref: one for one in self._propose(plan, open_items, rendered)}
        return [_preview(plan, item, rendered.get(item.ref, ()), proposals.get(item.ref)) for item in items]

    def _propose(self, plan: Plan, items: Sequence[Item], rendered: dict[str, tuple[Message, ...]]) -> list[Proposal]:
        if plan.mode is GenerationMode.MANUAL or not items:
            return []
        if plan.mode is GenerationMode.COLUMN:
            explanation = f"column {', '.join(plan.answers_from.values())}"
            return [
                Proposal(item.ref, answer, explanation=explanation, error=reason)
                for item in items
                for answer, reason in [plan.answer(item.fields)]
            ]
        with self._store.read() as connection:
            examples = load_examples(connection, plan.template.label_type, plan.sheet.id)
        shown: Sequence[LabeledExample] = examples.without(frozenset(item.ref for item in items))
        questions = [Question(item.ref, plan.visible_fields(item.fields), rendered[item.ref]) for item in items]
        proposals = self._chat.propose(questions, plan.template.output_schema, shown, plan.features)
        return [check_proposal(proposal, plan.checker) for proposal in proposals]

    def generate(
        self,
        sheet_ref: str,
        template_ref: str,
        mode: GenerationMode,
        *,
        column: str | None = None,
        limit: int | None = None,
        review: bool = False,
        changed_source: ChangedSource = ChangedSource.STOP,
        progress: Progress | None = None,
    ) -> GenerationReport:
        """Make a pair of every item of the sheet (of the first `limit`) that has none in the template's training sheet.

        An item with a canonical label is approved by it, also one whose pair was there but undecided. With `column`
        or the template's answer columns, answers that fit are labels at once, or proposals with `review`. In AI mode
        every undecided pair without a proposal gets one, so a second run continues where the first stopped.

        Raises before anything is written: what `make_plan` raises, InvalidTemplateError when a prompt fails on the
        first items, and SourceChangedError when the source has other items than when pairs were made of it, unless
        `changed_source` is to continue. Later: PlatformError, JobCancelledError; pairs created until then stay.
        """
        began = time.monotonic()
        progress = progress or NoProgress()
        self._refresh_tags(sheet_ref)
        plan = make_plan(self._store, self._catalog, sheet_ref, template_ref, GenerationMode(mode), column, limit)
        plan.try_out(self._catalog)
        fingerprint = check_source(self._store, self._catalog, plan, ChangedSource(changed_source))
        params = {"column": column, "limit": limit, "review": review}
        tally = Tally()
        with self._store.write() as connection:
            given = {name: value for name, value in params.items() if value}
            sheet = self._open_sheet(connection, plan, given, fingerprint)
        try:
            self._approve_known(sheet, plan, tally)
            self._add_pairs(sheet, plan, tally, progress, review=review)
            if plan.mode is GenerationMode.AI:
                self._ask(sheet, plan, tally, progress, limit)
        except BaseException as error:
            self._close_sheet(sheet, tally, error)
            raise
        sheet = self._close_sheet(sheet, tally)
        counts = {name: getattr(tally, name) for name in ("created", "existing", "auto_approved", "proposed", "failed")}
        seconds = time.monotonic() - began
        notes = _notes_on_answers(self._catalog.reading(plan.address), plan.answers_from.values())
        return GenerationReport(
            training_sheet=sheet, **counts, failures=tuple(tally.failures), seconds=seconds, notes=notes
        )

    def submit(
        self,
        sheet_ref: str,
        template_ref: str,
        mode: GenerationMode,
        *,
        column: str | None = None,
        limit: int | None = None,
        review: bool = False,
        changed_source: ChangedSource = ChangedSource.STOP,
    ) -> Job:
        """Generate in a process of its own. What would not work is refused here, before the job is created."""
        self._refresh_tags(sheet_ref)
        plan = make_plan(self._store, self._catalog, sheet_ref, template_ref, GenerationMode(mode), column, limit)
        check_source(self._store, self._catalog, plan, ChangedSource(changed_source))
        params = {
            "sheet_ref": plan.sheet.id,
            "template_ref": plan.template.id,
            "mode": plan.mode.value,
            "column": column,
            "limit": limit,
            "review": review,
            "changed_source": ChangedSource(changed_source).value,
        }
        title = f"Generate {plan.sheet.name} by {plan.template.name}"
        return self._jobs.submit(JobKind.GENERATE, title, params)

    def _refresh_tags(self, sheet_ref: str) -> None:
        refresh_tags(self._store, lambda: self._catalog, sheet_ref, self._actor)

    def _open_sheet(
        self, connection: Connection, plan: Plan, params: Mapping[str, object], fingerprint: str
    ) -> TrainingSheet:
        """The training sheet of this sheet and template, created if missing, and marked as being generated."""
        source = "" if plan.mode is GenerationMode.MANUAL else f"column {', '.join(plan.answers_from.values())}"
        if plan.mode is GenerationMode.AI:  # only then, as whoever is asked for its name is loaded
            source = self._chat.name
        details = {
            "model_used": source,
            "generation_params": dict(params),
            "source_fingerprint": fingerprint,
        }
        sheet = training_sheet_to_fill(connection, plan.sheet.id, plan.template.id)
        if sheet is None:
            return create_training_sheet(connection, plan.sheet, plan.template, plan.mode, self._actor, **details)
        sheet = update_from_template(connection, sheet, plan.template, self._actor)
        return rows.change(
            connection,
            sheet,
            status=TrainingSheetStatus.GENERATING,
            generation_error="",
            generation_mode=plan.mode,
            updated_by=self._actor,
            **details,
        )

    def _close_sheet(self, sheet: TrainingSheet, tally: Tally, error: BaseException | None = None) -> TrainingSheet:
        """Log the run and how it ended."""
        counts = {name: value for name, value in vars(tally).items() if isinstance(value, int)}
        status, reason = TrainingSheetStatus.REVIEW, ""
        if error is not None:
            reason = error.what if isinstance(error, OntosError) else type(error).__name__
            if not isinstance(error, (JobCancelledError, KeyboardInterrupt)):
                status = TrainingSheetStatus.FAILED
        with self._store.write() as connection:
            rows.log(
                connection, sheet, "generate", self._actor, scope_id=sheet.id, reason=reason,
                after={"mode": sheet.generation_mode.value, "model_used": sheet.model_used, **counts},
            )  # fmt: skip
            return finish_training_sheet(connection, sheet, status, self._actor, reason)

    def _add_pairs(self, sheet: TrainingSheet, plan: Plan, tally: Tally, progress: Progress, *, review: bool) -> None:
        writer = PairWriter(plan, sheet, self._actor, tally, review=review)
        items = plan.items(self._catalog)
        done = 0
        progress.update(0, plan.total, "creating pairs")
        while batch := list(islice(items, BATCH)):
            with self._store.write() as connection:
                writer.write(connection, batch)
            done += len(batch)
            progress.update(done, plan.total, "creating pairs")

    def _ask(self, sheet: TrainingSheet, plan: Plan, tally: Tally, progress: Progress, limit: int | None) -> None:
        proposer = Proposer(self._store, self._chat, sheet, plan.template, plan.features, self._actor, tally)
        try:
            proposer.run(limit, lambda done, total: progress.update(done, total, f"proposals from {self._chat.name}"))
        except PlatformError as error:
            waiting = "All pairs were created and are in the labeling queue, also those without a proposal."
            raise PlatformError(f"{error.what} {waiting}", error.todo) from error

    def _approve_known(self, sheet: TrainingSheet, plan: Plan, tally: Tally) -> None:
        """Approve the undecided pairs whose items have got a canonical label since."""
        with self._store.read() as connection:
            matches = generate.label_of_unlabeled_pairs(connection, sheet.id, sheet.sheet_id, sheet.label_type)
        for some in chunks(matches, BATCH):
            with self._store.write() as connection:
                self._approve(connection, sheet, plan, tally, dict(some))

    def _approve(
        self, connection: Connection, sheet: TrainingSheet, plan: Plan, tally: Tally, label_ids: dict[str, str]
    ) -> None:
        """Approve pairs (by id) by labels (by id), as far as neither has changed meanwhile."""
        labels = generate.canonical_labels(connection, set(label_ids.values()))
        approvals = AutoApprovals(sheet, self._actor)
        for pair in generate.unlabeled_pairs(connection, list(label_ids)):
            label = labels.get(label_ids[pair.id])
            if label is None or not plan.checker.fits(label.label_data):
                continue
            approvals.approve(connection, pair, label)
            tally.auto_approved += 1
        approvals.write(connection)


def _preview(plan: Plan, item: Item, messages: tuple[Message, ...], proposal: Proposal | None) -> PreviewPair:
    shown = proposal or Proposal(item.ref, None)
    return PreviewPair(
        item_ref=item.ref,
        fields=plan.visible_fields(item.fields),
        messages=messages,
        proposal=shown.answer,
        confidence=shown.confidence,
        certainty=shown.certainty,
        explanation=shown.explanation,
        error=shown.error,
    )
