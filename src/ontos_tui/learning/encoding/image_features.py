"""What a model sees of an image: where edges run (histograms of oriented gradients), and figures of its gray values,
its texture and its marks. The histograms know the place of what they see; the figures do not care where a mark is.

Gradient histograms after Dalal and Triggs, "Histograms of Oriented Gradients for Human Detection" (CVPR 2005): cells of
8 x 8 pixels, 9 directions without a sign, blocks of 2 x 2 cells, normalized, clipped at 0.2 and normalized again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.learning.encoding.images import decode, find_image, inline, read_image
from ontos_tui.learning.encoding.page_images import page_of
from ontos_tui.learning.encoding.pixel_budget import TooManyPixelsError

if TYPE_CHECKING:
    from PIL.Image import Image

Matrix = NDArray[np.float64]

SIDE = 64
"""Pixels of the square to which every image is scaled before it is described."""
CELL = 8
DIRECTIONS = 9
CLIPPED = 0.2
QUANTILES = (1, 5, 25, 50, 75, 95, 99)
EDGE_QUANTILES = (50, 90, 99)
COARSER = (2, 4, 8)
"""Texture is looked at in blocks of so many pixels."""
MARKS_SIDE = 96
"""Pixels of the square in which marks are looked for; at 64 thin ones are gone."""
MARKS_AROUND = (2, 6)
"""A mark is what differs from the mean of so many pixels around it."""
MARKS_QUANTILES = (0.1, 1, 5, 95, 99, 99.9)
MARKS_FROM = 0.04
"""The difference from which on a pixel belongs to a mark, of 1."""
MARKS_EDGE = 8
"""Pixels along the edge where no mark is looked for."""
_CELLS = SIDE // CELL
HISTOGRAMS = (_CELLS - 1) ** 2 * 4 * DIRECTIONS
"""Figures of the histograms; they come first."""
WIDTH = (
    HISTOGRAMS
    + (4 + len(QUANTILES))
    + (2 + len(EDGE_QUANTILES) + 3 * len(COARSER))
    + len(MARKS_AROUND) * (len(MARKS_QUANTILES) + 10)
)
"""Figures that an image becomes."""
CACHED_IMAGES = 4_096
"""Descriptors of files in the memory cache, 7 kB each: a training needs those of a row several times."""


def describe_image(image: Image) -> Matrix:
    """`WIDTH` figures of an image, whatever its size and colors."""
    from PIL.Image import Resampling

    whole = image.convert("L")
    square = whole.resize((SIDE, SIDE), Resampling.BILINEAR)
    gray = np.asarray(square, dtype=np.float64) / 255
    down, right = np.gradient(gray, axis=0), np.gradient(gray, axis=1)
    strength = np.hypot(down, right)
    parts = [_directions(down, right, strength), _gray_values(gray), _texture(gray, strength)]
    return np.concatenate([*parts, _marks(whole.resize((MARKS_SIDE, MARKS_SIDE), Resampling.BILINEAR))])


def _directions(down: Matrix, right: Matrix, strength: Matrix) -> Matrix:
    turned = (np.arctan2(down, right) % np.pi) * (DIRECTIONS / np.pi)
    below = np.floor(turned).astype(np.intp)
    beyond = turned - below
    line = np.arange(SIDE) // CELL
    place = (line[:, None] * _CELLS + line[None, :]) * DIRECTIONS
    size = _CELLS * _CELLS * DIRECTIONS
    counts = np.bincount((place + below % DIRECTIONS).ravel(), (strength * (1 - beyond)).ravel(), size)
    counts += np.bincount((place + (below + 1) % DIRECTIONS).ravel(), (strength * beyond).ravel(), size)
    cells = counts.reshape(_CELLS, _CELLS, DIRECTIONS)
    blocks = np.concatenate([cells[:-1, :-1], cells[1:, :-1], cells[:-1, 1:], cells[1:, 1:]], axis=2)
    histograms: Matrix = _normalized(np.minimum(_normalized(blocks), CLIPPED)).ravel()
    return histograms


def _normalized(blocks: Matrix) -> Matrix:
    normalized: Matrix = blocks / np.sqrt((blocks**2).sum(axis=2, keepdims=True) + 1e-4)
    return normalized


def _gray_values(gray: Matrix) -> Matrix:
    spread, away = gray.std(), gray - gray.mean()
    skew, peak = ((away**3).mean() / spread**3, (away**4).mean() / spread**4) if spread > 1e-6 else (0.0, 0.0)
    return np.array([gray.mean(), spread, skew, peak, *np.percentile(gray, QUANTILES)])


def _texture(gray: Matrix, strength: Matrix) -> Matrix:
    figures = [strength.mean(), strength.std(), *np.percentile(strength, EDGE_QUANTILES)]
    for size in COARSER:
        n = SIDE // size
        blocks = gray.reshape(n, size, n, size).mean(axis=(1, 3))
        figures += [blocks.std(), blocks.min(), blocks.max()]
    return np.array(figures)


def _marks(square: Image) -> Matrix:
    """What stands out from its surroundings: how strongly, how much of it, of what shape the dark and the bright."""
    from PIL.ImageFilter import BoxBlur

    figures: list[float] = []
    within = slice(MARKS_EDGE, -MARKS_EDGE)
    for around in MARKS_AROUND:
        blurred = np.asarray(square.filter(BoxBlur(around)), dtype=np.float64)
        rest = ((np.asarray(square, dtype=np.float64) - blurred) / 255)[within, within]
        figures += np.percentile(rest, MARKS_QUANTILES).tolist()
        for outstanding in (-rest, rest):
            figures += _shape(np.maximum(outstanding - MARKS_FROM, 0))
    return np.array(figures)


def _shape(weights: Matrix) -> list[float]:
    """The weight of a mark, its area, its spread along its two axes, and how round it is; 0 where there is none."""
    total = float(weights.sum())
    if total < 1e-9:
        return [0.0] * 5
    rows, columns = np.mgrid[0 : weights.shape[0], 0 : weights.shape[1]]
    shares = weights / total
    down, along = rows - (shares * rows).sum(), columns - (shares * columns).sum()
    mixed = (shares * down * along).sum()
    spread = np.array([[(shares * down**2).sum(), mixed], [mixed, (shares * along**2).sum()]])
    short, long = np.sqrt(np.maximum(np.linalg.eigvalsh(spread), 0)).tolist()
    area = float((weights > 0).mean())
    return [total / weights.size, area, short / MARKS_SIDE, long / MARKS_SIDE, short / (long + 1e-9)]


@lru_cache(maxsize=CACHED_IMAGES)
def _of_file(path: Path, page: int, changed: int, size: int) -> NDArray[np.float32]:
    """The figures of a file, or of a PDF's page, as it was when it was changed last (ns) and had this size."""
    return describe_image(read_image(path, page)).astype(np.float32)


