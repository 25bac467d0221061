"""Which sheet of a workbook is read: the only one with cells, the one that is named, or a question."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.reading import Question, ReadingOptions
from ontos_tui.tabular.workbooks import excel_markup, open_document_markup
from ontos_tui.tabular.workbooks.container import OLE, check_container, damaged, explain_damage, locked
from ontos_tui.tabular.workbooks.markup import Markup

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook


MOST_CELLS = 50_000_000
"""Cells of the rectangle that holds all filled ones: they take memory whether they are filled or not."""
SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")


@dataclass(frozen=True)
class Choice:
    """The sheet that is read, by its place, and what is said or asked of the others."""

    place: int
    notes: tuple[str, ...] = ()
    question: Question | None = None


def with_sheet_name(path: Path, options: ReadingOptions) -> ReadingOptions:
    """The decisions with the sheet by its name in the workbook. Raises InvalidInputError when there is none."""
    if not options.sheet or path.suffix.lower() not in SUFFIXES or not path.is_file():
        return options
    check_container(path)
    book = Workbook(path)
    return options.model_copy(update={"sheet": book.names[book.choose(options.sheet).place]})


class Workbook:
    """A workbook that is open; its container was checked."""

    def __init__(self, path: Path, name: str = "") -> None:
        """Raises InvalidInputError when it is damaged or locked. `name` is the user's for it."""
        self._path = path
        self._name = name or path.name
        with path.open("rb") as file:
            self.is_old = file.read(len(OLE)) == OLE
        self._markups: dict[int, Markup] = {}
        with _explained(path):
            self._book: CalamineWorkbook = _opened(path)
            self.names: list[str] = self._book.sheet_names
            self._parts = {} if self.is_old or self.is_open_document else excel_markup.sheet_parts(path)

    @property
    def is_open_document(self) -> bool:
        """Whether it is an .ods file."""
        if self.is_old:
            return False
        with zipfile.ZipFile(self._path) as archive:
            return "content.xml" in archive.namelist()

    def choose(self, given: str) -> Choice:
        """The sheet that is called so, or has that number from 1; without a name the only one that has cells.

        Raises InvalidInputError when there is none.
        """
        if given:
            return Choice(self._named(given), tuple(self._hidden_note(self._named(given))))
        visible = [place for place in range(len(self.names)) if not self._is_hidden(place)]
        filled = [place for place in visible if self._has_cells(place)]
        if not filled:
            others = [place for place in range(len(self.names)) if place not in visible and self._has_cells(place)]
            if not others:
                raise InvalidInputError(f"{self._name} holds no rows.", "Check that it was saved completely.")
            filled = others
        choice = Choice(filled[0], tuple(self._hidden_note(filled[0])))
        if len(filled) == 1:
            return choice
        names = [self.names[place] for place in filled]
        shown = ", ".join(map(repr, names[:20])) + (", …" if len(names) > 20 else "")
        question = Question(
            option="--sheet",
            field="sheet",
            text=f"The workbook has {len(names)} sheets: {shown}. Which one is the table?",
            choices=names,
        )
        return Choice(filled[0], choice.notes, question)

    def sheet(self, place: int) -> CalamineSheet:
        """The cells of a sheet. Raises InvalidInputError when they are damaged, or reach too far."""
        self.markup(place)  # which is to say: read to its end, so that its size is known
        with _explained(self._path):
            return self._book.get_sheet_by_index(place)

    def markup(self, place: int) -> Markup:
        """What the markup of a sheet says; an old workbook (.xls) has none that is looked at."""
        if place not in self._markups:
            self._markups[place] = self._markup(place)
        return self._markups[place]

    def _markup(self, place: int) -> Markup:
        if self.is_old:
            return Markup()
        part = self._parts.get(self.names[place])
        with explain_damage(self._path):
            if self.is_open_document:
                return open_document_markup.sheet_markup(self._path, place)
            if part is None:
                raise damaged(self._path)
            markup = excel_markup.sheet_markup(self._path, part)
            if markup.rows * markup.columns > MOST_CELLS:
                cells, last = excel_markup.cells_reached(self._path, part)
                if cells > MOST_CELLS:
                    raise _too_far(self._name, f"reaches to {last}")
            return markup

    @property
    def tables(self) -> list[str]:
        """The names of all sheets but those of charts and macros."""
        from python_calamine import SheetTypeEnum

        return [sheet.name for sheet in self._book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]

    def _named(self, given: str) -> int:
        if given in self.names:
            return self.names.index(given)
        folded = [name.casefold() for name in self.names]
        if folded.count(given.casefold()) == 1:
            return folded.index(given.casefold())
        if given.isdigit() and 1 <= int(given) <= len(self.names):
            return int(given) - 1
        shown = ", ".join(map(repr, self.names[:20]))
        raise InvalidInputError(f"{self._name} has no sheet {given!r}.", f"Choose one with --sheet: {shown}.")

    def _is_hidden(self, place: int) -> bool:
        from python_calamine import SheetTypeEnum, SheetVisibleEnum

        sheet = self._book.sheets_metadata[place]
        return sheet.visible != SheetVisibleEnum.Visible or sheet.typ != SheetTypeEnum.WorkSheet

    def _has_cells(self, place: int) -> bool:
        part = self._parts.get(self.names[place])
        if part is not None:
            with explain_damage(self._path):
                return excel_markup.has_cells(self._path, part)
        return self.sheet(place).start is not None

    def _hidden_note(self, chosen: int) -> list[str]:
        hidden = [name for place, name in enumerate(self.names) if place != chosen and self._is_hidden(place)]
        if not hidden:
            return []
        what = "1 hidden sheet was" if len(hidden) == 1 else f"{len(hidden)} hidden sheets were"
        return [f"{what} not read: {', '.join(map(repr, hidden[:5]))}{', …' if len(hidden) > 5 else ''}."]


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the library raises into InvalidInputError; it panics over some damaged files."""
    from python_calamine import CalamineError, PasswordError

    with explain_damage(path):
        try:
            yield
        except PasswordError as error:
            raise locked(path) from error
        except CalamineError as error:
            if "limit exceeded" in str(error):
                raise _too_far(path.name, "is too large") from error
            raise damaged(path) from error
        except BaseException as error:
            if type(error).__name__ == "PanicException":
                raise damaged(path) from error
            raise


def _too_far(name: str, what: str) -> InvalidInputError:
    return InvalidInputError(
        f"A sheet of {name} {what}: more than {MOST_CELLS:,} cells.",
        "Delete what stands far away from the table, or save the sheet as CSV.",
    )


def _opened(path: Path) -> CalamineWorkbook:
    """The workbook; by its content where its name says something else."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError:
        raise
    except (CalamineError, OSError) as error:
        try:
            with path.open("rb") as file:
                return CalamineWorkbook.from_filelike(file)
        except CalamineError:
            raise error from None
