"""The Thrift half of the warehouse: the connector's own generated processor over the engine."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TTransport import TMemoryBuffer

from databricks.sql.thrift_api.TCLIService import TCLIService, ttypes
from emulator.databricks.engine import Engine, Result, SqlError

PAGE = 1_000
"""Rows of one fetch at most, so that a larger result takes several."""

_TYPES = {
    "BOOLEAN": ttypes.TTypeId.BOOLEAN_TYPE,
    "TINYINT": ttypes.TTypeId.TINYINT_TYPE,
    "SMALLINT": ttypes.TTypeId.SMALLINT_TYPE,
    "INTEGER": ttypes.TTypeId.INT_TYPE,
    "BIGINT": ttypes.TTypeId.BIGINT_TYPE,
    "FLOAT": ttypes.TTypeId.FLOAT_TYPE,
    "DOUBLE": ttypes.TTypeId.DOUBLE_TYPE,
    "DATE": ttypes.TTypeId.DATE_TYPE,
    "BLOB": ttypes.TTypeId.BINARY_TYPE,
}


@dataclass
class Operation:
    """A statement under way: it is pending for some polls, then it has a result or an error."""

    result: Result | None = None
    error: SqlError | None = None
    polls: int = 0
    at: int = 0
    closed: threading.Event = field(default_factory=threading.Event)


class Handler:
    """What the processor calls. `slow_polls` keeps every statement running for so many status requests."""

    def __init__(self, engine: Engine, slow_polls: int = 0) -> None:
        self._engine = engine
        self.slow_polls = slow_polls
        self._sessions: dict[bytes, str] = {}
        self._operations: dict[bytes, Operation] = {}

    @property
    def open_sessions(self) -> int:
        """How many sessions nobody has closed."""
        return len(self._sessions)

    def OpenSession(self, request: Any) -> Any:
        handle = _handle()
        space = request.initialNamespace
        catalog = (space and space.catalogName) or self._engine.catalogs[0]
        schema = (space and space.schemaName) or "default"
        self._sessions[handle.guid] = f"{catalog}.{schema}"
        return ttypes.TOpenSessionResp(
            status=_ok(),
            serverProtocolVersion=ttypes.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V9,
            sessionHandle=ttypes.TSessionHandle(sessionId=handle),
            initialNamespace=ttypes.TNamespace(catalogName=catalog, schemaName=schema),
            canUseMultipleCatalogs=True,
        )

    def CloseSession(self, request: Any) -> Any:
        self._sessions.pop(request.sessionHandle.sessionId.guid, None)
        return ttypes.TCloseSessionResp(status=_ok())

    def ExecuteStatement(self, request: Any) -> Any:
        namespace = self._sessions.get(request.sessionHandle.sessionId.guid)
        if namespace is None:
            return ttypes.TExecuteStatementResp(status=_bad("Invalid SessionHandle"))
        operation = Operation(polls=self.slow_polls)
        try:
            operation.result = self._engine.run(request.statement, _parameters(request.parameters), namespace)
        except SqlError as error:
            operation.error = error
        handle = ttypes.TOperationHandle(
            operationId=_handle(),
            operationType=ttypes.TOperationType.EXECUTE_STATEMENT,
            hasResultSet=True,
        )
        self._operations[handle.operationId.guid] = operation
        direct = None
        if not operation.polls:
            direct = self._direct(operation, request.getDirectResults)
        return ttypes.TExecuteStatementResp(status=_ok(), operationHandle=handle, directResults=direct)

    def _direct(self, operation: Operation, wanted: Any) -> Any:
        if wanted is None:
            return None
        status = self._status(operation)
        if operation.result is None:
            return ttypes.TSparkDirectResults(operationStatus=status)
        rows = self._fetch(operation, min(PAGE, int(wanted.maxRows or PAGE)), wanted.maxBytes)
        return ttypes.TSparkDirectResults(
            operationStatus=status,
            resultSetMetadata=_metadata(operation.result),
            resultSet=rows,
            closeOperation=None if rows.hasMoreRows else ttypes.TCloseOperationResp(status=_ok()),
        )

    def GetOperationStatus(self, request: Any) -> Any:
        return self._status(self._operations[request.operationHandle.operationId.guid])

    def _status(self, operation: Operation) -> Any:
        if operation.polls > 0:
            operation.polls -= 1
            return ttypes.TGetOperationStatusResp(status=_ok(), operationState=ttypes.TOperationState.RUNNING_STATE)
        if operation.error is not None:
            return ttypes.TGetOperationStatusResp(
                status=_ok(),
                operationState=ttypes.TOperationState.ERROR_STATE,
                displayMessage=str(operation.error),
                errorMessage=str(operation.error),
                sqlState=operation.error.state,
            )
        affected = operation.result.affected if operation.result is not None else None
        return ttypes.TGetOperationStatusResp(
            status=_ok(), operationState=ttypes.TOperationState.FINISHED_STATE, numModifiedRows=affected
        )

    def GetResultSetMetadata(self, request: Any) -> Any:
        operation = self._operations[request.operationHandle.operationId.guid]
        assert operation.result is not None, "asked only after FINISHED"
        return _metadata(operation.result)

    def FetchResults(self, request: Any) -> Any:
        operation = self._operations[request.operationHandle.operationId.guid]
        response = self._fetch(operation, min(PAGE, int(request.maxRows or PAGE)), request.maxBytes)
        if request.includeResultSetMetadata and operation.result is not None:
            response.resultSetMetadata = _metadata(operation.result)
        return response

    def _fetch(self, operation: Operation, most: int, most_bytes: int | None = None) -> Any:
        assert operation.result is not None, "fetched only after FINISHED"
        rows = operation.result.rows[operation.at : operation.at + most]
        size = 0
        for number, row in enumerate(rows):
            size += sum(len(value) for value in row if isinstance(value, str | bytes))
            if most_bytes and size > most_bytes and number:
                rows = rows[:number]
                break
        start, operation.at = operation.at, operation.at + len(rows)
        columns = [
            _column(kind, [row[place] for row in rows]) for place, (_, kind) in enumerate(operation.result.columns)
        ]
        return ttypes.TFetchResultsResp(
            status=_ok(),
            hasMoreRows=operation.at < len(operation.result.rows),
            results=ttypes.TRowSet(startRowOffset=start, rows=[], columns=columns),
        )

    def CloseOperation(self, request: Any) -> Any:
        self._operations.pop(request.operationHandle.operationId.guid, None)
        return ttypes.TCloseOperationResp(status=_ok())

    def CancelOperation(self, request: Any) -> Any:
        self._operations.pop(request.operationHandle.operationId.guid, None)
        return ttypes.TCancelOperationResp(status=_ok())


def answer(handler: Handler, body: bytes) -> bytes:
    """One Thrift message to its reply."""
    incoming, outgoing = TMemoryBuffer(body), TMemoryBuffer()
    TCLIService.Processor(handler).process(TBinaryProtocol(incoming), TBinaryProtocol(outgoing))
    return bytes(outgoing.getvalue())


def _handle() -> Any:
    return ttypes.THandleIdentifier(guid=uuid.uuid4().bytes, secret=uuid.uuid4().bytes)


def _ok() -> Any:
    return ttypes.TStatus(statusCode=ttypes.TStatusCode.SUCCESS_STATUS)


def _bad(message: str) -> Any:
    return ttypes.TStatus(statusCode=ttypes.TStatusCode.ERROR_STATUS, errorMessage=message)


def _parameters(given: Sequence[Any] | None) -> dict[str, Any]:
    """Named parameters by name, positional ones by their place, as the values that their types say."""
    actual: dict[str, Any] = {}
    for place, one in enumerate(given or ()):
        text = one.value.stringValue if one.value is not None else None
        actual[one.name or str(place)] = value_of(str(one.type or "STRING").upper(), text)
    return actual


def value_of(kind: str, text: str | None) -> Any:
    """A parameter's value from its text, by the type that is named."""
    if text is None or kind == "VOID":
        return None
    if kind in ("INT", "BIGINT", "SMALLINT", "TINYINT"):
        return int(text)
    if kind in ("DOUBLE", "FLOAT"):
        return float(text)
    if kind == "BOOLEAN":
        return text.lower() == "true"
    if kind.startswith("DECIMAL"):
        return Decimal(text)
    if kind.startswith("TIMESTAMP"):
        at = datetime.fromisoformat(text)
        return at if at.tzinfo is not None or kind == "TIMESTAMP_NTZ" else at.replace(tzinfo=UTC)
    if kind == "DATE":
        return date.fromisoformat(text)
    return text


