"""Texts and PDFs as rows: the text, and of a PDF the page as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontos_tui.domain.records.data import Column
from ontos_tui.tabular.folders.contents import UnreadableError, check_unchanged, digest, file_digest, read_bytes
from ontos_tui.tabular.folders.pdf import MOST_CHARACTERS, PAGE_BREAK
from ontos_tui.tabular.folders.pdf_process import PdfProcess
from ontos_tui.tabular.folders.snapshot import ROW, Entry
from ontos_tui.tabular.folders.walk import FolderFile
from ontos_tui.tabular.text.encoding import encoding_of, not_utf8

FILE, PAGE, PAGES, TEXT, PICTURE = "file", "page", "pages", "text", "page_picture"
MOST_BYTES = 400_000_000
PAGE_MARK = "#page="
"""Between the path of a PDF and the number of a page, from 1."""


@dataclass
class Document:
    """A file's pages as texts. A text file is one page, and has no picture."""

    entry: Entry
    texts: list[str]
    is_pdf: bool


def document_notes(entries: Iterable[Entry]) -> list[str]:
    """What there is to say about some documents: pages without text, and encodings that are not UTF-8."""
    entries = list(entries)
    notes = []
    scans = [entry for entry in entries if entry.empty_pages]
    if scans:
        first = ", ".join(f"{entry.path} {entry.empty_pages:,}" for entry in scans[:3])
        more = ", …" if len(scans) > 3 else ""
        empty = sum(entry.empty_pages for entry in scans)
        pages = sum(entry.pages for entry in entries if entry.path.lower().endswith(".pdf"))
        notes.append(
            f"{empty:,} of {pages:,} pages hold no text, as scans do: {first}{more}. Text in pictures is not "
            "recognized here; `ocrmypdf --skip-text IN.pdf OUT.pdf` adds it to a PDF"
        )
    encodings: dict[str, list[str]] = {}
    for entry in entries:
        if entry.encoding:
            encodings.setdefault(entry.encoding, []).append(entry.path)
    for encoding, paths in encodings.items():
        notes.append(
            f"{len(paths):,} {'texts are' if len(paths) > 1 else 'text is'} read as {encoding}: {', '.join(paths[:3])}"
        )
    return notes


def read_document(root: Path, file: FolderFile, pdfs: PdfProcess, *, pages: bool) -> Document:
    """Read a text or a PDF. Raises UnreadableError saying why it cannot be."""
    path = root / file.path
    if file.suffix == ".pdf":
        if file.size > MOST_BYTES:
            raise UnreadableError(f"has more than {MOST_BYTES:,} bytes")
        if not file.size:
            raise UnreadableError("is empty")
        content, texts = file_digest(path), pdfs.page_texts(path)
        if not texts:
            raise UnreadableError("has no pages")
        encoding = ""
    else:
        raw = read_bytes(path, MOST_CHARACTERS)
        text, encoding = _text(path, raw)
        content, texts = digest(raw), [text]
    check_unchanged(path, file)
    entry = Entry(
        file.path,
        file.size,
        file.changed,
        content,
        rows=len(texts) if pages else 1,
        pages=len(texts),
        empty_pages=sum(not text for text in texts),
        encoding=encoding,
    )
    return Document(entry, texts, file.suffix == ".pdf")


def _text(path: Path, raw: bytes) -> tuple[str, str]:
    """The text of a file, and its encoding where that is not UTF-8."""
    if not raw.strip():
        raise UnreadableError("is empty")
    encoding = encoding_of(raw[: 1 << 16], "")
    try:
        name = "utf-8-sig" if encoding.is_utf8 else encoding.name
        text = raw.decode(name)
    except UnicodeDecodeError:
        name = not_utf8(path).name
        text = raw.decode(name, "replace")
    if text.count("\0") > len(text) // 100:
        raise UnreadableError("is not text, whatever its name says")
    text = text.replace("\r\n", "\n").replace("\0", "").lstrip("\ufeff")
    return text, "" if name.startswith("utf-8") else name


def document_columns(entries: Iterable[Entry], *, pages: bool) -> list[Column]:
    """The columns; those about pages where there is a PDF."""
    has_pdf = any(entry.path.lower().endswith(".pdf") for entry in entries)
    return [
        Column(FILE, "VARCHAR"),
        *([Column(PAGE, "BIGINT")] if pages else []),
        *([Column(PAGES, "BIGINT")] if has_pdf else []),
        Column(TEXT, "VARCHAR"),
        *([Column(PICTURE, "VARCHAR")] if has_pdf else []),
    ]


def document_rows(document: Document, *, pages: bool) -> Iterator[dict[str, Any]]:
    """One row, or one for each page. A page without text has none, not an empty one."""
    path, content = document.entry.path, document.entry.content
    about = {PAGES: len(document.texts)} if document.is_pdf else {}
    if not pages:
        text = PAGE_BREAK.join(document.texts)
        picture = {PICTURE: path} if document.is_pdf else {}
        yield {FILE: path, **about, TEXT: text if text.strip() else None, **picture, ROW: content}
        return
    for number, text in enumerate(document.texts, 1):
        picture = {PICTURE: f"{path}{PAGE_MARK}{number}"} if document.is_pdf else {}
        yield {FILE: path, PAGE: number, **about, TEXT: text or None, **picture, ROW: f"{content}/{number}"}
