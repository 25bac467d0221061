"""Every command, from one module for each noun or verb; and the index of them, by which one can run without the others.

`python -m ontos_tui.cli.all_commands` writes the index, `command_index.py`, anew; a test says when that is due.
"""

from __future__ import annotations

import inspect
import pprint
from pathlib import Path
from types import ModuleType
from typing import Any

import typer

from ontos_tui.cli.admin import backup, doctor, jobs, schema, settings, start, sync
from ontos_tui.cli.core.command_tree import Command, Group, Index
from ontos_tui.cli.core.groups import PLAIN, LateListingGroup
from ontos_tui.cli.data import computed, joins, quality, sheets, tables, watch
from ontos_tui.cli.deploy import endpoints, gate, predict, serving
from ontos_tui.cli.generate import examples, generation, templates
from ontos_tui.cli.improve import feedback, gaps, learning_curve, legacy_web, retraining, tasks
from ontos_tui.cli.label import (
    agreement,
    canonical_labels,
    decisions,
    hints,
    import_export,
    labeling_jobs,
    labelsets,
    saved_views,
)
from ontos_tui.cli.monitor import alerts, drift, traffic
from ontos_tui.cli.train import cards, models, tracking, training, training_sheets
from ontos_tui.replacing import write_text

MODULES: tuple[ModuleType, ...] = (
    start,
    doctor,
    backup,
    schema,
    settings,
    tables,
    joins,
    computed,
    quality,
    sheets,
    watch,
    templates,
    examples,
    generation,
    training_sheets,
    decisions,
    agreement,
    canonical_labels,
    hints,
    saved_views,
    labelsets,
    labeling_jobs,
    training,
    models,
    cards,
    tracking,
    jobs,
    endpoints,
    gate,
    serving,
    predict,
    traffic,
    drift,
    alerts,
    feedback,
    gaps,
    tasks,
    retraining,
    learning_curve,
    import_export,
    legacy_web,
    sync,
)
"""In the order in which the help lists their commands."""

INDEX = Path(__file__).with_name("command_index.py")


def index() -> Index:
    """Every command, and then every group, as `cli.core.command_tree` takes them."""
    root, owners = typer.Typer(**PLAIN), dict[str, str]()
    for module in MODULES:
        module.register(root)
        for added in root.registered_groups:
            owners.setdefault(str(added.name), module.__name__)
    listed: dict[str, Command | Group] = {str(info.name): _command(info) for info in root.registered_commands}
    for name, module_name in owners.items():
        app = next(one.typer_instance for one in root.registered_groups if one.name == name)
        assert app is not None
        listed[name] = Group(
            module=module_name,
            help=str(app.info.help),
            lists=app.info.cls is LateListingGroup,
            commands={str(info.name): _command(info) for info in sorted(app.registered_commands, key=_place)},
        )
    return listed


def _place(info: Any) -> tuple[int, int]:
    """Where a command of a group stands: whichever module was imported first, its commands come in one order."""
    modules = [module.__name__ for module in MODULES]
    return modules.index(info.callback.__module__), inspect.unwrap(info.callback).__code__.co_firstlineno


def _command(info: Any) -> Command:
    """The module of a command, and the first paragraph of its help."""
    text = (info.help or info.callback.__doc__).strip().partition("\n\n")[0]
    return info.callback.__module__, " ".join(text.split())


def index_source() -> str:
    """The text of `command_index.py`."""
    return (
        '"""What the help lists. Written by `python -m ontos_tui.cli.all_commands`: do not edit it."""\n\n'
        "from ontos_tui.cli.core.command_tree import Index\n\n# fmt: off\n"
        f"INDEX: Index = {pprint.pformat(dict(index()), width=116, sort_dicts=False)}\n"
    )


if __name__ == "__main__":
    write_text(INDEX, index_source())
