"""Hints: what is unsure, suspicious or double, why, and how hints go away."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from builders.defects import DEPTH_SCHEMA, add_pairs, change_pair, find_pair, labeled_sheet, part, truth
from ontos_tui.domain.errors import InvalidInputError, JobCancelledError, NotFoundError
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.labeling import Hint, HintKind, is_blind
from ontos_tui.domain.records.pairs import Event, QAPair, TrainingSheet, Verdict
from ontos_tui.domain.rules.states import JobStatus, PairStatus
from ontos_tui.services.label.hints.active_learning import OpenPair, rank_pairs
from ontos_tui.services.label.hints.service import HintReport
from ontos_tui.services.label.service import Decision, QueueFilter, QueueSort
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.worker.work import WORK
from ontos_tui.workspace import Workspace

UNSURE, SUSPECT, DUPLICATE = HintKind.UNSURE, HintKind.SUSPECT, HintKind.DUPLICATE
OPEN = {"status": PairStatus.UNLABELED, "answer": None, "reviewed_by": "", "reviewed_at": None}
WRONG = {"crack": "scratch", "scratch": "none", "none": "crack"}


def all_hints(workspace: Workspace, sheet: TrainingSheet, kind: HintKind) -> dict[str, Hint]:
    """The stored hints, by the name of the item."""
    with workspace.store.read() as connection:
        names = {pair.id: pair.item_ref for pair in rows.find(connection, QAPair, equal(training_sheet_id=sheet.id))}
        hints = rows.find(connection, Hint, equal(training_sheet_id=sheet.id, kind=kind))
    return {names[hint.pair_id]: hint for hint in hints}


def flip(workspace: Workspace, sheet: TrainingSheet, *numbers: int) -> list[str]:
    """Label these parts wrongly; gives their names."""
    for number in numbers:
        wrong = {**truth(number), "defect": WRONG[truth(number)["defect"]]}
        change_pair(workspace.store, sheet, f"P{number:04d}", answer=wrong)
    return [f"P{number:04d}" for number in numbers]


# Suspects


def test_labels_that_were_changed_on_purpose_are_found(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 300)
    wrong = set(flip(workspace, sheet, *random.Random(3).sample(range(300), 15)))
    report = workspace.label.hints.compute(sheet.id, [SUSPECT])
    result = all_hints(workspace, sheet, SUSPECT)
    assert report.counts == {SUSPECT: len(result)}
    assert "5-fold cross-validated extra trees" in report.engines[SUSPECT]
    assert len(wrong & result.keys()) >= 0.8 * len(wrong)  # measured: all
    assert len(wrong & result.keys()) >= 0.8 * len(result)
    best = [row.item_ref for row in workspace.label.queue.open(sheet.id, sort=QueueSort.SUSPECT)[:10]]
    assert set(best) <= wrong
    name = best[0]
    label, right = find_pair(workspace.store, sheet, name).answer or {}, truth(int(name[1:]))
    reason = result[name].reason
    assert reason.startswith(f"models trained without it say {right['defect']} (")
    assert f"the label says {label['defect']} (" in reason


def test_too_few_labels_are_refused_with_what_there_is(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 20)
    report = workspace.label.hints.compute(sheet.id, [SUSPECT])
    assert "crack 7, scratch 7, none 6" in report.skipped[SUSPECT]
    assert "at least 30" in report.skipped[SUSPECT]
    assert (report.counts[SUSPECT], report.engines) == (0, {})


def test_a_rare_class_is_not_judged_and_said_so(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    for number in (1, 4, 7):
        change_pair(workspace.store, sheet, f"P{number:04d}", answer={"defect": "none", "severe": True})
    add_pairs(workspace.store, sheet, range(60, 63), {"defect": "dent", "severe": False})  # no longer a choice
    report = workspace.label.hints.compute(sheet.id, [SUSPECT])
    assert report.notes[SUSPECT] == ("3 labels without a usable defect were skipped",)
    few = labeled_sheet(workspace.store, 0, name="Few")
    add_pairs(workspace.store, few, range(60), {"defect": "crack", "severe": True})
    add_pairs(workspace.store, few, range(60, 63), {"defect": "scratch", "severe": True})
    assert "too few labels" in workspace.label.hints.compute(few.id, [SUSPECT]).skipped[SUSPECT]


def test_groups_are_never_split_between_learning_and_judging(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 100, group_column="batch")
    assert workspace.label.hints.compute(sheet.id, [SUSPECT]).counts == {
        SUSPECT: len(all_hints(workspace, sheet, SUSPECT))
    }
    alone = labeled_sheet(workspace.store, 0, name="Alone", group_column="line")
    add_pairs(workspace.store, alone, range(100))
    assert "from only 2 groups" in workspace.label.hints.compute(alone.id, [SUSPECT]).skipped[SUSPECT]


def test_held_out_labels_are_judged_too_and_never_learned_from(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 120)
    held = {"allowed_uses": ["evaluation"]}
    add_pairs(workspace.store, sheet, range(120, 150), **held)
    (wrong,) = flip(workspace, sheet, 130)
    add_pairs(workspace.store, sheet, range(150, 160), prohibited_uses=["training", "evaluation"])
    report = workspace.label.hints.compute(sheet.id, [SUSPECT])
    result = all_hints(workspace, sheet, SUSPECT)
    assert result[wrong].reason.startswith("models trained on the others say")
    assert "120 labels" in report.engines[SUSPECT]
    assert report.notes[SUSPECT] == (
        "10 labels were not checked: they are allowed neither for training nor for evaluation",
    )


def test_an_answer_without_classes_gets_no_suspects(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 0, output_schema=DEPTH_SCHEMA)
    add_pairs(workspace.store, sheet, range(50), {"depth": 1.5})
    assert "no field with classes" in workspace.label.hints.compute(sheet.id, [SUSPECT]).skipped[SUSPECT]


# Going away


def test_a_dismissed_suspect_comes_back_only_for_another_label(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 150)
    (wrong,) = flip(workspace, sheet, 42)
    workspace.label.hints.compute(sheet.id, [SUSPECT])
    pair = find_pair(workspace.store, sheet, wrong)
    assert [hint.kind for hint in workspace.label.hints.for_pairs([pair.id])[pair.id]] == [SUSPECT]
    workspace.label.hints.dismiss(pair.id, SUSPECT, "I looked twice \ud800")
    assert workspace.label.hints.for_pairs([pair.id]) == {}
    event = workspace.label.queue.history(pair.id)[-1]
    assert (event.action, event.actor, event.scope_id) == ("dismiss_hint", "ana", sheet.id)
    assert event.before is not None
    assert "models trained without it" in event.before["hint_reason"]
    workspace.label.hints.compute(sheet.id, [SUSPECT])
    assert workspace.label.hints.for_pairs([pair.id]) == {}
    change_pair(workspace.store, sheet, wrong, answer={"defect": "scratch", "severe": False})
    workspace.label.hints.compute(sheet.id, [SUSPECT])
    assert pair.id in workspace.label.hints.for_pairs([pair.id])
    with pytest.raises(NotFoundError):
        workspace.label.hints.dismiss(pair.id, UNSURE)


def test_deciding_about_a_suspect_again_settles_it(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 150)
    flip(workspace, sheet, 42)
    workspace.label.hints.compute(sheet.id, [SUSPECT])
    pair = find_pair(workspace.store, sheet, "P0042")
    before = workspace.label.hints.counts(sheet.id)[SUSPECT]
    workspace.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=dict(pair.answer or {}), notes="it is so")])
    assert workspace.label.hints.counts(sheet.id)[SUSPECT] == before - 1
    for _ in range(2):
        workspace.label.hints.compute(sheet.id, [SUSPECT])
        assert workspace.label.hints.for_pairs([pair.id]) == {}
    events = [event for event in workspace.label.queue.history(pair.id) if event.action == "dismiss_hint"]
    assert [event.reason for event in events] == ["decided again after the hint was made"]
    workspace.label.queue.undo(sheet.id)  # a dismissal is no decision: the decision is what goes


def test_hints_are_replaced_as_a_whole_and_cleared_by_kind(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 150)
    add_pairs(workspace.store, sheet, range(150, 160), **OPEN)
    flip(workspace, sheet, 42)
    workspace.label.hints.compute(sheet.id)
    first = all_hints(workspace, sheet, SUSPECT)["P0042"]
    workspace.label.hints.compute(sheet.id)
    again = all_hints(workspace, sheet, SUSPECT)
    assert (again["P0042"].reason, again["P0042"].id != first.id) == (first.reason, True)
    counts = workspace.label.hints.counts(sheet.id)
    assert (counts[UNSURE], counts[HintKind.DISAGREED]) == (10, 0)
    assert workspace.label.hints.clear(sheet.id, SUSPECT) == len(again)
    assert workspace.label.hints.counts(sheet.id) == {**counts, SUSPECT: 0}
    workspace.label.hints.clear(sheet.id)
    assert set(workspace.label.hints.counts(sheet.id).values()) == {0}
    with workspace.store.read() as connection:
        cleared = rows.find(connection, Event, equal(action="clear_hints"))
    assert next(event.before for event in cleared) == {"hints": "suspect", "count": len(again)}


def test_what_can_no_longer_be_made_does_not_stay(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 36)
    flip(workspace, sheet, 5)
    workspace.label.hints.compute(sheet.id, [SUSPECT])
    assert all_hints(workspace, sheet, SUSPECT)
    for number in range(10):
        change_pair(workspace.store, sheet, f"P{number:04d}", **OPEN)
    assert SUSPECT in workspace.label.hints.compute(sheet.id, [SUSPECT]).skipped
    assert all_hints(workspace, sheet, SUSPECT) == {}


def test_the_settings_turn_kinds_off(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONTOS_HINTS", '["duplicate"]')
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 40)
        assert workspace.label.hints.compute(sheet.id).counts.keys() == {DUPLICATE}
        assert workspace.label.hints.compute(sheet.id, [SUSPECT]).counts.keys() == {SUSPECT}
    monkeypatch.setenv("ONTOS_HINTS", "[]")
    with Workspace(home) as workspace, pytest.raises(InvalidInputError):
        workspace.label.hints.compute(sheet.id)


# Least sure


def test_the_newest_model_says_what_it_wavers_about(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 90)
    workspace.train.models.run({"training_sheet_id": sheet.id, "base_model": "extra_trees"}, "j1", NoProgress())
    add_pairs(workspace.store, sheet, range(90, 120), **OPEN)
    (between,) = add_pairs(workspace.store, sheet, range(120, 121), **OPEN, source_data={**part(120), "voltage": 5.0})
    report = workspace.label.hints.compute(sheet.id, [UNSURE])
    result = all_hints(workspace, sheet, UNSURE)
    assert (report.counts[UNSURE], report.engines[UNSURE].startswith("defects v1 (scikit-learn")) == (31, True)
    assert max(result.values(), key=lambda hint: hint.score).pair_id == between.id
    assert result[between.item_ref].reason.startswith("defects v1 is undecided: ")
    assert "crack" in result[between.item_ref].reason
    assert workspace.label.queue.open(sheet.id, sort=QueueSort.LEAST_SURE)[0].id == between.id
    at_random = [hint for hint in result.values() if hint.reason.startswith("picked at random")]
    assert len(at_random) == 6
    assert all(0.0 <= hint.score <= 1.0 for hint in result.values())
    workspace.label.queue.decide([Decision(between.id, Verdict.EDIT, answer=truth(0))])
    assert workspace.label.hints.counts(sheet.id)[UNSURE] == 30
    assert workspace.label.hints.for_pairs([between.id]) == {}


def test_without_a_model_today_s_labels_judge_and_without_labels_the_proposals(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    add_pairs(workspace.store, sheet, range(60, 70), **OPEN, proposal={"defect": "none"}, confidence=0.25)
    report = workspace.label.hints.compute(sheet.id, [SUSPECT, UNSURE])
    assert "cross-validated" in report.engines[UNSURE]
    assert any("a model of 60 labels" in hint.reason for hint in all_hints(workspace, sheet, UNSURE).values())

    bare = labeled_sheet(workspace.store, 3, name="Bare")
    add_pairs(workspace.store, bare, range(3, 9), **OPEN, proposal={"defect": "none"}, confidence=0.25)
    add_pairs(workspace.store, bare, range(9, 10), **OPEN)
    report = workspace.label.hints.compute(bare.id, [UNSURE])
    hints = all_hints(workspace, bare, UNSURE)
    assert report.engines[UNSURE] == "confidence as stated by what proposed the answers"
    assert "1 undecided pairs without a confidence got no hint" in report.notes[UNSURE]
    assert [hint.score for hint in hints.values()] == [pytest.approx(0.75)] * 6
    assert all("its proposal is 25 % sure" in hint.reason for hint in hints.values())

    silent = labeled_sheet(workspace.store, 3, name="NoProgress")
    add_pairs(workspace.store, silent, range(3, 9), **OPEN)
    report = workspace.label.hints.compute(silent.id, [UNSURE])
    assert "too few labels" in report.skipped[UNSURE]
    assert "No proposal has a confidence" in report.skipped[UNSURE]


def test_a_model_whose_file_is_gone_is_told_and_today_s_labels_judge(workspace: Workspace, home: Path) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    add_pairs(workspace.store, sheet, range(60, 70), **OPEN)
    model = workspace.train.models.run({"training_sheet_id": sheet.id, "base_model": "nearest"}, "j1", NoProgress())
    (home / model.artifact / "model.skops").write_bytes(b"no model")
    report = workspace.label.hints.compute(sheet.id, [UNSURE])
    assert "cross-validated" in report.engines[UNSURE]
    assert report.notes[UNSURE][0].startswith("defects v1 could not answer: ")


def test_a_hint_does_not_tell_what_is_hidden(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    pairs = add_pairs(workspace.store, sheet, range(60, 100), **OPEN)
    workspace.label.hints.compute(sheet.id, [UNSURE])
    with workspace.store.write() as connection:
        rows.change(connection, sheet, blind_share=0.5)
    blind = {pair.id for pair in pairs if is_blind(sheet.id, pair.item_ref, 0.5)}
    assert 0 < len(blind) < len(pairs)
    for pair_id, hints in workspace.label.hints.for_pairs([pair.id for pair in pairs]).items():
        assert any(word in hints[0].reason for word in ("crack", "scratch", "none ")) is (pair_id not in blind)


def test_every_open_pair_has_its_place_once_and_the_draw_stays_the_same(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    add_pairs(workspace.store, sheet, range(60, 100), **OPEN)
    drawn = []
    for _ in range(2):
        workspace.label.hints.compute(sheet.id, [UNSURE])
        result = all_hints(workspace, sheet, UNSURE)
        assert len(result) == 40
        drawn.append({name for name, hint in result.items() if hint.reason.startswith("picked at random")})
    assert len(drawn[0]) == 8
    assert drawn[0] == drawn[1]


def test_the_least_sure_of_each_kind_come_before_the_second_ones() -> None:
    pairs = [OpenPair(str(place), f"item {place}", {}, None) for place in range(60)]
    unsure = np.linspace(0.9, 0.8, 60)  # the first ten are of one kind, the rest of six others
    placed = rank_pairs(
        "sheet", pairs, unsure, ["doubt"] * 60, lambda places: [0 if place < 10 else place % 6 for place in places]
    )
    at_random = [one for one in placed if one.reason.startswith("picked at random")]
    assert [placed.index(one) for one in at_random] == list(range(4, 60, 5))
    chosen = [int(one.pair_id) for one in placed if one not in at_random]
    assert chosen[0] == 0
    assert {place for place in chosen[:4] if place < 10} == {0}
    scores = [one.score for one in placed]
    assert scores == sorted(set(scores), reverse=True)
    assert sorted(int(one.pair_id) for one in placed) == list(range(60))
    later = [one.reason for one in placed if one not in at_random and "similar" in one.reason]
    assert later[0] == "doubt; a similar one comes before it"


# Near-duplicates


def twins(workspace: Workspace, answers: list[dict[str, Any] | None]) -> tuple[TrainingSheet, list[QAPair]]:
    """A sheet of 40 parts, of which one happens to be near the first, and twins of the first, labeled so."""
    sheet = labeled_sheet(workspace.store, 40)
    created = []
    for number, answer in enumerate(answers, 40):
        columns: dict[str, Any] = {"answer": answer} if answer else dict(OPEN)
        created += add_pairs(workspace.store, sheet, range(number, number + 1), **columns, source_data=part(0))
    return sheet, created


def test_groups_give_what_may_be_labeled_at_once(workspace: Workspace) -> None:
    sheet, created = twins(workspace, [None, None, truth(0)])
    workspace.label.hints.compute(sheet.id, [DUPLICATE])
    group = next(group for group in workspace.label.hints.groups(sheet.id) if created[0].id in group.undecided)
    assert group.undecided == (created[0].id, created[1].id)
    assert (dict(group.labels), group.conflict) == ({"crack": 3}, False)
    assert {created[2].item_ref, "P0000"} < {member.item_ref for member in group.members}
    reasons = {member.item_ref: member.reason for member in group.members}
    assert reasons[created[0].item_ref] == "same as P0000 in all compared fields"
    answers = [Decision(pair_id, Verdict.EDIT, answer=truth(0)) for pair_id in group.undecided]
    workspace.label.queue.decide(answers)
    assert all(pair.id not in group.undecided for group in workspace.label.hints.groups(sheet.id) for pair in created)


def test_twins_with_different_labels_come_first_and_are_suspects(workspace: Workspace) -> None:
    wrong = {"defect": "none", "severe": False}
    sheet, created = twins(workspace, [truth(0), wrong, None])
    workspace.label.hints.compute(sheet.id, [DUPLICATE, SUSPECT])
    group = workspace.label.hints.groups(sheet.id)[0]
    assert (group.conflict, dict(group.labels)) == (True, {"crack": 3, "none": 1})
    reason = all_hints(workspace, sheet, SUSPECT)[created[1].item_ref].reason
    assert "P0000, nearly the same item, is labeled crack, this one none" in reason
    assert created[0].item_ref not in all_hints(workspace, sheet, SUSPECT)


def test_twins_are_suspects_even_where_labels_are_too_few_for_a_model(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 4)
    add_pairs(workspace.store, sheet, range(4, 5), {"defect": "none"}, source_data=part(0))
    report = workspace.label.hints.compute(sheet.id, [DUPLICATE, SUSPECT])
    assert all_hints(workspace, sheet, SUSPECT).keys() == {"P0000", "P0004"}
    assert "too few labels" in report.notes[SUSPECT][0]
    assert report.engines[SUSPECT] == "labels of near-duplicates"


def test_a_dismissed_near_duplicate_leaves_its_group_whatever_its_label(workspace: Workspace) -> None:
    sheet, created = twins(workspace, [None, None])
    workspace.label.hints.compute(sheet.id, [DUPLICATE])
    workspace.label.hints.dismiss(created[0].id, DUPLICATE)
    change_pair(workspace.store, sheet, created[0].item_ref, answer=truth(0), status=PairStatus.LABELED)
    workspace.label.hints.compute(sheet.id, [DUPLICATE])
    members = {member.pair_id for group in workspace.label.hints.groups(sheet.id) for member in group.members}
    assert (created[0].id in members, created[1].id in members) == (False, True)


def test_the_second_of_two_twins_comes_later(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    fields = {**part(60), "voltage": 5.0}
    pair = add_pairs(workspace.store, sheet, range(60, 62), **OPEN, source_data=fields)
    add_pairs(workspace.store, sheet, range(62, 64), **OPEN)
    workspace.label.hints.compute(sheet.id, [DUPLICATE, UNSURE])
    result = all_hints(workspace, sheet, UNSURE)
    first, second = (result[one.item_ref] for one in pair)
    assert second.score == pytest.approx(first.score / 2)
    assert second.reason.endswith(f"{pair[0].item_ref}, nearly the same, comes first")


# As a job, and stopped


def test_a_job_makes_the_same_hints(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    flip(workspace, sheet, 5)
    job = workspace.label.hints.submit(sheet.id, [SUSPECT, UNSURE])
    ended = workspace.jobs.wait(job.id, timeout=120)
    assert ended.status is JobStatus.SUCCEEDED, ended.error
    assert ended.result["counts"]["suspect"] == workspace.label.hints.counts(sheet.id)[SUSPECT] > 0
    assert ended.result["skipped"] == {
        "unsure": "All pairs are decided. Hints about unsure pairs need undecided pairs."
    }
    assert "no unsure: All pairs are decided" in ended.message
    assert job.kind in WORK


class StopAt:
    """Progress that stops the work at the first message that holds a word."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.seen: list[tuple[int, int]] = []

    def update(self, done: int, total: int, message: str = "") -> None:
        self.seen.append((done, total))
        if self.word in message:
            raise JobCancelledError("stopped")


