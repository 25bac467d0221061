"""IMPROVE's pages through real keys: gaps are found, become tasks, tasks open the queue on their pairs; the curve."""

from __future__ import annotations

from pathlib import Path

from builders.defects import add_pairs, labeled_sheet
from builders.models import train_next
from builders.traffic import rated_answer
from harness import SIZES, open_app
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.serving import Origin
from ontos_tui.domain.rules.states import FeedbackStatus, GapStatus, PairStatus, TaskStatus
from ontos_tui.tui.stages.improve.view import ImproveView
from ontos_tui.workspace import Workspace


def skewed(home: Path) -> TrainingSheet:
    """A served model that is wrong about the south; pairs of both lines are undecided."""
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 0)
        add_pairs(workspace.store, sheet, range(1, 121, 2))
        add_pairs(workspace.store, sheet, range(301, 361, 2), allowed_uses=["evaluation"])
        add_pairs(workspace.store, sheet, range(400, 460, 2), {"defect": "none"}, allowed_uses=["evaluation"])
        add_pairs(workspace.store, sheet, range(500, 520), status=PairStatus.UNLABELED, proposal={"defect": "none"})
        model = train_next(workspace, sheet, "j1")
        workspace.deploy.endpoints.deploy(model.id, "live")
        return sheet


@SIZES
async def test_from_an_empty_page_to_gaps_with_their_evidence(home: Path, size: tuple[int, int]) -> None:
    skewed(home)
    async with open_app(home, size) as user:
        await user.press("7", "g")
        await user.sees("No gap is open.", "Press a to find gaps", "gaps: 0 open")
        await user.press("a")
        await user.sees("Analysis of defects v1", "wrong answers", "No request has been", "gaps: ")
        await user.press("i")
        await user.sees("line = south", "critical", "evidence", "estimate")
        await user.press("escape")
        await user.sees("feedback: 0 in all")


async def test_without_a_model_the_page_says_what_comes_first(home: Path) -> None:
    async with open_app(home) as user:
        await user.press("7", "g", "a")
        await user.sees("No model yet. Train one")
        await user.press("escape", "t")
        await user.sees("No task is open.", "tasks: 0 open")
        await user.press("escape", "v")
        await user.sees("There is no model yet.", "Press 4 and then t to train one.")


async def test_what_a_person_says_about_a_gap_is_kept_and_shown(home: Path) -> None:
    skewed(home)
    async with open_app(home) as user:
        await user.press("7", "g", "a", "i")
        gap = user.app.workspace.improve.gaps.gaps()[0]
        await user.press("v")
        await user.sees("‼ critical", "· low")
        await user.press("end", "enter")
        await user.sees("severity: ", "→ low, by ana")
        assert user.app.workspace.improve.gaps.gap(gap.id).severity.value == "low"
        await user.press("s")
        await user.sees("Status of this gap", "Resolved gaps reopen")
        await user.press("5", "tab")
        await user.type("it is known")
        await user.press("ctrl+s")
        assert user.app.workspace.improve.gaps.gap(gap.id).status is GapStatus.WONT_FIX
        await user.press("o", "end")
        await user.sees("– won't fix", "it is known", "in all")


@SIZES
async def test_a_task_opens_the_queue_on_just_its_pairs(home: Path, size: tuple[int, int]) -> None:
    skewed(home)
    async with open_app(home, size) as user:
        await user.press("7", "g", "a", "i")
        gap = next(one for one in user.app.workspace.improve.gaps.gaps() if "line = south" in one.description)
        await user.until(lambda: user.app.session.extra.get("gap") is not None, "a gap is under the cursor")
        while user.app.session.extra["gap"] != gap.id:
            await user.press("down")
        await user.press("n")
        await user.sees("A task for this gap", "Pairs to decide")
        await user.press("ctrl+s")
        await user.sees("◔ has a task")
        (view,) = user.app.workspace.improve.tasks.tasks()
        assert (view.items, view.task.status) == (10, TaskStatus.PENDING)
        await user.press("t")
        await user.sees("○ pending", "0 of ", "10 pairs are missing found" if size[0] > 100 else "pairs are missing")
        await user.press("enter")
        await user.sees("of one annotation task", "P0500")
        assert "P0501" not in user.text()
        await user.press("a", "escape")
        await user.press("7")
        await user.sees("◑ in progress", "1 of ")
        (view,) = user.app.workspace.improve.tasks.tasks()
        assert (view.done, view.task.status) == (1, TaskStatus.IN_PROGRESS)


async def test_the_desk_lists_everything_again_when_the_sheet_is_opened(home: Path) -> None:
    skewed(home)
    with Workspace(home) as workspace:
        workspace.improve.gaps.analyze()
        gap = next(one for one in workspace.improve.gaps.gaps() if "line = south" in one.description)
        workspace.improve.tasks.create(gap.id, target_record_count=4)
    async with open_app(home) as user:
        await user.press("7", "t", "enter")
        await user.sees("of one annotation task")
        await user.press("escape")
        await user.press("enter")
        await user.settle()
        assert "of one annotation task" not in user.text()


