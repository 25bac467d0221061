"""Governance through the service: tags are inherited, nothing is lowered, every change is an event."""

from __future__ import annotations

import pytest

from builders.severity import unlabeled_sheet
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.pairs import CanonicalLabel, GenerationMode, QAPair, Verdict
from ontos_tui.domain.rules.governance import ALL_USES, Classification, Constraints, Gate, badges, gate, inherited
from ontos_tui.services.label.service import Decision, LabelService
from ontos_tui.services.records.usage_constraints import ConstraintService, UsageChange
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.workspace import Workspace


@pytest.fixture
def service(store: Store) -> ConstraintService:
    """The service of `ana`."""
    return ConstraintService(store, "ana")


def _all(store: Store, kind: type) -> list:  # type: ignore[type-arg]
    with store.read() as connection:
        return rows.find(connection, kind)


@pytest.mark.parametrize(
    ("tags", "prohibited", "classification"),
    [
        ((), (), "internal"),
        (("pii",), ("training",), "restricted"),
        (("PHI", "confidential"), ("training", "few_shot", "evaluation"), "restricted"),
        (("CONFIDENTIAL",), ("few_shot", "evaluation"), "confidential"),
        (("cryostat",), (), "internal"),
    ],
)
def test_tags_prohibit_and_classify(tags: tuple[str, ...], prohibited: tuple[str, ...], classification: str) -> None:
    created = inherited(tags)
    assert set(created.prohibited_uses) == set(prohibited)
    assert created.data_classification == classification
    assert set(created.effective) == set(ALL_USES) - set(prohibited)


def test_nothing_is_lowered() -> None:
    strict = Constraints(("training",), ("few_shot",), "by contract", Classification.RESTRICTED)
    created = inherited(["CONFIDENTIAL"], strict)
    assert created.allowed_uses == ("training",)
    assert set(created.prohibited_uses) == {"few_shot", "evaluation"}
    assert created.data_classification is Classification.RESTRICTED
    assert created.usage_reason == "by contract; the sheet holds CONFIDENTIAL"
    assert inherited(["CONFIDENTIAL"], created) == created, "inheriting twice changes nothing"


def test_a_tag_reaches_what_is_there_and_what_comes(store: Store, service: ConstraintService) -> None:
    sheet = unlabeled_sheet(store, 3)
    label = LabelService(store, "ana")
    first, *_ = label.open(sheet.id)
    label.decide([Decision(first.id, Verdict.APPROVE)])
    tagged = service.tag_sheet(sheet.sheet_id, ["pii", "pii", " lab 3 "])
    assert tagged.sheet.tags == ["PII", "lab 3"]
    assert (tagged.pairs, tagged.labels) == (3, 1)
    pairs = _all(store, QAPair)
    assert all(pair.prohibited_uses == ["training"] for pair in pairs)
    assert gate(next(pair for pair in pairs if pair.id == first.id)) is Gate.HELD_OUT
    (created,) = _all(store, CanonicalLabel)
    assert (created.prohibited_uses, created.data_classification) == (["training"], "restricted")
    assert [event.action for event in service.audit(created.id)] == ["constrain"]
    assert service.tag_sheet(sheet.sheet_id, ["PII", "lab 3"]).pairs == 0, "once is enough"
    label.decide([Decision(pair.id, Verdict.APPROVE) for pair in pairs if pair.id != first.id])
    assert all(one.prohibited_uses == ["training"] for one in _all(store, CanonicalLabel))


def test_a_tag_that_goes_leaves_what_it_prohibited_and_says_so(store: Store, service: ConstraintService) -> None:
    sheet = unlabeled_sheet(store, 1)
    service.tag_sheet(sheet.sheet_id, ["PII"])
    gone = service.tag_sheet(sheet.sheet_id, [])
    assert (gone.retained, gone.pairs) == (("PII",), 0)
    (pair,) = _all(store, QAPair)
    assert pair.prohibited_uses == ["training"]
    assert service.set_pairs([pair.id], UsageChange(prohibited=[], classification=Classification.INTERNAL)) == 1
    assert _all(store, QAPair)[0].prohibited_uses == []


def test_what_the_tags_ask_for_cannot_be_taken_back(store: Store, service: ConstraintService) -> None:
    sheet = unlabeled_sheet(store, 2)
    service.tag_sheet(sheet.sheet_id, ["PII"])
    pairs = _all(store, QAPair)
    with pytest.raises(ConflictError, match="PII: training stays prohibited"):
        service.set_pairs([pair.id for pair in pairs], UsageChange(prohibited=[]))
    with pytest.raises(ConflictError, match="it stays restricted"):
        service.set_pairs([pairs[0].id], UsageChange(classification=Classification.PUBLIC))
    assert _all(store, QAPair) == pairs, "all or none"
    with pytest.raises(InvalidInputError, match="'flying' is not a valid use"):
        service.set_pairs([pairs[0].id], UsageChange(allowed=["flying"]))
    with pytest.raises(NotFoundError):
        service.set_pairs(["nobody"], UsageChange(allowed=[]))


def test_a_label_passes_its_constraints_on_to_its_pairs(store: Store, service: ConstraintService) -> None:
    sheet = unlabeled_sheet(store, 1)
    label = LabelService(store, "ana")
    label.decide([Decision(next(iter(label.open(sheet.id))).id, Verdict.APPROVE)])
    (created,) = _all(store, CanonicalLabel)
    changed = service.set_label(created.id, UsageChange(prohibited=["few_shot"], reason="under embargo"))
    assert changed.prohibited_uses == ["few_shot"]
    (pair,) = _all(store, QAPair)
    assert (pair.prohibited_uses, pair.usage_reason) == (["few_shot"], "under embargo")
    (event,) = service.audit(pair.id)
    assert event.before is not None
    assert event.after is not None
    assert (event.actor, event.before["prohibited_uses"], event.after["prohibited_uses"]) == ("ana", [], ["few_shot"])


def test_badges_say_only_what_is_not_as_usual(store: Store) -> None:
    unlabeled_sheet(store, 1)
    (pair,) = _all(store, QAPair)
    assert badges(pair) == ()
    pair.prohibited_uses = ["training"]
    pair.data_classification = Classification.RESTRICTED
    assert [badge.text for badge in badges(pair)] == ["no training", "restricted"]
    pair.allowed_uses = ["evaluation"]
    assert [badge.text for badge in badges(pair)] == ["held out", "restricted"]
    pair.allowed_uses = []
    assert badges(pair)[0].text == "no use"


def test_generated_pairs_inherit(workspace: Workspace) -> None:
    seeded = workspace.onboarding.seed("defect_detection")
    workspace.label.constraints.tag_sheet(seeded.sheet.id, ["CONFIDENTIAL"])
    created = workspace.generate.generation.generate(
        seeded.sheet.id, seeded.template.id, GenerationMode.MANUAL, limit=20
    )
    pairs = [pair for pair in _all(workspace.store, QAPair) if pair.training_sheet_id == created.training_sheet.id]
    assert all({"few_shot", "evaluation"} <= set(pair.prohibited_uses) for pair in pairs)
    assert {pair.data_classification for pair in pairs} == {Classification.CONFIDENTIAL}
