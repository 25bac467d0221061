"""Texts as files."""

from __future__ import annotations

from pathlib import Path

from ontos_tui.services.interchange.files import replacing


def write_text(path: Path, text: str) -> Path:
    """Write a text, as a whole or not at all; folders are made. Raises InvalidInputError when it cannot be written."""
    with replacing(path) as (temporary,):
        temporary.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
    return path