async def test_a_task_is_assigned_moved_and_edited(home: Path) -> None:
    skewed(home)
    with Workspace(home) as workspace:
        workspace.improve.gaps.analyze()
        task = workspace.improve.tasks.create(workspace.improve.gaps.gaps()[0].id, target_record_count=4).task
    async with open_app(home) as user:
        await user.press("7", "t", "a")
        await user.sees("Assign this task")
        await user.type("bo")
        await user.press("ctrl+s")
        await user.sees("◔ assigned", "bo")
        await user.press("m")
        await user.sees("From assigned to", "○ pending", "◑ in progress", "– cancelled")
        await user.press("down", "enter")
        await user.sees("Status: in_progress.", "◑ in progress")
        await user.press("e")
        await user.sees("This task", "Pairs to decide")
        await user.press("escape", "m", "end", "enter")
        await user.sees("tasks: 0 open")
        assert user.app.workspace.improve.tasks.task(task.id).task.status is TaskStatus.CANCELLED
        await user.press("o")
        await user.sees("– cancelled")


@SIZES
async def test_the_curve_shows_each_version_with_its_interval(home: Path, size: tuple[int, int]) -> None:
    sheet = skewed(home)
    with Workspace(home) as workspace:
        add_pairs(workspace.store, sheet, range(600, 700, 2), {"defect": "none"})
        train_next(workspace, sheet, "j2")
    async with open_app(home, size) as user:
        await user.press("7", "v")
        await user.sees(
            "defects defect: accuracy, higher is better", "same 60 held-out pairs", "v1", "v2", "├", "●", "┤"
        )
        one, two = (
            next(line for line in user.text().splitlines() if line.strip().startswith(name)) for name in ("v1", "v2")
        )
        assert one.index("●") < two.index("●")


async def test_a_roll_back_takes_one_key_and_a_yes(home: Path) -> None:
    sheet = skewed(home)
    with Workspace(home) as workspace:
        add_pairs(workspace.store, sheet, range(600, 640, 2))
        model = train_next(workspace, sheet, "j2")
    async with open_app(home) as user:
        await user.press("7")
        await user.sees("defects v2 is trained")
        await user.press("b")
        assert user.app.workspace.deploy.endpoints.endpoint("live").model.version == 1, "there is nothing to go back to"
        await user.press("d", "y")
        await user.sees("look like", "swapped?", "Type a reason")  # the new labels contradict what v1 learned
        await user.type("the west line is labeled anew")
        await user.press("ctrl+s")
        await user.sees("live answers with defects v2")
        await user.press("b")
        await user.sees("Roll back to defects v1?", "instead of defects v2")
        await user.press("y")
        await user.sees("live answers with defects v1")
        assert user.app.workspace.deploy.endpoints.endpoint("live").model.id != model.id


async def test_feedback_is_flagged_filtered_and_done_all_at_once(home: Path) -> None:
    skewed(home)
    with Workspace(home) as workspace:
        rated_answer(workspace, 5, comment="fine")
        rated_answer(workspace, 1, corrected=True, comment="wrong", row=1)
        rated_answer(workspace, 2, comment="wrong too", row=2)
    async with open_app(home) as user:
        await user.press("7")
        await user.sees("feedback: 3 in all", "33% good, mean 2.7 of 3")
        await user.press("f")
        await user.sees("⚑ new", "Flagged.")
        await user.press("slash", "2", "ctrl+s")
        await user.sees("feedback: 2 in all rated 1/2")
        await user.press("m")
        await user.sees("All 2 listed", "Remove flags")
        await user.press("enter")
        await user.sees("2 training pairs are now")
        assert len(user.app.workspace.improve.feedback.feedback(status=FeedbackStatus.CONVERTED)) == 2
        await user.press("slash", "1", "tab", "2", "ctrl+s")
        await user.sees("feedback: 1 in all flagged", "wrong too")
        await user.press("slash", "tab", "1", "ctrl+s")
        await user.sees("feedback: 3 in all")


async def test_a_change_that_comes_meanwhile_does_not_swallow_the_filter(home: Path) -> None:
    skewed(home)
    async with open_app(home) as user:
        await user.press("7")
        view = user.app.stage_view
        assert isinstance(view, ImproveView)
        view.action_filter()
        view.reload()
        await user.sees("Filter")


async def test_hostile_values_in_gaps_and_tasks_reach_no_terminal(home: Path) -> None:
    hostile = "w\x1b[2Jest\u202e\x1b]52;c;AAAA\x07"
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 60)
        model = train_next(workspace, sheet, "j1")
        workspace.deploy.endpoints.deploy(model.id, "live")
        workspace.deploy.endpoints.query("live", [{"voltage": 5.0, "line": hostile}] * 5, origin=Origin.CLI)
        workspace.improve.gaps.analyze()
        (gap,) = workspace.improve.gaps.gaps()
        workspace.improve.tasks.create(gap.id, title=hostile, assignee=hostile, instructions=hostile)
    async with open_app(home) as user:
        await user.press("7", "g")
        await user.sees("new values", "5 requests have")
        for key in ("t", "escape", "v"):
            assert not set("\x1b\x07\u202e") & set(user.text())
            await user.press(key)
        assert not set("\x1b\x07\u202e") & set(user.text())


async def test_gaps_that_begin_alike_are_told_apart_at_80_columns(home: Path) -> None:
    skewed(home)
    async with open_app(home, (80, 24)) as user:
        await user.press("7", "g", "a", "i")
        gaps = user.app.workspace.improve.gaps.gaps()
        await user.sees(f"gaps: {len(gaps)} open")
        edge = user.app.screen.query_one("#about-gap").region.x
        rows = [row[:edge].strip("▌ ") for row in user.text().splitlines()[4 : 4 + len(gaps)]]
        assert all(rows), rows
        assert len(set(rows)) == len(gaps), rows
        assert all(row.rstrip()[-6:] in gap.description for row, gap in zip(rows, gaps, strict=True))
