"""The SQL warehouse: Databricks SQL read by sqlglot, checked as Databricks checks it, and run by DuckDB."""

from __future__ import annotations

import json
import re
import tempfile
import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from emulator.databricks.copy_into import MOST_FILES, CopyInto, copy_statement

MOST_MARKERS = 255
MOST_BYTES = 1 << 20
"""Parameter markers of a statement, and bytes of their values in all."""


TAKEN: set[str] = set()
"""Every statement that any warehouse of this process carried out; Spark's parser reads them at the end of a run."""
TAG_TABLES = {"catalog_tags": 1, "schema_tags": 2, "table_tags": 3, "column_tags": 4}
"""information_schema's tables of tags, and how many parts the names have that they tell of."""


class SqlError(Exception):
    """A statement that the warehouse refuses, with its error class and SQLSTATE."""

    def __init__(self, error_class: str, text: str, state: str) -> None:
        super().__init__(f"[{error_class}] {text} SQLSTATE: {state}")
        self.error_class, self.state = error_class, state


@dataclass(frozen=True)
class Result:
    """Columns as (name, DuckDB type), rows, and how many rows a change changed."""

    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[Any, ...]]
    affected: int | None = None


@dataclass
class Statement:
    """What was asked, for tests that look at what was sent."""

    sql: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Understood:
    """A statement as DuckDB runs it, made once for each text: its tree and text, the markers that it uses, the table
    whose version it moves on or whose history it asks for, and what it tags or whether it asks for tags."""

    tree: exp.Expression
    text: str
    used: frozenset[str]
    changed: str
    tags: tuple[str, dict[str, str]] | None
    asks_for_tags: bool


