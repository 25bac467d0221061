"""Model files of strangers: types that run code, lying lists, bombs, cut and swapped files, trees that lead outside.

The checksums fit, as in a backup that somebody made on purpose. Each is loaded, deployed and asked in a process whose
memory is bounded, which another one watches.

Promised: it is refused in one sentence, or answers; nothing of it runs, no process ends or hangs, memory stays bounded.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import resource
import select
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from builders.models import trained_model
from faults.result import Result
from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.serving import Origin
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace

PROMISE = "a model file of a stranger is refused in one sentence or answers; nothing of it runs, within 600 MB and 30 s"
MOST_BYTES, MOST_SECONDS = 600 * 1024**2, 30.0
ROW = {"voltage": 0.2, "line": "north"}
FAMILIES = ("nearest", "hist_gradient_boosting")
Files = dict[str, bytes]


def run(seed: int, seconds: float) -> Result:
    """Give models to a process that loads them, and start another where that one ends."""
    draw, tried, problems = random.Random(seed), 0, list[str]()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        prepare(place / "homes")
        until = time.monotonic() + seconds  # to prepare takes as long as it takes
        while not tried or time.monotonic() < until:
            for name, problem in watched(__file__, place / "homes", draw.randrange(1 << 30), until):
                tried += 1
                problems += [f"{name}: {problem}"] if problem else []
        problems += [f"something of a model ran: {one.name}" for one in place.glob("homes/executed*")]
    return Result(PROMISE, tried, len(problems), tuple(problems[:20]))


def prepare(homes: Path) -> None:
    """A workspace for each family of models, with one that answers."""
    from ontos_tui.domain.learning import NoProgress

    for family in FAMILIES:
        home = homes / family
        home.mkdir(parents=True)
        sheet, _ = trained_model(home)
        with Workspace(home) as workspace:
            params = {"training_sheet_id": sheet.id, "base_model": family, "name": "hostile"}
            try:
                model = workspace.train.models.run(params, "j2", NoProgress())
            except OntosError:  # a family that this release does not know
                shutil.rmtree(home)
                continue
            workspace.deploy.endpoints.deploy(model.id, "live")


def watched(program: str, homes: Path, seed: int, until: float) -> Iterator[tuple[str, str]]:
    """What came of each attempt of one process; its own end and its hanging are problems of the last one."""
    command = [sys.executable, program, str(homes), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdout is not None and process.stderr is not None, "they are pipes"
        name, poll = "start", select.poll()
        poll.register(process.stdout, select.POLLIN)
        while True:
            if not poll.poll(1_000 * (MOST_SECONDS + 60 * (name == "start"))):
                process.kill()
                yield name, f"took more than {MOST_SECONDS:.0f} s"
                return
            line = process.stdout.readline()
            if not line:
                last = (process.stderr.read().strip().splitlines() or [""])[-1]
                yield name, f"the process ended with {process.wait()}: {last[:200]}"
                return
            word, _, rest = line.rstrip("\n").partition("\t")
            if word == "try":
                name = rest
            else:
                yield name, rest
                if time.monotonic() > until:
                    process.kill()
                    return


# In the process that loads them ------------------------------------------------------------------------------------


def _load_for_ever(homes: Path, seed: int) -> None:
    draw = random.Random(seed)
    originals = {home.name: _files(home) for home in sorted(homes.iterdir()) if home.is_dir()}
    first = next(iter(originals))
    attempt(homes / first, originals[first])  # the libraries are imported before memory is counted
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    while True:
        family = draw.choice(sorted(originals))
        change = draw.choice(CHANGES)
        print(f"try\t{change.__name__.strip('_')} of {family}", flush=True)
        files = change(dict(originals[family]), draw, homes / f"executed-{draw.randrange(10**9)}")
        resource.setrlimit(resource.RLIMIT_AS, (size + MOST_BYTES, most))
        problem = attempt(homes / family, files)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        print(f"did\t{problem}", flush=True)


def attempt(home: Path, files: Files) -> str:
    """Put these files in the place of the model's, then load, deploy and ask it; what is not as promised."""
    with Workspace(home) as workspace, _replaced(workspace, files):
        return use(workspace)


