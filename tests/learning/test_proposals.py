"""What is proposed on this machine: votes of few examples, models of many, and never another item's facts."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from ontos_tui.domain.learning import LabeledExample, Proposal, Question
from ontos_tui.learning import proposing_models
from ontos_tui.platforms.local.proposals import LocalProposals


@pytest.fixture(autouse=True)
def _few_sharp_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(proposing_models.SHARP, "extra_trees", {"min_samples_leaf": 1, "n_estimators": 20})


SCHEMA = {
    "type": "object",
    "properties": {"state": {"enum": ["fine", "worn"]}, "life": {"type": "number"}, "why": {"type": "string"}},
    "required": ["state"],
}
FEATURES = ("load", "heat", "shift")


def example(number: int) -> LabeledExample:
    """A reading whose state hangs on the load, one label in ten by chance."""
    drawn = random.Random(number)
    load, heat = drawn.uniform(0, 10), drawn.uniform(20, 30)
    state = drawn.choice(["fine", "worn"]) if number % 10 == 0 else "worn" if load > 5 else "fine"
    row = {"load": load, "heat": heat, "shift": drawn.choice(["day", "night"])}
    return LabeledExample(f"r{number}", row, {"state": state, "life": 100 - 9 * load, "why": f"it is {state}"})


def ask(count: int, *rows: dict[str, Any], schema: dict[str, Any] = SCHEMA) -> list[Proposal]:
    questions = [Question(f"q{n}", row, ()) for n, row in enumerate(rows)]
    return list(LocalProposals().propose(questions, schema, [example(n) for n in range(1, count + 1)], FEATURES))


def test_few_examples_say_how_many_agree_and_no_percentage() -> None:
    (one,) = ask(40, {"load": 9.0, "heat": 25.0, "shift": "day"})
    assert one.answer is not None
    assert one.answer["state"] == "worn"
    assert re.fullmatch(r"[1-5] of 5 agree", one.certainty)
    assert one.confidence is not None
    assert "%" not in one.explanation


def test_from_a_hundred_on_models_answer_and_say_what_is_unlike() -> None:
    clear, beyond = ask(120, {"load": 9.0, "heat": 25.0, "shift": "day"}, {"load": 9.5, "heat": 80.0, "shift": "day"})
    assert clear.answer is not None
    assert clear.answer["state"] == "worn"
    assert clear.answer["why"] == "it is worn"
    assert clear.answer["life"] == pytest.approx(19, abs=6)
    assert clear.certainty in ("likely", "unsure")
    assert "learned from 120 labels; right on " in clear.explanation
    assert "life 90 %: " in clear.explanation
    assert "heat" not in clear.explanation
    assert beyond.explanation.startswith("heat 80, learned up to ")


def test_from_two_hundred_on_the_confidence_is_what_it_is_worth() -> None:
    schema = {"type": "object", "properties": {"state": SCHEMA["properties"]["state"]}, "required": ["state"]}  # type: ignore[index]
    asked = [example(number) for number in range(1_000, 1_300)]
    proposals = ask(220, *[one.fields for one in asked], schema=schema)
    stated = [one.confidence for one in proposals if one.confidence is not None]
    right = [
        one.answer is not None and one.answer["state"] == other.answer["state"]
        for one, other in zip(proposals, asked, strict=True)
    ]
    assert len(stated) == 300
    assert {one.certainty for one in proposals} == {""}
    assert sum(stated) / 300 == pytest.approx(sum(right) / 300, abs=0.05)


def test_a_date_is_never_copied_from_another_item() -> None:
    schema = {
        "type": "object",
        "properties": {"kind": {"enum": ["a", "b"]}, "due": {"type": "string"}, "serial": {"type": "string"}},
        "required": ["kind"],
    }
    known = [
        LabeledExample(
            f"d{n}",
            {"x": n % 2 + n / 1e3},
            {"kind": "ab"[n % 2], "due": f"2026-03-{n + 1:02d}", "serial": f"SN-{n * 7919}"},
        )
        for n in range(20)
    ]
    (one,) = LocalProposals().propose([Question("q", {"x": 1.01}, ())], schema, known, ["x"])
    assert one.answer == {"kind": "b"}
    required = {**schema, "required": ["kind", "due"]}
    (refused,) = LocalProposals().propose([Question("q", {"x": 1.01}, ())], required, known, ["x"])
    assert refused.answer is None
    assert refused.error.startswith("due: a fact of the item")


def test_a_date_without_a_format_is_read_where_the_known_ones_are_dates() -> None:
    months = ("January", "February", "March", "April", "May", "June", "July", "August")

    def letter(number: int) -> LabeledExample:
        day, month = number % 27 + 1, number % 8
        text = (
            f"Delivery note {number * 31}\nDear customer, the goods were handed over on {day} {months[month]} 2025 "
            f"in good order and with all papers.\nPlease keep this note with the invoice. Signed by hand."
        )
        return LabeledExample(f"n{number}", {"text": text}, {"delivered": f"2025-{month + 1:02d}-{day:02d}"})

    schema = {"type": "object", "properties": {"delivered": {"type": "string"}}, "required": ["delivered"]}
    asked = [letter(number) for number in range(50, 60)]
    questions = [Question(one.ref, one.fields, ()) for one in asked]
    said = list(LocalProposals().propose(questions, schema, [letter(number) for number in range(12)], ["text"]))
    assert [one.answer for one in said] == [one.answer for one in asked]
    undated = "Dear customer, the goods were handed over in good order and with all papers. " * 2
    question = Question("q", {"text": undated}, ())
    (nothing,) = LocalProposals().propose([question], schema, [letter(number) for number in range(12)], ["text"])
    assert nothing.answer is None
