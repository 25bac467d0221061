"""What one run of a command works with: the workspace, opened when it is first needed, and how to answer."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ontos_tui.cli.core.output import ProgressLine, facts, print_lines, to_json
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import TrainingSheet
    from ontos_tui.domain.records.training import Job
    from ontos_tui.workspace import Workspace


@dataclass
class Session:
    """One run of the command line. A test may put its own home in."""

    home: Path | None
    as_json: bool
    _open: list[Workspace] = field(default_factory=list)

    @classmethod
    def of(cls, context: typer.Context) -> Session:
        """The session that a command runs in."""
        session = context.obj
        assert isinstance(session, Session)
        return session

    @property
    def workspace(self) -> Workspace:
        """The workspace, opened on first use."""
        if not self._open:
            from ontos_tui.workspace import Workspace

            self._open.append(Workspace(self.home))
        return self._open[0]

    def close(self) -> None:
        """Let go of the workspace."""
        for workspace in self._open:
            workspace.close()
        self._open.clear()

    def show(self, value: Any, lines: Callable[[], Iterable[str]]) -> None:
        """The answer: `value` as JSON, or else `lines` for people."""
        print_lines([to_json(value)] if self.as_json else lines())

    @contextlib.contextmanager
    def progress(self) -> Iterator[ProgressLine]:
        """Progress on stderr, removed when the work is over."""
        line = ProgressLine()
        try:
            yield line
        finally:
            line.close()

    def wait_for(self, job: Job) -> Job:
        """Wait until a job is over, showing its progress. Its failure is this command's failure."""
        from ontos_tui.domain.rules.states import JobStatus

        with self.progress() as line:
            job = self.workspace.jobs.wait(job.id, progress=line)
        if job.status is not JobStatus.SUCCEEDED:
            raise ConflictError(
                f"{job.title}: {job.status}. {job.error}".strip(),
                f"Details: `ontos jobs show {job.id[:8]}`. Try again: `ontos jobs resume {job.id[:8]}`",
            )
        return job

    def show_job(self, job: Job) -> None:
        """A job that was just submitted: how to follow it."""
        self.show(
            job,
            lambda: [
                *facts([("job", job.id[:8]), ("title", safe_line(job.title)), ("status", job.status)]),
                f"It runs in the background. Follow it: ontos jobs wait {job.id[:8]}",
            ],
        )

    def training_sheet(self, ref: str) -> TrainingSheet:
        """A training sheet by its own name or id, or by its sheet's when that has only one."""
        try:
            return self.workspace.label.queue.training_sheet(ref)
        except NotFoundError:
            try:
                sheet = self.workspace.data.sheets.sheet(ref)
            except NotFoundError:
                sheet = None
            views = self.workspace.label.queue.training_sheets()
            matches = [view.sheet for view in views if sheet is not None and view.sheet.sheet_id == sheet.id]
            if not matches:
                raise
            if len(matches) > 1:
                names = ", ".join(f"{item.name!r} ({item.id[:8]})" for item in matches)
                raise ConflictError(f"{ref!r} has several training sheets: {names}.", "Name one of them.") from None
            return matches[0]


def read_text(text: str, what: str) -> str:
    """A text from an option: the text itself, @FILE, or - for stdin. Raises InvalidInputError naming `what`."""
    try:
        if text == "-":
            return sys.stdin.read()
        return Path(text[1:]).read_text(encoding="utf-8-sig") if text.startswith("@") else text
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{what} cannot be read: {error}.", "Check the file's name.") from error


def read_json(text: str, what: str) -> Any:
    """JSON from an option: the text itself, @FILE, or - for stdin. Raises InvalidInputError naming `what`."""
    try:
        return json.loads(read_text(text, what))
    except ValueError as error:
        raise InvalidInputError(
            f"{what} is not JSON: {error}.", 'Write an object such as {"severity": "minor"}, @FILE, or - for stdin.'
        ) from error


def read_object(text: str, what: str) -> dict[str, Any]:
    """As `read_json`, for one object."""
    value = read_json(text, what)
    if not isinstance(value, dict):
        raise InvalidInputError(f"{what} is not a JSON object.", 'Write {"field": value, …}.')
    return value


Limit = Annotated[int, typer.Option("--limit", min=1, help="show at most this many")]
Offset = Annotated[int, typer.Option("--offset", min=0, help="skip this many first")]
TrainingSheetRef = Annotated[
    str, typer.Argument(metavar="TRAINING_SHEET", help="name or id, or its sheet's if that has only one")
]
Wait = Annotated[bool, typer.Option("--wait", help="wait until the job is over, and show its result")]
