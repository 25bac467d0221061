"""Proposals by an OpenAI-compatible server: over real HTTP on loopback, with all that servers do wrong."""

from __future__ import annotations

import json
import logging
import math
import socket
import threading
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from emulator.chat import FakeChat, Reply, Request, fake_chat, refuses, says
from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.learning import LabeledExample, Proposal, Question
from ontos_tui.domain.records.template import Message
from ontos_tui.platforms.chat.answer_parsing import json_object
from ontos_tui.platforms.chat.proposals import Dialect, OpenAIChat
from ontos_tui.platforms.chat.wire import RetryPolicy
from ontos_tui.settings import Settings

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"verdict": {"enum": ["good", "bad"]}, "depth": {"type": "number", "maximum": 9}},
    "required": ["verdict", "depth"],
}
GOOD = {"verdict": "good", "depth": 1.5}
KEY = "sk-secret-4711"


def questions(count: int) -> list[Question]:
    return [
        Question(f"q{n}", {"load": n}, (Message("system", "You judge welds."), Message("user", f"Load is {n}.")))
        for n in range(count)
    ]


def chat(server: FakeChat, waits: list[float] | None = None, *, concurrency: int = 1, **patience: Any) -> OpenAIChat:
    settings = Settings(
        chat_base_url=server.base_url, chat_model="tiny", chat_api_key=SecretStr(KEY), chat_concurrency=concurrency
    )
    stored = [] if waits is None else waits
    return OpenAIChat(settings, patience=RetryPolicy(**patience), wait=stored.append)


def ask(
    model: OpenAIChat, count: int = 1, examples: list[LabeledExample] | None = None, schema: dict[str, Any] = SCHEMA
) -> list[Proposal]:
    return list(model.propose(questions(count), schema, examples or [], ()))


def message(**parts: Any) -> Reply:
    """A completion whose message has these parts."""
    return Reply(body={"choices": [{"message": {"role": "assistant", **parts}, "finish_reason": "stop"}]})


def test_an_answer_is_asked_for_by_its_schema_and_checked() -> None:
    with fake_chat([says(GOOD)]) as server:
        model = chat(server)
        (proposal,) = ask(model)
        assert model.name == f"tiny at {server.base_url.removeprefix('http://').removesuffix('/v1')}"
    assert (proposal.ref, proposal.answer, proposal.confidence, proposal.error) == ("q0", GOOD, None, "")
    (request,) = server.requests
    assert request["path"] == "/v1/chat/completions"
    assert request["model"] == "tiny"
    assert request["temperature"] == 0
    form = request["response_format"]["json_schema"]
    assert form["strict"] is True
    assert form["schema"] == {**SCHEMA, "additionalProperties": False}
    assert request["messages"] == [
        {"role": "system", "content": "You judge welds."},
        {"role": "user", "content": "Load is 0."},
    ]
    assert server.keys == [f"Bearer {KEY}"]


def test_a_few_of_the_nearest_examples_go_before_the_question() -> None:
    examples = [
        LabeledExample(f"e{n}", {"load": float(n), "memo": "x" * 9_000}, {"verdict": "good", "depth": n % 10})
        for n in range(0, 100, 10)
    ]
    requested = Question("e30", {"load": 30.0}, questions(1)[0].messages)
    with fake_chat([says(GOOD)]) as server:
        list(chat(server).propose([requested], SCHEMA, examples, ("load",)))
    messages = server.requests[0]["messages"]
    assert [message["role"] for message in messages] == ["system", *["user", "assistant"] * 4, "user"]
    shown = [json.loads(message["content"].split("\n")[1])["load"] for message in messages[1:-1:2]]
    assert set(shown) <= {10.0, 20.0, 40.0, 50.0}  # the nearest, and never the item itself
    assert json.loads(messages[2]["content"])["verdict"] == "good"
    assert len(json.dumps(messages)) < 5_000


