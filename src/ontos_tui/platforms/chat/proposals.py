"""Proposing answers by any OpenAI-compatible server: Ollama, vLLM, llama.cpp, or a hosted one."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Protocol

from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.learning import LabeledExample, Proposal, Question
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.template import Message
from ontos_tui.platforms.chat.answer_parsing import AnswerShape, sendable
from ontos_tui.platforms.chat.images import Pictures, pictures_of
from ontos_tui.platforms.chat.wire import (
    BadRequestError,
    ChatServer,
    RefusedError,
    RetryPolicy,
    UnreachableError,
    host_of,
)
from ontos_tui.settings import Settings

SHOTS = 4
"""Labeled examples that go with every question."""
LONGEST_SHOT = 3_000
LONGEST_VALUE = 500
LONGEST_ECHO = 4_000
"""Characters of an answer that did not fit which are sent back for repair."""
LOST = 5
"""Questions in a row without any answer after which the server counts as gone."""


@dataclass(frozen=True)
class Dialect:
    """What a server supports, learned by requesting the most first. `form`: how the schema is requested."""

    form: str = "json_schema"
    logprobs: bool = True
    temperature: bool = True
    images: bool = True

    def simpler(self, complaint: str, *, pictured: bool = False) -> Dialect | None:
        """The next dialect to try after the server refused a request with `complaint`; None when nothing is left.

        `pictured`: the request held pictures.
        """
        said = complaint.lower()
        pictured = pictured and self.images
        if pictured and any(word in said for word in ("image", "vision", "multimodal", "multi-modal")):
            return replace(self, images=False)
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
        if self.temperature:
            return replace(self, temperature=False)
        return replace(self, images=False) if pictured else None


class Server(Protocol):
    """What completes a conversation, for several threads at once. Leaving it ends what is under way."""

    host: str
    stopped: threading.Event

    def __enter__(self) -> Server: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """Raises BadRequestError, RefusedError, UnreachableError, or PlatformError when it stays busy."""
        ...


_NEXT_FORM = {"json_schema": "json_object", "json_object": "text"}


class OpenAIChat:
    """The model of the settings on the server of the settings. Rows are sent there, and nowhere else."""

    def __init__(
        self, settings: Settings, *, patience: RetryPolicy | None = None, wait: Callable[[float], object] | None = None
    ) -> None:
        """Nothing is contacted yet. `wait` replaces waiting between tries, where a test does not want to."""
        self._settings = settings
        self._patience = patience or RetryPolicy()
        self._wait = wait

    @property
    def name(self) -> str:
        """`<model> at <host>`."""
        return f"{self._settings.chat_model} at {host_of(self._settings.chat_base_url)}"

    def propose(
        self,
        questions: Iterable[Question],
        schema: dict[str, Any],
        examples: Sequence[LabeledExample],
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
        asker = Proposer(server, self._settings.chat_model, schema, FewShotExamples(examples, features))
        return propose_concurrently(asker, questions, self._settings.chat_concurrency)


def propose_concurrently(asker: Proposer, questions: Iterable[Question], width: int) -> Iterator[Proposal]:
    """Ask with `width` threads; the questions themselves are read in the caller's thread, few ahead."""
    waiting: SimpleQueue[Question | None] = SimpleQueue()
    answered: SimpleQueue[Proposal | Exception] = SimpleQueue()

    def work() -> None:
        while (question := waiting.get()) is not None and not asker.server.stopped.is_set():
            try:
                answered.put(asker.ask(question))
            except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
                answered.put(error)

    def result() -> Proposal:
        outcome = answered.get()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

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
                waiting.put(question)
                under_way += 1
                while under_way >= 2 * width or (under_way and not answered.empty()):
                    yield result()
                    under_way -= 1
            for _ in range(under_way):
                yield result()
        finally:
            for _ in threads:
                waiting.put(None)


class Proposer:
    """Turns a question into requests and their answer into a proposal. Shared by the threads."""

    def __init__(
        self, server: Server, model: str, schema: dict[str, Any], shots: FewShotExamples, dialect: Dialect | None = None
    ) -> None:
        """`dialect` is what is tried first."""
        self.server = server
        self._model = model
        self._shape = AnswerShape(schema)
        self._shots = shots
        self._dialect = dialect or Dialect()
        self._settled = False
        self._settled_with_pictures = False
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
        messages = self._shots.messages_for(question)
        pictures = pictures_of(question, len(messages) - 1)
        choice = self._complete(messages, pictures)
        answer, reasons = self._shape.read(content_of(choice))
        explanation = "answered by the model"
        if answer is None:
            said = content_of(choice)[:LONGEST_ECHO]
            repair = f"This answer does not fit: {reasons}. {self._shape.instruction()}"
            choice = self._complete([*messages, Message("assistant", said), Message("user", repair)], pictures)
            answer, reasons = self._shape.read(content_of(choice))
            explanation = "answered by the model at the second try; the first answer did not fit the schema"
        if answer is None:
            return Proposal(
                question.ref, None, error=f"The model's answer does not fit, also after a repair: {reasons}."
            )
        explanation += pictures.describe_problems(sent=self._dialect.images)
        confidence = _least_probability(choice)
        if confidence is not None:
            explanation += (
                "; confidence is the probability of the answer's least certain token as the server states it, "
                "not calibrated"
            )
        return Proposal(question.ref, answer, confidence=confidence, explanation=explanation)

    def _complete(self, messages: Sequence[Message], pictures: Pictures) -> dict[str, Any]:
        """The first choice of a completion, in the richest dialect that the server takes."""
        pictured = bool(pictures.urls)
        dialect: Dialect | None = self._dialect
        first: BadRequestError | None = None
        while dialect is not None:
            try:
                completion = self.server.complete(self._body(messages, dialect, pictures))
            except BadRequestError as error:
                first = first or error
                # Once a dialect has worked, a refusal is about this one item.
                settled = self._settled_with_pictures if pictured else self._settled
                same = settled and dialect == self._dialect
                dialect = None if same else dialect.simpler(error.what, pictured=pictured)
                continue
            with self._lock:
                self._dialect, self._settled = dialect, True
                self._settled_with_pictures |= pictured
            choices = completion.get("choices")
            if isinstance(choices, list) and choices and isinstance(choices[0], dict):
                return choices[0]
            raise PlatformError(f"{self.server.host} answered without a choice.", "Check the server's log.")
        assert first is not None
        raise first

    def _body(self, messages: Sequence[Message], dialect: Dialect, pictures: Pictures) -> dict[str, Any]:
        sent: list[dict[str, Any]] = [
            {"role": message["role"], "content": sendable(message["content"])} for message in messages
        ]
        if dialect.images and pictures.urls:
            pictures.put_into(sent)
        body: dict[str, Any] = {"model": self._model}
        if dialect.temperature:
            body["temperature"] = 0
        if dialect.logprobs:
            body["logprobs"] = True
        if dialect.form == "json_schema":
            body["response_format"] = self._shape.form()
        else:
            if dialect.form == "json_object":
                body["response_format"] = {"type": "json_object"}
            if sent and sent[0]["role"] == "system":
                sent[0]["content"] += f"\n\n{self._shape.instruction()}"
            else:
                sent.insert(0, {"role": "system", "content": self._shape.instruction()})
        return {**body, "messages": sent}


