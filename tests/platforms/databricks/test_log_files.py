"""What takes many statements goes by files in a volume and one COPY INTO; again, it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from builders.team import a_team
from emulator.databricks.scene import Scene
from ontos_tui.domain.errors import AwayError, PlatformError
from ontos_tui.domain.sharing.entries import EntryId, LogRow
from ontos_tui.platforms.databricks.team import delta_log, log_files
from ontos_tui.platforms.databricks.team.delta_log import MOST_STATEMENTS, DeltaLog
from ontos_tui.platforms.databricks.team.log_files import VOLUME, LogFiles

PAYLOAD = '{"x":"ä 🔬 \\u0000 \' \\\\ ' + "y" * 300 + '"}'


def entries(count: int, size: int = 0) -> Iterator[tuple[EntryId, int, str]]:
    return ((EntryId("a", number), 1, PAYLOAD + " " * size) for number in range(1, count + 1))


def read(log: DeltaLog, after: int = -1) -> list[LogRow]:
    return [row for page in log.read(after) for row in page]


@pytest.fixture
def log(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeltaLog]:
    """A log of small statements and files, so that few entries are many."""
    monkeypatch.setattr(log_files, "FILE_BYTES", 40_000)
    opened = DeltaLog(a_team(scene.workspace))
    opened.prepare()
    opened.identity()
    opened.statement_bytes = 4_000
    yield opened
    opened.close()


def test_many_entries_are_one_statement_and_one_version(scene: Scene, log: DeltaLog) -> None:
    before = len(scene.engine.statements)
    log.append(entries(400))
    sent = [one.sql for one in scene.engine.statements[before:]]
    assert len(sent) == 1, "some hundred statements would be needed otherwise"
    assert sent[0].startswith("COPY INTO")
    assert sent[0].count(".jsonl") > 1, "several files"
    rows = read(log)
    assert [(row.writer, row.seq) for row in rows] == [("a", number) for number in range(1, 401)]
    assert {row.body for row in rows} == {PAYLOAD}
    assert {row.actor for row in rows} == {"ana@example.com"}
    assert len({row.version for row in rows}) == 1
    assert not [path for path in scene.files.files if VOLUME in path], "what is loaded is removed"


def test_the_same_files_are_loaded_once(scene: Scene, log: DeltaLog) -> None:
    log.append(entries(400))
    version = read(log)[-1].version
    log.append(entries(400))
    assert len(read(log)) == 400
    assert read(log, version) == []


def test_an_answer_that_is_lost_loses_and_doubles_nothing(log: DeltaLog, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = LogFiles._copy_into

    def broken(files: LogFiles, names: Sequence[str], selected: str) -> None:
        copy(files, names, selected)
        raise AwayError("The line broke.", "Try again.")

    with monkeypatch.context() as patch, pytest.raises(AwayError):
        patch.setattr(LogFiles, "_copy_into", broken)
        log.append(entries(400))
    log.append(entries(400))
    assert [row.seq for row in read(log)] == list(range(1, 401))


def test_few_entries_need_no_volume(scene: Scene, log: DeltaLog) -> None:
    log.append(entries(20))
    assert scene.catalog.volumes == ["team.plant.exports"]
    assert len(read(log)) == 20


def test_one_entry_larger_than_a_statement_goes_by_a_file(scene: Scene, log: DeltaLog) -> None:
    log.append([*entries(2), *((EntryId("b", number), 1, PAYLOAD + " " * 5_000 * number) for number in (1, 2))])
    assert [(row.writer, row.seq) for row in read(log)] == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    assert scene.catalog.volumes == ["team.plant.exports", f"team.ontos.{VOLUME}"]


def test_who_may_create_no_volume_sends_statements_and_hears_what_is_too_large(scene: Scene, log: DeltaLog) -> None:
    refuse = {"path": "/unity-catalog/volumes", "status": 403, "error_code": "PERMISSION_DENIED", "times": 100}
    scene.workspace.fault(**refuse)
    before = len(scene.engine.statements)
    log.append(entries(60))
    assert len(scene.engine.statements) - before > MOST_STATEMENTS
    assert len(read(log)) == 60
    with pytest.raises(PlatformError, match="too large for one statement") as raised:
        log.append([(EntryId("b", 1), 1, " " * 5_000)])
    assert "CREATE VOLUME" in raised.value.todo


def test_a_large_version_is_read_in_pages_of_bounded_size(
    scene: Scene, log: DeltaLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delta_log, "PAGE_BYTES", 20_000)
    log.append(entries(400))
    pages = list(log.read(-1))
    assert len(pages) > 5
    assert [row.seq for page in pages for row in page] == list(range(1, 401))
    assert max(sum(len(row.body) for row in page) for page in pages) < 21_000