def use(workspace: Workspace) -> str:
    """Load, deploy and ask the workspace's model; what is not as promised."""
    for act in (_ask, _deploy, _doctor):
        try:
            act(workspace)
        except OntosError as error:
            if not error.todo or "Traceback" in str(error):
                return f"no remedy: {error}"
        except Exception as error:  # noqa: BLE001  # that is what is being looked for
            return f"{act.__name__}: {type(error).__name__}: {error!s:.150}"
    return ""


def _ask(workspace: Workspace) -> None:
    workspace.deploy.endpoints.query("live", [ROW], origin=Origin.CLI)


def _deploy(workspace: Workspace) -> None:
    workspace.deploy.endpoints.deploy(_model(workspace).id, "another", despite="a test")


def _doctor(workspace: Workspace) -> None:
    from ontos_tui.services.admin.integrity import examine_integrity

    list(examine_integrity(workspace.home, lambda: workspace.store))


def _model(workspace: Workspace) -> ModelVersion:
    with workspace.store.read() as connection:
        models = rows.find(connection, ModelVersion)
        return next((one for one in models if one.name == "hostile"), models[-1])


def _files(home: Path) -> Files:
    with Workspace(home) as workspace:
        folder = home / _model(workspace).artifact
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@contextmanager
def _replaced(workspace: Workspace, files: Files) -> Iterator[None]:
    """The model's files are these, and the database has their checksum; afterwards they are as they were."""
    model = _model(workspace)
    folder = workspace.home / model.artifact
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    digest = hashlib.sha256(files["model.json"]).hexdigest()
    with workspace.store.write() as connection:
        connection.execute("UPDATE models SET sha256 = ? WHERE id = ?", (digest, model.id))
    try:
        yield
    finally:
        for name, content in before.items():
            (folder / name).write_bytes(content)


# What strangers send -----------------------------------------------------------------------------------------------


def _signed(files: Files, packed: bytes) -> Files:
    """The same model with other estimators, under their checksum."""
    plain = json.loads(files["model.json"])
    plain["estimators"] = hashlib.sha256(packed).hexdigest()
    return {**files, "model.skops": packed, "model.json": json.dumps(plain).encode()}


def _repacked(files: Files, change: Callable[[dict[str, bytes]], None]) -> Files:
    """The estimators' archive with changed members."""
    with zipfile.ZipFile(io.BytesIO(files["model.skops"])) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return _signed(files, packed.getvalue())


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "__loader__" in value:
            yield value
        for one in value.values():
            yield from _nodes(one)
    elif isinstance(value, list):
        for one in value:
            yield from _nodes(one)


def _types(files: Files, draw: random.Random, canary: Path) -> Files:
    """Some nodes of the list of what is in the file are of types that run code when they are made."""
    names = [("os", "system"), ("posix", "system"), ("subprocess", "Popen"), ("builtins", "eval"), ("builtins", "exec"),
             ("pathlib", "Path"), ("shutil", "rmtree"), ("numpy", "load"), ("joblib", "load"), ("builtins", "open"),
             ("sklearn.pipeline", "FeatureUnion"), ("sklearn.ensemble", "RandomForestClassifier"), ("a.b", "c"),
             ("ontos_tui.replacing", "write_text"), ("", ""), ("functools", "partial")]  # fmt: skip
    loaders = ["ObjectNode", "TypeNode", "FunctionNode", "MethodNode", "PartialNode", "ReduceNode", "DictNode",
               "OperatorFuncNode", "ListNode", "NdArrayNode", "JsonNode", "CachedNode", "TreeNode", "Nope"]  # fmt: skip

    def change(members: dict[str, bytes]) -> None:
        schema = json.loads(members["schema.json"])
        nodes = list(_nodes(schema))
        for node in draw.sample(nodes, min(len(nodes), draw.choice([1, 1, 3]))):
            module, name = draw.choice(names)
            node["__module__"], node["__class__"] = module, name
            if draw.random() < 0.7:
                node["__loader__"] = draw.choice(loaders)
            if draw.random() < 0.5:
                node["content"] = draw.choice(
                    [f"touch {canary}", ["touch", str(canary)], {"args": [str(canary)]}, None]
                )
        members["schema.json"] = json.dumps(schema).encode()

    return _repacked(files, change)


