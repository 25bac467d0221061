"""The log file of the app: what is not for the screen."""

from __future__ import annotations

import logging
from pathlib import Path


def log_to(home: Path) -> None:
    """Warnings and errors go to logs/ontos.log in the workspace, bounded, never to the screen."""
    from logging.handlers import RotatingFileHandler

    try:
        (home / "logs").mkdir(exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(
            home / "logs" / "ontos.log", maxBytes=1_000_000, backupCount=1, delay=True, encoding="utf-8"
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger("ontos")
    root.handlers = [handler]
    root.propagate = False
