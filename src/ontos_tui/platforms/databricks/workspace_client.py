"""The way to a Databricks workspace: its client and its SQL warehouse, opened when they are first used.

Who one is comes from a profile of ~/.databrickscfg or from DATABRICKS_… in the environment, as the databricks-sdk reads
them; nothing of it is stored here. Importing the SDK takes about two seconds, so nothing here is imported by a screen.
"""

from __future__ import annotations

import logging
import os
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import AwayError, InvalidInputError, OntosError, PlatformError
from ontos_tui.platforms.databricks.retries import TRIES, is_retryable, pause_seconds

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

    from ontos_tui.settings import Settings

RETRY_SECONDS = 60
"""Seconds that the SDK goes on trying a request that is refused for a while."""
WAREHOUSE_SECONDS = 300
"""Seconds that a warehouse may take to start, once the workspace has answered."""
BROWSE_SECONDS = 2
"""The same while a user waits in front of a screen."""
CLOSE_SECONDS = 2
"""Seconds that closing waits at most for the warehouse."""
GONE = ("TABLE_OR_VIEW_NOT_FOUND", "DELTA_TABLE_NOT_FOUND")
"""How the warehouse says that there is no such table."""
BUFFER_BYTES = 16 << 20
"""Bytes of a result that are fetched at once; with the connector's own 100 MB a large one would fill the memory."""
IDLE = 4
"""Connections that stay open for the next statement."""
INSTALL = "Install them: pip install 'ontos-tui[databricks]', or in a clone ONTOS_EXTRAS=databricks ./ontos."
"""What to do where the libraries of the extra are missing."""
_NAME = re.compile(r"[A-Za-z0-9_\-]{1,255}")
_CLASS = re.compile(r"\[([A-Z][A-Z0-9_.]+)\]")


class SqlFailedError(PlatformError):
    """A statement that the warehouse refused; `error_class` is Databricks' own word for why."""

    def __init__(self, what: str, todo: str, error_class: str) -> None:
        super().__init__(what, todo)
        self.error_class = error_class


@dataclass(frozen=True)
class Place:
    """Where the team's things are: a profile (empty: the environment), a SQL warehouse, and a schema in a catalog."""

    profile: str
    warehouse_id: str
    catalog: str
    schema: str

    @classmethod
    def of(cls, settings: Settings) -> Place:
        """The place that the settings name."""
        return cls(
            settings.databricks_profile,
            settings.databricks_warehouse,
            settings.databricks_catalog,
            settings.databricks_schema,
        )

    def table(self, name: str) -> str:
        """A table of ours, with checked and quoted names. Raises InvalidInputError."""
        return ".".join(quoted(part) for part in (self.catalog, self.schema, name))


def quoted(name: str) -> str:
    """An identifier as it may stand in SQL. Raises InvalidInputError for one with other characters."""
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            f"{name!r} is not a name that Databricks accepts here.", "Use letters, digits, _ and -."
        )
    return f"`{name}`"


