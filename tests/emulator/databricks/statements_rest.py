"""The Statement Execution API over the same warehouse: inline results as JSON arrays, in chunks.

What is sent in a result is text, whatever its type, and null; a statement that fails is an answer of 200 whose state
is FAILED. Both as the API's page tells it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from emulator.databricks.engine import Result, SqlError
from emulator.databricks.server import Call, RefusedError, Response, Workspace
from emulator.databricks.thrift import text_of, value_of

ROOT = "/api/2.0/sql/statements"
CHUNK = 1_000
"""Rows of one chunk."""
_TYPES = {"VARCHAR": "STRING", "INTEGER": "INT", "BIGINT": "LONG", "BLOB": "BINARY", "FLOAT": "FLOAT"}


@dataclass
class Running:
    """A statement: it is under way for some looks, then it has a result or an error."""

    id: str
    polls: int
    result: Result | None = None
    error: SqlError | None = None
    cancelled: bool = False


@dataclass
class StatementsRest:
    """The room. Every statement is under way for `polls` looks, unless the call waits for it."""

    workspace: Workspace
    polls: int = 2
    running: dict[str, Running] = field(default_factory=dict)

    def __post_init__(self) -> None:
        route = self.workspace.route
        route("POST", ROOT, self._execute)
        route("GET", f"{ROOT}/{{id}}", lambda call: Response(body=self._told(self._there(call))))
        route("GET", f"{ROOT}/{{id}}/result/chunks/{{number}}", self._chunk)
        route("POST", f"{ROOT}/{{id}}/cancel", self._cancel)

    def _execute(self, call: Call) -> Response:
        body = call.json()
        wait = str(body.get("wait_timeout", "10s"))
        seconds = int(wait.removesuffix("s"))
        if not wait.endswith("s") or not (seconds == 0 or 5 <= seconds <= 50):
            raise RefusedError(400, "INVALID_PARAMETER_VALUE", "wait_timeout is 0s, or from 5s to 50s.")
        if body.get("disposition", "INLINE") != "INLINE" or body.get("format", "JSON_ARRAY") != "JSON_ARRAY":
            raise RefusedError(501, "NOT_IMPLEMENTED", "This emulator gives inline JSON arrays only.")
        made = Running(str(uuid.uuid4()), 0 if seconds else self.polls)
        parameters = {
            one["name"]: value_of(str(one.get("type") or "STRING").upper(), one.get("value"))
            for one in body.get("parameters", ())
        }
        namespace = ".".join(part for part in (body.get("catalog"), body.get("schema")) if part)
        try:
            made.result = self.workspace.engine.run(str(body["statement"]), parameters, namespace)
        except SqlError as error:
            made.error = error
        self.running[made.id] = made
        return Response(body=self._told(made))

    def _cancel(self, call: Call) -> Response:
        there = self._there(call)
        there.cancelled = there.polls > 0
        return Response(body={})

    def _chunk(self, call: Call) -> Response:
        there, number = self._there(call), int(call.named["number"])
        if there.result is None or number >= _chunks(there.result):
            raise RefusedError(404, "NOT_FOUND", f"The statement has no chunk {number}.")
        return Response(body=_rows(there, there.result, number))

    def _there(self, call: Call) -> Running:
        found = self.running.get(call.named["id"])
        if found is None:
            raise RefusedError(404, "NOT_FOUND", f"The statement {call.named['id']} was not found.")
        return found

    def _told(self, one: Running) -> dict[str, Any]:
        told: dict[str, Any] = {"statement_id": one.id}
        if one.cancelled:
            return {**told, "status": {"state": "CANCELED"}}
        if one.polls > 0:
            state = "PENDING" if one.polls == self.polls else "RUNNING"
            one.polls -= 1
            return {**told, "status": {"state": state}}
        if one.error is not None:
            error = {"error_code": "BAD_REQUEST", "message": str(one.error)}
            return {**told, "status": {"state": "FAILED", "error": error, "sql_state": one.error.state}}
        assert one.result is not None
        return {
            **told,
            "status": {"state": "SUCCEEDED"},
            "manifest": _manifest(one.result),
            "result": _rows(one, one.result, 0),
        }


def _chunks(result: Result) -> int:
    return max(1, -(-len(result.rows) // CHUNK))


def _manifest(result: Result) -> dict[str, Any]:
    columns = []
    for place, (name, kind) in enumerate(result.columns):
        word = kind.split("(")[0]
        columns.append({"name": name, "position": place, "type_name": _TYPES.get(word, word), "type_text": kind})
    return {
        "format": "JSON_ARRAY",
        "schema": {"column_count": len(columns), "columns": columns},
        "total_chunk_count": _chunks(result),
        "total_row_count": len(result.rows),
        "truncated": False,
    }


def _rows(one: Running, result: Result, number: int) -> dict[str, Any]:
    rows = result.rows[number * CHUNK : (number + 1) * CHUNK]
    told: dict[str, Any] = {
        "chunk_index": number,
        "row_offset": number * CHUNK,
        "row_count": len(rows),
        "data_array": [[None if value is None else _text(value) for value in row] for row in rows],
    }
    if number + 1 < _chunks(result):
        told["next_chunk_index"] = number + 1
        told["next_chunk_internal_link"] = f"{ROOT}/{one.id}/result/chunks/{number + 1}"
    return told


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else text_of(value)
