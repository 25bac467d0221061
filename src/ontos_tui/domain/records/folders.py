"""Folders as tables: what is read of one, what the user decided, and what became of its files."""

from __future__ import annotations

from enum import StrEnum

from pydantic import ConfigDict, Field

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NeedsOptionError
from ontos_tui.domain.parts import Part


class FolderKind(StrEnum):
    """What the rows of a folder are."""

    PICTURES = "pictures"
    """One for each picture; the folders that they lie in name their classes."""
    NAMED_PICTURES = "named-pictures"
    """Those of a table beside the pictures, which names them."""
    DOCUMENTS = "documents"
    """One for each text or PDF, or for each page."""
    TABLES = "tables"
    """Those of all data files, with the file's name in `source_file`."""


class FolderOptions(Part):
    """What the user decided about a folder. None and empty mean: decide from the folder."""

    model_config = ConfigDict(extra="forbid")

    kind: FolderKind | None = None
    pages: bool = Field(False, description="of documents: each page is an item")
    classes: bool = Field(True, description="of pictures: the names of their folders are classes")
    table: str = Field("", description="the file that names the pictures, from the folder")
    pictures: str = Field("", description="its column that names them")
    union: bool = Field(False, description="of data files: a column that a file lacks is empty in its rows")
    skip_unreadable: bool = Field(False, description="files that cannot be read are left out")


class FileProblem(Part):
    """A file that is not read, and why."""

    path: str = Field(description="from the folder")
    reason: str


class Folder(Part):
    """What a table holds of a folder, as of the last look."""

    root: str = Field(description="absolute path of the folder, without the pattern")
    pattern: str = Field("", description="what its files match; empty for all")
    options: FolderOptions = Field(default_factory=FolderOptions)
    kind: FolderKind
    snapshot: str = Field("", description="the file below the workspace's folder_tables that lists its files")
    files: int = 0
    skipped: list[FileProblem] = Field(default_factory=list, description="files that were left out, at most 100")
    skipped_count: int = 0
    file_column: str = Field("", description="names the file of a row")
    picture_columns: list[str] = Field(default_factory=list, description="hold paths of pictures")
    text_column: str = Field("", description="of documents")


class UnreadableFilesError(InvalidInputError):
    """Some files of a folder cannot be read, and the user has not decided to go on without them."""

    def __init__(self, folder: str, problems: list[FileProblem], readable: int) -> None:
        first = "; ".join(f"{one.path}: {one.reason.rstrip('.')}" for one in problems[:3])
        more = f"; and {len(problems) - 3:,} more" if len(problems) > 3 else ""
        count = f"{len(problems):,} files of {folder} cannot" if len(problems) > 1 else f"A file of {folder} cannot"
        rest = f"Add the {readable:,} others" if readable != 1 else "Add the one other"
        super().__init__(f"{count} be read: {first}{more}.", f"Repair them, or: {rest} with --skip-unreadable.")
        self.problems = problems
        self.readable = readable


class BeingReadError(ConflictError):
    """Another process is looking at the folder."""

    def __init__(self) -> None:
        super().__init__("The folder is being read by another process, such as a watch.", "Try again in a moment.")


class NothingThereError(InvalidInputError):
    """A folder holds no file of the kind that is read, or none yet."""


class FolderKindError(NeedsOptionError):
    """A folder can be read in several ways, and only the user knows which is meant. `choices` are the kinds."""

    def __init__(self, folder: str, what: str, choices: list[FolderKind]) -> None:
        options = " or ".join(f"--as {one.value}" for one in choices)
        super().__init__(f"{folder} holds {what}.", f"Decide what its rows are: {options}.")
        self.choices = choices
