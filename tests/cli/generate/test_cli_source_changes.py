"""`ontos generate --changed-source`, and what the command line says of items with older names."""

from __future__ import annotations

from pathlib import Path

from builders.plates import PLATES, generate, name_by_position, plates_sheet, write_plates
from command_result import Ontos
from ontos_tui.workspace import Workspace

GENERATE = ("generate", "plates", "--template", "plates", "--mode", "manual")


def test_it_stops_says_what_has_changed_and_goes_on_as_told(home: Path, ontos: Ontos) -> None:
    path = write_plates(home.parent / "plates.csv")
    with Workspace(home) as workspace:
        plates_sheet(workspace, path)
    assert ontos(*GENERATE, as_json=True).json["created"] == 5
    write_plates(path, PLATES[1:3])
    for more in ((), ("--changed-source", "stop"), ("--background",)):
        stopped = ontos(*GENERATE, *more, fails=1)
        assert "has changed since its pairs were made: 3 gone (" in stopped.err
        assert "--changed-source continue" in stopped.err
    report = ontos(*GENERATE, "--changed-source", "continue", as_json=True).json
    assert (report["created"], report["existing"]) == (0, 2)
    assert ontos(*GENERATE, as_json=True).json["created"] == 0


def test_older_names_are_shown_with_their_sheet_and_by_the_doctor(home: Path, ontos: Ontos) -> None:
    path = write_plates(home.parent / "plates.csv")
    with Workspace(home) as workspace:
        sheet, _ = plates_sheet(workspace, path)
        generate(workspace)
        name_by_position(workspace, sheet, ["1", "2", "3", "4", "5"])
    write_plates(path, PLATES[1:])
    shown = ontos("sheet", "show", "plates")
    assert "a hash of its content" in shown.out
    assert "named by the place of their row" in shown.out
    assert ontos("sheet", "show", "plates", as_json=True).json["sheet"]["identity"] == "position"
    finding = next(one for one in ontos("doctor", as_json=True).json if one["name"] == "item names")
    assert (finding["state"], "'plates' (5)" in finding["message"]) == ("warn", True)
