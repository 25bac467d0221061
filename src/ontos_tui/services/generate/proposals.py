"""Proposals for undecided pairs, from whatever chat model the workspace has.

An item never gets a proposal from its own example. Most questions go to the model in one run with all examples. Items
that are examples themselves (labeled by another template of the same kind) go in a few groups, each without the
examples of its own items.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.learning import LabeledExample, Proposal, Question
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.governance import Use, is_allowed
from ontos_tui.platforms.ports import ChatModel
from ontos_tui.services.data.images import image_folders
from ontos_tui.services.generate.pair_writer import Tally
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.templates.prompt import Prompt
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import generate

MOST_EXAMPLES = 10_000
"""Labeled pairs that are given as examples, the newest first."""

GROUPS = 5
"""Groups into which items are divided that are examples themselves."""

COMMIT_PAIRS, COMMIT_SECONDS = 500, 1.0
"""Proposals are written when this many are waiting, or this much time has passed."""


@dataclass(frozen=True)
class Examples:
    """Examples of the store, and labeled pairs; `own` are the items of this sheet among the pairs."""

    known: tuple[LabeledExample, ...]
    own: frozenset[str]

    def without(self, refs: frozenset[str]) -> tuple[LabeledExample, ...]:
        """The examples without those that these items of the sheet are."""
        here = refs & self.own
        return tuple(example for example in self.known if example.ref not in here) if here else self.known


def load_examples(connection: Connection, label_type: str, sheet_id: str) -> Examples:
    """Every example for a label type, as far as its uses allow it to be shown (few_shot)."""
    stored = [
        LabeledExample(f"example {one.name}", one.input, one.expected_output)
        for one in generate.examples(connection, label_type)
    ]
    pairs: dict[str, LabeledExample] = {}
    own = set()
    for pair in generate.labeled_pairs(connection, label_type):
        if len(pairs) == MOST_EXAMPLES:
            break
        if is_allowed(Use.FEW_SHOT, pair.allowed_uses, pair.prohibited_uses):
            name = pair.item_ref if pair.sheet_id == sheet_id else f"{pair.item_ref} of sheet {pair.sheet_id[:8]}"
            pairs.setdefault(name, LabeledExample(name, pair.fields, pair.answer))
            if pair.sheet_id == sheet_id:
                own.add(pair.item_ref)
    return Examples((*stored, *pairs.values()), frozenset(own))


class Proposer:
    """Requests proposals for one training sheet, and stores them as they arrive."""

    def __init__(
        self,
        store: Store,
        chat: ChatModel,
        sheet: TrainingSheet,
        template: Template,
        features: Sequence[str],
        actor: str,
        tally: Tally,
    ) -> None:
        self._store = store
        self._chat = chat
        self._sheet = sheet
        self._template = template
        self._prompt = Prompt(template)
        self._features = features
        self._checker = AnswerChecker(template.output_schema)
        self._tally = tally
        self._writer = _ProposalWriter(store, actor)
        self._done = 0
        self._images: dict[str, Path] = {}

    def run(self, limit: int | None, on_progress: Callable[[int, int], None]) -> None:
        """Ask about the undecided pairs without a proposal, `limit` at most, also about those that failed before.

        `on_progress` gets the number done and the total; if it raises, what has arrived is stored. Raises PlatformError
        when nothing can be proposed at all.
        """
        with self._store.read() as connection:
            examples = load_examples(connection, self._template.label_type, self._sheet.sheet_id)
            last, total = generate.open_extent(connection, self._sheet.id, limit)
            own = generate.open_items(connection, self._sheet.id, examples.own, last)
            self._images = image_folders(connection, self._sheet.sheet_id)
        groups = [frozenset(own[start::GROUPS]) for start in range(min(GROUPS, len(own)))]

        def report() -> None:
            self._writer.flush()
            on_progress(self._done, total)

        try:
            if total > len(own):
                self._ask(self._questions(last, lambda ref: ref not in examples.own), examples.known, report)
            for group in groups:
                questions, others = self._questions(last, group.__contains__), examples.without(group)
                if others:
                    self._ask(questions, others, report)
                else:
                    self._refuse(questions, "The only labeled example is the item itself.")
            report()
        finally:
            self._writer.flush()

    def _ask(
        self,
        pairs: Iterator[tuple[str, Question]],
        examples: Sequence[LabeledExample],
        report: Callable[[], None],
    ) -> None:
        waiting: dict[str, str] = {}

        def questions() -> Iterator[Question]:
            for pair_id, question in pairs:
                waiting[question.ref] = pair_id
                yield question

        for proposal in self._chat.propose(questions(), self._template.output_schema, examples, self._features):
            pair_id = waiting.pop(proposal.ref, None)
            if pair_id is not None:
                self._take(pair_id, proposal)
                if self._writer.due():
                    report()
        for ref, pair_id in waiting.items():
            self._take(pair_id, Proposal(ref, None, error=f"No answer from {self._chat.name}."))

    def _refuse(self, questions: Iterator[tuple[str, Question]], reason: str) -> None:
        for pair_id, question in questions:
            self._take(pair_id, Proposal(question.ref, None, error=reason))

    def _questions(self, last: int, include: Callable[[str], bool]) -> Iterator[tuple[str, Question]]:
        """The open pairs up to a sequence number with their questions; a prompt that fails is the pair's own error."""
        after = 0
        while True:
            with self._store.read() as connection:
                batch = generate.open_pairs(connection, self._sheet.id, after, last, COMMIT_PAIRS)
            if not batch:
                return
            after = batch[-1].sequence_number
            for pair in batch:
                if not include(pair.item_ref):
                    continue
                try:
                    messages = tuple(self._prompt.messages(pair.fields))
                except OntosError as error:
                    self._take(pair.id, Proposal(pair.item_ref, None, error=error.what))
                    continue
                yield pair.id, Question(pair.item_ref, pair.fields, messages, self._images)

    def _take(self, pair_id: str, proposal: Proposal) -> None:
        checked = check_proposal(proposal, self._checker)
        self._done += 1
        if checked.error:
            self._tally.fail(checked.ref, checked.error)
        else:
            self._tally.proposed += 1
        self._writer.take(pair_id, checked)


