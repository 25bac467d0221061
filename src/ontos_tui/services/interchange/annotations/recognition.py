"""Which format a file has, by what is in it: the first lines are enough."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.file_formats import Format, format_of
from ontos_tui.services.interchange.annotations.conll import TAG
from ontos_tui.services.interchange.annotations.spacy import has_lists
from ontos_tui.services.interchange.reading import first_bytes, first_values
from ontos_tui.tabular.workbooks.container import check_container

_PARQUET, _ZIP, _OLE, _ZLIB = b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x78"
_WORDS_LOOKED_AT = 40
_MIN_KEYS = {"annotation_id", "lead_time", "annotator"}
_PRODIGY_KEYS = {"_input_hash", "_task_hash", "_session_id", "_view_id", "accept", "options"}


def recognized(path: Path) -> Format:
    """The format of a file, by its content, else by its name.

    Raises InvalidInputError for a file that cannot be read, and for formats that are known and not read, by name.
    """
    head = first_bytes(path)
    if head.startswith(_PARQUET):
        return Format.PARQUET
    if head.startswith((_ZIP, _OLE)):
        check_container(path)
        return Format.XLSX
    if path.suffix.lower() == ".spacy" or (head[:1] == _ZLIB and head[1:2] in (b"\x01", b"\x9c", b"\xda")):
        raise InvalidInputError(
            f"{path.name} is a DocBin, the binary format of spaCy, which only spaCy reads.",
            "In Python: write doc.to_json() of each doc in DocBin().from_disk(FILE).get_docs(nlp.vocab) as a line.",
        )
    by_content = _of_json(path) if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{") else _of_text(head)
    format = by_content or format_of(path)
    if format is None:
        raise InvalidInputError(f"The format of {path.name} is unknown.", f"Name it: --format {'|'.join(Format)}")
    return format


def _of_json(path: Path) -> Format | None:
    if has_lists(path):
        return Format.SPACY
    for value in first_values(path):
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], dict):
            return Format.SPACY
        if isinstance(value, dict):
            if {"item_ref", "label_type", "label_data"} <= value.keys():
                raise InvalidInputError(
                    f"{path.name} is a file of canonical labels.", f"Import it: ontos label import-labels {path}"
                )
            format = _of_object(value)
            if format is not None:
                return format
    return None


def _of_object(value: Mapping[str, Any]) -> Format | None:
    keys = value.keys()
    if "messages" in keys:
        return Format.CHAT
    if isinstance(value.get("data"), dict) or (keys & _MIN_KEYS and "text" not in keys - _MIN_KEYS):
        return Format.LABEL_STUDIO
    if _is_argilla(value):
        return Format.ARGILLA
    if keys & _MIN_KEYS:
        return Format.LABEL_STUDIO
    if "text" not in keys and "data" not in keys:
        return None
    if keys & _PRODIGY_KEYS:
        return Format.PRODIGY
    if "ents" in keys or isinstance(value.get("cats"), dict):
        return Format.SPACY
    entities = value.get("entities")
    if isinstance(entities, list) and entities and isinstance(entities[0], list):
        return Format.SPACY
    if isinstance(value.get("spans"), list) or value.get("answer") in ("accept", "reject", "ignore"):
        return Format.SPANS
    if keys & {"label", "labels", "entities", "cats"}:
        return Format.DOCCANO
    meta = value.get("meta")
    return Format.SPANS if isinstance(meta, dict) and "item_ref" in meta else None


def _is_argilla(value: Mapping[str, Any]) -> bool:
    fields = isinstance(value.get("fields"), dict) and ("responses" in value or "suggestions" in value)
    older = "annotation" in value and ("prediction" in value or "inputs" in value or "status" in value)
    return fields or older or any(str(key).endswith((".responses", ".responses.users")) for key in value)


def _of_text(head: bytes) -> Format | None:
    lines = [line.strip() for line in head.decode("utf-8", "replace").splitlines()[:-1]]
    words = [line.split() for line in lines if line and not line.startswith(("#", "-DOCSTART-"))][:_WORDS_LOOKED_AT]
    if words and all(len(parts) >= 2 and TAG.fullmatch(parts[-1]) for parts in words):
        return Format.CONLL
    return None
