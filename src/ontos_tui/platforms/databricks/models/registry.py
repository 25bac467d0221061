"""Packed models in Unity Catalog: a version with its files, aliases, tags and a comment.

The files go there by the Files API of the workspace, as MLflow's own client does it where the workspace has switched
that on. Where it has not, they go to the cloud's storage, and MLflow's client, which knows all clouds, sends them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.learning import Progress
from ontos_tui.platforms.databricks.models.registration import RegisteredVersion, registered_name
from ontos_tui.platforms.databricks.workspace_client import Team, explain_sdk_error

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

CHAMPION, CHALLENGER = "champion", "challenger"
"""Aliases: the version that answers, and one that could take its place."""
PAUSE_SECONDS = 3.0
LOOKS = 60
"""Looks at a version until it counts as stuck."""
LONGEST_COMMENT = 4_000
"""Characters of a comment."""
MLFLOW_EXTRA = (
    "Install MLflow's client: pip install 'ontos-tui[mlflow]', or in a clone ONTOS_EXTRAS=databricks,mlflow ./ontos."
)
_API = "/api/2.0/mlflow/unity-catalog"
_BY_FILES = f"{_API}/registered-models:is-databricks-sdk-models-artifact-repository-enabled"


class UnityModels:
    """The registered models of the team's schema."""

    def __init__(self, team: Team, *, wait: Callable[[float], object] = time.sleep) -> None:
        self._team = team
        self._wait = wait

    def register(
        self, name: str, folder: Path, comment: str, tags: Mapping[str, str], progress: Progress
    ) -> RegisteredVersion:
        """A new version of `name` with the files of `folder`. Raises PlatformError, AwayError."""
        client, place = self._team.client, self._team.place
        full_name = registered_name(place.catalog, place.schema, name)
        try:
            self._create_model(client, full_name)
            if self._takes_files(client):
                version = self._by_files(client, full_name, folder, comment, tags, progress)
            else:
                version = _by_mlflow(client, full_name, folder, progress)
                self._annotate(client, full_name, version, comment, tags)
            self._until_ready(client, full_name, version, progress)
            client.registered_models.set_alias(full_name, CHALLENGER, int(version))
        except OSError as error:
            raise explain_sdk_error(error) from error
        return RegisteredVersion(full_name, version)

    def holds(self, place: RegisteredVersion) -> bool:
        """Whether a version is one of the team's schema, and not of another that was set before."""
        return place.model.startswith(f"{self._team.place.catalog}.{self._team.place.schema}.")

    def answers_now(self, place: RegisteredVersion, before: RegisteredVersion | None = None) -> None:
        """Move the alias champion to this version. `before` is the one that answered until now, a challenger again."""
        from databricks.sdk.errors import NotFound

        models = self._team.client.registered_models
        try:
            models.set_alias(place.model, CHAMPION, int(place.version))
            if before is not None and before.model == place.model and before != place:
                models.set_alias(place.model, CHALLENGER, int(before.version))
            else:
                with suppress(NotFound):
                    models.delete_alias(place.model, CHALLENGER)
        except OSError as error:
            raise explain_sdk_error(error) from error

    def annotate(self, place: RegisteredVersion, comment: str, tags: Mapping[str, str]) -> None:
        """Replace the comment of a version, and set tags of it. Raises PlatformError, AwayError."""
        try:
            self._annotate(self._team.client, place.model, place.version, comment, tags)
        except OSError as error:
            raise explain_sdk_error(error) from error

    def _create_model(self, client: WorkspaceClient, full_name: str) -> None:
        from databricks.sdk.errors import AlreadyExists, ResourceConflict

        catalog, schema, name = full_name.split(".")
        with suppress(AlreadyExists, ResourceConflict):  # as at every version but the first
            client.registered_models.create(catalog_name=catalog, schema_name=schema, name=name)

    def _takes_files(self, client: WorkspaceClient) -> bool:
        from databricks.sdk.errors import NotFound

        try:
            said: Any = client.api_client.do("GET", _BY_FILES)
        except NotFound:
            return False
        return bool(isinstance(said, dict) and said.get("is_databricks_sdk_models_artifact_repository_enabled"))

    def _by_files(
        self,
        client: WorkspaceClient,
        full_name: str,
        folder: Path,
        comment: str,
        tags: Mapping[str, str],
        progress: Progress,
    ) -> str:
        body = {
            "name": full_name,
            "source": folder.name,
            "description": comment[:LONGEST_COMMENT],
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
        created: Any = client.api_client.do("POST", f"{_API}/model-versions/create", body=body)
        version = str(created["model_version"]["version"])
        root = f"/Models/{full_name.replace('.', '/')}/{version}"
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        for number, file in enumerate(files, 1):
            with file.open("rb") as content:
                client.files.upload(f"{root}/{file.relative_to(folder).as_posix()}", content, overwrite=True)
            progress.update(number, len(files), f"sending the model to {full_name}")
        client.api_client.do("POST", f"{_API}/model-versions/finalize", body={"name": full_name, "version": version})
        return version

    def _annotate(
        self, client: WorkspaceClient, full_name: str, version: str, comment: str, tags: Mapping[str, str]
    ) -> None:
        client.model_versions.update(full_name, int(version), comment=comment[:LONGEST_COMMENT])
        for key, value in tags.items():
            body = {"name": full_name, "version": version, "key": key, "value": value}
            client.api_client.do("POST", f"{_API}/model-versions/set-tag", body=body)

    def _until_ready(self, client: WorkspaceClient, full_name: str, version: str, progress: Progress) -> None:
        from databricks.sdk.service.catalog import ModelVersionInfoStatus as Status

        for _ in range(LOOKS):
            status = client.model_versions.get(full_name, int(version)).status
            if status in (None, Status.READY):
                return
            if status is Status.FAILED_REGISTRATION:
                break
            progress.update(0, 0, f"registering {full_name} {version}")
            self._wait(PAUSE_SECONDS)
        raise PlatformError(f"{full_name} {version} was not registered in Unity Catalog.", "Deploy the model again.")


def _by_mlflow(client: WorkspaceClient, full_name: str, folder: Path, progress: Progress) -> str:
    """The same by MLflow's own client, which sends the files to the storage of the cloud."""
    try:
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
    except ImportError as error:
        raise PlatformError(
            "This workspace takes the files of models only by the storage of its cloud.", MLFLOW_EXTRA
        ) from error
    progress.update(0, 0, f"sending the model to {full_name}")
    profile = client.config.profile
    uri = "databricks-uc" + (f"://{profile}" if profile else "")
    try:
        created = MlflowClient(registry_uri=uri).create_model_version(full_name, folder.as_uri())
    except (MlflowException, ImportError) as error:  # such as the library of a cloud
        raise PlatformError(f"MLflow could not register {full_name}: {error}", MLFLOW_EXTRA) from error
    return str(created.version)
