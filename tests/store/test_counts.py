"""The kept counts: as many as there are, through every change, and also in a workspace from before they were kept."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from builders.severity import endpoint_record, model_record, request_record, unlabeled_sheet
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.rules.governance import ALL_USES
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store import counts, migrations, rows
from ontos_tui.store.engine import Store
from tiers import examples

MADE = ("pair_counts", "request_counts")


def kept(store: Store) -> dict[tuple[object, ...], int]:
    with store.read() as connection:
        result = counts.pair_counts(connection)
    return {(one.container_id, one.status, one.auto_approved, one.failed, one.trainable): one.n for one in result}


def counted(store: Store) -> dict[tuple[object, ...], int]:
    with store.read() as connection:
        pairs = rows.find(connection, QAPair)
    return Counter(
        (
            pair.training_sheet_id,
            pair.status,
            pair.was_auto_approved,
            pair.generation_error != "",
            "training" in pair.allowed_uses and "training" not in pair.prohibited_uses,
        )
        for pair in pairs
    )


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(PairStatus),
        "was_auto_approved": st.booleans(),
        "generation_error": st.sampled_from(["", "too hard"]),
        "allowed_uses": st.sampled_from([[], ["training"], ["evaluation", "training"], ["evaluation"]]),
        "prohibited_uses": st.sampled_from([[], ["training"], ["few_shot"]]),
        "notes": st.just("nothing that is counted"),
    },
)


@settings(max_examples=examples(6, 150))
@given(steps=st.lists(st.tuples(st.integers(0, 4), st.one_of(st.none(), CHANGES)), max_size=12))
def test_counts_follow_every_change(steps: list[tuple[int, dict[str, object] | None]]) -> None:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "ontos.db")
        unlabeled_sheet(store, 3)
        unlabeled_sheet(store, 2)
        for which, change in steps:
            with store.write() as connection:
                pairs = rows.find(connection, QAPair)
                if which >= len(pairs):
                    continue
                if change is None:
                    connection.execute("DELETE FROM qa_pairs WHERE id = ?", (pairs[which].id,))
                else:
                    rows.change(connection, pairs[which], **change)
            assert kept(store) == counted(store)
        store.close()


def test_what_was_there_before_is_counted_when_the_counts_come(store: Store) -> None:
    sheet = unlabeled_sheet(store, 4)
    endpoint = endpoint_record(store, model_record(store, sheet))
    request_record(store, endpoint)
    with store.write() as connection:
        for name in MADE:
            connection.execute(f"DROP TABLE {name}")
        result = connection.scalars("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for name in result:
            if name.endswith("counted"):
                connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE qa_pairs SET allowed_uses = ?", (list(ALL_USES),))  # as they were then
        migrations.STEPS[1](connection)
    assert kept(store) == counted(store)
    request_record(store, endpoint)
    with store.read() as connection:
        assert counts.request_counts(connection) == {endpoint.name: 2}
