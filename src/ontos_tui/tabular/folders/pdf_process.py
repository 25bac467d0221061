"""PDFs read in a process of their own, with limits of memory and time, so that none of them can harm the program.

The process is started for the first PDF, and again after one that it did not survive.
"""

from __future__ import annotations

import atexit
import base64
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ontos_tui.tabular.folders.contents import UnreadableError

if TYPE_CHECKING:
    from types import TracebackType

    from PIL.Image import Image

    from ontos_tui.tabular.folders.pdf import Box

MEMORY = 1_500_000_000
"""Bytes of address space that the process may have."""
SECONDS = 120.0
"""How long one PDF, or one page as a picture, may take."""


@dataclass(frozen=True)
class PageImage:
    """A page as a picture, and how many pages the document has."""

    image: Image
    pages: int


class PdfProcess:
    """Reads PDFs. Safe to use from several threads, which wait for each other."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._pending = b""
        self._lock = threading.Lock()

    def __enter__(self) -> PdfProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def page_texts(self, path: Path) -> list[str]:
        """The text of each page. Raises UnreadableError saying why there is none."""
        texts: list[str] = self._call("page_texts", path)
        return texts

    def render(self, path: Path, page: int, longest: int) -> PageImage:
        """A page, from 1, as a picture. Raises UnreadableError."""
        from PIL import Image

        width, height, pages, data = self._call("render", path, page, longest)
        return PageImage(Image.frombytes("RGB", (width, height), base64.b64decode(data)), pages)

    def boxes(self, path: Path, page: int, places: Sequence[tuple[int, int]]) -> tuple[str, dict[int, list[Box]]]:
        """The text of a page, or of all with page 0, and by page the boxes of these places in it."""
        text, boxes = self._call("boxes", path, page, list(places))
        return text, {int(number): [tuple(box) for box in some] for number, some in boxes.items()}

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _call(self, what: str, path: Path, *arguments: object) -> Any:
        with self._lock:
            child = self._child or self._start()
            self._child = child
            assert child.stdin is not None  # it was started with a pipe
            try:
                child.stdin.write(json.dumps([what, str(path), *arguments]).encode() + b"\n")
                child.stdin.flush()
                answer = json.loads(self._line(child))
            except (OSError, ValueError, TimeoutError) as error:
                self._end()
                slow = isinstance(error, TimeoutError) and not isinstance(error, BrokenPipeError)
                reason = f"took more than {self._seconds:g} s" if slow else "made the reader of PDFs end"
                raise UnreadableError(f"{reason}; it is left alone") from error
        if "error" in answer:
            raise UnreadableError(str(answer["error"]))
        return answer["result"]

    def _start(self) -> subprocess.Popen[bytes]:
        self._pending = b""
        return subprocess.Popen(  # noqa: S603  # this very program
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)},
        )

    def _line(self, child: subprocess.Popen[bytes]) -> bytes:
        """The next line of the process. Raises TimeoutError, or BrokenPipeError when it has ended."""
        assert child.stdout is not None  # it was started with a pipe
        pieces, deadline = [self._pending], time.monotonic() + self._seconds
        while b"\n" not in pieces[-1]:
            if not _has_come(child.stdout, deadline - time.monotonic()):
                raise TimeoutError
            piece = os.read(child.stdout.fileno(), 1 << 20)
            if not piece:
                raise BrokenPipeError
            pieces.append(piece)
        line, _, self._pending = b"".join(pieces).partition(b"\n")
        return line

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()


def _has_come(pipe: IO[bytes], seconds: float) -> bool:
    """Whether a pipe has something to read within some seconds. `select.select` would refuse a number above 1,023."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        return bool(selector.select(max(0.0, seconds)))


@cache
def shared_process() -> PdfProcess:
    """The one that shows pages; it ends with the program."""
    process = PdfProcess()
    atexit.register(process.close)
    return process


def answer(line: bytes) -> dict[str, Any]:
    """What one request is answered with: a result, or an error in words."""
    from ontos_tui.tabular.folders import pdf

    what, path, *arguments = json.loads(line)
    try:
        if what == "page_texts":
            return {"result": pdf.page_texts(Path(path))}
        if what == "render":
            image, pages = pdf.render(Path(path), *arguments)
            return {"result": [*image.size, pages, base64.b64encode(image.tobytes()).decode()]}
        text, boxes = pdf.boxes(Path(path), arguments[0], [(start, end) for start, end in arguments[1]])
        return {"result": [text, boxes]}
    except UnreadableError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": "needs more memory than a PDF may take here"}


def main() -> None:
    """Answer requests until there are no more."""
    with suppress(ImportError):  # there are no such limits on Windows
        import resource

        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin.buffer:
        sys.stdout.write(json.dumps(answer(line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
