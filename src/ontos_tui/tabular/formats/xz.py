"""What an .xz file holds, unpacked within limits of memory, which the standard library's own reader does not set."""

from __future__ import annotations

import lzma
from typing import BinaryIO

MOST_MEMORY = 128 << 20
"""Bytes that unpacking may take, as with Zstandard; `xz -9` needs 65 MB, a file may ask for 4 GB."""
_PIECE = 1 << 16


class XzReader:
    """Reads one or several streams. Raises lzma.LZMAError for what is damaged or asks for too much memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._stream = lzma.LZMADecompressor(memlimit=MOST_MEMORY)
        self._packed = b""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes more, none at the end. Raises EOFError when the end is missing."""
        while True:
            if self._stream.eof and not self._begin_next():
                return b""
            if self._stream.needs_input and not self._packed:
                self._packed = self._file.read(_PIECE)
                if not self._packed:
                    raise EOFError
            packed, self._packed = self._packed, b""
            if piece := self._stream.decompress(packed, size):
                return piece

    def _begin_next(self) -> bool:
        """Begin with the stream behind this one, if there is one; zeros may stand between them."""
        rest = self._stream.unused_data.lstrip(b"\0")
        while not rest and (piece := self._file.read(_PIECE)):
            rest = piece.lstrip(b"\0")
        if rest:
            self._stream, self._packed = lzma.LZMADecompressor(memlimit=MOST_MEMORY), rest
        return bool(rest)
