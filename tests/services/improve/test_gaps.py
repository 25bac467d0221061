"""Gaps: each kind is found from its own evidence, kept once, edited for good, and closed when the evidence is gone."""

from __future__ import annotations

import pytest

from builders.defects import add_pairs, labeled_sheet, part, truth
from builders.gaps import answered_request, gaps_of
from builders.models import train_next
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.intervals import wilson, z_of_many
from ontos_tui.domain.records.improve import FeedbackItem, GapType, GapUpdate, Severity
from ontos_tui.domain.records.labeling import Hint, HintKind
from ontos_tui.domain.records.pairs import Event, QAPair, TrainingSheet, Verdict
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.states import GapStatus, PairStatus
from ontos_tui.services.improve.gaps.findings import SEVERITY_FROM, severity_of
from ontos_tui.services.improve.gaps.service import AnalysisReport, GapService
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal, where
from ontos_tui.workspace import Workspace


def reason(report: AnalysisReport, kind: GapType) -> str:
    return next(one.reason for one in report.examined if one.gap_type is kind)


@pytest.fixture
def gaps(workspace: Workspace) -> GapService:
    return workspace.improve.gaps


@pytest.fixture
def skewed(workspace: Workspace) -> tuple[TrainingSheet, ModelVersion]:
    """A model that learned the north line alone, and is tested on the south, where everything means something else."""
    sheet = labeled_sheet(workspace.store, 0)
    add_pairs(workspace.store, sheet, range(1, 121, 2))
    add_pairs(workspace.store, sheet, range(301, 361, 2), allowed_uses=["evaluation"])
    add_pairs(workspace.store, sheet, range(400, 460, 2), {"defect": "none"}, allowed_uses=["evaluation"])
    return sheet, train_next(workspace, sheet, "j1")


def test_without_anything_to_look_at_the_reason_is_told(workspace: Workspace, gaps: GapService) -> None:
    report = gaps.analyze()
    assert (report.model, report.new, gaps.gaps()) == (None, (), [])
    assert "No model yet" in report.summary


def test_a_good_model_without_traffic_has_no_gap_and_says_what_could_not_be_looked_at(
    workspace: Workspace, gaps: GapService
) -> None:
    train_next(workspace, labeled_sheet(workspace.store, 90))
    report = gaps.analyze("defects")
    assert (report.new, gaps.gaps()) == ((), [])
    assert reason(report, GapType.DISTRIBUTION) == "No request has been answered yet."
    assert reason(report, GapType.EDGE_CASE) == "defects v1 has not answered any request yet."
    assert "held-out pairs" in next(one.looked_at for one in report.examined if one.gap_type is GapType.CAPABILITY)
    assert report.summary == "No gaps found."


def test_a_segment_that_the_model_gets_wrong_is_found_with_its_rows(
    skewed: tuple[TrainingSheet, ModelVersion], gaps: GapService, workspace: Workspace
) -> None:
    report = gaps.analyze()
    (gap,) = [one for one in gaps_of(report, GapType.CAPABILITY) if "line" in one.fingerprint]
    stored = gap.evidence
    assert stored["segment"] == {"field": "line", "of_answer": False, "value": "south"}
    assert (stored["rows"], stored["wrong"], gap.affected_count) == (30, gap.affected_count, stored["wrong"])
    assert gap.error_rate == pytest.approx(stored["wrong"] / 30)
    assert (stored["low"], stored["high"]) == wilson(stored["wrong"], 30)
    assert stored["low"] > stored["elsewhere"]
    assert gap.severity is severity_of(stored["wrong"] / 60)
    assert 0 < len(stored["pairs"]) <= 10
    pairs = workspace.label.queue.pairs(stored["pairs"])
    assert {pair.source_data["line"] for pair in pairs} == {"south"}
    assert "line = south" in gap.description and "line = south" in gap.suggested_action
    assert gap.estimated_records_needed == 20, "none is labeled for training yet"
    assert "rule of thumb" in gap.estimate_basis


