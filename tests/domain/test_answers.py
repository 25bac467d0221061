"""Answers on one line, and texts that a database can hold."""

from __future__ import annotations

from ontos_tui.domain.answers import SUMMARY, summary
from ontos_tui.domain.text.storable import storable


def test_the_values_of_an_answer_stand_on_one_line() -> None:
    spans = [{"start": 0, "end": 4, "label": "part"}]
    answer = {"severity": "minor", "score": 2.5, "safe": True, "why": None, "spans": spans, "none": []}
    assert summary(answer) == "minor · 2.5 · yes · · · part 0–4 · no spans"
    assert summary(None) == ""


def test_a_long_answer_is_cut_to_the_width_of_a_list() -> None:
    assert summary({"text": "x" * 200}) == "x" * (SUMMARY - 1) + "…"
    assert summary({"text": "x" * SUMMARY}) == "x" * SUMMARY


def test_lone_surrogates_are_written_out() -> None:
    assert storable("a\ud800b") == "a\\ud800b"
    assert storable("Größe 🔧") == "Größe 🔧"
