"""What the positions of a file count: characters, as ours do, or UTF-16 units, or bytes of UTF-8.

Tools that run in a browser count UTF-16 units, where an emoji is two; some count bytes. In a text of plain ASCII all
are the same. Where a span also shows its text, that decides; else it is decided only by what is possible at all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from ontos_tui.domain.file_formats import Offsets
from ontos_tui.services.interchange.annotations.annotated import MarkedSpan


def in_characters(position: int, text: str, unit: Offsets) -> int | None:
    """The position counted in characters; None for one that is outside of the text or inside of a character."""
    if unit is Offsets.CHARACTERS or text.isascii():
        return position if 0 <= position <= len(text) else None
    starts = _starts(text, unit)
    index = bisect_left(starts, position)
    return index if index < len(starts) and starts[index] == position else None


def _starts(text: str, unit: Offsets) -> Sequence[int]:
    """Where each character begins, counted in units, and where the last one ends."""
    starts, at = [0], 0
    for character in text:
        code = ord(character)
        if unit is Offsets.UTF16:
            at += 2 if code > 0xFFFF else 1
        else:
            at += 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
        starts.append(at)
    return starts


def moved(span: MarkedSpan, text: str, unit: Offsets) -> MarkedSpan | None:
    """The span counted in characters, if it lies in the text."""
    start, end = (in_characters(position, text, unit) for position in (span.start, span.end))
    if start is None or end is None or start >= end:
        return None
    return MarkedSpan(start, end, span.label, span.text)


def shows(span: MarkedSpan, text: str, unit: Offsets) -> bool:
    """Whether the span, counted so, lies in the text and on the text that it shows, if it shows one."""
    placed = moved(span, text, unit)
    return placed is not None and span.text in (None, text[placed.start : placed.end])


def unit_of(texts: Iterable[tuple[str, Sequence[MarkedSpan]]]) -> tuple[Offsets, tuple[Offsets, ...]]:
    """What the positions of a file count, and what else they might count as well.

    Characters, unless they do not fit every span and another unit does. Where another unit meets whole words and
    characters do not, or two others fit, the other one is named as well: then only the user can know.
    """
    judged = [(text, span) for text, spans in texts if not text.isascii() for span in spans]
    fitting = [unit for unit in Offsets if all(shows(span, text, unit) for text, span in judged)]
    if not fitting:
        return Offsets.CHARACTERS, ()
    different = [(text, span) for text, span in judged if span.text is None and _differs(span, text, fitting)]
    if len(fitting) == 1 or not different:
        return fitting[0], ()
    on_words = [unit for unit in fitting if all(_on_words(span, text, unit) for text, span in different)]
    if fitting[0] is Offsets.CHARACTERS:
        likelier = on_words and Offsets.CHARACTERS not in on_words
        return Offsets.CHARACTERS, (on_words[0],) if likelier else ()
    return (on_words[0], ()) if len(on_words) == 1 else (fitting[0], tuple(fitting[1:]))


def _differs(span: MarkedSpan, text: str, units: Iterable[Offsets]) -> bool:
    return len({moved(span, text, unit) for unit in units}) > 1


def _on_words(span: MarkedSpan, text: str, unit: Offsets) -> bool:
    placed = moved(span, text, unit)
    if placed is None:
        return False
    start, end = placed.start, placed.end
    begins = text[start].isalnum() and not (start and text[start - 1].isalnum())
    ends = text[end - 1].isalnum() and not (end < len(text) and text[end].isalnum())
    return begins and ends
