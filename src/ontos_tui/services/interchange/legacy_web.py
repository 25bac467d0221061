"""Feedback, gaps and annotation tasks of the earlier web version: one file a table, JSON lines, a JSON list or CSV.

The columns are those that its tables had; its statement API gave every value as text, so numbers, flags and objects
may be text here. Ids are kept: a second import finds what the first one made and leaves it alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.base import Audited, now
from ontos_tui.domain.records.improve import AnnotationTask, FeedbackItem, Gap
from ontos_tui.domain.records.serving import Endpoint
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.services.interchange.reading import Entry, csv_rows, json_entries
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.label.decisions import storable
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
FILES: Mapping[str, tuple[str, ...]] = {
    "feedback": ("feedback_items", "feedback"),
    "gap": ("identified_gaps", "gaps"),
    "task": ("annotation_tasks", "gap_tasks", "tasks"),
}
"""The names of the files that a folder is looked through for; gaps come before the tasks that close them."""

Values = Mapping[str, Any]


@dataclass(frozen=True)
class OldWebReport:
    """What an import did, file by file. With a problem in any of them, nothing was taken of all."""

    files: tuple[ImportReport, ...]
    dry_run: bool = False

    @property
    def refused(self) -> bool:
        """Whether something is wrong with a file."""
        return any(report.refused for report in self.files)


@dataclass
class _Taking:
    """One import under way: what is known here, and what the files add."""

    connection: Connection
    actor: str
    endpoint: str | None
    gaps: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    models: dict[str, ModelVersion | None] = field(default_factory=dict)

    def model_at(self, endpoint: str) -> ModelVersion | None:
        """The model that an endpoint here answers with."""
        if endpoint not in self.models:
            found = rows.find_one(self.connection, Endpoint, table(Endpoint).c.name == endpoint)
            self.models[endpoint] = None if found is None else rows.get(self.connection, ModelVersion, found.model_id)
        return self.models[endpoint]


class OldWebService:
    """Takes over what the earlier web version kept. Logged under `actor`."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    def import_path(self, path: Path, endpoint: str | None = None, *, dry_run: bool = False) -> OldWebReport:
        """Import a file, or all files of a folder whose names say their table, in one transaction.

        Feedback belongs to the endpoint of its `endpoint_id` or `endpoint_name`, or to `endpoint` when there is none of
        that name here. Raises InvalidInputError when there is no such file; what is wrong with a line is in the report,
        and then nothing is taken.
        """
        chosen = _files(path)
        reports = tuple(ImportReport(one, dry_run) for _, one in chosen)
        with self._store.write() as connection:
            taking = _Taking(connection, self._actor, endpoint)
            with connection.begin_nested() as part:
                for (kind, one), report in zip(chosen, reports, strict=True):
                    for line, values in _entries(one, report):
                        self._take(taking, kind, line, values, report)
                outcome = OldWebReport(reports, dry_run)
                if outcome.refused or dry_run:
                    part.rollback()
                    for report in reports:
                        report.dry_run = True
        return outcome

    def _take(self, taking: _Taking, kind: str, line: int, values: Any, report: ImportReport) -> None:
        if not isinstance(values, Mapping):
            report.problem(line, "it holds no object")
            return
        try:
            record = _MAKERS[kind](taking, values)
        except ValidationError as error:
            first = error.errors()[0]
            report.problem(line, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")
            return
        except ValueError as error:
            report.problem(line, str(error))
            return
        if record.id in taking.made:
            report.problem(line, f"the id {record.id!r} is there twice")
            return
        taking.made.add(record.id)
        known = table(type(record))
        if rows.count(taking.connection, type(record), known.c.id == record.id):
            report.unchanged += 1
            return
        rows.add(taking.connection, record)
        rows.log(taking.connection, record, "import", self._actor, reason="from the earlier web version")
        report.created += 1


def _files(path: Path) -> list[tuple[str, Path]]:
    """The files with the kind of record that each holds, gaps before tasks."""
    if path.is_dir():
        found = [(kind, one) for kind in FILES for one in sorted(path.iterdir()) if _kind_of(one) == kind]
        if not found:
            names = ", ".join(names[0] for names in FILES.values())
            raise InvalidInputError(
                f"{path} holds no table of the earlier web version.",
                f"Its files are called {names}, as .jsonl or .csv.",
            )
        return found
    kind = _kind_of(path)
    if not path.is_file() or kind is None:
        todo = f"Call it {', '.join(names[0] for names in FILES.values())}, as .jsonl, .json or .csv."
        raise InvalidInputError(f"{path} is no table of the earlier web version that can be read.", todo)
    return [(kind, path)]


def _kind_of(path: Path) -> str | None:
    if path.suffix.lower() not in SUFFIXES:
        return None
    return next((kind for kind, names in FILES.items() if path.stem.lower() in names), None)


def _entries(path: Path, report: ImportReport) -> Iterable[Entry]:
    return csv_rows(path, report)[1] if path.suffix.lower() in (".csv", ".tsv") else json_entries(path, report)


# The records. Each raises ValueError with what is wrong with the line.


def _feedback(taking: _Taking, values: Values) -> FeedbackItem:
    named = _text(values, "endpoint_name") or _text(values, "endpoint_id")
    endpoint = named if taking.model_at(named) is not None else taking.endpoint or ""
    model = taking.model_at(endpoint)
    if model is None:
        raise ValueError(f"there is no endpoint {endpoint or named!r} here; name one with --endpoint")
    correction = _object(values, "correction")
    if correction is not None:
        reason = AnswerChecker(model.template_snapshot["output_schema"]).reason(correction)
        if reason:
            raise ValueError(f"the correction does not fit {model.label()}: {reason}")
    asked = _object(values, "input_data") or _object(values, "input")
    if asked is None:
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
        input=asked,
        output=_object(values, "output_data") or _object(values, "output"),
        flagged=_flag(values, "flagged"),
        **_audit(taking, values, "user_id"),
    )


