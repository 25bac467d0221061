"""Prompts: what a template makes of a row, and that no template gets out, hangs or grows without end."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.errors import InvalidTemplateError
from ontos_tui.domain.records.template import Template
from ontos_tui.services.templates.prompt import MAX_PROMPT, Prompt, check_mapping, feature_columns

SCHEMA = {"type": "object", "properties": {"verdict": {"enum": ["good", "bad"]}}, "required": ["verdict"]}
ROW: dict[str, Any] = {
    "UDI": 7,
    "Air temperature [K]": 300.5,
    "Type": "M",
    "note": None,
    "lines": ["a", None, "b"],
    "key": {"total": 9, "tags": ["x"]},
    "big": "x" * 100_000,
    "T [C]": 1,
    "T (C)": 2,
    "verdict": "good",
}


def template(user: str = "{{ type }}", **fields: Any) -> Template:
    return Template(**{"name": "T", "label_type": "l", "user_prompt": user, "output_schema": SCHEMA, **fields})


def rendered(user: str, **fields: Any) -> str:
    return Prompt(template(user, **fields)).messages(ROW)[-1]["content"]


@pytest.mark.parametrize(
    ("user", "text"),
    [
        ("{{ air_temperature_k }} {{ Type }} {{ type }}", "300.5 M M"),
        ("[{{ note }}]", "[]"),
        ("[{{ 'a' ~ note ~ 1 }}{{ note | upper }}{{ lines | join('/') }}]", "[a1a//b]"),
        ("{{ missing_value }}", "7"),
        ("{% if note is none %}no note{% endif %}", "no note"),
        ("{% for line in lines %}{{ loop.index }}{{ line }}{{ ',' if not loop.last }}{% endfor %}", "1a,2,3b"),
        ("{% for k, v in key.items() %}{{ k }}={{ v }};{% endfor %}", "total=9;tags=['x'];"),
        ("{{ key.total }} {{ key['tags'][0] }} {{ key | tojson }}", '9 x {"total": 9, "tags": ["x"]}'),
        ("{{ type | default('?') | lower }} {{ 3.14159 | round(2) }}", "m 3.14"),
        ("{% set n = udi * 2 + 1 %}{{ n }}", "15"),
        ("{% raw %}{{ type }}{% endraw %} <b> & {# gone #}", "{{ type }} <b> & "),
    ],
)
def test_a_row_is_rendered(user: str, text: str) -> None:
    assert rendered(user, columns={"missing_value": "UDI"}) == text


def test_messages_are_system_user_and_the_answer_as_json() -> None:
    prompt = Prompt(template("{{ type }}", system_prompt="You inspect {{ udi }}."))
    assert prompt.messages(ROW) == [
        {"role": "system", "content": "You inspect 7."},
        {"role": "user", "content": "M"},
    ]
    answer = {"verdict": "gut ä", "why": None}
    assert [message["role"] for message in prompt.messages(ROW, answer)] == ["system", "user", "assistant"]
    assert json.loads(prompt.messages(ROW, answer)[-1]["content"]) == answer
    assert "ä" in prompt.messages(ROW, answer)[-1]["content"]
    assert [message["role"] for message in Prompt(template("x")).messages(ROW)] == ["user"]


def test_rows_of_different_shape_are_rendered_each_by_its_own_columns() -> None:
    prompt = Prompt(template("{{ type }}"))
    assert [prompt.messages(row)[0]["content"] for row in ({"Type": 1}, {"x": 0, "type": 2}, {"Type": 3})] == [
        "1",
        "2",
        "3",
    ]


def test_placeholders_are_found_in_both_prompts_and_mapped() -> None:
    prompt = Prompt(
        template("{{ a }} {% if b %}{{ c }}{% endif %}{% for x in d %}{{ x }}{% endfor %}", system_prompt="{{ e }}")
    )
    assert prompt.placeholders == {"a", "b", "c", "d", "e"}
    assert prompt.unmapped(["A", "b", "C !", "x"]) == ["d", "e"]
    assert Prompt(template("{% for i in range(3) %}{{ loop.index }}{% endfor %}")).placeholders == frozenset()


def test_two_columns_of_one_identifier_form_are_not_guessed() -> None:
    assert Prompt(template("{{ t_c }}")).unmapped(ROW) == ["t_c"]
    mapped = Prompt(template("{{ t_c }}", columns={"t_c": "T (C)"}))
    assert mapped.unmapped(ROW) == []
    assert mapped.messages(ROW)[0]["content"] == "2"


def test_check_mapping_lists_everything_at_once() -> None:
    wrong = template(
        "{{ a }} {{ type }} {{ moved }}",
        columns={"moved": "gone"},
        answer_columns={"verdict": "truth"},
        feature_columns=["Type", "speed"],
        group_column="batch",
    )
    with pytest.raises(InvalidTemplateError) as caught:
        check_mapping(wrong, ROW)
    for part in ("'a' has no column", "'moved'", "'truth'", "'speed'", "'batch'"):
        assert part in caught.value.what
    assert "'Type'" not in caught.value.what
    assert "Air temperature [K]" in caught.value.todo
    check_mapping(template("{{ type }}", answer_columns={"verdict": "verdict"}, feature_columns=["Type"]), ROW)


def test_a_row_that_lacks_a_column_is_told() -> None:
    with pytest.raises(InvalidTemplateError, match="'type' is undefined"):
        Prompt(template("{{ type }}")).messages({"other": 1})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"feature_columns": ["c", "a", "gone"]}, ("a", "c")),
        ({"feature_columns": ["id", "truth"]}, ("id", "truth")),
        ({"user_prompt": "{{ c }} {{ a }}"}, ("a", "c")),
        ({"user_prompt": "{{ id }}: {{ a }}, known: {{ truth }}"}, ("a",)),
        ({"user_prompt": "What is it?"}, ("a", "b", "c")),
        ({"user_prompt": "{{ id }}?"}, ("a", "b", "c")),
        ({"user_prompt": "{{ temp }}", "columns": {"temp": "b"}}, ("b",)),
    ],
)
def test_what_a_model_learns_from(fields: dict[str, Any], expected: tuple[str, ...]) -> None:
    created = template(**{"answer_columns": {"verdict": "truth"}, "user": fields.pop("user_prompt", "x"), **fields})
    assert feature_columns(created, ["id", "a", "b", "c", "truth"], "id") == expected


SYNTAX = ["{{ type", "{% if %}", "{% endfor %}", "{{ type | nofilter }}", "{% unknown %}", "{{ 1 + }}", "{{ }}"]
ESCAPES = [
    "{{ ''.__class__.__mro__ }}",
    "{{ type.__init__.__globals__ }}",
    "{{ type['__class__'] }}",
    "{{ lines.append(1) }}",
    "{{ key.update({}) }}",
    "{{ '{0.__class__}'.format(type) }}",
    "{{ range.__globals__ }}",
    "{{ cycler.__init__ }}",
    "{{ namespace(a=1) }}",
    "{{ lipsum(1) }}",
    "{{ self._TemplateReference__context }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% from 'os' import path %}",
    "{% extends 'base' %}",
    "{{ type | attr('__class__') }}",
    "{{ lines | map('attr', 'x') | list }}",
]
BOMBS = [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in range(9999999999) %}{% endfor %}",
    "{% for a in lines %}" * 12 + "{% endfor %}" * 12,
    "{{ 'x' * 1000000000 }}",
    "{{ [1] * 1000000000 }}",
    "{{ 9 ** 9 ** 9 ** 9 }}",
    "{% set n = 9999999999 %}" + "{% set n = n * n %}" * 40 + "{{ n }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ 'a'.ljust(1000000000) }}",
    "{{ 'a'.replace('', big) }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ 'a' | indent(1000000000) }}",
    "{{ '%s' | format(big) }}",
    "{{ big | replace('x', big) }}",
    "{{ range(90000) | join(big) }}",
    "{{ big }}{{ big }}{{ big }}",
    "{{ big ~ big ~ big }}",
    "{{ big + big + big }}",
    "{% set x = big %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}",
    "{% set x = [1] %}" + "{% set x = [x, x] %}" * 60 + "{{ x }}",
    "{% set x %}{{ big }}{% endset %}{{ x }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% for i in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}",
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "{{ " + "[" * 300 + "]" * 300 + " }}",
    "{{ 1 if " + " and ".join(["type"] * 5000) + " }}",
    "x" * 60_000,
]


@pytest.mark.parametrize("user", [*SYNTAX, *ESCAPES, *BOMBS])
def test_a_template_that_is_malformed_or_reaches_too_far_is_refused(user: str) -> None:
    with pytest.raises(InvalidTemplateError) as caught:
        rendered(user)
    assert caught.value.todo
    assert "object at 0x" not in caught.value.what
    assert ".." not in caught.value.what.replace("…", "")


def test_a_syntax_error_names_the_prompt_and_the_line() -> None:
    with pytest.raises(InvalidTemplateError, match=r"system prompt cannot be used \(line 3\)"):
        Prompt(template("fine", system_prompt="one\ntwo\n{% if %}"))


@pytest.mark.parametrize("user", ["{{ 1 / 0 }}", "{{ type + 1 }}", "{{ udi.x.y }}", "{% for x in udi %}{% endfor %}"])
def test_a_failure_on_one_row_is_told_in_words(user: str) -> None:
    with pytest.raises(InvalidTemplateError, match="user prompt"):
        rendered(user)


def test_a_row_cannot_write_into_the_template() -> None:
    assert Prompt(template("{{ a }}")).messages({"a": "{{ 7 * 7 }}{% for %}"})[0]["content"] == "{{ 7 * 7 }}{% for %}"


def test_hostile_values_pass_as_they_are() -> None:
    value = "\x1b]52;c;AAAA\x07\0\u202e\ud800 <b>&"
    assert Prompt(template("{{ a }}")).messages({"a": value})[0]["content"] == value


def test_the_limit_is_on_the_whole_prompt() -> None:
    prompt = Prompt(template("{{ a }}{{ b }}"))
    assert len(prompt.messages({"a": "x" * (MAX_PROMPT - 1), "b": "y"})[0]["content"]) == MAX_PROMPT
    with pytest.raises(InvalidTemplateError, match="more than 200,000 characters"):
        prompt.messages({"a": "x" * MAX_PROMPT, "b": "y"})


PIECES = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "for",
            "in",
            "if",
            "else",
            "endfor",
            "endif",
            "set",
            "=",
            "a",
            "b",
            "loop",
        ),
        *("|", "join", "upper", "replace", "range", "(", ")", "[", "]", ".", ",", "'x'", "9", "~", "*", "%", "+", "-"),
        *("macro", "endmacro", "items()", "__class__", "text", "\n", "not", "is", "none", "recursive", "block", "raw"),
    ]
)


@given(st.lists(PIECES, max_size=16).map(" ".join))
def test_any_template_is_refused_or_renders(user: str) -> None:
    try:
        messages = Prompt(template(user or "x")).messages({"a": [1, "two", None], "b": {"k": "v"}})
    except InvalidTemplateError:
        return
    assert len(messages[-1]["content"]) <= MAX_PROMPT


def worked_through(user: str) -> str:
    """A prompt over a row with a long note."""
    return Prompt(template(user)).messages({**ROW, "note": "ab c" * 47_500})[-1]["content"]


@pytest.mark.parametrize(
    "user",
    [
        "{% for i in range(20000) %}{{ note | sort | first }}{% endfor %}",
        "{% for i in range(20000) %}{{ note.split('a') | length }}{% endfor %}",
        "{% for i in range(20000) %}{{ note | unique | list | length }}{% endfor %}",
        "{% set many = note | list %}{% for i in range(20000) %}{{ 'é' in many }}{% endfor %}",
        "{% set many = note | list %}{% for i in range(20000) %}{% set other = many %}{% endfor %}x",
        "{% for i in range(20000) %}{{ note.replace }}{{ note | upper | lower | trim | wordcount }}{% endfor %}",
        "{% for i in range(20000) %}{% for letter in note %}{% endfor %}{% endfor %}x",
        "{{ 'é' in note | list }}" * 400,
    ],
    ids=range(8),
)
def test_the_work_on_one_row_is_bounded(user: str) -> None:
    before = time.process_time()
    with pytest.raises(InvalidTemplateError):
        worked_through(user)
    assert time.process_time() - before < 10  # it ends: without a limit these take minutes


def test_a_long_note_may_be_worked_through_a_few_times() -> None:
    assert worked_through("{{ note | trim | length }} {{ note.split(' ') | length }} {{ 'ab' in note }}")
