"""Saved views: kept as they were, opened like any list, told to all; and the order by likeness."""

from __future__ import annotations

import pytest

from builders.severity import MAJOR, MINOR, sheet_record, unlabeled_sheet
from ontos_tui.domain.errors import InvalidInputError, NotFoundError, NotReadyError
from ontos_tui.domain.records.labeling import HintKind, SavedView, TaskItem
from ontos_tui.domain.records.pairs import Event, LabelingMode, QAPair, Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.label.saved_views import View, ViewService
from ontos_tui.services.label.service import Decision, LabelService, QueueFilter, QueueSort
from ontos_tui.services.label.similar_items import similar_labeled_items
from ontos_tui.services.label.task_service import task_decisions
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store

EVERYTHING = QueueFilter(
    status=PairStatus.UNLABELED,
    text="shift 1",
    source=LabelingMode.AI_GENERATED,
    label=("severity", "minor"),
    below=0.95,
    hint=HintKind.SUSPECT,
    like="item-3",
)


@pytest.fixture
def views(store: Store) -> ViewService:
    """The service of `ana`."""
    return ViewService(store, "ana")


@pytest.mark.parametrize(
    ("wanted", "sort"),
    [
        (QueueFilter(), QueueSort.OLDEST),
        (EVERYTHING, QueueSort.SIMILAR),
        (QueueFilter(label=("sure", False)), QueueSort.ORDER),
        (QueueFilter(label=("depth", 0), below=0.0), QueueSort.LEAST_SURE),
    ],
)
def test_a_view_comes_back_as_it_was_saved(
    views: ViewService, store: Store, wanted: QueueFilter, sort: QueueSort
) -> None:
    sheet = unlabeled_sheet(store, 3)
    saved = views.save(sheet.id, " Night shift ", wanted, sort)
    assert saved == View("Night shift", wanted, sort, "ana")
    assert views.get(sheet.name, "Night shift") == saved
    assert views.all(sheet.id) == [saved]


def test_a_view_lists_what_its_filter_lists(views: ViewService, store: Store) -> None:
    sheet = unlabeled_sheet(store, 12)
    label = LabelService(store, "ana")
    wanted = QueueFilter(text="shift 1", status=PairStatus.UNLABELED)
    views.save(sheet.id, "one", wanted, QueueSort.ORDER)
    label.decide([Decision(label.open(sheet.id)[0].id, Verdict.APPROVE)])
    view = views.get(sheet.id, "one")
    assert [row.item_ref for row in label.open(sheet.id, view.filter, view.sort)] == ["item-4", "item-7", "item-10"]


def test_saving_again_replaces_and_deleting_takes_away_with_a_trace(views: ViewService, store: Store) -> None:
    sheet, other = unlabeled_sheet(store, 1), unlabeled_sheet(store, 1)
    views.save(sheet.id, "b", QueueFilter(text="x"), QueueSort.ORDER)
    views.save(sheet.id, "b", QueueFilter(text="y"), QueueSort.OLDEST)
    views.save(sheet.id, "A", QueueFilter(), QueueSort.ORDER)
    views.save(other.id, "b", QueueFilter(), QueueSort.ORDER)
    assert [(one.name, one.filter.text, one.sort) for one in views.all(sheet.id)] == [
        ("A", "", QueueSort.ORDER),
        ("b", "y", QueueSort.OLDEST),
    ]
    views.delete(sheet.id, "b")
    assert [one.name for one in views.all(sheet.id)] == ["A"]
    assert [one.name for one in views.all(other.id)] == ["b"], "a view is of one training sheet"
    with pytest.raises(NotFoundError, match="no saved view 'b'"):
        views.delete(sheet.id, "b")
    with store.read() as connection:
        events = rows.find(connection, Event, equal(entity_type=SavedView.TABLE))
    assert sorted(event.action for event in events) == ["delete", "save", "save", "save", "save"]


def test_what_cannot_be_a_view_is_refused(views: ViewService, store: Store) -> None:
    sheet = unlabeled_sheet(store, 1)
    for name in ("  ", "x" * 61):
        with pytest.raises(InvalidInputError, match="not a valid name"):
            views.save(sheet.id, name, QueueFilter(), QueueSort.ORDER)
    with pytest.raises(InvalidInputError, match="No item to compare with"):
        views.save(sheet.id, "like", QueueFilter(), QueueSort.SIMILAR)
    with pytest.raises(InvalidInputError, match="No item to compare with"):
        LabelService(store, "ana").open(sheet.id, sort=QueueSort.SIMILAR)
    with store.write() as connection:
        rows.add(connection, SavedView(training_sheet_id=sheet.id, name="odd", filter={"color": 1}, sort="rainbow"))
    with pytest.raises(InvalidInputError, match="another version"):
        views.get(sheet.id, "odd")


NOTES = [
    "weld seam cracked near the flange",
    "paint faded on the lid",
    "crack in the weld seam, flange side",
    "lid scratched, paint ok",
    "the weld seam near the flange cracked",
    "motor hums",
]


