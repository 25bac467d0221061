"""The desk through real keys: many at once, classes by their keys, the list narrowed and ordered, shared work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from builders.severity import MAJOR, MINOR, unlabeled_sheet
from harness import Driver, open_app
from ontos_tui.domain.records.labeling import Hint, HintKind
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet, Verdict
from ontos_tui.domain.records.template import LabelClass, Labelset
from ontos_tui.domain.rules.states import PairStatus, TemplateStatus
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace

ONE_FIELD = {
    "type": "object",
    "properties": {"severity": {"enum": ["none", "minor", "major"]}},
    "required": ["severity"],
}


def _made(home: Path, pairs: int = 12, **template: object) -> TrainingSheet:
    with Workspace(home) as workspace:
        return unlabeled_sheet(workspace.store, pairs, **template)


@asynccontextmanager
async def _desk(home: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Driver]:
    async with open_app(home, size) as user:
        await user.press("3", "enter")
        await user.sees("decided", "▸")
        yield user


def _pairs(user: Driver, sheet: TrainingSheet) -> dict[str, QAPair]:
    label = user.app.workspace.label.queue
    return {pair.item_ref: pair for pair in label.pairs([row.id for row in label.open(sheet.id)])}


def _statuses(user: Driver, sheet: TrainingSheet) -> dict[str, str]:
    return {ref: pair.status.value for ref, pair in _pairs(user, sheet).items()}


async def test_what_is_marked_gets_one_verdict_after_a_look_at_it_and_one_undo_takes_it_back(home: Path) -> None:
    sheet = _made(home)
    async with _desk(home) as user:
        await user.press("x", "x", "j", "x")
        await user.sees("3 marked", "▪○")
        await user.press("a")
        await user.sees("3 at once", "Approve 3 items", "3 × minor", "One u takes all of it back")
        assert set(_statuses(user, sheet).values()) == {"unlabeled"}, "nothing happens before the yes"
        await user.press("y")
        await user.sees("3 approved")
        labeled = {ref for ref, status in _statuses(user, sheet).items() if status == "labeled"}
        assert labeled == {"item-1", "item-2", "item-4"}
        await user.press("u")
        await user.sees("undo: 3 pairs")
        assert set(_statuses(user, sheet).values()) == {"unlabeled"}


async def test_everything_that_the_filter_leaves_is_given_one_answer(home: Path) -> None:
    sheet = _made(home)
    async with _desk(home) as user:
        await user.press("slash")
        await user.type("item-1")
        await user.press("ctrl+s")
        await user.sees("item-12", "4 of 12 · /item-1")
        await user.press("X")
        await user.sees("4 marked")
        await user.press("r")
        await user.sees("Reject the 4 marked")
        await user.type("no data")
        await user.press("ctrl+s", "y")
        await user.sees("4 rejected")
        rejected = {ref for ref, status in _statuses(user, sheet).items() if status == "rejected"}
        assert rejected == {"item-1", "item-10", "item-11", "item-12"}
        assert _pairs(user, sheet)["item-11"].reject_reason == "no data"


async def test_escape_lets_go_of_the_marks_before_it_leaves(home: Path) -> None:
    _made(home)
    async with _desk(home) as user:
        await user.press("X")
        await user.sees("12 marked")
        await user.press("escape")
        assert "marked" not in user.text()
        await user.sees("▸severity")
        await user.press("escape")
        await user.sees("open the queue")


async def test_classes_are_chosen_by_their_keys_and_called_by_their_names(home: Path) -> None:
    sheet = _made(home)
    classes = [
        LabelClass(name="none", display_name="Sound", hotkey="y", color="#22aa55", description="no mark at all"),
        LabelClass(name="minor", display_name="Small mark", hotkey="2"),
        LabelClass(name="major", display_name="Deep mark", hotkey="m", color="red"),
    ]
    labelset = Labelset(
        name="Marks", label_type=sheet.label_type, field="severity", classes=classes, status=TemplateStatus.PUBLISHED
    )
    with Workspace(home) as workspace, workspace.store.write() as connection:
        rows.add(connection, labelset)
    async with _desk(home) as user:
        await user.sees("y Sound", "2 Small mark", "m Deep mark")
        await user.press("m")
        await user.sees("▌m Deep mark▐", "✎ changed")
        await user.press("a")
        assert _pairs(user, sheet)["item-1"].answer == {"severity": "major"}
        await user.press("h")
        await user.sees("Guidelines", "Sound: no mark at all")


async def test_with_one_field_a_key_is_label_save_and_next(home: Path) -> None:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, 5)
        with workspace.store.write() as connection:
            snapshot = {**sheet.template_snapshot, "output_schema": ONE_FIELD}
            rows.change(connection, sheet, template_snapshot=snapshot)
    async with _desk(home) as user:
        await user.press("3")
        await user.sees("1/5 decided", "item-2")
        assert _pairs(user, sheet)["item-1"].answer == {"severity": "major"}
        await user.press("x", "x", "1", "y")
        await user.sees("3/5 decided")
        assert _pairs(user, sheet)["item-3"].answer == {"severity": "none"}


async def test_one_jumps_to_a_number_or_a_name(home: Path) -> None:
    _made(home)
    async with _desk(home) as user:
        await user.press("colon")
        await user.type("item-9")
        await user.press("ctrl+s")
        await user.until(lambda: _title(user) == "item-9", "item-9 is shown")
        await user.press("colon")
        await user.type("#3")
        await user.press("ctrl+s")
        await user.until(lambda: _title(user) == "item-3", "the third is shown")
        await user.press("colon")
        await user.type("nothing")
        await user.press("ctrl+s")
        await user.sees("No item 'nothing' in this list")


def _title(user: Driver) -> str:
    """The item that is shown beside the list."""
    from ontos_tui.tui.stages.label.desk.desk import LabelDesk

    view = user.app.query_one(LabelDesk).item
    return view.pair.item_ref if view is not None else ""


async def test_the_list_is_narrowed_by_label_and_confidence(home: Path) -> None:
    sheet = _made(home)
    with Workspace(home) as workspace:
        ids = {
            pair.item_ref: pair.id
            for pair in workspace.label.queue.pairs([r.id for r in workspace.label.queue.open(sheet.id)])
        }
        workspace.label.queue.decide([Decision(ids["item-4"], Verdict.EDIT, MAJOR)])
        with workspace.store.write() as connection:
            for ref, sure in (("item-2", 0.9), ("item-6", 0.2), ("item-7", 0.4)):
                pair = rows.get(connection, QAPair, ids[ref])
                rows.change(connection, pair, confidence=sure)
    async with _desk(home) as user:
        await user.press("F")
        await user.sees("Filter", "Label", "Less sure than")
        await user.press("tab", "right", "right", "right", "ctrl+s")
        await user.sees("severity = major", "item-4")
        assert "item-2" not in user.text()
        await user.press("F", "tab", "left", "left", "left", "tab")
        await user.type("50")
        await user.press("ctrl+s")
        await user.sees("less than 50% sure", "item-6", "item-7")
        assert "item-2" not in user.text()
        await user.press("o")
        await user.sees("least sure first")
        text = user.text()
        assert text.index("item-6") < text.index("item-7")


async def test_a_proposal_has_a_percentage_only_where_that_is_calibrated(home: Path) -> None:
    sheet = _made(home)
    with Workspace(home) as workspace, workspace.store.write() as connection:
        stated = (("item-1", 1.0, "4 of 5 agree"), ("item-2", 0.97, "likely"), ("item-3", 0.861, ""))
        for ref, sure, certainty in stated:
            pair = rows.find_one(connection, QAPair, equal(training_sheet_id=sheet.id, item_ref=ref))
            assert pair is not None
            rows.change(connection, pair, confidence=sure, certainty=certainty, proposed_by="the model")
    async with open_app(home, (120, 40)) as user:
        await user.press("3", "enter")
        await user.sees("4/5", "likely", "86 %", "4 of 5 agree · the model")
        assert "100" not in user.text()
        assert "97" not in user.text()
        await user.press("down")
        await user.sees("likely · the model")
        await user.press("down")
        await user.sees("86 % sure · the model")


async def test_it_says_why_an_item_is_shown_and_orders_by_it(home: Path) -> None:
    sheet = _made(home)
    with Workspace(home) as workspace:
        ids = {
            pair.item_ref: pair.id
            for pair in workspace.label.queue.pairs([r.id for r in workspace.label.queue.open(sheet.id)])
        }
        hints = [
            Hint(training_sheet_id=sheet.id, pair_id=ids["item-8"], kind=HintKind.SUSPECT, score=0.9, reason="odd one"),
            Hint(training_sheet_id=sheet.id, pair_id=ids["item-3"], kind=HintKind.SUSPECT, score=0.4, reason="so so"),
        ]
        with workspace.store.write() as connection:
            for hint in hints:
                pair = rows.get(connection, QAPair, hint.pair_id)
                rows.change(connection, pair, status=PairStatus.LABELED, answer=MINOR)
            rows.add_many(connection, hints)
    async with _desk(home) as user:
        await user.press("o", "o", "o")
        await user.sees("likely errors first")
        await user.press("home")
        await user.sees("! odd one")
        assert _title(user) == "item-8"
        await user.press("d")
        await user.until(lambda: "odd one" not in user.text(), "what was looked at is not told again")
        await user.press("j")
        assert _title(user) == "item-3"


async def test_the_blind_share_hides_the_proposal_and_records_it(home: Path) -> None:
    sheet = _made(home, 3)
    with Workspace(home) as workspace, workspace.store.write() as connection:
        rows.change(connection, sheet, blind_share=1.0)
    async with _desk(home) as user:
        await user.sees("The proposal is hidden here", "not decided", "hidden")
        assert "was minor" not in user.text()
        await user.press("a")
        await user.sees("There is no answer yet")
        await user.press("2", "a")
        pair = _pairs(user, sheet)["item-1"]
        assert (pair.status, pair.was_blind, pair.answer) == (PairStatus.LABELED, True, MINOR)
        await user.press("u")
        assert _pairs(user, sheet)["item-1"].was_blind is False


async def test_a_decision_knows_how_long_the_item_was_in_sight(home: Path) -> None:
    sheet = _made(home, 2)
    async with _desk(home) as user:
        await user.press("a")
        pair = _pairs(user, sheet)["item-1"]
        (event,) = user.app.workspace.label.queue.history(pair.id)
        assert event.seconds is not None
        assert 0 < event.seconds < 60


async def test_two_people_are_led_to_different_items(home: Path) -> None:
    sheet = _made(home, 20)
    with Workspace(home) as other:
        other_claims = type(other.label.claims)(other.store, "ben")
        held = other_claims.next(sheet.id, "bens terminal", 2)
        async with _desk(home) as user:
            await user.until(lambda: _title(user) == "item-3", "what ben is at is passed over")
            await user.sees("⧗")
            await user.press("home")
            await user.sees("ben is deciding this")
            await user.press("a")
            await user.sees("ben is deciding this one now")
            assert _pairs(user, sheet)["item-1"].status is PairStatus.UNLABELED
            type(other.label.queue)(other.store, "ben").decide([Decision(pair.id, Verdict.APPROVE) for pair in held])
            await user.sees("2/20 decided")
            assert other_claims.at_work(sheet.id).keys() == {"ana"}
            await user.press("escape")
            await user.until(lambda: not other_claims.at_work(sheet.id), "who leaves holds nothing")


async def test_both_people_cannot_decide_the_same_item_unseen(home: Path) -> None:
    sheet = _made(home, 3)
    async with open_app(home, watch=False) as user:
        await user.press("3", "enter")
        await user.sees("▸severity")
        with Workspace(home) as other, other.store.read() as connection:
            first = rows.find_one(connection, QAPair, equal(item_ref="item-1"))
        assert first is not None
        with Workspace(home) as other:
            type(other.label.queue)(other.store, "ben").decide([Decision(first.id, Verdict.REJECT, reason="broken")])
        await user.press("a")
        await user.sees("was decided by ben")
        assert _statuses(user, sheet)["item-1"] == "rejected"


async def test_uses_are_changed_with_a_key_and_shown_as_badges(home: Path) -> None:
    sheet = _made(home, 3)
    async with _desk(home) as user:
        await user.press("C")
        await user.sees("Uses of item-1", "May be used for: training", "Classification")
        await user.press("tab")
        await user.type("flying")
        await user.sees("'flying' is not a use")
        await user.press(*["backspace"] * 6)
        await user.type("training")
        await user.press("tab")
        await user.type("by contract")
        await user.press("ctrl+s")
        await user.sees("⛔ no training")
        pair = _pairs(user, sheet)["item-1"]
        assert (pair.prohibited_uses, pair.usage_reason) == (["training"], "by contract")
        await user.press("H")
        await user.sees("constrain", "by contract")
        await user.press("escape", "a")
        assert _pairs(user, sheet)["item-1"].status is PairStatus.LABELED


async def test_uses_of_many_are_changed_at_once(home: Path) -> None:
    sheet = _made(home, 4)
    async with _desk(home) as user:
        await user.press("x", "x", "C")
        await user.sees("Uses of 2 pairs")
        await user.press("tab")
        await user.type("few-shot")
        await user.press("ctrl+s")
        await user.sees("uses of 2 changed")
        result = {ref: pair.prohibited_uses for ref, pair in _pairs(user, sheet).items()}
        assert result == {"item-1": ["few_shot"], "item-2": ["few_shot"], "item-3": [], "item-4": []}


async def test_who_ends_the_app_at_the_desk_holds_no_claim(home: Path) -> None:
    sheet = _made(home)
    async with _desk(home) as user:
        await user.until(lambda: bool(user.app.workspace.label.claims.at_work(sheet.id)), "the next pairs are claimed")
        await user.settle()
    with Workspace(home) as workspace:
        assert not workspace.label.claims.at_work(sheet.id)