def _type_id(kind: str) -> int:
    if kind.startswith("DECIMAL"):
        return int(ttypes.TTypeId.DECIMAL_TYPE)
    if kind.startswith("TIMESTAMP"):
        return int(ttypes.TTypeId.TIMESTAMP_TYPE)
    if kind.endswith("[]"):
        return int(ttypes.TTypeId.ARRAY_TYPE)
    if kind.startswith("STRUCT"):
        return int(ttypes.TTypeId.STRUCT_TYPE)
    if kind.startswith("MAP"):
        return int(ttypes.TTypeId.MAP_TYPE)
    if kind in ("HUGEINT", "UBIGINT", "UINTEGER"):
        return int(ttypes.TTypeId.BIGINT_TYPE)
    return int(_TYPES.get(kind, ttypes.TTypeId.STRING_TYPE))


def _metadata(result: Result) -> Any:
    columns = []
    for place, (name, kind) in enumerate(result.columns):
        qualifiers = None
        if kind.startswith("DECIMAL"):
            precision, scale = (int(part) for part in kind[8:-1].split(","))
            qualifiers = ttypes.TTypeQualifiers(
                {
                    "precision": ttypes.TTypeQualifierValue(i32Value=precision),
                    "scale": ttypes.TTypeQualifierValue(i32Value=scale),
                }
            )
        entry = ttypes.TPrimitiveTypeEntry(type=_type_id(kind), typeQualifiers=qualifiers)
        described = ttypes.TTypeDesc(types=[ttypes.TTypeEntry(primitiveEntry=entry)])
        columns.append(ttypes.TColumnDesc(columnName=name, typeDesc=described, position=place + 1, comment=""))
    return ttypes.TGetResultSetMetadataResp(
        status=_ok(),
        schema=ttypes.TTableSchema(columns=columns),
        resultFormat=ttypes.TSparkRowSetType.COLUMN_BASED_SET,
        lz4Compressed=False,
        isStagingOperation=False,
    )


