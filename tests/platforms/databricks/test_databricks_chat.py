"""Proposals by a model endpoint of the workspace, through the real SDK and connector: one by one, and by ai_query."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.chat import Reply, refuses, says
from emulator.databricks.engine import SqlError, Statement
from emulator.databricks.scene import Scene
from emulator.databricks.serving_rest import Asked
from ontos_tui.domain.errors import InvalidInputError, PlatformError
from ontos_tui.domain.learning import LabeledExample, Proposal, Question
from ontos_tui.domain.records.template import Message
from ontos_tui.platforms.chat.proposals import FewShotExamples
from ontos_tui.platforms.databricks.ai_query import PAGE_BYTES, AiQueryBatch, _literal
from ontos_tui.platforms.databricks.chat import FoundationModelChat
from ontos_tui.platforms.databricks.endpoints import chat_models, endpoint_name
from ontos_tui.platforms.databricks.workspace_client import SqlFailedError, Team
from ontos_tui.workspace import Workspace

MODEL = "databricks-small-chat"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"verdict": {"enum": ["good", "bad"]}, "depth": {"type": "number", "description": "it's deep"}},
    "required": ["verdict", "depth"],
}
GOOD = {"verdict": "good", "depth": 1.5}


def questions(count: int, memo: str = "") -> list[Question]:
    return [
        Question(f"q{n}", {"load": n}, (Message("system", "You judge."), Message("user", f"Load is {n}.{memo}")))
        for n in range(count)
    ]


def ask(
    model: FoundationModelChat, requested: list[Question], examples: tuple[LabeledExample, ...] = ()
) -> list[Proposal]:
    return list(model.propose(requested, SCHEMA, examples, ()))


def test_an_endpoint_is_asked_for_a_shape_and_its_answer_is_checked(scene: Scene, databricks: Team) -> None:
    scene.serving.answer = lambda requested: says(GOOD)
    model = FoundationModelChat(databricks, MODEL)
    (proposal,) = ask(model, questions(1))
    assert model.name == f"{MODEL} on Databricks"
    assert (proposal.ref, proposal.answer, proposal.error) == ("q0", GOOD, "")
    (sent,) = scene.serving.asked
    assert sent.body["response_format"]["json_schema"]["schema"]["required"] == ["verdict", "depth"]
    assert sent.body["messages"][1] == {"role": "user", "content": "Load is 0."}
    assert sent.body["temperature"] == 0
    assert "model" not in sent.body


def test_an_answer_in_blocks_is_read_without_its_reasoning(scene: Scene, databricks: Team) -> None:
    blocks = [{"type": "reasoning", "summary": []}, {"type": "text", "text": json.dumps(GOOD)}]
    scene.serving.answer = lambda requested: says(blocks)
    assert ask(FoundationModelChat(databricks, MODEL), questions(1))[0].answer == GOOD


def test_an_answer_that_does_not_fit_is_asked_for_once_more(scene: Scene, databricks: Team) -> None:
    def answer(requested: Asked) -> Reply:
        return says(GOOD) if "does not fit" in str(requested.body["messages"]) else says({"verdict": "hm"})

    scene.serving.answer = answer
    assert [one.answer for one in ask(FoundationModelChat(databricks, MODEL), questions(2))] == [GOOD, GOOD]
    assert len(scene.serving.asked) == 4


def test_a_refused_temperature_is_learned_once(scene: Scene, databricks: Team) -> None:
    def answer(requested: Asked) -> Reply:
        return refuses(400, "`temperature` is not supported.") if "temperature" in requested.body else says(GOOD)

    scene.serving.answer = answer
    assert len(ask(FoundationModelChat(databricks, MODEL), questions(5))) == 5
    assert sum("temperature" in one.body for one in scene.serving.asked) == 1


def test_models_that_are_known_to_refuse_a_temperature_are_not_sent_one(scene: Scene, databricks: Team) -> None:
    scene.serving.foundation.append("databricks-claude-sonnet-5-5")
    ask(FoundationModelChat(databricks, "databricks-claude-sonnet-5-5"), questions(1))
    assert all("temperature" not in one.body for one in scene.serving.asked)


def test_a_busy_model_is_asked_again_when_it_says(scene: Scene, databricks: Team) -> None:
    scene.serving.answer = lambda requested: says(GOOD)
    fault = scene.workspace.fault(path="/invocations", status=429, error_code="REQUEST_LIMIT_EXCEEDED", retry_after="0")
    assert [one.answer for one in ask(FoundationModelChat(databricks, MODEL), questions(1))] == [GOOD]
    assert fault.times == 0


def test_a_model_that_stays_busy_is_the_items_own_error(scene: Scene, databricks: Team) -> None:
    scene.serving.answer = lambda requested: says(GOOD)
    scene.workspace.fault(path="/invocations", status=429, message="slow down", retry_after="0", times=1_000)
    (proposal,) = ask(FoundationModelChat(databricks, MODEL, patience=1), questions(1))
    assert proposal.answer is None
    assert "stays busy: slow down" in proposal.error


def test_one_item_may_fail_and_the_others_go_on(scene: Scene, databricks: Team) -> None:
    def answer(requested: Asked) -> Reply:
        return refuses(400, "flagged") if "Load is 2." in str(requested.body["messages"][-1]) else says(GOOD)

    scene.serving.answer = answer
    result = {one.ref: one for one in ask(FoundationModelChat(databricks, MODEL), questions(4))}
    assert [ref for ref, one in result.items() if one.error] == ["q2"]
    assert "flagged" in result["q2"].error


def test_a_model_that_is_not_there_is_told_with_those_that_are(scene: Scene, databricks: Team) -> None:
    with pytest.raises(PlatformError) as message:
        ask(FoundationModelChat(databricks, "databricks-gone"), questions(1))
    assert "No endpoint databricks-gone" in message.value.what
    assert MODEL in message.value.todo


def test_a_missing_right_is_told_once(scene: Scene, databricks: Team) -> None:
    scene.workspace.fault(path="/invocations", status=403, error_code="PERMISSION_DENIED", message="CAN_QUERY needed")
    with pytest.raises(PlatformError, match="CAN_QUERY needed"):
        ask(FoundationModelChat(databricks, MODEL), questions(3))


def test_the_models_are_those_that_hold_a_conversation_now(scene: Scene, databricks: Team) -> None:
    scene.serving.foundation += ["databricks-another", "databricks-b"]
    assert chat_models(databricks) == ["databricks-another", "databricks-b", MODEL]


@given(st.text(max_size=70))
def test_only_plain_names_stand_in_a_statement(name: str) -> None:
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", name):
        assert endpoint_name(name) == name
    else:
        with pytest.raises(InvalidInputError):
            endpoint_name(name)


@given(st.dictionaries(st.text(), st.text()))
def test_a_schema_stands_in_a_statement_without_ending_its_quotes(form: dict[str, str]) -> None:
    literal = _literal(form)
    assert "'" not in literal
    assert json.loads(re.sub(r"\\(.)", r"\1", literal)) == form


def batch(scene: Scene, team: Team, answer: Callable[[str], str], requested: list[Question]) -> list[Proposal]:
    scene.engine.ask_model = lambda endpoint, prompt: answer(prompt)
    return list(AiQueryBatch(team, MODEL, SCHEMA, FewShotExamples((), ())).propose(requested))


def test_many_questions_are_one_statement(scene: Scene, databricks: Team) -> None:
    scene.engine.ask_model = lambda endpoint, prompt: json.dumps({"verdict": "bad", "depth": len(endpoint)})
    model = FoundationModelChat(databricks, MODEL, batch_from=5)
    examples = (LabeledExample("e", {"load": 7}, {"verdict": "good", "depth": 7}),)
    result = ask(model, questions(30), examples)
    assert [one.ref for one in result] == [f"q{n}" for n in range(30)]
    assert {json.dumps(one.answer) for one in result} == {json.dumps({"verdict": "bad", "depth": len(MODEL)})}
    (statement,) = [one for one in scene.engine.statements if "ai_query" in one.sql]
    rows = json.loads(statement.parameters["rows"])
    assert "Load is 3." in rows[3]["prompt"]
    assert '"depth": 7' in rows[3]["prompt"]
    assert scene.serving.asked == []


def test_few_questions_go_one_by_one_also_where_many_would_not(scene: Scene, databricks: Team) -> None:
    scene.serving.answer = lambda requested: says(GOOD)
    assert len(ask(FoundationModelChat(databricks, MODEL, batch_from=5), questions(4))) == 4
    assert len(scene.serving.asked) == 4


def test_long_questions_come_in_pages_and_none_is_lost(scene: Scene, databricks: Team) -> None:
    requested = questions(7, "ä" * (PAGE_BYTES // 6))
    result = batch(scene, databricks, lambda prompt: json.dumps(GOOD), requested)
    assert [one.ref for one in result] == [one.ref for one in requested]
    assert all(one.answer == GOOD for one in result)
    sizes = [len(one.parameters["rows"].encode()) for one in scene.engine.statements if "ai_query" in one.sql]
    assert len(sizes) > 1
    assert max(sizes) <= PAGE_BYTES + 2


def test_a_question_that_is_longer_than_a_statement_is_its_own_error(scene: Scene, databricks: Team) -> None:
    requested = [*questions(1), *questions(1, "x" * PAGE_BYTES)]
    result = batch(scene, databricks, lambda prompt: json.dumps(GOOD), requested)
    assert sorted((one.answer is None, "too long" in one.error) for one in result) == [(False, False), (True, True)]


def test_a_row_that_fails_in_the_warehouse_is_its_own_error(scene: Scene, databricks: Team) -> None:
    def answer(prompt: str) -> str:
        if "Load is 1." in prompt:
            raise RuntimeError("the content filter said no")
        return "no idea" if "Load is 2." in prompt else json.dumps(GOOD)

    result = batch(scene, databricks, answer, questions(4))
    assert [one.answer for one in result] == [GOOD, None, None, GOOD]
    assert "the content filter said no" in result[1].error
    assert "no JSON object" in result[2].error


def test_rows_that_were_refused_are_asked_again_alone(scene: Scene, databricks: Team) -> None:
    refused: set[str] = set()

    def answer(prompt: str) -> str:
        if "Load is 2." in prompt and not refused:
            refused.add(prompt)
            raise RuntimeError("429: too many requests")
        return json.dumps(GOOD)

    result = batch(scene, databricks, answer, questions(4))
    assert [one.answer for one in result] == [GOOD] * 4
    asked = [json.loads(one.parameters["rows"]) for one in scene.engine.statements if "ai_query" in one.sql]
    assert [[row["ref"] for row in rows] for rows in asked] == [["0", "1", "2", "3"], ["2"]]


@pytest.mark.parametrize("field", ["result", "response", "output"])
def test_the_fields_of_the_result_may_be_called_otherwise(databricks: Team, field: str) -> None:
    created = AiQueryBatch(databricks, MODEL, SCHEMA, FewShotExamples((), ()))
    (requested,) = questions(1)
    assert created._read(requested, {"ref": "0", field: json.dumps(GOOD), "errorMessage": None}).answer == GOOD
    assert created._read(requested, {"ref": "0", field: None, "errorMessage": "busy"}).error.endswith("busy")
    assert "no answer" in created._read(requested, None).error


def test_a_warehouse_that_cannot_ask_models_is_told(scene: Scene, databricks: Team) -> None:
    def refuse(statement: Statement) -> None:
        if "ai_query" in statement.sql:
            raise SqlError("AI_FUNCTION_UNSUPPORTED_WAREHOUSE", "ai_query needs a serverless warehouse.", "0A000")

    scene.engine.before = refuse
    with pytest.raises(SqlFailedError, match="serverless warehouse"):
        batch(scene, databricks, lambda prompt: "", questions(2))


def test_hostile_data_reaches_the_model_as_data(scene: Scene, databricks: Team) -> None:
    message = "'); DROP TABLE team.plant.readings; -- \\' \ud800 \x1b]52;c;x\x07 :rows"
    heard: list[str] = []

    def answer(prompt: str) -> str:
        heard.append(prompt)
        return json.dumps(GOOD)

    result = batch(scene, databricks, answer, questions(1, message))
    assert result[0].answer == GOOD
    assert "'); DROP TABLE team.plant.readings; -- \\' ? \x1b]52;c;x\x07 :rows" in heard[0]
    assert scene.engine.direct("SELECT count(*) FROM team.plant.readings") == [(60,)]


def test_the_settings_choose_the_model(scene: Scene, monkeypatch: pytest.MonkeyPatch, workspace: Workspace) -> None:
    assert workspace.engines.chat.name != f"{MODEL} on Databricks"
    monkeypatch.setenv("ONTOS_DATABRICKS_MODEL", MODEL)
    with Workspace(workspace.home) as opened:
        assert opened.engines.chat.name == f"{MODEL} on Databricks"
