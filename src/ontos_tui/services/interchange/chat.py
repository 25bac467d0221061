"""OpenAI's chat JSONL: pairs as `{"messages": [system, user, assistant]}`, and such lines as new pairs.

The assistant's message of an outgoing line is the answer as JSON. An incoming line becomes a pair whose item is the
line itself, `import:` and a hash of its messages: the same line is the same pair, however often it comes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError, InvalidTemplateError
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.schema import Answer, FieldKind
from ontos_tui.services.interchange.checks import LEAST_EXAMPLES, MAX_CONTENT, Profile, chat_problems
from ontos_tui.services.interchange.reading import json_lines
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.interchange.selection import OutgoingPairs
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.templates.prompt import Prompt
from ontos_tui.store.values import to_json

QUESTION = "question"
INSTRUCTIONS = "instructions"
"""The fields of an item from a chat line: the user's message, and the system's."""

TEMPLATE_NAME = "Imported chat"
_ANSWER_SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
_NO_JSON = re.compile(r"NaN|Infinity")
_ONE_PLACEHOLDER = re.compile(r"\s*{{\s*(\w+)\s*}}\s*")


# Out


def chat_lines(template: Template, pairs: OutgoingPairs) -> Iterator[tuple[str, str, Row]]:
    """Every pair as a line of chat JSONL, with its item's reference and fields. Unusable pairs are held back."""
    prompt = Prompt(template)
    for pair in pairs:
        if pair.answer is None:
            pairs.hold_back("it has no answer")
            continue
        stored = pair.stored.answer or ""
        if _NO_JSON.search(stored) and not _is_json(stored):
            pairs.hold_back("its answer has a number that JSON does not allow")
            continue
        try:
            line = {"messages": prompt.messages(pair.fields, pair.answer)}
        except InvalidTemplateError as error:
            pairs.hold_back(f"its prompt cannot be rendered: {error.what}")
            continue
        # The rest of `chat_problems` holds by the way in which the line is built.
        if any(len(message["content"]) > MAX_CONTENT for message in line["messages"]):
            pairs.hold_back(f"one of its messages has more than {MAX_CONTENT:,} characters")
        else:
            yield to_json(line), pair.item_ref, pair.fields


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refuse)
    except ValueError:
        return False
    return True


def _refuse(word: str) -> float:
    raise ValueError(word)


# In


@dataclass(frozen=True, slots=True)
class IncomingPair:
    """A chat line as a possible pair: its item's reference and fields, and the answer."""

    line: int
    item_ref: str
    fields: Row
    answer: Answer


def chat_template(label_type: str) -> Template:
    """The template of imported chats without one: the user's message is the question, the answer is free text."""
    return Template(
        name=TEMPLATE_NAME,
        description="For chat lines from a file: the question is the user's message.",
        label_type=label_type,
        system_prompt="{{ " + INSTRUCTIONS + " }}",
        user_prompt="{{ " + QUESTION + " }}",
        output_schema=_ANSWER_SCHEMA,
    )


def incoming_pairs(path: Path, template: Template, report: ImportReport) -> Iterator[IncomingPair]:
    """The usable lines of a chat file as pairs of this template; the others are reported with every reason.

    Raises InvalidInputError when the template's question needs several columns: a line has only the finished text.
    """
    reader = _Reader(template)
    seen = 0
    for number, line in json_lines(path, report):
        seen += 1
        problems = chat_problems(line, Profile.ALTERNATING)
        pair = None if problems else reader.pair(number, line["messages"], problems)
        if pair is None:
            report.problem(number, "; ".join(problems))
        else:
            yield pair
    if not seen:
        raise InvalidInputError(f"{path.name} is empty.", "Check the file.")
    if seen < LEAST_EXAMPLES:
        report.notes.append(f"{seen} lines; OpenAI's fine-tuning needs at least {LEAST_EXAMPLES}")


class _Reader:
    """Reads chat lines as pairs of one template."""

    def __init__(self, template: Template) -> None:
        question = _ONE_PLACEHOLDER.fullmatch(template.user_prompt)
        if question is None:
            raise InvalidInputError(
                f"The template {template.name!r} builds its question from several columns or fixed text; "
                "a chat line has only the finished question.",
                "Leave the template out to create one for chat lines, or choose one whose user prompt is a single "
                "placeholder, such as {{ question }}.",
            )
        self._question = template.columns.get(question[1], question[1])
        system = _ONE_PLACEHOLDER.fullmatch(template.system_prompt)
        self._system = None if system is None else template.columns.get(system[1], system[1])
        self._constant = None if system or Prompt(template).unmapped([self._question]) else template.system_prompt
        self._checker = AnswerChecker(template.output_schema)
        fields = template.fields()
        self._text_field = fields[0].name if len(fields) == 1 and fields[0].kind is FieldKind.TEXT else None

    def pair(self, number: int, messages: list[dict[str, Any]], problems: list[str]) -> IncomingPair | None:
        """The pair that a checked line makes; what is wrong with it is added to `problems`."""
        texts = [(message["role"], _text(message.get("content"))) for message in messages]
        system = texts.pop(0)[1] if texts[0][0] not in ("user", "assistant") else ""
        if len(texts) != 2:
            problems.append(f"messages: {len(texts)} turns; a pair is one question and one answer")
            return None
        question, answer = texts[0][1], self._answer(texts[1][1], problems)
        fields: Row = {self._question: question}
        if self._system is not None:
            fields[self._system] = system
        elif self._constant is None or system.strip() not in ("", self._constant.strip()):
            problems.append("messages[0].content: not the system prompt of the template")
        if problems or answer is None:
            return None
        return IncomingPair(number, _ref(messages), fields, answer)

    def _answer(self, text: str, problems: list[str]) -> Answer | None:
        try:
            answer = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError):
            answer = None
        if isinstance(answer, dict) and self._checker.fits(answer):
            return answer
        if self._text_field is not None:
            answer = {self._text_field: text}
        elif not isinstance(answer, dict):
            problems.append("the answer is not a JSON object, which the template requires")
            return None
        reason = self._checker.reason(answer)
        if reason:
            problems.append(f"the answer does not fit: {reason}")
        return None if reason else answer


def _text(content: Any) -> str:
    """A message's text; the parts of one that has several are joined."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content)
    return content or ""


def _ref(messages: list[dict[str, Any]]) -> str:
    text = json.dumps(messages, sort_keys=True, separators=(",", ":"))
    return f"import:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