def test_feedback_whose_truth_is_known_counts_and_the_last_word_about_a_request_is_it(
    skewed: tuple[TrainingSheet, ModelVersion], gaps: GapService, workspace: Workspace
) -> None:
    _, model = skewed
    record = answered_request(workspace, model, part(501), said=truth(501)["defect"])
    workspace.improve.feedback.add_feedback(record.request_id, 1, correction={"defect": "none"})
    workspace.improve.feedback.add_feedback(record.request_id, 5)
    unknown = answered_request(workspace, model, part(503))
    workspace.improve.feedback.add_feedback(unknown.request_id, 3)
    (looked,) = [one.looked_at for one in gaps.analyze().examined if one.gap_type is GapType.CAPABILITY]
    assert "60 held-out pairs and 1 requests with feedback" in looked


def test_a_second_run_updates_and_makes_no_second_gap(
    skewed: tuple[TrainingSheet, ModelVersion], gaps: GapService
) -> None:
    first = gaps.analyze()
    again = gaps.analyze()
    assert first.new and not again.new
    assert {gap.id for gap in again.updated} == {gap.id for gap in first.new}
    assert len(gaps.gaps()) == len(first.new)
    before, after = (next(gap for gap in run if gap.id == first.new[0].id) for run in (first.new, gaps.gaps()))
    assert before.seen_at is not None and after.seen_at is not None and after.seen_at > before.seen_at


def test_what_a_person_says_about_a_gap_is_logged_and_survives_the_next_run(
    skewed: tuple[TrainingSheet, ModelVersion], gaps: GapService, workspace: Workspace
) -> None:
    gap = gaps.analyze().new[0]
    other = next(one for one in Severity if one is not gap.severity)
    gaps.update(gap.id[:8], severity=other, suggested_action="ask \ud800 Bo", status=GapStatus.IN_PROGRESS, note="why")
    gaps.analyze()
    stored = gaps.gap(gap.id)
    assert (stored.severity, stored.suggested_action, stored.status) == (other, "ask \\ud800 Bo", GapStatus.IN_PROGRESS)
    updates = {one.field: one for one in gaps.updates(gap.id)}
    assert set(updates) == {"severity", "suggested_action", "status"}
    assert (updates["severity"].before, updates["severity"].after) == (gap.severity.value, other.value)
    assert {(one.by, one.by_analysis, one.note) for one in updates.values()} == {("ana", False, "why")}
    with workspace.store.read() as connection:
        events = rows.find(connection, Event, equal(entity_id=gap.id))
    assert [event.action for event in events][:2] == ["find", "update"]
    with pytest.raises(InvalidInputError):
        gaps.update(gap.id)
    gaps.update(gap.id, severity=other)
    assert len(gaps.updates(gap.id)) == 3, "what does not change is no update"


def test_a_gap_is_closed_by_evidence_comes_back_with_it_and_stays_closed_when_people_say_so(
    skewed: tuple[TrainingSheet, ModelVersion], gaps: GapService, workspace: Workspace
) -> None:
    sheet, _ = skewed
    gap = next(one for one in gaps.analyze().new if "line" in one.fingerprint)
    add_pairs(workspace.store, sheet, range(600, 700, 2), {"defect": "none"})
    train_next(workspace, sheet, "j2")
    report = gaps.analyze()
    assert gap.id in {one.id for one in report.resolved}
    closed = gaps.gap(gap.id)
    assert closed.status is GapStatus.RESOLVED
    assert closed.resolution_notes.startswith("defects v2: ") and "of 30 wrong" in closed.resolution_notes
    assert not gaps.analyze().resolved

    with workspace.store.write() as connection:
        pairs = rows.find(connection, QAPair, where("sequence_number > ?", 600))
        for pair in pairs:
            rows.change(connection, pair, status=PairStatus.REJECTED, version=pair.version + 1)
    train_next(workspace, sheet, "j3")
    report = gaps.analyze()
    assert gap.id in {one.id for one in report.reopened}
    assert gaps.gap(gap.id).status is GapStatus.IDENTIFIED
    last = gaps.updates(gap.id)[-1]
    assert (last.before, last.after, last.by_analysis) == ("resolved", "identified", True)
    assert last.note.startswith("The evidence is back: ")

    gaps.update(gap.id, status=GapStatus.WONT_FIX, note="the south is closing")
    report = gaps.analyze()
    assert (report.reopened, report.wont_fix) == ((), 1)
    assert gaps.gap(gap.id).status is GapStatus.WONT_FIX


