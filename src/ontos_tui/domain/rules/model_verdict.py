"""Whether a model is worth using, in one line: what it gets right, beside what one constant answer gets right.

The same line stands everywhere a model is mentioned, so that nobody sees a score without what it means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from pydantic import ValidationError

from ontos_tui.domain.evaluation import Evaluation, FieldScore
from ontos_tui.domain.rules.labels_needed import LabelsNeeded, labels_needed
from ontos_tui.domain.text.numbers import distinct, significant

SCALE = 100
"""Counts of so many tested pairs or more are said out of a hundred, smaller ones as they are."""
QUOTED = 24
"""Characters of a constant answer that are quoted."""
NAMED = 2
"""Fields that fail, of those that are named."""
RIGHT = ("accuracy", "exact match")
"""Metrics that are the share of right answers."""
OFF_BY = "mean absolute error"


class Evaluated(Protocol):
    """What has an evaluation as it is stored: a model version."""

    evaluation: dict[str, Any]


class Level(StrEnum):
    """What the tested pairs show of a model, beside the best constant answer."""

    NOT_USABLE = "not usable yet"
    NOT_CERTAIN = "better, but not certain"
    BETTER = "better"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Verdict:
    """A model in one line.

    `level` is that of its first field, and `score` the shortest form of its score; `failing` are other fields that are
    not usable yet.
    """

    level: Level
    text: str
    score: str
    failing: tuple[str, ...] = ()

    @property
    def sign(self) -> str:
        """A glyph for it: works, works in part or perhaps, does not work."""
        return self._sign_and_style[0]

    @property
    def style(self) -> str:
        """The name of the color that goes with the glyph."""
        return self._sign_and_style[1]

    @property
    def _sign_and_style(self) -> tuple[str, str]:
        in_part = self.level is Level.BETTER and bool(self.failing)
        return level_sign(Level.NOT_CERTAIN if in_part else self.level)


def level_sign(level: Level) -> tuple[str, str]:
    """A glyph for a level, and the name of the color that goes with it."""
    return _SIGNS[level]


_SIGNS = {
    Level.NOT_USABLE: ("✗", "bad"),
    Level.NOT_CERTAIN: ("◐", "warn"),
    Level.BETTER: ("✓", "good"),
    Level.NOT_MEASURED: ("○", "muted"),
}


def verdict_of(model: Evaluated) -> Verdict:
    """The verdict on a model version. One without a readable evaluation has not been measured."""
    try:
        return model_verdict(Evaluation.model_validate(model.evaluation))
    except ValidationError:
        return _UNMEASURED


def verdict_line(model: Evaluated) -> str:
    """The verdict with its glyph in front."""
    verdict = verdict_of(model)
    return f"{verdict.sign} {verdict.text}"


def short_verdict(model: Evaluated) -> str:
    """The score of the headline field with the verdict's glyph: "✗ right 24 of 100"."""
    verdict = verdict_of(model)
    return f"{verdict.sign} {verdict.score}"


def model_verdict(evaluation: Evaluation) -> Verdict:
    """The verdict on what was measured: the headline field, what is missing, and the other fields that fail."""
    if not evaluation.scores:
        return _UNMEASURED
    headline, *others = evaluation.scores
    level = field_level(headline)
    failing = tuple(score.field for score in others if field_level(score) is Level.NOT_USABLE)
    name = f"{headline.field} " if others else ""
    parts = [f"{level.capitalize()}: {name}{score_sentence(headline)}"]
    if headline.rough:
        parts.append(f"{tested_units(headline)}: rough")
    if level is not Level.BETTER and (more := _labels_needed(evaluation)) is not None:
        parts.append(str(more))
    if failing:
        parts.append(f"{_names(failing)}: {Level.NOT_USABLE}")
    return Verdict(level, ". ".join(parts), short_score(headline), failing)


_UNMEASURED = Verdict(Level.NOT_MEASURED, f"{Level.NOT_MEASURED.capitalize()}: no pair was tested", "not measured")


def field_level(score: FieldScore) -> Level:
    """What the tested pairs show of one field; for certain only where the whole interval is beyond the baseline."""
    if beats_baseline(score):
        return Level.BETTER
    better = score.value > score.baseline if score.higher_is_better else score.value < score.baseline
    return Level.NOT_CERTAIN if better else Level.NOT_USABLE


def beats_baseline(score: FieldScore) -> bool:
    """Whether a field is predicted better than by the best constant answer, by more than chance explains."""
    if score.gain_low is not None:
        return score.gain_low > 0
    # Scores of earlier releases have no interval of the gain: their own interval must lie beyond the baseline.
    return score.low > score.baseline if score.higher_is_better else score.high < score.baseline


