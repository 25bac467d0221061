"""DEPLOY through real keys: deploy, swap, roll back, stop, ask in the playground, and say what was right."""

from __future__ import annotations

import shlex
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.evaluations import measured, weak_evaluation
from builders.models import served_model, train_next, trained_model
from harness import SIZES, Driver, open_app
from ontos_tui.domain.records.serving import InferenceRecord, Origin
from ontos_tui.services.deploy.server import ServerState
from ontos_tui.tui.dialogs.forms.fields import ValueInput
from ontos_tui.tui.stages.deploy.lines import curl_line
from ontos_tui.tui.stages.deploy.playground import typed_value
from ontos_tui.workspace import Workspace


def requests(user: Driver) -> list[InferenceRecord]:
    """What was asked so far, the newest first."""
    return [view.record for view in user.app.workspace.monitor.traffic.requests()]


async def test_without_a_model_the_stage_says_what_comes_first(home: Path) -> None:
    async with open_app(home) as user:
        await user.press("5")
        await user.sees("No model yet", "Press 4")
        assert "Playground" not in user.text()


@SIZES
async def test_a_model_is_deployed_under_a_proposed_name(home: Path, size: tuple[int, int]) -> None:
    trained_model(home)
    async with open_app(home, size) as user:
        await user.press("5")
        await user.sees("defects v1", "○ not deployed", "Better: defect right")
        await user.press("d")
        await user.sees("Deploy defects v1", "Endpoint", " defects ")
        await user.type("parts-2")
        await user.press("ctrl+s")
        await user.sees("parts-2", "● ready", "none: this is its first version")
        (view,) = user.app.workspace.deploy.endpoints.endpoints()
        assert (view.endpoint.name, view.model.label()) == ("parts-2", "defects v1")


async def test_a_name_that_cannot_be_an_address_is_refused_where_it_is_typed(home: Path) -> None:
    trained_model(home)
    async with open_app(home) as user:
        await user.press("5", "d")
        await user.type("Defects und Co")
        await user.press("ctrl+s")
        await user.sees("✗", "use defects-und-co")
        assert user.app.workspace.deploy.endpoints.endpoints() == []


@SIZES
async def test_another_version_takes_its_place_and_back(home: Path, size: tuple[int, int]) -> None:
    sheet, _ = served_model(home)
    with Workspace(home) as workspace:
        train_next(workspace, sheet, "j2")
    async with open_app(home, size) as user:
        await user.press("5")
        await user.sees("live", "defects v2", "○ not deployed", "deployed defects v1")
        assert "Roll back" not in user.text()
        await user.press("d")
        await user.sees("Which model should live answer with?", "answers now")
        await user.press("enter")
        await user.sees("serves    defects v2", "before    defects v1", "roll back")
        await user.press("b", "n")
        assert user.app.workspace.deploy.endpoints.endpoint("live").model.version == 2
        await user.press("b", "y")
        await user.sees("serves    defects v1", "before    defects v2", "rolled back to")
        assert user.app.workspace.deploy.endpoints.endpoint("live").model.version == 1


async def test_a_stopped_endpoint_says_so_and_is_started_again(home: Path) -> None:
    served_model(home)
    async with open_app(home) as user:
        await user.press("5")
        await user.sees("● ready", "open the playground")
        await user.press("x")
        await user.sees("■ stopped", "until then it refuses requests")
        await user.press("p")
        assert "Playground ·" not in user.text()
        await user.press("x")
        await user.sees("● ready", "started by ana")


@SIZES
async def test_what_the_score_means_stands_beside_the_model_and_its_answers(home: Path, size: tuple[int, int]) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        measured(workspace, model, weak_evaluation())
    async with open_app(home, size) as user:
        await user.press("5")
        await user.sees("serves    defects v1", "✗ Not usable yet: right 24 of 100;", "is right 47 of 100")
        await user.press("p")
        await user.sees("Playground · live", "✗ Not usable yet: right 24 of", "enter: send the row")
        await user.press("enter")
        await user.sees("right 24 of", "version 1", "+ right")


@SIZES
async def test_a_real_row_is_asked_about_and_judged(home: Path, size: tuple[int, int]) -> None:
    served_model(home)
    async with open_app(home, size) as user:
        await user.press("5", "p")
        await user.sees("Playground · live", "voltage", "line", "enter: send the row")
        assert "Good" not in user.text(), "there is nothing to judge yet"
        await user.press("enter")
        await user.sees("defect", "likely", "version 1", "status 200", "+ right")
        assert "%" not in user.text(), "60 labels are too few for percentages"
        (record,) = requests(user)
        assert (record.origin, record.status_code) == (Origin.PLAYGROUND, 200)
        assert record.request_id[:20] in user.text()
        await user.press("plus")
        await user.sees("▲ 5", "rated 5 of 5 by ana")
        (item,) = user.app.workspace.improve.feedback.feedback()
        assert (item.request_id, item.rating, item.correction) == (record.request_id, 5, None)


async def test_the_next_real_row_is_another_one_and_after_the_last_comes_the_first(home: Path) -> None:
    served_model(home, pairs=12)
    async with open_app(home) as user:
        rows = [user.app.workspace.deploy.endpoints.sample_input("live", skip=number) for number in range(12)]
        assert len({row["voltage"] for row in rows}) == 12
        await user.press("5", "p")
        for row in rows:
            await user.sees(str(row["voltage"]))
            await user.press("n")
        await user.sees(str(rows[0]["voltage"]))
        assert requests(user) == [], "looking at rows asks nothing"


