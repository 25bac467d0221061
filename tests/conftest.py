"""What every test may ask for: a workspace of its own."""

from __future__ import annotations

import atexit
import gc
import os
import resource
import ssl
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from builders.copies import copied_database, empty_workspace, share_folder
from builders.sample_readings import inspect_once
from few_trees import ALL_TREES, use_few_trees
from fork_server import ForkServer, confirm_at_once
from model_files import write_on_one_line
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.store import connection
from ontos_tui.store.engine import Store
from ontos_tui.tabular import source
from ontos_tui.workspace import Workspace
from pauses import Pauses
from tiers import DEEP, load_profile
from trainings import learn_once

if TYPE_CHECKING:
    from emulator.databricks.scene import Scene
    from ontos_tui.platforms.databricks.workspace_client import Team

if "PYTEST_XDIST_WORKER" in os.environ:
    # skops looks for each of SciPy's functions in all modules, in the order in which they came: a second, or none.
    import scipy.special  # noqa: F401

pytest_plugins = ["spark_parser", "pytester"]

# Clients of Databricks lie in circles with their sockets until a collection comes round, and 1,024 files are few then.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(_soft, min(_hard, 8_192)), _hard))

# Looking through all that the libraries hold, time and again, took a tenth of the tests' time.
gc.set_threshold(100_000, 20, 50)

load_profile()
share_folder()


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them; decisions are logged under `ana`."""
    for name in ("ONTOS_HOME", "ONTOS_CHAT_BASE_URL", "ONTOS_CHAT_MODEL", "ONTOS_CHAT_API_KEY", "ONTOS_SERVE_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("PROFILE", "WAREHOUSE", "CATALOG", "SCHEMA", "MODEL", "BATCH_FROM"):
        monkeypatch.delenv(f"ONTOS_DATABRICKS_{name}", raising=False)
    monkeypatch.setenv("ONTOS_ACTOR", "ana")
    monkeypatch.setenv("ONTOS_DATABRICKS_TABLES_MINUTES", "0")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "real_processes: jobs are started as users start them, not forked")
    config.addinivalue_line("markers", "all_trees: models have as many trees as for users")


def pytest_collection_finish() -> None:
    """What is there before the first test stays; no later collection looks through it."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # or the libraries report at the end what was never freed


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A long text or a file's bytes name no test: the workers' tests must be called the same, and files hold times."""
    return argname if isinstance(val, bytes) or (isinstance(val, str) and len(val) > 60) else None


FORK_SERVER = ForkServer()


@pytest.fixture(autouse=True)
def _forked_jobs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are forks of a process that has the libraries imported, unless the test is marked `real_processes`."""
    if request.node.get_closest_marker("real_processes") is None:
        monkeypatch.setattr(JobQueue, "start_worker", FORK_SERVER.start_worker)


@pytest.fixture(autouse=True)
def _quick_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new database is copied, and no commit waits for the disk. Where that is tested, this fixture is overridden."""
    monkeypatch.setattr(Store, "_create", copied_database)
    monkeypatch.setattr(connection, "_PRAGMAS", confirm_at_once(connection._PRAGMAS))


@pytest.fixture(autouse=True)
def _few_trees(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models have few trees, in jobs too, unless the test is marked `all_trees`. The deep tier has all of them."""
    if DEEP or request.node.get_closest_marker("all_trees") is not None:
        monkeypatch.setenv(ALL_TREES, "1")
    else:
        use_few_trees(monkeypatch.setattr, monkeypatch.setitem)
        write_on_one_line(monkeypatch.setattr)
        if "learning" not in request.node.path.parts:
            learn_once(monkeypatch.setattr)


@pytest.fixture(autouse=True)
def _read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of the sample data are understood once in a run."""
    monkeypatch.setattr(source, "inspect_file", inspect_once)


@pytest.fixture(autouse=True)
def _no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of servers here, which speak no TLS, load no certificates. Where that is tested, this is overridden."""
    monkeypatch.setattr(ssl, "create_default_context", lambda *_, **__: _unused_context())


@cache
def _unused_context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a workspace that does not exist yet."""
    return tmp_path / "home"


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    """An empty workspace whose user is `ana`."""
    empty_workspace(home)
    with Workspace(home) as opened:
        yield opened


@pytest.fixture
def store(workspace: Workspace) -> Store:
    """The database of the workspace."""
    return workspace.store


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Scene]:
    """An emulated Databricks workspace with sample tables, which the environment leads to."""
    from emulator.databricks.scene import served

    with served() as created:
        monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "no-profiles"))
        for name, value in {**created.environment, **created.settings}.items():
            monkeypatch.setenv(name, value)
        yield created


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    """The clients of Databricks do not wait between two tries, and believe that they did."""
    from databricks.sdk.clock import RealClock
    from databricks.sql.auth import retry

    pauses = Pauses()
    monkeypatch.setattr(RealClock, "time", lambda self: pauses.time())
    monkeypatch.setattr(RealClock, "sleep", lambda self, seconds: pauses.sleep(seconds))
    monkeypatch.setattr(retry, "time", pauses)
    return pauses


@pytest.fixture
def databricks(scene: Scene) -> Iterator[Team]:
    """The client of the emulated workspace."""
    from ontos_tui.platforms.databricks.workspace_client import Place, Team

    team = Team(Place("", "w1", "team", "ontos"), patience=2)
    yield team
    team.close()
