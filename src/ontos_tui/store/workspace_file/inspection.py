"""A database file that is not the workspace's own, such as a copy in a backup: looked at without migrating it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ontos_tui.store.connection import decoded


@dataclass(frozen=True)
class Contents:
    """What a copy holds. `counts` are rows by table, `models` the folders of model versions, `shared` is whether it
    shares with a team, and `files` the data files outside of the workspace that its tables are read from."""

    schema: int
    counts: dict[str, int]
    models: list[str]
    shared: bool
    files: list[str]


def contents(path: Path) -> Contents:
    """Read a database file. Raises sqlite3.Error when it is damaged."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as raw, decoded():
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        counts = {
            name: int(raw.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608  # its own tables
            for name in names
            if name.isidentifier() and not name.startswith("sqlite_")
        }
        models = _texts(raw, "SELECT artifact FROM models WHERE artifact <> ''") if counts.get("models") else []
        files = _texts(raw, "SELECT path FROM data_tables WHERE path <> ''") if counts.get("data_tables") else []
        schema = int(raw.execute("PRAGMA user_version").fetchone()[0])
        shares = _texts(raw, "SELECT name FROM shared_state WHERE name = 'log'") if "shared_state" in counts else []
    return Contents(schema, counts, models, bool(shares) or "sync_outbox" in counts, files)


def _texts(raw: sqlite3.Connection, query: str) -> list[str]:
    return [str(text) for (text,) in raw.execute(query)]
