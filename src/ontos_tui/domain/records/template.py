"""GENERATE: templates turn a row into chat messages and say what an answer looks like."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from ontos_tui.domain.parts import Part
from ontos_tui.domain.records.base import Audited
from ontos_tui.domain.rules.split import SplitBy
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.domain.schema import Answer, AnswerField, answer_fields
from ontos_tui.domain.spans import with_labels


class Template(Audited):
    """A versioned prompt with an output schema. Published versions never change; a new version is a new record."""

    TABLE: ClassVar[str] = "templates"
    UNIQUE: ClassVar = (("name", "version"),)

    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    label_type: str = Field(
        min_length=1, description="what is decided about an item; labels of one type serve every template of that type"
    )
    system_prompt: str = Field("", description="Jinja2")
    user_prompt: str = Field(min_length=1, description="Jinja2 over the row's columns")
    output_schema: dict[str, Any] = Field(description="JSON schema of the answer, draft 2020-12")
    columns: dict[str, str] = Field(
        default_factory=dict, description="placeholder to source column, where they are not called the same"
    )
    answer_columns: dict[str, str] = Field(
        default_factory=dict, description="answer field to the source column that already holds it"
    )
    feature_columns: list[str] = Field(
        default_factory=list,
        description="columns that a model learns from; empty means those that the prompts name, or all but the "
        "identifying and the answer columns when they name none",
    )
    group_column: str | None = Field(None, description="rows of one group are never split between training and test")
    guidelines: str = Field("", description="how to decide, for the people who label")
    use_case: str = ""
    version: str = "1.0.0"
    parent_id: str | None = None
    status: TemplateStatus = TemplateStatus.DRAFT
    split_by: SplitBy = Field(
        SplitBy.PROPOSED, description="what makes rows one group: values or days of the group column, nothing"
    )
    order_column: str | None = Field(None, description="the time of a row: train on the past, test on the future")

    def fields(self) -> tuple[AnswerField, ...]:
        """The fields of an answer."""
        return answer_fields(self.output_schema)


class Message(dict[str, str]):
    """A chat message: role (system, user or assistant) and content."""

    def __init__(self, role: str, content: str) -> None:
        super().__init__(role=role, content=content)


class Example(Audited):
    """A labeled example that is offered when answers are proposed."""

    TABLE: ClassVar[str] = "example_store"
    UNIQUE: ClassVar = (("label_type", "name"),)

    name: str
    label_type: str
    input: dict[str, Any] = Field(description="fields of a row")
    expected_output: Answer
    explanation: str = ""
    use_case: str = ""
    source: str = "human_authored"
    is_verified: bool = False
    usage_count: int = 0


class LabelClass(Part):
    """One class of a labelset."""

    name: str
    display_name: str = ""
    description: str = ""
    color: str = ""
    hotkey: str = ""


class Labelset(Audited):
    """The classes that people may give, with their names, colors and keys."""

    TABLE: ClassVar[str] = "labelsets"
    UNIQUE: ClassVar = (("name", "version"),)

    name: str = Field(min_length=1)
    description: str = ""
    label_type: str
    field: str = Field(description="the answer field whose values these classes are")
    classes: list[LabelClass] = Field(default_factory=list)
    response_schema: dict[str, Any] = Field(
        default_factory=dict, description="JSON schema of a whole answer; empty means the one field with these classes"
    )
    guidelines: str = Field("", description="how to decide, for the people who label")
    use_case: str = ""
    status: TemplateStatus = TemplateStatus.DRAFT
    version: str = "1.0.0"
    parent_id: str | None = None
    published_at: datetime | None = None

    def answer_schema(self) -> dict[str, Any]:
        """The JSON schema of an answer: the response schema with the classes as the values of their field."""
        names = [one.name for one in self.classes]
        if not self.response_schema:
            return {
                "type": "object",
                "properties": {self.field: {"enum": names}},
                "required": [self.field],
                "additionalProperties": False,
            }
        properties = dict(self.response_schema.get("properties", {}))
        own = properties.get(self.field, {})
        if own.get("type") == "array":
            properties[self.field] = with_labels(own, names)
        else:
            properties[self.field] = {**{key: value for key, value in own.items() if key != "type"}, "enum": names}
        return {**self.response_schema, "properties": properties}
