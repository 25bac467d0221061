"""Files are replaced as a whole, by one writer; what a kill leaves is removed at the next start."""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ontos_tui import replacing as module
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.replacing import note_in, replacing, sweep, write_text
from ontos_tui.workspace import Workspace

SOURCE = Path(module.__file__).parent

ALLOWED = {
    "cli/app.py": "the null device, when the reader of the output has gone",
    "jobs/process.py": "the log of a job, which is appended to",
    "learning/models/model_file.py": "files of a folder that is renamed as a whole (part_folder)",
    "platforms/databricks/fine_tuning/train.py": "runs on the team's cluster, in a folder of its own",
    "platforms/local/pyfunc/package.py": "a folder that is sent, then removed",
    "private.py": "creates an empty file for its owner alone",
    "replacing.py": "the writer itself",
    "services/admin/backup.py": "an archive in a folder of `replacing`",
    "services/admin/doctor.py": "a probe, which is removed at once",
    "services/admin/restore.py": "files of a folder that is checked, then put in place (part_folder)",
    "services/data/quality/opened.py": "a sample in a temporary folder",
    "services/deploy/scoring/part_file.py": "a file that a killed run goes on with; the target is renamed at the end",
    "services/interchange/service.py": "writers of paths that come from `replacing`",
    "services/interchange/tabular.py": "writers of paths that come from `replacing`",
    "store/workspace_file/copying.py": "a new file in a folder of `replacing`",
    "store/workspace_file/damage.py": "a copy of a damaged log beside it",
    "services/train/warehouse/job.py": "runs on the team's workspace, in a folder of its own",
    "store/delta.py": "writes the source tree's own schemas",
    "store/presence.py": "a lock",
    "store/workspace_file/turns.py": "a lock",
    "synthetic_data": "the seeded generators, run by who develops them",
    "tabular/folders": "copies of a folder's files, built beside their place and renamed, or in a temporary folder",
    "tabular/text/cleaning.py": "a copy in a temporary folder",
    "tabular/text/copies.py": "a copy in a temporary folder",
    "tabular/text/encoding.py": "a copy in a temporary folder",
    "tabular/text_reader.py": "a copy in a temporary folder",
    "tabular/unpacking.py": "a copy in a temporary folder",
    "tabular/workbooks/text_copy.py": "a copy in a temporary folder",
}
"""Where files are written in another way than by `replacing`, and why that is right there."""


@pytest.fixture(autouse=True)
def _noted_nowhere() -> Iterator[None]:
    yield
    module._home = None


WRITER = re.compile(r"open\(|write_text|write_bytes|copyfile|copy2|mkstemp")
"""What stands in every module that `_writes` would have to say something of."""


def _writes(tree: ast.AST) -> Iterator[int]:
    """The lines that open or write a file, but for those inside `with replacing(…)`."""
    within = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and any("replacing(" in ast.unparse(item.context_expr) for item in node.items)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or id(node) in within:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        modes = [
            one.value for one in [*node.args, *(key.value for key in node.keywords)] if isinstance(one, ast.Constant)
        ]
        opens = name in ("open", "fdopen") and any(
            isinstance(mode, str)
            and re.fullmatch(r"[rwax]b?t?\+?b?", mode)
            and mode[0] + mode[-1] not in ("rr", "rb", "rt")
            for mode in modes
        )
        writes = name in ("write_text", "write_bytes") and isinstance(node.func, ast.Attribute)
        creates = name in ("copyfile", "copy2", "mkstemp") or (name == "open" and "O_CREAT" in ast.unparse(node))
        if opens or writes or creates:
            yield node.lineno


def test_no_file_is_written_in_another_way() -> None:
    others = {
        f"{path.relative_to(SOURCE)}:{line}"
        for path in SOURCE.rglob("*.py")
        if not any(str(path.relative_to(SOURCE)).startswith(place) for place in ALLOWED)
        and WRITER.search(text := path.read_text(encoding="utf-8"))
        for line in _writes(ast.parse(text))
    }
    assert sorted(others) == [], "write it with replacing(…), write_text or write_bytes of ontos_tui.replacing"


def test_a_file_is_replaced_with_its_mode_its_link_and_nothing_beside(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_text(link, "new", mode=0o600)
    assert (real.read_text(), real.stat().st_mode & 0o777, link.is_symlink()) == ("new", 0o640, True)
    write_text(tmp_path / "fresh", "x", mode=0o600)
    assert (tmp_path / "fresh").stat().st_mode & 0o777 == 0o600
    with pytest.raises(RuntimeError), replacing(real) as (target,):
        target.write_text("half")
        raise RuntimeError
    with pytest.raises(InvalidInputError, match="is a folder"):
        write_text(tmp_path, "x")
    with pytest.raises(InvalidInputError, match="cannot be written"):
        write_text(real / "below", "x")
    assert real.read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fresh", "link", "real"]
    write_text(Path(os.devnull), "goes nowhere")
    assert not Path(os.devnull).is_file()


HALF = """
import sys
from pathlib import Path
from ontos_tui.replacing import note_in, replacing
note_in(Path(sys.argv[1]))
with replacing(Path(sys.argv[2])) as (target,):
    target.write_text("half")
    print(target.parent, flush=True)
    sys.stdin.readline()
"""


def test_what_a_kill_leaves_is_removed_at_the_next_start_and_nothing_else(home: Path, tmp_path: Path) -> None:
    Workspace(home).close()
    target = tmp_path / "export.csv"
    target.write_text("old")
    others = tmp_path / ".export.csv.0123abcd.part"
    others.mkdir()
    command = [sys.executable, "-c", HALF, str(home), str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        part = Path(process.stdout.readline().strip())
        assert sweep(home) == 0, "its writer lives"
        assert part.is_dir()
        process.send_signal(signal.SIGKILL)
    (note,) = (home / module.NOTES).iterdir()
    os.utime(note, (1, 1))
    # A note may say anything; only a folder of our own naming goes.
    (home / module.NOTES / "lie").write_text(str(tmp_path))
    Workspace(home).close()
    assert not part.exists()
    assert not note.exists()
    assert others.is_dir(), "nobody noted it here"
    assert target.read_text() == "old"
    note_in(home)
    write_text(target, "new")
    assert target.read_text() == "new"
