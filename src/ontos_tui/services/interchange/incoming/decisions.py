"""Decisions about the pairs of a training sheet from a file: written as one batch, which one undo takes back.

Very many are written in several batches, since other people cannot decide while one is written. All are checked before
the first; if a batch is refused because another person has changed a pair meanwhile, the batches before it are kept,
and importing the same file again continues from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.file_formats import Newer
from ontos_tui.domain.records.pairs import TrainingSheet, Verdict, answer_digest
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.interchange.tabular import LabelRow
from ontos_tui.services.label.decisions import Decision
from ontos_tui.services.label.service import LabelService
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.store.bulk import chunks
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.interchange.incoming_lines import DecidedPair, pairs_by_item

AT_ONCE = 20_000
"""Decisions of one transaction: some seconds, the longest time that other labelers have to wait."""

_VERDICTS = {PairStatus.REJECTED: Verdict.REJECT, PairStatus.FLAGGED: Verdict.FLAG}


def decide_all(
    store: Store,
    sheet: TrainingSheet,
    rows: Iterable[LabelRow],
    report: ImportReport,
    actor: str,
    newer: Newer | None = None,
) -> None:
    """Decide the pairs as the lines say, once all are checked; pairs already decided so are left alone.

    `newer` says what becomes of decisions that were made after what the lines say. With such and without a choice the
    report is undecided, and nothing is done.
    """
    checker = AnswerChecker(sheet.template_snapshot["output_schema"])
    lines = list(rows)
    refs = sorted({one.item_ref for one in lines})
    with_fields = checker.looks_at_items or any(one.text is not None for one in lines)
    with store.read() as connection:
        pairs = pairs_by_item(connection, sheet.id, refs, with_fields=with_fields)
    seen: dict[str, LabelRow] = {}
    decisions: list[Decision] = []
    for one in lines:
        before = seen.setdefault(one.item_ref, one)
        problem = _problem(one, before, pairs.get(one.item_ref), checker)
        if problem:
            report.problem(one.line, problem)
        elif before is not one:
            report.skipped += 1
        elif _is_decided_so(one, pairs[one.item_ref]):
            report.unchanged += 1
        else:
            pair = pairs[one.item_ref]
            if report.is_newer(pair.reviewed_at, one.at):
                report.newer_decision(one.line, _newer(one, pair), newer)
                if newer is not Newer.TAKE:
                    continue
            decisions.append(_decision(one, pair))
            report.created += pair.status == PairStatus.UNLABELED
            report.updated += pair.status != PairStatus.UNLABELED
    if report.nothing_done:
        return
    _decide_in_batches(LabelService(store, actor), decisions, report)


def _decide_in_batches(service: LabelService, decisions: list[Decision], report: ImportReport) -> None:
    """Make the decisions, very many in several batches. Raises what the first that is refused raises."""
    done = 0
    for batch in chunks(decisions, AT_ONCE):
        try:
            service.decide(batch)
        except OntosError as error:
            if not done:
                raise
            message = f"{error.what} The {done:,} decisions before it are saved."
            raise type(error)(message, "Import the file again: the import continues from there.") from error
        done += len(batch)
    if done > AT_ONCE:
        report.notes.append(f"Decided in batches of {AT_ONCE:,}; one undo takes back one batch.")


def _problem(one: LabelRow, before: LabelRow, pair: DecidedPair | None, checker: AnswerChecker) -> str:
    if pair is None:
        return f"{one.item_ref[:80]!r} is not a pair of this training sheet"
    if before is not one and (before.status, answer_digest(before.answer)) != (one.status, answer_digest(one.answer)):
        return f"{one.item_ref[:80]!r} has another decision in line {before.line:,}"
    if one.status is PairStatus.LABELED:
        if one.text is not None and one.text not in pair.fields.values():
            return "its text is not the text of the item"
        reason = checker.reason(one.answer) or checker.misplaced(one.answer or {}, pair.fields)
        return f"the answer does not fit: {reason}" if reason else ""
    return ""


def _newer(one: LabelRow, pair: DecidedPair) -> str:
    at = "" if pair.reviewed_at is None else f" on {pair.reviewed_at:%Y-%m-%d %H:%M} UTC"
    return f"{one.item_ref[:80]!r} is {pair.status} by {pair.reviewed_by or 'somebody'}{at}"


def _is_decided_so(one: LabelRow, pair: DecidedPair) -> bool:
    if one.status != pair.status or (one.notes is not None and one.notes != pair.notes):
        return False
    if one.status is PairStatus.LABELED:
        return pair.answer is not None and _same_answer(one, pair.answer)
    return one.status is PairStatus.FLAGGED or one.reason == pair.reject_reason


def _same_answer(one: LabelRow, stored: str) -> bool:
    return answer_digest(one.answer) == answer_digest(json.loads(stored))


def _decision(one: LabelRow, pair: DecidedPair) -> Decision:
    verdict = _VERDICTS.get(one.status, Verdict.EDIT)
    if verdict is Verdict.EDIT and pair.proposal is not None and _same_answer(one, pair.proposal):
        verdict = Verdict.APPROVE
    return Decision(pair.id, verdict, one.answer, one.reason, one.notes, version=pair.version)
