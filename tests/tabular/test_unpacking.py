"""Packed files and JSON documents: what comes out, and what is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sys
import zipfile
from pathlib import Path

import pytest
from readings import opened

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.tabular import unpacking

TEXT = b"a;b\n1;2,5\n3;4,5\n"
LARGE = {"id": lzma.FILTER_LZMA2, "dict_size": 256 << 20}


def zipped(*names: str) -> bytes:
    """An archive of files that all hold the text."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, TEXT)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", gzip.compress(TEXT)),
        ("a.zip", zipped("b.csv")),
        ("a.ZIP", zipped("x/b.csv")),
        ("a.csv.bz2", bz2.compress(TEXT[:8]) + bz2.compress(TEXT[8:])),
        ("a.csv.xz", lzma.compress(TEXT)),
        ("a.csv.xz", lzma.compress(TEXT[:8]) + b"\0" * 4 + lzma.compress(TEXT[8:])),
    ],
)
def test_a_packed_file_is_read_as_what_it_holds(tmp_path: Path, name: str, content: bytes) -> None:
    assert opened(tmp_path, content, name).rows == [(1, 2.5), (3, 4.5)]
    assert opened(tmp_path, content, name).rows == [(1, 2.5), (3, 4.5)]


def test_what_holds_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1 << 20)
    for compress, ending in ((gzip.compress, "gz"), (bz2.compress, "bz2"), (lzma.compress, "xz")):
        with pytest.raises(InvalidInputError, match="holds more than"):
            opened(tmp_path, compress(b"a,b\n" + b"1,2\n" * 2_000_000), f"a.csv.{ending}")
    assert not [path for path in tmp_path.glob("copies/*/*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.zip", zipped("a.csv", "b.csv"), "holds 2 files"),
        ("a.zip", b"PK\x03\x04 broken", "damaged or no ZIP"),
        ("a.csv.gz", gzip.compress(TEXT * 500)[:-20], "is cut off"),
        ("a.csv.zst", b"(\xb5/\xfd", "is cut off"),
        ("a.csv.bz2", bz2.compress(TEXT * 500)[:-20], "is cut off"),
        ("a.csv.bz2", TEXT, r"is no \.bz2 file"),
        ("a.csv.xz", lzma.compress(TEXT * 500)[:-20], "is cut off"),
        ("a.csv.xz", lzma.compress(TEXT)[:-4] + b"more", "is damaged"),
        ("a.csv.xz", lzma.compress(TEXT, filters=[LARGE]), "asks for more than 128 MB of memory"),
        ("a.json", b"[1, 2]", "no list of objects"),
        ("a.json", b'{"x": [{"a": 1}], "y": [{"a": 1}]}', "several lists of objects: x, y"),
        ("a.json", b'[{"a": 1},\n{"a": }]', "line 2: not JSON"),
    ],
)
def test_what_cannot_be_unpacked_says_why(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        opened(tmp_path, content, name)


@pytest.mark.parametrize(
    "document",
    [[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], {"meta": 1, "rows": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]}],
)
def test_a_json_document_is_its_list_of_objects(tmp_path: Path, document: object) -> None:
    assert opened(tmp_path, "\ufeff" + json.dumps(document, indent=2), "a.json").rows == [(1, "x"), (2, "y")]


def test_zstandard_is_unpacked_whole_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    packed = zstd.compress(TEXT)
    assert opened(tmp_path, packed, "a.csv.zst").rows == [(1, 2.5), (3, 4.5)]
    assert opened(tmp_path, zstd.compress(TEXT[:8]) + zstd.compress(TEXT[8:]), "b.csv.zst").rows == [(1, 2.5), (3, 4.5)]
    for broken in (packed[:-3], packed + b"more", b"plain text", b""):
        with pytest.raises(InvalidInputError, match=r"damaged|cut off|is no \.zst file"):
            opened(tmp_path, broken, "c.csv.zst")
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1 << 20)
    with pytest.raises(InvalidInputError, match="holds more than"):
        opened(tmp_path, zstd.compress(b"a,b\n" + b"1,2\n" * 2_000_000), "d.csv.zst")
