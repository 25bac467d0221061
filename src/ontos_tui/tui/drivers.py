"""The drivers by the name of how they draw."""

from __future__ import annotations

from ontos_tui.tui.terminal.driver import DiffDriver, OntosDriver


def driver_class(drawing: str) -> type[OntosDriver]:
    """How the app is drawn: `plain` as lines for a screen reader, `plain-driver` as Textual does it."""
    if drawing == "plain":
        from ontos_tui.tui.plain import PlainDriver

        return PlainDriver
    return OntosDriver if drawing == "plain-driver" else DiffDriver
