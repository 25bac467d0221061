"""Where the workspace is by default. A module of its own, so that it costs nothing to import."""

from __future__ import annotations

import os
from pathlib import Path


def default_home() -> Path:
    """The workspace folder that is used when none is named: ONTOS_HOME, else ~/.ontos."""
    return Path(os.environ.get("ONTOS_HOME") or Path.home() / ".ontos").expanduser().absolute()
