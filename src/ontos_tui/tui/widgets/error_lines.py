"""An error in a panel that has nothing else to show."""

from __future__ import annotations

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.widgets.lines import Line, span, wrap


def error_lines(error: OntosError, width: int) -> list[Line]:
    """What happened and what to do next."""
    return [*wrap(f"✗ {error.what}", width, "bad"), *wrap(error.todo, width), (span(""),)]