_CHANGES = re.compile(r"table_changes\('([^']+)', (\d+)\)")
_MAINTENANCE = re.compile(r"^\s*(OPTIMIZE)\s+(\S+)", re.IGNORECASE)
_TRACKED = re.compile(r"^SELECT max\(_metadata\.row_commit_version\) AS version FROM (\S+)$")
_CURRENT_USER = re.compile(r"current_user\(\)")
LOGIN: ContextVar[str] = ContextVar("LOGIN", default="ana@example.com")
"""Who sends the statement that is carried out in this context."""
SYSTEM = "system_tables"
"""DuckDB has a catalog `system` of its own, so that Databricks' one goes by this name here."""
AskModel = Callable[[str, str], str]
"""Endpoint and prompt to the answer's text; raises RuntimeError with what ai_query reports."""
AskRecord = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Endpoint and a row to the record that a packed model answers with."""


@dataclass
class Engine:
    """One warehouse with a few catalogs. `before` runs before every statement and may raise SqlError, on demand."""

    catalogs: Sequence[str] = ("team",)
    before: Callable[[Statement], None] | None = None
    ask_model: AskModel | None = None
    ask_record: AskRecord | None = None
    statements: list[Statement] = field(default_factory=list)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the name of a table, or of a column of one."""
    versions: dict[str, int] = field(default_factory=dict)
    """The last version of a table that was changed by a statement."""
    appends: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """By a table's name, for each version that appended rows to it: the version, and the last row's number."""
    files: MutableMapping[str, bytes] = field(default_factory=dict)
    """The files of volumes, by their whole path."""
    operations: dict[str, dict[int, str]] = field(default_factory=dict)
    """By a table's name, the versions that something else than a write has made."""
    loaded: dict[str, set[str]] = field(default_factory=dict)
    """By a table's name, the files that COPY INTO has put into it."""

    def __post_init__(self) -> None:
        self._connection = duckdb.connect()
        self._lock = threading.RLock()
        self._connection.execute("SET TimeZone = 'UTC'")
        for catalog in (*self.catalogs, SYSTEM):
            self._connection.execute(f"ATTACH ':memory:' AS {catalog}")
            self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {catalog}.default")
        self._connection.create_function("ai_query_answer", self._ai_query, ["VARCHAR", "VARCHAR"], "VARCHAR")
        self._connection.create_function("ai_query_record", self._ai_record, ["VARCHAR", "VARCHAR"], "VARCHAR")

    def close(self) -> None:
        """Let go of DuckDB, which complains at the process's end of functions that are still registered."""
        with self._lock:
            self._connection.remove_function("ai_query_answer")
            self._connection.remove_function("ai_query_record")
            self._connection.close()

    def direct(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """DuckDB's own SQL, for setting a scene and for looking."""
        with self._lock:
            return self._connection.execute(sql, list(parameters)).fetchall()

    def run(self, sql: str, parameters: Mapping[str, Any] | None = None, namespace: str = "") -> Result:
        """Run one statement. Raises SqlError as Databricks reports it."""
        parameters = dict(parameters or {})
        statement = Statement(sql, parameters)
        self.statements.append(statement)
        if self.before is not None:
            self.before(statement)
        _check_parameters(parameters)
        named = tuple((name, str(parameters[name])) for name in _IDENTIFIER.findall(sql) if name in parameters)
        asked = _CURRENT_USER.sub(f"'{LOGIN.get()}'", sql)
        copied = copy_statement(asked)
        with self._lock:
            if copied is not None:
                result = self._copy(copied)
            elif (maintained := _MAINTENANCE.match(asked)) is not None:
                result = self._maintain(maintained[1].upper(), maintained[2].replace("`", ""))
            else:
                result = self._dispatch(_understood(self._with_changes(asked), namespace, named), parameters)
        TAKEN.add(sql)
        return result

    def _dispatch(self, wanted: Understood, parameters: Mapping[str, Any]) -> Result:
        if wanted.tags is not None:
            name, tags = wanted.tags
            self.tags.setdefault(name, {}).update(tags)
            return Result((), [], 0)
        tree = wanted.tree
        if isinstance(tree, exp.Describe) and tree.args.get("style") == "HISTORY":
            return self._history(wanted.changed)
        missing = wanted.used - set(parameters)
        if missing:
            raise SqlError(
                "UNBOUND_SQL_PARAMETER", f"Found the unbound parameter: {', '.join(sorted(missing))}.", "42P02"
            )
        text = self._with_tags(tree) if wanted.asks_for_tags else wanted.text
        try:
            cursor = self._connection.execute(text, {name: _bound(parameters[name]) for name in wanted.used} or None)
            columns = tuple((one[0], str(one[1])) for one in cursor.description or ())
            rows = cursor.fetchall()
        except duckdb.Error as error:
            if isinstance(tree, exp.Create) and "Schema with name" in str(error):
                raise SqlError("SCHEMA_NOT_FOUND", f"The schema cannot be found. {error}", "42704") from error
            raise _as_databricks(error) from error
        if wanted.changed:
            self.versions[wanted.changed] = version = self.versions.get(wanted.changed, -1) + 1
            if isinstance(tree, exp.Insert) and wanted.changed.split(".")[0] in self.catalogs:
                self._note_append(wanted.changed, version)
        if isinstance(tree, exp.Describe):
            told = [(str(row[0]), str(row[1]), None) for row in rows]
            return Result((("col_name", "VARCHAR"), ("data_type", "VARCHAR"), ("comment", "VARCHAR")), told)
        if isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Merge):
            affected = int(rows[0][0]) if rows else 0
            return Result((("num_affected_rows", "BIGINT"),), [(affected,)], affected)
        if isinstance(tree, exp.Create | exp.Drop | exp.Alter | exp.Command):
            return Result((), [], 0)
        return Result(columns, rows)

    def _maintain(self, operation: str, name: str) -> Result:
        """OPTIMIZE and its like: a version that changes no row."""
        self.versions[name] = version = self.versions.get(name, 0) + 1
        self.operations.setdefault(name, {})[version] = operation
        return Result((), [], 0)

    def _note_append(self, name: str, version: int) -> None:
        last = self.direct(f"SELECT max(rowid) FROM {name}")[0][0]
        self.appends.setdefault(name, []).append((version, -1 if last is None else last))

    def _copy(self, copied: CopyInto) -> Result:
        """COPY INTO: the files that were not loaded before, by the names of their columns, as one version."""
        numbers = ("num_affected_rows", "num_inserted_rows", "num_skipped_corrupt_files")
        columns = tuple((name, "BIGINT") for name in numbers)
        if copied.format != "JSON":
            raise SqlError("UNSUPPORTED_FEATURE", f"The emulator copies no {copied.format}.", "0A000")
        if len(copied.files) > MOST_FILES:
            raise SqlError("COPY_INTO_TOO_MANY_FILES", f"FILES may name {MOST_FILES} files at most.", "54000")
        inside = [path for path in self.files if path.startswith(f"{copied.folder}/")]
        paths = [f"{copied.folder}/{name}" for name in copied.files] or inside
        loaded = self.loaded.setdefault(copied.target, set())
        new = [path for path in paths if copied.force or path not in loaded]
        if missing := [path for path in new if path not in self.files]:
            raise SqlError("PATH_NOT_FOUND", f"Path does not exist: {missing[0]}.", "42K03")
        if not new:
            return Result(columns, [(0, 0, 0)], 0)
        selected = sqlglot.parse_one(f"SELECT {copied.columns}", read="databricks")
        selects = _duckdb_text(_for_duckdb(selected, {}))
        with tempfile.TemporaryDirectory() as folder:
            for number, path in enumerate(new):
                Path(folder, f"{number}.json").write_bytes(self.files[path])
            source = f"read_json('{folder}/*.json', format = 'newline_delimited', maximum_object_size = 67108864)"
            try:
                ((count,),) = self.direct(f"INSERT INTO {copied.target} BY NAME {selects} FROM {source}")
            except duckdb.Error as error:
                raise _as_databricks(error) from error
        loaded.update(new)
        self.versions[copied.target] = version = self.versions.get(copied.target, -1) + 1
        self._note_append(copied.target, version)
        return Result(columns, [(count, count, 0)], int(count))

    def _with_changes(self, sql: str) -> str:
        """The statement with the rows that were appended in the place of table_changes, which only appends have."""
        if (tracked := _TRACKED.search(sql)) is not None:
            # Row tracking, as far as it is asked for: the newest version of any row.
            versions = self.appends.get(tracked[1].replace("`", ""), [(0, 0)])
            return f"SELECT {versions[-1][0]} AS version"
        return _CHANGES.sub(lambda match: self._changes(match[1].replace("`", ""), int(match[2])), sql)

    def _changes(self, name: str, since: int) -> str:
        if since > self.versions.get(name, 0):
            what = f"CDC range from start {since} to end {self.versions.get(name, 0)} was invalid."
            raise SqlError("DELTA_INVALID_CDC_RANGE", what, "22003")
        ranges, first = [], 0
        for version, last in self.appends.get(name, []):
            at = datetime(2026, 1, 1) + timedelta(seconds=version)
            ranges.append(f"({version}, {first}, {last}, TIMESTAMP '{at}')")
            first = last + 1
        ranges = ranges or ["(0, 0, -1, TIMESTAMP '2026-01-01 00:00:00')"]
        return (
            f"(SELECT t.*, 'insert' AS _change_type, c.version AS _commit_version, c.at AS _commit_timestamp "
            f"FROM {name} AS t JOIN (SELECT * FROM VALUES {', '.join(ranges)} AS v(version, low, high, at)) AS c "
            f"ON t.rowid BETWEEN c.low AND c.high WHERE c.version >= {since})"
        )

    def _with_tags(self, tree: exp.Expression) -> str:
        """The statement with the tags that there are now in the place of information_schema's tables of them."""
        tree = tree.copy()
        for asked in list(tree.find_all(exp.Table)):
            if _is_of_tags(asked):
                asked.replace(self._tags_as_rows(asked))
        return _duckdb_text(tree)

    def _history(self, name: str) -> Result:
        """DESCRIBE HISTORY: the newest version first."""
        catalog, schema, table = name.split(".")
        where = "table_catalog = ? AND table_schema = ? AND table_name = ? AND table_type = 'BASE TABLE'"
        if not self.direct(f"SELECT 1 FROM information_schema.tables WHERE {where}", [catalog, schema, table]):
            raise SqlError("DELTA_TABLE_NOT_FOUND", f"{name} is not a Delta table.", "42P01")
        last = self.versions.get(name, 0)
        at = datetime(2026, 1, 1, tzinfo=UTC)
        done = self.operations.get(name, {})
        rows = [
            (version, at + timedelta(seconds=version), done.get(version, "WRITE")) for version in range(last, -1, -1)
        ]
        return Result((("version", "BIGINT"), ("timestamp", "TIMESTAMP"), ("operation", "VARCHAR")), rows)

    def _tags_as_rows(self, asked: exp.Table) -> exp.Expression:
        """information_schema's tags, of what has as many parts as the table's columns name."""
        names = ["catalog_name", "schema_name", "table_name", "column_name"][: TAG_TABLES[asked.name]]
        found = [
            [*name.split("."), key, value]
            for name, tags in self.tags.items()
            if name.count(".") == len(names) - 1 and name.split(".")[0].lower() == asked.catalog.lower()
            for key, value in tags.items()
        ]
        names += ["tag_name", "tag_value"]
        rows = found or [[None] * len(names)]
        selects = [
            exp.select(*(exp.alias_(exp.cast(exp.convert(value), "text"), name) for name, value in named))
            for named in (zip(names, row, strict=True) for row in rows)
        ]
        whole = selects[0] if len(selects) == 1 else exp.union(*selects, distinct=False)
        kept = exp.select("*").from_(whole.subquery("made")).where("catalog_name IS NOT NULL")
        return kept.subquery(asked.alias or asked.name)

    def _ai_query(self, endpoint: str, prompt: str) -> str:
        if self.ask_model is None:
            return json.dumps({"result": None, "errorMessage": f"The endpoint {endpoint} does not exist."})
        try:
            return json.dumps({"result": self.ask_model(endpoint, prompt), "errorMessage": None})
        except RuntimeError as error:
            return json.dumps({"result": None, "errorMessage": str(error)})

    def _ai_record(self, endpoint: str, row: str) -> str:
        assert self.ask_record is not None
        return json.dumps(self.ask_record(endpoint, json.loads(row)))


