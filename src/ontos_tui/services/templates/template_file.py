"""A template's file: one JSON or TOML object with its fields."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError


def read_template(path: Path) -> dict[str, Any]:
    """The content of a template file. Raises InvalidInputError naming the file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be read: {error.strerror}.", "Check the name and the folder."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{path.name} is malformed: {error}.", "Write a template as JSON or TOML.") from error
    if not isinstance(content, dict):
        raise InvalidInputError(f"{path.name} is not a template.", "Write one object with the template's fields.")
    return content
