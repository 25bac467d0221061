"""`ontos label views`: filters and orders of the queue, saved under names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ontos_tui.cli.core.output import table
from ontos_tui.cli.core.session import Session, TrainingSheetRef
from ontos_tui.cli.label.decisions import labels
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.labeling import HintKind
from ontos_tui.domain.records.pairs import LabelingMode
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.label.saved_views import View

ViewName = Annotated[str, typer.Argument(metavar="NAME", help="the view's name")]
SORTS = ("order", "least_sure", "most_disagreed", "suspect", "oldest", "varied", "similar")
"""The orders, as services/label/queue.py calls them: to import it takes longer than to print the help."""


def register(_root: typer.Typer) -> None:
    """Nothing to add: the commands joined the group `label` when this module was imported."""


@labels.command("views")
def views(context: typer.Context, training_sheet: TrainingSheetRef) -> None:
    """The saved views of a training sheet: filters and orders of its queue."""
    session = Session.of(context)
    listed = session.workspace.label.views.all(session.training_sheet(training_sheet).id)
    rows = [(one.name, _describe_filter(one), one.sort.value, one.created_by) for one in listed]
    empty = "No saved views. Save one: `ontos label save-view TRAINING_SHEET NAME --status unlabeled`"
    session.show(
        [_as_json(one) for one in listed], lambda: table(("view", "filter", "order", "created by"), rows, empty)
    )


@labels.command("save-view")
def save_view(
    context: typer.Context,
    training_sheet: TrainingSheetRef,
    name: ViewName,
    status: Annotated[PairStatus | None, typer.Option("--status", help="only pairs in this state")] = None,
    text: Annotated[str, typer.Option("--text", help="in the item's name, fields, answers or notes")] = "",
    source: Annotated[LabelingMode | None, typer.Option("--source", help="where the answer comes from")] = None,
    label: Annotated[str, typer.Option("--label", help="FIELD=VALUE of the answer, or else of the proposal")] = "",
    below: Annotated[float | None, typer.Option("--below", min=0, max=1, help="less sure than this, 0 to 1")] = None,
    hint: Annotated[HintKind | None, typer.Option("--hint", help="with this hint")] = None,
    sort: Annotated[str, typer.Option("--sort", help="/".join(SORTS))] = SORTS[0],
    like: Annotated[str, typer.Option("--like", metavar="ITEM", help="sort by similarity to this item")] = "",
) -> None:
    """Save a filter and an order under a name. Open it: `label next --view NAME`, or V in the queue."""
    from ontos_tui.services.label.queue import QueueFilter, QueueSort

    if sort not in SORTS:
        raise InvalidInputError(f"{sort!r} is not a sort order.", f"Choose one of {', '.join(SORTS)}.")
    session = Session.of(context)
    chosen = QueueFilter(
        status=status,
        text=text,
        source=source,
        label=_label(label) if label else None,
        below=below,
        hint=hint,
        like=like,
    )
    order = QueueSort.SIMILAR if like else QueueSort(sort)
    saved = session.workspace.label.views.save(session.training_sheet(training_sheet).id, name, chosen, order)
    session.show(_as_json(saved), lambda: [safe_line(f"{saved.name}: {_describe_filter(saved)}; {saved.sort}")])


@labels.command("delete-view")
def delete_view(context: typer.Context, training_sheet: TrainingSheetRef, name: ViewName) -> None:
    """Delete a saved view; the pairs stay as they are."""
    session = Session.of(context)
    session.workspace.label.views.delete(session.training_sheet(training_sheet).id, name)
    session.show({"deleted": name}, lambda: [safe_line(f"{name}: deleted")])


def _label(text: str) -> tuple[str, Any]:
    field, equals, value = text.partition("=")
    if not (field and equals):
        raise InvalidInputError(f"{text!r} is not FIELD=VALUE.", "Write it as in severity=minor.")
    try:
        return field, json.loads(value)
    except ValueError:  # a word without quotes is a text
        return field, value


def _as_json(view: View) -> dict[str, Any]:
    return {"name": view.name, "filter": view.filter, "sort": view.sort, "created_by": view.created_by}


def _describe_filter(view: View) -> str:
    """A view's filter in words."""
    chosen = view.filter
    parts = {
        "status": chosen.status,
        "text": chosen.text or None,
        "source": chosen.source,
        "label": None if chosen.label is None else f"{chosen.label[0]}={chosen.label[1]}",
        "below": chosen.below,
        "hint": chosen.hint,
        "like": chosen.like or None,
    }
    return ", ".join(f"{name} {value}" for name, value in parts.items() if value is not None) or "everything"
