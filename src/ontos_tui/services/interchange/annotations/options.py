"""How a file with labels is to be read and imported, as far as the file itself does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ontos_tui.domain.file_formats import Newer, Offsets


@dataclass(frozen=True)
class ImportOptions:
    """What a user says about a file.

    `mapping` is from a target (item_ref, a field of the answer, …) to what the file calls it: a column, a key, a
    control, a question. `leave_out` names what is not to be imported. `raw` says that apostrophes before formulas in
    CSV belong to the texts.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    leave_out: frozenset[str] = frozenset()
    offsets: Offsets | None = None
    newer: Newer | None = None
    raw: bool = False
