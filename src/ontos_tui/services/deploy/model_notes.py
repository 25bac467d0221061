"""Notes on model versions and their archive: here, and in Unity Catalog for versions that are registered there."""

from __future__ import annotations

from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.text.storable import storable
from ontos_tui.services.deploy.registering import ModelRegistering
from ontos_tui.services.records.model_versions import find_model
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import endpoints as queries

LONGEST_NOTE = 2_000
"""Characters of a note."""


class ModelNotes:
    """What people write about model versions, and which of them lists leave out."""

    def __init__(self, store: Store, actor: str, registering: ModelRegistering | None) -> None:
        self._store = store
        self._actor = actor
        self._registering = registering

    def note(self, ref: str, text: str) -> ModelVersion:
        """Replace the note of a version; an empty one removes it.

        Raises NotFoundError, InvalidInputError for one that is too long. Where the version is registered on Databricks
        the note is written there as well, and AwayError or PlatformError says that it was not; here it is then.
        """
        text = storable(text.strip())
        if len(text) > LONGEST_NOTE:
            raise InvalidInputError(f"A note holds at most {LONGEST_NOTE:,} characters.", "Shorten it.")
        return self._change(ref, "note", note=text)

    def archive(self, ref: str, archived: bool = True) -> ModelVersion:
        """Leave a version out of the lists, or bring it back. Raises ConflictError while it answers somewhere."""
        if archived:
            with self._store.read() as connection:
                model = find_model(connection, ref)
                serving = [one.name for one in queries.endpoints(connection) if one.model_id == model.id]
            if serving:
                raise ConflictError(
                    f"{model.label()} answers at {', '.join(serving)}.", "Deploy another version there first."
                )
        return self._change(ref, "archive" if archived else "unarchive", archived=archived)

    def _change(self, ref: str, action: str, **changes: str | bool) -> ModelVersion:
        with self._store.write() as connection:
            model = find_model(connection, ref)
            before = {name: getattr(model, name) for name in changes}
            if before == changes:
                return model
            changed = rows.change(connection, model, **changes, updated_by=self._actor)
            rows.log(connection, changed, action, self._actor, before=before, after=dict(changes))
        if self._registering is not None:
            self._registering.annotate(changed)
        return changed
