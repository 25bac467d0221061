"""The command line as a test calls it: words in, exit code and both outputs back."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli_documents import check_document
from command_result import Ontos, Result
from ontos_tui.cli.app import run


@pytest.fixture
def ontos(home: Path, capsys: pytest.CaptureFixture[str]) -> Ontos:
    """Run a command on the test's workspace, in this process. `fails` is the exit code that is expected.

    Whatever it prints with --json is held against its schema.
    """

    def call(*words: object, as_json: bool = False, fails: int = 0) -> Result:
        capsys.readouterr()
        texts = [str(word) for word in words]
        code = run(texts, home, as_json=as_json)
        out, err = capsys.readouterr()
        assert code == fails, f"{words} ended with {code}: {err}{out}"
        if as_json:
            check_document(texts, out)
        return Result(code, out, err)

    return call
