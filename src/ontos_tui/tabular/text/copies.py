"""Copies of a text file that DuckDB can read: in UTF-8, with its lines written anew, without those that are no rows."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from ontos_tui.tabular.text.cleaning import Cleaning, write_cleaned
from ontos_tui.tabular.text.encoding import Encoding, write_utf8
from ontos_tui.tabular.text.layout import Layout
from ontos_tui.tabular.text.repeats import RepeatedHeading, heading_lines

HEAD = 1 << 18
"""Bytes at the beginning and the end of a file that its layout is decided by."""


def plain_text(path: Path, copies: Path, encoding: Encoding, layout: Layout, cleaning: Cleaning) -> Path:
    """The file, or a copy that DuckDB can read."""
    plain = as_cleaned(as_utf8(path, copies, encoding), path, copies, cleaning)
    if layout.tail_lines or layout.comment or layout.repeats:
        plain = without_other_lines(plain, path, copies, layout)
    return plain


def as_utf8(path: Path, copies: Path, encoding: Encoding) -> Path:
    """The file, or a copy in UTF-8."""
    if encoding.is_utf8:
        return path
    plain = _copy_path(path, copies, encoding.name)
    write_utf8(path, encoding, plain)
    return plain


def as_cleaned(plain: Path, path: Path, copies: Path, cleaning: Cleaning) -> Path:
    """The file, or a copy with its lines written anew."""
    if cleaning is Cleaning.NONE:
        return plain
    target = _copy_path(path, copies, cleaning)
    write_cleaned(plain, target, cleaning)
    return target


def without_other_lines(plain: Path, path: Path, copies: Path, layout: Layout) -> Path:
    """A copy of the file's text without remarks, which leave an empty line, and without the lines below the rows."""
    target = _copy_path(path, copies, "rows")
    end = _end_of_rows(plain, layout.tail_lines)
    sign = layout.comment.encode()
    header, body = layout.headings.header, layout.headings.body
    again = RepeatedHeading(heading_lines(plain, header, body, layout.names)) if layout.repeats else None
    with plain.open("rb") as source, target.open("wb") as file:
        if not sign and not layout.repeats:
            left = end
            while left > 0 and (piece := source.read(min(left, 1 << 22))):
                file.write(piece)
                left -= len(piece)
            return target
        read, is_open = 0, False
        for number, line in enumerate(source, 1):
            if read >= end:
                break
            read += len(line)
            remark = bool(sign) and not is_open and number != header and line.lstrip().startswith(sign)
            remark = remark or (again is not None and number >= body and not is_open and again.is_heading(line))
            file.write(b"\n" if remark else line)
            is_open = is_open != bool(not remark and line.count(b'"') % 2)
    return target


def _end_of_rows(path: Path, tail_lines: int) -> int:
    """The byte at which the given number of last lines begins."""
    size = path.stat().st_size
    if not tail_lines:
        return size
    with path.open("rb") as file:
        file.seek(max(0, size - HEAD))
        lines = re.findall(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$", file.read(HEAD))
    return size - sum(map(len, lines[len(lines) - tail_lines :]))


def _copy_path(path: Path, copies: Path, kind: str) -> Path:
    """Where a copy lies; older copies of the same file are removed."""
    copies.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(f"{path}|{kind}".encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return copies / f"{key}.txt"


def both_ends(plain: Path) -> tuple[bytes, bytes]:
    """The bytes that a file begins and ends with."""
    with plain.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, plain.stat().st_size - HEAD))
        return head, file.read(HEAD)
