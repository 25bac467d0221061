"""The services of DATA."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ontos_tui.workspace.stages.core import Core, file_service, sheet_service

if TYPE_CHECKING:
    from ontos_tui.services.data.derived_tables.computed import ComputedService
    from ontos_tui.services.data.derived_tables.joins import JoinService
    from ontos_tui.services.data.files import FileService
    from ontos_tui.services.data.folder_tables.service import FolderService
    from ontos_tui.services.data.folder_tables.watch import WatchService
    from ontos_tui.services.data.images import ImageService
    from ontos_tui.services.data.quality.service import QualityService
    from ontos_tui.services.data.roles import RoleService
    from ontos_tui.services.data.service import CatalogService
    from ontos_tui.services.data.sheets import SheetService


class DataServices:
    """DATA: files and tables, the sheets over them, and their pictures."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @cached_property
    def catalog(self) -> CatalogService:
        from ontos_tui.services.data.service import CatalogService

        return CatalogService(self._core.store, self._core.engines.catalog)

    @cached_property
    def files(self) -> FileService:
        return file_service(self._core)

    @cached_property
    def folders(self) -> FolderService:
        from ontos_tui.services.data.folder_tables.service import FolderService

        return FolderService(self._core.store, self._core.actor)

    @cached_property
    def watching(self) -> WatchService:
        from ontos_tui.services.data.folder_tables.watch import WatchService

        return WatchService(self._core.store, self.folders, self._core.jobs)

    @cached_property
    def sheets(self) -> SheetService:
        return sheet_service(self._core)

    @cached_property
    def quality(self) -> QualityService:
        from ontos_tui.services.data.quality.service import QualityService

        return QualityService(self._core.store, self._core.engines.catalog, self.files, self.sheets)

    @cached_property
    def roles(self) -> RoleService:
        from ontos_tui.services.data.roles import RoleService

        return RoleService(self.sheets, self._core.engines.catalog)

    @cached_property
    def joins(self) -> JoinService:
        from ontos_tui.services.data.derived_tables.joins import JoinService

        core = self._core
        return JoinService(core.store, core.engines.catalog, core.engines.derivations, core.actor)

    @cached_property
    def computed(self) -> ComputedService:
        from ontos_tui.services.data.derived_tables.computed import ComputedService

        core = self._core
        return ComputedService(core.store, core.engines.catalog, core.engines.derivations, core.actor)

    @cached_property
    def images(self) -> ImageService:
        from ontos_tui.services.data.images import ImageService

        return ImageService(self._core.store)
