"""The commands that work everywhere in the app."""

from __future__ import annotations

from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command

APP_COMMANDS: tuple[Command, ...] = (
    *(
        Command(
            f"app.stage.{stage.value}",
            str(stage.number),
            f"Go to {stage.title}",
            f"Stage {stage.number} of 7",
            shown=False,
            action=f"stage('{stage.value}')",
        )
        for stage in Stage
    ),
    Command("app.next_step", "0", "Go to the next step", "The stage that the header recommends", False),
    Command(
        "app.wizard",
        "W",
        "Wizard",
        "Seven guided steps from data to a deployed model; press again to come back",
        False,
    ),
    Command("app.sharing", "Y", "Sharing", "Changes not sent yet, and conflicts with the team", False),
    Command("app.jobs", "J", "Jobs", "Running and past jobs; cancel or resume one", False),
    Command("app.settings", "comma", "Settings", "All settings and where each comes from; change one", False),
    Command("app.backup", "f8", "Back up", "Write the whole workspace to one file; work goes on meanwhile", False),
    Command("app.theme", "f9", "Theme", "Change the colors; the choice is remembered", False),
    Command("app.jump", "ctrl+t", "Jump", "A letter stands at every list and field; pressing it goes there", False),
    Command("app.top", "g", "First row", "To the first row, where the stage has no other meaning for g (home)", False),
    Command("app.redraw", "ctrl+l", "Redraw", "Paint the whole screen again", False),
    Command("app.palette", "ctrl+p,colon", "Commands", "Find any command by typing part of its name"),
    Command("app.help", "question_mark,f1", "Help", "Every key that works here"),
    Command("app.glossary", "f4", "Words", "What baseline, held out, interval and the other words mean", False),
    Command("app.tour", "f6", "Tour", "Two minutes through the seven stages", False),
    Command("app.quit", "q,ctrl+q", "Quit", "Quit; everything is saved, and jobs continue"),
)
