"""The keys of GENERATE."""

from __future__ import annotations

from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.generate.template_actions import EDIT_TEMPLATE, MORE_TEMPLATE_COMMANDS

GENERATE_COMMANDS: tuple[Command, ...] = (
    Command("generate.generate", "g", "Generate", "Generate a pair for every item that has none yet; runs as a job"),
    Command(
        "generate.mode", "m", "Mode", "Where answers come from: the model or engine, an existing column, or by hand"
    ),
    Command("generate.sheet", "s", "Sheet", "Choose the sheet"),
    Command("generate.template", "t", "Template", "Choose the template"),
    EDIT_TEMPLATE,
    Command("generate.limit", "x", "Limit", "Generate pairs for the first items only"),
    Command("generate.import_template", "i", "Import template", "Read a template from a JSON or TOML file"),
    Command(
        "generate.preview", "p", "Preview again", "Propose answers for the first five items once more", shown=False
    ),
    Command("generate.failures", "f", "Failures", "The items that the last run gave no answer, and why", shown=False),
    Command(
        "generate.examples",
        "E",
        "Examples",
        "The labeled examples that are shown when answers are proposed: look, add, remove",
        shown=False,
    ),
    Command("generate.guidelines", "v", "Guidelines", "How to decide, as the template says", shown=False),
    Command(
        "generate.next_preview",
        "right",
        "Next preview",
        "The next of the previewed pairs",
        shown=False,
        action="step(1)",
    ),
    Command(
        "generate.previous_preview",
        "left",
        "Previous preview",
        "The previewed pair before",
        shown=False,
        action="step(-1)",
    ),
    *MORE_TEMPLATE_COMMANDS,
)
