"""The verdict on a model in lines: the same wherever a model is mentioned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ontos_tui.tui.widgets.lines import Line, Span, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import ModelVersion
    from ontos_tui.domain.rules.model_verdict import Verdict


def verdict_of(model: ModelVersion) -> Verdict:
    """The verdict on a model version; what computes it is imported when the first model is shown."""
    from ontos_tui.domain.rules import model_verdict

    return model_verdict.verdict_of(model)


def verdict_lines(verdict: Verdict, width: int, indent: int = 0) -> Iterator[Line]:
    """The verdict, its glyph in front and what does not fit on the line below the words."""
    hang = " " * indent
    first, *rest = wrap(verdict.text, width - indent - 2, verdict.style)
    yield line(hang, span(f"{verdict.sign} ", verdict.style), *first)
    for more in rest:
        yield line(f"{hang}  ", *more)


def verdict_line(model: ModelVersion) -> str:
    """The whole verdict as one text, its glyph in front."""
    verdict = verdict_of(model)
    return f"{verdict.sign} {verdict.text}"


def score_text(model: ModelVersion) -> str:
    """The headline of a model's evaluation with the verdict's glyph: "✗ right 24 of 100"."""
    verdict = verdict_of(model)
    return f"{verdict.sign} {verdict.score}"


def score_cell(model: ModelVersion) -> Span:
    """The same for a narrow column: "✗ 24 of 100", or "✓ 4.2 off"."""
    verdict = verdict_of(model)
    score = verdict.score.removeprefix("right ")
    if score.startswith("off by "):
        score = f"{score.removeprefix('off by ')} off"
    return span(f"{verdict.sign} {score}", verdict.style)
