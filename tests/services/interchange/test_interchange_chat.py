"""Chat JSONL: what leaves and what is held back, what comes in and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.severity import MAJOR, MINOR, sheet_record, unlabeled_sheet
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.file_formats import Format
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet, Verdict
from ontos_tui.domain.rules.governance import Gate, Use
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.interchange.incoming.checks import Profile, chat_problems
from ontos_tui.services.interchange.selection import in_validation
from ontos_tui.services.interchange.service import ExportOptions
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace


def pairs_of(workspace: Workspace, sheet_id: str) -> list[QAPair]:
    with workspace.store.read() as connection:
        return rows.find(connection, QAPair, equal(training_sheet_id=sheet_id), order_by=("sequence_number",))


def decide(workspace: Workspace, sheet: TrainingSheet, **verdicts: Verdict) -> None:
    """Decide about items by number: `_1=Verdict.APPROVE`."""
    pairs = {pair.item_ref: pair for pair in pairs_of(workspace, sheet.id)}
    for name, verdict in verdicts.items():
        workspace.label.queue.decide([Decision(pairs[f"item-{name[1:]}"].id, verdict)])


def change(workspace: Workspace, sheet: TrainingSheet, number: int, **columns: Any) -> None:
    pair = pairs_of(workspace, sheet.id)[number - 1]
    with workspace.store.write() as connection:
        rows.change(connection, pair, **columns)


def read(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def a_line(question: str, answer: str, system: str = "") -> str:
    messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages})


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


# Out


def test_only_what_may_be_trained_on_leaves_and_the_rest_is_counted_by_reason(
    workspace: Workspace, tmp_path: Path
) -> None:
    sheet = unlabeled_sheet(workspace.store, 7, system_prompt="Judge.")
    approve = Verdict.APPROVE
    decide(workspace, sheet, _1=approve, _2=Verdict.REJECT, _3=Verdict.FLAG, _4=approve, _5=approve, _6=approve)
    change(workspace, sheet, 4, prohibited_uses=["training"], allowed_uses=["training", "few_shot"])
    change(workspace, sheet, 5, allowed_uses=["evaluation"])
    change(workspace, sheet, 6, allowed_uses=["few_shot"])

    report = workspace.label.files.export(sheet.id, tmp_path / "out.jsonl", Format.CHAT)

    assert read(tmp_path / "out.jsonl") == [
        {
            "messages": [
                {"role": "system", "content": "Judge."},
                {"role": "user", "content": "41"},
                {"role": "assistant", "content": '{"severity": "minor"}'},
            ],
            "metadata": {"item_ref": "item-1", "reviewed_at": ANY},
        }
    ]
    assert report.written == 1
    assert report.held_back == {
        Gate.REJECTED: 1,
        Gate.FLAGGED: 1,
        Gate.PROHIBITED: 1,
        Gate.HELD_OUT: 1,
        Gate.NOT_ALLOWED: 1,
        Gate.UNLABELED: 1,
    }
    assert report.total == 7
    preview = workspace.label.files.preview(sheet.id)
    assert (preview.written, preview.held_back) == (report.written, report.held_back)


@pytest.mark.parametrize(("use", "numbers"), [(Use.EVALUATION, [1, 3]), (Use.FEW_SHOT, [1, 2])])
def test_another_use_has_gates_of_its_own(workspace: Workspace, tmp_path: Path, use: Use, numbers: list[int]) -> None:
    sheet = unlabeled_sheet(workspace.store, 3)
    decide(workspace, sheet, _1=Verdict.APPROVE, _2=Verdict.APPROVE, _3=Verdict.APPROVE)
    change(workspace, sheet, 2, prohibited_uses=["evaluation"])
    change(workspace, sheet, 3, allowed_uses=["evaluation"])
    report = workspace.label.files.export(sheet.id, tmp_path / "o.jsonl", Format.CHAT, options=ExportOptions(use))
    assert [line["messages"][0]["content"] for line in read(tmp_path / "o.jsonl")] == [str(40 + n) for n in numbers]
    assert list(report.held_back.values()) == [1]
    assert use.value.replace("_", " ") in next(iter(report.held_back))


def test_the_lines_are_those_of_the_label_service(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 5, user_prompt="{{ note }}: {{ torque|float }}")
    decide(workspace, sheet, _2=Verdict.APPROVE, _4=Verdict.APPROVE)
    workspace.label.files.export(sheet.id, tmp_path / "out.jsonl", Format.CHAT)
    lines = read(tmp_path / "out.jsonl")
    plain = [(line["messages"], line["metadata"]["item_ref"]) for line in lines]
    exported = list(workspace.label.queue.export(sheet.id))
    assert plain == [(line["messages"], line["metadata"]["item_ref"]) for line in exported]
    assert [json.loads(line) for line in workspace.label.files.chat_lines(sheet.id)] == read(tmp_path / "out.jsonl")


def test_a_row_that_the_prompt_fails_on_is_held_back_and_the_others_are_written(
    workspace: Workspace, tmp_path: Path
) -> None:
    sheet = unlabeled_sheet(workspace.store, 3)
    decide(workspace, sheet, _1=Verdict.APPROVE, _2=Verdict.APPROVE, _3=Verdict.APPROVE)
    change(workspace, sheet, 2, source_data={"note": "no torque"})
    change(workspace, sheet, 3, answer={"severity": "major", "depth": float("nan")})
    report = workspace.label.files.export(sheet.id, tmp_path / "out.jsonl", Format.CHAT)
    assert report.written == 1
    message = sorted(report.held_back)
    assert "torque" in message[1]
    assert "JSON does not allow" in message[0]


def test_an_export_that_fails_leaves_the_old_file_and_nothing_beside_it(workspace: Workspace, tmp_path: Path) -> None:
    target = write(tmp_path / "out.jsonl", "precious")
    with pytest.raises(NotFoundError):
        workspace.label.files.export("nothing", target, Format.CHAT)
    sheet = unlabeled_sheet(workspace.store, 1, user_prompt="{{ torque }}")
    with workspace.store.write() as connection:  # a template that cannot be used any more
        broken = {**sheet.template_snapshot, "user_prompt": "{% broken"}
        rows.change(connection, sheet, template_snapshot=broken)
    with pytest.raises(InvalidInputError):
        workspace.label.files.export(sheet.id, target, Format.CHAT)
    assert target.read_text(encoding="utf-8") == "precious\n"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.jsonl"]


def test_a_folder_that_does_not_exist_is_told(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 1)
    with pytest.raises(InvalidInputError, match="cannot be written"):
        workspace.label.files.export(sheet.id, tmp_path / "no" / "out.jsonl", Format.CHAT)
    with pytest.raises(InvalidInputError, match="folder"):
        workspace.label.files.export(sheet.id, tmp_path, Format.CHAT)


def test_a_split_never_moves_a_row_and_keeps_groups_together(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 60, group_column="note")
    workspace.label.queue.decide([Decision(pair.id, Verdict.APPROVE) for pair in pairs_of(workspace, sheet.id)])
    report = workspace.label.files.export(sheet.id, tmp_path / "o.jsonl", Format.CHAT, split=0.5)
    train, validation = tmp_path / "o.jsonl", tmp_path / "o.validation.jsonl"
    assert report.files == {train: len(read(train)), validation: len(read(validation))}
    assert report.written == 60 == len(read(train)) + len(read(validation))
    groups = [{int(line["messages"][0]["content"]) % 3 for line in read(path)} for path in (train, validation)]
    assert not groups[0] & groups[1]  # 40 + number, and the note is the number modulo 3
    with pytest.raises(InvalidInputError):
        workspace.label.files.export(sheet.id, tmp_path / "o.jsonl", Format.CHAT, split=1.0)


@given(st.text(), st.floats(0.01, 0.5))
def test_a_larger_share_only_adds_to_the_validation_part(group: str, share: float) -> None:
    assert not in_validation(group, share) or in_validation(group, share * 1.5)


def test_about_the_share_of_the_items_is_validation() -> None:
    drawn = sum(in_validation(f"item-{number}", 0.2) for number in range(2_000))
    assert 330 < drawn < 470


def test_chat_lines_need_answers(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 1)
    with pytest.raises(InvalidInputError, match="approved answers"):
        workspace.label.files.export(sheet.id, tmp_path / "o", Format.CHAT, options=ExportOptions(all_statuses=True))


# Checks


@pytest.mark.parametrize(
    ("messages", "path"),
    [
        ([{"role": "user", "content": "q"}], "messages: there is no assistant message"),
        ([{"role": "robot", "content": "q"}, {"role": "assistant", "content": "a"}], "messages[0].role"),
        ([{"role": "user", "content": 5}, {"role": "assistant", "content": "a"}], "messages[0].content"),
        ([{"role": "user", "content": "q"}, {"role": "assistant", "content": " "}], "messages[1].content"),
        ([{"role": "user", "content": "q", "mood": 1}, {"role": "assistant", "content": "a"}], "messages[0].mood"),
        ([{"role": "user", "content": "q", "weight": 1}, {"role": "assistant", "content": "a"}], "messages[0].weight"),
        ([{"role": "assistant", "content": "a"}], "messages[0].role: user is expected"),
        (
            [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}, {"role": "user", "content": "?"}],
            "messages[2].role: the last message",
        ),
        ([{"role": "user", "content": [{"type": "image_url"}]}, {"role": "assistant", "content": "a"}], "parts"),
        ([{"role": "user", "content": "x" * 200_001}, {"role": "assistant", "content": "a"}], "200,001 characters"),
        ("text", "messages: the list"),
        ([], "messages: the list"),
        ([3], "messages[0]: not a JSON object"),
    ],
)
def test_what_is_wrong_with_a_line_is_told_with_its_path(messages: Any, path: str) -> None:
    assert any(path in problem for problem in chat_problems({"messages": messages}, Profile.ALTERNATING))


def test_all_that_is_wrong_with_a_line_is_told_at_once() -> None:
    line = {"extra": 1, "messages": [{"role": "robot", "content": 1}, {"role": "user", "content": "q"}]}
    assert len(chat_problems(line)) == 4


def test_a_conversation_of_several_turns_with_tools_is_fine_for_openai() -> None:
    line = {
        "messages": [
            {"role": "developer", "content": "d"},
            {"role": "user", "content": [{"type": "text", "text": "q"}]},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
            {"role": "tool", "content": "r", "tool_call_id": "1"},
            {"role": "assistant", "content": "a", "weight": 0},
        ],
        "tools": [],
    }
    assert chat_problems(line) == []
    assert chat_problems(line, Profile.ALTERNATING) != []


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content", "x"]), inner),
    max_leaves=8,
)


@given(json_values | st.fixed_dictionaries({"messages": json_values}))
def test_the_checks_never_fail_on_any_value(value: Any) -> None:
    assert isinstance(chat_problems(value, Profile.ALTERNATING), list)


# In


def test_lines_become_pairs_of_a_training_sheet_that_is_made(workspace: Workspace, tmp_path: Path) -> None:
    sheet = sheet_record(workspace.store)
    lines = [a_line(f"question {n}\n", f"answer {n}", "Be \ud83d\ude00 brief.") for n in range(12)]
    path = write(tmp_path / "chat.jsonl", *lines, lines[0], "")

    dry = workspace.label.files.import_chat(path, sheet.name, dry_run=True)
    assert (dry.created, dry.skipped, workspace.label.queue.training_sheets()) == (12, 1, [])

    report = workspace.label.files.import_chat(path, sheet.name)
    assert (report.created, report.unchanged, report.problems, report.notes) == (12, 0, [], [])
    (view,) = workspace.label.queue.training_sheets()
    assert (view.counts.unlabeled, view.counts.total) == (12, 12)
    first = pairs_of(workspace, view.sheet.id)[0]
    assert first.source_data == {"question": "question 0\n", "instructions": "Be \U0001f600 brief."}
    assert first.proposal == {"answer": "answer 0"}
    assert first.item_ref.startswith("import:")
    assert first.proposed_by == "imported from chat.jsonl"
    assert workspace.label.queue.history(first.id)[0].action == "import"

    again = workspace.label.files.import_chat(path, sheet.name)
    assert (again.created, again.unchanged) == (0, 12)
    more = workspace.label.files.import_chat(write(tmp_path / "b.jsonl", lines[3], a_line("new", "x")), sheet.name)
    assert (more.created, more.unchanged) == (1, 1)
    assert [pair.sequence_number for pair in pairs_of(workspace, view.sheet.id)] == list(range(1, 14))


def test_what_was_imported_as_approved_goes_out_as_it_came(workspace: Workspace, tmp_path: Path) -> None:
    sheet = sheet_record(workspace.store)
    lines = [a_line("q {{ 1 }} %", "a"), a_line("  two\r\n", "\x1b[31m"), a_line("three", '{"answer": "x"}', "s")]
    path = write(tmp_path / "in.jsonl", *lines)
    workspace.label.files.import_chat(path, sheet.id, approved=True)
    (view,) = workspace.label.queue.training_sheets()
    assert view.counts.labeled == 3
    workspace.label.files.export(view.sheet.id, tmp_path / "out.jsonl", Format.CHAT)
    before, after = read(path), read(tmp_path / "out.jsonl")
    assert [line["messages"][:-1] for line in after] == [line["messages"][:-1] for line in before]
    answers = [json.loads(line["messages"][-1]["content"]) for line in after]
    assert answers == [{"answer": "a"}, {"answer": "\x1b[31m"}, {"answer": "x"}]
    pair = pairs_of(workspace, view.sheet.id)[0]
    assert (pair.reviewed_by, pair.status) == ("ana", PairStatus.LABELED)


def test_answers_fit_the_schema_of_the_template_or_are_refused_line_by_line(
    workspace: Workspace, tmp_path: Path
) -> None:
    training_sheet = unlabeled_sheet(workspace.store, 2)
    path = write(
        tmp_path / "in.jsonl",
        a_line("50", '{"severity": "minor"}'),
        a_line("51", '{"severity": "purple"}'),
        a_line("52", "minor"),
        "{broken",
        '{"messages": []}',
        a_line("53", '{"severity": "minor"}', "Another system prompt."),
        '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},'
        ' {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}]}',
    )
    report = workspace.label.files.import_pairs(path, Format.CHAT, training_sheet.id)
    assert [problem.line for problem in report.problems] == [2, 3, 4, 5, 6, 7]
    message = [problem.reason for problem in report.problems]
    assert "severity" in message[0]
    assert "not a JSON object" in message[1]
    assert "not JSON" in message[2]
    assert "messages" in message[3]
    assert "system prompt" in message[4]
    assert "4 turns" in message[5]
    assert len(pairs_of(workspace, training_sheet.id)) == 2

    good = write(tmp_path / "good.jsonl", a_line("50", json.dumps(MAJOR)), a_line("51", json.dumps(MINOR)))
    assert workspace.label.files.import_pairs(good, Format.CHAT, training_sheet.id).created == 2
    new = pairs_of(workspace, training_sheet.id)[2:]
    assert [(pair.source_data, pair.proposal) for pair in new] == [({"torque": "50"}, MAJOR), ({"torque": "51"}, MINOR)]


def test_a_template_that_makes_its_question_of_several_columns_takes_no_finished_text(
    workspace: Workspace, tmp_path: Path
) -> None:
    training_sheet = unlabeled_sheet(workspace.store, 1, user_prompt="{{ torque }} {{ note }}")
    path = write(tmp_path / "in.jsonl", a_line("50 x", '{"severity": "minor"}'))
    with pytest.raises(InvalidInputError, match="finished question"):
        workspace.label.files.import_pairs(path, Format.CHAT, training_sheet.id)


def test_files_that_are_none_are_told(workspace: Workspace, tmp_path: Path) -> None:
    sheet = sheet_record(workspace.store)
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "latin.jsonl").write_bytes(a_line("q", "a").encode() + b"\n\xff\xfe\n")
    for name, needle in (("none.jsonl", "No file"), ("empty.jsonl", "is empty")):
        with pytest.raises(InvalidInputError, match=needle):
            workspace.label.files.import_chat(tmp_path / name, sheet.id)
    report = workspace.label.files.import_chat(tmp_path / "latin.jsonl", sheet.id)
    assert [str(problem) for problem in report.problems] == ["line 2: not UTF-8 text"]
    with pytest.raises(InvalidInputError, match="cannot be read"):
        workspace.label.files.import_chat(tmp_path, sheet.id)


@given(st.lists(st.text() | st.binary().map(repr), max_size=6))
def test_any_text_is_read_line_by_line_without_failing(lines: list[str]) -> None:
    import tempfile

    from ontos_tui.services.interchange.incoming.chat import chat_template, incoming_chat
    from ontos_tui.services.interchange.report import ImportReport

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.jsonl"
        text = "\n".join([a_line("q", "a"), *lines])
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        report = ImportReport(path)
        result = incoming_chat(path, chat_template("chat"), report).pairs
        written = [line for line in path.read_bytes().split(b"\n") if line.strip()]
        assert len(result) + report.problem_count <= len(written)
        assert result[0].line == 1


def test_history_tells_who_changed_what_in_order(workspace: Workspace) -> None:
    sheet = unlabeled_sheet(workspace.store, 3)
    decide(workspace, sheet, _1=Verdict.APPROVE, _2=Verdict.REJECT)
    workspace.label.queue.undo(sheet.id)
    events = list(workspace.label.files.history(sheet.id))
    of_pairs = [event for event in events if event["entity_type"] == QAPair.TABLE]
    assert [event["action"] for event in of_pairs] == ["approve", "reject", "undo"]
    assert {event["actor"] for event in of_pairs} == {"ana"}
    assert of_pairs[0]["before"]["status"] == "unlabeled"
    assert of_pairs[0]["after"]["answer"] == MINOR
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert events[0]["action"] == "create"


def test_a_decision_made_meanwhile_is_not_overwritten(workspace: Workspace, tmp_path: Path) -> None:
    from ontos_tui.services.interchange.incoming import decisions as decisions_in
    from ontos_tui.services.interchange.report import ImportReport
    from ontos_tui.services.interchange.tabular import LabelRow

    sheet = unlabeled_sheet(workspace.store, 1)

    class Slow(decisions_in.AnswerChecker):
        """Somebody else decides while the lines are checked."""

        def reason(self, answer: object) -> str:
            decide(workspace, sheet, _1=Verdict.REJECT)
            return super().reason(answer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decisions_in, "AnswerChecker", Slow)
        with pytest.raises(ConflictError):
            lines = [LabelRow(1, "item-1", MAJOR)]
            decisions_in.decide_all(workspace.store, sheet, lines, ImportReport(tmp_path / "x"), "bo")
    assert pairs_of(workspace, sheet.id)[0].status is PairStatus.REJECTED
