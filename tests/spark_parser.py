"""Spark's own parser, and what it says at the end of every run about the statements that the emulated warehouse took.

DuckDB and sqlglot take more than Spark does, so that a test which passes shows nothing about the dialect. Where pyspark
and Java are at hand, each statement that any test of a run got through the emulator is parsed once more here, and one
that Spark refuses fails the run. Only the parser is started, no Spark session. With pytest-xdist the workers tell the
controller what they sent.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tiers import DEEP

if TYPE_CHECKING:
    from collections.abc import Iterator

ONLY_DATABRICKS = (
    re.compile(r"^\s*ALTER\s+TABLE\s+\S+\s+SET\s+TAGS\b", re.IGNORECASE),
    re.compile(r"^\s*SHOW\s+GRANTS\b", re.IGNORECASE),
    re.compile(r"^\s*COPY\s+INTO\b", re.IGNORECASE),
    re.compile(r"^\s*OPTIMIZE\b", re.IGNORECASE),
)
"""Statements that Spark's parser does not know and Databricks does, by its documentation."""
TAKEN = pytest.StashKey[set[str]]()
VERDICT = pytest.StashKey[list[str]]()

Parse = Callable[[str], None]


class RefusedBySparkError(Exception):
    """What Spark's parser says against a statement."""


def what_is_missing() -> str:
    """Why there is no parser here; "" where there is one."""
    if not DEEP:
        return "it belongs to the deep tier: ./check --deep"
    # Where Java is not installed, some systems have a program of that name all the same.
    if shutil.which("java") is None or subprocess.run(["java", "-version"], capture_output=True).returncode:
        return "it needs Java 17 or newer"
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "it needs pyspark (pip install -e '.[spark]')"
    return ""


@contextmanager
def parser() -> Iterator[Parse]:
    """What raises RefusedBySparkError for a statement that Spark does not parse."""
    import pyspark
    from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
    from py4j.protocol import Py4JJavaError

    jars = Path(pyspark.__file__).parent / "jars" / "*"
    port, token = launch_gateway(classpath=str(jars), die_on_exit=True, enable_auth=True, javaopts=["-Xmx512m"])
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=token))
    spark = gateway.jvm.org.apache.spark.sql.execution.SparkSqlParser()

    def parse(sql: str) -> None:
        try:
            spark.parsePlan(sql)
        except Py4JJavaError as error:
            raise RefusedBySparkError(str(error.java_exception.getMessage())) from None

    yield parse
    gateway.shutdown()


def refused(statements: Iterable[str], parse: Parse) -> list[str]:
    """The statements that Spark refuses, each with the reason; the few that only Databricks knows are let through."""
    result = []
    for sql in sorted(statements):
        if not any(known.match(sql) for known in ONLY_DATABRICKS):
            try:
                parse(sql)
            except RefusedBySparkError as error:
                result.append(f"{sql}\n{error}")
    return result


# At the end of a run


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TAKEN] = set()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A worker of pytest-xdist has ended."""
    node.config.stash[TAKEN].update(getattr(node, "workeroutput", {}).get("taken", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    from emulator.databricks.engine import TAKEN as SENT

    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["taken"] = sorted(SENT)
        return
    statements = config.stash[TAKEN] | SENT
    if not statements:
        return
    if missing := what_is_missing():
        config.stash[VERDICT] = [f"Spark's parser did not look at {len(statements)} statements: {missing}"]
        return
    with parser() as parse:
        against = refused(statements, parse)
    message = f"Spark's parser took {len(statements) - len(against)} of the {len(statements)} statements that were sent"
    config.stash[VERDICT] = [*against, message]
    if against and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for message in config.stash.get(VERDICT, []):
        terminalreporter.write_line(message)
