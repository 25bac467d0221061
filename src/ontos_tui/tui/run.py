"""Running the app in a terminal."""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from ontos_tui.home import default_home
from ontos_tui.tui.app import OntosApp

SWITCH_SECONDS = 0.0005
"""Threads read and write while the user types; the event loop must not wait for its turn."""


def run_app(home: Path | None, *, plain_driver: bool = False) -> int:
    """Run the app on the workspace at `home` until the user leaves; returns the exit code."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        sys.stderr.write("Ontos needs a terminal. Without one, use its commands: ontos --help\n")
        return 2
    sys.setswitchinterval(SWITCH_SECONDS)
    app = OntosApp((home or default_home()).expanduser().absolute(), plain_driver=plain_driver, welcome=True)
    app.run(mouse=os.environ.get("ONTOS_MOUSE", "on") != "off")
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