@lru_cache(maxsize=2_000)
def _understood(sql: str, namespace: str, named: tuple[tuple[str, str], ...]) -> Understood:
    """What a statement asks for, `named` being the tables that its IDENTIFIER markers name. Raises SqlError."""
    try:
        tree = sqlglot.parse_one(sql, read="databricks")
    except SqlglotError as error:
        raise SqlError("PARSE_SYNTAX_ERROR", f"Syntax error: {error}", "42601") from error
    tags = _tag_statement(sql)
    if tags is not None:
        return Understood(tree, "", frozenset(), "", tags, False)
    if isinstance(tree, exp.Describe) and tree.args.get("style") == "HISTORY":
        return Understood(tree, "", frozenset(), _name_of(tree.this, namespace), None, False)
    changed = _changed(tree)
    _check_create(tree, sql)
    _check_merge(tree)
    tree = _for_duckdb(tree, dict(named))
    _qualify(tree, namespace)
    return Understood(
        tree,
        _duckdb_text(tree),
        frozenset(node.name for node in tree.find_all(exp.Placeholder)),
        _name_of(changed, namespace) if changed is not None else "",
        None,
        any(_is_of_tags(asked) for asked in tree.find_all(exp.Table)),
    )


def _duckdb_text(tree: exp.Expression) -> str:
    return tree.sql("duckdb", unsupported_level=sqlglot.ErrorLevel.IGNORE)


