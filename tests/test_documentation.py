"""What the pages say works: commands are run as they are printed, blocks are valid, links and paths lead somewhere."""

from __future__ import annotations

import json
import os
import socket
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from documentation.commands import SUBSTITUTES, Outcome, check_program, run_ontos, send, text_to_run, unknown_variables
from documentation.pages import PAGES, ROOT, Command, Page, exists, words_of
from documentation.workspaces import WORKSPACES, fill, nothing
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.settings import Settings
from ontos_tui.workspace import Workspace
from tiers import deep

ALL = (*PAGES, "CHANGELOG.md")
LANGUAGES = {"sh", "json", "toml", "python", "text", "sql"}
README_WORDS = 1_300
NOT_OURS = {
    "machines.csv", "failure.json", "settings.toml", "pairs.jsonl", "pairs.csv", "tasks.json", "names.spans.jsonl",
    "engines.txt", "plates.csv", "plant.xlsx", "vNN.sql", "constraints.txt", ".txt", ".md", "logs/*.csv",
}  # fmt: skip
"""Names that pages give to the reader's files, to a file to come, or to one that was removed."""


@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_a_page_works(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    page, home, folder = Page(name), tmp_path / "home", tmp_path / "folder"
    folder.mkdir()
    values = WORKSPACES.get(name, nothing)(page, folder, home, request)
    port = _free_port()
    monkeypatch.chdir(folder)
    for variable, value in (("HOME", tmp_path), ("ONTOS_HOME", home), ("ONTOS_SERVE_PORT", port)):
        monkeypatch.setenv(variable, str(value))

    def outcome(command: Command) -> Outcome:
        command = replace(command, text=text_to_run(command.text))
        if not command.text:
            return Outcome(True)
        if unknown := unknown_variables(command):
            return Outcome(False, f"nothing reads {', '.join(unknown)}")
        command = replace(command, text=fill(command.text, values))
        if command.program == "ontos":
            return run_ontos(command.words[1:], capsys, monkeypatch)
        return send(command.words, port) if command.program == "curl" else check_program(command)

    try:
        outcomes = [(command, outcome(command)) for command in page.commands()]
    finally:
        _end_jobs(home)
    failed = [f"{command.text}\n{one.output}" for command, one in outcomes if not one.ok]
    assert not failed, f"{name}: {len(failed)} of {len(outcomes)} commands do not work\n\n" + "\n".join(failed)


def test_pages_have_commands_and_every_substitute_is_for_one_of_them() -> None:
    printed = {name: {command.text for command in Page(name).commands()} for name in PAGES}
    assert {name for name in WORKSPACES if len(printed[name]) < 5} == set()
    assert set(SUBSTITUTES) - set().union(*printed.values()) == set()
    assert all(os.access(ROOT / program, os.X_OK) for program in ("ontos", "check", ".ci/run"))


@pytest.mark.parametrize("name", ALL)
def test_every_block_says_its_language_and_is_valid(name: str, tmp_path: Path) -> None:
    page = Page(name)
    assert {block.language for block in page.blocks()} <= LANGUAGES
    for block in page.blocks("json"):
        json.loads(block.text)
    for block in page.blocks("toml"):
        (tmp_path / "settings.toml").write_text(block.text, encoding="utf-8")
        settings = Settings.load(tmp_path)
        assert set(tomllib.loads(block.text)) <= settings.model_fields_set
        assert set(settings.keys) <= _command_ids()


@pytest.mark.parametrize("name", ALL)
def test_every_link_and_every_path_leads_to_something(name: str) -> None:
    page = Page(name)
    links = {link.partition("#")[0] for link in page.links()} - {""}
    assert [link for link in sorted(links) if not ((ROOT / name).parent / link).exists()] == []
    assert [path for path in sorted(set(page.paths()) - NOT_OURS) if not exists(page, path)] == []


def test_the_readme_is_short() -> None:
    assert words_of(Page("README.md")) <= README_WORDS


@deep
def test_the_examples_of_tests_pass(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = [block for block in Page("CONTRIBUTING.md").blocks("python") if block.section == "How to write a test"]
    for number, block in enumerate(examples):
        pytester.path.joinpath(f"test_example_{number}.py").write_text(block.text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(str(ROOT / folder) for folder in ("src", "tests")))
    # A process of its own: a second pytest in this one leaves the first one's DuckDB connections open at the end.
    options = ("-c", ROOT / "pyproject.toml", "--rootdir", pytester.path, "-p", "conftest", "-p", "no:xdist")
    pytester.runpytest_subprocess(*options, pytester.path).assert_outcomes(passed=3)


def _command_ids() -> set[str]:
    from ontos_tui.tui.core.keys.key_listing import every_command

    return set(every_command())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_jobs(home: Path) -> None:
    """Stop what commands began in the background, and wait until it is over."""
    if not home.exists():
        return
    with Workspace(home) as workspace:
        for job in workspace.jobs.jobs(active_only=True):
            workspace.jobs.cancel(job.id)
            assert workspace.jobs.wait(job.id, timeout=60).status is not JobStatus.RUNNING