def test_what_is_not_measured_again_is_not_closed(
    workspace: Workspace, gaps: GapService, skewed: tuple[TrainingSheet, ModelVersion]
) -> None:
    """Without the model's files nothing is known about errors; that closes no gap."""
    _, model = skewed
    gap = next(one for one in gaps.analyze().new if one.gap_type is GapType.CAPABILITY)
    for path in (workspace.home / model.artifact).iterdir():
        path.write_bytes(b"altered")
    report = gaps.analyze()
    assert reason(report, GapType.CAPABILITY)
    assert gaps.gap(gap.id).status is GapStatus.IDENTIFIED


def test_a_class_with_few_pairs_is_thin_until_it_has_enough(workspace: Workspace, gaps: GapService) -> None:
    sheet = labeled_sheet(workspace.store, 0)
    add_pairs(workspace.store, sheet, range(30), {"defect": "crack"})
    add_pairs(workspace.store, sheet, range(30, 34), {"defect": "scratch"})
    train_next(workspace, sheet, "j1")
    by_class = {gap.evidence["segment"]["value"]: gap for gap in gaps_of(gaps.analyze(), GapType.COVERAGE)}
    assert set(by_class) == {"scratch", "none"}
    assert by_class["scratch"].description.startswith("Only 4 labeled pairs have defect = scratch")
    assert by_class["none"].severity is not Severity.LOW, "the model can never answer it"
    assert (by_class["scratch"].estimated_records_needed, by_class["none"].estimated_records_needed) == (16, 20)
    add_pairs(workspace.store, sheet, range(34, 40), {"defect": "scratch"})
    assert [gap.id for gap in gaps.analyze().resolved] == [by_class["scratch"].id]


