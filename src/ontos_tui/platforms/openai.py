"""Proposing answers by any OpenAI-compatible server: Ollama, vLLM, llama.cpp, or a hosted one."""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from queue import SimpleQueue
from typing import Any

from ontos_tui.domain.data import Row
from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.schema import Answer, answer_fields, answer_problems
from ontos_tui.domain.template import Message
from ontos_tui.platforms.base import LabelledExample, Proposal, Question
from ontos_tui.platforms.chat_wire import (
    BadRequestError,
    ChatServer,
    Patience,
    RefusedError,
    UnreachableError,
    host_of,
)
from ontos_tui.settings import Settings

SHOTS = 4
"""Labelled examples that go with every question."""
LONGEST_SHOT = 3_000
LONGEST_VALUE = 500
LONGEST_ECHO = 4_000
"""Characters of an answer that did not fit which are sent back for repair."""
LOST = 5
"""Questions in a row without any answer after which the server counts as gone."""
MOST_BRACES = 20
"""Places in a text where an answer may begin."""
_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)


@dataclass(frozen=True)
class Dialect:
    """What a server understands, found out by asking for the most first. `form`: how the shape is asked for."""

    form: str = "json_schema"
    logprobs: bool = True
    temperature: bool = True

    def simpler(self, complaint: str) -> Dialect | None:
        """The next dialect to try after the server refused a request with `complaint`; None when nothing is left."""
        said = complaint.lower()
        if self.logprobs and "logprob" in said:
            return replace(self, logprobs=False)
        if self.temperature and "temperature" in said:
            return replace(self, temperature=False)
        if self.form != "text" and any(word in said for word in ("response_format", "schema", "json")):
            return replace(self, form=_NEXT_FORM[self.form])
        if self.logprobs:
            return replace(self, logprobs=False)
        if self.form != "text":
            return replace(self, form=_NEXT_FORM[self.form])
        return replace(self, temperature=False) if self.temperature else None


_NEXT_FORM = {"json_schema": "json_object", "json_object": "text"}


class OpenAIChat:
    """The model of the settings on the server of the settings. Rows are sent there, and nowhere else."""

    def __init__(
        self, settings: Settings, *, patience: Patience | None = None, wait: Callable[[float], object] | None = None
    ) -> None:
        """Nothing is contacted yet. `wait` replaces waiting between tries, where a test does not want to."""
        self._settings = settings
        self._patience = patience or Patience()
        self._wait = wait

    @property
    def name(self) -> str:
        """`<model> at <host>`."""
        return f"{self._settings.chat_model} at {host_of(self._settings.chat_base_url)}"

    def propose(
        self,
        questions: Iterable[Question],
        schema: dict[str, Any],
        examples: Sequence[LabelledExample],
        features: Sequence[str],
    ) -> Iterator[Proposal]:
        """One proposal for every question, in the order in which the answers come.

        Raises PlatformError at once when the settings are incomplete, and while iterating when the server refuses
        everything (a wrong key, an unknown model) or is gone.
        """
        if not self._settings.chat_model:
            raise PlatformError(
                "No model is set for the chat server.", "Set chat_model in the settings (or ONTOS_CHAT_MODEL)."
            )
        server = ChatServer(
            self._settings.chat_base_url,
            self._settings.chat_api_key.get_secret_value(),
            self._settings.chat_concurrency,
            self._patience,
            self._wait,
        )
        asker = _Asker(server, self._settings.chat_model, schema, _Shots(examples, features))
        return _side_by_side(asker, questions, self._settings.chat_concurrency)


def _side_by_side(asker: _Asker, questions: Iterable[Question], width: int) -> Iterator[Proposal]:
    """Ask with `width` threads; the questions themselves are read in the caller's thread, few ahead."""
    asked: SimpleQueue[Question | None] = SimpleQueue()
    answered: SimpleQueue[Proposal | Exception] = SimpleQueue()

    def work() -> None:
        while (question := asked.get()) is not None and not asker.server.stopped.is_set():
            try:
                answered.put(asker.ask(question))
            except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
                answered.put(error)

    def result() -> Proposal:
        found = answered.get()
        if isinstance(found, Exception):
            raise found
        return found

    with asker.server:
        stream = iter(questions)
        # The first one alone: it finds out what the server understands, and whether it is there at all.
        for first in stream:
            yield asker.ask(first, alone=True)
            break
        # Daemons: whoever stops early does not wait for answers that are still under way.
        threads = [threading.Thread(target=work, daemon=True) for _ in range(width)]
        under_way = 0
        try:
            for thread in threads:
                thread.start()
            for question in stream:
                asked.put(question)
                under_way += 1
                while under_way >= 2 * width or (under_way and not answered.empty()):
                    yield result()
                    under_way -= 1
            for _ in range(under_way):
                yield result()
        finally:
            for _ in threads:
                asked.put(None)


