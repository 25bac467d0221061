"""Data files with made-up parts, for what reads whole tables."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from builders.defects import part


def parts_file(path: Path, numbers: Iterable[int], **columns: Any) -> Path:
    """A CSV file of the parts with these numbers; `columns` replace values of all rows, or add them."""
    rows = [{**part(number), **columns} for number in numbers]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
