"""OpenAI's chat JSONL: pairs as `{"messages": [system, user, assistant]}`, and such lines as new pairs.

The assistant's message of an outgoing line is the answer as JSON, and the line's `metadata` names the item, so that it
comes back as a decision about the very pair. An incoming line that names no item becomes a pair whose item is the line
itself, `import:` and a hash of its messages: the same line is the same pair, however often it comes. An answer may also
stand in the arguments of the assistant's only tool call.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ontos_tui.domain.errors import InvalidInputError, InvalidTemplateError
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.pairs import FROM_CHAT
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.schema import Answer, FieldKind
from ontos_tui.services.interchange.annotations.annotated import item_of
from ontos_tui.services.interchange.incoming.checks import LEAST_EXAMPLES, MAX_CONTENT, Profile, chat_problems
from ontos_tui.services.interchange.reading import json_lines, moment
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.interchange.selection import OutgoingPair, OutgoingPairs
from ontos_tui.services.interchange.tabular import LabelRow
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.templates.prompt import Prompt
from ontos_tui.store.values import plain_json

QUESTION = "question"
INSTRUCTIONS = "instructions"
"""The fields of an item from a chat line: the user's message, and the system's."""

METADATA, ITEM = "metadata", "item_ref"
"""Where a line names its item: texts by name, as OpenAI's own metadata are."""

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


def chat_lines(template: Template, pairs: OutgoingPairs, *, item_ids: bool = True) -> Iterator[tuple[str, str, Row]]:
    """Every pair as a line of chat JSONL, with its item's reference and fields. Unusable pairs are held back.

    Without `item_ids` a line has nothing but its messages, for services that refuse any other key.
    """
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
            line: dict[str, Any] = {"messages": prompt.messages(pair.fields, pair.answer)}
        except InvalidTemplateError as error:
            pairs.hold_back(f"its prompt cannot be rendered: {error.what}")
            continue
        # The rest of `chat_problems` holds by the way in which the line is built.
        if any(len(message["content"]) > MAX_CONTENT for message in line["messages"]):
            pairs.hold_back(f"one of its messages has more than {MAX_CONTENT:,} characters")
        else:
            if item_ids:
                line[METADATA] = _metadata(pair)
            yield plain_json(line), pair.item_ref, pair.fields


def _metadata(pair: OutgoingPair) -> dict[str, str]:
    details = {ITEM: pair.item_ref, "reviewed_at": pair.stored.reviewed_at, "notes": pair.stored.notes}
    return {name: value for name, value in details.items() if value}


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


class KnownItems(Protocol):
    """The items that have a pair already."""

    def fields(self, refs: Collection[str]) -> Mapping[str, Row] | None:
        """The fields of those of these items that have a pair."""


@dataclass
class IncomingChat:
    """The usable lines of a chat file: decisions about pairs that there are, and possible new pairs."""

    decisions: list[LabelRow] = field(default_factory=list)
    pairs: list[IncomingPair] = field(default_factory=list)


def incoming_chat(
    path: Path, template: Template, report: ImportReport, known: KnownItems | None = None
) -> IncomingChat:
    """The usable lines of a chat file for this template; the others are reported with every reason.

    A line that names an item with a pair is a decision about that pair, and must ask what the pair asks. Raises
    InvalidInputError when a new pair is to be made and the template's question needs several columns: a line has only
    the finished text.
    """
    lines: list[tuple[int, dict[str, Any], str]] = []
    seen = 0
    for number, line in json_lines(path, report):
        seen += 1
        problems = chat_problems(line, Profile.ALTERNATING)
        ref = "" if problems else item_of(ITEM, line.get(METADATA), line)
        if ref is None:
            problems.append(f"{METADATA}.{ITEM}: a text is expected")
        if problems:
            report.problem(number, "; ".join(problems))
        else:
            lines.append((number, line, ref or ""))
    if not seen:
        raise InvalidInputError(f"{path.name} is empty.", "Check the file.")
    if seen < LEAST_EXAMPLES:
        report.notes.append(f"{seen} lines; OpenAI's fine-tuning needs at least {LEAST_EXAMPLES}")
    refs = {ref for _, _, ref in lines if ref}
    fields = (known.fields(refs) if known is not None and refs else None) or {}
    return _read(lines, template, fields, report)


