"""Keys, and what they do, in lines."""

from __future__ import annotations

from collections.abc import Iterator

from ontos_tui.tui.widgets.lines import Line, Span, wrap


def entry_lines(keys: str, text: str, width: int) -> Iterator[Line]:
    """Keys, and what they do beside them."""
    head = f"  {keys:<14} "
    for number, part in enumerate(wrap(text, width - len(head))):
        yield (Span(head if number == 0 else " " * len(head), "key"), *part)