def test_a_server_that_knows_less_is_asked_for_less_and_only_once() -> None:
    def old(request: Request) -> Reply:
        if "response_format" in request and request["response_format"]["type"] == "json_schema":
            return refuses(400, "unknown response_format type json_schema")
        if "logprobs" in request:
            return refuses(400, "logprobs are not supported by this model")
        if "temperature" in request:
            return refuses(400, "'temperature' does not support 0 with this model")
        return says(GOOD)

    with fake_chat(old) as server:
        assert [one.answer for one in ask(chat(server), 3)] == [GOOD] * 3
    assert len(server.requests) == 4 + 2
    last = server.requests[-1]
    assert last["response_format"] == {"type": "json_object"}
    assert "temperature" not in last
    assert '"enum": ["good", "bad"]' in last["messages"][0]["content"]


def test_a_server_that_refuses_without_saying_why_is_asked_in_plain_words_at_last() -> None:
    with fake_chat(
        lambda request: refuses(422) if len(request) > 2 else says(f"Sure!\n```json\n{json.dumps(GOOD)}\n```")
    ) as server:
        assert ask(chat(server))[0].answer == GOOD
    assert set(server.requests[-1]) == {"model", "messages", "path"}


def test_one_item_that_is_refused_does_not_change_how_the_others_are_asked() -> None:
    def picky(request: Request) -> Reply:
        return refuses(400, "context length exceeded") if "Load is 1." in str(request["messages"]) else says(GOOD)

    with fake_chat(picky) as server:
        proposals = ask(chat(server), 3)
    assert [one.answer for one in proposals] == [GOOD, None, GOOD]
    assert "context length exceeded" in proposals[1].error
    assert len(server.requests) == 3
    assert server.requests[-1]["response_format"]["type"] == "json_schema"


def test_an_answer_that_does_not_fit_is_repaired_once() -> None:
    with fake_chat([says({"verdict": "ugly", "depth": 12}), says({**GOOD, "why": "asked by nobody"})]) as server:
        (proposal,) = ask(chat(server))
    assert proposal.answer == GOOD
    assert "second try" in proposal.explanation
    repair = server.requests[1]["messages"]
    assert repair[-2] == {"role": "assistant", "content": '{"verdict": "ugly", "depth": 12}'}
    assert "verdict: 'ugly' is not one of ['good', 'bad']" in repair[-1]["content"]
    assert "depth: 12 is greater than the maximum of 9" in repair[-1]["content"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (says({"verdict": "ugly"}), "'ugly' is not one of"),
        (says("I cannot tell."), "holds no JSON object"),
        (says(""), "it is empty"),
        (says(GOOD, finish_reason="length"), "cut off"),
        (says('{"verdict": "good", "depth": NaN}'), "no JSON object"),
        (Reply(body={"choices": [{"message": {"refusal": "I must not."}}]}), "refused to answer: I must not."),
        (Reply(body={"choices": []}), "without a choice"),
        (Reply(body={"choices": ["odd"]}), "without a choice"),
        (Reply(body={}), "without a choice"),
        (Reply(413, {"error": "too large"}), "too long"),
        (Reply(body={"error": {"message": "prompt exceeds the context"}}), "prompt exceeds the context"),
        (message(content=None, reasoning_content='Perhaps {"verdict": "bad", "depth": 1}?'), "only its reasoning"),
        (message(content="", reasoning="I wonder."), "only its reasoning (reasoning)"),
        (message(tool_calls=[{"function": {"arguments": '{"verdict": "ugly"}'}}]), "'ugly' is not one of"),
    ],
)  # fmt: skip
def test_what_stays_wrong_is_the_error_of_its_own_item(reply: Reply, reason: str) -> None:
    with fake_chat(lambda request: reply if "Load is 1." in str(request["messages"]) else says(GOOD)) as server:
        proposals = ask(chat(server), 3)
    assert [one.answer for one in proposals] == [GOOD, None, GOOD]
    assert reason in proposals[1].error


