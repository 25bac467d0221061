"""The guided way, without a screen: where one stands is read from what there is, and nothing is made up on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.errors import InvalidTemplateError, PlatformError
from ontos_tui.domain.records.pairs import GenerationMode, Verdict
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.services.guide.wizard import OWN_DATA, Step, WizardChoices
from ontos_tui.services.label.service import Decision
from ontos_tui.workspace import Workspace


def take_file(workspace: Workspace, path: Path) -> WizardChoices:
    """What the wizard chooses after a file was added by its form."""
    address = workspace.data.files.add_file(path).address
    return workspace.wizard.take_table(WizardChoices(use_case=OWN_DATA), address, path.stem)


def test_the_way_through_the_sample_data_opens_step_by_step(workspace: Workspace) -> None:
    wizard = workspace.wizard
    chosen = WizardChoices()
    assert wizard.state_of(chosen).reached is Step.USE_CASE
    chosen = WizardChoices(use_case="defect_detection")
    assert wizard.state_of(chosen).reached is Step.DATA
    chosen = wizard.take_samples(chosen)
    assert wizard.take_samples(chosen) == chosen, "a second time makes nothing new"
    assert wizard.state_of(chosen).reached is Step.GENERATE
    mode, previews = wizard.preview(chosen.sheet_id, chosen.template_id)
    assert (mode, len(previews)) == (GenerationMode.AI, 5)
    created = workspace.generate.generation.generate(chosen.sheet_id, chosen.template_id, mode, limit=40)
    standing = wizard.state_of(chosen)
    supplied = standing.supplied
    assert 0 < supplied < 10, "of the first forty items, colleagues labeled a few"
    assert standing.own_labels == 0
    assert standing.reached is Step.LABEL
    assert standing.chosen.training_sheet_id == created.training_sheet.id
    assert standing.missing(Step.LABEL) == f"{10 - supplied} more labels are needed for a training."
    queue = workspace.label.queue.open(created.training_sheet.id)
    undecided = [row for row in queue if row.status.value == "unlabeled"][:10]
    workspace.label.queue.decide([Decision(row.id, Verdict.APPROVE) for row in undecided])
    standing = wizard.state_of(chosen)
    assert (standing.reached, standing.missing(Step.LABEL)) == (Step.TRAIN, "")


def test_what_is_gone_is_no_longer_chosen(workspace: Workspace) -> None:
    chosen = workspace.wizard.take_samples(WizardChoices(use_case="defect_detection", step=5))
    workspace.data.sheets.delete_sheet(chosen.sheet_id)
    standing = workspace.wizard.state_of(chosen)
    assert (standing.reached, standing.chosen) == (Step.DATA, WizardChoices(use_case="defect_detection", step=2))
    assert workspace.wizard.state_of(replace(chosen, use_case="")).chosen == WizardChoices()


def test_other_words_make_a_version_and_bad_ones_leave_nothing_behind(workspace: Workspace) -> None:
    chosen = workspace.wizard.take_samples(WizardChoices(use_case="defect_detection"))
    before = workspace.generate.templates.get(chosen.template_id)
    assert workspace.wizard.adapt(before.id, guidelines=before.guidelines) == before, "the same words are no version"
    adapted = workspace.wizard.adapt(before.id, user_prompt="{{ detector_type }}?")
    assert (adapted.version, adapted.status, adapted.parent_id) == ("1.1.0", TemplateStatus.PUBLISHED, before.id)
    with pytest.raises(InvalidTemplateError):
        workspace.wizard.adapt(adapted.id, user_prompt="{% for %}")
    assert len(workspace.generate.templates.list()) == 2


def test_a_file_of_ones_own_is_a_sheet_once(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "parts.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    first = take_file(workspace, path)
    assert take_file(workspace, path) == first
    assert workspace.wizard.state_of(first).reached is Step.TEMPLATE
    other = tmp_path / "more" / "parts 2.csv"
    other.parent.mkdir()
    other.write_text("c\n1\n", encoding="utf-8")
    assert take_file(workspace, other).sheet_id != first.sheet_id


def test_without_anything_to_propose_people_give_the_answers(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "parts.csv"
    path.write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    chosen = take_file(workspace, path)
    template = workspace.wizard.publish(workspace.drafts.draft(chosen.sheet_id).id)
    mode, previews = workspace.wizard.preview(chosen.sheet_id, template.id)
    assert (mode, [one.proposal for one in previews]) == (GenerationMode.MANUAL, [None, None])


def test_a_model_that_refuses_is_told_and_not_passed_over(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "parts.csv"
    path.write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    chosen = take_file(workspace, path)
    template = workspace.wizard.publish(workspace.drafts.draft(chosen.sheet_id).id)
    monkeypatch.setenv("ONTOS_CHAT_BASE_URL", "http://127.0.0.1:9/v1")
    with Workspace(workspace.home) as again, pytest.raises(PlatformError, match="No model is set"):
        again.wizard.preview(chosen.sheet_id, template.id)


@given(
    st.dictionaries(st.sampled_from(["use_case", "sheet_id", "step", "endpoint", "x"]), st.integers() | st.text())
    | st.none()
    | st.lists(st.integers())
)
def test_whatever_was_kept_can_be_read(kept: object) -> None:
    chosen = WizardChoices.of(kept)
    assert 1 <= chosen.step <= len(Step)
    assert WizardChoices.of(chosen.as_json()) == chosen
