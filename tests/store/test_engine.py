"""The database in bad circumstances: other files, full disks, several processes, a kill at any moment."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from ontos_tui.domain.errors import StoreError
from ontos_tui.domain.records.data import Sheet
from ontos_tui.store import engine, migrations, rows
from ontos_tui.store.engine import Store
from tiers import deep, examples


@pytest.fixture(autouse=True)
def _quick_databases() -> None:
    """Databases are created and written as they are for users."""


def python(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


# Files that are no workspace ---------------------------------------------------------------------------------------


def test_a_newer_database_is_refused_and_left_alone(home: Path, store: Store) -> None:
    store.close()
    path = home / "ontos.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {migrations.VERSION + 1}")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer Ontos") as caught:
        Store(path)
    assert "Update Ontos" in caught.value.todo
    # Opening may note the journal's mode in the header (bytes 18 and 19, and the change counter), and nothing else.
    after = path.read_bytes()
    assert len(after) == len(before)
    assert {place for place in range(len(before)) if before[place] != after[place]} <= {
        *(18, 19),
        *range(24, 28),
        *range(92, 100),
    }


@pytest.mark.parametrize(
    "content", [b"This is no database, only a text of some length. " * 100, bytes(range(256)) * 64]
)
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ontos.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="not an Ontos workspace"):
        Store(path)
    assert path.read_bytes() == content
    assert [item.name for item in tmp_path.iterdir()] == ["ontos.db"]


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("mine")
    with pytest.raises(StoreError, match="cannot be made") as caught:
        Store(tmp_path / "home" / "ontos.db")
    assert "--home" in caught.value.todo
    with pytest.raises(StoreError):
        Store(tmp_path / "home" / "deeper" / "ontos.db")
    assert (tmp_path / "home").read_text() == "mine"


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "ontos.db").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(tmp_path / "ontos.db")


READ_ONLY = """
import os, sys
from pathlib import Path
from ontos_tui.domain.errors import StoreError
from ontos_tui.store.engine import Store
# Everything is imported before the program becomes somebody who may not even read the program.
with Store(Path(sys.argv[1]) / "warm" / "ontos.db").write() as connection:
    connection.execute("DELETE FROM sheets")
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    with Store(Path(sys.argv[1]) / "home" / "ontos.db").write() as connection:
        connection.execute("DELETE FROM sheets")
except StoreError as error:
    print(error.what, "|", error.todo)
"""


@pytest.mark.parametrize("exists", [True, False], ids=["with a database", "empty"])
def test_a_read_only_home_is_told(exists: bool) -> None:
    # Not under tmp_path, whose parents no other user may enter.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        home.mkdir()
        if exists:
            Store(home / "ontos.db").close()
            (home / "ontos.db").chmod(0o444)
        home.chmod(0o555)
        message, errors = python(READ_ONLY, folder).communicate(timeout=60)
        home.chmod(0o755)
    assert errors == ""
    assert "you may not write" in message or "Permission denied" in message
    assert "--home" in message


def test_a_damaged_database_is_told(home: Path, store: Store) -> None:
    with store.write() as connection:
        rows.add_many(connection, (Sheet(name=f"{n}", source_table="x" * 500) for n in range(500)))
    store.close()
    path = home / "ontos.db"
    content = bytearray(path.read_bytes())
    content[4096 * 3 :] = os.urandom(len(content) - 4096 * 3)
    path.write_bytes(content)
    opened = None
    with pytest.raises(StoreError, match="damaged") as caught:
        opened = Store(path)
        with opened.read() as connection:
            rows.find(connection, Sheet)
    assert "backup" in caught.value.todo


# A full disk -------------------------------------------------------------------------------------------------------


def test_a_full_database_keeps_what_was_confirmed(home: Path, store: Store) -> None:
    with store.write() as connection:
        rows.add(connection, Sheet(name="kept", source_table="x"))
        pages = connection.scalar("PRAGMA page_count")
    with pytest.raises(StoreError, match="disk is full") as caught, store.write() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages + 5}")
        rows.add_many(connection, (Sheet(name=f"{n}", source_table="x" * 5000) for n in range(100)))
    assert "Free some space" in caught.value.todo
    with store.read() as connection:
        assert [sheet.name for sheet in rows.find(connection, Sheet)] == ["kept"]


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.errors import StoreError
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
store = Store(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
for number in range(10_000):
    try:
        with store.write() as connection:
            rows.add(connection, Sheet(name=str(number), source_table="x" * 5_000))
    except StoreError as error:
        print(number, "|", error.what)
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with store.write() as connection:
    rows.add(connection, Sheet(name="after", source_table="x"))
"""


def test_a_disk_that_fills_up_loses_nothing_confirmed(home: Path, store: Store) -> None:
    process = python(FULL_DISK, home / "ontos.db")
    message, errors = process.communicate(timeout=100)
    assert errors == ""
    confirmed, reason = message.split(" | ")
    assert "disk" in reason.lower()
    with store.read() as connection:
        names = {sheet.name for sheet in rows.find(connection, Sheet)}
        assert connection.scalar("PRAGMA integrity_check") == "ok"
    assert names == {str(number) for number in range(int(confirmed))} | {"after"}
    assert int(confirmed) > 50


# Several writers ---------------------------------------------------------------------------------------------------

INCREMENT = """
import sys
from pathlib import Path
from ontos_tui.store.engine import Store
store = Store(Path(sys.argv[1]))
for _ in range(50):
    with store.write() as connection:
        before = connection.scalar("SELECT item_count FROM sheets")
        connection.execute("UPDATE sheets SET item_count = :n", {"n": before + 1})
"""


