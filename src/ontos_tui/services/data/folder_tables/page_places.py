"""Places of a text on the pages of its PDF: drawn over the page, so that one sees where an answer stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.records.data import Row

if TYPE_CHECKING:
    from PIL.Image import Image

    from ontos_tui.tabular.folders.pdf import Box

LIT, ACTIVE = (255, 205, 0, 90), (255, 90, 0, 130)
"""Red, green, blue and how much covers of what is below."""


@dataclass(frozen=True)
class TextPlaces:
    """Characters of an item's text column from `start` up to `end`, without it. `active` are those to look at now."""

    column: str
    places: tuple[tuple[int, int], ...] = ()
    active: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class PagePlaces:
    """The boxes by page, from 1, in parts of its width and height."""

    lit: dict[int, list[Box]]
    active: dict[int, list[Box]]

    def first_page(self) -> int:
        """The page to look at first."""
        return min(self.active or self.lit, default=1)

    def draw(self, image: Image, page: int) -> None:
        """Light the places of a page."""
        from PIL import ImageDraw

        draw = ImageDraw.Draw(image, "RGBA")
        for boxes, color in ((self.lit, LIT), (self.active, ACTIVE)):
            for left, top, right, bottom in boxes.get(page, ()):
                corners = (left * image.width, top * image.height, right * image.width, bottom * image.height)
                draw.rectangle(corners, fill=color, outline=(*color[:3], 255), width=2)


NO_PLACES = PagePlaces({}, {})


def find_places(path: Path, page: int, fields: Row, places: TextPlaces | None) -> PagePlaces:
    """Where places of an item's text stand in its PDF; `page` is 0 where the item is the whole document.

    None are found when the text is not that of the PDF, as it is when the file has changed.
    """
    from ontos_tui.tabular.folders.contents import UnreadableError
    from ontos_tui.tabular.folders.pdf_process import shared_process

    if places is None or not (places.places or places.active):
        return NO_PLACES
    lit = [one for one in places.places if one not in places.active]
    try:
        return PagePlaces(
            _boxes(shared_process().boxes(path, page, lit), fields.get(places.column)),
            _boxes(shared_process().boxes(path, page, places.active), fields.get(places.column)),
        )
    except UnreadableError:
        return NO_PLACES  # the page itself says why


def _boxes(cached: tuple[str, dict[int, list[Box]]], text: object) -> dict[int, list[Box]]:
    return cached[1] if cached[0] == text else {}


def pages_from(first: int, count: int) -> Sequence[int]:
    """All pages, from the one to look at first."""
    return [*range(first, count + 1), *range(1, first)]