def _is_of_tags(asked: exp.Table) -> bool:
    return asked.db == "information_schema" and asked.name in TAG_TABLES


def _bound(value: Any) -> Any:
    """A parameter as DuckDB takes it: times in UTC without a zone."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _changed(tree: exp.Expression) -> exp.Table | None:
    """The table whose version a statement moves on."""
    if isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Merge) or (
        isinstance(tree, exp.Create) and tree.kind == "TABLE"
    ):
        target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        return target.copy() if isinstance(target, exp.Table) else None
    return None


def _name_of(table: exp.Table, namespace: str) -> str:
    catalog, _, schema = namespace.partition(".")
    return ".".join((table.catalog or catalog, table.db or schema or "default", table.name))


def _check_parameters(parameters: Mapping[str, Any]) -> None:
    if len(parameters) > MOST_MARKERS:
        raise SqlError("TOO_MANY_PARAMETERS", f"{len(parameters)} parameters, at most {MOST_MARKERS}.", "54000")
    size = sum(len(str(value).encode("utf-8", "surrogatepass")) for value in parameters.values() if value is not None)
    if size > MOST_BYTES:
        raise SqlError("PARAMETERS_TOO_LARGE", f"The parameters have {size} bytes, at most {MOST_BYTES}.", "54000")


def _check_create(tree: exp.Expression, sql: str) -> None:
    """What Delta asks of a new table, where DuckDB would let it pass."""
    if not isinstance(tree, exp.Create) or tree.kind != "TABLE":
        return
    if tree.find(exp.DefaultColumnConstraint) and "allowcolumndefaults" not in sql.lower():
        raise SqlError(
            "WRONG_COLUMN_DEFAULTS_FOR_DELTA_FEATURE_NOT_ENABLED",
            "Column defaults need the table feature allowColumnDefaults.",
            "0AKDE",
        )
    for node in list(tree.find_all(exp.UniqueColumnConstraint)):
        raise SqlError("PARSE_SYNTAX_ERROR", f"UNIQUE is not supported: {node.sql()}", "42601")


def _check_merge(tree: exp.Expression) -> None:
    """Spark parses no column aliases on the source of a MERGE."""
    if isinstance(tree, exp.Merge):
        alias = tree.args["using"].args.get("alias")
        if alias is not None and alias.args.get("columns"):
            raise SqlError("COLUMN_ALIASES_NOT_ALLOWED", "Column aliases are not allowed in MERGE.", "42601")


def _for_duckdb(tree: exp.Expression, named: Mapping[str, str]) -> exp.Expression:
    """The same statement in a form that DuckDB runs as Databricks would."""
    tree = tree.transform(_bind_identifiers, named)
    for node in reversed(list(tree.walk())):  # the innermost first: what is put in is not looked into again
        if (other := _rewritten(node)) is not node:
            node.replace(other)
    for table in tree.find_all(exp.Table):
        if table.catalog == "system":
            table.set("catalog", exp.to_identifier(SYSTEM))
    if isinstance(tree, exp.Create):
        for constraint in list(tree.find_all(exp.Constraint, exp.PrimaryKey, exp.ForeignKey)):
            if constraint.parent is not None:
                constraint.pop()
        for kind in list(tree.find_all(exp.ColumnConstraint)):
            if isinstance(kind.kind, exp.CommentColumnConstraint | exp.PrimaryKeyColumnConstraint):
                kind.pop()
        if tree.kind == "TABLE":
            tree.set("properties", None)
    if isinstance(tree, exp.Merge):
        _unqualify_targets(tree)
    return tree


def _bind_identifiers(node: exp.Expression, named: Mapping[str, str]) -> exp.Expression:
    """IDENTIFIER(:name) is the table that the parameter names."""
    if isinstance(node, exp.Anonymous) and node.name.upper() == "IDENTIFIER":
        (given,) = node.expressions
        name = named[given.name] if isinstance(given, exp.Placeholder) else given.name
        return exp.to_table(name, dialect="databricks")
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Table):
        inner = node.this.copy()
        if node.args.get("alias"):
            inner.set("alias", node.args["alias"])
        return inner
    return node


USER = "ana@example.com"


def _rewritten(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.FromJson):
        shape = json.dumps(_json_shape(node.expression.name))
        return _called("from_json", node.this, exp.Literal.string(shape))
    if isinstance(node, exp.Anonymous) and node.name.lower() == "ai_query":
        endpoint, prompt, *named = node.expressions
        if isinstance(prompt, exp.Struct):  # a row for a model that is none of chat; what comes back is said by name
            (kind,) = [one.expression.name for one in named if one.this.name.lower() == "returntype"]
            record = _called("ai_query_record", endpoint, exp.cast(_called("to_json", prompt), "text"))
            return _called("from_json", record, exp.Literal.string(json.dumps(_json_shape(kind))))
        answer = _called("ai_query_answer", endpoint, exp.cast(prompt, "text"))
        return _called("from_json", answer, exp.Literal.string('{"result":"VARCHAR","errorMessage":"VARCHAR"}'))
    # Times are kept in UTC without a zone: DuckDB gives zoned ones only with another library.
    if isinstance(node, exp.DataType) and node.is_type("timestamptz", "timestampltz"):
        return exp.DataType.build("timestamp")
    if isinstance(node, exp.CurrentTimestamp):
        return exp.cast(_called("timezone", exp.Literal.string("UTC"), _called("now")), "timestamp")
    if isinstance(node, exp.CurrentUser):
        return exp.Literal.string(USER)
    if isinstance(node, exp.Explode):
        return _called("unnest", node.this)
    if isinstance(node, exp.RegrSlope):
        # Of one value Spark gives NULL and DuckDB no number.
        slope = _called("regr_slope", node.this, node.expression)
        return _called("nullif", slope, exp.cast(exp.Literal.string("NaN"), "double"))
    if isinstance(node, exp.CountIf) and not isinstance(node.parent, exp.Window):
        return exp.cast(_called("count_if", node.this), "bigint")
    return node


def _called(name: str, *arguments: exp.Expression) -> exp.Expression:
    """A function of DuckDB's that sqlglot shall not translate once more."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def _unqualify_targets(tree: exp.Merge) -> None:
    """DuckDB wants the columns that are set without the table's name."""
    for when in tree.find_all(exp.When):
        then = when.args.get("then")
        if isinstance(then, exp.Update):
            for assignment in then.expressions:
                if isinstance(assignment, exp.EQ) and isinstance(assignment.this, exp.Column):
                    assignment.this.set("table", None)


