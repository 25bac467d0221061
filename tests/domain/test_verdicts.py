"""What a verdict makes of a pair, and where the answers of a generated sheet come from."""

from __future__ import annotations

from ontos_tui.domain.records.pairs import GenerationMode, LabelingMode, Verdict
from ontos_tui.domain.rules.states import PairStatus


def test_every_verdict_leads_to_a_status() -> None:
    assert {verdict.value: verdict.status.value for verdict in Verdict} == {
        "approve": "labeled",
        "edit": "labeled",
        "reject": "rejected",
        "flag": "flagged",
        "unflag": "unlabeled",
        "reopen": "unlabeled",
    }
    assert {verdict.status for verdict in Verdict} == set(PairStatus)


def test_every_way_of_generation_has_the_labeling_mode_of_its_proposals() -> None:
    assert {mode: mode.proposal_mode for mode in GenerationMode} == {
        GenerationMode.AI: LabelingMode.AI_GENERATED,
        GenerationMode.COLUMN: LabelingMode.EXISTING_COLUMN,
        GenerationMode.MANUAL: LabelingMode.MANUAL,
    }
