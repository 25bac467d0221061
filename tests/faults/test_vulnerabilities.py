"""The command for known vulnerabilities says which of three is so: none, some, or nothing could be checked."""

from __future__ import annotations

from pathlib import Path

import pytest

import vulnerabilities


@pytest.mark.parametrize(
    ("said", "code", "outcome"),
    [
        ("No known vulnerabilities found", 0, 0),
        ("Found 2 known vulnerabilities in 1 package", 1, 1),
        ("ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed", 1, 2),
        ("Traceback (most recent call last):", 1, 2),
        ("", 0, 2),
    ],
)
def test_what_could_not_be_checked_is_no_all_clear(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    said: str,
    code: int,
    outcome: int,
) -> None:
    audit, calls = tmp_path / "bin" / "pip-audit", tmp_path / "calls"
    audit.parent.mkdir()
    audit.write_text(f'#!/bin/sh\necho "$@" >> {calls}\necho "{said}" >&2\nexit {code}\n')
    audit.chmod(0o700)
    monkeypatch.setattr(vulnerabilities, "ENVIRONMENT", tmp_path)
    assert vulnerabilities.main() == outcome
    lists = sorted((vulnerabilities.ROOT / "requirements").glob("*.txt"))
    assert [str(one) in line for one, line in zip(lists, calls.read_text().splitlines(), strict=True)] == [True] * len(
        lists
    )
    assert (vulnerabilities.NEEDED in capfd.readouterr().err) is (outcome == 2)
