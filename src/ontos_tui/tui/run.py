"""Running the app in a terminal."""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from ontos_tui.domain.stages import Stage
from ontos_tui.home import default_home
from ontos_tui.tui.app import OntosApp

SWITCH_SECONDS = 0.0005
"""Threads read and write while the user types; the event loop must not wait for its turn."""


def run_app(home: Path | None, *, drawing: str = "", wall: bool = False, endpoint: str = "") -> int:
    """Run the app on the workspace at `home` until the user leaves; returns the exit code.

    With `wall` it begins in MONITOR, at this endpoint if one is named. `drawing` is how it is drawn: by cells that
    differ, as lines for a screen reader (`plain`), or by Textual's own driver (`plain-driver`).
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        sys.stderr.write("Ontos needs a terminal. Without one, use its commands: ontos --help\n")
        return 2
    sys.setswitchinterval(SWITCH_SECONDS)
    drawing = drawing or ("plain" if os.environ.get("ONTOS_PLAIN") else "")
    app = OntosApp((home or default_home()).expanduser().absolute(), drawing=drawing, welcome=True)
    if wall:
        app.start_at(Stage.MONITOR, endpoint=endpoint)
    app.run(mouse=os.environ.get("ONTOS_MOUSE", "on") != "off" and drawing != "plain")
    return app.return_code or 0


def leave(code: int) -> NoReturn:
    """End the process here and now: everything is on the disk, and threads of queries that nobody needs may still run.

    Without Python's last round through all modules no native library reports objects that it believes to be leaked.
    """
    atexit._run_exitfuncs()  # temporary folders are removed, logs are closed
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