def _fields(files: Files, draw: random.Random, canary: Path) -> Files:
    """Values of the list, of the description, or of both are others."""
    odd: list[Any] = [
        *(None, True, -1, 0, 2**63, 10**30, 1e308, float("nan"), [], {}, [[[]]], {"a": {"b": []}}),
        *("", "x" * 100_000, "../../../../etc/passwd", "\ud800", "(a+)+$"),
    ]

    def spoil(value: Any, times: int) -> None:
        for _ in range(times):
            at = value
            while isinstance(at, dict | list) and at:
                key = draw.choice(list(at)) if isinstance(at, dict) else draw.randrange(len(at))
                if not isinstance(at[key], dict | list) or not at[key] or draw.random() < 0.15:
                    at[key] = draw.choice(odd)
                    break
                at = at[key]

    def change(members: dict[str, bytes]) -> None:
        schema = json.loads(members["schema.json"])
        spoil(schema, draw.choice([1, 2, 5]))
        members["schema.json"] = json.dumps(schema).encode()

    if draw.random() < 0.5:
        return _repacked(files, change)
    plain = json.loads(files["model.json"])
    spoil(plain, draw.choice([1, 1, 3]))
    return {**files, "model.json": json.dumps(plain).encode()}


def _arrays(files: Files, draw: random.Random, canary: Path) -> Files:
    """Numbers of the arrays are others: trees whose branches lead outside, negative sizes, heads that lie."""

    def change(members: dict[str, bytes]) -> None:
        arrays = [name for name in members if name.endswith(".npy")]
        for name in draw.sample(arrays, min(len(arrays), 5)):
            content = bytearray(members[name])
            first = draw.choice([0, 128 if len(content) > 128 else 0])
            for _ in range(draw.choice([1, 4, 64])):
                at = draw.randrange(first, len(content))
                content[at : at + 8] = draw.choice([b"\xff" * 8, b"\x7f" * 8, draw.randbytes(8)])[: len(content) - at]
            members[name] = bytes(content)

    return _repacked(files, change)


def _bytes(files: Files, draw: random.Random, canary: Path) -> Files:
    """The archive is cut, or some of its bytes are others."""
    content = bytearray(files["model.skops"])
    if draw.random() < 0.4:
        del content[draw.randrange(len(content)) :]
    else:
        for _ in range(draw.choice([1, 8, 100])):
            content[draw.randrange(len(content))] = draw.randrange(256)
    return _signed(files, bytes(content))


def _bomb(files: Files, draw: random.Random, canary: Path) -> Files:
    """Members that expand to gigabytes, thousands of members, or nesting without an end."""
    kind = draw.randrange(5)

    def change(members: dict[str, bytes]) -> None:
        arrays = [name for name in members if name.endswith(".npy")]
        if kind == 0 and arrays:
            members[draw.choice(arrays)] = members[arrays[0]][:128] + bytes(200 * 1024**2)
        elif kind == 1:
            members["schema.json"] = b"[" * 200_000 + b"]" * 200_000
        elif kind == 2:
            members["schema.json"] = b" " * (150 * 1024**2) + members["schema.json"]
        elif kind == 3:
            members.update({f"more/{number}": b"" for number in range(20_000)})
        else:
            head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }"
            fake = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head
            members.update(dict.fromkeys(arrays, fake))

    if draw.random() < 0.2:
        return {**files, "model.json": b'{"estimators": ' + b"[" * 300_000}
    return _repacked(files, change)


def _others(files: Files, draw: random.Random, canary: Path) -> Files:
    """Files of another kind under the model's names."""
    what = draw.choice(
        [b"", b"\x80\x04\x95cos\nsystem\n(S'touch'\ntR.", b"PK\x03\x04", b"null", b"{}", b"[]", b"\xff\xfe"]
    )
    if draw.random() < 0.5:
        return _signed(files, what)
    return {**files, "model.json": what}


def _paths(files: Files, draw: random.Random, canary: Path) -> Files:
    """Members with the names of places elsewhere, and the list leading there."""

    def change(members: dict[str, bytes]) -> None:
        schema = json.loads(members["schema.json"])
        for node in _nodes(schema):
            if "file" in node and draw.random() < 0.3:
                name = draw.choice(["../../evil.npy", str(canary), "/etc/passwd", "C:\\evil", "a\x00b", "."])
                members[name] = members.get(str(node["file"]), b"")
                node["file"] = name
        members["schema.json"] = json.dumps(schema).encode()

    return _repacked(files, change)


CHANGES = (_types, _types, _fields, _fields, _fields, _arrays, _arrays, _bytes, _bomb, _others, _paths)

if __name__ == "__main__":
    _load_for_ever(Path(sys.argv[1]), int(sys.argv[2]))
