"""Where the answers of a scoring go: into a file or a table of this machine, or into a table of the workspace."""

from __future__ import annotations

from ontos_tui.domain.records.data import LOCAL


def in_warehouse(out: str) -> bool:
    """Whether the answers are to go into a table of the team's workspace."""
    parts = out.split(".")
    return "/" not in out and len(parts) == 3 and parts[0] != LOCAL and all(parts)