def _read(
    lines: Sequence[tuple[int, dict[str, Any], str]],
    template: Template,
    fields: Mapping[str, Row],
    report: ImportReport,
) -> IncomingChat:
    answers, prompt = _AnswerReader(template), Prompt(template)
    reader: _Reader | None = None
    incoming = IncomingChat()
    for number, line, ref in lines:
        problems: list[str] = []
        messages = line["messages"]
        if ref in fields:
            answer = answers.read(messages[-1], problems)
            if not _asks(prompt, fields[ref], messages):
                problems.append(f"its question is not the one that the item {ref[:80]!r} has here")
            if answer is not None and not problems:
                incoming.decisions.append(_decision(number, ref, answer, line.get(METADATA)))
        else:
            reader = reader or _Reader(template, answers)
            pair = reader.pair(number, messages, ref, problems)
            if pair is not None:
                incoming.pairs.append(pair)
        if problems:
            report.problem(number, "; ".join(problems))
    return incoming


def _asks(prompt: Prompt, fields: Row, messages: Sequence[dict[str, Any]]) -> bool:
    """Whether the messages but the answer are those that the item has here."""
    try:
        expected = prompt.messages(fields)
    except InvalidTemplateError:
        return False
    said = [(one["role"], _text(one.get("content"))) for one in messages[:-1]]
    return said == [(one["role"], one["content"]) for one in expected]


def _decision(number: int, ref: str, answer: Answer, metadata: object) -> LabelRow:
    details = metadata if isinstance(metadata, Mapping) else {}
    notes = details.get("notes")
    at = moment(details.get("reviewed_at"))
    return LabelRow(number, ref, answer, notes=notes if isinstance(notes, str) else None, at=at)


class _AnswerReader:
    """Reads an assistant's message as an answer of one template."""

    def __init__(self, template: Template) -> None:
        self._checker = AnswerChecker(template.output_schema)
        fields = template.fields()
        self._text_field = fields[0].name if len(fields) == 1 and fields[0].kind is FieldKind.TEXT else None

    def read(self, message: Mapping[str, Any], problems: list[str]) -> Answer | None:
        """The answer; what is wrong with it is added to `problems`."""
        text = _said(message, problems)
        if text is None:
            return None
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


def _said(message: Mapping[str, Any], problems: list[str]) -> str | None:
    """The text of an answer, or the arguments of its only tool call."""
    calls = message.get("tool_calls") or ([message] if message.get("function_call") else [])
    if not calls:
        return _text(message.get("content"))
    arguments = [_arguments(call) for call in calls] if isinstance(calls, list) else []
    if len(arguments) == 1 and arguments[0] is not None:
        return arguments[0]
    several = f"{len(arguments)} tool calls; a pair has one answer"
    problems.append("its tool call has no arguments" if len(arguments) == 1 else several)
    return None


def _arguments(call: object) -> str | None:
    function = call.get("function", call.get("function_call")) if isinstance(call, Mapping) else None
    arguments = function.get("arguments") if isinstance(function, Mapping) else None
    return arguments if isinstance(arguments, str) else None


class _Reader:
    """Reads chat lines as new pairs of one template."""

    def __init__(self, template: Template, answers: _AnswerReader) -> None:
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
        self._answers = answers

    def pair(self, number: int, messages: list[dict[str, Any]], ref: str, problems: list[str]) -> IncomingPair | None:
        """The pair that a checked line makes; what is wrong with it is added to `problems`."""
        texts = [(message["role"], _text(message.get("content"))) for message in messages]
        system = texts.pop(0)[1] if texts[0][0] not in ("user", "assistant") else ""
        if len(texts) != 2:
            problems.append(f"messages: {len(texts)} turns; a pair is one question and one answer")
            return None
        question, answer = texts[0][1], self._answers.read(messages[-1], problems)
        fields: Row = {self._question: question}
        if self._system is not None:
            fields[self._system] = system
        elif self._constant is None or system.strip() not in ("", self._constant.strip()):
            problems.append("messages[0].content: not the system prompt of the template")
        if problems or answer is None:
            return None
        return IncomingPair(number, ref or _ref(messages), fields, answer)


def _text(content: Any) -> str:
    """A message's text; the parts of one that has several are joined."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content)
    return content or ""


def _ref(messages: list[dict[str, Any]]) -> str:
    text = json.dumps(messages, sort_keys=True, separators=(",", ":"))
    return f"{FROM_CHAT}{hashlib.sha256(text.encode()).hexdigest()[:32]}"
