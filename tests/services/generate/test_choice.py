"""What a generation starts from where the user leaves it open."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.services.generate.choice import Selection, complete, next_mode, possible_modes

ONE = {"type": "object", "properties": {"passed": {"type": "boolean"}}}
TWO = {"type": "object", "properties": {"passed": {"type": "boolean"}, "depth": {"type": "number"}}}


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


def a_sheet(id: str, created: int, use_case: str | None = None) -> Sheet:
    return Sheet.model_construct(id=id, name=id, use_case=use_case, created_at=day(created))


def a_template(id: str, created: int, use_case: str | None = None, **columns: object) -> Template:
    values = {"status": TemplateStatus.PUBLISHED, "output_schema": ONE, "answer_columns": {}, **columns}
    return Template.model_construct(id=id, name=id, use_case=use_case, created_at=day(created), **values)


def test_without_a_selection_the_newest_sheet_and_the_template_of_its_use_case_are_meant() -> None:
    sheets = [a_sheet("old", 1), a_sheet("new", 2, "defects")]
    templates = [a_template("fits", 1, "defects"), a_template("newest", 3, "energy"), a_template("also", 2, "energy")]
    choice = complete(Selection(), sheets, templates)
    assert (choice.sheet.id, choice.template.id, choice.mode) == ("new", "fits", GenerationMode.AI)
    assert complete(Selection(sheet_id="old"), sheets, templates).template.id == "newest"


def test_a_template_chosen_for_the_sheet_goes_before_the_sessions() -> None:
    sheets, templates = [a_sheet("s", 1, "defects")], [a_template("a", 1, "defects"), a_template("b", 2, "energy")]
    assert complete(Selection(template_id="b"), sheets, templates).template.id == "a", "b is of another use case"
    chosen = Selection(template_id="a", template_of={"s": "b"})
    assert complete(chosen, sheets, templates).template.id == "b"


def test_an_archived_template_is_only_the_last_resort() -> None:
    sheets, gone = [a_sheet("s", 1)], a_template("gone", 2, status=TemplateStatus.ARCHIVED)
    assert complete(Selection(), sheets, [a_template("a", 1), gone]).template.id == "a"
    assert complete(Selection(), sheets, [gone]).template.id == "gone"


@pytest.mark.parametrize(
    ("columns", "column", "expected"),
    [
        ({}, None, (GenerationMode.AI, None)),  # nobody has said which column
        ({}, "result", (GenerationMode.COLUMN, "result")),
        ({"answer_columns": {"passed": "ok"}}, "result", (GenerationMode.COLUMN, None)),
        ({"output_schema": TWO}, "result", (GenerationMode.AI, None)),  # one column cannot hold two answers
    ],
)
def test_answers_come_from_a_column_only_where_it_is_clear_which(
    columns: dict[str, object], column: str | None, expected: tuple[GenerationMode, str | None]
) -> None:
    template = a_template("a", 1, **columns)
    choice = complete(Selection(mode=GenerationMode.COLUMN, column=column), [a_sheet("s", 1)], [template])
    assert (choice.mode, choice.column) == expected


def test_the_sources_of_answers_follow_each_other() -> None:
    template = a_template("a", 1, output_schema=TWO)
    assert possible_modes(template) == (GenerationMode.AI, GenerationMode.MANUAL)
    assert next_mode(template, GenerationMode.AI) is GenerationMode.MANUAL
    assert next_mode(template, GenerationMode.MANUAL) is GenerationMode.AI
    assert next_mode(a_template("b", 1), GenerationMode.AI) is GenerationMode.COLUMN