def test_answers_in_blocks_and_after_thoughts_are_read() -> None:
    blocks = [{"type": "reasoning", "text": '{"verdict": "bad"}'}, {"type": "text", "text": json.dumps(GOOD)}]
    thoughts = f'<think>{{"verdict": "bad", "depth": 1}} no…</think>Here: {json.dumps(GOOD)} — done.'
    with fake_chat([says(blocks), says(thoughts)]) as server:
        assert [one.answer for one in ask(chat(server), 2)] == [GOOD, GOOD]


@pytest.mark.parametrize(
    "parts",
    [
        {"content": None, "tool_calls": [{"type": "function", "function": {"arguments": json.dumps(GOOD)}}]},
        {"content": "", "tool_calls": [{"function": {"arguments": GOOD}}]},
        {"content": None, "function_call": {"name": "answer", "arguments": json.dumps(GOOD)}},
        {"content": "", "reasoning_content": json.dumps(GOOD)},
    ],
)
def test_an_answer_beside_the_content_is_read(parts: dict[str, Any]) -> None:
    with fake_chat([message(**parts)]) as server:
        assert [one.answer for one in ask(chat(server))] == [GOOD]


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "model is loading"}},
        {"detail": "Server busy, try again"},
        {"status": "Server busy, try again"},
    ],
)
def test_an_error_behind_a_good_status_is_waited_out_and_said_in_the_servers_own_words(body: dict[str, Any]) -> None:
    waits: list[float] = []
    with fake_chat([Reply(body=body), Reply(body=body), says(GOOD)]) as server:
        assert [one.answer for one in ask(chat(server, waits))] == [GOOD]
    assert len(waits) == 2
    with fake_chat(lambda request: Reply(body=body)) as server:
        (proposal,) = ask(chat(server))
    assert proposal.answer is None
    assert ("model is loading" if "error" in body else "Server busy, try again") in proposal.error


