"""Real data that is too large, or not ours, to keep here. A test that needs it skips where it is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def real_data(name: str) -> Path:
    """The file `name`, such as predictive_maintenance/ai4i2020.csv, from ONTOS_REAL_DATA or beside the repository."""
    beside = Path(__file__).parents[2] / "shared" / "real_data"
    path = Path(os.environ.get("ONTOS_REAL_DATA") or beside) / name
    if not path.exists():
        pytest.skip(f"no real data at {path}; set ONTOS_REAL_DATA to the folder that holds it")
    return path
