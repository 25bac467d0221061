"""Unity Catalog by the real SDK and connector: what is listed, which rows come, and what is said when it goes wrong."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from databricks_statements import COLUMNS, SHAPES, reading, statements
from emulator.databricks.engine import SqlError, Statement
from emulator.databricks.scene import READINGS, Scene
from ontos_tui.domain.errors import AwayError, InvalidInputError, NotFoundError, OntosError, PlatformError
from ontos_tui.domain.records.data import RowQuery, Sampling, TableAddress, Windows
from ontos_tui.platforms.databricks.catalog import NO_KEY, UnityCatalog
from ontos_tui.platforms.databricks.cell_values import plain
from ontos_tui.platforms.databricks.select_sql import column_name
from ontos_tui.platforms.databricks.unity_tags import sheet_tags
from ontos_tui.platforms.databricks.workspace_client import SqlFailedError, Team
from ontos_tui.tabular.row_filter import filter_sql
from pauses import Pauses
from tiers import examples

TABLE = TableAddress.parse(READINGS)
NOTES = TableAddress.parse("team.plant.notes")


@pytest.fixture
def catalog(databricks: Team) -> UnityCatalog:
    return UnityCatalog(databricks)


def refs(catalog: UnityCatalog, query: RowQuery, table: TableAddress = TABLE) -> list[str]:
    return [item.ref for item in catalog.items(table, query)]


@pytest.mark.parametrize("empty_first", [False, True])
def test_the_catalog_is_browsed_level_by_level_through_all_pages(
    scene: Scene, catalog: UnityCatalog, empty_first: bool
) -> None:
    scene.catalog.empty_first = empty_first
    assert [node.address for node in catalog.children()] == ["team", "lab"]
    assert [node.name for node in catalog.children("team")] == ["plant", "default", "information_schema"]
    result = [(node.name, node.kind) for node in catalog.children("team.plant")]
    assert result == [
        ("empty", "table"),
        ("notes", "table"),
        ("pressed", "view"),
        ("readings", "table"),
        ("exports", "volume"),
    ]
    assert list(catalog.children("lab.default")) == []
    assert [address.table for address in catalog.tables()] == ["empty", "notes", "pressed", "readings"]


def test_pages_are_asked_for_only_as_far_as_somebody_looks(scene: Scene, catalog: UnityCatalog) -> None:
    nodes = catalog.children("team.plant")
    next(nodes)
    requested = [path for _, path in scene.workspace.calls if path.endswith("/unity-catalog/tables")]
    assert len(requested) == 1


def test_a_table_whose_name_is_no_address_is_shown_and_says_why(scene: Scene, catalog: UnityCatalog) -> None:
    scene.engine.direct('CREATE TABLE team.plant."2024 sales" (a INTEGER)')
    (odd,) = [node for node in catalog.children("team.plant") if node.name == "2024 sales"]
    assert "not a table address" in odd.problem


def test_values_come_as_json_has_them_and_times_with_their_zone(catalog: UnityCatalog) -> None:
    page = catalog.page(TABLE, RowQuery(item_id_column="id", limit=1))
    assert [item.fields for item in page.items] == [
        {
            "id": "r000",
            "machine": "lathe",
            "Torque [Nm]": 30.0,
            "price": 12.5,
            "at": "2026-01-02T10:00:00+00:00",
            "day": "2026-01-02",
            "ok": False,
            "parts": ["a", "b"],
            "place": {"hall": "north", "row": 3},
        }
    ]
    assert (page.total, page.notes) == (60, ())


def test_items_are_in_order_of_their_id_and_filters_run_in_the_warehouse(scene: Scene, catalog: UnityCatalog) -> None:
    query = RowQuery(item_id_column="id", filter="torque_nm > 40 AND machine = 'lathe'")
    assert refs(catalog, query) == [f"r{number:03}" for number in range(42, 60, 3)]
    assert catalog.page(TABLE, RowQuery(item_id_column="id", filter=query.filter, limit=0)).total == 6
    assert "`Torque [Nm]` > 40" in scene.engine.statements[-1].sql
    assert refs(catalog, RowQuery(item_id_column="id", limit=3, offset=57)) == ["r057", "r058", "r059"]


def test_a_sample_is_the_same_again_and_the_same_as_on_this_machine(catalog: UnityCatalog) -> None:
    query = RowQuery(item_id_column="id", sampling=Sampling.RANDOM, sample_size=7, sample_seed=3)
    every = [f"r{number:03}" for number in range(60)]
    # The local catalog's formula: the lowest hashes of id|seed.
    lowest = sorted(every, key=lambda ref: hashlib.md5(f"{ref}|3".encode()).hexdigest())[:7]
    assert refs(catalog, query) == sorted(lowest) == refs(catalog, query)
    assert catalog.page(TABLE, query).total == 7
    strata = RowQuery(item_id_column="id", sampling=Sampling.STRATIFIED, sample_by="machine", sample_size=15)
    machines = [item.fields["machine"] for item in catalog.items(TABLE, strata)]
    assert (machines.count("lathe"), machines.count("press")) == (5, 10)
    first = RowQuery(item_id_column="id", sampling=Sampling.FIRST, sample_size=3, offset=1)
    assert refs(catalog, first) == ["r001", "r002"]


def test_without_a_key_an_item_is_called_by_its_content(scene: Scene, catalog: UnityCatalog) -> None:
    page = catalog.page(NOTES, RowQuery(limit=10))
    named = {item.ref: item.fields["patient"] for item in page.items}
    assert page.notes == (NO_KEY,)
    twice = [ref for ref, patient in named.items() if patient == "p1"]
    assert len(named) == 4
    assert sorted(twice)[1] == f"{sorted(twice)[0]}#2"
    scene.engine.run("INSERT INTO team.plant.notes VALUES ('p0', 'new')")
    scene.engine.run("DELETE FROM team.plant.notes WHERE patient = 'p3'")
    after = {item.ref: item.fields["patient"] for item in catalog.items(NOTES, RowQuery())}
    assert {ref for ref, patient in after.items() if patient in ("p1", "p2")} <= set(named)
    assert refs(catalog, RowQuery(filter="patient = 'p1'"), NOTES) == sorted(twice)


def test_a_large_table_streams_in_order(scene: Scene, catalog: UnityCatalog) -> None:
    scene.engine.run("CREATE TABLE team.plant.many (n BIGINT)")
    scene.engine.direct("INSERT INTO team.plant.many SELECT * FROM range(5000)")
    address = TableAddress.parse("team.plant.many")
    assert refs(catalog, RowQuery(item_id_column="n"), address) == [str(number) for number in range(5000)]
    stream = catalog.items(address, RowQuery(item_id_column="n"))
    assert next(stream).ref == "0"
    stream.close()
    assert catalog.page(address, RowQuery(item_id_column="n", limit=1)).total == 5000, "the connection is sound"


def test_the_fingerprint_changes_with_the_table(scene: Scene, catalog: UnityCatalog) -> None:
    before = catalog.fingerprint(TABLE)
    assert catalog.fingerprint(TABLE) == before
    scene.engine.run(f"DELETE FROM {READINGS} WHERE id = 'r001'")
    assert catalog.fingerprint(TABLE) != before
    changed = catalog.fingerprint(TABLE)
    for _ in range(25):
        scene.engine.run(f"OPTIMIZE {READINGS}")
    assert catalog.fingerprint(TABLE) == changed, "maintenance moves rows between files and changes none"
    view = TableAddress.parse("team.plant.pressed")
    assert catalog.fingerprint(view) == catalog.fingerprint(view) != ""


def test_tags_of_the_table_its_columns_and_its_schema_are_the_sheets(scene: Scene, catalog: UnityCatalog) -> None:
    assert catalog.tags(NOTES) == ("PII", "PHI", "domain=care")
    assert catalog.tags(TABLE) == ()
    scene.engine.tags["team.plant"] = {"sensitivity": "Confidential"}
    assert catalog.tags(TABLE) == ("CONFIDENTIAL",)
    scene.engine.tags["team"] = {"owner": "ana"}
    assert catalog.tags(TABLE) == ("CONFIDENTIAL", "owner=ana")
    assert catalog.tags(TableAddress.parse("hive_metastore.a.b")) == ()


def test_tags_hold_however_a_name_is_written(catalog: UnityCatalog) -> None:
    assert catalog.tags(TableAddress.parse("Team.Plant.NOTES")) == ("PII", "PHI", "domain=care")


@pytest.mark.parametrize(
    ("result", "tags"),
    [
        ([("pii", "")], ("PII",)),
        ([("PII", "name"), ("level", "phi")], ("PII", "PHI")),
        ([("pii", "false"), ("phi", "No")], ()),
        ([("class.email_address", "")], ("PII",)),
        ([("team", "press"), ("team", "press")], ("team=press",)),
    ],
)
def test_tags_in_the_teams_words(result: list[tuple[str, str]], tags: tuple[str, ...]) -> None:
    assert sheet_tags(result) == tags


def test_a_look_neither_counts_nor_orders(scene: Scene, catalog: UnityCatalog) -> None:
    look = catalog.look(TABLE, 5)
    assert len(look.rows) == 5
    sent = scene.engine.statements[-1].sql
    assert "ORDER BY" not in sent
    assert "count(" not in sent


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (RowQuery(filter="nothing > 1"), "no column"),
        (RowQuery(filter="1; DROP TABLE x"), "semicolon"),
        (RowQuery(filter="id IN (SELECT id FROM other)"), "not allowed"),
        (RowQuery(columns=("nothing",)), "no column"),
        (RowQuery(windows=Windows(3, 3)), "has no order"),
        (RowQuery(sampling=Sampling.STRATIFIED, sample_size=3), "needs a column"),
        (RowQuery(filter="CAST(machine AS INTEGER) > 3"), "does not fit the data"),
    ],
)
def test_what_is_no_query_is_refused_in_words(catalog: UnityCatalog, query: RowQuery, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        catalog.page(TABLE, query)


def test_an_item_without_identity_is_told(scene: Scene, catalog: UnityCatalog) -> None:
    with pytest.raises(InvalidInputError, match="cannot be identified"):
        refs(catalog, RowQuery(item_id_column="note"), NOTES)


def test_what_is_not_there_is_told(catalog: UnityCatalog) -> None:
    with pytest.raises(NotFoundError, match=r"team\.plant\.none"):
        catalog.columns(TableAddress.parse("team.plant.none"))
    with pytest.raises(NotFoundError):
        list(catalog.children("nowhere"))
    with pytest.raises(InvalidInputError):
        list(catalog.children("a.b.c"))


# What goes wrong


def test_a_right_that_is_missing_is_told(scene: Scene, catalog: UnityCatalog) -> None:
    scene.workspace.fault(path="unity-catalog/tables", status=403, error_code="PERMISSION_DENIED", message="no SELECT")
    with pytest.raises(PlatformError, match="does not allow it: no SELECT"):
        catalog.columns(TABLE)

    def refuse(statement: Statement) -> None:
        raise SqlError("INSUFFICIENT_PERMISSIONS", "User does not have SELECT on the table.", "42501")

    scene.engine.before = refuse
    with pytest.raises(SqlFailedError, match="does not have SELECT") as caught:
        catalog.page(TABLE, RowQuery(item_id_column="id", limit=1))
    assert caught.value.error_class == "INSUFFICIENT_PERMISSIONS"


def test_an_expired_token_says_to_log_in_again(scene: Scene, catalog: UnityCatalog) -> None:
    catalog.page(TABLE, RowQuery(item_id_column="id", limit=1))
    scene.workspace.tokens.clear()
    for act in (lambda: catalog.columns(TABLE), lambda: list(catalog.children()), lambda: catalog.tags(TABLE)):
        with pytest.raises(AwayError, match="auth login"):
            act()


def test_a_dropped_connection_is_told_and_the_next_statement_goes_through(
    scene: Scene, catalog: UnityCatalog, databricks: Team
) -> None:
    scene.workspace.fault(path="/sql/1.0/warehouses", drop="before")
    assert catalog.tags(NOTES), "the connector tries once more by itself"
    stream = databricks.pages(f"SELECT * FROM {READINGS} CROSS JOIN range(100)", size=1_500)
    next(stream)
    scene.workspace.fault(path="/sql/1.0/warehouses", status=401)
    with pytest.raises(AwayError, match="auth login"):
        list(stream)
    assert catalog.tags(NOTES)


def test_a_warehouse_that_lets_nobody_in_is_told(scene: Scene, catalog: UnityCatalog) -> None:
    scene.workspace.fault(path="/sql/1.0/warehouses", status=403)
    with pytest.raises(PlatformError, match="does not let you in"):
        catalog.tags(NOTES)


def test_a_session_that_the_warehouse_forgot_is_opened_anew(scene: Scene, catalog: UnityCatalog) -> None:
    catalog.tags(TABLE)
    scene.workspace.thrift._sessions.clear()
    assert catalog.tags(NOTES)


def test_a_statement_that_takes_its_time_is_waited_for(scene: Scene, catalog: UnityCatalog) -> None:
    scene.workspace.thrift.slow_polls = 2
    assert catalog.page(TABLE, RowQuery(item_id_column="id", limit=1)).total == 60


@pytest.mark.usefixtures("pauses")
def test_a_busy_workspace_is_tried_again(scene: Scene, catalog: UnityCatalog) -> None:
    scene.workspace.fault(
        path="unity-catalog/catalogs", status=429, error_code="REQUEST_LIMIT_EXCEEDED", retry_after="1"
    )
    assert [node.name for node in catalog.children()] == ["team", "lab"]


def test_a_workspace_that_is_away_is_told_in_seconds(
    monkeypatch: pytest.MonkeyPatch, catalog: UnityCatalog, pauses: Pauses
) -> None:
    monkeypatch.setenv("DATABRICKS_HOST", "http://127.0.0.1:9")
    for act in (lambda: list(catalog.children()), lambda: catalog.tags(TABLE)):
        with pytest.raises(OntosError) as caught:
            act()
        assert caught.value.todo
    assert 0 < pauses.seconds < 60, "with the clients' own defaults it would go on for minutes"


# Parts


_KINDS = st.sampled_from(
    ["string", "double", "array<string>", "map<string,int>", "timestamp", "decimal(3,1)", "variant"]
)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.dates()
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@settings(max_examples=examples(6, 150))
@given(value=_VALUES, kind=_KINDS)
def test_any_value_becomes_json(value: Any, kind: str) -> None:
    import json

    json.dumps(plain(value, kind), allow_nan=False)


def test_values_with_and_without_pyarrow_are_the_same() -> None:
    import numpy as np

    at = datetime(2026, 1, 2, 10, tzinfo=UTC)
    for one, other, kind, expected in (
        (at.replace(tzinfo=None), at, "timestamp", "2026-01-02T10:00:00+00:00"),
        ('["a"]', np.array(["a"]), "array<string>", ["a"]),
        ('{"a":1}', [("a", 1)], "map<string,int>", {"a": 1}),
        ('{"a":1.5}', {"a": Decimal("1.5")}, "struct<a:decimal(2,1)>", {"a": 1.5}),
        (date(2026, 1, 2), date(2026, 1, 2), "date", "2026-01-02"),
        (at.replace(tzinfo=None), at.replace(tzinfo=None), "timestamp_ntz", "2026-01-02T10:00:00"),
    ):
        assert plain(one, kind) == plain(other, kind) == expected
    assert plain(float("nan"), "double") is None


@given(name=st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_any_column_name_stays_one_name(name: str) -> None:
    parsed = sqlglot.parse_one(f"SELECT {column_name(name)}", read="databricks")
    assert isinstance(parsed, sqlglot.exp.Select)
    assert [column.name for column in parsed.expressions] == [name]


@pytest.mark.parametrize("name", statements())
def test_every_statement_is_databricks_sql(name: str) -> None:
    tree = sqlglot.parse_one(statements()[name], read="databricks")
    assert not isinstance(tree, sqlglot.exp.Command), "sqlglot understands it, and does not merely pass it on"


@pytest.mark.parametrize("shape", SHAPES)
def test_what_a_statement_names_is_bound_and_the_tables_columns_stay_in_sight(shape: str) -> None:
    created = reading(shape)
    for sql in (created.rows, created.identities, created.count):
        tree = sqlglot.parse_one(sql, read="databricks")
        named = {node.name for node in tree.find_all(sqlglot.exp.Placeholder)}
        assert named == (set() if sql == created.count else set(created.parameters))
    assert created.ref == "ontos_ref_", "no column of the table is hidden"
    if SHAPES[shape].filter:
        assert filter_sql(SHAPES[shape].filter, [column.name for column in COLUMNS], "databricks") in created.count


def test_what_is_sent_is_of_these_shapes(scene: Scene, catalog: UnityCatalog) -> None:
    """The list is what is sent: the same query gives the same statement, but for the table's and columns' names."""
    catalog.fingerprint(TABLE)
    catalog.look(TABLE, 1)
    catalog.tags(TABLE)
    sent = [one.sql.replace("`team`.`plant`.`readings`", "`c`.`s`.`t`") for one in scene.engine.statements[-3:]]
    listed = statements()
    assert sent[0] == listed["history"]
    assert sent[1].startswith("SELECT ")
    assert sent[1].endswith(listed["look"][listed["look"].index(" FROM") :])
    assert sent[2] == listed["tags"].replace("`c`", "`team`")
