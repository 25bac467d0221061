"""Every shape of statement that the stages and the doctor send to a warehouse, for the parsers that look at them."""

from __future__ import annotations

from ontos_tui.domain.records.data import Column, RowQuery, Sampling, WindowLabel, Windows
from ontos_tui.platforms.chat.proposals import FewShotExamples
from ontos_tui.platforms.databricks.ai_query import AiQueryBatch
from ontos_tui.platforms.databricks.monitoring.inference_counts import (
    hours_statement,
    tokens_statement,
    versions_statement,
)
from ontos_tui.platforms.databricks.monitoring.inference_samples import ratings_statement, sample_statement
from ontos_tui.platforms.databricks.monitoring.quality_monitor import drift_statement, profile_statement
from ontos_tui.platforms.databricks.select_sql import SelectStatements
from ontos_tui.platforms.databricks.unity_tags import tags_statement
from ontos_tui.platforms.databricks.windows import window_statements
from ontos_tui.platforms.databricks.workspace_client import Place, Team

COLUMNS = (
    *(Column("id", "string"), Column("n", "bigint"), Column("odd `name`", "string"), Column("t", "timestamp")),
    *(Column("v", "variant"), Column("i", "interval day to second"), Column("ontos_ref", "string")),
)
SHAPES = {
    "plain": RowQuery(item_id_column="id"),
    "page": RowQuery(item_id_column="id", limit=3, offset=4, columns=("odd `name`",)),
    "filter": RowQuery(filter="n > 3 AND lower(id) LIKE 'a%' AND t >= CAST('2026-01-01' AS DATE)"),
    "text": RowQuery(filter="id IN ('it''s', '`', '\\') OR contains(id, '%') OR NOT n BETWEEN 1 AND 2"),
    "no key": RowQuery(),
    "random": RowQuery(item_id_column="id", sampling=Sampling.RANDOM, sample_size=5),
    "stratified": RowQuery(sampling=Sampling.STRATIFIED, sample_by="odd `name`", sample_size=5, filter="n IS NOT NULL"),
}
WINDOWS = Windows(24, 12, "id", "t", (("odd `name`", WindowLabel.MOST),))
WINDOWED = {
    "windows": RowQuery(windows=WINDOWS, filter="n > 3", limit=3, offset=4),
    "windows of one stream": RowQuery(windows=Windows(2, 1, None, "t"), columns=("n_mean",)),
    "windows, random": RowQuery(windows=WINDOWS, sampling=Sampling.RANDOM, sample_size=5),
    "windows, stratified": RowQuery(windows=WINDOWS, sampling=Sampling.STRATIFIED, sample_by="id", sample_size=5),
}


def reading(shape: str) -> SelectStatements:
    """The statements of one shape."""
    if shape in WINDOWED:
        query = WINDOWED[shape]
        assert query.windows is not None
        return window_statements("`c`.`s`.`t`", COLUMNS, query, query.windows)
    return SelectStatements.of("`c`.`s`.`t`", COLUMNS, SHAPES[shape])


def statements() -> dict[str, str]:
    """Statements by what they are for."""
    result = {
        "tags": tags_statement("`c`"),
        "history": "DESCRIBE HISTORY `c`.`s`.`t`",
        "look": "SELECT `a` AS `a` FROM `c`.`s`.`t` LIMIT :limit",
        "clock": "SELECT unix_micros(current_timestamp()) AS `now`",
        "probe": "CREATE TABLE `c`.`s`.`ontos_doctor_1` (id STRING) USING DELTA",
        "fill": "INSERT INTO `c`.`s`.`ontos_doctor_1` (id) VALUES (:id)",
        "drop": "DROP TABLE `c`.`s`.`ontos_doctor_1`",
    }
    team = Team(Place("", "w", "c", "s"))
    schema = {"type": "object", "properties": {"a": {"description": 'it\'s \\ "here"', "type": "string"}}}
    result["ask a model"] = AiQueryBatch(team, "databricks-chat", schema, FewShotExamples((), ())).sql
    for feedback in (None, "`c`.`s`.`f`"):
        result[f"traffic, {feedback}"] = hours_statement("`c`.`s`.`p`", feedback)
    result["versions"] = versions_statement("`c`.`s`.`p`")
    result["tokens"] = tokens_statement("`c`.`s`.`p`")
    result["drift"] = drift_statement("`c`.`s`.`d`", ("ks_test", "js_distance", "avg_delta"))
    result["profile"] = profile_statement("`c`.`s`.`p`")
    result["payload sample"] = sample_statement("`c`.`s`.`p`")
    result["payload ratings"] = ratings_statement("`c`.`s`.`p`", "`c`.`s`.`f`")
    for shape in (*SHAPES, *WINDOWED):
        created = reading(shape)
        result |= {
            f"{shape}: rows": created.rows,
            f"{shape}: count": created.count,
            f"{shape}: names": created.identities,
        }
    return result