def test_eight_processes_lose_no_increment_and_are_never_locked_out(home: Path, store: Store) -> None:
    with store.write() as connection:
        rows.add(connection, Sheet(name="counter", source_table="x"))
    workers = [python(INCREMENT, home / "ontos.db") for _ in range(8)]
    outcomes = [worker.communicate(timeout=110) for worker in workers]
    assert outcomes == [("", "")] * 8
    with store.read() as connection:
        assert connection.scalar("SELECT item_count FROM sheets") == 400


@deep
def test_eight_processes_may_make_one_workspace_at_once(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from ontos_tui.store.engine import Store\n"
        "sys.stdin.readline(); Store(Path(sys.argv[1])).close()"
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "new" / "ontos.db")],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    assert [worker.communicate("go\n", timeout=60)[1] for worker in workers] == [""] * 8


def test_threads_of_one_process_queue_up(store: Store) -> None:
    with store.write() as connection:
        rows.add(connection, Sheet(name="counter", source_table="x"))
    failures: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(25):
                with store.write() as connection:
                    before = connection.scalar("SELECT item_count FROM sheets")
                    connection.execute("UPDATE sheets SET item_count = :n", {"n": before + 1})
        except Exception as error:  # noqa: BLE001 - what a thread raises is lost otherwise
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with store.read() as connection:
        assert connection.scalar("SELECT item_count FROM sheets") == 200


def test_a_writer_that_does_not_end_is_told(home: Path, store: Store) -> None:
    impatient = Store(home / "ontos.db", patience=0.2)
    with (
        store.write(),
        pytest.raises(StoreError, match="Another process has been writing") as caught,
        impatient.write(),
    ):
        pass
    assert "nothing was lost" in caught.value.todo
    impatient.close()


# A kill ------------------------------------------------------------------------------------------------------------

UNTIL_KILLED = """
import sys
from pathlib import Path
from ontos_tui.domain.records.data import Sheet
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
store = Store(Path(sys.argv[1]))
for number in range(1_000_000):
    with store.write() as connection:
        rows.add(connection, Sheet(name=f"{number} a", source_table="x"))
        rows.add(connection, Sheet(name=f"{number} b", source_table="x"))
        if number == int(sys.argv[2]):
            print("middle", flush=True)
            sys.stdin.readline()
    print(number, flush=True)
"""


@pytest.mark.parametrize("at", [0, 7, 150])
def test_a_kill_in_the_middle_of_a_write_keeps_the_confirmed_rows_and_no_half(
    home: Path, store: Store, at: int
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", UNTIL_KILLED, str(home / "ontos.db"), str(at)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    confirmed = []
    for line in process.stdout:
        if line == "middle\n":
            process.send_signal(signal.SIGKILL)
            break
        confirmed.append(int(line))
    process.wait(timeout=30)
    process.stdout.close()
    assert process.stdin is not None
    process.stdin.close()
    assert confirmed == list(range(at))
    reopened = Store(home / "ontos.db")
    with reopened.read() as connection:
        names = {sheet.name for sheet in rows.find(connection, Sheet)}
        assert connection.scalar("PRAGMA integrity_check") == "ok"
    assert names == {f"{number} {part}" for number in range(at) for part in "ab"}
    with reopened.write() as connection:
        rows.add(connection, Sheet(name="goes on", source_table="x"))
    reopened.close()


def test_a_kill_at_any_moment_loses_nothing_confirmed(home: Path, store: Store) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", UNTIL_KILLED, str(home / "ontos.db"), "-1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == 40:
            process.send_signal(signal.SIGKILL)
            break
    rest = process.stdout.read()
    process.wait(timeout=30)
    process.stdout.close()
    assert process.stdin is not None
    process.stdin.close()
    last = max([40, *(int(line) for line in rest.split("\n")[:-1])])
    with store.read() as connection:
        names = {sheet.name for sheet in rows.find(connection, Sheet)}
    assert names >= {f"{number} {part}" for number in range(last + 1) for part in "ab"}
    assert len(names) % 2 == 0


def test_closing_while_another_thread_watches_harms_nobody(home: Path) -> None:
    for number in range(examples(5, 20)):
        store = Store(home / f"{number}.db")
        store.change_counter()
        ended = threading.Event()

        def watch(store: Store = store, ended: threading.Event = ended) -> None:
            with contextlib.suppress(StoreError):
                while True:
                    store.change_counter()
            ended.set()

        threading.Thread(target=watch, daemon=True).start()
        store.close()
        assert ended.wait(60), "who watches is told that the workspace is closed"


def test_what_need_not_be_on_the_disk_at_once_is_there_for_others_and_after_a_sync(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MOST_LOG", 0)
    monkeypatch.setattr(engine, "CARRY_SECONDS", 0.0)
    with store.write(on_disk=False) as connection:
        assert connection.scalar("PRAGMA synchronous") == 1  # NORMAL: no wait for the disk
        connection.execute("INSERT INTO request_counts VALUES ('live', 7)")
    with Store(store.path).read() as other:
        assert other.scalar("SELECT n FROM request_counts") == 7
    store.sync()
    copied = store.path.with_name("without-log.db")
    copied.write_bytes(store.path.read_bytes())  # without the log of transactions
    with sqlite3.connect(copied) as alone:
        assert alone.execute("SELECT n FROM request_counts").fetchone() == (7,)
    with store.write() as connection:
        assert connection.scalar("PRAGMA synchronous") == 2
