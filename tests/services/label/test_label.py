"""Labeling: what decisions do to pairs, counts, canonical labels and the log; the queue; decisions from files."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders.severity import MAJOR, MINOR, NONE, sheet_record, unlabeled_sheet
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.pairs import (
    CanonicalLabel,
    CanonicalLabelVersion,
    LabelingMode,
    QAPair,
    TrainingSheet,
    Verdict,
)
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.label.service import Decision, LabelService, PairCounts, QueueFilter, QueueSort
from ontos_tui.store import rows
from ontos_tui.store.engine import Store


@pytest.fixture
def label(store: Store) -> LabelService:
    return LabelService(store, "ana")


@pytest.fixture
def sheet(store: Store) -> TrainingSheet:
    return unlabeled_sheet(store, 6)


def pair_of(label: LabelService, sheet: TrainingSheet, number: int = 1) -> QAPair:
    return label.pair(label.open(sheet.id)[number - 1].id)


def say(label: LabelService, pair: QAPair, verdict: Verdict, **more: Any) -> QAPair:
    (decided,) = label.decide([Decision(pair.id, verdict, **more)]).pairs
    assert decided == label.pair(pair.id)
    return decided


def labels(store: Store) -> list[CanonicalLabel]:
    with store.read() as connection:
        return rows.find(connection, CanonicalLabel, order_by=("item_ref",))


def versions(store: Store) -> list[CanonicalLabelVersion]:
    with store.read() as connection:
        return rows.find(connection, CanonicalLabelVersion, order_by=("version",))


# Verdicts


def test_approving_takes_the_proposal_and_makes_a_canonical_label(
    label: LabelService, sheet: TrainingSheet, store: Store
) -> None:
    pair = say(label, pair_of(label, sheet), Verdict.APPROVE, notes="sure")
    assert (pair.status, pair.answer, pair.reviewed_by, pair.notes) == (PairStatus.LABELED, MINOR, "ana", "sure")
    assert (pair.labeling_mode, pair.version) == (LabelingMode.AI_GENERATED, 2)
    (created,) = labels(store)
    assert (created.id, created.label_data, created.version) == (pair.canonical_label_id, MINOR, 1)
    assert (created.sheet_id, created.item_ref, created.label_type) == (sheet.sheet_id, "item-1", "severity")


def test_editing_keeps_the_proposal_and_archives_what_the_label_said(
    label: LabelService, sheet: TrainingSheet, store: Store
) -> None:
    pair = say(label, pair_of(label, sheet), Verdict.APPROVE)
    pair = say(label, pair, Verdict.EDIT, answer=MAJOR)
    assert (pair.proposal, pair.answer, pair.labeling_mode) == (MINOR, MAJOR, LabelingMode.MANUAL)
    (created,) = labels(store)
    assert (created.label_data, created.version) == (MAJOR, 2)
    assert [(old.version, old.label_data) for old in versions(store)] == [(1, MINOR)]
    say(label, pair, Verdict.APPROVE)
    assert label.pair(pair.id).answer == MAJOR, "approving again keeps the decided answer"
    assert labels(store)[0].version == 2, "the same answer is no new version"


@pytest.mark.parametrize(
    "answer", [{}, {"severity": "worst"}, {"severity": "minor", "depth": -1}, {"severity": "minor", "color": "red"}]
)
def test_an_answer_that_does_not_fit_is_refused_and_nothing_changes(
    label: LabelService, sheet: TrainingSheet, store: Store, answer: dict[str, Any]
) -> None:
    pair = pair_of(label, sheet)
    with pytest.raises(InvalidInputError):
        say(label, pair, Verdict.EDIT, answer=answer)
    assert label.pair(pair.id) == pair
    assert (labels(store), label.history(pair.id)) == ([], [])


def test_nothing_can_be_approved_where_nothing_is_proposed(label: LabelService, store: Store) -> None:
    sheet = unlabeled_sheet(store, 1)
    with store.write() as connection:
        connection.execute("UPDATE qa_pairs SET proposal = NULL")
    with pytest.raises(InvalidInputError, match="item-1 has no answer to approve"):
        say(label, pair_of(label, sheet), Verdict.APPROVE)
    with pytest.raises(InvalidInputError, match="an edit needs an answer"):
        say(label, pair_of(label, sheet), Verdict.EDIT)


def test_a_rejected_pair_keeps_the_reason_and_takes_its_label_back(
    label: LabelService, sheet: TrainingSheet, store: Store
) -> None:
    pair = say(label, pair_of(label, sheet), Verdict.APPROVE)
    pair = say(label, pair, Verdict.REJECT, reason="not decidable")
    assert (pair.status, pair.answer, pair.reject_reason) == (PairStatus.REJECTED, None, "not decidable")
    assert (pair.canonical_label_id, labels(store)) == (None, [])
    pair = say(label, pair, Verdict.REOPEN)
    assert (pair.status, pair.reject_reason, pair.reviewed_by) == (PairStatus.UNLABELED, "", "")


def test_a_flag_keeps_the_answer_for_the_second_look_but_not_as_the_truth(
    label: LabelService, sheet: TrainingSheet, store: Store
) -> None:
    pair = say(label, pair_of(label, sheet), Verdict.EDIT, answer=MAJOR)
    pair = say(label, pair, Verdict.FLAG, notes="ask Bo")
    assert (pair.status, pair.answer, pair.notes, labels(store)) == (PairStatus.FLAGGED, MAJOR, "ask Bo", [])
    pair = say(label, pair, Verdict.UNFLAG)
    assert (pair.status, pair.answer) == (PairStatus.UNLABELED, MAJOR)
    assert say(label, pair, Verdict.APPROVE).answer == MAJOR
    with pytest.raises(ConflictError, match="has no flag"):
        say(label, pair, Verdict.UNFLAG)


def test_a_label_that_others_rely_on_stays_and_that_is_said(label: LabelService, store: Store) -> None:
    plates = sheet_record(store)
    first, second = unlabeled_sheet(store, 1, plates), unlabeled_sheet(store, 1, plates)
    one = say(label, pair_of(label, first), Verdict.APPROVE)
    two = say(label, pair_of(label, second), Verdict.APPROVE)
    assert one.canonical_label_id == two.canonical_label_id, "one item, one label type, one label"
    batch = label.decide([Decision(one.id, Verdict.REJECT)])
    assert "used elsewhere and stays" in batch.description
    assert [created.id for created in labels(store)] == [two.canonical_label_id]


def test_a_decision_inherits_the_constraints_of_the_label_that_was_there(label: LabelService, store: Store) -> None:
    sheet = unlabeled_sheet(store, 1)
    held_out = CanonicalLabel(
        sheet_id=sheet.sheet_id,
        item_ref="item-1",
        label_type="severity",
        label_data=NONE,
        source="ground_truth",
        allowed_uses=["evaluation"],
        prohibited_uses=["training"],
        usage_reason="kept for the test",
    )
    with store.write() as connection:
        rows.add(connection, held_out)
    pair = say(label, pair_of(label, sheet), Verdict.EDIT, answer=MAJOR)
    assert (pair.allowed_uses, pair.prohibited_uses) == (["evaluation"], ["training"])
    assert pair.usage_reason == "kept for the test"
    assert labels(store)[0].label_data == MAJOR
    assert versions(store)[0].label_data == NONE
    assert "earlier answer again" in label.decide([Decision(pair.id, Verdict.REJECT)]).description
    assert (labels(store)[0].label_data, labels(store)[0].source) == (NONE, "ground_truth")
    assert list(label.export(sheet.id)) == []


def test_one_and_true_are_not_the_same_answer(label: LabelService, store: Store) -> None:
    sheet = unlabeled_sheet(store, 1)
    with store.write() as connection:
        snapshot = {
            **sheet.template_snapshot,
            "output_schema": {"type": "object", "properties": {"x": {"enum": [1, True]}}},
        }
        rows.change(connection, sheet, template_snapshot=snapshot)
    pair = say(label, pair_of(label, sheet), Verdict.EDIT, answer={"x": 1})
    say(label, pair, Verdict.EDIT, answer={"x": True})
    assert labels(store)[0].label_data["x"] is True


# Batches, versions, log


def test_a_batch_is_all_or_nothing(label: LabelService, sheet: TrainingSheet, store: Store) -> None:
    ids = [row.id for row in label.open(sheet.id)]
    bad = [*(Decision(key, Verdict.APPROVE) for key in ids[:5]), Decision(ids[5], Verdict.EDIT, answer={"severity": 3})]
    with pytest.raises(InvalidInputError):
        label.decide(bad)
    assert label.counts(sheet.id) == PairCounts(total=6, unlabeled=6)
    batch = label.decide([Decision(key, Verdict.APPROVE) for key in ids])
    assert (len(batch.pairs), batch.description) == (6, "6 approved")
    assert label.counts(sheet.id) == PairCounts(total=6, labeled=6)
    assert len(labels(store)) == 6
    undone = label.undo(sheet.id)
    assert undone is not None
    assert len(undone.pairs) == 6
    assert labels(store) == []


def test_what_makes_no_sense_in_one_batch_is_refused(label: LabelService, sheet: TrainingSheet, store: Store) -> None:
    pair, other = pair_of(label, sheet), pair_of(label, unlabeled_sheet(store, 1))
    with pytest.raises(InvalidInputError, match="more than once"):
        label.decide([Decision(pair.id, Verdict.APPROVE), Decision(pair.id, Verdict.FLAG)])
    with pytest.raises(InvalidInputError, match="different training sheets"):
        label.decide([Decision(pair.id, Verdict.APPROVE), Decision(other.id, Verdict.FLAG)])
    with pytest.raises(InvalidInputError):
        label.decide([])
    with pytest.raises(NotFoundError):
        label.decide([Decision("nobody", Verdict.FLAG)])


def test_a_decision_about_what_has_changed_since_is_refused_with_the_name(
    label: LabelService, sheet: TrainingSheet, store: Store
) -> None:
    seen = pair_of(label, sheet)
    say(LabelService(store, "bo"), seen, Verdict.REJECT, version=seen.version)
    with pytest.raises(ConflictError, match=r"by bo at \d{4}-.*It is now rejected"):
        say(label, seen, Verdict.APPROVE, version=seen.version)
    now = pair_of(label, sheet)
    assert say(label, now, Verdict.APPROVE, version=now.version).status is PairStatus.LABELED


def test_a_proposal_that_came_meanwhile_stops_only_who_would_approve_it_unseen(
    label: LabelService, sheet: TrainingSheet, store: Store
) -> None:
    seen = pair_of(label, sheet)
    with store.write() as connection:
        rows.change(connection, seen, proposal=NONE, version=seen.version + 1)
    with pytest.raises(ConflictError, match="proposed for item-1 while"):
        say(label, seen, Verdict.APPROVE, version=seen.version)
    assert say(label, seen, Verdict.EDIT, answer=MAJOR, version=seen.version).answer == MAJOR


def test_the_log_says_who_did_what_and_what_it_was_before(label: LabelService, sheet: TrainingSheet) -> None:
    pair = say(label, pair_of(label, sheet), Verdict.APPROVE)
    say(label, pair, Verdict.REJECT, reason="no")
    first, second = label.history(pair.id)
    assert (first.action, first.actor, second.action, second.reason) == ("approve", "ana", "reject", "no")
    assert first.before is not None and first.after is not None and second.before is not None
    assert (first.before["answer"], first.after["answer"], second.before["answer"]) == (None, MINOR, MINOR)
    assert (first.before["status"], first.after["status"]) == ("unlabeled", "labeled")
    assert first.batch_id < second.batch_id


def test_hostile_text_is_kept_not_crashed_on(label: LabelService, sheet: TrainingSheet) -> None:
    pair = say(label, pair_of(label, sheet), Verdict.REJECT, reason="\ud800\x1b]52;c;x\x07\0", notes="\udfff[bold]")
    assert pair.reject_reason == "\\ud800\x1b]52;c;x\x07\0"
    assert label.history(pair.id)[0].reason == pair.reject_reason


def test_two_people_deciding_at_once_lose_nothing(sheet: TrainingSheet, store: Store) -> None:
    ids = [row.id for row in LabelService(store, "x").open(sheet.id)]
    failures: list[Exception] = []

    def work(actor: str) -> None:
        try:
            for key in ids:
                LabelService(store, actor).decide([Decision(key, Verdict.EDIT, answer=MAJOR)])
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("ana", "bo")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [LabelService(store, "x").pair(key).version for key in ids] == [3] * 6
    assert [len(LabelService(store, "x").history(key)) for key in ids] == [2] * 6


# Counts and queue


def test_counts_are_the_sums_of_the_states(label: LabelService, store: Store) -> None:
    sheet, other = unlabeled_sheet(store, 9), unlabeled_sheet(store, 2)
    ids = [row.id for row in label.open(sheet.id)]
    verdicts = [Verdict.APPROVE, Verdict.APPROVE, Verdict.APPROVE, Verdict.REJECT, Verdict.FLAG, Verdict.FLAG]
    label.decide([Decision(key, verdict) for key, verdict in zip(ids, verdicts, strict=False)])
    assert label.counts(sheet.id) == PairCounts(total=9, unlabeled=3, labeled=3, rejected=1, flagged=2)
    result = Counter(row.status.value for row in label.open(sheet.id))
    assert result == {"unlabeled": 3, "labeled": 3, "rejected": 1, "flagged": 2}
    views = {view.sheet.id: view.counts for view in label.training_sheets()}
    assert views == {sheet.id: label.counts(sheet.id), other.id: PairCounts(total=2, unlabeled=2)}
    assert label.counts("nobody") == PairCounts()
    with store.write() as connection:
        connection.execute("DELETE FROM qa_pairs WHERE status = 'flagged'")
    assert label.counts(sheet.id).total == 7


def test_the_queue_is_a_list_of_what_passed_the_filter(label: LabelService, store: Store) -> None:
    sheet = unlabeled_sheet(store, 40)
    queue = label.open(sheet.id)
    assert [row.sequence for row in queue] == list(range(1, 41))
    assert [row.item_ref for row in queue[3:6]] == ["item-4", "item-5", "item-6"]
    assert (queue[-1].item_ref, queue[::-1][0].item_ref, queue[0].summary) == ("item-40", "item-40", "minor")
    with pytest.raises(IndexError):
        queue[40]
    label.decide([Decision(row.id, Verdict.APPROVE) for row in queue[:10]])
    assert queue[0].status is PairStatus.LABELED, "a row is as it is now"
    open_ones = label.open(sheet.id, QueueFilter(status=PairStatus.UNLABELED))
    assert [row.sequence for row in open_ones] == list(range(11, 41))
    assert open_ones.index_of(queue[10].id) == 0
    assert open_ones.index_of(queue[9].id) is None
    assert queue.index_of("nobody") is None
    assert len(label.open("nobody")) == 0
    assert len(label.open(sheet.id, QueueFilter(source=LabelingMode.FEEDBACK))) == 0


@pytest.mark.parametrize("sort", list(QueueSort))
@pytest.mark.parametrize(
    "target", [QueueFilter(), QueueFilter(text="shift 1"), QueueFilter(status=PairStatus.UNLABELED)]
)
def test_next_undecided_is_what_a_walk_through_the_list_finds(
    label: LabelService, store: Store, sort: QueueSort, target: QueueFilter
) -> None:
    sheet = unlabeled_sheet(store, 30)
    if sort is QueueSort.SIMILAR:
        target = replace(target, like="item-7")
    queue = label.open(sheet.id, target, sort)
    decided = [row for number, row in enumerate(queue) if number % 3]
    label.decide([Decision(row.id, Verdict.FLAG) for row in decided])
    states = [row.status for row in queue]
    for after in range(-1, len(queue)):
        order = [*range(after + 1, len(queue)), *range(after + 1)]
        expected = next(index for index in order if states[index] is PairStatus.UNLABELED)
        assert queue.next_undecided(after) == expected
    label.decide([Decision(row.id, Verdict.FLAG) for row in queue])
    assert queue.next_undecided(0) is None


def test_least_sure_comes_first_and_unknown_last(label: LabelService, store: Store) -> None:
    sheet = unlabeled_sheet(store, 20)
    with store.write() as connection:
        connection.execute("UPDATE qa_pairs SET confidence = NULL WHERE sequence_number = 1")
    result = [row.confidence for row in label.open(sheet.id, sort=QueueSort.LEAST_SURE)]
    known = [one for one in result if one is not None]
    assert known == sorted(known)
    assert result[-1] is None
    assert len(result) == 20


def test_a_gap_in_the_numbers_does_not_lose_rows(label: LabelService, store: Store) -> None:
    sheet = unlabeled_sheet(store, 10)
    with store.write() as connection:
        connection.execute("DELETE FROM qa_pairs WHERE sequence_number IN (1, 5)")
    queue = label.open(sheet.id)
    assert [row.sequence for row in queue] == [2, 3, 4, 6, 7, 8, 9, 10]
    assert [queue.index_of(row.id) for row in queue] == list(range(8))
    assert queue.next_undecided(2) == 3


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("ITEM-1", {"item-1", "item-10", "item-11", "item-12"}),
        ("shift 2", {"item-2", "item-5", "item-8", "item-11"}),
        ("torque", set()),  # the name of a field is not its value
        ("severity", set()),
        ("100%_", {"item-3"}),
        ('say "hi"', {"item-4"}),
        ("line\nend", {"item-4"}),
        ("major", {"item-3"}),
        ("\ud800", set()),
    ],
)
def test_search_looks_into_names_values_answers_and_notes(
    label: LabelService, store: Store, text: str, result: set[str]
) -> None:
    sheet = unlabeled_sheet(store, 12)
    third, fourth = pair_of(label, sheet, 3), pair_of(label, sheet, 4)
    say(label, third, Verdict.EDIT, answer=MAJOR, notes="100%_ sure")
    with store.write() as connection:
        rows.change(connection, fourth, source_data={"note": 'say "hi"\nline\nend'})
    assert {row.item_ref for row in label.open(sheet.id, QueueFilter(text=text))} == result


def test_pairs_come_in_the_order_asked_for(label: LabelService, sheet: TrainingSheet) -> None:
    ids = [row.id for row in label.open(sheet.id)][::-1]
    assert [pair.id for pair in label.pairs(ids)] == ids
    assert label.pairs([]) == []
    with pytest.raises(NotFoundError):
        label.pairs([*ids, "nobody"])


def test_the_next_unlabeled_pair(label: LabelService, sheet: TrainingSheet) -> None:
    first = label.next_unlabeled(sheet.id)
    assert first is not None and first.sequence_number == 1
    say(label, first, Verdict.FLAG)
    following = label.next_unlabeled(sheet.id)
    assert following is not None and following.sequence_number == 2
    assert label.next_unlabeled(sheet.id, 6) is None


# In and out


def test_export_is_chat_of_what_may_be_trained_on(label: LabelService, sheet: TrainingSheet, store: Store) -> None:
    ids = [row.id for row in label.open(sheet.id)]
    label.decide([Decision(ids[0], Verdict.APPROVE), Decision(ids[1], Verdict.EDIT, answer=MAJOR)])
    label.decide([Decision(ids[2], Verdict.REJECT), Decision(ids[3], Verdict.APPROVE)])
    with store.write() as connection:
        rows.change(connection, label.pair(ids[3]), prohibited_uses=["training"])
    lines = list(label.export(sheet.id))
    assert [json.loads(line["messages"][-1]["content"]) for line in lines] == [MINOR, MAJOR]
    assert lines[0]["messages"][0] == {"role": "user", "content": "41"}
    assert lines[0]["metadata"] == {"item_ref": "item-1"}


def test_a_file_of_decisions_is_one_batch(label: LabelService, sheet: TrainingSheet, tmp_path: Path) -> None:
    ids = [row.id for row in label.open(sheet.id)]
    file = tmp_path / "decisions.jsonl"
    lines = [
        {"item_ref": "item-1", "verdict": "approve"},
        {"pair": ids[1], "verdict": "edit", "answer": MAJOR, "notes": "deep"},
        {"item_ref": "item-3", "verdict": "reject", "reason": "blurred"},
        {"item_ref": "item-4", "answer": NONE},
        {"item_ref": "item-5"},
    ]
    file.write_text("\n".join(map(json.dumps, lines)) + "\n\n", encoding="utf-8")
    batch = label.apply_file(sheet.name, file)
    assert [pair.answer for pair in batch.pairs] == [MINOR, MAJOR, None, NONE, MINOR]
    assert batch.description == "2 approved, 2 edited, 1 rejected"
    assert label.counts(sheet.id) == PairCounts(total=6, unlabeled=1, labeled=4, rejected=1)
    label.undo(sheet.id)
    assert label.counts(sheet.id) == PairCounts(total=6, unlabeled=6)


def test_csv_answers_stand_field_by_field_or_as_json(label: LabelService, sheet: TrainingSheet, tmp_path: Path) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text("\ufeffitem_ref,severity,depth,notes\nitem-1,Major,2.50,\nitem-2, none ,,odd\n", encoding="utf-8")
    assert [pair.answer for pair in label.apply_file(sheet.id, file).pairs] == [
        {"severity": "major", "depth": 2.5},
        NONE,
    ]
    file.write_text('item_ref,verdict,answer\nitem-3,edit,"{""severity"": ""minor""}"\n', encoding="utf-8")
    assert label.apply_file(sheet.id, file).pairs[0].answer == MINOR


def test_every_bad_line_is_named_and_nothing_is_half_done(
    label: LabelService, sheet: TrainingSheet, tmp_path: Path
) -> None:
    file = tmp_path / "decisions.jsonl"
    file.write_text(
        '{"item_ref": "item-1", "verdict": "approve"}\n'
        "{not json\n"
        '{"item_ref": "item-2", "verdict": "maybe"}\n'
        '{"item_ref": "item-77"}\n'
        '{"item_ref": "item-3", "answer": {"severity": "worst"}}\n'
        '{"item_ref": "item-1"}\n'
        '{"verdict": "approve"}\n'
        '{"item_ref": "item-4", "verdict": "unflag"}\n'
        '{"item_ref": "item-5", "verdikt": "approve"}\n'
        "[1]\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidInputError) as refused:
        label.apply_file(sheet.id, file)
    message = refused.value.what
    assert [f"line {number}: " in message for number in range(1, 11)] == [False] + [True] * 9
    assert "already decided in line 1" in message
    assert "line 2: it is not JSON: at character 2 a name in double quotes is missing" in message
    assert label.counts(sheet.id) == PairCounts(total=6, unlabeled=6)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00", b"item_ref\n"])
def test_files_without_decisions_are_refused(
    label: LabelService, sheet: TrainingSheet, tmp_path: Path, content: bytes
) -> None:
    for suffix in ("jsonl", "csv"):
        file = tmp_path / f"decisions.{suffix}"
        file.write_bytes(content)
        with pytest.raises(InvalidInputError):
            label.apply_file(sheet.id, file)
    with pytest.raises(InvalidInputError):
        label.apply_file(sheet.id, tmp_path / "missing.csv")
