"""Templates: drafts, versions, imports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ontos_tui.domain.errors import ConflictError, InvalidInputError, InvalidTemplateError, NotFoundError, OntosError
from ontos_tui.domain.records.pairs import Event, GenerationMode, TrainingSheet
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.services.templates.service import TemplateService
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace

SCHEMA = {"type": "object", "properties": {"verdict": {"enum": ["good", "bad"]}}, "required": ["verdict"]}
FIELDS: dict[str, Any] = {
    "name": "Crystal",
    "label_type": "defect",
    "user_prompt": "Is {{ kind }} good?",
    "output_schema": SCHEMA,
    "use_case": "defects",
}


@pytest.fixture
def templates(workspace: Workspace) -> TemplateService:
    return workspace.generate.templates


def log(workspace: Workspace) -> list[Event]:
    with workspace.store.read() as connection:
        return rows.find(connection, Event)


def test_a_draft_is_made_and_found(workspace: Workspace, templates: TemplateService) -> None:
    created = templates.create(**FIELDS)
    assert (created.version, created.status, created.created_by) == ("1.0.0", TemplateStatus.DRAFT, "ana")
    for ref in ("Crystal", created.id, created.id[:8]):
        assert templates.get(ref) == created
    assert [(event.action, event.actor) for event in log(workspace)] == [("create", "ana")]
    with pytest.raises(NotFoundError):
        templates.get("nothing")


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        ({"user_prompt": "{{ kind"}, InvalidTemplateError, "user prompt"),
        ({"user_prompt": ""}, InvalidInputError, "user_prompt"),
        ({"name": ""}, InvalidInputError, "name"),
        ({"label_type": None}, InvalidInputError, "label_type"),
        ({"output_schema": {"type": "string"}}, InvalidTemplateError, "an object with properties"),
        ({"output_schema": {"type": "object", "properties": {}}}, InvalidTemplateError, "an object with properties"),
        ({"output_schema": {"type": "objekt"}}, InvalidTemplateError, "not a valid JSON schema"),
        (
            {"output_schema": {"type": "object", "properties": {"a": {"type": "array"}}}},
            InvalidTemplateError,
            "'a' .* is an array, but not a span field",
        ),
        ({"output_schema": {"type": "object", "properties": {"a": True}}}, InvalidTemplateError, "'a'"),
        ({"answer_columns": {"truth": "x"}}, InvalidTemplateError, "'truth'.*does not have"),
        ({"color": "red", "id": "x"}, InvalidInputError, "no field 'color', 'id'"),
        ({"status": "published"}, InvalidInputError, "no field 'status'"),
        ({"version": "one"}, InvalidInputError, "'one' is not a valid version"),
    ],
)
def test_a_template_that_cannot_work_is_not_made(
    templates: TemplateService, changes: dict[str, Any], error: type[OntosError], reason: str
) -> None:
    with pytest.raises(error, match=reason) as caught:
        templates.create(**{**FIELDS, **changes})
    assert caught.value.todo
    assert templates.list() == []


def test_a_name_is_taken_once(templates: TemplateService) -> None:
    templates.create(**FIELDS)
    with pytest.raises(ConflictError, match="already"):
        templates.create(**FIELDS)
    with pytest.raises(ConflictError, match="already"):
        templates.create(**FIELDS, version="7.0.0")
    templates.create(**{**FIELDS, "name": "Other"})
    with pytest.raises(ConflictError, match="already"):
        templates.edit("Other", name="Crystal")


def test_a_draft_is_edited_and_the_change_is_logged(workspace: Workspace, templates: TemplateService) -> None:
    created = templates.create(**FIELDS)
    edited = templates.edit("Crystal", guidelines="Look closely.", use_case="defects")
    assert (edited.id, edited.guidelines) == (created.id, "Look closely.")
    event = log(workspace)[-1]
    assert (event.action, event.before, event.after) == ("edit", {"guidelines": ""}, {"guidelines": "Look closely."})
    with pytest.raises(InvalidTemplateError):
        templates.edit("Crystal", user_prompt="{% if %}")
    with pytest.raises(InvalidInputError, match="no field 'version'"):
        templates.edit("Crystal", version="2.0.0")
    assert templates.get("Crystal") == edited


def test_what_is_published_never_changes(templates: TemplateService) -> None:
    templates.create(**FIELDS)
    published = templates.publish("Crystal")
    assert published.status is TemplateStatus.PUBLISHED
    for forbidden in (
        lambda: templates.edit("Crystal", guidelines="x"),
        lambda: templates.publish("Crystal"),
        lambda: templates.delete("Crystal"),
    ):
        with pytest.raises(ConflictError):
            forbidden()
    assert templates.get("Crystal") == published


def test_a_new_version_is_a_draft_with_a_parent(templates: TemplateService) -> None:
    first = templates.create(**FIELDS)
    templates.publish(first.id)
    second = templates.new_version("Crystal")
    assert (second.version, second.parent_id, second.status) == ("1.1.0", first.id, TemplateStatus.DRAFT)
    assert second.user_prompt == first.user_prompt
    templates.edit("Crystal", user_prompt="New {{ kind }}?")
    assert templates.get(first.id).user_prompt == FIELDS["user_prompt"]
    assert templates.new_version(first.id).version == "1.2.0"
    assert templates.get("Crystal").version == "1.2.0"
    assert templates.get("Crystal", "1.0.0").id == first.id
    assert templates.get(second.id, "1.0.0").id == first.id
    with pytest.raises(NotFoundError, match=r"versions are 1\.2\.0, 1\.1\.0, 1\.0\.0"):
        templates.get("Crystal", "9.9.9")


def test_versions_count_as_numbers(templates: TemplateService) -> None:
    templates.create(**FIELDS, version="1.9.0")
    assert templates.new_version("Crystal").version == "1.10.0"
    assert templates.new_version("Crystal").version == "1.11.0"
    assert [template.version for template in templates.list()] == ["1.11.0", "1.10.0", "1.9.0"]


def test_an_archived_version_steps_back(templates: TemplateService) -> None:
    templates.create(**FIELDS)
    templates.publish("Crystal")
    newer = templates.new_version("Crystal")
    templates.archive(newer.id)
    assert templates.get("Crystal").version == "1.0.0"
    assert templates.archive("Crystal").version == "1.0.0"
    assert templates.get("Crystal").version == "1.1.0", "when all are archived, the newest answers"
    with pytest.raises(ConflictError, match="final"):
        templates.archive("Crystal")


def test_a_draft_is_deleted_unless_something_was_made_with_it(workspace: Workspace, templates: TemplateService) -> None:
    created = templates.create(**FIELDS)
    other = templates.create(**{**FIELDS, "name": "Used"})
    with workspace.store.write() as connection:
        sheet = TrainingSheet(
            name="x",
            sheet_id="s",
            template_id=other.id,
            template_version="1.0.0",
            template_snapshot={},
            label_type="defect",
            generation_mode=GenerationMode.MANUAL,
        )
        rows.add(connection, sheet)
    assert templates.delete("Crystal").id == created.id
    with pytest.raises(ConflictError, match="1 training sheet uses"):
        templates.delete("Used")
    assert [template.name for template in templates.list()] == ["Used"]
    event = log(workspace)[-1]
    assert event.action == "delete"
    assert event.before is not None
    assert event.before["user_prompt"] == FIELDS["user_prompt"]


def test_the_list_is_by_name_newest_first_and_searched(templates: TemplateService) -> None:
    for name in ("beta", "Alpha", "gamma"):
        templates.create(**{**FIELDS, "name": name, "use_case": "x" if name == "beta" else ""})
    templates.new_version("beta")
    listed = [(template.name, template.version) for template in templates.list()]
    assert listed == [("Alpha", "1.0.0"), ("beta", "1.1.0"), ("beta", "1.0.0"), ("gamma", "1.0.0")]
    assert {template.name for template in templates.list("AMM")} == {"gamma"}
    assert {template.name for template in templates.list("X")} == {"beta"}


# Import ------------------------------------------------------------------------------------------------------------


def write(path: Path, **changes: Any) -> Path:
    path.write_text(json.dumps({**FIELDS, **changes}))
    return path


def test_the_same_file_twice_is_the_same_template(templates: TemplateService, tmp_path: Path) -> None:
    path = write(tmp_path / "t.json")
    first = templates.import_file(path)
    assert (first.name, first.version, first.status) == ("Crystal", "1.0.0", TemplateStatus.DRAFT)
    assert templates.import_file(path) == first
    published = templates.publish("Crystal")
    assert templates.import_file(path) == published
    assert len(templates.list()) == 1


def test_a_changed_file_is_the_next_version_and_overwrites_nothing(templates: TemplateService, tmp_path: Path) -> None:
    first = templates.import_file(write(tmp_path / "t.json"))
    templates.edit("Crystal", guidelines="by hand")
    second = templates.import_file(write(tmp_path / "t.json", guidelines="from the file"))
    assert (second.version, second.parent_id) == ("1.1.0", first.id)
    assert templates.get("Crystal", "1.0.0").guidelines == "by hand"
    assert templates.import_file(write(tmp_path / "t.json", guidelines="by hand")).id == first.id


def test_a_file_may_name_its_version(templates: TemplateService, tmp_path: Path) -> None:
    assert templates.import_file(write(tmp_path / "t.json", version="2.0.0")).version == "2.0.0"
    assert templates.import_file(write(tmp_path / "t.json", version="3.1.0")).version == "3.1.0"
    with pytest.raises(ConflictError, match=r"t\.json: Version 2\.0\.0"):
        templates.import_file(write(tmp_path / "t.json", version="2.0.0", guidelines="other"))


def test_toml_and_a_byte_order_mark(templates: TemplateService, tmp_path: Path) -> None:
    toml = tmp_path / "t.toml"
    toml.write_text(
        "\ufeff".join(["", 'name = "Crystal"\nlabel_type = "defect"\nuser_prompt = """\nIs {{ kind }} good?"""\n'])
        + '[output_schema]\ntype = "object"\n[output_schema.properties.verdict]\nenum = ["good", "bad"]\n'
    )
    assert templates.import_file(toml).user_prompt == "Is {{ kind }} good?"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "is malformed"),
        ("[1]", "is not a template"),
        ("[" * 100_000, "is malformed"),
        (json.dumps({**FIELDS, "color": 1, "owner": 2}), "no field 'color', 'owner'"),
        (json.dumps({"name": "x"}), "label_type"),
        (json.dumps({**FIELDS, "user_prompt": "{{"}), "user prompt"),
        (json.dumps({**FIELDS, "version": 2}), "version"),
        (json.dumps({**FIELDS, "output_schema": {"type": "object", "properties": {"a": 1}}}), "schema"),
        (json.dumps({**FIELDS, "name": "\ud800"}), "name"),
    ],
)
def test_a_file_that_is_no_template_is_named(
    templates: TemplateService, tmp_path: Path, content: str, reason: str
) -> None:
    (tmp_path / "broken.json").write_text(content)
    with pytest.raises(InvalidInputError, match=reason) as caught:
        templates.import_file(tmp_path / "broken.json")
    assert caught.value.what.startswith("broken.json")
    assert templates.list() == []


def test_a_file_that_is_not_there_is_named(templates: TemplateService, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"nothing\.json cannot be read"):
        templates.import_file(tmp_path / "nothing.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInputError, match=r"bytes\.json is malformed"):
        templates.import_file(tmp_path / "bytes.json")


def test_null_characters_and_emoji_are_kept(templates: TemplateService) -> None:
    created = templates.create(**{**FIELDS, "guidelines": "a\0b 🔬 \u202e"})
    assert templates.get(created.id).guidelines == "a\0b 🔬 \u202e"
