"""Model files whose JSON stands on one line: the same content, by an encoder that takes a tenth of the time."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


def write_on_one_line(set_attribute: Callable[[Any, str, Any], None]) -> None:
    """As far as skops is imported by now; `set_attribute` says how long."""
    if (persistence := sys.modules.get("skops.io._persist")) is not None:
        set_attribute(persistence, "json", _ONE_LINE)


_ONE_LINE = SimpleNamespace(dumps=lambda state, indent: json.dumps(state))