def test_lone_surrogates_go_neither_out_nor_in() -> None:
    schema = {"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]}
    odd = Question("q", {}, (Message("user", "a\ud800b\x00"),))
    with fake_chat([says('{"note": "\\ud800"}')]) as server:
        (proposal,) = chat(server).propose([odd], schema, [], ())
    assert server.requests[0]["messages"][0]["content"] == "a?b\x00"
    assert proposal.answer is None
    assert "cannot be stored" in proposal.error


def test_confidence_comes_from_the_servers_probabilities_and_says_so() -> None:
    with fake_chat([says(GOOD, logprobs=[-0.01, math.log(0.7), 0.0]), says(GOOD, logprobs=[])]) as server:
        stated, silent = ask(chat(server), 2)
    assert stated.confidence == pytest.approx(0.7)
    assert "least certain token" in stated.explanation
    assert "not calibrated" in stated.explanation
    assert silent.confidence is None


def test_retry_after_is_honored() -> None:
    waits: list[float] = []
    date = formatdate(usegmt=True)  # now, so nothing is left to wait
    with fake_chat(
        [refuses(429, "slow down", Retry_After="7"), refuses(503, "", Retry_After=date), says(GOOD)]
    ) as server:
        assert ask(chat(server, waits))[0].answer == GOOD
    assert len(server.requests) == 3
    assert waits
    assert 6 < waits[0] <= 7.7


def test_all_threads_wait_when_one_is_asked_to() -> None:
    """With a wait that does not wait, every request that comes within the hour asks for the rest of it."""
    waits: list[float] = []
    lock = threading.Lock()
    text = False

    def limited(request: Request) -> Reply:
        nonlocal text
        with lock:
            if "Load is 1." in str(request["messages"]) and not text:
                text = True
                return refuses(429, Retry_After="100")
        return says(GOOD)

    with fake_chat(limited) as server:
        proposals = ask(chat(server, waits, concurrency=3), 12)
    assert all(one.answer == GOOD for one in proposals)
    assert len(waits) >= 3
    assert all(90 < one < 111 for one in waits)


def test_a_server_that_asks_for_too_long_a_wait_is_left_alone() -> None:
    with fake_chat([says(GOOD), refuses(429, "quota", Retry_After="86400")]) as server:
        proposals = ask(chat(server), 2)
    assert proposals[1].answer is None
    assert "86400 s" in proposals[1].error
    assert len(server.requests) == 2


def test_retries_grow_with_jitter_and_end() -> None:
    waits: list[float] = []
    with fake_chat([says(GOOD), refuses(503, "loading the model")]) as server:
        proposals = ask(chat(server, waits, attempts=5, first_delay=1), 2)
    assert "busy (503: loading the model)" in proposals[1].error
    assert len(server.requests) == 1 + 5
    assert len(waits) == 4
    for number, wait in enumerate(waits):
        assert 2**number / 2 <= wait <= 2**number


def test_dropped_connections_and_broken_bodies_are_tried_again() -> None:
    script = [Reply(drop=True), Reply(raw=b'{"choices": [{"mess'), Reply(raw=b"\xff\xfe"), Reply(body=[1]), says(GOOD)]
    with fake_chat(script) as server:
        assert ask(chat(server))[0].answer == GOOD
    assert len(server.requests) == 5


def test_a_server_that_hangs_is_given_up_in_time() -> None:
    release = threading.Event()
    slow = Reply(hold=release, body={})
    try:
        with fake_chat(lambda request: slow if "Load is 1." in str(request["messages"]) else says(GOOD)) as server:
            proposals = ask(chat(server, attempts=3, answer=0.2), 2)
            release.set()
    finally:
        release.set()
    assert "did not answer in time" in proposals[1].error
    assert len(server.requests) == 1 + 2


def test_nobody_there_is_said_at_once_and_not_for_every_item() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(PlatformError, match="cannot be reached") as caught:
        ask(chat(FakeChat(f"http://127.0.0.1:{port}/v1")), 1_000)
    assert "chat_base_url" in caught.value.todo


def test_a_server_that_goes_away_ends_the_work_and_what_was_answered_stays() -> None:
    count = 0

    def dying(request: Request) -> Reply:
        nonlocal count
        count += 1
        return says(GOOD) if count <= 3 else Reply(drop=True)

    stored: list[Proposal] = []
    with fake_chat(dying) as server, pytest.raises(PlatformError, match="cannot be reached"):
        for proposal in chat(server, attempts=2).propose(questions(1_000), SCHEMA, [], ()):
            stored.append(proposal)
    assert [one.answer for one in stored[:3]] == [GOOD] * 3
    assert all(one.error for one in stored[3:])
    assert len(server.requests) <= 3 + 2 * 7


@pytest.mark.parametrize(
    ("status", "todo"), [(401, "ONTOS_CHAT_API_KEY"), (403, "ONTOS_CHAT_API_KEY"), (404, "chat_model")]
)
def test_a_refusal_that_concerns_every_item_is_raised_without_the_key(
    status: int, todo: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        fake_chat([says(GOOD), refuses(status, f"Incorrect API key provided: {KEY}. " + "x" * 2_000)]) as server,
        pytest.raises(PlatformError) as caught,
    ):
        ask(chat(server), 1_000)
    assert todo in caught.value.todo
    assert "***" in caught.value.what
    assert len(caught.value.what) < 500
    assert KEY not in str(caught.value)
    assert KEY not in repr(caught.value.__cause__)
    assert KEY not in caplog.text
    assert len(server.requests) <= 4


def test_a_redirect_is_not_followed_with_the_key() -> None:
    with fake_chat([says(GOOD)]) as elsewhere:
        moved = Reply(307, {}, {"Location": f"{elsewhere.base_url}/chat/completions"})
        with fake_chat([moved]) as server, pytest.raises(PlatformError, match="redirects elsewhere"):
            ask(chat(server))
    assert elsewhere.requests == []


def test_a_server_that_refuses_every_request_ends_the_work() -> None:
    with (
        fake_chat([refuses(400, "no such model: tiny")]) as server,
        pytest.raises(PlatformError, match="no such model"),
    ):
        ask(chat(server), 1_000)
    assert len(server.requests) < 100


def test_as_many_requests_are_under_way_as_the_settings_say() -> None:
    everyone = threading.Barrier(3, timeout=20)
    first = threading.Event()

    def together(request: Request) -> Reply:
        if not first.is_set():
            first.set()  # the first is asked alone
        else:
            everyone.wait()
        return says(GOOD)

    with fake_chat(together) as server:
        proposals = ask(chat(server, concurrency=3), 1 + 3 * 4)
    assert server.most_at_once == 3
    assert sorted(one.ref for one in proposals) == sorted(f"q{n}" for n in range(13))


def test_questions_are_read_few_ahead_in_the_callers_thread_and_stopping_early_is_fine() -> None:
    read: list[str] = []

    def endless() -> Iterator[Question]:
        while True:
            read.append(threading.current_thread().name)
            yield Question(str(len(read)), {}, (Message("user", "?"),))

    with fake_chat([says(GOOD)]) as server:
        proposals = chat(server, concurrency=2).propose(endless(), SCHEMA, [], ())
        result = [next(proposals) for _ in range(10)]
        proposals.close()  # type: ignore[attr-defined]
    assert len(result) == 10
    assert len(read) <= 10 + 2 * 2
    assert set(read) == {threading.current_thread().name}


@pytest.mark.parametrize("url", ["", "not a url", "ftp://host/v1", "http://", "http://[::1", "http://h:99999999/v1"])
def test_an_address_that_is_none_is_refused_in_words(url: str) -> None:
    model = chat(FakeChat(url))
    assert model.name.startswith("tiny at ")
    with pytest.raises(PlatformError, match="address"):
        model.propose([], SCHEMA, [], ())


def test_settings_that_lack_something_are_refused_before_anything_is_sent() -> None:
    with fake_chat([says(GOOD)]) as server:
        with pytest.raises(PlatformError, match="No model is set"):
            OpenAIChat(Settings(chat_base_url=server.base_url)).propose(questions(1), SCHEMA, [], ())
        settings = Settings(chat_base_url=server.base_url, chat_model="m", chat_api_key=SecretStr("geheim\n\u00e4"))
        with pytest.raises(PlatformError, match="API key") as caught:
            OpenAIChat(settings).propose(questions(1), SCHEMA, [], ())
        assert "geheim" not in str(caught.value)
        assert list(chat(server).propose([], SCHEMA, [], ())) == []
    assert server.requests == []
    named = OpenAIChat(Settings(chat_base_url="https://ana:pass@example.org:8443/v1", chat_model="big"))
    assert named.name == "big at example.org:8443"


def test_a_form_that_not_every_field_is_required_in_is_not_called_strict() -> None:
    with fake_chat([says({})]) as server:
        assert ask(chat(server), schema={**SCHEMA, "required": []})[0].answer == {}
    assert server.requests[0]["response_format"]["json_schema"]["strict"] is False


def test_every_dialect_ends_in_the_plainest() -> None:
    for complaint in ("", "logprobs", "temperature", "response_format json_schema", "temperature schema logprobs"):
        steps, dialect = 0, Dialect()
        while (simpler := dialect.simpler(complaint)) is not None:
            steps, dialect = steps + 1, simpler
        assert (steps, dialect) == (4, Dialect("text", logprobs=False, temperature=False))


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text()), st.text(alphabet="abc \n.,"))
def test_an_object_is_found_wherever_it_stands(answer: dict[str, Any], words: str) -> None:
    text = json.dumps(answer)
    assert json_object(text) == answer
    assert json_object(f"{words}```json\n{text}\n```{words}") == answer
    assert json_object(f"<think>{{}} {words}</think>{words}{text}{words}") == answer


@given(st.text())
def test_any_text_is_read_without_a_crash(text: str) -> None:
    result = json_object(text)
    assert result is None or isinstance(result, dict)
    assert json_object("{" * 100_000 + text) is None
