"""Filters: what passes, what is refused, and that nothing a user writes reaches DuckDB as text."""

from __future__ import annotations

from contextlib import suppress

import duckdb
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.tabular.row_filter import MAX_LENGTH, allowed_nodes, filter_sql, find_column

COLUMNS = ["UDI", "Type", "Torque [Nm]", "CO(GT)", "Date", "T", 'we"ird', "a;b", "order", "t c", "T-C"]


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("Type in ('L','M') and T>300", "\"Type\" IN ('L', 'M') AND \"T\" > 300"),
        ("torque_nm > 40", '"Torque [Nm]" > 40'),
        ("`Torque [Nm]` > 40", '"Torque [Nm]" > 40'),
        ('"torque [nm]" > 40', '"Torque [Nm]" > 40'),
        ("co_gt > 2 or udi < 0", '"CO(GT)" > 2 OR "UDI" < 0'),
        ("date >= DATE '2004-01-01'", "\"Date\" >= CAST('2004-01-01' AS DATE)"),
        ("order = 1", '"order" = 1'),
        ('"we""ird" = 1', '"we""ird" = 1'),
        ("\"a;b\" = 'x; -- /* it''s */'", "\"a;b\" = 'x; -- /* it''s */'"),
        ("T is not null and not (T between 1 and 2)", 'NOT "T" IS NULL AND NOT ("T" BETWEEN 1 AND 2)'),
        ("type like 'a%' escape '!'", "\"Type\" LIKE 'a%' ESCAPE '!'"),
        ("type ~ '^L'", "REGEXP_MATCHES(\"Type\", '^L')"),
        ("contains(lower(type), 'l')", "CONTAINS(LOWER(\"Type\"), 'l')"),
        ("T\n=\t-1.5e3", '"T" = -1.5e3'),
        ("case when T > 1 then 2 else 3 end = 2", 'CASE WHEN "T" > 1 THEN 2 ELSE 3 END = 2'),
        ("try_cast(type as int) = 1", 'TRY_CAST("Type" AS INT) = 1'),
        ("true", "TRUE"),
        ("T", '"T"'),
    ],
)
def test_conditions_are_written_anew_with_quoted_names(text: str, sql: str) -> None:
    assert filter_sql(text, COLUMNS) == sql


def test_the_same_filter_serves_databricks() -> None:
    text = "torque_nm > 40 and type = 'it''s' and type ~ 'a\\d'"
    assert filter_sql(text, COLUMNS, "databricks") == (
        "`Torque [Nm]` > 40 AND `Type` = 'it\\'s' AND REGEXP_LIKE(`Type`, 'a\\\\d')"
    )


