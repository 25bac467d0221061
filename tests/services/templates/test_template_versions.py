"""Templates that are edited: their answer as lines, versions that have pairs, two side by side, tried on real rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.severity import SEVERITY_SCHEMA
from ontos_tui.domain.errors import ConflictError, InvalidTemplateError
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.domain.schema import answer_fields
from ontos_tui.services.templates.answer_lines import answer_schema, answer_text
from ontos_tui.services.templates.comparison import Change, LinePair
from ontos_tui.workspace import Workspace
from tiers import examples

LINES = 'result = ok | bad | "1" | 2 | "a|b"\ndepth? = number 0..10\nlayers = integer 1..\nwet? = yes/no\nnote? = text'
WORDS = st.text(min_size=1, max_size=8).filter(lambda text: text == text.strip() and "\n" not in text)


def test_the_fields_of_an_answer_are_lines_and_back() -> None:
    schema = answer_schema(LINES)
    assert answer_text(schema) == LINES
    assert schema["properties"]["result"] == {"enum": ["ok", "bad", "1", 2, "a|b"]}
    assert schema["properties"]["depth"] == {"type": "number", "minimum": 0, "maximum": 10}
    assert schema["required"] == ["result", "layers"]
    described = {**SEVERITY_SCHEMA["properties"]["severity"], "description": "how bad"}
    before = {**SEVERITY_SCHEMA, "properties": {**SEVERITY_SCHEMA["properties"], "severity": described}}
    assert answer_schema(answer_text(before), before) == before, "what was not touched stays, all of it"
    changed = answer_schema("severity = mild | bad", before)["properties"]["severity"]
    assert changed == {"description": "how bad", "enum": ["mild", "bad"]}
    for wrong in ("", "severity", "a = b", "a = ok | bad\na = text", "a = spans: x | y", 'a = {"x": 1} | 2'):
        with pytest.raises(InvalidTemplateError):
            answer_schema(wrong)


@settings(max_examples=examples(30, 500))
@given(st.lists(WORDS | st.integers() | st.booleans(), min_size=2, max_size=4, unique_by=repr))
def test_any_values_are_read_back_as_they_were(values: list[Any]) -> None:
    schema = {"type": "object", "properties": {"x": {"enum": values}}, "required": ["x"]}
    text = answer_text(schema)
    assert len(text.splitlines()) == 1
    (field,) = answer_fields(answer_schema(text))
    assert [repr(one) for one in field.choices] == [repr(one) for one in values]


@pytest.fixture
def plates(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A sheet of three plates, one without a torque, and a draft."""
    (tmp_path / "plates.csv").write_text("plate,torque,result\na,40,ok\nb,,bad\nc,42,ok\n")
    address = workspace.data.files.add_file(tmp_path / "plates.csv").address
    workspace.data.sheets.create_sheet("plates", address, item_id_column="plate")
    workspace.generate.templates.create(
        name="check",
        label_type="check",
        user_prompt="Torque {{ torque }}?",
        output_schema=answer_schema("result = ok | bad"),
    )
    return workspace


def test_a_version_that_has_pairs_never_changes(plates: Workspace) -> None:
    templates = plates.generate.templates
    first = templates.save("check", user_prompt="Torque\n{{ torque }} Nm?")
    assert (first.version, first.status) == ("1.0.0", TemplateStatus.DRAFT), "a draft without pairs is itself changed"
    plates.generate.generation.generate("plates", "check", GenerationMode.MANUAL)
    with pytest.raises(ConflictError, match="has pairs"):
        templates.edit("check", user_prompt="x")
    with pytest.raises(ConflictError, match="under its name"):
        templates.save("check", name="other", user_prompt="x")
    assert templates.save("check", user_prompt=first.user_prompt) == first, "no difference is no version"
    second = templates.save("check", user_prompt="Torque\n{{ torque }}?\nOf {{ plate }}.", guidelines="look")
    assert (second.version, second.parent_id, second.status) == ("1.1.0", first.id, TemplateStatus.DRAFT)
    assert templates.get(first.id).user_prompt == first.user_prompt
    assert [one.version for one in templates.versions("check")] == ["1.1.0", "1.0.0"]
    compared = templates.compare(first, second)
    assert [one.field for one in compared.differences] == ["user_prompt", "guidelines"]
    assert compared.differences[0].lines == (
        LinePair("Torque", "Torque", Change.SAME),
        LinePair("{{ torque }} Nm?", "{{ torque }}?", Change.CHANGED),
        LinePair(None, "Of {{ plate }}.", Change.ADDED),
    )
    assert templates.compare(first, first).differences == ()


def test_a_template_is_tried_on_real_rows_before_it_is_stored(plates: Workspace) -> None:
    templates = plates.generate.templates
    stored = templates.get("check")
    trial = plates.generate.trials.of(templates.edited(stored, {"user_prompt": "{{ torque + 1 }}"}), "plates")
    assert [row.item_ref for row in trial.rows] == ["a", "b", "c"]
    assert [bool(row.error) for row in trial.rows] == [False, True, False] and trial.failed == 1
    assert trial.rows[0].messages[-1]["content"] == "41"
    lost = plates.generate.trials.of(templates.edited(stored, {"user_prompt": "{{ nowhere }}"}), "plates", 1)
    assert [row.error for row in lost.rows] == ["no column for {{ nowhere }}"]
    assert templates.get("check") == stored
