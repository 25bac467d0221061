"""The options that decide what the rows of a folder are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ontos_tui.domain.records.folders import FolderKind, FolderOptions

FOLDER: Mapping[str, Any] = {
    "kind": Annotated[FolderKind | None, typer.Option("--as", help="of a folder: what its rows are")],
    "pages": Annotated[bool | None, typer.Option("--pages/--whole", help="of documents: an item for each page")],
    "classes": Annotated[
        bool | None, typer.Option("--classes/--no-classes", help="of pictures: their folders' names are classes")
    ],
    "table": Annotated[str | None, typer.Option("--table", metavar="FILE", help="the table that names the pictures")],
    "pictures": Annotated[str | None, typer.Option("--pictures", metavar="COLUMN", help="its column that names them")],
    "union": Annotated[
        bool | None, typer.Option("--union", help="of data files: what a file lacks is empty in its rows")
    ],
    "skip_unreadable": Annotated[
        bool | None, typer.Option("--skip-unreadable", help="of a folder: leave out files that cannot be read")
    ],
}
"""The options by the names of their arguments."""


def folder_options(given: Mapping[str, Any]) -> FolderOptions | None:
    """What FOLDER's options decide; None without any."""
    decided = {name: given[name] for name in FOLDER if given[name] is not None}
    return FolderOptions.model_validate(decided) if decided else None