class FewShotExamples:
    """The labeled examples, a few of which go before every question as turns of the conversation."""

    def __init__(self, examples: Sequence[LabeledExample], features: Sequence[str]) -> None:
        self._examples = examples
        self._features = features
        self._space = None
        if len(examples) > SHOTS:
            from ontos_tui.learning.similarity import Space

            self._space = Space([example.fields for example in examples], features, ())

    def messages_for(self, question: Question) -> list[Message]:
        """The question's messages with the examples that are most like it, the most alike last."""
        first = next((at for at, message in enumerate(question.messages) if message["role"] != "system"), 0)
        turns = []
        for example in self._nearest(question):
            answer = json.dumps(example.answer, ensure_ascii=False)
            if len(answer) <= LONGEST_SHOT:
                turns += [
                    Message("user", f"A labeled example:\n{self._shown(example.fields)}"),
                    Message("assistant", answer),
                ]
        return [*question.messages[:first], *turns, *question.messages[first:]]

    def _nearest(self, question: Question) -> list[LabeledExample]:
        if self._space is None:
            nearest = list(self._examples)
        else:
            lines, _ = self._space.nearest(self._space.place([question.fields]), SHOTS + 1)
            nearest = [self._examples[line] for line in lines[0].tolist()]
        return [example for example in nearest if example.ref != question.ref][:SHOTS][::-1]

    def _shown(self, fields: Row) -> str:
        names = [name for name in self._features if name in fields] or list(fields)
        cut = {
            name: value[:LONGEST_VALUE] if isinstance(value, str) else value
            for name, value in fields.items()
            if name in names
        }
        return json.dumps(cut, ensure_ascii=False, default=str)[:LONGEST_SHOT]


def content_of(choice: dict[str, Any]) -> str:
    """The text of a choice, also when in blocks or as the arguments of a tool call.

    Raises PlatformError when the model refused, was cut off, or gave nothing but its reasoning.
    """
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    if message.get("refusal"):
        raise PlatformError(f"The model refused to answer: {str(message['refusal'])[:200]}", "Label this item by hand.")
    if choice.get("finish_reason") == "length":
        raise PlatformError(
            "The model's answer was cut off at the token limit.", "Shorten the prompt or allow more tokens."
        )
    content = message.get("content")
    if isinstance(content, list):
        blocks = [block for block in content if isinstance(block, dict) and block.get("type") == "text"]
        content = "".join(str(block.get("text", "")) for block in blocks)
    if isinstance(content, str) and content.strip():
        return content
    if arguments := _tool_arguments(message):
        return arguments
    return _only_reasoning(message)


def _tool_arguments(message: dict[str, Any]) -> str:
    """The arguments of the first tool call, as text; empty when there is none."""
    calls = message.get("tool_calls")
    first = calls[0] if isinstance(calls, list) and calls else message
    called = first.get("function", first.get("function_call")) if isinstance(first, dict) else None
    arguments = called.get("arguments") if isinstance(called, dict) else None
    return json.dumps(arguments, ensure_ascii=False) if isinstance(arguments, dict) else str(arguments or "")


def _only_reasoning(message: dict[str, Any]) -> str:
    """The reasoning when it is nothing but an object, so the answer itself; empty when there is none.

    Raises PlatformError for other reasoning: an object inside of it may be one that the model discarded.
    """
    for name in ("reasoning_content", "reasoning"):
        text = message.get(name)
        if isinstance(text, str) and text.strip():
            if text.strip().startswith("{") and text.strip().endswith("}"):
                return text
            raise PlatformError(
                f"The model's answer is empty; it gave only its reasoning ({name}).",
                "Allow more tokens, or turn reasoning off for this model.",
            )
    return ""


def _least_probability(choice: dict[str, Any]) -> float | None:
    from ontos_tui.learning.encoding.features import number

    stated = choice.get("logprobs")
    tokens = stated.get("content") if isinstance(stated, dict) else None
    if not isinstance(tokens, list) or not tokens:
        return None
    logprobs = [number(token.get("logprob")) if isinstance(token, dict) else None for token in tokens]
    known = [one for one in logprobs if one is not None]
    return math.exp(min(0.0, *known)) if len(known) == len(tokens) else None