def _gap(taking: _Taking, values: Values) -> Gap:
    id = _id(values, "gap_id", "id")
    kept = {name: _text(values, name) for name in ("evidence_type", "evidence_summary") if _text(values, name)}
    taking.gaps.add(id)
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
            "evidence": kept,
            "affected_count": int(_number(values, "affected_queries_count") or 0),
            "error_rate": error_rate,
            "suggested_action": _text(values, "suggested_action"),
            "estimated_records_needed": int(_number(values, "estimated_records_needed") or 0),
            "estimate_basis": "as the earlier web version said",
            "status": _text(values, "status") or "identified",
            "resolution_notes": _text(values, "resolution_notes"),
            **_audit(taking, values, "identified_by", "identified_at"),
        }
    )


def _task(taking: _Taking, values: Values) -> AnnotationTask:
    gap_id = _text(values, "source_gap_id") or _text(values, "gap_id")
    if not gap_id:
        raise ValueError("source_gap_id is missing")
    if gap_id not in taking.gaps and not rows.count(taking.connection, Gap, table(Gap).c.id == gap_id):
        raise ValueError(f"there is no gap {gap_id!r}, neither here nor in the files before")
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
            **_audit(taking, values, "created_by"),
        }
    )


_MAKERS: Mapping[str, Callable[[_Taking, Values], Audited]] = {"feedback": _feedback, "gap": _gap, "task": _task}


# Values, which may be text


def _missing(name: str) -> str:
    raise ValueError(f"{name} is missing")


def _text(values: Values, name: str) -> str:
    value = values.get(name)
    return "" if value is None else storable(str(value)).strip()


def _id(values: Values, *names: str) -> str:
    found = next((text for name in names if (text := _text(values, name))), "")
    return found if found and len(found) <= 200 else _missing(names[0])


def _number(values: Values, name: str) -> float | None:
    text = _text(values, name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e15:
        raise ValueError(f"{name} is {text[:40]!r} and no number")
    return value


def _rating(values: Values) -> int:
    rating = _number(values, "rating")
    if rating is None or rating not in (1, 2, 3, 4, 5):
        raise ValueError(f"rating is {_text(values, 'rating')[:40]!r} and not one of 1 to 5")
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


def _audit(taking: _Taking, values: Values, by: str, at: str = "created_at") -> dict[str, Any]:
    """When and by whom it was made; now and by the importer where the line does not say."""
    text = _text(values, at) or _text(values, "created_at")
    when = now()
    if text:
        try:
            when = datetime.fromisoformat(text)
        except ValueError as error:
            raise ValueError(f"{at} is {text[:40]!r} and no time") from error
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
    who = _text(values, by) or _text(values, "created_by") or taking.actor
    return {"created_at": when, "updated_at": when, "created_by": who, "updated_by": who}