class _Asker:
    """Turns a question into requests and their answer into a proposal. Shared by the threads."""

    def __init__(self, server: ChatServer, model: str, schema: dict[str, Any], shots: _Shots) -> None:
        self.server = server
        self._model = model
        self._schema = schema
        self._shots = shots
        self._names = [field.name for field in answer_fields(schema)]
        self._dialect = Dialect()
        self._settled = False
        self._lost = 0
        self._lock = threading.Lock()

    def ask(self, question: Question, *, alone: bool = False) -> Proposal:
        """The proposal for one question. Raises PlatformError when it is of no use to go on."""
        try:
            proposal = self._ask(question)
        except RefusedError:
            raise
        except (UnreachableError, BadRequestError) as error:
            no_answer_ever = isinstance(error, UnreachableError) or not self._settled
            with self._lock:
                self._lost += no_answer_ever
                gone = self._lost >= LOST or (alone and isinstance(error, UnreachableError))
            if gone:
                raise
            return Proposal(question.ref, None, error=f"{error.what} {error.todo}".strip())
        except PlatformError as error:
            return Proposal(question.ref, None, error=f"{error.what} {error.todo}".strip())
        with self._lock:
            self._lost = 0
        return proposal

    def _ask(self, question: Question) -> Proposal:
        messages = self._shots.placed(question)
        choice = self._complete(messages)
        answer, reasons = self._read(_content(choice))
        explanation = "answered by the model"
        if answer is None:
            said = _content(choice)[:LONGEST_ECHO]
            repair = f"This answer does not fit: {reasons}. {self._instruction()}"
            choice = self._complete([*messages, Message("assistant", said), Message("user", repair)])
            answer, reasons = self._read(_content(choice))
            explanation = "answered by the model at the second try; the first answer did not fit"
        if answer is None:
            return Proposal(
                question.ref, None, error=f"The model's answer does not fit, also after a repair: {reasons}."
            )
        confidence = _least_probability(choice)
        if confidence is not None:
            explanation += (
                "; confidence is the probability of the answer's least certain token as the server states it, "
                "not calibrated"
            )
        return Proposal(question.ref, answer, confidence, explanation)

    def _complete(self, messages: Sequence[Message]) -> dict[str, Any]:
        """The first choice of a completion, in the richest dialect that the server takes."""
        dialect: Dialect | None = self._dialect
        first: BadRequestError | None = None
        while dialect is not None:
            try:
                found = self.server.complete(self._body(messages, dialect))
            except BadRequestError as error:
                first = first or error
                # Once a dialect has worked, a refusal is about this one item.
                dialect = None if self._settled and dialect == self._dialect else dialect.simpler(error.what)
                continue
            with self._lock:
                self._dialect, self._settled = dialect, True
            choices = found.get("choices")
            if isinstance(choices, list) and choices and isinstance(choices[0], dict):
                return choices[0]
            raise PlatformError(f"{self.server.host} answered without any choice.", "Look at the server's log.")
        assert first is not None
        raise first

    def _body(self, messages: Sequence[Message], dialect: Dialect) -> dict[str, Any]:
        sent = [{"role": message["role"], "content": _sendable(message["content"])} for message in messages]
        body: dict[str, Any] = {"model": self._model}
        if dialect.temperature:
            body["temperature"] = 0
        if dialect.logprobs:
            body["logprobs"] = True
        if dialect.form == "json_schema":
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": self._strict_schema(), "strict": self._is_strict()},
            }
        else:
            if dialect.form == "json_object":
                body["response_format"] = {"type": "json_object"}
            if sent and sent[0]["role"] == "system":
                sent[0]["content"] += f"\n\n{self._instruction()}"
            else:
                sent.insert(0, {"role": "system", "content": self._instruction()})
        return {**body, "messages": sent}

    def _instruction(self) -> str:
        schema = json.dumps(self._schema, ensure_ascii=False)
        return f"Answer with nothing but one JSON object that fits this JSON schema: {_sendable(schema)}"

    def _strict_schema(self) -> dict[str, Any]:
        return {**self._schema, "additionalProperties": False}

    def _is_strict(self) -> bool:
        """Strict servers want every field required."""
        return set(self._names) <= set(self._schema.get("required", ()))

    def _read(self, text: str) -> tuple[Answer | None, str]:
        """The answer in a text, or why there is none that fits. Fields that nobody asked for are dropped."""
        found = _json_object(text)
        if found is None:
            return None, "it holds no JSON object" if text.strip() else "it is empty"
        answer = {name: found[name] for name in self._names if name in found}
        problems = answer_problems(self._schema, answer)
        if problems:
            return None, "; ".join(str(problem)[:200] for problem in problems[:5])
        try:
            json.dumps(answer, ensure_ascii=False, allow_nan=False).encode("utf-8")
        except ValueError:
            return None, "it holds characters or numbers that cannot be kept"
        return answer, ""


