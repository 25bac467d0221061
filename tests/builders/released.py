"""Databases as the released versions wrote them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RELEASED = Path(__file__).parents[1] / "store" / "released"
VERSIONS = sorted(int(path.stem[1:]) for path in RELEASED.glob("v*.sql"))
SUMS_SINCE = 5
"""From this version on a workspace has the triggers of sums.sql, which are longer than all the rest."""
CONDITIONS_SINCE = 13
"""From this version on two of them have conditions."""
_CONDITIONS = {
    "inference_log_summed AFTER INSERT ON inference_log": "NOT EXISTS (SELECT 1 FROM log_batch)",
    "inference_log_unsummed AFTER DELETE ON inference_log": (
        "old.requested_at >= (SELECT forgotten_before FROM log_retention)"
    ),
}


def restore(path: Path, version: int) -> None:
    """Make the database of that time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path)
    database.executescript((RELEASED / f"v{version:02d}.sql").read_text(encoding="utf-8"))
    if version >= SUMS_SINCE:
        sums = (RELEASED / "sums.sql").read_text(encoding="utf-8")
        if version >= CONDITIONS_SINCE:
            for head, condition in _CONDITIONS.items():
                sums = sums.replace(f"{head} BEGIN", f"{head} WHEN {condition} BEGIN")
        database.executescript(sums)
    database.close()


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database as it is, without the store."""
    database = sqlite3.connect(path)
    try:
        yield database
    finally:
        database.close()
