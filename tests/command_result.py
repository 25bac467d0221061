"""What came of one command."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """What came of one command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document that --json prints."""
        return json.loads(self.out)


Ontos = Callable[..., Result]
