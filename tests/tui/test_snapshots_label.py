"""Pictures of the labeling desk and of TRAIN at every size that they have. Look at them before you update them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from builders.crystals import crystals_to_decide
from ontos_tui.tui.app import OntosApp
from picture_keys import walk_keys

SIZES = [(60, 20), (80, 24), (120, 40), (200, 60)]
"""One pane, two, two with room, three."""


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with sample data and pairs to decide."""
    home = tmp_path_factory.mktemp("label snapshots") / "demo"
    crystals_to_decide(home, limit=None)
    return home


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    ("name", "keys"),
    [("desk", ("3", "enter", "3")), ("search", ("3", "enter", "slash", [*"clamp", "enter"])), ("train", ("4",))],
    ids=["desk", "search", "train"],
)
def test_at_every_size(
    snap_compare: Any, seeded: Path, name: str, keys: Sequence[str | Sequence[str]], size: tuple[int, int]
) -> None:
    (seeded / "session.json").unlink(missing_ok=True)
    assert snap_compare(OntosApp(seeded, watch=False), run_before=walk_keys(*keys), terminal_size=size)


@pytest.mark.parametrize("theme", ["ontos-light", "ontos-high-contrast", "ontos-blue-orange"])
def test_in_every_theme(snap_compare: Any, seeded: Path, theme: str) -> None:
    (seeded / "session.json").unlink(missing_ok=True)
    app = OntosApp(seeded, watch=False)
    app.theme = theme
    assert snap_compare(app, run_before=walk_keys("3", "enter", "3"), terminal_size=(80, 24))