class _Shots:
    """The labelled examples, a few of which go before every question as turns of the conversation."""

    def __init__(self, examples: Sequence[LabelledExample], features: Sequence[str]) -> None:
        self._examples = examples
        self._features = features
        self._space = None
        if len(examples) > SHOTS:
            from ontos_tui.platforms.local.space import Space

            self._space = Space([example.fields for example in examples], features, ())

    def placed(self, question: Question) -> list[Message]:
        """The question's messages with the examples that are most like it, the most alike last."""
        first = next((at for at, message in enumerate(question.messages) if message["role"] != "system"), 0)
        turns = []
        for example in self._nearest(question):
            answer = json.dumps(example.answer, ensure_ascii=False)
            if len(answer) <= LONGEST_SHOT:
                turns += [
                    Message("user", f"An item that was decided before:\n{self._shown(example.fields)}"),
                    Message("assistant", answer),
                ]
        return [*question.messages[:first], *turns, *question.messages[first:]]

    def _nearest(self, question: Question) -> list[LabelledExample]:
        if self._space is None:
            found = list(self._examples)
        else:
            lines, _ = self._space.nearest(self._space.place([question.fields]), SHOTS + 1)
            found = [self._examples[line] for line in lines[0].tolist()]
        return [example for example in found if example.ref != question.ref][:SHOTS][::-1]

    def _shown(self, fields: Row) -> str:
        names = [name for name in self._features if name in fields] or list(fields)
        cut = {
            name: value[:LONGEST_VALUE] if isinstance(value, str) else value
            for name, value in fields.items()
            if name in names
        }
        return json.dumps(cut, ensure_ascii=False, default=str)[:LONGEST_SHOT]


def _content(choice: dict[str, Any]) -> str:
    """The text of a choice, also when in blocks. Raises PlatformError when the model refused or was cut off."""
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    if message.get("refusal"):
        raise PlatformError(
            f"The model refused to answer: {str(message['refusal'])[:200]}", "Decide this item by hand."
        )
    if choice.get("finish_reason") == "length":
        raise PlatformError(
            "The model's answer was cut off at its longest.", "Shorten the prompt or allow more tokens."
        )
    content = message.get("content")
    if isinstance(content, list):
        blocks = [block for block in content if isinstance(block, dict) and block.get("type") == "text"]
        content = "".join(str(block.get("text", "")) for block in blocks)
    return content if isinstance(content, str) else ""


def _json_object(text: str) -> dict[str, Any] | None:
    """The JSON object in a text, also where thoughts, a fence or words stand around it."""
    thought = _THOUGHT.match(text)
    text = text[thought.end() :] if thought else text
    for brace in islice(re.finditer("{", text), MOST_BRACES):
        try:
            found, _ = _DECODER.raw_decode(text, brace.start())
        except (ValueError, RecursionError):
            continue
        return dict(found)
    return None


def _no_constant(name: str) -> float:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _least_probability(choice: dict[str, Any]) -> float | None:
    from ontos_tui.platforms.local.features import number

    stated = choice.get("logprobs")
    tokens = stated.get("content") if isinstance(stated, dict) else None
    if not isinstance(tokens, list) or not tokens:
        return None
    found = [number(token.get("logprob")) if isinstance(token, dict) else None for token in tokens]
    known = [one for one in found if one is not None]
    return math.exp(min(0.0, *known)) if len(known) == len(tokens) else None


def _sendable(text: str) -> str:
    """Text without lone surrogates, which no server can read."""
    return text.encode("utf-8", "replace").decode()
