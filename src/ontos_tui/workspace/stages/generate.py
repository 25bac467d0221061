"""The services of GENERATE."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ontos_tui.workspace.stages.core import Core

if TYPE_CHECKING:
    from ontos_tui.services.generate.service import GenerateService
    from ontos_tui.services.interchange.example_files import ExampleFiles
    from ontos_tui.services.templates.examples import ExampleService
    from ontos_tui.services.templates.service import TemplateService
    from ontos_tui.services.templates.trial import TemplateTrials


class GenerateServices:
    """GENERATE: templates, and the pairs that they make of a sheet."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @cached_property
    def templates(self) -> TemplateService:
        from ontos_tui.services.templates.service import TemplateService

        return TemplateService(self._core.store, self._core.actor)

    @cached_property
    def trials(self) -> TemplateTrials:
        from ontos_tui.services.data.sheets import SheetService
        from ontos_tui.services.templates.trial import TemplateTrials

        catalog = self._core.engines.catalog
        return TemplateTrials(SheetService(self._core.store, catalog, self._core.actor), catalog)

    @cached_property
    def examples(self) -> ExampleService:
        from ontos_tui.services.templates.examples import ExampleService

        return ExampleService(self._core.store, self._core.actor)

    @cached_property
    def example_files(self) -> ExampleFiles:
        from ontos_tui.services.interchange.example_files import ExampleFiles

        return ExampleFiles(self._core.store, self.examples)

    @cached_property
    def generation(self) -> GenerateService:
        from ontos_tui.services.generate.service import GenerateService

        return GenerateService(
            self._core.store, self._core.engines.catalog, self._core.engines.chat, self._core.jobs, self._core.actor
        )
