"""PDFs: their text, where it stands, and those that mean harm."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from builders.pdfs import pdf
from ontos_tui.tabular.folders import pdf as pdfs
from ontos_tui.tabular.folders.contents import UnreadableError
from ontos_tui.tabular.folders.pdf_process import PdfProcess, answer
from tiers import deep


def test_a_place_of_the_text_is_found_on_its_page(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf([["Invoice (copy)", "Total 9.00 Müller"], [], ["End"]]))
    assert pdfs.page_texts(path) == ["Invoice (copy)\nTotal 9.00 Müller", "", "End"]
    text, boxes = pdfs.boxes(path, 0, [(9, 20), (36, 39)])
    assert text[9:20] == "copy)\nTotal"
    assert text[36:39] == "End"
    first, second = boxes[1]  # a place over two lines has two boxes
    assert first[1] < second[1] < first[3] + 0.02
    assert first[0] > second[0]  # "Total" begins at the left
    ((left, top, right, bottom),) = boxes[3]
    assert (round(left, 2), round(top, 2)) == (0.12, 0.08)
    assert right - left < 0.05 < 0.1 > bottom - top
    assert pdfs.boxes(path, 3, [(0, 3)])[1] == {3: boxes[3]}


def test_a_turned_page_has_its_places_where_they_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf([["Total"]], rotate=90))
    ((left, top, right, bottom),) = pdfs.boxes(path, 0, [(0, 5)])[1][1]
    assert left > 0.9  # what was above is on the right
    assert bottom - top > right - left
    image, pages = pdfs.render(path, 1, 100)
    assert (image.size, pages) == ((100, 78), 1)


def test_what_is_no_pdf_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    whole = pdf([["x"]])
    for content in (b"", b"%PDF-1.4\nnothing", whole[:60], b"\0" * 500):
        path.write_bytes(content)
        with pytest.raises(UnreadableError, match="is no PDF, or a damaged one"):
            pdfs.page_texts(path)
    path.write_bytes(whole)
    with pytest.raises(UnreadableError, match="there is no page 7"):
        pdfs.render(path, 7)
    assert answer(b'["page_texts", "%s"]' % str(path).encode()) == {"result": ["x"]}


@deep
def test_a_pdf_that_takes_too_long_or_too_much_is_left_alone(tmp_path: Path) -> None:
    bomb, plain = tmp_path / "bomb.pdf", tmp_path / "plain.pdf"
    packed = zlib.compress(b"(xxxxxxxxxxxxxxxxxxxxxxxx) Tj T*\n" * 3_000_000)
    whole = pdf([["HERE"]])
    start = whole.index(b"<< /Length")
    end = whole.index(b"endstream") + len(b"endstream")
    body = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
    bomb.write_bytes(whole[:start] + body + whole[end:])
    plain.write_bytes(pdf([["well"]]))
    refused = pytest.raises(UnreadableError, match=r"took more than 0.5 s|damaged|memory|made the reader")
    with PdfProcess(seconds=0.5) as process, refused:
        process.page_texts(bomb)
    with PdfProcess() as process:
        assert process.page_texts(plain) == ["well"]