INJECTIONS = [
    "1=1; DROP TABLE data",
    ";",
    "T = 1;",
    "1=1 -- rest",
    "/* x */ 1=1",
    "1=1 /* x",
    "T = 1 UNION SELECT 1",
    "T IN (SELECT 1)",
    "T = (SELECT max(T) FROM data)",
    "EXISTS (SELECT 1)",
    "T = ANY (SELECT 1)",
    "(SELECT true)",
    "SELECT 1",
    "WITH x AS (SELECT 1) SELECT * FROM x",
    "FROM data",
    "VALUES (1)",
    "DROP TABLE data",
    "COPY data TO '/tmp/x'",
    "ATTACH 'x.db'",
    "INSTALL httpfs",
    "LOAD json",
    "SET threads = 1",
    "PRAGMA version",
    "CALL pragma_version()",
    "read_text('/etc/passwd') = 'x'",
    "read_csv('/etc/passwd') IS NOT NULL",
    "glob('*') = 'x'",
    "getenv('HOME') = 'x'",
    "current_setting('temp_directory') = 'x'",
    "query('select 1') = 1",
    "random() < 0.5",
    "current_user = 'x'",
    "current_date > Date",
    "nextval('s') = 1",
    "repeat('x', 1000000000) = 'x'",
    "lpad('x', 1000000000, 'x') = 'x'",
    "COLUMNS('.*') > 1",
    "COLUMNS(*) > 1",
    "* = 1",
    "T = ?",
    "T = $1",
    "T = :name",
    "data.T = 1",
    "main.data.T = 1",
    "rowid = 1",
    "T[1] = 1",
    "T.x = 1",
    "{'a': 1}.a = 1",
    "[1, 2] = [1]",
    "list_transform([1], x -> x) = [1]",
    "T::int[] = 1",
    "CAST(T AS JSON) = 1",
    "CAST('1' AS STRUCT(a INT)) = 1",
    "T > INTERVAL 3 DAY",
    "T COLLATE nocase = 'x'",
    "E'\\x27' = Type",
    "T = 1 LIMIT 1",
    "T = 1 ORDER BY 1",
    "T = 1) OR (1 = 1",
    "T = 1 OR",
    "'",
    '"',
    "`",
    "$$",
    "T = 1\0",
    "T = '\ud800'",
    "",
    "   ",
    "--",
    "1",
    "'text'",
    "T + 1",
    "coalesce(T, 1)",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_everything_else_is_refused_with_something_to_do(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        filter_sql(text, COLUMNS)
    assert caught.value.what.endswith(".")
    assert caught.value.todo


def test_unknown_columns_list_the_near_ones() -> None:
    with pytest.raises(InvalidInputError, match=r"no column 'tourque'.*Torque \[Nm\]"):
        filter_sql("tourque > 3", COLUMNS)
    with pytest.raises(InvalidInputError, match="The columns are 'UDI', 'Type'"):
        filter_sql("zzzzzz > 3", COLUMNS)


def test_a_name_that_could_be_two_columns_is_not_guessed() -> None:
    assert find_column("t c", COLUMNS) == "t c"
    with pytest.raises(InvalidInputError, match="'t c', 'T-C'"):
        find_column("t_c", COLUMNS)
    with pytest.raises(InvalidInputError, match="several"):
        find_column("ID", ["Id", "iD"])


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000 + "T = 1" + ")" * 5_000,
        "NOT " * 2_000 + "T = 1",
        "T = " + "abs(" * 2_000 + "1" + ")" * 2_000,
        "case when " * 900 + "T",
        "T = 1" + " or T = 1" * 2_000,
        "-" * 9_000,
        "- " * 4_900 + "T = 1",
    ],
)
def test_endless_nesting_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        filter_sql(text, COLUMNS)


def test_a_long_chain_is_no_nesting() -> None:
    text = "T = 1" + " or T = 1" * 1_000
    assert len(text) < MAX_LENGTH
    assert filter_sql(text, COLUMNS).count("OR") == 1_000


WORDS = st.sampled_from(
    [
        *("T", "Type", '"Torque [Nm]"', "co_gt", "missing", "data", "*", "x.T", "(", ")", ",", ";", "--", "/*", "*/"),
        *("and", "or", "not", "=", "<>", ">", "<=", "+", "-", "/", "%", "||", "~", "::", "->", "is", "null", "in"),
        *("between", "like", "'a'", "1", "1e400", "0x1", "select", "from", "union", "case", "when", "then", "end"),
        *("cast", "as", "int", "json", "date", "interval", "exists", "any", "array", "[", "]", "{", "}", "?", "$1"),
        *("read_csv", "getenv", "lower", "abs", "regexp_matches", "drop", "table", "copy", "'", '"', "`", "\0", "\n"),
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=14).map(" ".join)))
def test_arbitrary_text_is_refused_or_becomes_a_listed_expression(text: str) -> None:
    try:
        sql = filter_sql(text, COLUMNS)
    except InvalidInputError:
        return
    tree = sqlglot.parse_one(sql, dialect="duckdb", into=exp.Condition)
    assert {type(node) for node in tree.walk()} <= allowed_nodes()
    assert {column.name for column in tree.find_all(exp.Column)} <= set(COLUMNS)
    with duckdb.connect() as connection:
        names = ", ".join("1 AS " + '"' + name.replace('"', '""') + '"' for name in COLUMNS)
        connection.execute(f"CREATE TABLE data AS SELECT {names}")
        before = connection.execute("SELECT * FROM data").fetchall()
        with suppress(duckdb.Error):
            connection.execute(f"SELECT count(*) FROM data WHERE {sql}").fetchall()
        assert connection.execute("SELECT * FROM data").fetchall() == before
        assert connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("data",)]
