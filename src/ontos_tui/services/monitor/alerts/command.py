"""The user's alert command: it gets each alert as JSON, never through a shell, and has no hold on the app.

It has a session of its own, so it neither reads the terminal nor gets its signals; what it prints is thrown away but
for the end of its errors; and whatever it started is ended with it when it takes too long.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Any

from ontos_tui.domain.text.terminal_text import safe_line

LOG = logging.getLogger("ontos_tui.alerts")
SECONDS = 10.0
"""A command that takes longer is stopped."""
MOST_CHARACTERS = 200
"""Characters of a command's error message that are stored."""
MOST_BYTES = 10_000
"""Bytes of what it writes to stderr that are remembered, the last ones."""
LAST_WORDS_SECONDS = 0.2
"""A command that has ended may have left a process behind that holds its stderr; that is not waited for."""


def run_alert_command(words: Sequence[str], content: dict[str, Any], seconds: float = SECONDS) -> str:
    """Run the command with `content` on its stdin; returns the result as a text that begins with `sent` or `failed`.

    A command that cannot be started, fails or hangs is a failure that is returned and logged; it raises nothing.
    """
    try:
        code, said = _run(words, json.dumps(content).encode(), seconds)
    except subprocess.TimeoutExpired:
        failure = f"{words[0]} did not end within {seconds:g} s"
    except (OSError, ValueError) as error:
        failure = f"{words[0]} cannot be run: {error}"
    else:
        if code == 0:
            return safe_line(f"sent to {words[0]}", MOST_CHARACTERS)
        lines = said.strip().splitlines()
        failure = f"{words[0]} ended with {code}" + (f": {lines[-1]}" if lines else "")
    failure = safe_line(failure, MOST_CHARACTERS)
    LOG.warning("alert command: %s", failure)
    return f"failed: {failure}"


def _run(words: Sequence[str], given: bytes, seconds: float) -> tuple[int, str]:
    """The exit status and the end of what it wrote to stderr. Raises TimeoutExpired, OSError and ValueError."""
    with tempfile.TemporaryFile() as file:  # a pipe would have to be fed, and who does not read would hold us up
        file.write(given)
        file.seek(0)
        process = subprocess.Popen(  # noqa: S603  # the user's own command, from their settings, as a list of words
            list(words), stdin=file, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )
    assert process.stderr is not None, "it is a pipe"
    said = bytearray()
    reader = threading.Thread(target=_keep_end, args=(process.stderr, said), name="alert command", daemon=True)
    reader.start()
    try:
        code = process.wait(seconds)
        reader.join(LAST_WORDS_SECONDS)
    except subprocess.TimeoutExpired:
        _end_group(process)
        raise
    return code, bytes(said).decode("utf-8", "replace")


def _keep_end(stream: IO[bytes], said: bytearray) -> None:
    """Read all of it, and remember the last bytes."""
    with stream, suppress(OSError):
        while piece := os.read(stream.fileno(), 1 << 16):
            said += piece
            del said[:-MOST_BYTES]


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the command and everything that it started and that is still of its session."""
    if hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
