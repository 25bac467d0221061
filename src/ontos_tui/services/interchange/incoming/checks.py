"""Checks of a line of chat JSONL: all problems at once, each with the path of the wrong part.

The common core is what OpenAI's cookbook and the trainers that read its format agree on. `ALTERNATING` adds
what many trainers require: a system message only first, then user and assistant in turn, the last by the assistant.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

MAX_CONTENT = 200_000
"""Characters of one message. More than any model can use; no tokenizer is needed for this limit."""

LEAST_EXAMPLES = 10
"""OpenAI's fine-tuning refuses a file with fewer examples."""

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_LINE_KEYS = {"messages", "tools", "functions", "parallel_tool_calls", "metadata", "item_ref"}
_MESSAGE_KEYS = {
    *("role", "content", "name", "weight", "tool_calls", "tool_call_id", "function_call", "refusal", "audio")
}
_FIRST = ("system", "developer")


class Profile(StrEnum):
    """The rules that a chat file has to follow."""

    OPENAI = "openai"
    ALTERNATING = "alternating"


def chat_problems(line: object, profile: Profile = Profile.OPENAI) -> list[str]:
    """All problems of one line; empty when it can be used."""
    if not isinstance(line, dict):
        return ["not a JSON object"]
    problems = [f"{key!s}: unknown key" for key in line if key not in _LINE_KEYS]
    messages = line.get("messages")
    if not isinstance(messages, list) or not messages:
        return [*problems, "messages: the list of messages is missing"]
    for number, message in enumerate(messages):
        problems += _message_problems(message, f"messages[{number}]")
    roles = [message.get("role") if isinstance(message, dict) else None for message in messages]
    if "assistant" not in roles:
        problems.append("messages: there is no assistant message")
    if profile is Profile.ALTERNATING:
        problems += _turn_problems(roles)
    return problems


def _message_problems(message: Any, path: str) -> list[str]:
    if not isinstance(message, dict):
        return [f"{path}: not a JSON object"]
    problems = [f"{path}.{key!s}: unknown key" for key in message if key not in _MESSAGE_KEYS]
    role = message.get("role")
    if role not in _ROLES:
        problems.append(f"{path}.role: {_short_repr(role)} is not one of {', '.join(_ROLES)}")
    weight = message.get("weight")
    if weight is not None and (role != "assistant" or isinstance(weight, bool) or weight not in (0, 1)):
        problems.append(f"{path}.weight: only an assistant's message may have a weight, 0 or 1")
    problems += _content_problems(message, role, f"{path}.content")
    return problems


def _content_problems(message: dict[str, Any], role: object, path: str) -> list[str]:
    content = message.get("content")
    calls = role == "assistant" and (message.get("tool_calls") or message.get("function_call"))
    if content is None and calls:
        return []
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        strings = [text for text in texts if isinstance(text, str)]
        if len(strings) < len(content):
            return [f"{path}: only parts of type text can be used"]
        content = "".join(strings)
    if not isinstance(content, str):
        return [f"{path}: the text is missing"]
    if len(content) > MAX_CONTENT:
        return [f"{path}: {len(content):,} characters, more than {MAX_CONTENT:,}"]
    if role == "assistant" and not calls and not content.strip():
        return [f"{path}: the answer is empty"]
    return []


def _turn_problems(roles: list[Any]) -> list[str]:
    problems = []
    expected = "user"
    for number, role in enumerate(roles):
        if number == 0 and role in _FIRST:
            continue
        if role != expected:
            problems.append(f"messages[{number}].role: {expected} is expected, not {_short_repr(role)}")
            break
        expected = "assistant" if role == "user" else "user"
    if roles[-1] != "assistant":
        problems.append(f"messages[{len(roles) - 1}].role: the last message must be the assistant's")
    return problems


def _short_repr(value: object) -> str:
    return repr(value)[:40]
