"""Whether a canonical label still says what a person has seen of it, and who changed it if not."""

from __future__ import annotations

from ontos_tui.domain.answers import summary
from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.records.pairs import CanonicalLabel
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.canonical_labels import version

LOOK = "Look at it again. Decide only if you disagree."


def check_label_version(
    connection: Connection, label: CanonicalLabel | None, item_ref: str, expected_version: int | None
) -> None:
    """Raise ConflictError when the label of an item is no longer the version that a person has seen.

    0 is no label; None stands for a person who has not looked.
    """
    if expected_version is None or expected_version == (0 if label is None else label.version):
        return
    if label is None:
        raise ConflictError(f"The label of {item_ref} was removed while you decided.", LOOK)
    by, at = label.updated_by or label.created_by, f"{label.updated_at:%Y-%m-%d %H:%M:%S} UTC"
    if expected_version == 0:
        raise ConflictError(f"{by} gave {item_ref} the label {summary(label.label_data)} at {at}.", LOOK)
    seen = version(connection, label.id, expected_version)
    was, now = None if seen is None else summary(seen.label_data), summary(label.label_data)
    change = f" from {was} to {now}" if was is not None and was != now else ", but not its answer,"
    raise ConflictError(f"{by} changed the label of {item_ref}{change} at {at}.", LOOK)
