"""Tags of Unity Catalog as tags of a sheet: what the team says about data holds for the sheets that use it."""

from __future__ import annotations

from collections.abc import Iterable

from ontos_tui.domain.rules.governance import TAG_RULES

UNTAGGED = frozenset({"hive_metastore"})
"""Catalogs of the time before Unity Catalog: they know no tags."""
CLASSES = "class."
"""How the tags begin that Databricks' own data classification sets, such as class.name or class.phone_number
(https://docs.databricks.com/aws/en/data-governance/unity-catalog/data-classification)."""
_NOT = frozenset({"false", "no", "none", "0"})


def tags_statement(catalog: str) -> str:
    """The tags that reach a table: its own, its columns', its schema's and its catalog's. `catalog` is quoted.

    Names are compared as Unity Catalog compares them, whatever their case.
    """
    schema = "lower(schema_name) = lower(:schema)"
    ours = f"{schema} AND lower(table_name) = lower(:table)"
    return " UNION ALL ".join(
        f"SELECT tag_name, tag_value FROM {catalog}.information_schema.{table}{where}"  # noqa: S608
        for table, where in (
            ("table_tags", f" WHERE {ours}"),
            ("column_tags", f" WHERE {ours}"),
            ("schema_tags", f" WHERE {schema}"),
            ("catalog_tags", ""),
        )
    )


def sheet_tags(tags: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Keys and values as a sheet's tags, each once, those with a rule first.

    `pii` in a key or a value is PII, also as `pii = name`; `pii = false` is none. What data classification tagged is
    personal and so PII. All others are words, `key=value`.
    """
    named: dict[str, None] = {}
    words: dict[str, None] = {}
    for key, value in tags:
        rules = [text.strip().upper() for text in (key, value) if text.strip().upper() in TAG_RULES]
        if key.strip().upper() in TAG_RULES and value.strip().lower() in _NOT:
            continue
        if key.lower().startswith(CLASSES):
            rules = ["PII"]
        named |= dict.fromkeys(rules)
        if not rules:
            words[f"{key}={value}" if value else key] = None
    return (*(tag for tag in TAG_RULES if tag in named), *words)