def check_proposal(proposal: Proposal, checker: AnswerChecker) -> Proposal:
    """The proposal, or what is wrong with it in place of its answer."""
    error = proposal.error
    if proposal.answer is None:
        error = error or "No answer."
    elif not error and (reason := checker.reason(proposal.answer)):
        answer = json.dumps(proposal.answer, ensure_ascii=False, default=str)[:200]
        error = f"The proposed answer does not fit: {reason}. Answer: {answer}"
    if not error:
        return proposal
    return Proposal(proposal.ref, None, explanation=proposal.explanation, error=error)


class _ProposalWriter:
    """Writes proposals in batches. A pair that a person has decided meanwhile is left alone."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor
        self._waiting: list[generate.StoredProposal] = []
        self._since = time.monotonic()

    def take(self, pair_id: str, proposal: Proposal) -> None:
        """Remember a proposal until the next flush."""
        self._waiting.append(
            generate.StoredProposal(
                pair_id,
                proposal.answer,
                proposal.confidence,
                proposal.explanation,
                proposal.error,
                proposal.certainty,
            )
        )

    def due(self) -> bool:
        """Whether it is time to write."""
        return len(self._waiting) >= COMMIT_PAIRS or time.monotonic() - self._since >= COMMIT_SECONDS

    def flush(self) -> None:
        """Write what is waiting, in one transaction."""
        if self._waiting:
            moment = now()
            with self._store.write() as connection:
                generate.store_proposals(connection, self._waiting, moment, self._actor)
            self._waiting.clear()
        self._since = time.monotonic()