def test_what_is_stopped_leaves_the_former_hints(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    flip(workspace, sheet, 5)
    workspace.label.hints.compute(sheet.id, [SUSPECT])
    before = all_hints(workspace, sheet, SUSPECT)
    progress = StopAt("model 3 of 5")
    with pytest.raises(JobCancelledError):
        workspace.label.hints.compute(sheet.id, [DUPLICATE, SUSPECT], progress=progress)
    assert all_hints(workspace, sheet, SUSPECT) == before
    assert progress.seen == sorted(progress.seen)
    assert progress.seen[-1][0] < progress.seen[-1][1] == 200


def test_hostile_data_is_compared_and_told(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 40)
    odd = {"part": "\x00", "voltage": float("nan"), "line": "\x1b]52;c;\x07 \ud800 [b]", "batch": [1, {"a": None}]}
    add_pairs(workspace.store, sheet, range(40, 46), **OPEN, source_data=odd)
    add_pairs(workspace.store, sheet, range(46, 48), **OPEN, source_data={})
    report = workspace.label.hints.compute(sheet.id)
    assert report.skipped == {}
    assert workspace.label.hints.counts(sheet.id)[UNSURE] == 8
    assert any(len(group.members) == 6 for group in workspace.label.hints.groups(sheet.id))


def test_an_empty_training_sheet_says_so_for_every_kind(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 0)
    report = workspace.label.hints.compute(sheet.id, list(HintKind))
    assert isinstance(report, HintReport)
    assert report.skipped.keys() == set(HintKind)
    assert set(workspace.label.hints.counts(sheet.id).values()) == {0}
    assert workspace.label.hints.groups(sheet.id) == []
    assert len(workspace.label.queue.open(sheet.id, QueueFilter(hint=UNSURE))) == 0
    assert report.seconds >= 0
