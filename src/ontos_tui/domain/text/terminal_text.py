"""The one gate between data and a terminal.

Textual passes ESC, OSC 52 (which writes the clipboard), C1 controls and bidi overrides from data straight to the
terminal, whichever widget shows it. So every string that did not come from our own source goes through `safe_text`.
"""

from __future__ import annotations

import re

MAX_LINE = 2_000
"""Characters after which a displayed text is cut by default; nobody reads further in one cell."""

_NAMED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f"  # C0 without tab and newline, and DEL
    "\x80-\x9f"  # C1, among them CSI and OSC in one byte
    "\u00ad\u061c\u180e"  # soft hyphen, Arabic letter mark, Mongolian vowel separator
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, bidi embeddings and isolates
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb"  # variation selectors, BOM, interlinear annotation
    "\ud800-\udfff"  # lone surrogates cannot be encoded
    "\U0001f3fb-\U0001f3ff"  # skin tones, which take no cells in some terminals and two in others
    "\U000e0000-\U000e0fff]"  # tags
)


def _name(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return f"⟨{code:04X}⟩"


def safe_text(text: object, limit: int = MAX_LINE) -> str:
    """`text` as a string that no terminal interprets; newlines stay, tabs become four spaces.

    Control characters become their visible pictures, invisible and direction-changing ones their code point in
    ⟨angle brackets⟩, so an expert sees that the data is odd instead of being fooled by it. Longer texts are cut at
    `limit` characters with an ellipsis.
    """
    raw = text if isinstance(text, str) else str(text)
    if len(raw) > limit:
        raw = raw[: limit - 1] + "…"
    if raw.isascii() and raw.isprintable():
        return raw
    return _NAMED.sub(_name, raw.replace("\r\n", "\n").replace("\t", "    "))


def safe_line(text: object, limit: int = MAX_LINE) -> str:
    """`safe_text` on one line: newlines become ⏎."""
    return safe_text(text, limit).replace("\n", "⏎")
