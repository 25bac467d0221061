"""Names that begin alike, shortened so that what tells them apart stays."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from ontos_tui.tui.widgets.lines import fit


def common_beginning(texts: Sequence[str]) -> str:
    """What all of these begin with."""
    first, last = min(texts, default=""), max(texts, default="")
    at = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[: min(at, len(last))]


def fit_ends(text: str, width: int) -> str:
    """`text` in exactly `width` cells; what is cut goes from the middle, for names that differ at their ends."""
    if width < 8 or cell_len(text) <= width:
        return fit(text, width)
    head = set_cell_size(text, (width - 1) // 3).rstrip(" ")
    return set_cell_size(f"{head}…{_last_cells(text, width - 1 - cell_len(head))}", width)


def _last_cells(text: str, width: int) -> str:
    """The end of `text` in at most `width` cells. It begins with a character of its own, not with a combining mark."""
    at = max(0, len(text) - width) if text.isascii() else 0
    while at < len(text) and (cell_len(text[at:]) > width or not cell_len(text[at])):
        at += 1
    return text[at:]
