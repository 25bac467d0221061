"""The pages that people read, as the tests read them: blocks, commands, links and paths, in the order of the page."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")),
)
"""Whose commands are run. CHANGELOG.md also names those of earlier versions; only its links and paths are checked."""

PROGRAMS = ("ontos", "check", "run", "pip", "python", "pytest", "curl", "git", "databricks", "chmod")
PLACES = ("", "./", ".venv/bin/", ".ci/")
ALONE = ("ontos", "./ontos", "./check", ".ci/run")
"""A span with one of these words alone is a command; other programs are only named there."""
ASSIGNMENT = re.compile(r"[A-Z_]+=.*", re.DOTALL)
SUFFIXES = (".py", ".md", ".sh", ".toml", ".txt", ".sql", ".svg", ".json", ".csv", ".jsonl", ".tcss")


@dataclass(frozen=True)
class Block:
    """A fenced block; `section` is the heading above it. One without a fence has the language ``."""

    language: str
    text: str
    section: str


@dataclass(frozen=True)
class Command:
    """A command as it is printed, without its comment: variables before it, then the program and its words."""

    text: str
    section: str

    @cached_property
    def _split(self) -> tuple[dict[str, str], list[str]]:
        words = shlex.split(self.text)
        variables: dict[str, str] = {}
        while words and ASSIGNMENT.fullmatch(words[0]):
            name, _, value = words.pop(0).partition("=")
            variables[name] = value
        return variables, words

    @property
    def variables(self) -> dict[str, str]:
        """The environment that the command names for itself."""
        return self._split[0]

    @property
    def words(self) -> list[str]:
        """The program and its arguments."""
        return self._split[1]

    @property
    def program(self) -> str:
        """The program without its folder."""
        return self.words[0].rpartition("/")[2] if self.words else ""


@dataclass(frozen=True)
class Page:
    """A page by its path from the root of the project."""

    name: str

    @cached_property
    def text(self) -> str:
        """The whole page."""
        return (ROOT / self.name).read_text(encoding="utf-8")

    @cached_property
    def _tokens(self) -> list[tuple[Token, str]]:
        """All tokens, those inside of paragraphs and tables too, each with its heading."""
        tokens: list[tuple[Token, str]] = []
        section, is_heading = "", False
        for token in MarkdownIt("commonmark").enable("table").parse(self.text):
            if is_heading:
                section = token.content
            is_heading = token.type == "heading_open"
            tokens += [(one, section) for one in (token, *(token.children or ()))]
        return tokens

    def blocks(self, language: str | None = None) -> list[Block]:
        """The code blocks, or those in one language."""
        blocks = [
            Block(token.info, token.content, section)
            for token, section in self._tokens
            if token.type in ("fence", "code_block")
        ]
        return [block for block in blocks if language in (None, block.language)]

    def spans(self) -> list[str]:
        """The inline code."""
        return [token.content for token, _ in self._tokens if token.type == "code_inline"]

    def commands(self) -> list[Command]:
        """Every line of the shell's blocks, and every span that is a command."""
        commands: list[Command] = []
        for token, section in self._tokens:
            if token.type == "fence" and token.info == "sh":
                commands += (Command(line, section) for line in _lines(token.content))
            elif token.type == "code_inline" and _is_command(token.content):
                commands.append(Command(token.content, section))
        return commands

    def links(self) -> list[str]:
        """Where its links and pictures lead, as far as that is inside of the project."""
        targets = [token.attrGet("href") or token.attrGet("src") for token, _ in self._tokens]
        return [str(target) for target in targets if target and "://" not in str(target)]

    def paths(self) -> list[str]:
        """Files and folders that its spans and commands name; `<stage>` is any name."""
        words = [word for command in self.commands() for word in command.words]
        names = [re.sub(r"<\w+>", "*", name) for name in (*self.spans(), *words)]
        return [name.removeprefix("./") for name in names if _is_path(name)]


def _lines(text: str) -> Iterator[str]:
    """The commands of a block, a continued one as one line, without comments."""
    for line in text.replace("\\\n", " ").splitlines():
        if words := re.sub(r"(^|\s)#.*", "", line).strip():
            yield words


def _is_command(span: str) -> bool:
    words = [word for word in span.split() if not ASSIGNMENT.fullmatch(word)]
    if len(words) < 2:
        return span in ALONE
    return any(words[0] == place + program for place in PLACES for program in PROGRAMS)


def _is_path(name: str) -> bool:
    """Whether this names a file of the project: a path, or a bare name with a suffix that our files have."""
    if not re.fullmatch(r"[\w.*-]+(/[\w.*-]+)*/?", name.removeprefix("./")) or name.startswith(".venv"):
        return False
    return "/" in name.removeprefix("./") or name.endswith(SUFFIXES)


def words_of(page: Page) -> int:
    """How many words a reader meets, those of code and pictures too; signs alone are none."""
    return sum(bool(re.search(r"\w", word)) for word in page.text.split())


def exists(page: Page, name: str) -> bool:
    """Whether a path is there: from the project's root, the package or the page; a bare name may be anywhere."""
    package = ROOT / "src" / "ontos_tui"
    places = (ROOT, package, (ROOT / page.name).parent)
    if any(next(place.glob(name.rstrip("/")), None) for place in places):
        return True
    return "/" not in name and any(next(place.rglob(name), None) for place in (package, ROOT / "tests", ROOT / "docs"))
