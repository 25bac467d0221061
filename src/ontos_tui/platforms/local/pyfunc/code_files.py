"""The modules of this program that a packed model needs: those that its loader imports, and what these import."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import ontos_tui

LOADER = "ontos_tui.platforms.local.pyfunc.loader"
"""The module that MLflow asks for the model."""
OURS = ontos_tui.__name__
_ROOT = Path(ontos_tui.__file__).parent
_NOT_IN_NAMES = re.compile(r"[-_.]+")
_NEEDED = re.compile(r"[A-Za-z0-9._-]+(?![^;]*;.*\bextra\b)")
"""The name of a requirement that is none of an extra."""


@dataclass(frozen=True)
class Code:
    """Files by their path in the package, and the libraries that they import at any time, pinned as installed here,
    with all that these need themselves."""

    files: dict[str, Path]
    requirements: tuple[str, ...]


@cache
def needed_code(start: str = LOADER, without: tuple[str, ...] = ("pandas",)) -> Code:
    """What a module needs. Imports within functions count; those that only type checkers follow do not.

    `without` are libraries that are there anyway: pandas comes with MLflow.
    """
    files, libraries, waiting = dict[str, Path](), set[str](), [start]
    seen = set[str]()
    while waiting:
        name = waiting.pop()
        path = None if name in seen else _path(name)
        seen.add(name)
        if path is None:
            continue
        files[path.relative_to(_ROOT.parent).as_posix()] = path
        waiting += [name.rpartition(".")[0]] if "." in name else []
        for imported in _imports(ast.parse(path.read_bytes())):
            top = imported.partition(".")[0]
            if top == OURS:
                waiting.append(imported)
            elif top not in sys.stdlib_module_names:
                libraries.add(top)
    return Code(dict(sorted(files.items())), _pins(libraries - set(without)))


def _path(name: str) -> Path | None:
    """The file of a module of ours; None for a name that is something in a module."""
    place = _ROOT.parent.joinpath(*name.split("."))
    return next((one for one in (place / "__init__.py", place.with_suffix(".py")) if one.is_file()), None)


def _imports(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (one.name for one in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            yield child.module
            yield from (f"{child.module}.{one.name}" for one in child.names)
        yield from _imports(child)


def _pins(libraries: set[str]) -> tuple[str, ...]:
    """The libraries and all that they need, in the versions that are installed here: those of the lock."""
    called = metadata.packages_distributions()
    waiting = [called[one][0] for one in libraries if one in called]
    pinned: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        key = _NOT_IN_NAMES.sub("-", name).lower()
        if key in pinned:
            continue
        try:
            pinned[key] = metadata.version(name)
        except metadata.PackageNotFoundError:  # for another system or Python
            continue
        waiting += [match[0] for one in metadata.requires(name) or () if (match := _NEEDED.match(one))]
    return tuple(f"{name}=={pinned[name]}" for name in sorted(pinned))