_SCALARS = {
    "STRING": "VARCHAR", "BIGINT": "BIGINT", "LONG": "BIGINT", "INT": "INTEGER", "DOUBLE": "DOUBLE",
    "BOOLEAN": "BOOLEAN", "TIMESTAMP": "TIMESTAMP", "DATE": "DATE",
}  # fmt: skip


def _json_shape(schema: str) -> Any:
    """Spark's DDL of a type as DuckDB's JSON structure: ARRAY<STRUCT<a: STRING>> is [{"a": "VARCHAR"}]."""
    kind = exp.DataType.build(schema, dialect="databricks")
    return _shape_of(kind)


def _shape_of(kind: exp.DataType) -> Any:
    if kind.is_type("array"):
        return [_shape_of(kind.expressions[0])]
    if kind.is_type("struct"):
        return {one.name: _shape_of(one.args["kind"]) for one in kind.expressions}
    name = kind.sql("databricks").upper()
    if name not in _SCALARS:
        raise SqlError("UNSUPPORTED_DATATYPE", f"The emulator reads no {name} from JSON.", "0A000")
    return _SCALARS[name]


def _qualify(tree: exp.Expression, namespace: str) -> None:
    """Tables without a catalog are those of the session's."""
    if not namespace:
        return
    catalog, _, schema = namespace.partition(".")
    defined = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and table.name not in defined and not table.args.get("catalog"):
            if not table.args.get("db"):
                table.set("db", exp.to_identifier(schema or "default"))
            table.set("catalog", exp.to_identifier(catalog))


