"""A sheet that is written with all digits of its numbers. Importing this imports xlsxwriter."""

from __future__ import annotations

from typing import Any

from xlsxwriter.worksheet import Worksheet


class ExactSheet(Worksheet):  # type: ignore[misc]  # xlsxwriter has no types
    """Writes every number so that reading gives the very same one; xlsxwriter rounds to 16 digits."""

    def _xml_number_element(self, number: float, attributes: Any = ()) -> None:
        marks = "".join(f' {name}="{value}"' for name, value in attributes)
        self.fh.write(f"<c{marks}><v>{number!r}</v></c>")
