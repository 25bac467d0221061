"""The modules of this program that a packed model needs: those that its loader imports, and what these import."""

from __future__ import annotations

import ast
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


@dataclass(frozen=True)
class Code:
    """Files by their path in the package, and the libraries that they import at any time, pinned as installed here."""

    files: dict[str, Path]
    requirements: tuple[str, ...]


@cache
def needed_code() -> Code:
    """What the loader needs. Imports within functions count; those that only type checkers follow do not."""
    files, libraries, waiting = dict[str, Path](), set[str](), [LOADER]
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
    return Code(dict(sorted(files.items())), _pins(libraries - {"pandas"}))  # which comes with MLflow


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
    called = metadata.packages_distributions()
    names = {called[one][0] for one in libraries if one in called}
    return tuple(sorted((f"{name.lower()}=={metadata.version(name)}" for name in names), key=str.lower))
