"""Settings through real keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import SIZES, open_app
from ontos_tui.settings import Settings


@SIZES
async def test_a_setting_is_looked_up_changed_and_reset(
    home: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONTOS_CHAT_API_KEY", "sk-very-secret")
    async with open_app(home, size) as user:
        await user.press("1", "comma")
        await user.sees("actor", "ana", "environment", "chat_base_url", "default")
        assert "sk-very-secret" not in user.text()
        await user.press("down", "enter")
        await user.sees("Set chat_base_url")
        await user.type("http://127.0.0.1:11434/v1")
        await user.press("ctrl+s")
        await user.sees("http://127.0.0.1:11434/v1", "file", "Restart Ontos")
        assert Settings.load(home).chat_base_url == "http://127.0.0.1:11434/v1"
        await user.press("down", "down", "enter")
        await user.sees("never stored")
        assert "Set chat_api_key" not in user.text()
        await user.press("up", "up", "minus")
        await user.sees("chat_base_url: not set")
        assert Settings.load(home).chat_base_url == ""
        await user.press("home", "enter")
        await user.type("x")
        await user.press("ctrl+s")
        await user.sees("ONTOS_ACTOR in the environment overrides")
