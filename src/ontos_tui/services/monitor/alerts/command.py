"""The user's alert command: it gets each alert as JSON, never through a shell."""

from __future__ import annotations

import json
import logging
import subprocess
from collections.abc import Sequence
from typing import Any

from ontos_tui.domain.terminal_text import safe_line

LOG = logging.getLogger("ontos_tui.alerts")
SECONDS = 10.0
"""A command that takes longer is stopped."""
MOST_CHARACTERS = 200
"""Characters of a command's error message that are stored."""


def run_alert_command(words: Sequence[str], content: dict[str, Any], seconds: float = SECONDS) -> str:
    """Run the command with `content` on its stdin; returns the result as a text that begins with `sent` or `failed`.

    A command that cannot be started, fails or hangs is a failure that is returned and logged; it raises nothing.
    """
    try:
        done = subprocess.run(  # noqa: S603  # the user's own command, from their settings, as a list of words
            list(words), input=json.dumps(content).encode(), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        failure = f"{words[0]} did not end within {seconds:g} s"
    except (OSError, ValueError) as error:
        failure = f"{words[0]} cannot be run: {error}"
    else:
        if done.returncode == 0:
            return f"sent to {words[0]}"
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        failure = f"{words[0]} ended with {done.returncode}" + (f": {lines[-1]}" if lines else "")
    failure = safe_line(failure, MOST_CHARACTERS)
    LOG.warning("alert command: %s", failure)
    return f"failed: {failure}"
