"""CoNLL: a word and its tag on a line, sentences apart by empty lines, documents by -DOCSTART-.

The tags of the last column are BIO (IOB2), IOB1 or BIOES (BILOU); which one is seen from the tags of the whole file.
Columns stand apart by tabs or spaces. A comment line `# item_ref = 7` names the item of the sentence; without one the
item is the one whose text has just these words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ontos_tui.services.interchange.annotations.annotated import ITEM, Annotated
from ontos_tui.services.interchange.reading import text_lines
from ontos_tui.services.interchange.report import ImportReport

TAG = re.compile(r"O|(?:[BIESLU]-\S+)")
_DOCUMENT = "-DOCSTART-"
_COMMENT = re.compile(r"#\s*([\w.-]+)\s*[=:]\s*(.+)")
_ENDS, _SINGLE = "EL", "SU"


@dataclass
class Sentence:
    """Words with tags, and where they stand in the file."""

    line: int
    item_ref: str = ""
    words: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    document: int = 0


def sentences(path: Path, report: ImportReport, item_key: str = ITEM) -> Iterator[Sentence]:
    """The sentences of a file; lines that are none are reported."""
    one = Sentence(1)
    width = document = 0
    for number, text in text_lines(path, report):
        comment = _COMMENT.fullmatch(text.strip())
        if comment is not None and len(text.split()) != width:
            if comment[1] == item_key:
                one.item_ref = comment[2].strip()
            continue
        parts = text.split("\t") if "\t" in text else text.split()
        if not text.strip() or parts[0] == _DOCUMENT:
            document += bool(text.strip())
            if one.words:
                yield one
            one = Sentence(number + 1, document=document)
            continue
        parts = [part.strip() for part in parts]
        width = width or len(parts)
        if len(parts) != width or width < 2:
            report.problem(
                number, f"{len(parts)} columns, but the first word has {width}; a word and a tag are expected"
            )
        elif not TAG.fullmatch(parts[-1]):
            report.problem(number, f"{parts[-1][:40]!r} is not a tag such as O, B-{{label}} or I-{{label}}")
        else:
            one.line = one.line if one.words else number
            one.words.append(parts[0])
            one.tags.append(parts[-1])
    if one.words:
        yield one


def annotated(given: Sequence[Sentence]) -> Iterator[Annotated]:
    """What each sentence says; the scheme of the tags is that of the whole file."""
    for one in given:
        spans = tuple(_spans(one.tags))
        yield Annotated(one.line, one.item_ref, tokens=tuple(one.words), token_spans=spans)


def documents(given: Sequence[Sentence]) -> list[Sentence]:
    """The sentences of each document as one, named as its first sentence is."""
    whole: dict[int, Sentence] = {}
    for one in given:
        into = whole.setdefault(one.document, Sentence(one.line, one.item_ref, document=one.document))
        into.words += one.words
        into.tags += one.tags
    return list(whole.values())


def _spans(tags: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Spans of words, from and up to, with their labels.

    A span goes on as long as the label stays the same and no tag begins another one, which is right for all schemes:
    IOB1 writes B only where two spans of one label meet, BIO always, and BIOES also says where a span ends.
    """
    begun: tuple[int, str] | None = None
    for place, tag in enumerate(tags):
        kind, _, label = tag.partition("-")
        if begun is not None and (kind in ("O", "B", *_SINGLE) or label != begun[1]):
            yield begun[0], place, begun[1]
            begun = None
        if kind != "O" and begun is None:
            begun = (place, label)
        if begun is not None and (kind in _ENDS or kind in _SINGLE):
            yield begun[0], place + 1, begun[1]
            begun = None
    if begun is not None:
        yield begun[0], len(tags), begun[1]


def placed_words(words: Sequence[str], text: str) -> list[tuple[int, int]] | None:
    """Where each word stands in the text, if the text has these words, only these, and in this order."""
    places, at = [], 0
    for word in words:
        while at < len(text) and text[at].isspace():
            at += 1
        if not text.startswith(word, at):
            return None
        places.append((at, at + len(word)))
        at += len(word)
    return places if not text[at:].strip() else None


def squeezed(text: str) -> str:
    """A text without its blanks, to be compared with words."""
    return "".join(text.split())
