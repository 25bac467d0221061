"""Image files as data names them: located where they may lie, opened with limits, and turned into pixels.

Paths come from tables and from requests, and files from anywhere, so nothing of them is trusted: a path must lead below
a folder that is allowed, a file has a largest size, and its header is read before its pixels are.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import stat
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.learning.encoding.page_images import page_image, page_of
from ontos_tui.learning.encoding.pixel_budget import BusyError, spend_pixels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MOST_BYTES = 64_000_000
"""Bytes of an image file; a 16-bit image of 25 megapixels still fits."""
MOST_PIXELS = 50_000_000
"""Pixels of an image. A small file can say that it has far more (a decompression bomb)."""
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "PPM")
"""What is read: formats whose header is read alone. WebP is not: its decoder takes the memory of all pixels at once."""
KINDS = "PNG, JPEG, BMP, GIF, TIFF or PPM"
MOST_PASSES, USUAL_PASSES = 100, 12
"""Passes of a progressive JPEG: each goes over the whole picture. Cameras and programs draw in ten or so."""
PIXELS_A_SLOW_BYTE = 20
"""What a byte costs of the formats that Pillow decodes in Python, in pixels of the others."""
PIXELS_OF_STRIP = 1_000_000
_PASS = b"\xff\xda"
_SLOW_DECODERS = ("bmp_rle", "ppm_plain", "ppm")
_DATA_URL = re.compile(r"data:[\w.+/-]*;base64,", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{64,}={0,2}\s*", re.ASCII)


@dataclass(frozen=True)
class Pixels:
    """An image scaled down: `rgb` has three bytes for each pixel, row by row."""

    width: int
    height: int
    rgb: bytes


def find_image(text: str, roots: Sequence[Path], beside: Collection[Path] = (), *, anywhere: bool = False) -> Path:
    """The file that a cell names: a path from the first of `roots`, or an absolute one.

    It must lie below one of `roots`, or right in a folder of `beside`, links followed, unless it is absolute and
    `anywhere` is said, as for a table of the user's own. Raises InvalidInputError saying why there is no such file.
    """
    named, _ = page_of(text)
    shown = safe_line(named, 120)
    try:
        path = Path(named)
        resolved = (roots[0] / path).resolve() if roots else path.resolve()
        named_freely = anywhere and path.is_absolute()
        inside = resolved.parent in beside or any(resolved.is_relative_to(root.resolve()) for root in roots)
        if not (named_freely or inside):
            raise InvalidInputError(
                f"The image {shown} is not below the folder of the data.", "Move it there, or name it from there."
            )
        if not stat.S_ISREG(resolved.stat().st_mode):
            raise InvalidInputError(f"The image {shown} is not a file.", "Name a file.")
    except FileNotFoundError as error:
        raise InvalidInputError(
            f"No image {shown} in the folder of the data.", "Check the path and the folder."
        ) from error
    except OSError as error:
        raise InvalidInputError(
            f"The image {shown} cannot be reached: {error.strerror or 'no such path'}.", "Check the path."
        ) from error
    except (ValueError, RuntimeError) as error:  # a NUL in it, or links in a circle
        raise InvalidInputError(f"The image {shown} cannot be reached: no such path.", "Check the path.") from error
    return resolved


def inline(source: str) -> bytes | None:
    """The bytes that a text holds in base64, as a data URL or bare; None when it is rather a path.

    Raises InvalidInputError for broken base64.
    """
    start = _DATA_URL.match(source)
    if start is None and not _BASE64.fullmatch(source):
        return None
    try:
        return base64.b64decode(source[start.end() if start else 0 :])
    except (binascii.Error, ValueError) as error:
        raise InvalidInputError("The image is not valid base64.", "Send the bytes of the file in base64.") from error


def read_file(path: Path) -> bytes:
    """The bytes of an image file. Raises InvalidInputError when it cannot be read or is too large."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InvalidInputError(
            f"The image {safe_line(path.name, 120)} cannot be read: {error.strerror or 'no such file'}.",
            "Check that you may read it.",
        ) from error
    if len(content) > MOST_BYTES:
        raise InvalidInputError(
            f"The image has more than {MOST_BYTES:,} bytes.", "Make it smaller and use the smaller one."
        )
    return content


