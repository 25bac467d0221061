"""A form that shows, while one types, what would become of its values, and that closes only when that was done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import Line, Panel, fit, line, span, wrap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ontos_tui.workspace import Workspace

T = TypeVar("T")
ADDED = "added"
"""In the values that the form gives: what was added."""
CELLS = 14
"""Cells of a value in a preview at most."""


class LiveForm(FormDialog, BackgroundMixin, Generic[T]):
    """`look` says what the values would give, `lines` how that is shown, `add` does it. One look runs at a time; what
    is typed meanwhile is looked at next. Where `add` fails, the form stays as it was filled in, with the reason."""

    LEAST_EVIDENCE: ClassVar[int] = 8

    def __init__(
        self,
        heading: str,
        fields: Sequence[FormField],
        *,
        look: Callable[[Workspace, Values], T],
        lines: Callable[[T, int], Iterable[Line]],
        add: Callable[[Workspace, Values], Any],
        verb: str,
    ) -> None:
        super().__init__(heading, fields, verb=verb, evidence=self._evidence_lines)
        self._look_at, self._lines, self._add = look, lines, add
        self._result: T | OntosError | None = None
        self._open: Sequence[str] = ()
        self._runs = self._again = False

    def on_mount(self) -> None:
        super().on_mount()
        self._look()

    def _coming_back(self, callback: Callable[[Values | None], Any]) -> Callable[[Values | None], Any]:
        return callback  # what was added is there: a later failure is not this form's

    def _changed(self) -> None:
        super()._changed()
        self._look()

    def _look(self) -> None:
        """See what the present values would give; what is missing or wrong is said instead."""
        values, self._open = self._values()
        if self._open:
            self._result = None
            self._show_evidence()
            return
        if self._runs:
            self._again = True
            return
        self._runs = True
        look = self._look_at
        self.run_in_background(lambda workspace: look(workspace, values), self._seen, group="look", failed=self._seen)

    def _seen(self, result: T | OntosError) -> None:
        self._runs = False
        if not self._open:
            self._result = result
            self._show_evidence()
        if self._again:
            self._again = False
            self._look()

    def _show_evidence(self) -> None:
        self.query_one("#evidence", Panel).show(self._evidence_lines)
        self.call_after_refresh(self._divide)  # the fields have their rows by then

    def _evidence_lines(self, width: int) -> list[Line]:
        if self._open:
            return wrap("; ".join(self._open), width, "muted")
        if self._result is None:
            return [line(span("Reading and counting…", "accent"))]
        if isinstance(self._result, OntosError):
            return wrap(f"✗ {in_the_form(self._result)}", width, "bad")
        return list(self._lines(self._result, width))

    def action_save(self) -> None:
        values, problems = self._values()
        if problems:
            self._show_problems(problems)
            return
        add = self._add
        self.run_in_background(
            lambda workspace: add(workspace, values),
            lambda added: self.dismiss({ADDED: added}),
            group="add",
            failed=self._refuse,
        )

    def _refuse(self, error: OntosError) -> None:
        self._refusal = in_the_form(error)
        self._divide()


OPTIONS = {
    "--cap": "At most:",
    "--within": "Not further than:",
    "--on KEY or --on KEY=KEY": "KEY, or KEY=KEY",
    "--nearest TIME": "Nearest",
    "--as NAME": "Name",
    "--remove NAME": "Remove in the list of C",
}
"""What the options of the command line are called in these forms."""


def in_the_form(error: OntosError) -> str:
    """What happened and what to do, without options of the command line."""
    what, todo = error.what, error.todo
    for option, name in OPTIONS.items():
        what, todo = what.replace(option, name), todo.replace(option, name)
    return what if "--" in todo else f"{what} {todo}".rstrip()


def preview_lines(
    names: Sequence[str], rows: Sequence[Mapping[str, Any]], width: int, new: Sequence[str]
) -> list[Line]:
    """Rows as a small table, as many columns as there is room for; `new` ones in another color."""
    texts = [[value_text(row.get(name)) for name in names] for row in rows]
    widths = [max([len(name), *(len(row[at]) for row in texts)]) for at, name in enumerate(names)]
    widths = [min(CELLS, cells) for cells in widths]
    shown = next((at for at in range(len(names), 0, -1) if sum(widths[:at]) + 2 * (at - 1) <= width), 1)
    styles = ["accent" if name in new else "text" for name in names]
    head = [span(fit(name, cells) + "  ", "muted") for name, cells in zip(names[:shown], widths, strict=False)]
    body = [
        line(
            *(
                span(fit(text, cells) + "  ", style)
                for text, cells, style in zip(row[:shown], widths, styles, strict=False)
            )
        )
        for row in texts
    ]
    return [line(*head), *body]