async def test_a_changed_value_is_sent_as_the_kind_it_was(home: Path) -> None:
    served_model(home)
    async with open_app(home) as user:
        row = user.app.workspace.deploy.endpoints.sample_input("live")
        await user.press("5", "p", "e", "end", "9", "enter")
        await user.sees("status 200")
        (record,) = requests(user)
        assert record.input == {**row, "voltage": float(f"{row['voltage']}9")}
        await user.press("n", "tab", "tab", "end")
        await user.type(" nef")
        await user.press("ctrl+s")
        await user.sees("status 200")
        assert requests(user)[0].input["line"] in ("north nef", "south nef"), "letters are text while one types"


async def test_a_value_that_does_not_fit_is_marked_at_its_field(home: Path) -> None:
    served_model(home)
    async with open_app(home) as user:
        await user.press("5", "p", "e")
        await user.type("hot")
        await user.press("enter")
        await user.sees("✗ voltage", "holds 'hot'", "status 400")
        assert "✗ line" not in user.text()
        assert "Good" not in user.text(), "there is no answer to judge"
        await user.press("n", "enter")
        await user.sees("status 200")
        assert "✗ voltage" not in user.text()
        assert [record.status_code for record in requests(user)] == [200, 400]


@SIZES
async def test_a_wrong_answer_is_corrected_field_by_field(home: Path, size: tuple[int, int]) -> None:
    served_model(home)
    async with open_app(home, size) as user:
        await user.press("5", "p", "enter", "minus")
        await user.sees("Feedback", "● 1 bad", "defect")
        (record,) = requests(user)
        choices = ["crack", "scratch", "none"]
        right = next(i for i, choice in enumerate(choices) if choice != (record.output or {})["defect"])
        await user.press("tab")
        await user.type("see the photo")
        await user.press("tab", str(right + 1), "ctrl+s")
        await user.sees("▼ 1✎", "“see the photo”", "✎ corrected", "= as answered")
        (item,) = user.app.workspace.improve.feedback.feedback()
        assert item.correction == {**(record.output or {}), "defect": choices[right]}
        assert (item.rating, item.comment) == (1, "see the photo")


async def test_a_form_that_changes_nothing_sends_no_correction_and_needs_a_rating(home: Path) -> None:
    served_model(home)
    async with open_app(home) as user:
        await user.press("5", "p", "enter", "f")
        await user.sees("○ 1 bad", "○ 5 very good")
        await user.press("ctrl+s")
        await user.sees("Rating is required.")
        assert user.app.workspace.improve.feedback.feedback() == []
        await user.press("3", "ctrl+s")
        await user.sees("■ 3")
        (item,) = user.app.workspace.improve.feedback.feedback()
        assert (item.rating, item.correction, item.comment) == (3, None, "")


async def test_the_http_server_is_started_shown_and_stopped(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("ONTOS_SERVE_PORT", str(port))
    served_model(home)
    async with open_app(home, (120, 50)) as user:
        await user.press("5")
        await user.sees("○ not running", f": start it at http://127.0.0.1:{port}")
        await user.press("h")
        await user.sees("● running", f"http://127.0.0.1:{port}", "curl -s", "dataframe_records")
        await user.press("y")
        words = shlex.split(user.app.clipboard)
        assert words[:3] == ["curl", "-s", f"http://127.0.0.1:{port}/serving-endpoints/live/invocations"]
        await user.press("h")
        await user.sees("○ not running")
        assert not user.app.workspace.deploy.endpoints.server.state().running


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.text())))
def test_a_shell_reads_the_row_out_of_the_command_as_it_was(row: dict[str, object]) -> None:
    import json

    words = shlex.split(curl_line(ServerState(True, "http://127.0.0.1:1"), "live", row))
    assert json.loads(words[-1]) == {"dataframe_records": [row]}
    assert "\n" not in words[-1] and words[-1].isascii()


@pytest.mark.parametrize(
    ("text", "before", "value"),
    [
        ("5", 1, 5),
        ("5.5", 1, 5.5),
        ("5", 1.0, 5.0),
        ("-1e3", 1.0, -1000.0),
        ("nan", 1.0, "nan"),
        ("1_0", 1, "1_0"),
        ("hot", 1.0, "hot"),
        ("No", True, False),
        ("5", "five", "5"),
        ("5", None, "5"),
    ],
)
def test_what_is_typed_becomes_what_stood_there(text: str, before: object, value: object) -> None:
    read = typed_value(text, before)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize("size", [(140, 40), (200, 60)])
async def test_from_140_columns_on_the_playground_has_what_was_asked_in_a_third_pane(
    home: Path, size: tuple[int, int]
) -> None:
    served_model(home)
    async with open_app(home, size) as user:
        await user.press("5", "p")
        await user.sees("your requests", "Nothing yet.")
        await user.press("enter", "e")
        before = user.app.screen.query(ValueInput).first().value
        await user.press("end", "9", "enter")
        await user.sees("your requests  2", f"with voltage {before}9", "+ right")
        row, answer, requests = (user.app.screen.query_one(one).region for one in ("#row", "#answer", "#requests"))
        assert (row.right, answer.right) == (answer.x, requests.x), "they stand side by side"
        assert row.width + answer.width + requests.width > 0.9 * size[0]
        await user.press("plus")
        await user.until(lambda: user.text().count("▲ 5") == 2, "the feedback stands at the request too")


async def test_below_140_columns_it_has_two(home: Path) -> None:
    served_model(home)
    async with open_app(home, (120, 40)) as user:
        await user.press("5", "p", "enter")
        await user.sees("version 1")
        assert "your requests" not in user.text()


@SIZES
async def test_without_a_model_the_whole_sentence_says_what_comes_first(home: Path, size: tuple[int, int]) -> None:
    async with open_app(home, size) as user:
        await user.press("5")
        await user.sees("No model to deploy yet: train one first", "then t).")
        assert "…" not in user.text(), "nothing is cut at the edge of its pane"
