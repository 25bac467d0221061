"""The command for known vulnerabilities says which of three is so: none, some, or nothing could be checked."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import vulnerabilities


@pytest.mark.parametrize(
    ("said", "code", "outcome"),
    [
        ("No known vulnerabilities found", 0, 0),
        (
            "rich Dependency not found on PyPI and could not be audited: rich (1.0)\nNo known vulnerabilities found",
            0,
            2,
        ),
        ("x could not be audited: x (1)\nFound 2 known vulnerabilities in 1 package", 1, 1),
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
    assert vulnerabilities.main([]) == outcome
    lists = sorted((vulnerabilities.ROOT / "requirements").glob("*.txt"))
    assert [str(one) in line for one, line in zip(lists, calls.read_text().splitlines(), strict=True)] == [True] * len(
        lists
    )
    assert (vulnerabilities.NEEDED in capfd.readouterr().err) is (outcome == 2)


def _advisory(name: str, *, versions: list[str] = [], events: list[dict[str, str]] = [], **more: Any) -> dict[str, Any]:  # noqa: B006
    ranges = [{"type": "ECOSYSTEM", "events": events}]
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "versions": versions, "ranges": ranges}
    return {"id": f"PYSEC-{name}", "summary": "reads too much", "affected": [affected], **more}


@pytest.mark.parametrize(
    ("advisory", "is_hit"),
    [
        (_advisory("Some.Package", versions=["1.4"]), True),
        (_advisory("some-package", versions=["1.5"]), False),
        (_advisory("some_package", events=[{"introduced": "0"}, {"fixed": "1.10"}]), True),
        (_advisory("some_package", events=[{"introduced": "0"}, {"fixed": "1.4"}]), False),
        (_advisory("some_package", events=[{"introduced": "1.4"}]), True),
        (_advisory("some_package", events=[{"introduced": "1"}, {"fixed": "1.3"}, {"introduced": "1.4rc1"}]), True),
        (_advisory("some_package", events=[{"introduced": "1"}, {"last_affected": "1.3"}]), False),
        (_advisory("some_package", events=[{"introduced": "0"}], withdrawn="2026-01-01T00:00:00Z"), False),
        (_advisory("other", events=[{"introduced": "0"}]), False),
    ],
)  # fmt: skip
def test_a_file_of_advisories_is_enough_without_the_network(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    advisory: dict[str, Any],
    is_hit: bool,
) -> None:
    (tmp_path / "requirements").mkdir()
    lines = ["# packages", "some-package==1.4 \\", "    --hash=sha256:00", "last==2.0 ; python_version < '3.14'"]
    (tmp_path / "requirements" / "base.txt").write_text("\n".join(lines))
    monkeypatch.setattr(vulnerabilities, "ROOT", tmp_path)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("one.json", json.dumps(advisory))
    assert vulnerabilities.main(["--advisories", str(tmp_path / "all.zip")]) == int(is_hit)
    said = capsys.readouterr().out
    assert "2 packages, 1 advisories" in said
    assert ("some-package 1.4: PYSEC-" in said) is is_hit


def test_a_file_without_advisories_is_no_all_clear(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "all.zip").write_text("<html>")
    assert vulnerabilities.main(["--advisories", str(tmp_path / "all.zip")]) == 2
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("one.json", "{}")
    assert vulnerabilities.main(["--advisories", str(tmp_path / "all.zip")]) == 2
    assert "holds no advisories for PyPI" in capsys.readouterr().err
