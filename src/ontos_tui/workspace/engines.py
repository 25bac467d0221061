"""The engines of a workspace: catalog, generating model, trainer and serving, here or on the team's Databricks."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.platforms.lazy import lazy
from ontos_tui.settings import Settings
from ontos_tui.store.engine import Store

if TYPE_CHECKING:
    from ontos_tui.platforms.databricks.catalog import UnityCatalog
    from ontos_tui.platforms.databricks.workspace_client import Team
    from ontos_tui.platforms.local.catalog import LocalCatalog
    from ontos_tui.platforms.ports import Catalog, ChatModel, Derivations, Serving, Trainer


class Engines:
    """What the services work with. Each is created on first use: their libraries take seconds to import."""

    def __init__(self, home: Path, settings: Settings, store: Store) -> None:
        self._home = home
        self._settings = settings
        self._store = store

    def close(self) -> None:
        """Close the connections to the team's warehouse, where one was used."""
        for name in ("unity_catalog", "team"):
            if (opened := self.__dict__.get(name)) is not None:
                opened.close()

    @cached_property
    def team(self) -> Team | None:
        """The team's Databricks workspace, when the settings name one."""
        settings = self._settings
        if not (settings.databricks_catalog and settings.databricks_warehouse):
            return None
        from ontos_tui.platforms.databricks.workspace_client import Place, Team

        return Team(Place.of(settings))

    @cached_property
    def catalog(self) -> Catalog:
        """The files of this machine, and the team's tables beside them when the settings name a workspace."""
        return lazy(self._open_catalog)

    def _open_catalog(self) -> Catalog:
        from ontos_tui.services.data.old_names import OldNames

        local = self._local_catalog
        OldNames(self._store, local, self._settings.actor).replace_all()
        if self.unity_catalog is None:
            return local
        from ontos_tui.platforms.routing.catalog import CompositeCatalog

        return CompositeCatalog(local, self.unity_catalog)

    @cached_property
    def _local_catalog(self) -> LocalCatalog:
        from ontos_tui.platforms.local.catalog import LocalCatalog

        return LocalCatalog(self._store)

    @cached_property
    def derivations(self) -> Derivations:
        """What joins tables of this machine and computes columns."""
        from ontos_tui.platforms.local.derivations import LocalDerivations

        return LocalDerivations(self._local_catalog)

    @cached_property
    def unity_catalog(self) -> UnityCatalog | None:
        """The tables of the Databricks workspace, when the settings name one; connected on the first query."""
        if not self._settings.uses_databricks:
            return None
        from ontos_tui.platforms.databricks.catalog import UnityCatalog
        from ontos_tui.platforms.databricks.workspace_client import BROWSE_SECONDS, Place, Team

        return UnityCatalog(Team(Place.of(self._settings), BROWSE_SECONDS))

    @cached_property
    def chat(self) -> ChatModel:
        """What proposes answers: a model of the team's workspace, or the OpenAI-compatible server of the settings, as
        far as they name one; else labeled examples and documents.
        """
        settings = self._settings
        if settings.databricks_model and self.team is not None:
            from ontos_tui.platforms.databricks.chat import FoundationModelChat

            return FoundationModelChat(
                self.team,
                settings.databricks_model,
                concurrency=settings.chat_concurrency,
                batch_from=settings.databricks_batch_from,
            )
        if settings.chat_base_url:
            from ontos_tui.platforms.chat.proposals import OpenAIChat

            return OpenAIChat(settings)
        return lazy(_local_proposals)

    @cached_property
    def trainer(self) -> Trainer:
        """What trains on this machine."""
        return lazy(_local_trainer)

    @cached_property
    def serving(self) -> Serving:
        """What answers for deployed models: this machine, and the team's workspace for models registered there."""
        from ontos_tui.platforms.local.serving import LocalServing

        local = LocalServing(self._home, self.trainer)
        if self.team is None:
            return local
        from ontos_tui.platforms.routing.serving import TeamServing

        return TeamServing(local, self._team_serving)

    def _team_serving(self) -> Serving:
        from ontos_tui.platforms.databricks.serving import DatabricksServing
        from ontos_tui.services.train.fine_tuning import render_messages

        assert self.team is not None
        return DatabricksServing(self.team, render_messages)


def _local_proposals() -> ChatModel:
    from ontos_tui.platforms.local.proposals import LocalProposals

    return LocalProposals()


def _local_trainer() -> Trainer:
    from ontos_tui.platforms.local.trainer import LocalTrainer

    return LocalTrainer()