def decode(content: bytes) -> Image:
    """The image in some bytes, its pixels read, upright, in mode L (gray) or RGB.

    Raises InvalidInputError for what is no image, a broken one, or one of too many pixels.
    """
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # what it warns of is refused below
            opened = Image.open(io.BytesIO(content), formats=FORMATS)
        with opened:
            width, height = opened.size
            if width * height > MOST_PIXELS:
                raise InvalidInputError(
                    f"The image has {width:,} × {height:,} pixels; at most {MOST_PIXELS:,} are read.",
                    "Make it smaller and use the smaller one.",
                )
            spend_pixels(_cost(opened, content))
            opened.load()
            ImageOps.exif_transpose(opened, in_place=True)
            return _plain(opened)
    except (InvalidInputError, BusyError):
        raise
    except Image.DecompressionBombError as error:
        raise InvalidInputError(
            f"The image has more than {MOST_PIXELS:,} pixels.", "Make it smaller and use the smaller one."
        ) from error
    except Exception as error:  # Pillow's decoders raise whatever a broken file makes them
        raise InvalidInputError(
            "The image cannot be read: it is broken or cut off.", f"Give a whole {KINDS} file."
        ) from error


def _cost(image: Image, content: bytes) -> int:
    """What decoding costs, in pixels of a plain image. Raises InvalidInputError for a JPEG of too many passes."""
    pixels = image.width * image.height
    if image.format == "JPEG":
        passes = content.count(_PASS)
        if passes > MOST_PASSES:
            raise InvalidInputError(
                f"The image is drawn in {passes:,} passes; at most {MOST_PASSES} are read.", "Save it again."
            )
        # Of one that is drawn in passes all coefficients are held beside its pixels.
        return pixels * (1 + passes // USUAL_PASSES) * 3 // (2 if image.info.get("progressive") else 3)
    tile = getattr(image, "tile", None)
    if tile and tile[0][0] in _SLOW_DECODERS:
        return max(pixels, PIXELS_A_SLOW_BYTE * len(content))
    return pixels


def _plain(image: Image) -> Image:
    """Eight bits a channel. Deep gray images, as instruments write them, are stretched from darkest to brightest."""
    if image.mode == "1":
        return image.convert("L")
    if image.mode[0] in "IF":
        import numpy as np
        from PIL import Image

        ranges = [(float(strip.min()), float(strip.max())) for _, strip in _strips(image)]
        low, high = min(one for one, _ in ranges), max(one for _, one in ranges)
        plain = Image.new("L", image.size)
        for top, strip in _strips(image):
            gray = (strip - low) * (255 / (high - low)) if high > low else np.zeros_like(strip)
            plain.paste(Image.fromarray(gray.astype(np.uint8)), (0, top))
        return plain
    if image.mode in ("L", "RGB"):
        return image  # a copy would take its memory again
    return image.convert("L" if image.mode == "LA" else "RGB")


def _strips(image: Image) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """The values of a deep image, some rows at a time: all at once they take eight bytes each, twice."""
    import numpy as np

    rows = max(1, PIXELS_OF_STRIP // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(image.height, top + rows)))
        yield top, np.nan_to_num(np.asarray(strip, dtype=np.float64), posinf=0.0, neginf=0.0)


def open_image(source: str, roots: Sequence[Path], *, anywhere: bool = False) -> Image:
    """The image that a cell or a request names or holds. Raises InvalidInputError saying what is wrong with it."""
    content = inline(source)
    if content is not None:
        return decode(content)
    return read_image(find_image(source, roots, anywhere=anywhere), page_of(source)[1])


def read_image(path: Path, page: int = 0) -> Image:
    """The image in a file, or a `page` of a PDF, from 1. Raises InvalidInputError saying what is wrong with it."""
    return page_image(path, page) if page else decode(read_file(path))


def shrink(image: Image, width: int, height: int) -> Pixels:
    """The image in at most so many pixels, in proportion; a small one is enlarged by whole steps at most."""
    from PIL import Image

    factor = min(width / image.width, height / image.height)
    if factor > 1:
        factor = float(int(factor))
    size = max(1, int(image.width * factor)), max(1, int(image.height * factor))
    way = Image.Resampling.NEAREST if factor >= 1 else Image.Resampling.BOX
    small = image.convert("RGB").resize(size, way)
    return Pixels(*size, small.tobytes())


def data_url(image: Image, longest: int) -> str:
    """The image as a data URL for a model, its longer side scaled to `longest` pixels where it is more.

    Gray images are sent as PNG, which keeps faint marks; colored ones as JPEG.
    """
    small = image.copy()
    small.thumbnail((longest, longest))
    into = io.BytesIO()
    kind = "png" if small.mode == "L" else "jpeg"
    small.save(into, kind.upper())
    return f"data:image/{kind};base64,{base64.b64encode(into.getvalue()).decode('ascii')}"
