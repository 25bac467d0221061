"""How often an open app shares: soon after a change, every little while for others', and not when it is left alone."""

from __future__ import annotations

PUSH_SECONDS, PULL_SECONDS, AWAY_SECONDS = 2.0, 15.0, 60.0
"""How soon a change is pushed, how often others' are looked for, and how long a log that is away is left alone."""
REST_SECONDS = 300.0
"""After so long without a key others' changes are not pulled: a warehouse that is queried on and on never stops."""
PUSH_STATEMENTS, PULL_STATEMENTS = 2, 1
"""Statements of a push, which reads the log too, and of a look alone."""