def score_sentence(score: FieldScore) -> str:
    """A score beside its baseline: "right 24 of 100; always 'none' is right 47 of 100"."""
    if score.metric in RIGHT:
        return _right_sentence(score)
    value, baseline = distinct(score.value, score.baseline)
    if score.metric == OFF_BY and score.baseline == 0 and score.n:
        return f"all {score.n:,} tested pairs have {_same_answer(score)}; label other answers too"
    if score.metric == OFF_BY:
        reference = f"{constant_answer(score)} is off by {with_unit(baseline, score)}"
        return f"off by {with_unit(value, score)} on average; {reference}"
    return f"{score.metric} {value}; {constant_answer(score)} reaches {baseline}"


def short_score(score: FieldScore) -> str:
    """A score for a narrow place: "right 24 of 100" or "off by 4.2"."""
    if score.metric in RIGHT:
        return f"right {_of(_correct(score), score.n)}"
    value = with_unit(significant(score.value), score)
    return f"{'off by' if score.metric == OFF_BY else score.metric} {value}"


def with_unit(number: str, score: FieldScore) -> str:
    """A number of the field with the unit that its column has: "3.2 mm"; as it is where none is known."""
    return f"{number} {score.unit}" if score.unit else number


def tested_units(score: FieldScore) -> str:
    """What the interval is over: "42 people" or, where rows are independent, "60 pairs"."""
    return counted(score.n, "pair") if score.groups is None else counted(score.groups, score.group_name)


def counted(amount: int, name: str) -> str:
    """`5 units`, `42 batteries`; a column's name that is no word stands behind: `5 groups (unit_nr)`."""
    if not name.isalpha():
        return f"{amount:,} {'group' if amount == 1 else 'groups'}{f' ({name})' if name else ''}"
    return f"{amount:,} {name if amount == 1 else _plural(name)}"


def _plural(name: str) -> str:
    irregular = {"person": "people", "series": "series", "batch": "batches"}
    if name in irregular:
        return irregular[name]
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return name if name.endswith("s") else f"{name}s"


def _right_sentence(score: FieldScore) -> str:
    right, baseline = _correct(score), _baseline_correct(score)
    if baseline == score.n and score.n:
        return f"all {score.n:,} tested pairs have {_same_answer(score)}; label other answers too"
    texts = _of(right, score.n), _of(baseline, score.n)
    if texts[0] == texts[1] and right != baseline:
        texts = f"{right:,} of {score.n:,}", f"{baseline:,} of {score.n:,}"
    return f"right {texts[0]}; {constant_answer(score)} is right {texts[1]}"


def _correct(score: FieldScore) -> int:
    return round(score.value * score.n) if score.correct is None or score.selection else score.correct


def _baseline_correct(score: FieldScore) -> int:
    return round(score.baseline * score.n) if score.baseline_correct is None else score.baseline_correct


def _of(count: int, n: int) -> str:
    """`3 of 5`, or out of a hundred; neither all nor none of them where that is not so."""
    if n < SCALE:
        return f"{count:,} of {n:,}"
    share = round(SCALE * count / n)
    if 0 < count < n:
        share = min(SCALE - 1, max(1, share))
    return f"{share} of {SCALE}"


def constant_answer(score: FieldScore) -> str:
    """The constant answer of the baseline, as the subject of a sentence."""
    answer = score.baseline_answer
    if answer:
        return f"always {with_unit(answer, score)}" if score.metric == OFF_BY else f"always {_quoted(answer)}"
    # Evaluations of earlier releases do not say what it was.
    known = score.baseline_correct is not None or score.gain_low is not None
    return "leaving it empty" if known else "the baseline"


def _same_answer(score: FieldScore) -> str:
    if not score.baseline_answer:
        return "the same answer"
    answer = score.baseline_answer
    return f"the answer {with_unit(answer, score) if score.metric == OFF_BY else _quoted(answer)}"


def _quoted(answer: str) -> str:
    answer = " ".join(answer.split())
    return f"'{answer}'" if len(answer) <= QUOTED else f"'{answer[: QUOTED - 1]}…'"


def _names(fields: Sequence[str]) -> str:
    if len(fields) <= NAMED + 1:
        return ", ".join(fields)
    return f"{', '.join(fields[:NAMED])} and {len(fields) - NAMED} more"


def _labels_needed(evaluation: Evaluation) -> LabelsNeeded | None:
    """How many more labels make the headline field better than its baseline by more than its interval is wide."""
    score = evaluation.headline()
    if score.gain_low is not None and score.gain_high is not None:
        margin = (score.gain_high - score.gain_low) / 2
    else:
        margin = (score.high - score.low) / 2
    target = score.baseline + margin if score.higher_is_better else score.baseline - margin
    if target >= 1 if score.higher_is_better else target <= 0:
        return None  # no number of labels reaches it
    return labels_needed(evaluation.curve, target, higher_is_better=score.higher_is_better)
