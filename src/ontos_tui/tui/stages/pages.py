"""Pages of a stage: what fills the stage in place of its first view. Each is created on its first visit."""

from __future__ import annotations

from typing import ClassVar

from textual.message import Message

from ontos_tui.tui.stages.base import Page, StageView


class StagePage(Page):
    """One page. It is mounted on its first visit and reloaded whenever the workspace changed.

    Every page has a command `back` among its `OWN_COMMANDS`.
    """

    HELP_TITLE: ClassVar[str] = "On this page"

    class Left(Message):
        """The user is done with this page."""

    def action_back(self) -> None:
        self.post_message(self.Left())


class PagedView(StageView):
    """A stage with pages: `page(NAME)` opens one in place of the first view, which has the class `first`."""

    DEFAULT_CSS = """
    PagedView StagePage { display: none; }
    PagedView StagePage.shown { display: block; }
    PagedView.paged .first { display: none; }
    """

    def make_page(self, name: str) -> StagePage:
        """A page by its name; what it needs is imported on its first visit."""
        raise NotImplementedError

    def focus_first_view(self) -> None:
        """Put the focus where the keys of the first view make sense."""
        raise NotImplementedError

    @property
    def page(self) -> StagePage | None:
        """The page that is open in place of the first view."""
        return next((page for page in self.query(StagePage) if page.has_class("shown")), None)

    async def action_page(self, name: str) -> None:
        """Open a page; another one that is open goes."""
        page = next((page for page in self.query(StagePage) if page.id == f"page-{name}"), None)
        if page is None:
            page = self.make_page(name)
            page.id = f"page-{name}"
            await self.mount(page)
        for other in self.query(StagePage):
            other.set_class(other is page, "shown")
        self.add_class("paged")
        page.reload()
        page.focus_first()
        self.commands_changed()

    def on_stage_page_left(self) -> None:
        """Back to the first view."""
        for page in self.query(StagePage):
            page.remove_class("shown")
        self.remove_class("paged")
        self.reload()
        self.focus_first_view()
        self.commands_changed()
