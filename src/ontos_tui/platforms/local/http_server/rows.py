"""What a body asks for: the rows of a query in any of the protocol's four forms, or feedback on a request."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.schema import Answer
from ontos_tui.platforms.local.http_server.replies import RefusedError

MOST_ROWS = 10_000
"""Rows of a request; each is an entry of the inference log."""
LONGEST_ID = 256
"""Characters of an id."""
LONGEST_COMMENT = 10_000
"""Characters of a comment."""
LARGEST_CORRECTION = 100_000
"""Characters of a corrected answer, as JSON."""
FORMS = ("dataframe_records", "dataframe_split", "inputs", "instances")


class FeedbackBody(NamedTuple):
    """Feedback on a request."""

    request_id: str
    rating: int
    comment: str
    correction: Answer | None


def rows_of(body: dict[str, Any]) -> list[Row]:
    """The rows of a request. Raises RefusedError (400, 413) saying what does not fit."""
    given = [form for form in FORMS if body.get(form) is not None]
    if len(given) != 1:
        raise RefusedError(
            400,
            f"The body holds {' and '.join(given) if given else 'no rows'}. Send exactly one of {', '.join(FORMS)}.",
        )
    form = given[0]
    value = body[form]
    if form == "dataframe_split":
        rows = _from_split(value)
    elif form == "inputs" and isinstance(value, dict):
        rows = _from_columns(value)
    else:
        rows = value
    if not isinstance(rows, list) or not rows:
        raise RefusedError(400, f"{form} holds no rows. Send a list with at least one row.")
    _check_count(rows)
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise RefusedError(
                400,
                f"Row {number} of {form} is not an object. Name the columns of each row, as in "
                '{"temperature": 21.5}.',
            )
    return rows


def client_request_id_of(body: dict[str, Any]) -> str:
    """The id that the client gave its request; empty without one. Raises RefusedError."""
    return _id(body.get("client_request_id") or "", "client_request_id")


def feedback_of(body: dict[str, Any]) -> FeedbackBody:
    """The feedback in a body. Raises RefusedError (400, 413)."""
    request_id = body.get("databricks_request_id") or body.get("request_id")
    rating, comment, correction = body.get("rating"), body.get("comment") or "", body.get("correction")
    if not isinstance(request_id, str):
        raise RefusedError(400, "databricks_request_id is missing. Send the one that came with the prediction.")
    _id(request_id, "databricks_request_id")
    if not isinstance(rating, int) or isinstance(rating, bool) or not 1 <= rating <= 5:
        raise RefusedError(400, "rating is not a whole number from 1 to 5. Send 5 for good, 1 for bad.")
    if not isinstance(comment, str):
        raise RefusedError(400, "comment is not a text. Send a string.")
    if len(comment) > LONGEST_COMMENT:
        raise RefusedError(413, f"comment is longer than {LONGEST_COMMENT:,} characters.")
    if correction is not None and not isinstance(correction, dict):
        raise RefusedError(400, "correction is not an object. Send the right answer with its fields, or leave it out.")
    if correction is not None and len(json.dumps(correction)) > LARGEST_CORRECTION:
        raise RefusedError(413, f"correction is longer than {LARGEST_CORRECTION:,} characters.")
    return FeedbackBody(request_id, rating, comment, correction)


def _id(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise RefusedError(400, f"{name} is not a text. Send a string.")
    if len(value) > LONGEST_ID:
        raise RefusedError(413, f"{name} is longer than {LONGEST_ID} characters.")
    return value


def _check_count(lines: list[Any]) -> None:
    if len(lines) > MOST_ROWS:
        raise RefusedError(
            413, f"{len(lines):,} rows; a request may hold {MOST_ROWS:,}. Send them in several requests."
        )


def _from_split(value: Any) -> list[Row]:
    columns, data = (value.get("columns"), value.get("data")) if isinstance(value, dict) else (None, None)
    if not isinstance(columns, list) or not isinstance(data, list) or not all(isinstance(one, str) for one in columns):
        raise RefusedError(
            400,
            'dataframe_split needs columns and data. Send {"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}.',
        )
    if len(set(columns)) != len(columns):
        raise RefusedError(400, "dataframe_split names a column twice. Give every column its own name.")
    _check_count(data)
    for number, line in enumerate(data):
        if not isinstance(line, list) or len(line) != len(columns):
            raise RefusedError(
                400,
                f"Row {number} of dataframe_split does not have {len(columns)} values. Send one for each column.",
            )
    return [dict(zip(columns, line, strict=True)) for line in data]


def _from_columns(value: dict[str, Any]) -> list[Row]:
    """Columnar inputs: a list for every column, or a single value for every column."""
    if not any(isinstance(values, list) for values in value.values()):
        return [value] if value else []
    if not all(isinstance(values, list) for values in value.values()) or len({*map(len, value.values())}) != 1:
        raise RefusedError(400, "The columns of inputs are not equally long lists. Send as many values for each.")
    _check_count(next(iter(value.values())))
    return [dict(zip(value, line, strict=True)) for line in zip(*value.values(), strict=True)]
