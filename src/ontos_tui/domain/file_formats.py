"""The formats in which pairs and labels leave and come in."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath


class Format(StrEnum):
    """A file's format. Chat is OpenAI's JSONL for fine-tuning, one object with `messages` a line.

    Spans is JSONL with `text` and `spans`, as spaCy's users keep it. The last five are only read.
    """

    CHAT = "chat"
    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"
    LABEL_STUDIO = "label-studio"
    SPANS = "spans"
    DOCCANO = "doccano"
    PRODIGY = "prodigy"
    SPACY = "spacy"
    ARGILLA = "argilla"
    CONLL = "conll"


class Offsets(StrEnum):
    """What the positions of spans in a file count."""

    CHARACTERS = "characters"
    UTF16 = "utf-16"
    BYTES = "bytes"


class Newer(StrEnum):
    """What an import does where a decision here is newer than the line that says something else."""

    KEEP = "keep"
    TAKE = "take"


SUFFIXES = {
    Format.CHAT: ".jsonl",
    Format.CSV: ".csv",
    Format.PARQUET: ".parquet",
    Format.XLSX: ".xlsx",
    Format.LABEL_STUDIO: ".json",
    Format.SPANS: ".spans.jsonl",
}
"""How a file of each format that is written is called by default."""

WRITTEN = tuple(SUFFIXES)
"""The formats of exports; the others are only read."""


def format_of(path: PurePath) -> Format | None:
    """The format that a file's name promises, if any."""
    if path.name.lower().endswith(SUFFIXES[Format.SPANS]):
        return Format.SPANS
    known = {suffix: format for format, suffix in SUFFIXES.items()} | {
        ".tsv": Format.CSV,
        ".ndjson": Format.CHAT,
        ".conll": Format.CONLL,
        ".bio": Format.CONLL,
        ".iob": Format.CONLL,
    }
    return known.get(path.suffix.lower())