_IDENTIFIER = re.compile(r"\bIDENTIFIER\s*\(\s*:(\w+)", re.IGNORECASE)
_TAGS = re.compile(r"^\s*ALTER\s+(?:TABLE|VIEW)\s+(\S+)\s+SET\s+TAGS\s*\((.*)\)\s*;?\s*$", re.IGNORECASE | re.DOTALL)
_PAIR = re.compile(r"'([^']*)'\s*=\s*'([^']*)'")


def _tag_statement(sql: str) -> tuple[str, dict[str, str]] | None:
    found = _TAGS.match(sql)
    return (found[1].replace("`", ""), dict(_PAIR.findall(found[2]))) if found else None


def _as_databricks(error: duckdb.Error) -> SqlError:
    """DuckDB's error as Databricks would tell it."""
    text = str(error).split("\n", 1)[0]
    if isinstance(error, duckdb.CatalogException):
        if "already exists" in text:
            return SqlError("TABLE_OR_VIEW_ALREADY_EXISTS", text, "42P07")
        return SqlError("TABLE_OR_VIEW_NOT_FOUND", f"The table or view cannot be found. {text}", "42P01")
    if isinstance(error, duckdb.BinderException):
        return SqlError("UNRESOLVED_COLUMN.WITH_SUGGESTION", text, "42703")
    if isinstance(error, duckdb.ConstraintException):
        return SqlError("DELTA_NOT_NULL_CONSTRAINT_VIOLATED", text, "23502")
    if "cannot affect the same target row" in text:
        return SqlError("DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE", text, "21506")
    if isinstance(error, duckdb.ConversionException):
        return SqlError("CAST_INVALID_INPUT", text, "22018")
    return SqlError("INTERNAL_ERROR", f"The emulator's engine says: {text}", "XX000")
