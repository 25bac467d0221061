"""Many rows, or large ones, into a table of the team's: JSON lines in a volume, and one COPY INTO for all of them.

COPY INTO skips a file that was loaded before, whatever happened in between, so that this can be repeated; a file's name
holds a digest of its content. https://docs.databricks.com/aws/en/sql/language-manual/delta-copy-into
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO

from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.sharing.entries import EntryId, EntryTooLargeError
from ontos_tui.platforms.databricks.workspace_client import Team, explain_sdk_error, quoted

VOLUME = "ontos_log_files"
FILE_BYTES = 8 << 20
"""Bytes of one file, as far as lines allow; the SDK sends files below 50 MiB in one request."""
MOST_FILES = 1_000
"""Files that one COPY INTO names at most, as its page says."""


class LogFiles:
    """The files of one table, whose quoted name is given, in a folder of the volume."""

    def __init__(self, team: Team, table: str, folder: str) -> None:
        place = team.place
        for part in (place.catalog, place.schema, folder):
            quoted(part)  # so that the path is a literal without quotes
        self._team = team
        self._table = table
        self._folder = f"/Volumes/{place.catalog}/{place.schema}/{VOLUME}/{folder}"

    def copy(self, lines: Iterable[str], selected: str) -> None:
        """Put the lines, each the JSON of a row, into the table, in few statements.

        `selected` makes the table's columns of a row. Raises PlatformError, AwayError.
        """
        names: list[str] = []
        for content in _contents(lines):
            names.append(self._upload(content))
            if len(names) == MOST_FILES:
                self._copy_into(names, selected)
                names = []
        if names:
            self._copy_into(names, selected)

    def prepare(self) -> None:
        """Create the volume and its folder where they are missing. Raises PlatformError, AwayError."""
        from databricks.sdk.errors import AlreadyExists, ResourceConflict
        from databricks.sdk.service.catalog import VolumeType

        place, client = self._team.place, self._team.client
        try:
            with suppress(AlreadyExists, ResourceConflict):
                client.volumes.create(place.catalog, place.schema, VOLUME, VolumeType.MANAGED)
        except OSError as error:
            if not self._is_there():
                raise explain_sdk_error(error) from error
        try:
            client.files.create_directory(self._folder)
        except OSError as error:
            raise explain_sdk_error(error) from error

    def _is_there(self) -> bool:
        """Whether the volume exists: who may not create one may write into it all the same."""
        place = self._team.place
        try:
            self._team.client.volumes.read(f"{place.catalog}.{place.schema}.{VOLUME}")
        except OSError:
            return False
        return True

    def _upload(self, content: bytes) -> str:
        name = f"{hashlib.sha256(content).hexdigest()[:32]}.jsonl"
        try:
            self._team.client.files.upload(f"{self._folder}/{name}", BytesIO(content), overwrite=True)
        except OSError as error:
            raise explain_sdk_error(error) from error
        return name

    def _copy_into(self, names: Sequence[str], selected: str) -> None:
        files = ", ".join(f"'{name}'" for name in names)
        self._team.change_retried(
            f"COPY INTO {self._table} FROM (SELECT {selected} FROM '{self._folder}') "  # noqa: S608
            f"FILEFORMAT = JSON FILES = ({files})"
        )
        for name in names:
            try:
                self._team.client.files.delete(f"{self._folder}/{name}")
            except OSError as error:
                # It is in the log; a file that stays costs a little storage.
                logging.getLogger("ontos.databricks").warning("a loaded file stays in the volume: %s", error)


def _contents(lines: Iterable[str]) -> Iterator[bytes]:
    """The lines as files of about FILE_BYTES."""
    some: list[bytes] = []
    size = 0
    for line in lines:
        encoded = line.encode() + b"\n"
        if some and size + len(encoded) > FILE_BYTES:
            yield b"".join(some)
            some, size = [], 0
        some.append(encoded)
        size += len(encoded)
    if some:
        yield b"".join(some)


def too_large(entry: EntryId, size: int, error: PlatformError) -> EntryTooLargeError:
    """What is said where an entry needs a file and there can be none."""
    return EntryTooLargeError(
        entry,
        f"A change of {size:,} bytes is too large for one statement, and the volume {VOLUME} cannot be used: "
        f"{error.what}",
        f"Ask for CREATE VOLUME on the team's schema, or for READ VOLUME and WRITE VOLUME on {VOLUME}.",
    )