def test_a_value_that_is_asked_about_more_than_it_is_labeled_is_thin(workspace: Workspace, gaps: GapService) -> None:
    sheet = labeled_sheet(workspace.store, 0)
    add_pairs(workspace.store, sheet, range(1, 181, 2))
    add_pairs(workspace.store, sheet, range(2, 8, 2))
    model = train_next(workspace, sheet, "j1")
    for number in range(60):
        answered_request(
            workspace, model, {name: part(number * 2 + number % 4 // 3)[name] for name in ("voltage", "line")}
        )
    (gap,) = [one for one in gaps_of(gaps.analyze(), GapType.COVERAGE) if "line" in one.fingerprint]
    assert gap.description == "3 of 93 labeled pairs have line = south, but 75% of the 60 requests do."
    assert gap.severity is Severity.CRITICAL
    assert gap.estimated_records_needed == 67


def test_values_and_numbers_that_nobody_labeled_are_found_in_the_requests(
    workspace: Workspace, gaps: GapService
) -> None:
    model = train_next(workspace, labeled_sheet(workspace.store, 60))
    for _ in range(40):
        answered_request(workspace, model, {"voltage": 5.0, "line": "north"})
    for number in range(4):
        answered_request(workspace, model, {"voltage": 5.0, "line": "w\x1b[2Jest"})
        answered_request(workspace, model, {"voltage": 99.0 + number, "line": "south"})
    answered_request(workspace, model, {"voltage": 5.0, "line": "seen once"})
    by_field = {gap.evidence["segment"]["field"]: gap for gap in gaps_of(gaps.analyze(), GapType.DISTRIBUTION)}
    assert set(by_field) == {"line", "voltage"}
    assert (by_field["line"].affected_count, by_field["line"].estimated_records_needed) == (4, 1)
    assert by_field["line"].severity is severity_of(4 / 49)
    assert "outside the labeled pairs (up to 102)" in by_field["voltage"].description
    assert len(by_field["voltage"].evidence["requests"]) == 4


def test_answers_that_the_model_is_not_sure_of_are_found_by_what_it_answers(
    workspace: Workspace, gaps: GapService
) -> None:
    model = train_next(workspace, labeled_sheet(workspace.store, 60))
    for number in range(20):
        answered_request(workspace, model, part(number), "crack", 0.9)
        answered_request(workspace, model, part(number), "scratch", 0.4 if number < 8 else 0.9)
    (gap,) = gaps_of(gaps.analyze(), GapType.EDGE_CASE)
    assert gap.evidence["segment"]["value"] == "scratch"
    assert "8 of 20" in gap.description.replace("sure in 8 of 20", "8 of 20")
    assert gap.severity is severity_of(8 / 40)


def test_labels_in_doubt_are_found_by_class_and_closed_when_somebody_has_looked(
    workspace: Workspace, gaps: GapService
) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    train_next(workspace, sheet, "j1")
    doubtful = [pair for pair in workspace.label.queue.open(sheet.id) if int(pair.item_ref[1:]) % 3 == 1][:6]
    with workspace.store.write() as connection:
        for row in doubtful:
            hint = Hint(training_sheet_id=sheet.id, pair_id=row.id, kind=HintKind.SUSPECT, score=0.9)
            rows.add(connection, hint)
    (gap,) = gaps_of(gaps.analyze(), GapType.QUALITY)
    assert (gap.evidence["value"], gap.affected_count, gap.estimated_records_needed) == ("scratch", 6, 6)
    assert set(gap.evidence["pairs"]) == {row.id for row in doubtful}
    assert "6 a likely error" in gap.description
    for row in doubtful:
        workspace.label.queue.decide([Decision(row.id, Verdict.APPROVE)])
    assert gap.id in {one.id for one in gaps.analyze().resolved}


def test_labels_that_were_changed_since_the_training_are_in_doubt(workspace: Workspace, gaps: GapService) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    train_next(workspace, sheet, "j1")
    for row in [pair for pair in workspace.label.queue.open(sheet.id) if int(pair.item_ref[1:]) % 3 == 1][:6]:
        workspace.label.queue.decide([Decision(row.id, Verdict.EDIT, answer={"defect": "none", "severe": False})])
    (gap,) = gaps_of(gaps.analyze(), GapType.QUALITY)
    assert gap.evidence["value"] == "none"
    assert "6 changed since the training" in gap.description


def test_numbers_are_wrong_when_they_are_far_off_for_this_model(workspace: Workspace, gaps: GapService) -> None:
    schema = {"type": "object", "properties": {"depth": {"type": "number"}}, "required": ["depth"]}
    sheet = labeled_sheet(workspace.store, 0, output_schema=schema)
    for number in range(120):
        add_pairs(workspace.store, sheet, range(number, number + 1), {"depth": float(part(number)["voltage"])})
    for number in range(200, 260):
        off = 40.0 if number % 2 == 0 and number < 240 else 0.5
        depth = {"depth": float(part(number)["voltage"]) + off}
        add_pairs(workspace.store, sheet, range(number, number + 1), depth, allowed_uses=["evaluation"])
    train_next(workspace, sheet, "j1")
    report = gaps.analyze()
    (looked,) = [one.looked_at for one in report.examined if one.gap_type is GapType.CAPABILITY]
    assert "times the usual" in looked
    assert any("line = south" in gap.description for gap in gaps_of(report, GapType.CAPABILITY))


def test_severity_follows_the_stated_bands() -> None:
    assert [severity_of(share) for share in (1.0, 0.2, 0.19, 0.1, 0.03, 0.029, 0.0)] == [
        *(Severity.CRITICAL, Severity.CRITICAL, Severity.HIGH, Severity.HIGH),
        *(Severity.MEDIUM, Severity.LOW, Severity.LOW),
    ]
    assert list(SEVERITY_FROM.values()) == sorted(SEVERITY_FROM.values(), reverse=True)


def test_looking_at_many_segments_needs_wider_intervals() -> None:
    assert z_of_many(1) == pytest.approx(1.96, abs=1e-3)
    assert z_of_many(100) > z_of_many(10) > z_of_many(1)
    assert wilson(5, 20, z_of_many(50))[0] < wilson(5, 20)[0]


def test_gaps_are_listed_the_most_severe_first_and_by_what_is_asked(
    skewed: tuple[TrainingSheet, ModelVersion], gaps: GapService, workspace: Workspace
) -> None:
    created = gaps.analyze().new
    gaps.update(created[-1].id, status=GapStatus.WONT_FIX)
    listed = gaps.gaps()
    order = list(Severity)
    severities = [order.index(gap.severity) for gap in listed[:-1]]
    assert severities == sorted(severities)
    assert listed[-1].id == created[-1].id
    assert [gap.id for gap in gaps.gaps(status=GapStatus.WONT_FIX)] == [created[-1].id]
    assert created[-1].id not in {gap.id for gap in gaps.gaps(open_only=True)}
    assert gaps.gaps(model_name="nothing") == []
    with workspace.store.read() as connection:
        assert rows.count(connection, GapUpdate) == 1
        assert rows.count(connection, FeedbackItem) == 0
