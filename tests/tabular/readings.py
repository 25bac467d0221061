"""What tests of reading begin with: a text as a file, opened, with its rows and its reading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontos_tui.domain.records.reading import Reading, ReadingOptions
from ontos_tui.tabular.source import format_of, open_source


@dataclass(frozen=True)
class Opened:
    """A file that was read to its end."""

    reading: Reading
    rows: list[tuple[Any, ...]]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.reading.columns]

    @property
    def types(self) -> list[str]:
        return [column.type for column in self.reading.columns]

    def column(self, name: str) -> list[Any]:
        """All values of a column."""
        return [row[self.names.index(name)] for row in self.rows]

    def notes(self) -> str:
        return "\n".join(self.reading.notes)


def opened(folder: Path, content: str | bytes, name: str = "a.csv", **decisions: Any) -> Opened:
    """Write a file and read it with the decisions given. Times with a zone are texts in UTC."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    options = ReadingOptions.model_validate(decisions)
    source = open_source(path, format_of(path), folder / "spill", (), options)
    with source.connection as connection:
        values = [
            f'CAST("{column.name}" AS VARCHAR)' if "ZONE" in column.type else f'"{column.name}"'
            for column in source.columns
        ]
        rows = connection.execute(f"SELECT {', '.join(values)} FROM {source.relation}").fetchall()
    return Opened(source.reading, rows)
