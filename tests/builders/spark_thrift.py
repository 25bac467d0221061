"""Spark itself behind its Thrift server, and the real databricks-sql-connector that talks to it.

The server is in pyspark's wheel. Four small patches on the client's side bridge what Databricks added to the protocol:
the version check, the format of results (told twice), and the result of a statement that has none. Parameters are
written into the statements, since the open server binds none.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

START_SECONDS = 180
_CLASS = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"


@contextmanager
def spark_thrift(folder: Path) -> Iterator[Any]:
    """A connection to a server that is started for it. Raises RuntimeError when it does not start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "spark.log"
    with log.open("wb") as output:
        server = subprocess.Popen(_command(folder, port), cwd=folder, env=_environment(), stdout=output, stderr=output)
    try:
        _until_open(server, port, log)
        connection = connect(port)
        yield connection
        connection.close()
    finally:
        server.terminate()
        server.wait(60)


def connect(port: int) -> Any:
    """The real connector's connection to a server on this port."""
    from databricks import sql

    patch_connector()
    return sql.connect(
        server_hostname="127.0.0.1",
        http_path="/cliservice",
        # The open server knows a name and a password alone, and checks neither.
        credentials_provider=lambda: lambda: {"Authorization": "Basic b250b3M6b250b3M="},
        _connection_uri=f"http://127.0.0.1:{port}/cliservice",
        enable_telemetry=False,
        _retry_delay_max=5,
        _retry_stop_after_attempts_count=1,
    )


def patch_connector() -> None:
    """The bridge between Databricks' dialect of the protocol and the open one."""
    from databricks.sql.backend.thrift_backend import ThriftDatabricksClient
    from databricks.sql.thrift_api.TCLIService import ttypes

    if hasattr(ThriftDatabricksClient, "bridged"):
        return
    make_request = ThriftDatabricksClient.make_request

    def bridged(client: Any, *given: Any, **named: Any) -> Any:
        response = make_request(client, *given, **named)
        if isinstance(response, ttypes.TFetchResultsResp) and response.resultSetMetadata is None:
            response.resultSetMetadata = ttypes.TGetResultSetMetadataResp(status=response.status)
        direct = getattr(response, "directResults", None)
        for one in (response, getattr(response, "resultSetMetadata", None), getattr(direct, "resultSetMetadata", None)):
            if isinstance(one, ttypes.TGetResultSetMetadataResp):
                one.resultFormat = one.resultFormat or ttypes.TSparkRowSetType.COLUMN_BASED_SET
                one.schema = one.schema or ttypes.TTableSchema(columns=[])
        return response

    ThriftDatabricksClient.bridged = True
    ThriftDatabricksClient.make_request = bridged
    ThriftDatabricksClient._check_protocol_version = lambda client, response: None


def written_in(sql: str, parameters: Mapping[str, Any]) -> str:
    """A statement with its parameters written in."""
    for name in sorted(parameters, key=len, reverse=True):
        sql = sql.replace(f":{name}", _literal(parameters[name]))
    return sql


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def _command(folder: Path, port: int) -> list[str]:
    import pyspark

    home = Path(pyspark.__file__).parent
    java = f"-Dderby.system.home={folder} -Duser.timezone=UTC -Djava.io.tmpdir={folder}"
    spark = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.extraJavaOptions": java,
    }
    hive = {
        "hive.server2.transport.mode": "http",
        "hive.server2.thrift.http.port": str(port),
        "hive.server2.thrift.http.path": "cliservice",
        "hive.server2.thrift.bind.host": "127.0.0.1",
        "hive.server2.authentication": "NOSASL",
        "hive.server2.enable.doAs": "false",
    }
    return [
        str(home / "bin" / "spark-submit"),
        *("--class", _CLASS, "--master", "local[1]", "--driver-memory", "1g"),
        *(word for name, value in spark.items() for word in ("--conf", f"{name}={value}")),
        "spark-internal",
        *(word for name, value in hive.items() for word in ("--hiveconf", f"{name}={value}")),
    ]


def _environment() -> dict[str, str]:
    import pyspark

    home = str(Path(pyspark.__file__).parent)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, "SPARK_HOME": home, "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}


def _until_open(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"Spark's Thrift server did not start: {log.read_text(errors='replace')[-2_000:]}")
