"""COPY INTO, as its page tells it: files of a folder into a table by the names of the columns, each file once.

https://docs.databricks.com/aws/en/sql/language-manual/delta-copy-into. Read here: one source folder or a SELECT over
it, FILEFORMAT, FILES, and COPY_OPTIONS ('force' = 'true'); the format JSON, one object a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_FILES = 1_000
"""Names that FILES may hold."""
_STATEMENT = re.compile(
    r"^\s*COPY\s+INTO\s+(?P<target>\S+)\s+FROM\s+"
    r"(?:\(\s*SELECT\s+(?P<columns>.+?)\s+FROM\s+'(?P<within>[^']+)'\s*\)|'(?P<source>[^']+)')\s*"
    r"FILEFORMAT\s*=\s*(?P<format>\w+)\s*"
    r"(?:FILES\s*=\s*\((?P<files>[^)]*)\)\s*)?"
    r"(?:FORMAT_OPTIONS\s*\([^)]*\)\s*)?"
    r"(?:COPY_OPTIONS\s*\((?P<options>[^)]*)\)\s*)?;?\s*$",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class CopyInto:
    """A statement in its parts; `files` is empty for all files of the folder."""

    target: str
    columns: str
    folder: str
    format: str
    files: tuple[str, ...]
    force: bool


def copy_statement(sql: str) -> CopyInto | None:
    """The parts of a COPY INTO; None for another statement."""
    match = _STATEMENT.match(sql)
    if match is None:
        return None
    files = tuple(name.strip().strip("'") for name in (match["files"] or "").split(",") if name.strip())
    force = re.search(r"'force'\s*=\s*'true'", match["options"] or "", re.IGNORECASE) is not None
    folder = (match["within"] or match["source"]).rstrip("/")
    target = match["target"].replace("`", "")
    return CopyInto(target, match["columns"] or "*", folder, match["format"].upper(), files, force)
