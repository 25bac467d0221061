"""What each step of the wizard says: what happens here, and why, in the words of a domain expert."""

from __future__ import annotations

from collections.abc import Mapping

from ontos_tui.services.guide.wizard import Step

ABOUT: Mapping[Step, str] = {
    Step.USE_CASE: (
        "Choose what the model should do. Each use case comes with realistic synthetic data, so that you can try all "
        "seven steps before you use your own data."
    ),
    Step.DATA: (
        "The model will learn from these rows; each row is one item. Check that they are what you expect: the model is "
        "never better than its data."
    ),
    Step.TEMPLATE: (
        "The template turns each row into a question and defines the answer's fields. Edit it until you could answer "
        "the question yourself."
    ),
    Step.GENERATE: (
        "Each row becomes a question with a proposed answer. Proposals only save typing: nothing counts until you have "
        "approved it."
    ),
    Step.LABEL: (
        "Approve each answer that is correct; choose or edit the others. 10 labels are enough for a first model; more "
        "make it better."
    ),
    Step.TRAIN: (
        "The model learns from the answers you approved. It is tested on items it has not seen, against a baseline "
        "that it must beat."
    ),
    Step.DEPLOY: (
        "An endpoint serves your model, and every request is logged. Try it on rows it has never seen, and correct "
        "its wrong answers."
    ),
}
"""Two sentences each, not more than two lines in 80 cells."""
