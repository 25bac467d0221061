"""Packed files of one file (.gz, .bz2, .xz, .zst, .zip), and JSON that is one document: unpacked into a copy, within
limits."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
import shutil
import sys
import zipfile
from pathlib import Path, PurePath
from typing import Protocol

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.tabular.formats.xz import XzReader
from ontos_tui.tabular.json_rows import ManyDocumentsError, json_rows

MOST_BYTES = 4 << 30
"""Bytes that a packed file may hold."""
MOST_TIMES = 200
"""How many times its own size a packed file may hold, from `FREE_BYTES` on."""
FREE_BYTES = 256 << 20
WINDOW_BITS = 27
"""Of Zstandard: what it looks back on is kept in memory, 128 MB at most, as `zstd -d` has it."""
MOST_JSON = 256 << 20
"""Bytes of a JSON document that is no lines."""
STREAMS = (".gz", ".bz2", ".xz", ".zst")
"""Packings of one file, which is called as the packed one without this end."""
PACKED = (*STREAMS, ".zip")


def inner_name(path: Path) -> str:
    """The name of the file that a packed one holds; any other file's own.

    Raises InvalidInputError for several, and for a kind of packing that is not read.
    """
    if path.suffix.lower() in STREAMS:
        return path.stem
    if path.suffix.lower() != ".zip" or not path.is_file():
        return path.name
    try:
        with zipfile.ZipFile(path) as archive:
            names = [
                info.filename for info in archive.infolist() if not info.is_dir() and "__MACOSX" not in info.filename
            ]
    except zipfile.BadZipFile as error:
        raise InvalidInputError(f"{path.name} is damaged or no ZIP file.", "Pack it again.") from error
    if len(names) != 1:
        raise InvalidInputError(f"{path.name} holds {len(names)} files.", "Unpack it, and add the files one by one.")
    return PurePath(names[0]).name


def unpacked(path: Path, copies: Path, fingerprint: str) -> Path:
    """The file itself, or a copy of what it holds as DuckDB can read it; made once for each `fingerprint`.

    Raises InvalidInputError when it holds too much, or is damaged.
    """
    name = inner_name(path)
    packed, is_json = path.suffix.lower() in PACKED, PurePath(name).suffix.lower() == ".json"
    if not packed and not is_json:
        return path
    key = hashlib.sha256(str(path).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    folder = copies / f"{key}-{hashlib.sha256(fingerprint.encode()).hexdigest()[:8]}"
    target = folder / (f"{PurePath(name).stem}.jsonl" if is_json else name)
    if target.exists():
        return target
    for old in copies.glob(f"{key}-*"):
        shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True)
    plain = path
    if packed:
        plain = folder / name
        _unpack(path, plain)
    if is_json:
        _write_lines(path.name, plain, target)
    return target


def _unpack(path: Path, target: Path) -> None:
    partial = target.with_name("partial")
    try:
        if path.suffix.lower() == ".gz":
            with gzip.open(path) as source:
                _copy(path, source, partial)
        elif path.suffix.lower() == ".bz2":
            with bz2.open(path) as source:
                _copy(path, source, partial)
        elif path.suffix.lower() == ".xz":
            with path.open("rb") as packed:
                _copy(path, XzReader(packed), partial)
        elif path.suffix.lower() == ".zst":
            _unpack_zstd(path, partial)
        else:
            with zipfile.ZipFile(path) as archive:
                (info, *_) = [one for one in archive.infolist() if PurePath(one.filename).name == target.name]
                with archive.open(info) as member:
                    _copy(path, member, partial)
    except (OSError, EOFError, zipfile.BadZipFile, RuntimeError, lzma.LZMAError) as error:
        raise InvalidInputError(
            f"{path.name} {_why(path, error)}.", "Unpack it yourself, and add what it holds."
        ) from error
    partial.rename(target)


_PACKED = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zX", ".zst": b"\x28\xb5\x2f\xfd", ".zip": b"PK"}


def _why(path: Path, error: Exception) -> str:
    """What hinders unpacking, in our words."""
    with path.open("rb") as file:
        begins = file.read(4)
    if not begins.startswith(_PACKED.get(path.suffix.lower(), b"")):
        return f"is no {path.suffix.lower()} file, whatever its name says"
    if "password" in str(error) or "encrypted" in str(error):
        return "is locked with a password"
    if "memory" in str(error).lower():
        return "asks for more than 128 MB of memory"
    if isinstance(error, EOFError) or "end" in str(error).lower() or "truncated" in str(error).lower():
        return "is cut off: its end is missing"
    return "is damaged"


def _unpack_zstd(path: Path, target: Path) -> None:
    # DuckDB unpacks it as well, but takes a file that is cut off for whole.
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    window = {int(zstd.DecompressionParameter.window_log_max): WINDOW_BITS}
    try:
        with zstd.open(path, options=window) as source:
            _copy(path, source, target)
    except zstd.ZstdError as error:
        raise OSError(str(error)) from error


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _copy(path: Path, source: _Readable, target: Path) -> None:
    size, written = path.stat().st_size, 0
    with target.open("wb") as file:
        while chunk := source.read(1 << 20):
            written += len(chunk)
            if written > MOST_BYTES or (written > FREE_BYTES and written > MOST_TIMES * size):
                file.close()
                target.unlink()
                raise InvalidInputError(
                    f"{path.name} of {size:,} bytes holds more than {written - len(chunk):,} bytes.",
                    f"Unpack it yourself. What is unpacked here may have {MOST_TIMES} times the size, up to 4 GB.",
                )
            file.write(chunk)


def _write_lines(name: str, path: Path, target: Path) -> None:
    """Write the objects of a JSON document as one line each."""
    if path.stat().st_size > MOST_JSON:
        raise InvalidInputError(f"{name} is a JSON document of more than 256 MB.", "Write it as JSON lines (.jsonl).")
    partial = target.with_name("lines")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in json_rows(name, path))
    except ManyDocumentsError:  # it holds a line for each object
        shutil.copyfile(path, partial)
    except UnicodeEncodeError as error:
        raise InvalidInputError(f"{name} holds half of a character.", "Save it as UTF-8.") from error
    partial.rename(target)
