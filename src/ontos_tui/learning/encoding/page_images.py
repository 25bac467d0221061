"""Pages of PDFs as pictures: `report.pdf#page=3` in a cell is the third page, `report.pdf` the first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.learning.encoding.pixel_budget import spend_pixels
from ontos_tui.tabular.folders.contents import UnreadableError
from ontos_tui.tabular.folders.pdf_process import shared_process

if TYPE_CHECKING:
    from PIL.Image import Image

_PAGE = re.compile(r"(.*\.pdf)(?:#page=(\d{1,6}))?", re.IGNORECASE | re.DOTALL)
LONGEST = 1_024
"""Pixels of a page's longer side."""


def page_of(named: str) -> tuple[str, int]:
    """The path that a cell names, and the page of a PDF, from 1; 0 for any other file."""
    match = _PAGE.fullmatch(named.strip())
    return (match[1], int(match[2] or 1)) if match else (named.strip(), 0)


def page_image(path: Path, page: int, longest: int = LONGEST) -> Image:
    """A page as a picture. Raises InvalidInputError saying why there is none."""
    spend_pixels(longest * longest)
    try:
        return shared_process().render(path, page, longest).image
    except UnreadableError as error:
        raise InvalidInputError(f"{path.name} {error}.", "Name another page or file.") from error
