"""The gate between data and the terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.text.terminal_text import MAX_LINE, safe_line, safe_text

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\ufe0f\U000e0041"
HOSTILE = st.text(
    st.sampled_from("\x1b[]0;7\x07\x9b\x9d\x85\x7f\0\r\n\t\ud800\udfff\u2028\u2029 a" + BIDI + ZERO_WIDTH)
)
ANY = st.text(st.characters(codec=None)) | HOSTILE


def assert_harmless(text: str) -> None:
    for character in text:
        assert character == "\n" or unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp"), ascii(text)
        assert character not in BIDI + ZERO_WIDTH, ascii(text)
    text.encode()


@given(ANY)
def test_nothing_that_a_terminal_interprets_gets_through(text: str) -> None:
    assert_harmless(safe_text(text))
    assert "\n" not in safe_line(text)


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
def test_no_invisible_character_gets_through(text: str) -> None:
    assert_harmless(safe_text(text))


@given(ANY)
def test_what_is_safe_stays_as_it_is(text: str) -> None:
    assert safe_text(safe_text(text, 100_000), 100_000) == safe_text(text, 100_000)
    assert safe_line(safe_line(text)) == safe_line(text)


@given(ANY, st.integers(1, 50))
def test_the_limit_holds_for_what_is_read(text: str, limit: int) -> None:
    # Counted before odd characters get their names, which are longer.
    shown = safe_text(text, limit)
    if len(text) > limit:
        assert shown == safe_text(text[: limit - 1] + "…", limit)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ASCII", "plain ASCII"),
        ("Größe 25 µm 🔬 日本", "Größe 25 µm 🔬 日本"),
        ("a\tb\r\nc\rd", "a    b\nc␍d"),
        ("\x1b]52;c;AAAA\x07", "␛]52;c;AAAA␇"),
        ("\x9b31m\x7f\0", "⟨009B⟩31m␡␀"),
        ("user\u202etxt.exe", "user⟨202E⟩txt.exe"),
        ("a\ud800b", "a⟨D800⟩b"),
        ("[bold]markup[/]", "[bold]markup[/]"),
        (None, "None"),
        (1.5, "1.5"),
    ],
)
def test_odd_characters_are_shown_for_what_they_are(text: object, shown: str) -> None:
    assert safe_text(text) == shown


def test_long_texts_are_cut_with_an_ellipsis() -> None:
    assert safe_text("x" * 10, 10) == "x" * 10
    assert safe_text("x" * 11, 10) == "x" * 9 + "…"
    assert len(safe_text("x" * 10**6)) == MAX_LINE
    assert safe_line("a\nb") == "a⏎b"