def _nulls(values: Sequence[Any]) -> bytes:
    mask = bytearray((len(values) + 7) // 8)
    for place, value in enumerate(values):
        if value is None:
            mask[place // 8] |= 1 << (place % 8)
    return bytes(mask)


def _column(kind: str, values: list[Any]) -> Any:
    nulls, type_id = _nulls(values), _type_id(kind)
    if type_id == ttypes.TTypeId.BOOLEAN_TYPE:
        return ttypes.TColumn(boolVal=ttypes.TBoolColumn([bool(value) for value in values], nulls))
    if type_id in (ttypes.TTypeId.TINYINT_TYPE, ttypes.TTypeId.SMALLINT_TYPE, ttypes.TTypeId.INT_TYPE):
        return ttypes.TColumn(i32Val=ttypes.TI32Column([int(value or 0) for value in values], nulls))
    if type_id == ttypes.TTypeId.BIGINT_TYPE:
        return ttypes.TColumn(i64Val=ttypes.TI64Column([int(value or 0) for value in values], nulls))
    if type_id in (ttypes.TTypeId.FLOAT_TYPE, ttypes.TTypeId.DOUBLE_TYPE):
        return ttypes.TColumn(doubleVal=ttypes.TDoubleColumn([float(value or 0.0) for value in values], nulls))
    if type_id == ttypes.TTypeId.BINARY_TYPE:
        return ttypes.TColumn(binaryVal=ttypes.TBinaryColumn([bytes(value or b"") for value in values], nulls))
    return ttypes.TColumn(stringVal=ttypes.TStringColumn([text_of(value) for value in values], nulls))


def text_of(value: Any) -> str:
    """A value as the wire has it: times in UTC without a zone, structures as JSON."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        at = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo is not None else value
        return at.isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, dict | list):
        return json.dumps(value, default=text_of, ensure_ascii=False)
    return str(value)
