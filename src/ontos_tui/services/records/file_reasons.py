"""Why a line of a file cannot be read, in our words: of JSON, and of CSV."""

from __future__ import annotations

import csv
import json

from ontos_tui.tabular.json_words import json_reason

LONGEST_VALUE = 1 << 24
"""Characters of one value of a CSV file. A quote that is never closed would take in the rest of the file."""
_CSV_REASONS = {
    "unexpected end of data": "a double quote is not closed",
    "expected after": "something follows a closing double quote",
    "field larger": f"a value has more than {LONGEST_VALUE:,} characters, as when a double quote is not closed",
    "new-line character": "a line ends inside of a value without quotes",
    "NUL": "it holds a NUL byte",
}


def csv_reason(error: csv.Error) -> str:
    """Why a text is not CSV, in our words."""
    return next((ours for theirs, ours in _CSV_REASONS.items() if theirs in str(error)), "it is not written as CSV is")


def not_json(error: Exception) -> str:
    """Why a text is not JSON, in our words."""
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: at character {error.pos + 1} {json_reason(error)}"
    return other_json_reason(error)


def other_json_reason(error: Exception) -> str:
    """The reason where it is not the decoder's own."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return "a number has too many digits" if "digits" in str(error) else f"not JSON: {error}"
