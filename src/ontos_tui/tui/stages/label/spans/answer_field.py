"""From the desk to the dialog that marks spans, and back with the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.spans import Span, answer_of, describe_spans, valid_spans
from ontos_tui.tui.widgets.lines import Line, line, span

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.domain.schema import AnswerField
    from ontos_tui.tui.core.ports import AppPort
    from ontos_tui.tui.stages.label.work import Work

LONGEST = 100_000
"""Characters of a text in which spans are marked here."""

MOST = 12
"""Spans of one field that the item's panel lists."""


def edit_spans(
    app: AppPort, pair: Decidable, work: Work, draft: Mapping[str, Any], done: Callable[[str, list[Any]], None]
) -> None:
    """Let the user mark the spans of a field of the answer; `done` gets its name and its value, unless they leave."""
    fields = [field for field in work.fields if field.spans is not None]
    if not fields:
        app.show_message("No field of the answer contains spans here. e: edit the answer in a form")
    elif len(fields) == 1:
        _open(app, pair, work, draft, fields[0], done)
    else:
        from ontos_tui.tui.dialogs.choose import ChooseDialog

        def chosen(index: int | None) -> None:
            if index is not None:
                _open(app, pair, work, draft, fields[index], done)

        app.push_screen(ChooseDialog("Spans of which field?", [(one.name, one.description) for one in fields]), chosen)


def span_lines(
    field: AnswerField, value: Any, item: Row, room: int, width: int, *, changed: bool = False
) -> Iterator[Line]:
    """A span field of the item's answer: how many, and each as its label and its text."""
    assert field.spans is not None, "a span field has rules"
    shown = [] if value is None else describe_spans(value, item.get(field.spans.text_field))
    count = "not decided" if value is None else f"{len(shown):,} span{'' if len(shown) == 1 else 's'}"
    yield line(
        " ",
        span(field.name, "muted", room),
        span(count, "muted" if value is None else "strong"),
        span("  ✎ changed" if changed else "", "warn"),
        span("  S: mark spans", "muted"),
    )
    for one in shown[:MOST]:
        yield line(" " * (room + 1), span(one, "text", max(8, width - room - 1)))
    if len(shown) > MOST:
        yield line(" " * (room + 1), span(f"… and {len(shown) - MOST:,} more", "muted"))


def _open(
    app: AppPort,
    pair: Decidable,
    work: Work,
    draft: Mapping[str, Any],
    field: AnswerField,
    done: Callable[[str, list[Any]], None],
) -> None:
    from ontos_tui.tui.stages.label.spans.editor import SpansDialog

    rules = field.spans
    assert rules is not None, "a span field has rules"
    text = pair.source_data.get(rules.text_field)
    if not isinstance(text, str) or not text:
        app.show_message(f"This item has no text in {rules.text_field!r}, so no spans can be marked.")
        return
    if len(text) > LONGEST:
        app.show_message(f"The text has {len(text):,} characters; up to {LONGEST:,} can be marked here.")
        return
    whole = text

    def taken(spans: tuple[Span, ...] | None) -> None:
        if spans is not None:
            done(field.name, answer_of(spans, whole, rules))

    spans, left_out = valid_spans(draft.get(field.name), text, rules)
    if left_out:
        app.show_message(f"{left_out:,} existing spans do not fit the text or the labels, and are left out.")
    heading = f"{field.title or field.name} · {pair.item_ref}"
    dialog = SpansDialog(heading, text, rules, spans, work.classes.get(field.name, ()))
    app.push_screen(dialog, taken)
