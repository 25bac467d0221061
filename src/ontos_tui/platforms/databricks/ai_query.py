"""Many proposals by `ai_query`: the warehouse asks the endpoint, as many rows at once as it allows.

A page of questions is one bound parameter of one statement. What is refused or does not fit is its row's own error.
https://docs.databricks.com/aws/en/sql/language-manual/functions/ai_query (a serverless or pro warehouse).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ontos_tui.domain.learning import Proposal, Question
from ontos_tui.platforms.chat.answer_parsing import AnswerShape, sendable
from ontos_tui.platforms.chat.proposals import FewShotExamples
from ontos_tui.platforms.databricks.endpoints import endpoint_name
from ontos_tui.platforms.databricks.workspace_client import Team

PAGE_BYTES = 900_000
"""Bytes of questions in one statement; all its parameters together may have a megabyte."""
_STATEMENT = """
SELECT ref, resp.* FROM (
  SELECT one.ref AS ref,
    ai_query('{endpoint}', one.prompt, responseFormat => '{form}', failOnError => false) AS resp
  FROM (SELECT explode(from_json(:rows, 'array<struct<ref:string,prompt:string>>')) AS one)
)
"""


class AiQueryBatch:
    """Questions of one shape to one endpoint."""

    def __init__(self, team: Team, endpoint: str, schema: dict[str, Any], shots: FewShotExamples) -> None:
        """Raises InvalidInputError for a name that cannot be an endpoint's."""
        self._team = team
        self._shape = AnswerShape(schema)
        self._shots = shots
        # ai_query wants to know the endpoint, and what comes back, before there are values.
        self.sql = _STATEMENT.format(endpoint=endpoint_name(endpoint), form=_literal(self._shape.form()))

    def propose(self, questions: Iterable[Question]) -> Iterator[Proposal]:
        """One proposal for every question, page by page. Raises SqlFailedError, AwayError, PlatformError."""
        page: dict[str, Question] = {}
        rows: list[str] = []
        size = 0
        for number, question in enumerate(questions):
            row = json.dumps({"ref": str(number), "prompt": self._prompt(question)}, ensure_ascii=False)
            length = len(row.encode()) + 1
            if length > PAGE_BYTES:
                yield Proposal(question.ref, None, error="The prompt is too long for a statement. Shorten it.")
                continue
            if size + length > PAGE_BYTES:
                yield from self._ask(page, rows)
                page, rows, size = {}, [], 0
            page[str(number)] = question
            rows.append(row)
            size += length
        if page:
            yield from self._ask(page, rows)

    def _ask(self, page: Mapping[str, Question], rows: Sequence[str]) -> Iterator[Proposal]:
        """The proposals for a page. Rows that were refused, as they are where too many come at once, are asked again
        alone."""
        answered = self._answered(rows)
        again = [row for number, row in zip(page, rows, strict=True) if _refusals(answered.get(number))]
        if again and len(again) < len(rows):
            answered |= self._answered(again)
        for number, question in page.items():
            yield self._read(question, answered.get(number))

    def _answered(self, rows: Sequence[str]) -> dict[str, dict[str, Any]]:
        results = self._team.rows(self.sql, {"rows": f"[{','.join(rows)}]"})
        return {str(row["ref"]): row for row in results}

    def _read(self, question: Question, row: dict[str, Any] | None) -> Proposal:
        """The pages of Databricks disagree on how the fields of the result are called: one tells of an error."""
        columns = {name: value for name, value in (row or {}).items() if name != "ref" and value is not None}
        errors = _refusals(row)
        said = [value for name, value in columns.items() if "error" not in name.lower()]
        if errors:
            return Proposal(question.ref, None, error=f"The model gave no answer: {errors[0][:300]}")
        if not said:
            return Proposal(question.ref, None, error="The warehouse returned no answer for this item.")
        text = said[0] if isinstance(said[0], str) else json.dumps(said[0], default=str)
        answer, reasons = self._shape.read(text)
        if answer is None:
            return Proposal(question.ref, None, error=f"The model's answer does not fit: {reasons}.")
        return Proposal(question.ref, answer, explanation="answered by the model, through the warehouse")

    def _prompt(self, question: Question) -> str:
        """The conversation as one text: ai_query takes no turns."""
        turns = [f"{message['role']}: {message['content']}" for message in self._shots.messages_for(question)]
        return sendable("\n\n".join([*turns, f"system: {self._shape.instruction()}"]))


def _refusals(row: Mapping[str, Any] | None) -> list[str]:
    """What a row says of why it has no answer."""
    return [str(value) for name, value in (row or {}).items() if "error" in name.lower() and value]


def _literal(form: dict[str, Any]) -> str:
    """A JSON object for between the quotes of a SQL literal: no quote is left in it, and backslashes are doubled."""
    return json.dumps(form).replace("'", "\\u0027").replace("\\", "\\\\")