class Team:
    """One workspace. Safe to use from several threads: a connection is lent to one statement at a time."""

    def __init__(self, place: Place, patience: int = RETRY_SECONDS) -> None:
        """`patience` is for how many seconds a workspace that does not answer is tried again."""
        self.place = place
        self._patience = patience
        self._idle: list[Any] = []
        self._lock = threading.Lock()

    @cached_property
    def client(self) -> WorkspaceClient:
        """The SDK's client. Raises PlatformError saying what is missing."""
        try:
            from databricks.sdk import WorkspaceClient
            from databricks.sdk.core import Config
        except ImportError as error:
            raise PlatformError("The Databricks libraries are not installed.", INSTALL) from error
        # It tells every missing piece of metadata on the terminal, in the middle of the screen.
        logging.getLogger("databricks.sdk").setLevel(logging.ERROR)
        trusted = _certificates()
        if trusted is not None:  # requests, which the SDK uses, does not read SSL_CERT_FILE
            os.environ.setdefault("REQUESTS_CA_BUNDLE", trusted)
        try:
            config = Config(
                profile=self.place.profile or None,
                retry_timeout_seconds=self._patience,
                http_timeout_seconds=max(10, self._patience),
                product="ontos",
            )
            return WorkspaceClient(config=config)
        except ValueError as error:
            raise PlatformError(
                f"Databricks is not set up: {str(error).splitlines()[0]}.",
                "Run `databricks auth login`, or set databricks_profile in settings.toml; `ontos doctor` checks it.",
            ) from error

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a statement, by column. Raises SqlFailedError, AwayError, PlatformError."""
        with self._executed(sql, parameters) as cursor:
            names = [one[0] for one in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def change(self, sql: str, parameters: Mapping[str, Any] | None = None) -> int:
        """Run a statement that changes something; returns how many rows it changed, 0 where that is unknown."""
        results = self.rows(sql, parameters)
        return int(results[0].get("num_affected_rows") or 0) if results else 0

    def change_retried(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> int:
        """The same, sent again after a pause where the refusal passes by itself, as when others write meanwhile."""
        for attempt in range(TRIES - 1):
            try:
                return self.change(sql, parameters)
            except SqlFailedError as error:
                if not is_retryable(error.error_class):
                    raise
                sleep(pause_seconds(attempt))
        return self.change(sql, parameters)

    def has(self, table: str, column: str = "1") -> bool:
        """Whether there is a table, whose name is quoted, with this column, which is one of ours.

        Raises SqlFailedError where it may not be read, AwayError.
        """
        try:
            self.rows(f"SELECT {column} FROM {table} LIMIT 0")  # noqa: S608  # checked and quoted by whoever names it
        except SqlFailedError as error:
            if error.error_class in GONE or error.error_class.startswith("UNRESOLVED_COLUMN"):
                return False
            raise
        return True

    def pages(
        self, sql: str, parameters: Mapping[str, Any] | None = None, size: int = 1_000
    ) -> Iterator[list[dict[str, Any]]]:
        """The rows of a large result, page by page, as lists of mappings. Raises as `rows` does."""
        with self._executed(sql, parameters) as cursor:
            names = [one[0] for one in cursor.description or ()]
            while page := cursor.fetchmany(size):
                yield [dict(zip(names, row, strict=True)) for row in page]

    def close(self) -> None:
        """Close the connections that are not in use. A workspace that is away is not waited for."""
        with self._lock:
            idle, self._idle = self._idle, []
        if idle:
            closing = threading.Thread(target=_close_all, args=[idle], name="close", daemon=True)
            closing.start()
            closing.join(CLOSE_SECONDS)

    @contextmanager
    def _executed(self, sql: str, parameters: Mapping[str, Any] | None) -> Iterator[Any]:
        """A cursor over the statement's result. Its connection is lent meanwhile, and gone after a broken one."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        known = connection is not None
        if connection is None:
            connection = self._connect()
        exc, broken, sound, cursor = _exceptions(), _broken(), True, None
        try:
            try:
                cursor = connection.cursor(buffer_size_bytes=BUFFER_BYTES)
                cursor.execute(sql, dict(parameters or {}))
            except exc.Error as error:
                if not known or "SessionHandle" not in str(error):
                    raise
                # The warehouse was restarted since; the statement did not run.
                _close(connection)
                connection = self._connect()
                cursor = connection.cursor(buffer_size_bytes=BUFFER_BYTES)
                cursor.execute(sql, dict(parameters or {}))
            yield cursor
        except exc.ServerOperationError as error:
            raise _refused(str(error)) from error
        except broken as error:
            sound = False
            raise self._away(error) from error
        finally:
            try:
                if cursor is not None:
                    cursor.close()
            except broken:
                sound = False
            with self._lock:
                reusable = sound and len(self._idle) < IDLE
                if reusable:
                    self._idle.append(connection)
            if not reusable:
                _close(connection)

    def _connect(self) -> Any:
        """A new connection to the warehouse, whose times are in UTC. Raises AwayError, PlatformError."""
        broken: tuple[type[Exception], ...] = (*_broken(), ValueError)
        from databricks import sql

        config = self.client.config
        if not self.place.warehouse_id:
            raise PlatformError(
                "No SQL warehouse is named.", "Set databricks_warehouse in settings.toml; `ontos doctor` lists them."
            )
        self._knock()
        path = f"/sql/1.0/warehouses/{self.place.warehouse_id}"
        # The connector has no other word for a port, as of a gateway, and for an address without TLS, as of a test.
        has_own = str(config.host).startswith("http://") or ":" in str(config.hostname)
        whole = {"_connection_uri": f"{config.host}{path}"} if has_own else {}
        try:
            return sql.connect(
                server_hostname=config.hostname,
                http_path=path,
                credentials_provider=lambda: config.authenticate,
                session_configuration={"timezone": "UTC"},
                enable_telemetry=False,
                # With the default the connector sleeps a minute at every 429 and 503, whatever Retry-After says.
                _retry_delay_max=5,
                _retry_stop_after_attempts_duration=float(WAREHOUSE_SECONDS),
                _tls_trusted_ca_file=_certificates(),
                **whole,
            )
        except broken as error:
            raise self._away(error) from error

    def _knock(self) -> None:
        """Raises AwayError when nothing answers, or the login has expired: the connector would go on for minutes."""
        from databricks.sdk import errors
        from databricks.sdk.errors.base import DatabricksError

        try:
            self.client.warehouses.get(self.place.warehouse_id)
        except errors.Unauthenticated as error:
            raise explain_sdk_error(error) from error
        except DatabricksError:
            return  # somebody answers; what is wrong with the warehouse, the connector tells
        except (OSError, TimeoutError) as error:
            raise explain_sdk_error(error) from error

    def _away(self, error: Exception) -> PlatformError:
        context = getattr(error, "context", None) or {}
        status = context.get("http-code")
        message = (str(context.get("original-exception") or error).splitlines() or [""])[0][:300].rstrip(". ")
        if status == 401 or "401" in message or "invalid access token" in message.lower():
            return AwayError(f"Databricks does not know who you are: {message}.", "Run `databricks auth login` again.")
        if status in (403, 404):
            return PlatformError(
                f"The SQL warehouse {self.place.warehouse_id} does not let you in: {message} ({status}).",
                "Ask for the right to use it, or set another databricks_warehouse; `ontos doctor` lists them.",
            )
        return AwayError(
            f"The warehouse cannot be reached: {message}.",
            "Work goes on here; it is tried again later. `ontos doctor` checks.",
        )


