"""What each step of the wizard says: what happens here, and why, in words of somebody who knows their data."""

from __future__ import annotations

from collections.abc import Mapping

from ontos_tui.services.guide.wizard import Step

ABOUT: Mapping[Step, str] = {
    Step.USE_CASE: (
        "Pick what a model shall do for you. Each comes with made-up, realistic data, so that you can go all the way "
        "once before you use your own."
    ),
    Step.DATA: (
        "The model will learn to judge these rows, one item each. Look whether they are what you expect: it is never "
        "better than what it is shown."
    ),
    Step.TEMPLATE: (
        "The template makes a question of each row and says what answers look like. Change its words until you could "
        "answer it yourself."
    ),
    Step.GENERATE: (
        "Every row becomes a question with a proposed answer. Proposals only save typing: nothing counts before you "
        "have said that it is right."
    ),
    Step.LABEL: (
        "You know what is true: approve what is right, choose or edit what is not. Ten answers are enough for a first "
        "model; more make it better."
    ),
    Step.TRAIN: (
        "The model learns from the answers you approved. It is tested on items it has not seen, beside a baseline "
        "that it must beat."
    ),
    Step.DEPLOY: (
        "An endpoint answers with your model, and every request is logged. Try it on rows it has never seen, and say "
        "where it is wrong."
    ),
}
"""Two sentences each, not more than two lines in 80 cells."""
