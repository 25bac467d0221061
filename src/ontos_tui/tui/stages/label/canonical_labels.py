"""LABEL, canonical labels: what is known about each item, corrected, restored, and given without any pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.file_formats import Newer
from ontos_tui.domain.records.pairs import CONFIDENCES
from ontos_tui.domain.rules.governance import badges
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog, ConfirmDialog
from ontos_tui.tui.dialogs.forms.answer_form import schema_check, schema_fields, without_empty
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.label.dialogs.usage_constraints import ConstraintsDialog, when_changed
from ontos_tui.tui.stages.label.import_export import read_path
from ontos_tui.tui.stages.label.import_files import ImportReportDialog
from ontos_tui.tui.stages.label.page import LabelPage
from ontos_tui.tui.stages.label.work import Work, work_of_task
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion
    from ontos_tui.services.canonical.service import LabelFilter, LabelUsage
    from ontos_tui.services.interchange.service import ImportReport
    from ontos_tui.workspace import Workspace


@dataclass(frozen=True)
class Listed:
    """The labels that the filter lets through, as far as they are listed, and how many there are."""

    labels: Sequence[CanonicalLabel]
    count: int
    label_types: Sequence[str]


@dataclass(frozen=True)
class About:
    """One label with what it said before and what depends on it."""

    label: CanonicalLabel
    usage: LabelUsage
    versions: Sequence[CanonicalLabelVersion]


class CanonicalPage(LabelPage):
    """The labels on the left; on the right the one under the cursor, its versions and its use."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        LabelPage.BACK,
        Command(
            "label.canonical.edit", "e,enter", "Edit", "Correct the label; the previous answer is stored as a version"
        ),
        Command(
            "label.canonical.label_new",
            "n",
            "Label items",
            "Label items of a sheet that have no label yet, without pairs",
        ),
        Command("label.canonical.restore", "R", "Restore", "Restore the answer of an earlier version"),
        Command("label.canonical.constrain", "C", "Uses", "What it and its pairs may be used for"),
        Command("label.canonical.delete", "D", "Delete", "Remove it, if nothing uses it"),
        Command("label.canonical.search", "slash", "Search", "List only labels that contain a text", shown=False),
        Command("label.canonical.label_type", "v", "Type", "The next label type, or all", shown=False),
        Command("label.canonical.export", "E", "Export", "Write the labels into a JSONL file", shown=False),
        Command("label.canonical.import", "I", "Import", "Read labels from a JSONL file", shown=False),
    )
    DEFAULT_CSS = """
    CanonicalPage #labels { width: 1fr; }
    CanonicalPage #about-label { width: 1fr; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._type: str | None = None
        self._types: Sequence[str] = ()

    def compose(self) -> ComposeResult:
        yield OneLine(id="found")
        with Horizontal(classes="row"):
            yield Table["CanonicalLabel"](
                [ColumnSpec("item", 0), ColumnSpec("label", 0), ColumnSpec("reused", 6, right=True)],
                _cells,
                empty="Loading…",
                id="labels",
            )
            yield Panel(id="about-label")

    @property
    def table(self) -> Table[CanonicalLabel]:
        """The labels."""
        return self.query_one("#labels", Table)

    @property
    def current(self) -> CanonicalLabel | None:
        """The label under the cursor."""
        return self.table.current

    def focus_first(self) -> None:
        self.table.focus()

    def reload(self) -> None:
        list_filter = self._list_filter()
        self.run_in_background(lambda workspace: _listed(workspace, list_filter), self._show, failed=self._say)

    def _list_filter(self) -> LabelFilter:
        from ontos_tui.services.canonical.service import LabelFilter

        return LabelFilter(label_type=self._type, text=self._text)

    def _show(self, listed: Listed) -> None:
        self._types = listed.label_types
        self.table.set_empty_text(
            "No label matches. Press / for another text, or v for another type."
            if self._text or self._type
            else "No labels yet. Approve pairs in a queue, or press n to label items without pairs."
        )
        here = self.current
        cursor = next((place for place, one in enumerate(listed.labels) if here and one.id == here.id), None)
        self.table.show(listed.labels, cursor=cursor)
        count = f" {listed.count:,} canonical labels"
        more = f", the first {len(listed.labels):,} are listed" if listed.count > len(listed.labels) else ""
        view = ", ".join(filter(None, [self._type, f"with {self._text!r}" if self._text else ""]))
        heading = line(span(count, "strong"), more, span(f"  {view}", "warn"))
        self.query_one("#found", OneLine).show(lambda width: heading)
        self._look()

    def _say(self, error: OntosError) -> None:
        self.query_one("#about-label", Panel).show(lambda width: error_lines(error, width))

    def on_table_moved(self) -> None:
        self._look()

    def on_table_chosen(self) -> None:
        self.action_edit()

    def _look(self) -> None:
        label = self.current
        self.commands_changed()
        if label is None:
            self.query_one("#about-label", Panel).show(lambda width: ())
            return
        self.run_in_background(
            lambda workspace: _about(workspace, label), self._show_about, group="about", failed=self._say
        )

    def _show_about(self, about: About) -> None:
        self.query_one("#about-label", Panel).show(lambda width: _lines(about, width))

    def possible(self, command: str) -> bool:
        if command in ("edit", "restore", "delete", "constrain"):
            return self.is_mounted and self.current is not None
        return True

    def _changed(self, _: object) -> None:
        self.reload()
        self.ontos.refresh_overview()

    def _refused(self, error: OntosError) -> None:
        """Say who changed the label meanwhile, and show what it says now."""
        self.ontos.show_error(error)
        self.reload()

    # Changing

    def action_edit(self) -> None:
        label = self.current
        if label is not None:
            self.run_in_background(
                lambda workspace: workspace.label.canonical_labels.schema(label.id),
                lambda s: self._edit(label, s),
                group="form",
            )

    def _edit(self, label: CanonicalLabel, schema: dict[str, Any]) -> None:
        fields = (*schema_fields(schema, label.label_data), *_remarks(label.confidence, label.notes))

        def done(values: Values | None) -> None:
            if values is not None:
                answer, confidence, notes = _filled(values)
                self.run_in_background(
                    lambda workspace: workspace.label.canonical_labels.edit(
                        label.id, answer=answer, confidence=confidence, notes=notes, expected_version=label.version
                    ),
                    self._changed,
                    group="do",
                    failed=self._refused,
                )

        heading = f"Label of {label.item_ref}"
        self.app.push_screen(FormDialog(heading, fields, check=_answer_check(schema)), done)

    def action_restore(self) -> None:
        label = self.current
        if label is None:
            return

        def choose(versions: Sequence[CanonicalLabelVersion]) -> None:
            if not versions:
                self.ontos.show_message("This label has no earlier version.")
                return
            choices = [
                (f"version {one.version}", f"{_answer_text(one.label_data)} · {one.modified_by}") for one in versions
            ]

            def done(index: int | None) -> None:
                if index is not None:
                    number = versions[index].version
                    self.run_in_background(
                        lambda workspace: workspace.label.canonical_labels.restore(
                            label.id, number, expected_version=label.version
                        ),
                        self._changed,
                        group="do",
                        failed=self._refused,
                    )

            self.app.push_screen(ChooseDialog(f"Restore a version of {label.item_ref}", choices), done)

        self.run_in_background(
            lambda workspace: workspace.label.canonical_labels.versions(label.id), choose, group="versions"
        )

    def action_constrain(self) -> None:
        label = self.current
        if label is not None:
            dialog = ConstraintsDialog(label.item_ref, [label])
            write = lambda change: self.run_in_background(  # noqa: E731
                lambda workspace: workspace.label.constraints.set_label(label.id, change), self._changed, group="do"
            )
            self.app.push_screen(dialog, when_changed(dialog, write))

    def action_delete(self) -> None:
        label = self.current
        if label is None:
            return

        def answered(sure: bool | None) -> None:
            if sure:
                self.run_in_background(
                    lambda workspace: workspace.label.canonical_labels.delete(label.id, expected_version=label.version),
                    self._changed,
                    group="do",
                    failed=self._refused,
                )

        question = f"The label of {label.item_ref} is deleted, unless something uses it. The log keeps its answer."
        self.app.push_screen(ConfirmDialog("Delete this label?", question), answered)

    # Looking

    def action_search(self) -> None:
        def done(values: Values | None) -> None:
            if values is not None:
                self._text = values["text"] or ""
                self.reload()

        field = FormField("text", "Text", self._text or None, hint="in the item, the label or its notes")
        self.app.push_screen(FormDialog("Search", (field,), verb="Search"), done)

    def action_label_type(self) -> None:
        types = [None, *self._types]
        self._type = types[(types.index(self._type) + 1) % len(types)] if self._type in types else None
        self.reload()

    # Labeling without pairs

    def action_label_new(self) -> None:
        self.run_in_background(_choices, self._ask_list, group="choices")

    def _ask_list(self, choices: Sequence[tuple[str, str, str, str]]) -> None:
        if not choices:
            self.ontos.show_message("This needs a sheet (press 1) and a published labelset (esc, then l).")
            return

        def done(index: int | None) -> None:
            if index is not None:
                _, _, sheet_id, labelset_id = choices[index]
                self.post_message(self.Labeling(lambda workspace: _list_of_mine(workspace, sheet_id, labelset_id)))

        shown = [(sheet, labelset) for sheet, labelset, _, _ in choices]
        self.app.push_screen(ChooseDialog("Label the items of which sheet, with which labelset?", shown), done)

    def came_back(self, work_id: str) -> None:
        """A list in which everything is decided has served its purpose; the next one begins with what is left."""

        def hand_in(workspace: Workspace) -> bool:
            done = not workspace.label.task_queue.counts(work_id).unlabeled
            if done:
                workspace.label.jobs.submit(work_id)
            return done

        def show(done: bool) -> None:
            if done:
                self.ontos.show_message("All items of this list are labeled. n: next list")
            self._changed(None)

        self.run_in_background(hand_in, show, group="do")

    # Out and in

    def action_export(self) -> None:
        list_filter = self._list_filter()

        def done(values: Values | None) -> None:
            if values is not None:
                path = values["path"]
                self.run_in_background(
                    lambda workspace: workspace.label.canonical_label_files.export_file(path, list_filter),
                    lambda count: self.ontos.show_message(f"{count:,} labels written to {path}."),
                    group="do",
                )

        field = FormField("path", "File", "labels.jsonl", required=True, hint="~ is your home folder", read=read_path)
        self.app.push_screen(FormDialog("Export the listed labels", (field,), verb="Export"), done)

    def action_import(self) -> None:
        def done(values: Values | None) -> None:
            if values is not None:
                self._import(values["path"])

        field = FormField("path", "File", required=True, hint="as E writes it: one label a line", read=read_path)
        self.app.push_screen(FormDialog("Import labels", (field,), verb="Import"), done)

    def _import(self, path: Path, newer: Newer | None = None) -> None:
        self.run_in_background(
            lambda workspace: workspace.label.canonical_label_files.import_file(path, newer=newer),
            self._imported,
            group="do",
        )

    def _imported(self, report: ImportReport) -> None:
        if report.undecided and not report.refused:
            self.app.push_screen(
                ImportReportDialog(report),
                lambda choice: self._import(report.path, choice) if isinstance(choice, Newer) else None,
            )
            return
        if report.refused:
            problems = "\n".join(str(problem) for problem in report.problems[:8])
            self.ontos.show_error(OntosError(f"Nothing was imported.\n{problems}", "Correct these lines."))
            return
        self.ontos.show_message(f"{report.created:,} new, {report.updated:,} changed, {report.unchanged:,} unchanged.")
        self.reload()


def _listed(workspace: Workspace, list_filter: LabelFilter) -> Listed:
    service = workspace.label.canonical_labels
    return Listed(service.find(list_filter), service.count(list_filter), service.label_types())


def _about(workspace: Workspace, label: CanonicalLabel) -> About:
    service = workspace.label.canonical_labels
    return About(label, service.usage(label.id), service.versions(label.id))


def _list_of_mine(workspace: Workspace, sheet_id: str, labelset_id: str) -> Work:
    return work_of_task(workspace, workspace.label.jobs.my_list(sheet_id, labelset_id).id)


def _choices(workspace: Workspace) -> list[tuple[str, str, str, str]]:
    """Every sheet with every published labelset: names, then ids."""
    published = [one for one in workspace.label.labelsets.all() if one.status is TemplateStatus.PUBLISHED]
    return [
        (sheet.name, f"{one.name} {one.version}", sheet.id, one.id)
        for sheet in workspace.data.sheets.sheets()
        for one in published
    ]


def _remarks(confidence: str, notes: str) -> tuple[FormField, ...]:
    return (
        FormField("label confidence", "Confidence", confidence, CONFIDENCES, required=True),
        FormField("label notes", "Notes", notes or None),
    )


def _filled(values: Values) -> tuple[dict[str, Any], str, str]:
    answer = without_empty({name: value for name, value in values.items() if not name.startswith("label ")})
    return answer, values["label confidence"], values["label notes"] or ""


def _answer_check(schema: dict[str, Any]) -> Any:
    check = schema_check(schema)
    return lambda values: check({name: value for name, value in values.items() if not name.startswith("label ")})


def _cells(label: CanonicalLabel) -> Sequence[object]:
    return (
        label.item_ref,
        _answer_text(label.label_data),
        span(f"{label.reuse_count:,}" if label.reuse_count else "", "muted"),
    )


def _answer_text(answer: dict[str, Any]) -> str:
    return " · ".join(value_text(value) for value in answer.values())


def _lines(about: About, width: int) -> Iterator[Line]:
    label, usage = about.label, about.usage
    restrictions = "  ".join(badge.text for badge in badges(label))
    yield line(span(label.item_ref, "title"), span(f"  {label.label_type}", "muted"))
    if restrictions:
        yield from wrap(f"⛔ {restrictions}  {label.usage_reason}", width, "warn")
    yield EMPTY
    for name, value in label.label_data.items():
        yield line(span(name, "muted", 20), span(value_text(value), "strong"))
    yield EMPTY
    yield from wrap(f"version {label.version} · {label.confidence} confidence · from {label.source}", width, "muted")
    if label.notes:
        yield from wrap(f"note: {label.notes}", width, "accent")
    when = label.updated_at.astimezone().strftime("%Y-%m-%d %H:%M")
    yield line(span(f"by {label.updated_by or label.created_by}, {when}", "muted"))
    yield EMPTY
    sheets = f" in {len(usage.training_sheets)} training sheets" if usage.training_sheets else ""
    yield line(f"used by {usage.pairs:,} pairs{sheets}, in {usage.models:,} models")
    if label.reuse_count:
        yield line(span(f"reused {label.reuse_count:,} times without a review", "good"))
    yield EMPTY
    yield line(span("Earlier versions", "title"))
    if not about.versions:
        yield line(span("none", "muted"))
    for one in about.versions:
        at = one.modified_at.astimezone().strftime("%Y-%m-%d %H:%M")
        yield line(
            span(f"{one.version}", "key", 4), _answer_text(one.label_data), span(f"  {one.modified_by}, {at}", "muted")
        )
