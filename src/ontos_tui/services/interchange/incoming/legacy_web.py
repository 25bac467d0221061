"""Feedback, gaps and annotation tasks of the earlier web version: one file a table, JSON lines, a JSON list or CSV.

The columns are those of its tables. Its statement API gave every value as text, so numbers, flags and objects may be
text here. Ids are preserved, so a second import leaves the records of the first alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.base import Audited, now
from ontos_tui.domain.records.improve import AnnotationTask, FeedbackItem, Gap
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.ratings import ALL_RATINGS
from ontos_tui.domain.text.storable import storable
from ontos_tui.services.interchange.reading import Entry, csv_rows, json_entries
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import endpoints
from ontos_tui.store.queries.interchange.incoming_lines import is_stored

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
FILES: Mapping[str, tuple[str, ...]] = {
    "feedback": ("feedback_items", "feedback"),
    "gap": ("identified_gaps", "gaps"),
    "task": ("annotation_tasks", "gap_tasks", "tasks"),
}
"""The names of the files that are imported from a folder; gaps come before the tasks that close them."""

Values = Mapping[str, Any]


@dataclass(frozen=True)
class LegacyWebReport:
    """The result of an import, file by file. With a problem in any of them, nothing was imported."""

    files: tuple[ImportReport, ...]
    dry_run: bool = False

    @property
    def refused(self) -> bool:
        """Whether something is wrong with a file."""
        return any(report.refused for report in self.files)


@dataclass
class _ImportState:
    """The state of one import: what is known here, and what the files add."""

    connection: Connection
    actor: str
    endpoint: str | None
    gaps: set[str] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)
    models: dict[str, ModelVersion | None] = field(default_factory=dict)

    def model_at(self, endpoint: str) -> ModelVersion | None:
        """The model that an endpoint here answers with."""
        if endpoint not in self.models:
            record = endpoints.endpoint(self.connection, endpoint)
            self.models[endpoint] = None if record is None else rows.get(self.connection, ModelVersion, record.model_id)
        return self.models[endpoint]


class LegacyWebService:
    """Imports the data of the earlier web version. Logged under `actor`."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    def import_path(self, path: Path, endpoint: str | None = None, *, dry_run: bool = False) -> LegacyWebReport:
        """Import a file, or all files of a folder that are named like their tables, in one transaction.

        Feedback belongs to the endpoint of its `endpoint_id` or `endpoint_name`, or to `endpoint` if no endpoint here
        has that name. Raises InvalidInputError for a missing file; the problems of lines are in the report,
        and then nothing is imported.
        """
        chosen = _files(path)
        reports = tuple(ImportReport(one, dry_run) for _, one in chosen)
        with self._store.write() as connection:
            state = _ImportState(connection, self._actor, endpoint)
            with connection.savepoint() as part:
                for (kind, one), report in zip(chosen, reports, strict=True):
                    for line, values in _entries(one, report):
                        self._import_line(state, kind, line, values, report)
                outcome = LegacyWebReport(reports, dry_run)
                if outcome.refused or dry_run:
                    part.rollback()
                    for report in reports:
                        report.dry_run = True
        return outcome

    def _import_line(self, state: _ImportState, kind: str, line: int, values: Any, report: ImportReport) -> None:
        if not isinstance(values, Mapping):
            report.problem(line, "not an object")
            return
        try:
            record = _MAKERS[kind](state, values)
        except ValidationError as error:
            first = error.errors()[0]
            report.problem(line, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")
            return
        except ValueError as error:
            report.problem(line, str(error))
            return
        if record.id in state.imported:
            report.problem(line, f"the id {record.id!r} occurs twice")
            return
        state.imported.add(record.id)
        if is_stored(state.connection, type(record), record.id):
            report.unchanged += 1
            return
        rows.add(state.connection, record)
        rows.log(state.connection, record, "import", self._actor, reason="from the earlier web version")
        report.created += 1


def _files(path: Path) -> list[tuple[str, Path]]:
    """The files with the kind of record that each holds, gaps before tasks."""
    if path.is_dir():
        files = [(kind, one) for kind in FILES for one in sorted(path.iterdir()) if _kind_of(one) == kind]
        if not files:
            names = ", ".join(names[0] for names in FILES.values())
            raise InvalidInputError(
                f"{path} has no tables of the earlier web version.",
                f"Name the files {names}, as .jsonl or .csv.",
            )
        return files
    kind = _kind_of(path)
    if not path.is_file() or kind is None:
        todo = f"Name it {', '.join(names[0] for names in FILES.values())}, as .jsonl, .json or .csv."
        raise InvalidInputError(f"{path} cannot be read as a table of the earlier web version.", todo)
    return [(kind, path)]


def _kind_of(path: Path) -> str | None:
    if path.suffix.lower() not in SUFFIXES:
        return None
    return next((kind for kind, names in FILES.items() if path.stem.lower() in names), None)


def _entries(path: Path, report: ImportReport) -> Iterable[Entry]:
    return csv_rows(path, report)[1] if path.suffix.lower() in (".csv", ".tsv") else json_entries(path, report)


# The records. Each raises ValueError with what is wrong with the line.


def _feedback(state: _ImportState, values: Values) -> FeedbackItem:
    named = _text(values, "endpoint_name") or _text(values, "endpoint_id")
    endpoint = named if state.model_at(named) is not None else state.endpoint or ""
    model = state.model_at(endpoint)
    if model is None:
        raise ValueError(f"no endpoint {endpoint or named!r} here; name one with --endpoint")
    correction = _object(values, "correction")
    if correction is not None:
        reason = AnswerChecker(model.template_snapshot["output_schema"]).reason(correction)
        if reason:
            raise ValueError(f"the correction does not fit {model.label()}: {reason}")
    fields = _object(values, "input_data") or _object(values, "input")
    if fields is None:
        raise ValueError("input_data is missing")
    id = _id(values, "id", "feedback_id")
    return FeedbackItem(
        id=id,
        endpoint=endpoint,
        request_id=_text(values, "request_id") or f"old-web:{id}",
        model_id=model.id,
        rating=_rating(values),
        comment=_text(values, "feedback_text") or _text(values, "comment"),
        correction=correction,
        input=fields,
        output=_object(values, "output_data") or _object(values, "output"),
        flagged=_flag(values, "flagged"),
        **_audit(state, values, "user_id"),
    )


def _gap(state: _ImportState, values: Values) -> Gap:
    id = _id(values, "gap_id", "id")
    evidence = {name: _text(values, name) for name in ("evidence_type", "evidence_summary") if _text(values, name)}
    state.gaps.add(id)
    error_rate = _number(values, "error_rate")
    return Gap.model_validate(
        {
            "id": id,
            "model_name": _text(values, "model_name"),
            "template_id": _text(values, "template_id"),
            "gap_type": _text(values, "gap_type"),
            "fingerprint": f"old-web|{id}",
            "severity": _text(values, "severity"),
            "description": _text(values, "description") or _missing("description"),
            "evidence": evidence,
            "affected_count": int(_number(values, "affected_queries_count") or 0),
            "error_rate": error_rate,
            "suggested_action": _text(values, "suggested_action"),
            "estimated_records_needed": int(_number(values, "estimated_records_needed") or 0),
            "estimate_basis": "as the earlier web version said",
            "status": _text(values, "status") or "identified",
            "resolution_notes": _text(values, "resolution_notes"),
            **_audit(state, values, "identified_by", "identified_at"),
        }
    )


def _task(state: _ImportState, values: Values) -> AnnotationTask:
    gap_id = _text(values, "source_gap_id") or _text(values, "gap_id")
    if not gap_id:
        raise ValueError("source_gap_id is missing")
    if gap_id not in state.gaps and not is_stored(state.connection, Gap, gap_id):
        raise ValueError(f"no gap {gap_id!r}, neither here nor in the files before")
    done = int(_number(values, "records_completed") or 0)
    description = _text(values, "description")
    if done:
        description = f"{description}\nIn the web version {done} records were completed.".strip()
    priority = _text(values, "priority") or "medium"
    return AnnotationTask.model_validate(
        {
            "id": _id(values, "task_id", "id"),
            "gap_id": gap_id,
            "title": _text(values, "title") or _missing("title"),
            "description": description,
            "instructions": _text(values, "instructions"),
            "priority": {"medium": "normal", "critical": "urgent"}.get(priority, priority),
            "status": _text(values, "status") or "pending",
            "assignee": _text(values, "assigned_to") or _text(values, "assignee"),
            "target_record_count": int(_number(values, "target_record_count") or 100),
            "due_date": _text(values, "due_date")[:10] or None,
            **_audit(state, values, "created_by"),
        }
    )


_MAKERS: Mapping[str, Callable[[_ImportState, Values], Audited]] = {"feedback": _feedback, "gap": _gap, "task": _task}


# Values, which may be text


def _missing(name: str) -> str:
    raise ValueError(f"{name} is missing")


def _text(values: Values, name: str) -> str:
    value = values.get(name)
    return "" if value is None else storable(str(value)).strip()


def _id(values: Values, *names: str) -> str:
    value = next((text for name in names if (text := _text(values, name))), "")
    return value if value and len(value) <= 200 else _missing(names[0])


def _number(values: Values, name: str) -> float | None:
    text = _text(values, name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e15:
        raise ValueError(f"{name} is {text[:40]!r}, not a number")
    return value


def _rating(values: Values) -> int:
    rating = _number(values, "rating")
    if rating is None or rating not in ALL_RATINGS:
        raise ValueError(f"rating is {_text(values, 'rating')[:40]!r}, not one of 1 to 5")
    return int(rating)


def _flag(values: Values, name: str) -> bool:
    text = _text(values, name).lower()
    if text not in ("", "true", "false", "1", "0", "yes", "no"):
        raise ValueError(f"{name} is {text[:40]!r}, neither true nor false")
    return text in ("true", "1", "yes")


def _object(values: Values, name: str) -> dict[str, Any] | None:
    """An object, or the text of one; any other text is the object's only value."""
    value = values.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {"text": storable(value)}
    return value if isinstance(value, dict) else {"text": value}


def _audit(state: _ImportState, values: Values, by: str, at: str = "created_at") -> dict[str, Any]:
    """When and by whom the record was created; now and by the importer if the line does not say."""
    text = _text(values, at) or _text(values, "created_at")
    when = now()
    if text:
        try:
            when = datetime.fromisoformat(text)
        except ValueError as error:
            raise ValueError(f"{at} is {text[:40]!r}, not a time") from error
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
    who = _text(values, by) or _text(values, "created_by") or state.actor
    return {"created_at": when, "updated_at": when, "created_by": who, "updated_by": who}
