"""Agreement of a job's people, what they dispute, and the last word about it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.severity import MAJOR, MINOR, NONE, unlabeled_sheet
from builders.votes import labeling_job, vote
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.labeling import Hint, HintKind
from ontos_tui.domain.records.pairs import CanonicalLabel, Event, QAPair, Verdict
from ontos_tui.domain.rules.agreement import ALPHA, FEW_ITEMS, NO_ITEMS, ONE_ANSWER, Scale
from ontos_tui.domain.rules.states import PairStatus, ReviewVerdict
from ontos_tui.domain.schema import answer_fields
from ontos_tui.services.label.decisions import Decision
from ontos_tui.services.label.labeling_jobs.agreement import AgreementService, scale_of
from ontos_tui.services.label.queue import QueueFilter, QueueSort
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store
from ontos_tui.workspace import Workspace


def _pair(store: Store, sheet_id: str | None, ref: str) -> QAPair:
    with store.read() as connection:
        pair = rows.find_one(connection, QAPair, equal(training_sheet_id=sheet_id, item_ref=ref))
    assert pair is not None
    return pair


def test_two_people_agree_field_by_field_and_as_a_whole(workspace: Workspace) -> None:
    job = labeling_job(workspace, 4)
    vote(workspace, "ben", job, {"item-1": MAJOR, "item-2": {"severity": "major", "depth": 2.5}, "item-4": NONE})
    vote(workspace, "eva", job, {"item-1": MAJOR, "item-2": MAJOR, "item-4": MINOR})
    result = workspace.label.agreement.of_job(job.id)
    assert (result.raters, result.items) == (("ben", "eva"), 4)
    assert result.whole.measure == ALPHA
    assert result.whole.percent == 0.5, "item-1 and item-3 are the same in everything"
    # By hand: ben MAJOR, 2.5, minor, none; eva MAJOR, MAJOR, minor, minor: values 3, 1, 3, 1 of 8, two units apart.
    assert result.whole.value == pytest.approx(1 - 7 * (2 + 2) / (64 - 9 - 1 - 9 - 1))
    severity = result.fields["severity"]
    assert severity.percent == 0.75
    assert severity.value == pytest.approx(1 - 7 * 2 / (64 - 16 - 9 - 1))
    depth = result.fields["depth"]
    assert (depth.scale, depth.items) == (Scale.INTERVAL, 2), "a depth that is not given has no place on its scale"
    assert depth.value == pytest.approx(1 - 3 * 2 / (2 * (4 * (3 * 1.5**2 + 2.5**2) - (3 * 1.5 + 2.5) ** 2)))
    assert (severity.low, severity.high, severity.why) == (None, None, FEW_ITEMS)
    (pair,) = result.pairs
    assert (pair.a, pair.b, pair.items, pair.percent) == ("ben", "eva", 4, 0.5)
    assert pair.kappa == pytest.approx((0.5 - 4 / 16) / (1 - 4 / 16))


def test_without_two_people_there_is_no_number_but_a_reason(workspace: Workspace) -> None:
    job = labeling_job(workspace, 3)
    result = workspace.label.agreement.of_job(job.id)
    assert (result.raters, result.items, result.pairs) == ((), 0, ())
    assert (result.whole.value, result.whole.why) == (None, NO_ITEMS)
    vote(workspace, "ben", job, {"item-1": MAJOR})
    assert workspace.label.agreement.of_job(job.id).fields["severity"].why == NO_ITEMS
    assert workspace.label.agreement.disagreements(job.id) == []


def test_one_answer_only_is_no_perfect_agreement(workspace: Workspace) -> None:
    job = labeling_job(workspace, 3)
    for name in ("ben", "eva"):
        vote(workspace, name, job, {})
    result = workspace.label.agreement.of_job(job.id)
    assert (result.whole.value, result.whole.percent, result.whole.why) == (None, 1.0, ONE_ANSWER)
    assert (result.pairs[0].kappa, result.pairs[0].why) == (None, ONE_ANSWER)


def test_answers_that_wait_for_a_review_do_not_count_yet(workspace: Workspace) -> None:
    job = labeling_job(workspace, 3, needs_review=True)
    first = vote(workspace, "ben", job, {"item-1": MAJOR})
    second = vote(workspace, "eva", job, {})
    assert workspace.label.agreement.of_job(job.id).items == 0
    for task in (first, second):
        workspace.label.jobs.review(task.id, ReviewVerdict.APPROVE)
    assert workspace.label.agreement.of_job(job.id).items == 3
    assert [one.item_ref for one in workspace.label.agreement.disagreements(job.id)] == ["item-1"]


def test_disagreements_tell_who_said_what_the_most_disputed_first(workspace: Workspace) -> None:
    job = labeling_job(workspace, 5, overlap=3)
    vote(workspace, "ben", job, {"item-2": MAJOR, "item-3": MAJOR, "item-4": "blurred"})
    vote(workspace, "eva", job, {"item-3": NONE, "item-4": "out of focus"})
    vote(workspace, "kim", job, {"item-4": "blurred", "item-5": None})
    result = workspace.label.agreement.disagreements(job.id)
    assert [one.item_ref for one in result] == ["item-3", "item-2", "item-5"], "all reject item-4: that is agreement"
    assert [round(one.disagreement_rate, 2) for one in result] == [1.0, 0.67, 0.67]
    first = result[0]
    assert (first.fields, first.label, first.resolved) == (("severity", "depth"), None, False)
    assert first.source_data == {"torque": 43, "note": "shift 0"}
    said = [(vote.actor, vote.status, vote.answer, vote.notes) for vote in first.votes]
    assert said == [
        ("ben", PairStatus.LABELED, MAJOR, "by ben"),
        ("eva", PairStatus.LABELED, NONE, "by eva"),
        ("kim", PairStatus.LABELED, MINOR, ""),
    ]
    assert result[2].fields == (), "who flags gives no other answer, but leaves it open"
    assert result[2].votes[2].status is PairStatus.FLAGGED


def test_a_flag_asks_for_the_last_word_even_alone(workspace: Workspace) -> None:
    job = labeling_job(workspace, 2, overlap=1)
    vote(workspace, "ben", job, {"item-1": None})
    (one,) = workspace.label.agreement.disagreements(job.id)
    assert (one.item_ref, one.disagreement_rate, one.fields) == ("item-1", 0.0, ())
    workspace.label.agreement.adjudicate(job.id, "item-1", NONE)
    assert workspace.label.agreement.disagreements(job.id) == []


def test_gold_is_no_vote(workspace: Workspace) -> None:
    sheet = unlabeled_sheet(workspace.store, 5)
    known = {"sheet_id": sheet.sheet_id, "item_ref": "item-1", "label_type": "severity", "source": "ground_truth"}
    with workspace.store.write() as connection:
        rows.add(connection, CanonicalLabel(label_data=MAJOR, **known))
    job = labeling_job(workspace, sheet=sheet, gold_share=0.1)
    vote(workspace, "ben", job, {"item-1": NONE, "item-2": NONE})
    vote(workspace, "eva", job, {})
    assert workspace.label.agreement.of_job(job.id).items == 4
    assert [one.item_ref for one in workspace.label.agreement.disagreements(job.id)] == ["item-2"]
    with pytest.raises(NotFoundError, match="No finished task"):
        workspace.label.agreement.adjudicate(job.id, "item-1", MINOR)


def test_the_last_word_becomes_the_label_and_approves_the_pair(workspace: Workspace) -> None:
    job = labeling_job(workspace, 3)
    vote(workspace, "ben", job, {"item-2": MAJOR})
    vote(workspace, "eva", job, {})
    assert _pair(workspace.store, job.training_sheet_id, "item-1").status is PairStatus.LABELED, "they agreed"
    assert _pair(workspace.store, job.training_sheet_id, "item-2").status is PairStatus.UNLABELED
    label = workspace.label.agreement.adjudicate(job.id, "item-2", MAJOR, " seen in the lab ")
    assert (label.label_data, label.source, label.notes) == (MAJOR, "adjudication", "seen in the lab")
    assert (label.created_by, label.training_sheet_id) == ("ana", job.training_sheet_id)
    pair = _pair(workspace.store, job.training_sheet_id, "item-2")
    assert (pair.status, pair.answer, pair.canonical_label_id) == (PairStatus.LABELED, MAJOR, label.id)
    assert workspace.label.agreement.disagreements(job.id) == []
    (stored,) = workspace.label.agreement.disagreements(job.id, resolved=True)
    assert (stored.resolved, stored.label, len(stored.votes)) == (True, label, 2)
    with workspace.store.read() as connection:
        (event,) = rows.find(connection, Event, equal(action="adjudicate"))
    assert (event.actor, event.scope_id, event.after, event.reason) == (
        "ana",
        job.id,
        {"item_ref": "item-2", "answer": MAJOR, "scope_id": job.training_sheet_id},
        "seen in the lab",
    )
    again = workspace.label.agreement.adjudicate(job.id, "item-2", NONE)
    assert (again.id, again.version, again.label_data) == (label.id, 2, NONE)
    assert [one.label_data for one in workspace.label.canonical_labels.versions(label.id)] == [MAJOR]
    assert workspace.label.agreement.of_job(job.id).whole.percent == pytest.approx(2 / 3), "the votes stay as they are"


def test_what_already_says_so_is_resolved_by_the_last_word_too(workspace: Workspace) -> None:
    sheet = unlabeled_sheet(workspace.store, 2)
    first = workspace.label.queue.open(sheet.id)[0]
    workspace.label.queue.decide([Decision(first.id, Verdict.EDIT, answer=MAJOR)])
    job = labeling_job(workspace, sheet=sheet)
    assert job.total_items == 1, "what has a label is not asked again"
    vote(workspace, "ben", job, {"item-2": NONE})
    vote(workspace, "eva", job, {})
    second = workspace.label.queue.open(sheet.id)[1]
    workspace.label.queue.decide([Decision(second.id, Verdict.APPROVE)])
    assert workspace.label.agreement.disagreements(job.id) == [], "labeled by an expert since the last vote"
    label = workspace.label.agreement.adjudicate(job.id, "item-2", MINOR)
    assert (label.version, label.source) == (1, "review"), "it says so already"


@pytest.mark.parametrize(
    ("item", "answer", "error", "message"),
    [
        ("item-9", MAJOR, NotFoundError, "No finished task"),
        ("item-1", MAJOR, ConflictError, "agree"),
        ("item-2", {"severity": "huge"}, InvalidInputError, "does not fit"),
        ("item-2", {}, InvalidInputError, "does not fit"),
    ],
)
def test_a_last_word_that_cannot_be_is_refused(
    workspace: Workspace, item: str, answer: dict[str, str], error: type[Exception], message: str
) -> None:
    job = labeling_job(workspace, 2)
    vote(workspace, "ben", job, {"item-2": MAJOR})
    vote(workspace, "eva", job, {})
    with pytest.raises(error, match=message):
        workspace.label.agreement.adjudicate(job.id, item, answer)
    assert len(workspace.label.agreement.disagreements(job.id)) == 1


def test_disputed_pairs_come_first_in_the_queue_until_they_are_decided(workspace: Workspace) -> None:
    job = labeling_job(workspace, 4, overlap=3)
    sheet_id = job.training_sheet_id
    assert sheet_id is not None
    vote(workspace, "ben", job, {"item-2": MAJOR, "item-3": MAJOR})
    vote(workspace, "eva", job, {"item-3": NONE})
    assert workspace.label.hints.counts(sheet_id)[HintKind.DISAGREED] == 2
    vote(workspace, "kim", job, {})
    (top, ref), (second, _) = workspace.label.hints.top(sheet_id, HintKind.DISAGREED)
    assert (ref, top.score) == ("item-3", 1.0)
    assert second.score == pytest.approx(2 / 3)
    assert second.reason == "3 people: 2 × minor, 1 × major · 1.5"
    disputed = QueueFilter(hint=HintKind.DISAGREED)
    queue = workspace.label.queue.open(sheet_id, disputed, QueueSort.MOST_DISAGREED)
    assert [row.item_ref for row in queue] == ["item-3", "item-2"]
    workspace.label.agreement.adjudicate(job.id, "item-3", MAJOR)
    with workspace.store.read() as connection:
        assert [hint.pair_id for hint in rows.find(connection, Hint)] == [second.pair_id], "the other one is gone"
    workspace.label.queue.decide([Decision(second.pair_id, Verdict.APPROVE)])
    assert len(workspace.label.queue.open(sheet_id, disputed)) == 0
    assert workspace.label.hints.counts(sheet_id)[HintKind.DISAGREED] == 0


def test_a_late_vote_does_not_open_again_what_was_adjudicated(workspace: Workspace) -> None:
    job = labeling_job(workspace, 2, overlap=3)
    sheet_id = job.training_sheet_id
    assert sheet_id is not None
    vote(workspace, "ben", job, {"item-2": MAJOR})
    vote(workspace, "eva", job, {})
    workspace.label.agreement.adjudicate(job.id, "item-2", MAJOR)
    vote(workspace, "kim", job, {"item-2": NONE})
    assert workspace.label.agreement.disagreements(job.id) == []
    assert workspace.label.hints.counts(sheet_id)[HintKind.DISAGREED] == 0
    result = workspace.label.canonical_labels.find()
    assert {label.item_ref: label.label_data for label in result} == {"item-1": MINOR, "item-2": MAJOR}


def test_the_scale_of_a_field_follows_its_schema() -> None:
    schema = {
        "properties": {
            "depth": {"type": "number"},
            "stars": {"type": "integer", "minimum": 1, "maximum": 5},
            "count": {"type": "integer", "minimum": 0},
            "grade": {"enum": [1, 2, 3]},
            "kind": {"enum": ["a", 1]},
            "bad": {"type": "boolean"},
        }
    }
    scales = {one.name: scale_of(one) for one in answer_fields(schema)}
    assert scales == {
        "depth": Scale.INTERVAL,
        "stars": Scale.ORDINAL,
        "count": Scale.INTERVAL,
        "grade": Scale.ORDINAL,
        "kind": Scale.NOMINAL,
        "bad": Scale.NOMINAL,
    }


def test_ten_items_and_more_have_an_interval(workspace: Workspace) -> None:
    job = labeling_job(workspace, 30)
    vote(workspace, "ben", job, {f"item-{n}": NONE for n in range(1, 16)})
    vote(workspace, "eva", job, {f"item-{n}": NONE for n in range(4, 18)})
    whole = AgreementService(workspace.store, "ana").of_job(job.id).fields["severity"]
    assert whole.value is not None
    assert whole.low is not None
    assert whole.high is not None
    assert -1 <= whole.low < whole.value < whole.high <= 1


WORDS = st.sampled_from([MINOR, MAJOR, NONE, "blurred", None])


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=4))
def test_an_item_is_labeled_or_rejected_by_all_or_disputed(
    said: list[tuple[dict[str, object] | str | None, ...]],
) -> None:
    with TemporaryDirectory() as home, Workspace(Path(home)) as workspace:
        job = labeling_job(workspace, len(said), overlap=3)
        for place, actor in enumerate(("ben", "eva", "kim")):
            vote(workspace, actor, job, {f"item-{n}": some[place] for n, some in enumerate(said, 1)})
        labeled = {label.item_ref for label in workspace.label.canonical_labels.find()}
        disputed = {one.item_ref for one in workspace.label.agreement.disagreements(job.id)}
        rejected = {f"item-{n}" for n, some in enumerate(said, 1) if set(map(str, some)) == {"blurred"}}
        assert labeled | disputed | rejected == {f"item-{n}" for n in range(1, len(said) + 1)}
        assert len(labeled) + len(disputed) + len(rejected) == len(said), "nothing is two of them"
        for ref in disputed:
            workspace.label.agreement.adjudicate(job.id, ref, MAJOR)
        assert workspace.label.agreement.disagreements(job.id) == []
        assert {label.item_ref for label in workspace.label.canonical_labels.find()} == labeled | disputed