def _certificates() -> str | None:
    """The file of certificates that the SDK's requests trust too, where the environment names one: a company's own."""
    named = (os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"))
    return next((path for path in named if path and Path(path).is_file()), None)


def _exceptions() -> Any:
    """The connector's errors. Raises PlatformError when the connector is not installed."""
    # It writes on the terminal what else it would like to have installed.
    logging.getLogger("databricks.sql").setLevel(logging.CRITICAL)
    try:
        from databricks.sql import exc
    except ImportError as error:
        raise PlatformError("The Databricks libraries are not installed.", INSTALL) from error
    return exc


def _broken() -> tuple[type[Exception], ...]:
    """What is raised where the way to the warehouse breaks: the connector lets errors of its own libraries through."""
    exc = _exceptions()
    from thrift.Thrift import TException
    from urllib3.exceptions import HTTPError

    return (exc.Error, OSError, HTTPError, TException)


def _close_all(connections: Sequence[Any]) -> None:
    for connection in connections:
        _close(connection)


def _close(connection: Any) -> None:
    """Close a connection; it is gone either way."""
    try:
        connection.close()
    except Exception as error:  # noqa: BLE001  # nobody can do anything about it
        logging.getLogger("ontos.databricks").warning("closing the connection: %s", error)


def explain_sdk_error(error: Exception) -> OntosError:
    """An error of the SDK in our words: what happened and what to do."""
    from databricks.sdk import errors
    from databricks.sdk.errors.base import DatabricksError

    message = str(error).splitlines()[0][:300].rstrip(".") if str(error) else type(error).__name__
    if isinstance(error, errors.Unauthenticated):
        return AwayError(f"Databricks does not know who you are: {message}.", "Run `databricks auth login` again.")
    if isinstance(error, errors.PermissionDenied):
        return PlatformError(f"Databricks does not allow it: {message}.", "Ask the workspace's admin for the right.")
    if isinstance(error, errors.NotFound):
        return PlatformError(f"Databricks does not have it: {message}.", "Check the name: ontos doctor")
    passing = errors.TooManyRequests | errors.TemporarilyUnavailable | errors.InternalError
    # The SDK's own errors are OSErrors too.
    if isinstance(error, passing) or (isinstance(error, OSError) and not isinstance(error, DatabricksError)):
        if (untrusted := _untrusted(error)) is not None:
            return AwayError(
                f"The certificate of the Databricks workspace is not trusted: {untrusted}.",
                "Behind a company's own certificates, set REQUESTS_CA_BUNDLE to the file that has them.",
            )
        return AwayError(f"Databricks does not answer now: {message}.", "Try again later.")
    return PlatformError(f"Databricks refuses: {message}.", "Check the setup: ontos doctor")


def _untrusted(error: BaseException) -> str | None:
    """Why a certificate was refused, where that is behind an error: the SDK only says that time is over."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        cause = cause.__cause__ or cause.__context__
    return None


def _refused(message: str) -> SqlFailedError:
    match = _CLASS.search(message)
    error_class = match[1] if match else ""
    first = message.splitlines()[0][:400]
    todo = "Check the tables and rights: ontos doctor"
    if is_retryable(error_class):
        todo = "Another user wrote at the same time. Try again."
    return SqlFailedError(f"The warehouse refuses: {first}", todo, error_class)


def binders(values: Sequence[Any], prefix: str = "p") -> tuple[str, dict[str, Any]]:
    """Markers for a list of values, and the values by their names."""
    named = {f"{prefix}{number}": value for number, value in enumerate(values)}
    return ", ".join(f":{name}" for name in named), named
