"""Pictures for models that see: data URLs over real HTTP, small enough, and left out where nobody takes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from emulator.chat import Reply, Request, fake_chat, refuses, says
from ontos_tui.domain.learning import Proposal, Question
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.records.template import Message
from ontos_tui.learning.encoding.images import open_image
from ontos_tui.platforms.chat.images import LONGEST_SIDE
from ontos_tui.platforms.chat.proposals import OpenAIChat
from ontos_tui.settings import Settings
from ontos_tui.workspace import Workspace

SCHEMA = {"type": "object", "properties": {"verdict": {"enum": ["good", "bad"]}}, "required": ["verdict"]}
GOOD = {"verdict": "good"}


def asked(folder: Path, shot: str | None, ref: str = "q") -> Question:
    messages = (Message("system", "You judge welds."), Message("user", "Is it good?"))
    return Question(ref, {"shot": shot, "load": 1}, messages, {"shot": folder})


def propose(url: str, *questions: Question) -> list[Proposal]:
    settings = Settings(chat_base_url=url, chat_model="eyes", chat_concurrency=1)
    return list(OpenAIChat(settings, wait=lambda seconds: None).propose(questions, SCHEMA, [], ()))


def a_picture(folder: Path, width: int = 1_800, height: int = 600) -> None:
    gray = np.random.default_rng(0).integers(0, 256, (height, width)).astype(np.uint8)
    Image.fromarray(gray).save(folder / "weld.png")


def test_the_picture_goes_with_the_question_made_smaller(tmp_path: Path) -> None:
    a_picture(tmp_path)
    with fake_chat([says(GOOD)]) as server:
        (proposal,) = propose(server.base_url, asked(tmp_path, "weld.png"))
    assert (proposal.answer, proposal.explanation) == (GOOD, "answered by the model")
    system, user = server.requests[0]["messages"]
    assert system["content"] == "You judge welds."
    text, picture = user["content"]
    assert text == {"type": "text", "text": "Is it good?"}
    assert picture["type"] == "image_url"
    assert open_image(picture["image_url"]["url"], []).size == (LONGEST_SIDE, LONGEST_SIDE // 3)


def test_an_item_without_a_picture_is_asked_in_words_and_a_broken_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with fake_chat([says(GOOD)]) as server:
        none, broken, outside = propose(
            server.base_url, asked(tmp_path, None), asked(tmp_path, "broken.png"), asked(tmp_path, "../secret.png")
        )
    assert all(request["messages"][-1]["content"] == "Is it good?" for request in server.requests)
    assert "could not" not in none.explanation
    assert "a picture could not be read: The image cannot be read" in broken.explanation
    assert "not below the folder" in outside.explanation


def test_a_server_that_takes_no_pictures_is_asked_without_and_the_answer_says_so(tmp_path: Path) -> None:
    a_picture(tmp_path, 40, 40)

    def answer(request: Request) -> Reply:
        pictured = isinstance(request["messages"][-1]["content"], list)
        return refuses(400, "this model does not support image input") if pictured else says(GOOD)

    with fake_chat(answer) as server:
        result = propose(
            server.base_url, *(asked(tmp_path, shot, str(shot)) for shot in (None, "weld.png", "weld.png"))
        )
    assert [one.answer for one in result] == [GOOD] * 3
    assert "without" not in result[0].explanation
    assert all("accepts no pictures" in one.explanation for one in result[1:])
    assert len(server.requests) == 4  # it is found out once


def test_the_picture_stays_with_its_question_when_the_answer_is_repaired(tmp_path: Path) -> None:
    a_picture(tmp_path, 40, 40)
    with fake_chat([says({"verdict": "maybe"}), says(GOOD)]) as server:
        (proposal,) = propose(server.base_url, asked(tmp_path, "weld.png"))
    assert proposal.answer == GOOD
    kinds = [type(message["content"]).__name__ for message in server.requests[1]["messages"]]
    assert kinds == ["str", "list", "str", "str"]


def test_generation_sends_the_pictures_of_the_sheet(home: Path) -> None:
    with fake_chat([says({"defect_class": "dent"})]) as server:
        with Workspace(home) as workspace:
            workspace.settings.chat_base_url, workspace.settings.chat_model = server.base_url, "eyes"
            seeded = workspace.onboarding.seed("defect_detection", part="pictures")
            created = workspace.generate.generation.generate(
                seeded.sheet.id, seeded.template.id, GenerationMode.AI, limit=3
            )
        assert created.failed == 0
    assert server.requests
    for request in server.requests:
        _, picture = request["messages"][-1]["content"]
        assert open_image(picture["image_url"]["url"], []).size == (96, 96)
