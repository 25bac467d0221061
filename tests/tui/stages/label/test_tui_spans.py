"""Spans marked by keys alone: words, selections, labels, and through the queue into the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from builders.severity import unlabeled_sheet
from harness import SIZES, Driver, open_app
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet
from ontos_tui.domain.records.template import LabelClass, Labelset
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.domain.spans import Span, SpanRules
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.tui.stages.label.spans.editor import SpansDialog, label_keys
from ontos_tui.tui.stages.label.spans.rows import rows_of
from ontos_tui.tui.stages.label.spans.selection import Marking
from ontos_tui.tui.stages.label.spans.text_view import MarkedText
from ontos_tui.workspace import Workspace

TEXT = "Acme Corp moved to Bonn.\x1b[31m\nIts old plant, in Essen, was sold to Böhm & Söhne in\u202e 1999."
SPANS: dict[str, Any] = {
    "type": "array",
    "x-ontos-text": "note",
    "items": {
        "type": "object",
        "properties": {
            "start": {"type": "integer"},
            "end": {"type": "integer"},
            "label": {"enum": ["org", "place", "year"]},
            "text": {"type": "string"},
        },
        "required": ["start", "end", "label"],
    },
}
ALONE = {"type": "object", "properties": {"names": SPANS}, "required": ["names"]}
BESIDE = {"type": "object", "properties": {"about": {"enum": ["sale", "move"]}, "names": SPANS}}


def _sheet(home: Path, schema: dict[str, Any], text: str = TEXT, pairs: int = 2) -> TrainingSheet:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, pairs, label_type="names", user_prompt="{{ note }}")
        with workspace.store.write() as connection:
            snapshot = {**sheet.template_snapshot, "output_schema": schema}
            rows.change(connection, sheet, template_snapshot=snapshot)
            for pair in rows.find(connection, QAPair, equal(training_sheet_id=sheet.id)):
                rows.change(connection, pair, source_data={"note": text}, proposal=None)
        return sheet


@asynccontextmanager
async def _desk(home: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Driver]:
    async with open_app(home, size) as user:
        await user.press("3", "enter")
        await user.sees("decided", "item-1")
        yield user


def _answer(user: Driver, sheet: TrainingSheet, place: int = 0) -> dict[str, Any] | None:
    label = user.app.workspace.label.queue
    return label.pair(label.open(sheet.id)[place].id).answer


@SIZES
async def test_spans_are_marked_by_words_and_end_in_the_store(home: Path, size: tuple[int, int]) -> None:
    sheet = _sheet(home, ALONE)
    async with _desk(home, size) as user:
        await user.sees("names", "not decided", "S: mark spans")
        await user.press("e")
        await user.sees("1 org", "2 place", "3 year", "word 0–4 “Acme”")
        await user.press("v", "e", "e")
        await user.sees("selected 0–9 “Acme Corp”")
        await user.press("1")
        await user.sees("⟦Acme Corp⟧1", "org 0–9")
        await user.press("w", "w", "w", "2")
        await user.sees("⟦Bonn⟧2.")
        await user.press("G", "b", "3")
        await user.sees("⟦1999⟧3.")
        await user.press("enter")
        await user.sees("1/2 decided")
        year = TEXT.index("1999")
        assert _answer(user, sheet) == {
            "names": [
                {"start": 0, "end": 9, "label": "org", "text": "Acme Corp"},
                {"start": 19, "end": 23, "label": "place", "text": "Bonn"},
                {"start": year, "end": year + 4, "label": "year", "text": "1999"},
            ]
        }
        await user.press("k")
        await user.sees("3 spans", 'org "Acme Corp"', 'place "Bonn"', 'year "1999"')
        await user.press("u")
        await user.sees("undo", "not decided")
        assert _answer(user, sheet) is None


@SIZES
async def test_the_dialog_undoes_removes_renames_and_refuses_overlaps(home: Path, size: tuple[int, int]) -> None:
    sheet = _sheet(home, ALONE)
    async with _desk(home, size) as user:
        await user.press("S", "1")
        await user.sees("⟦Acme⟧1 Corp")
        await user.press("2")
        await user.sees("⟦Acme⟧2 Corp")
        await user.press("u")
        await user.sees("⟦Acme⟧1 Corp")
        await user.press("x")
        await user.until(lambda: "⟦Acme" not in user.text(), "the span is gone")
        await user.press("x")
        await user.sees("There is no span here")
        await user.press("u", "v", "w", "e", "2")
        await user.sees("It would overlap with org 0–4")
        await user.press("escape")
        await user.sees("⟦Acme⟧1 Corp")
        await user.press("space", "down", "enter")
        await user.sees("⟦Corp⟧2")
        await user.press("p", "p")
        await user.sees("span 0–4 “Acme”")
        await user.press("u", "u", "u", "u")
        await user.sees("Nothing left to undo here")
        await user.press("escape")
        await user.sees("not decided")
        assert _answer(user, sheet) is None, "leaving changes nothing"


async def test_walking_reaches_every_line_and_hostile_characters_are_pictures(home: Path) -> None:
    _sheet(home, ALONE, "one two\x1b]52;c;AAAA\x07 three\u200b\n" + "word " * 400 + "\nthe end")
    async with _desk(home, (80, 24)) as user:
        await user.press("S")
        await user.sees("␛]52;c;AAAA␇", "three⟨200B⟩⏎")
        await user.press("j", "dollar_sign")
        assert "\x1b" not in user.text()
        await user.press("G")
        await user.sees("the end", "word", "“end”")
        await user.press("0")
        await user.sees("“the”")
        await user.press("k", "k", "2")
        await user.sees("⟦word⟧2")
        await user.press("g", "right", "right", "l", "left", "h")
        await user.sees("1/", "“one”")


async def test_with_other_fields_the_spans_wait_for_the_approval(home: Path) -> None:
    sheet = _sheet(home, BESIDE)
    async with _desk(home) as user:
        await user.press("S", "1", "ctrl+s")
        await user.sees("1 span", 'org "Acme"', "0/2 decided")
        await user.press("1", "a")
        await user.sees("1/2 decided")
        assert _answer(user, sheet) == {
            "about": "sale",
            "names": [{"start": 0, "end": 4, "label": "org", "text": "Acme"}],
        }
        await user.press("k", "e", "ctrl+s")
        await user.sees("1/2 decided")
        assert _answer(user, sheet)["names"][0]["text"] == "Acme", "the form gives back what it was given"  # type: ignore[index]


async def test_the_classes_of_a_labelset_give_spans_their_keys_and_names(home: Path) -> None:
    _sheet(home, ALONE)
    classes = [
        LabelClass(name="org", display_name="Company", hotkey="c", color="#22aa55"),
        LabelClass(name="place", display_name="Town", hotkey="w"),
    ]
    labelset = Labelset(
        name="Names", label_type="names", field="names", classes=classes, status=TemplateStatus.PUBLISHED
    )
    with Workspace(home) as workspace, workspace.store.write() as connection:
        rows.add(connection, labelset)
    async with _desk(home) as user:
        await user.press("S")
        await user.sees("c Company", "2 Town", "3 year")
        await user.press("c")
        await user.sees("⟦Acme⟧c")
        await user.press("w", "w", "2")
        await user.sees("⟦moved⟧2")


async def test_where_nothing_can_be_marked_it_says_why(home: Path) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, 2)
    async with _desk(home) as user:
        await user.press("S")
        await user.sees("No field of the answer contains spans here")


async def test_a_text_that_is_missing_is_told(home: Path) -> None:
    _sheet(home, ALONE, "")
    async with _desk(home) as user:
        await user.press("S")
        await user.sees("This item has no text in 'note'")


MOTIONS = st.sampled_from(
    ["left", "right", "next_word", "previous_word", "word_end", "next_span", "previous_span", "top", "bottom"]
)


@given(
    st.text(min_size=1, max_size=40), st.lists(MOTIONS | st.sampled_from(["v", "x", "u", "org", "place"]), max_size=30)
)
def test_no_keys_lead_out_of_the_text_or_to_spans_that_may_not_be(text: str, keys: list[str]) -> None:
    marking = Marking(text, SpanRules("note", ("org", "place")), ())
    for key in keys:
        try:
            match key:
                case "v":
                    marking.anchor = marking.cursor if marking.anchor is None else None
                case "x":
                    marking.remove()
                case "u":
                    marking.undo()
                case "org" | "place":
                    marking.label(key)
                case motion:
                    marking.walk(motion)
        except InvalidInputError:
            assert key in ("x", "org", "place"), "walking is never refused"
        assert 0 <= marking.cursor < len(text)
        for one in marking.spans:
            assert not any(one.overlaps(other) for other in marking.spans if other != one)
            assert text[one.start : one.end].strip()
    while marking.undo():
        pass
    assert marking.spans == ()


@given(st.text(min_size=1, max_size=200), st.integers(8, 60), st.lists(st.integers(0, 199), max_size=6))
def test_every_character_stands_once_in_the_rows(text: str, width: int, cuts: list[int]) -> None:
    places = sorted({min(cut, len(text)) for cut in cuts})
    spans = [Span(a, b, "org") for a, b in zip(places[::2], places[1::2], strict=False) if a < b]
    shown = MarkedText(Marking(text, SpanRules("note", ("org",)), spans), {"org": "1"}, {})
    rows_of_pieces = rows_of(shown._pieces(), width)
    positions = [position for row in rows_of_pieces for position, _, is_mark in row if not is_mark]
    assert positions == list(range(len(text)))
    marks = [text for row in rows_of_pieces for _, text, is_mark in row if is_mark]
    assert "".join(marks).count("⟦") == "".join(marks).count("⟧1") == len(spans)


def test_labels_have_their_own_keys_else_numbers() -> None:
    labels = [f"label {n}" for n in range(12)]
    keys = label_keys(labels, [LabelClass(name="label 0", hotkey="2"), LabelClass(name="label 3", hotkey="w")])
    assert keys["label 0"] == "2"
    assert "label 1" not in keys, "its number is taken"
    assert (keys["label 2"], keys["label 3"]) == ("3", "4")
    assert len(set(keys.values())) == len(keys)
    assert not set(keys.values()) & {key for one in SpansDialog.OWN_COMMANDS for key in one.keys if len(key) == 1}
