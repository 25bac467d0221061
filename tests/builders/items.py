"""Items that are known by what a test says about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ontos_tui.domain.records.data import Row
from ontos_tui.services.interchange.annotations.conll import squeezed


@dataclass
class KnownItems:
    """Items by their references."""

    rows: dict[str, Row] = field(default_factory=dict)
    problem: str = ""

    def fields(self, refs: Collection[str]) -> Mapping[str, Row] | None:
        """The fields of those of these items that there are."""
        return {ref: self.rows[ref] for ref in refs if ref in self.rows}

    def by_text(self, texts: Collection[str], *, words_only: bool = False) -> Mapping[str, list[str]]:
        """The items that have one of these texts, by the text."""
        items: dict[str, list[str]] = {}
        for ref, row in self.rows.items():
            for value in row.values():
                text = squeezed(str(value)) if words_only else value
                if text in texts:
                    items.setdefault(text, []).append(ref)
        return items
