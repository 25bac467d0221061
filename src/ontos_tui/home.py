"""Where workspaces are by default. A module of its own, so that it costs nothing to import."""

from __future__ import annotations

import os
from pathlib import Path


def default_home() -> Path:
    """The workspace folder that is used when none is named: ONTOS_HOME, else ~/.ontos."""
    return _home(".ontos")


def demo_home() -> Path:
    """The workspace folder of `ontos demo` when none is named: ONTOS_HOME, else ~/.ontos-demo."""
    return _home(".ontos-demo")


def _home(name: str) -> Path:
    return Path(os.environ.get("ONTOS_HOME") or Path.home() / name).expanduser().absolute()
