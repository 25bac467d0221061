"""The formats in which pairs and labels leave and come in."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath


class Format(StrEnum):
    """A file's format. Chat is OpenAI's JSONL for fine-tuning, one object with `messages` a line.

    Spans is JSONL with `text` and `spans`, as spaCy's users keep it.
    """

    CHAT = "chat"
    CSV = "csv"
    PARQUET = "parquet"
    LABEL_STUDIO = "label-studio"
    SPANS = "spans"


SUFFIXES = {
    Format.CHAT: ".jsonl",
    Format.CSV: ".csv",
    Format.PARQUET: ".parquet",
    Format.LABEL_STUDIO: ".json",
    Format.SPANS: ".spans.jsonl",
}
"""How a file of each format is called by default."""


def format_of(path: PurePath) -> Format | None:
    """The format that a file's name promises, if any."""
    if path.name.lower().endswith(SUFFIXES[Format.SPANS]):
        return Format.SPANS
    known = {suffix: format for format, suffix in SUFFIXES.items()} | {".tsv": Format.CSV, ".ndjson": Format.CHAT}
    return known.get(path.suffix.lower())
