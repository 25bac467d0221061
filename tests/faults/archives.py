"""Files that expand: archives, JSON documents and workbooks of a few kilobytes that want gigabytes.

Promised: each is read or refused with a reason, in 300 MB of memory beside what the program itself takes. Every file is
opened in a process of its own, which measures itself.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from faults.result import Result

PROMISE = "files that expand are read or refused with a reason, within 300 MB and 20 s of the processor"
MOST_MEMORY = 300 * 1024**2
MOST_SECONDS = 20.0
"""Of the processor: what a loaded machine adds is no fault of the program's."""
HANGS = 600.0
_SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
)
_LINKS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/'
    '2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
)
_ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="a">{}</table:table></office:spreadsheet></office:body></office:document-content>'
)


def run(seed: int, seconds: float) -> Result:
    """Open hostile files in an order drawn by `seed`, until the time is over."""
    draw = random.Random(seed)
    makers = list(FILES)
    draw.shuffle(makers)
    ends, tried, notes = time.monotonic() + seconds, 0, []
    with tempfile.TemporaryDirectory() as folder:
        for name in makers:
            if tried and time.monotonic() > ends:
                break
            tried += 1
            path = Path(folder) / name
            path.write_bytes(FILES[name](draw))
            if trouble := _trouble(path):
                notes.append(f"{name}: {trouble}")
            path.unlink()
    return Result(PROMISE, tried, len(notes), tuple(notes))


def _trouble(path: Path) -> str:
    """What was wrong with how a file was opened; empty if nothing was."""
    command = [sys.executable, str(Path(__file__).resolve()), str(path)]
    source = Path(__file__).resolve().parents[2] / "src"
    environment = {"PYTHONPATH": f"{source}:{Path(__file__).resolve().parents[1]}", "PATH": "/usr/bin:/bin"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=HANGS, check=False)
    except subprocess.TimeoutExpired:
        return f"not done after {HANGS:.0f} s"
    if done.returncode:
        return f"it ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"
    report = json.loads(done.stdout)
    if report["memory"] > MOST_MEMORY:
        return f"{report['memory'] / 1024**2:.0f} MB; {report['said'][:150]}"
    if report["seconds"] > MOST_SECONDS:
        return f"{report['seconds']:.1f} s; {report['said'][:150]}"
    return ""


def _zeros(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield bytes(1 << 20)


def _gzip(pieces: Iterator[bytes]) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=6) as file:
        for piece in pieces:
            file.write(piece)
    return buffer.getvalue()


def _zip(parts: dict[str, Iterator[bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in parts.items():
            with archive.open(name, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece)
    return buffer.getvalue()


def _repeated(text: bytes, megabytes: int, before: bytes = b"", after: bytes = b"") -> Iterator[bytes]:
    yield before
    piece = text * ((1 << 20) // len(text) + 1)
    for _ in range(megabytes):
        yield piece
    yield after


def _book(sheet: Iterator[bytes], strings: Iterator[bytes] | None = None) -> bytes:
    parts = {
        "xl/workbook.xml": iter([_BOOK.encode()]),
        "xl/_rels/workbook.xml.rels": iter([_LINKS.encode()]),
        "xl/worksheets/sheet1.xml": sheet,
    }
    return _zip(parts if strings is None else {**parts, "xl/sharedStrings.xml": strings})


def _rows(draw: random.Random, megabytes: int) -> Iterator[bytes]:
    cell = f"<row><c><v>{draw.randrange(10)}</v></c></row>".encode()
    return _repeated(cell, megabytes, _SHEET.encode(), b"</sheetData></worksheet>")


def _strings(megabytes: int) -> Iterator[bytes]:
    opening = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return _repeated(b"<si><t>a</t></si>", megabytes, opening, b"</sst>")


FILES: dict[str, Callable[[random.Random], bytes]] = {
    "zeros.csv.gz": lambda draw: _gzip(_zeros(draw.randrange(600, 1_200))),
    "lines.csv.gz": lambda draw: _gzip(_repeated(b"1,2,3\n", draw.randrange(10, 40), b"a,b,c\n")),
    "zeros.zip": lambda draw: _zip({"a.csv": _zeros(draw.randrange(600, 1_200))}),
    "outside.zip": lambda draw: _zip({f"{'../' * draw.randrange(1, 9)}etc/a.csv": iter([b"a,b\n1,2\n"])}),
    "objects.json.gz": lambda draw: _gzip(_repeated(b"{},", draw.randrange(20, 60), b"[", b"{}]")),
    "fields.json.gz": lambda draw: _gzip(_repeated(b'{"a":0},', draw.randrange(20, 60), b'{"rows":[', b"{}]}")),
    "lists.json": lambda draw: b"[" * draw.randrange(10_000, 1_000_000),
    "wide.json.gz": lambda draw: _gzip(iter([b'[{"a":[', *([b"1," * (1 << 19)] * draw.randrange(20, 60)), b"1]}]"])),
    "cells.xlsx": lambda draw: _book(_rows(draw, draw.randrange(50, 250))),
    "strings.xlsx": lambda draw: _book(_rows(draw, 1), _strings(draw.randrange(50, 250))),
    "far.xlsx": lambda draw: _book(
        iter([f'{_SHEET}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'.encode()])
    ),
    "entities.xlsx": lambda draw: _book(
        iter([b'<!DOCTYPE a [<!ENTITY a "', b"x" * 60_000, b'">]><worksheet>', b"&a;" * 60_000, b"</worksheet>"])
    ),
    "huge.xlsx": lambda draw: _book(_rows(draw, draw.randrange(600, 1_000))),
    "repeated.ods": lambda draw: _zip(
        {
            "content.xml": iter(
                [
                    _ODS.format(
                        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
                        'table:number-columns-repeated="16384"><text:p>a</text:p></table:table-cell></table:table-row>'
                    ).encode()
                ]
            )
        }
    ),
    "spaces.ods": lambda draw: _zip(
        {
            "content.xml": iter(
                [
                    _ODS.format(
                        "<table:table-row><table:table-cell><text:p>"
                        + f'<text:s text:c="{draw.randrange(10**8, 10**9)}"/>' * 20
                        + "</text:p></table:table-cell></table:table-row>"
                    ).encode()
                ]
            )
        }
    ),
}


def _open(path: Path) -> str:
    """Open a file as adding it does, and look at some rows. What became of it, in words."""
    from ontos_tui.domain.errors import OntosError
    from ontos_tui.tabular.source import open_source

    try:
        source = open_source(path, file_format(path), path.parent / "spill")
        return f"{source.rows} rows"
    except OntosError as error:
        return str(error)


def file_format(path: Path) -> str:
    """The format by which a file of this name is added."""
    from ontos_tui.tabular.source import format_of

    return format_of(path)


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _main() -> None:
    """Open the file that is named, and print what it took."""
    import duckdb  # noqa: F401  # what the program itself takes does not count
    import numpy  # noqa: F401
    import python_calamine  # noqa: F401

    import ontos_tui.tabular.source  # noqa: F401

    before, begun = _memory(), time.process_time()
    said = _open(Path(sys.argv[1]))
    print(json.dumps({"memory": _memory() - before, "seconds": time.process_time() - begun, "said": said}))


if __name__ == "__main__":
    _main()
