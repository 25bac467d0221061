"""GENERATE: pairs from a sheet by a template, with answers proposed, taken from a column, or left to people."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from ontos_tui.domain.errors import JobCancelledError, OntosError, PlatformError
from ontos_tui.domain.learning import LabeledExample, NoProgress, Progress, Proposal, Question
from ontos_tui.domain.records.data import Item, Row
from ontos_tui.domain.records.pairs import CanonicalLabel, GenerationMode, QAPair, TrainingSheet
from ontos_tui.domain.records.template import Message
from ontos_tui.domain.records.training import Job, JobKind
from ontos_tui.domain.rules.states import TrainingSheetStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.platforms.ports import Catalog, ChatModel
from ontos_tui.services.canonical.writer import labels_of
from ontos_tui.services.generate.pair_writer import Approvals, PairWriter, Tally
from ontos_tui.services.generate.plan import Plan, make_plan
from ontos_tui.services.generate.proposals import Proposer, check_proposal, load_examples
from ontos_tui.services.records.training_sheets import (
    close_training_sheet,
    find_training_sheet,
    follow_template,
    make_training_sheet,
)
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

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


@dataclass(frozen=True)
class GenerationReport:
    """What a generation did.

    `created` pairs were made and `existing` were there before. Of all, `auto_approved` got their answer from a
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
        """The first few pairs as they would be made; nothing is kept. Errors are those of `generate`."""
        plan = make_plan(self._store, self._catalog, sheet_ref, template_ref, GenerationMode(mode), column)
        items = self._catalog.page(plan.address, replace(plan.query, limit=count)).items
        with self._store.read() as connection:
            labels = labels_of(connection, plan.sheet.id, plan.template.label_type, [item.ref for item in items])
        known = {ref: label for ref, label in labels.items() if plan.checker.fits(label.label_data)}
        rendered, proposals = {}, {}
        for item in items:
            try:
                rendered[item.ref] = tuple(plan.prompt.messages(plan.seen(item.fields)))
            except OntosError as error:
                proposals[item.ref] = Proposal(item.ref, None, error=error.what)
        for ref, label in known.items():
            proposals[ref] = Proposal(ref, label.label_data, None, "canonical label")
        asked = [item for item in items if item.ref not in proposals]
        proposals |= {one.ref: one for one in self._propose(plan, asked, rendered)}
        return [_preview(plan, item, rendered.get(item.ref, ()), proposals.get(item.ref)) for item in items]

    def _propose(self, plan: Plan, items: Sequence[Item], rendered: dict[str, tuple[Message, ...]]) -> list[Proposal]:
        if plan.mode is GenerationMode.MANUAL or not items:
            return []
        if plan.mode is GenerationMode.COLUMN:
            told = f"column {', '.join(plan.answers_from.values())}"
            return [
                Proposal(item.ref, answer, None, told, reason)
                for item in items
                for answer, reason in [plan.answer(item.fields)]
            ]
        with self._store.read() as connection:
            examples = load_examples(connection, plan.template.label_type, plan.sheet.id)
        shown: Sequence[LabeledExample] = examples.without(frozenset(item.ref for item in items))
        questions = [Question(item.ref, plan.seen(item.fields), rendered[item.ref]) for item in items]
        given = self._chat.propose(questions, plan.template.output_schema, shown, plan.features)
        return [check_proposal(proposal, plan.checker) for proposal in given]

    def generate(
        self,
        sheet_ref: str,
        template_ref: str,
        mode: GenerationMode,
        *,
        column: str | None = None,
        limit: int | None = None,
        review: bool = False,
        progress: Progress | None = None,
    ) -> GenerationReport:
        """Make a pair of every item of the sheet (of the first `limit`) that has none in the template's training sheet.

        An item with a canonical label is approved by it, also one whose pair was there but undecided. With `column`
        or the template's answer columns, answers that fit are labels at once, or proposals with `review`. In AI mode
        every undecided pair without a proposal is asked about, so a second run goes on where the first was stopped.

        Raises before anything is written: what `make_plan` raises, InvalidTemplateError when a prompt fails on the
        first items. Later: PlatformError, JobCancelledError; what was made until then stays.
        """
        began = time.monotonic()
        progress = progress or NoProgress()
        plan = make_plan(self._store, self._catalog, sheet_ref, template_ref, GenerationMode(mode), column, limit)
        plan.try_out(self._catalog)
        params = {"column": column, "limit": limit, "review": review}
        tally = Tally()
        with self._store.write() as connection:
            sheet = self._opened(connection, plan, {name: value for name, value in params.items() if value})
        try:
            self._approve_known(sheet, plan, tally)
            self._add_pairs(sheet, plan, tally, progress, review=review)
            if plan.mode is GenerationMode.AI:
                self._ask(sheet, plan, tally, progress, limit)
        except BaseException as error:
            self._closed(sheet, tally, error)
            raise
        sheet = self._closed(sheet, tally)
        return GenerationReport(
            training_sheet=sheet,
            created=tally.created,
            existing=tally.existing,
            auto_approved=tally.auto_approved,
            proposed=tally.proposed,
            failed=tally.failed,
            failures=tuple(tally.failures),
            seconds=time.monotonic() - began,
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
    ) -> Job:
        """Generate in a process of its own. What would not work is refused here, before the job is made."""
        plan = make_plan(self._store, self._catalog, sheet_ref, template_ref, GenerationMode(mode), column, limit)
        params = {
            "sheet_ref": plan.sheet.id,
            "template_ref": plan.template.id,
            "mode": plan.mode.value,
            "column": column,
            "limit": limit,
            "review": review,
        }
        title = f"Generate {plan.sheet.name} by {plan.template.name}"
        return self._jobs.submit(JobKind.GENERATE, title, params)

    def _opened(self, connection: Connection, plan: Plan, params: dict[str, object]) -> TrainingSheet:
        """The training sheet of this sheet and template, found or made, and marked as being generated."""
        told = {
            GenerationMode.AI: self._chat.name,
            GenerationMode.COLUMN: f"column {', '.join(plan.answers_from.values())}",
            GenerationMode.MANUAL: "",
        }
        details = {"model_used": told[plan.mode], "generation_params": params}
        sheet = find_training_sheet(connection, plan.sheet.id, plan.template.id)
        if sheet is None:
            return make_training_sheet(connection, plan.sheet, plan.template, plan.mode, self._actor, **details)
        sheet = follow_template(connection, sheet, plan.template, self._actor)
        return rows.change(
            connection,
            sheet,
            status=TrainingSheetStatus.GENERATING,
            generation_error="",
            generation_mode=plan.mode,
            updated_by=self._actor,
            **details,
        )

    def _closed(self, sheet: TrainingSheet, tally: Tally, error: BaseException | None = None) -> TrainingSheet:
        """Log the run and how it ended."""
        counts = {name: value for name, value in vars(tally).items() if isinstance(value, int)}
        status, told = TrainingSheetStatus.REVIEW, ""
        if error is not None:
            told = error.what if isinstance(error, OntosError) else type(error).__name__
            if not isinstance(error, (JobCancelledError, KeyboardInterrupt)):
                status = TrainingSheetStatus.FAILED
        with self._store.write() as connection:
            rows.log(
                connection, sheet, "generate", self._actor, scope_id=sheet.id, reason=told,
                after={"mode": sheet.generation_mode.value, "model_used": sheet.model_used, **counts},
            )  # fmt: skip
            return close_training_sheet(connection, sheet, status, self._actor, told)

    def _add_pairs(self, sheet: TrainingSheet, plan: Plan, tally: Tally, progress: Progress, *, review: bool) -> None:
        writer = PairWriter(plan, sheet, self._actor, tally, review=review)
        items = plan.items(self._catalog)
        done = 0
        progress.update(0, plan.total, "making pairs")
        while batch := list(islice(items, BATCH)):
            with self._store.write() as connection:
                writer.write(connection, batch)
            done += len(batch)
            progress.update(done, plan.total, "making pairs")

    def _ask(self, sheet: TrainingSheet, plan: Plan, tally: Tally, progress: Progress, limit: int | None) -> None:
        proposer = Proposer(self._store, self._chat, sheet, plan.template, plan.features, self._actor, tally)
        try:
            proposer.run(limit, lambda done, total: progress.update(done, total, f"asking {self._chat.name}"))
        except PlatformError as error:
            waiting = "The pairs are made and wait in the labeling queue, those without a proposal too."
            raise PlatformError(f"{error.what} {waiting}", error.todo) from error

    def _approve_known(self, sheet: TrainingSheet, plan: Plan, tally: Tally) -> None:
        """Approve the undecided pairs whose items have got a canonical label since."""
        with self._store.read() as connection:
            found = connection.execute(
                _LABELED_SINCE, {"sheet": sheet.sheet_id, "label_type": sheet.label_type, "training_sheet": sheet.id}
            ).all()
        for some in chunks(found, BATCH):
            with self._store.write() as connection:
                self._approve(connection, sheet, plan, tally, {row[0]: row[1] for row in some})

    def _approve(
        self, connection: Connection, sheet: TrainingSheet, plan: Plan, tally: Tally, found: dict[str, str]
    ) -> None:
        """Approve pairs (by id) by labels (by id), as far as both are still as they were found."""
        pairs, labels = table(QAPair).c, table(CanonicalLabel).c
        by_id = {
            label.id: label
            for ids in chunks(sorted(set(found.values())))
            for label in rows.find(connection, CanonicalLabel, labels.id.in_(ids))
        }
        approvals = Approvals(sheet, self._actor)
        for ids in chunks(list(found)):
            for pair in rows.find(connection, QAPair, pairs.id.in_(ids), pairs.status == "unlabeled"):
                label = by_id.get(found[pair.id])
                if label is None or not plan.checker.fits(label.label_data):
                    continue
                approvals.approve(connection, pair, label)
                tally.auto_approved += 1
        approvals.write(connection)


# From the labels to the pairs, since of those there are seldom more: CROSS JOIN keeps SQLite to that order.
_LABELED_SINCE = text(
    "SELECT p.id, c.id FROM canonical_labels c CROSS JOIN qa_pairs p "
    "ON p.training_sheet_id = :training_sheet AND p.item_ref = c.item_ref "
    "WHERE c.sheet_id = :sheet AND c.label_type = :label_type AND p.status = 'unlabeled'"
)


def _preview(plan: Plan, item: Item, messages: tuple[Message, ...], proposal: Proposal | None) -> PreviewPair:
    found = proposal or Proposal(item.ref, None)
    return PreviewPair(
        item_ref=item.ref,
        fields=plan.seen(item.fields),
        messages=messages,
        proposal=found.answer,
        confidence=found.confidence,
        explanation=found.explanation,
        error=found.error,
    )