def _descriptor(source: str, roots: Sequence[Path], beside: Collection[Path] = (), *, anywhere: bool = False) -> Matrix:
    """The figures of what a cell names or holds. Raises InvalidInputError saying what is wrong with it."""
    if (content := inline(source)) is not None:
        return describe_image(decode(content)).astype(np.float32).astype(np.float64)  # as those of files are kept
    path = find_image(source, roots, beside, anywhere=anywhere)
    try:
        status = path.stat()
        return _of_file(path, page_of(source)[1], status.st_mtime_ns, status.st_size).astype(np.float64)
    except OSError as error:
        raise InvalidInputError(f"The image cannot be read: {error.strerror or error}.", "Name another one.") from error


@dataclass(frozen=True)
class ImageColumn:
    """A picture of the item: a path, or the file's bytes in base64.

    A path leads below the first of `roots`, the folder of the data, or to a file right in one of the others: the
    folders that absolute paths in its rows name.
    `mean` stands in for a picture that is missing.
    """

    name: str
    roots: tuple[str, ...]
    mean: tuple[float, ...]

    @property
    def width(self) -> int:
        return len(self.mean)

    @property
    def expected(self) -> str:
        return "the path of an image below the folder of the data, or its bytes in base64,"

    def fits(self, value: object) -> bool:
        return value is None or isinstance(value, str)

    def encode(self, values: Sequence[object]) -> Matrix:
        """A line for each value; a picture that cannot be read counts as missing."""
        return self._lines(values, strict=False)

    def encode_strictly(self, values: Sequence[object]) -> Matrix:
        """The same for requests. Raises InvalidInputError saying what is wrong with a picture."""
        return self._lines(values, strict=True)

    def _lines(self, values: Sequence[object], *, strict: bool) -> Matrix:
        matrix = np.tile(np.array(self.mean), (len(values), 1))
        folder, *others = map(Path, self.roots)
        for line, value in zip(matrix, values, strict=True):
            if not isinstance(value, str) or not value.strip():
                continue
            try:
                line[:] = _descriptor(value, [folder], others)
            except TooManyPixelsError:
                raise
            except InvalidInputError as error:
                if strict:
                    raise InvalidInputError(
                        f"The field {safe_line(self.name, 80)!r}: {error.what}", error.todo
                    ) from error
        return matrix


def learn_column(name: str, values: Sequence[object], folder: Path) -> ImageColumn | str:
    """The column of pictures that `values` name, from `folder` or absolute; or why nothing is learned from it."""
    total, read, first = np.zeros(WIDTH), 0, ""
    absolute: list[Path] = []
    for value in values:
        if not isinstance(value, str) or not value.strip():
            continue
        try:
            total += _descriptor(value, [folder], anywhere=True)
        except InvalidInputError as error:
            first = first or error.what
            continue
        read += 1
        if Path(value.strip()).is_absolute():
            absolute.append(find_image(value, [folder], anywhere=True).parent)
    if not read:
        return f"holds no picture that can be read ({first})" if first else "is empty"
    roots = dict.fromkeys([folder, *absolute])
    return ImageColumn(name, tuple(map(str, roots)), tuple(np.round(total / read, 5).tolist()))
