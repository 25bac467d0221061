"""Our themes; all of Textual's are there too. The first is the default."""

from __future__ import annotations

from textual.theme import Theme

THEMES = (
    Theme(
        name="ontos-dark",
        primary="#6cb6ff",
        secondary="#8ddb8c",
        accent="#f2c55c",
        foreground="#d5dbe3",
        background="#10151c",
        surface="#18202a",
        panel="#212c39",
        success="#5bc98b",
        warning="#f2a65c",
        error="#ff7b72",
        dark=True,
    ),
    Theme(
        name="ontos-light",
        primary="#0b5cad",
        secondary="#1a7f4b",
        accent="#9a5b00",
        foreground="#1c2430",
        background="#fbfcfd",
        surface="#eef1f5",
        panel="#e1e6ec",
        success="#1a7f4b",
        warning="#9a5b00",
        error="#b3261e",
        dark=False,
    ),
    # Blue and orange keep apart in every common form of color blindness.
    Theme(
        name="ontos-blue-orange",
        primary="#56b4e9",
        secondary="#0072b2",
        accent="#e69f00",
        foreground="#e8e8e8",
        background="#101418",
        surface="#1a2026",
        panel="#242c34",
        success="#56b4e9",
        warning="#e69f00",
        error="#d55e00",
        dark=True,
    ),
    # Black and white, and few bright colors between them.
    Theme(
        name="ontos-high-contrast",
        primary="#7fd4ff",
        secondary="#ffffff",
        accent="#ffe14d",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#1c1c1c",
        success="#5cff8d",
        warning="#ffb84d",
        error="#ff8a80",
        dark=True,
    ),
)
