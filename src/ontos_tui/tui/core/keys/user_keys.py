"""The keys that the settings give to commands, in use; what is wrong with them is shown once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ontos_tui.domain.errors import InvalidInputError, OntosError
from ontos_tui.tui.core.commands import KEY_OVERRIDES, key_clashes


class UserKeys:
    """Puts keys into use for the whole app."""

    def __init__(self, show_error: Callable[[OntosError], None]) -> None:
        self._show_error = show_error
        self._shown: set[str] = set()

    def use(self, keys: Mapping[str, str], problems: Sequence[str]) -> None:
        """Commands have these keys now, by their ids; the footer, the help and the palette show them."""
        KEY_OVERRIDES.clear()
        KEY_OVERRIDES.update(keys)
        for problem in problems:
            self._show_error(InvalidInputError(f"{problem}.", "List all commands: ontos --keys"))
        self.show_clashes()

    def show_clashes(self) -> None:
        """Say once where the settings gave one key to two commands, of those that are imported by now."""
        for clash in key_clashes():
            if clash not in self._shown:
                self._shown.add(clash)
                self._show_error(InvalidInputError(f"{clash}.", "Change one of them in [keys] of settings.toml."))
