"""Inside a PDF: its pages' texts, where characters stand on a page, and a page as a picture.

A PDF can be made to take all memory, to take forever, or to crash its reader. So nothing of the program calls these
functions; they run in a process of their own with limits: see `pdf_process`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.tabular.folders.contents import UnreadableError

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

MOST_PAGES = 5_000
MOST_CHARACTERS = 20_000_000
PAGE_BREAK = "\n\n"
"""Between the texts of two pages of one document."""
LONGEST = 1_600
"""Pixels of the longer side of a page as a picture."""
_SKIPPED = {0, 13, 0xFFFE, 0xFFFF}
_HYPHENS = {2, 0xAD}
"""What stands for a hyphen at the end of a line."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in parts of the page's width and height, from its upper left corner."""


@contextmanager
def opened(path: Path) -> Iterator[PdfDocument]:
    """A document. Raises UnreadableError for one that is locked, damaged or too long."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        document = PdfDocument(path)
    except PdfiumError as error:
        locked = "assword" in str(error)
        raise UnreadableError("is locked with a password" if locked else "is no PDF, or a damaged one") from error
    try:
        if len(document) > MOST_PAGES:
            raise UnreadableError(f"has {len(document):,} pages; at most {MOST_PAGES:,} are read")
        yield document
    except PdfiumError as error:
        raise UnreadableError(f"is damaged: {error}") from error
    finally:
        document.close()


def page_texts(path: Path) -> list[str]:
    """The text of each page; empty for one that is only a picture. Raises UnreadableError."""
    texts, characters = [], 0
    with opened(path) as document:
        for number in range(len(document)):
            text, _ = _page_text(document, number)
            characters += len(text)
            if characters > MOST_CHARACTERS:
                raise UnreadableError(f"has more than {MOST_CHARACTERS:,} characters")
            texts.append(text)
    return texts


def render(path: Path, page: int, longest: int = LONGEST) -> tuple[Image, int]:
    """A page, from 1, as a picture whose longer side has `longest` pixels, and how many pages there are."""
    with opened(path) as document:
        count = len(document)
        if not 1 <= page <= count:
            raise UnreadableError(f"has {count:,} pages; there is no page {page:,}")
        one = document[page - 1]
        bitmap = one.render(scale=longest / max(*one.get_size(), 1.0))
        image = bitmap.to_pil().convert("RGB")
        return image, count


def boxes(path: Path, page: int, places: Sequence[tuple[int, int]]) -> tuple[str, dict[int, list[Box]]]:
    """Where characters stand: page number, from 1, to the boxes of the lines that `places` cover there.

    Of one `page`, places count characters of its text; with page 0, of the whole document's. Also returns that text,
    so that whoever counted can see whether it is the same.
    """
    boxes: dict[int, list[Box]] = {}
    texts = []
    with opened(path) as document:
        start = 0
        for number in range(len(document)) if page == 0 else [page - 1]:
            text, indexes = _page_text(document, number)
            texts.append(text)
            here = [(max(0, a - start), min(len(text), b - start)) for a, b in places]
            visible = [place for place in here if place[0] < place[1]]
            if visible:
                boxes[number + 1] = _boxes(document[number], [indexes[a:b] for a, b in visible])
            start += len(text) + len(PAGE_BREAK)
    return PAGE_BREAK.join(texts), boxes


def _page_text(document: PdfDocument, number: int) -> tuple[str, list[int]]:
    """A page's text, and for each of its characters the index that PDFium has for it."""
    from pypdfium2 import raw

    page = document[number]
    textpage = page.get_textpage()
    count = textpage.count_chars()
    if count > MOST_CHARACTERS:
        raise UnreadableError(f"has more than {MOST_CHARACTERS:,} characters on page {number + 1}")
    signs, indexes = [], []
    for index in range(count):
        code = int(raw.FPDFText_GetUnicode(textpage, index))
        if code in _SKIPPED or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            continue
        signs.append("-" if code in _HYPHENS else chr(code))
        indexes.append(index)
    text = "".join(signs)
    textpage.close()
    page.close()
    if not text.strip():
        return "", []
    end = len(text.rstrip())
    return text[:end], indexes[:end]


def _boxes(page: PdfPage, runs: Sequence[Sequence[int]]) -> list[Box]:
    """The boxes of runs of characters, one for each line."""
    textpage = page.get_textpage()
    across = 1 if page.get_rotation() in (90, 270) else 0
    lines: list[Box] = []
    for run in runs:
        current: Box | None = None
        for index in run:
            one = _box(page, textpage, index)
            if one is None:
                continue
            if current is not None and _same_line(current, one, across):
                current = (
                    min(current[0], one[0]),
                    min(current[1], one[1]),
                    max(current[2], one[2]),
                    max(current[3], one[3]),
                )
            else:
                lines += [current] if current is not None else []
                current = one
        lines += [current] if current is not None else []
    return lines


def _same_line(line: Box, one: Box, across: int) -> bool:
    """Whether a character overlaps a line by half of its height, and does not lie before where the line begins.

    `across` is 0 for lines that are read from left to right on the picture, and 1 for those of a page on its side.
    """
    down = 1 - across
    overlap = min(line[down + 2], one[down + 2]) - max(line[down], one[down])
    return overlap >= (one[down + 2] - one[down]) / 2 and (across == 1 or one[0] >= line[0])


def _box(page: PdfPage, textpage: PdfTextPage, index: int) -> Box | None:
    """The box of a character as it is rendered, the page's rotation and its visible part considered."""
    from pypdfium2 import raw

    left, bottom, right, top = textpage.get_charbox(index, loose=True)
    if right <= left or top <= bottom:
        return None
    size = 10_000
    corners = []
    for x, y in ((left, top), (right, bottom)):
        across, down = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, size, size, 0, x, y, ctypes.byref(across), ctypes.byref(down))
        corners.append((across.value / size, down.value / size))
    (x1, y1), (x2, y2) = corners
    return (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
