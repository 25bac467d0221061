"""Pictures of the screens that matter, at the two sizes that we promise. Look at them before you update them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from builders.crystals import crystals_to_decide
from ontos_tui.tui.app import OntosApp
from picture_keys import SIZES, walk_keys


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with sample data and pairs to decide."""
    home = tmp_path_factory.mktemp("snapshots") / "demo"
    crystals_to_decide(home, limit=None)
    return home


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("data", ("1",)),
        ("generate", ("2",)),
        ("label", ("3",)),
        ("desk", ("3", "enter", "2", "2")),
        ("edit", ("3", "enter", "e")),
        ("help", ("3", "enter", "question_mark")),
    ],
)
def test_with_data(snap_compare: Any, seeded: Path, name: str, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    (seeded / "session.json").unlink(missing_ok=True)
    assert snap_compare(OntosApp(seeded, watch=False), run_before=walk_keys(*keys), terminal_size=size)


@pytest.mark.parametrize("stage", "1234567")
def test_empty(snap_compare: Any, tmp_path: Path, stage: str) -> None:
    assert snap_compare(OntosApp(tmp_path / "empty", watch=False), run_before=walk_keys(stage), terminal_size=SIZES[0])
