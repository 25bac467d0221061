"""Where the user was, so that the app comes back there: a small JSON file in the workspace, replaced as a whole."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.private import FILE as PRIVATE
from ontos_tui.replacing import write_text

FILE = "session.json"


@dataclass
class Session:
    """The place in the app, and what each stage works on."""

    stage: str = "data"
    theme: str = ""
    sheet_id: str = ""
    template_id: str = ""
    training_sheet_id: str = ""
    pair_id: str = ""
    model_id: str = ""
    endpoint: str = ""
    mode: str = "ai"
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, home: Path) -> Session:
        """The session of this workspace; a fresh one when there is none or it cannot be read."""
        try:
            data = json.loads((home / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return cls()
        session = cls()
        for item in fields(cls):
            value = data.get(item.name) if isinstance(data, dict) else None
            if isinstance(value, type(getattr(session, item.name))):
                setattr(session, item.name, value)
        return session

    def save(self, home: Path) -> None:
        """Write it at once or not at all. A place that was not saved is not worth an error."""
        with suppress(InvalidInputError):
            write_text(home / FILE, json.dumps(asdict(self)), mode=PRIVATE)
