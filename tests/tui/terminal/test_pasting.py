"""Pasted text is one event without escape sequences, whatever is in it and however it arrives in pieces."""

from __future__ import annotations

import itertools
import time
import tracemalloc
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from ontos_tui.tui.terminal.charset import encoding_of, translator
from ontos_tui.tui.terminal.pasting import END, MOST, START, PasteParser, clean

TYPED = f"a{START}hello \x1b[31m\x1b[A\r\nworld{END}bc{START}{END}d{START}z{END}\x1b[A"


def _shown(messages: Iterable[Any]) -> list[str]:
    return [one.text if isinstance(one, events.Paste) else one.key for one in messages]


def _parsed(pieces: Sequence[str]) -> list[str]:
    parser = PasteParser()
    return [text for piece in pieces for text in _shown(parser.feed(piece))]


@given(cuts=st.lists(st.integers(1, len(TYPED) - 1), max_size=9).map(sorted))
def test_a_paste_in_any_pieces_is_the_same(cuts: list[int]) -> None:
    pieces = [TYPED[start:end] for start, end in itertools.pairwise([0, *cuts, len(TYPED)]) if end > start]
    assert _parsed(pieces) == ["a", "hello \nworld", "b", "c", "d", "z", "up"]


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("\x1b7r", ["escape", "7", "r"]),
        ("a\x1b\r", ["a", "escape", "enter"]),
        ("\x1b\x1b3", ["escape", "escape", "3"]),
        ("\x1b-\x1b[A", ["escape", "minus", "up"]),
        ("\x1b[1;5C\x1b", ["ctrl+right", "escape"]),
    ],
)
def test_escape_and_a_key_that_come_at_once_are_both_keys(typed: str, keys: list[str]) -> None:
    for cut in range(len(typed)):
        parser, clock = PasteParser(), itertools.count()
        parser.clock = lambda clock=clock: float(next(clock))  # type: ignore[misc]
        pieces = [typed[:cut], typed[cut:]] if cut else [typed]
        assert [text for piece in pieces for text in _shown(parser.feed(piece))] + _shown(parser.tick()) == keys


def test_a_megabyte_of_escape_sequences_costs_little() -> None:
    text = ("\x1b[31mred\x1b[0m \x1b]0;x\x07\x1b[A" * 60_000)[:1_000_000]
    pieces = [text[at : at + 4_095] for at in range(0, len(text), 4_095)]
    tracemalloc.start()
    begun = time.thread_time()
    pasted = _parsed([START, *pieces, END, "q"])
    seconds, (_, most) = time.thread_time() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [len(pasted[0]), pasted[1]] == [min(MOST, len(clean(text))), "q"]
    assert most < 20e6
    assert seconds < 5, "it has taken 0.1 s; this only tells a quadratic search"


def test_so_much_text_at_once_was_not_typed_and_gives_no_commands() -> None:
    parser = PasteParser()
    parser.clock = lambda: now  # type: ignore[method-assign]
    now = 10.0
    assert _shown(parser.feed("approve\r" * 600)) == []
    assert _shown(parser.feed("more")) == []
    assert _shown(parser.tick()) == []
    now = 10.1
    (text,) = _shown(parser.tick())
    assert text == "approve\n" * 600 + "more"
    assert _shown(parser.feed("q" * 300)) == ["q"] * 300, "a key that was held down"
    assert len(list(parser.feed("\x1b[<35;10;10M" * 300))) == 300, "the mouse"


def test_sequences_that_no_key_sends_give_no_keys() -> None:
    parser = PasteParser()
    parser.clock = lambda: now  # type: ignore[method-assign]
    now = 10.0
    assert _shown(parser.feed("\x1b]52;c;aGFja2Vk\x07\x1b[A" * 100)) == []
    now = 10.1
    assert _shown(parser.tick()) == []


def test_a_flood_of_escape_sequences_is_a_paste_too() -> None:
    parser = PasteParser()
    parser.clock = lambda: now  # type: ignore[method-assign]
    now, mouse = 10.0, "\x1b[<35;10;10M"
    given = [event for _ in range(100) for event in parser.feed(mouse * 100)]
    assert len(given) < 1_000
    now = 10.1
    assert _shown(parser.tick()) == [], "there is no text in it"
    now = 12.0
    for _ in range(20):  # a mouse that is moved for seconds
        now += 0.1
        assert len(list(parser.feed(mouse * 30))) == 30


def test_a_paste_without_an_end_does_not_swallow_what_comes_later() -> None:
    parser = PasteParser()
    parser.clock = lambda: now  # type: ignore[method-assign]
    now = 10.0
    assert _shown(parser.feed(f"{START}half")) == []
    now = 13.0
    assert _shown(parser.tick()) == ["half"]
    assert _shown(parser.feed("q")) == ["q"]


def test_a_terminal_that_is_not_utf8_gets_text_of_the_same_width() -> None:
    named = [{"LC_ALL": "C"}, {"LANG": "C"}, {}, {"LANG": "de_DE.ISO-8859-1"}, {"LC_ALL": "en_US.UTF-8", "LANG": "C"}]
    assert [encoding_of(one) for one in named] == ["ascii", "utf-8", "utf-8", "iso8859-1", "utf-8"]
    assert translator("utf-8") is None
    ascii_only, latin = translator("ascii"), translator("iso8859-1")
    assert ascii_only is not None and latin is not None
    assert ascii_only("│é│ ✓ 日本 → e\u0301 …\x1b[31m") == "|e| + ? ?  > e .\x1b[31m"
    assert latin("│é│") == "|é|"
