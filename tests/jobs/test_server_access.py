"""How a server is reached: what is named wins over the settings, and a token is read but never kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.jobs.server_access import ServerAccess
from ontos_tui.settings import Settings

TOKEN = "0123456789abcdef"


def test_a_token_comes_from_a_private_file_or_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    settings = Settings(
        serve_token=SecretStr("x" * 20), serve_token_file=str(tmp_path / "gone"), serve_hosts=("A.example",)
    )
    by_file = ServerAccess.chosen(settings, token_file=str(file))
    assert (by_file.token(settings), by_file.hosts, by_file.needs_token) == (TOKEN, ("a.example",), True)
    assert TOKEN not in repr(by_file.params())
    assert ServerAccess.of_job(by_file.params()) == by_file
    by_environment = ServerAccess.chosen(settings)
    assert by_environment.token(settings) == "x" * 20
    assert "x" * 20 not in repr(by_environment.params())
    with pytest.raises(InvalidInputError, match="not 16 to"):  # the job's process has not got it
        by_environment.token(Settings())
    assert ServerAccess.chosen(Settings()) == ServerAccess()


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (TOKEN, 0o644, "chmod 600"),
        ("short", 0o600, "5 characters"),
        ("a b" * 10, 0o600, "holds a space"),
        (None, 0, "cannot be read"),
    ],
)
def test_a_token_that_protects_nothing_is_refused(tmp_path: Path, content: str | None, mode: int, said: str) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
        file.chmod(mode)
    with pytest.raises(InvalidInputError, match=said) as caught:
        ServerAccess.chosen(Settings(serve_token_file=str(file)))
    assert content is None or content not in str(caught.value)


@pytest.mark.parametrize("name", ["", "*", "a:80", "a/b", "a@b", "[", "a b"])
def test_names_of_hosts_are_names(name: str) -> None:
    with pytest.raises(InvalidInputError, match="not the name of a host"):
        ServerAccess.chosen(Settings(), hosts=(name,))