def _noted(store: Store, notes: list[str], prompt: str = "{{ note }}") -> tuple[str, LabelService]:
    sheet = unlabeled_sheet(store, len(notes), user_prompt=prompt)
    with store.write() as connection:
        for pair in rows.find(connection, QAPair, equal(training_sheet_id=sheet.id)):
            rows.change(connection, pair, source_data={"note": notes[pair.sequence_number - 1], "torque": 1})
    return sheet.id, LabelService(store, "ana")


def test_the_most_similar_come_first_and_the_item_itself_before_all(store: Store) -> None:
    sheet_id, label = _noted(store, NOTES)
    queue = label.open(sheet_id, QueueFilter(like="item-3"), QueueSort.SIMILAR)
    found = [row.sequence for row in queue]
    assert found[:3] == [3, 1, 5], "1 and 5 have the same words in another order, so they keep theirs"
    assert sorted(found) == [1, 2, 3, 4, 5, 6]
    assert queue.index_of(queue[4].id) == 4
    label.decide([Decision(queue[0].id, Verdict.APPROVE)])
    narrowed = label.open(sheet_id, QueueFilter(like="item-3", status=PairStatus.UNLABELED), QueueSort.SIMILAR)
    assert [row.sequence for row in narrowed][:2] == [1, 5], "the item need not be in the list"


def test_a_rare_word_is_found_though_no_other_item_of_the_sample_has_it(store: Store) -> None:
    notes = [f"common words about item {'abcdefghijklmnopqrstuvwxyz'[n % 26]} here" for n in range(60)]
    notes[10] += " delamination"
    notes[50] += " delamination"
    sheet_id, label = _noted(store, notes)
    found = [row.sequence for row in label.open(sheet_id, QueueFilter(like="item-11"), QueueSort.SIMILAR)]
    assert found[:2] == [11, 51]


def test_what_tells_labels_apart_weighs_more(store: Store) -> None:
    sheet = unlabeled_sheet(store, 60, user_prompt="{{ torque }} {{ line }}")
    label = LabelService(store, "ana")
    with store.write() as connection:
        for pair in rows.find(connection, QAPair, equal(training_sheet_id=sheet.id)):
            line = "north" if pair.sequence_number % 2 else "south"
            rows.change(connection, pair, source_data={"torque": pair.sequence_number % 7, "line": line})
    ids = [row.id for row in label.open(sheet.id)]
    told = [
        Decision(one, Verdict.EDIT, MAJOR if number % 2 else MINOR) for number, one in enumerate(ids[:40], 1)
    ]  # fmt: skip
    label.decide(told)
    queue = label.open(sheet.id, QueueFilter(like="item-1", status=PairStatus.UNLABELED), QueueSort.SIMILAR)
    nearest = [row.sequence % 2 for row in queue][:10]
    assert nearest == [1] * 10, "the line tells the label, the torque does not"


def test_the_items_of_a_task_are_compared_too(store: Store) -> None:
    sheet = sheet_record(store)
    with store.write() as connection:
        rows.add_many(
            connection,
            (
                TaskItem(
                    task_id="t",
                    job_id="j",
                    sheet_id=sheet.id,
                    item_ref=f"item-{n}",
                    sequence_number=n,
                    source_data={"note": note},
                )
                for n, note in enumerate(NOTES, 1)
            ),
        )
    queue = task_decisions(store, "ana").open("t", QueueFilter(like="item-3"), QueueSort.SIMILAR)
    assert [row.sequence for row in queue][:3] == [3, 1, 5]


def test_without_anything_to_compare_by_it_says_so(store: Store) -> None:
    sheet_id, label = _noted(store, ["same"] * 4)
    with pytest.raises(NotReadyError, match="cannot be sorted by similarity"):
        label.open(sheet_id, QueueFilter(like="item-1"), QueueSort.SIMILAR)
    with pytest.raises(NotFoundError, match="No item 'item-99'"):
        label.open(sheet_id, QueueFilter(like="item-99"), QueueSort.SIMILAR)


def test_labeled_examples_are_the_nearest_ones(store: Store) -> None:
    sheet_id, label = _noted(store, NOTES)
    ids = [row.id for row in label.open(sheet_id)]
    label.decide([Decision(one, Verdict.APPROVE) for one in ids[:4]])
    assert [one.ref for one in similar_labeled_items(store, ids[4], 1)] == ["item-1"]


def test_less_sure_than_goes_by_what_is_shown(store: Store) -> None:
    """A number behind a word is no percentage, so it is not compared with one."""
    sheet = unlabeled_sheet(store, 5)
    said = [("", 0.4), ("", 0.9), ("likely", 0.3), ("unsure", 0.7), ("2 of 5 agree", 0.4)]
    with store.write() as connection:
        pairs = rows.find(connection, QAPair, equal(training_sheet_id=sheet.id), order_by=("sequence_number",))
        for pair, (certainty, confidence) in zip(pairs, said, strict=True):
            rows.change(connection, pair, certainty=certainty, confidence=confidence)
    unsure = LabelService(store, "ana").open(sheet.id, QueueFilter(below=0.5))
    assert [one.sequence for one in unsure] == [1, 4, 5]
