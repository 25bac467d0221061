"""A version of the log that is larger than a page: whoever breaks off within it goes on without a loss."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.severity import MAJOR, unlabeled_sheet
from builders.team_log import Member, SharedLog
from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.sharing.entries import LogRow
from ontos_tui.services.label.service import Decision


def test_reading_that_ends_within_a_version_goes_on_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = SharedLog()
    ana, ben = (Member(tmp_path / name, name, shared) for name in ("ana", "ben"))
    sheet = unlabeled_sheet(ana.store, 5).id
    ana.sharing.start()
    for pair in list(ana.label.queue.open(sheet)):
        ana.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=MAJOR)])
    ana.sharing.sync()
    assert len({row.version for row in shared.rows}) == 1, "five decisions and the sheet are one version"
    ben.sharing.start()
    ben.log.page = 2
    read = ben.log.read

    def broken(after: int) -> Iterator[list[LogRow]]:
        pages = read(after)
        yield next(pages)
        raise PlatformError("The line broke.", "Try again.")

    with monkeypatch.context() as patch, pytest.raises(PlatformError):
        patch.setattr(ben.log, "read", broken)
        ben.sharing.pull()
    assert ben.state() != ana.state()
    assert ben.sharing.version() < ana.sharing.version()
    ben.sharing.pull()
    assert ben.state() == ana.state()
    assert ben.sharing.version() == ana.sharing.version()
    for member in (ana, ben):
        member.close()
