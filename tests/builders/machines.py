"""Readings of machines in time, a table of the machines, and one of their failures."""

from __future__ import annotations

from pathlib import Path

from ontos_tui.workspace import Workspace

TELEMETRY = """time,machine,volt
2015-01-01 06:00:00,1,176.2
2015-01-01 07:00:00,1,162.9
2015-01-01 08:00:00,1,170.9
2015-01-01 20:00:00,1,171.0
2015-01-01 06:00:00,2,150.0
2015-01-01 07:00:00,2,0
2015-01-01 08:00:00,9,151.0
"""
MACHINES = "id,machineID,age\na,1,18\nb,2,7\nc,3,1\n"
FAILURES = "at,machine,part\n2015-01-01 06:30:00,1,pump\n2015-01-01 07:10:00,2,belt\n2015-01-01 19:00:00,1,fan\n"


def add_machines(workspace: Workspace, folder: Path, telemetry: str = TELEMETRY) -> None:
    """The tables telemetry, machines and failures."""
    for name, text in (("telemetry", telemetry), ("machines", MACHINES), ("failures", FAILURES)):
        path = folder / f"{name}.csv"
        path.write_text(text)
        workspace.data.files.add_file(path)
