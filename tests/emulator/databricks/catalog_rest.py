"""Unity Catalog over REST: catalogs, schemas, tables, volumes and tags, of what the engine holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from emulator.databricks.server import Call, RefusedError, Response, Workspace

ROOT = "/api/2.1/unity-catalog"
TAGS = f"{ROOT}/entity-tag-assignments"


@dataclass
class CatalogRest:
    """The rooms. Lists come in pages of `page` things; with `empty_first` the first page holds none."""

    workspace: Workspace
    page: int = 2
    empty_first: bool = False
    volumes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        route = self.workspace.route
        route("GET", f"{ROOT}/catalogs", self._catalogs)
        route("GET", f"{ROOT}/catalogs/{{catalog_name}}", self._one_catalog)
        route("GET", f"{ROOT}/schemas", self._schemas)
        route("GET", f"{ROOT}/schemas/{{name}}", self._schema)
        route("GET", f"{ROOT}/tables", self._tables)
        route("GET", f"{ROOT}/tables/{{name}}", self._table)
        route("GET", f"{ROOT}/volumes", self._volumes)
        route("POST", f"{ROOT}/volumes", self._new_volume)
        route("GET", f"{ROOT}/volumes/{{name}}", self._volume)
        route("GET", f"{TAGS}/{{kind}}/{{name}}/tags", self._tags)
        route("POST", TAGS, self._tag)

    def _listed(self, call: Call, key: str, found: list[dict[str, Any]]) -> Response:
        token = call.query.get("page_token")
        if token is None and self.empty_first:
            return Response(body={key: [], "next_page_token": "0"})
        start = int(token or 0)
        body: dict[str, Any] = {key: found[start : start + self.page]}
        if start + self.page < len(found):
            body["next_page_token"] = str(start + self.page)
        return Response(body=body)

    def _catalogs(self, call: Call) -> Response:
        return self._listed(call, "catalogs", [{"name": one, "comment": ""} for one in self.workspace.engine.catalogs])

    def _one_catalog(self, call: Call) -> Response:
        return Response(body={"name": self._catalog(call), "comment": ""})

    def _schema(self, call: Call) -> Response:
        catalog, _, schema = call.named["name"].partition(".")
        found = "SELECT 1 FROM duckdb_schemas() WHERE database_name = ? AND schema_name = ?"
        if not self.workspace.engine.direct(found, [catalog, schema]):
            raise RefusedError(404, "SCHEMA_DOES_NOT_EXIST", f"Schema '{call.named['name']}' does not exist.")
        return Response(body={"name": schema, "catalog_name": catalog, "full_name": call.named["name"]})

    def _schemas(self, call: Call) -> Response:
        catalog = self._catalog(call)
        found = self.workspace.engine.direct(
            "SELECT schema_name FROM duckdb_schemas() WHERE database_name = ? AND NOT internal ORDER BY 1", [catalog]
        )
        names = [*(name for (name,) in found if name != "default"), "default", "information_schema"]
        listed = [{"name": name, "catalog_name": catalog, "full_name": f"{catalog}.{name}"} for name in names]
        return self._listed(call, "schemas", listed)

    def _tables(self, call: Call) -> Response:
        catalog, schema = self._catalog(call), call.query["schema_name"]
        found = self.workspace.engine.direct(
            "SELECT table_name, table_type FROM information_schema.tables "
            "WHERE table_catalog = ? AND table_schema = ? ORDER BY 1",
            [catalog, schema],
        )
        return self._listed(call, "tables", [_about(catalog, schema, name, kind) for name, kind in found])

    def _table(self, call: Call) -> Response:
        # Names are the same whatever their case.
        catalog, schema, name = call.named["name"].lower().split(".")
        found = self.workspace.engine.direct(
            "SELECT table_type FROM information_schema.tables "
            "WHERE table_catalog = ? AND table_schema = ? AND table_name = ?",
            [catalog, schema, name],
        )
        if not found:
            raise RefusedError(404, "TABLE_DOES_NOT_EXIST", f"Table '{call.named['name']}' does not exist.")
        columns = self.workspace.engine.direct(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_catalog = ? AND table_schema = ? AND table_name = ? ORDER BY ordinal_position",
            [catalog, schema, name],
        )
        told = [
            {"name": column, "position": place, "nullable": True, **_type(kind)}
            for place, (column, kind) in enumerate(columns)
        ]
        return Response(body={**_about(catalog, schema, name, found[0][0]), "columns": told})

    def _volumes(self, call: Call) -> Response:
        catalog, schema = self._catalog(call), call.query["schema_name"]
        names = [one.split(".") for one in self.volumes]
        found = [
            {"name": name, "catalog_name": catalog, "schema_name": schema, "volume_type": "MANAGED"}
            for of, within, name in names
            if (of, within) == (catalog, schema)
        ]
        return self._listed(call, "volumes", found)

    def _new_volume(self, call: Call) -> Response:
        wanted = call.json()
        name = f"{wanted['catalog_name']}.{wanted['schema_name']}.{wanted['name']}"
        if name in self.volumes:
            raise RefusedError(409, "RESOURCE_ALREADY_EXISTS", f"Volume '{name}' already exists")
        self.volumes.append(name)
        return Response(body={**wanted, "full_name": name})

    def _volume(self, call: Call) -> Response:
        if call.named["name"] not in self.volumes:
            raise RefusedError(404, "VOLUME_DOES_NOT_EXIST", f"Volume '{call.named['name']}' does not exist.")
        catalog, schema, name = call.named["name"].split(".")
        return Response(body={"name": name, "catalog_name": catalog, "schema_name": schema, "volume_type": "MANAGED"})

    def _tags(self, call: Call) -> Response:
        tags = self.workspace.engine.tags.get(call.named["name"], {})
        kind, name = call.named["kind"], call.named["name"]
        found = [
            {"entity_type": kind, "entity_name": name, "tag_key": key, "tag_value": value}
            for key, value in tags.items()
        ]
        return self._listed(call, "tag_assignments", found)

    def _tag(self, call: Call) -> Response:
        wanted = call.json()
        self.workspace.engine.tags.setdefault(wanted["entity_name"], {})[wanted["tag_key"]] = wanted.get(
            "tag_value", ""
        )
        return Response(body=wanted)

    def _catalog(self, call: Call) -> str:
        catalog = call.named.get("catalog_name") or call.query["catalog_name"]
        if catalog not in self.workspace.engine.catalogs:
            raise RefusedError(404, "CATALOG_DOES_NOT_EXIST", f"Catalog '{catalog}' does not exist.")
        return catalog


def _about(catalog: str, schema: str, name: str, kind: str) -> dict[str, Any]:
    view = kind == "VIEW"
    return {
        "name": name,
        "catalog_name": catalog,
        "schema_name": schema,
        "full_name": f"{catalog}.{schema}.{name}",
        "table_type": "VIEW" if view else "MANAGED",
        **({} if view else {"data_source_format": "DELTA"}),
        "table_id": f"id-{catalog}-{schema}-{name}",
        "updated_at": 1_700_000_000_000,
    }


def _type(kind: str) -> dict[str, str]:
    """A type of DuckDB's as Unity Catalog tells it. The engine keeps every time without a zone, in UTC."""
    text = exp.DataType.build(kind, dialect="duckdb").sql("databricks").lower()
    for of_sqlglot, told in (("timestamp_ntz", "timestamp"), (", ", ","), (": ", ":"), ("`", "")):
        text = text.replace(of_sqlglot, told)
    return {"type_text": text, "type_name": text.split("<")[0].split("(")[0].upper()}


@dataclass
class WorkspaceRest:
    """Who one is, the warehouses, and the model endpoints that are listed."""

    workspace: Workspace
    warehouses: dict[str, str] = field(default_factory=lambda: {"w1": "RUNNING"})
    endpoints: list[str] = field(default_factory=lambda: ["databricks-small-chat"])
    now: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        route = self.workspace.route
        me = {"id": "1", "userName": "ana@example.com", "displayName": "Ana", "active": True}
        route("GET", "/api/2.0/preview/scim/v2/Me", lambda call: Response(body=me))
        route("GET", "/api/2.0/sql/warehouses", self._warehouses)
        route("GET", "/api/2.0/sql/warehouses/{id}", self._warehouse)
        route("GET", "/api/2.0/serving-endpoints", self._endpoints)

    def _warehouses(self, call: Call) -> Response:
        return Response(body={"warehouses": [self._told(one) for one in self.warehouses]})

    def _warehouse(self, call: Call) -> Response:
        if call.named["id"] not in self.warehouses:
            raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"SQL warehouse {call.named['id']} does not exist.")
        return Response(body=self._told(call.named["id"]))

    def _told(self, one: str) -> dict[str, Any]:
        about = {"id": one, "name": f"Warehouse {one}", "state": self.warehouses[one], "warehouse_type": "PRO"}
        return {**about, "cluster_size": "Small", "auto_stop_mins": 10, "enable_serverless_compute": True}

    def _endpoints(self, call: Call) -> Response:
        return Response(body={"endpoints": [{"name": name, "task": "llm/v1/chat"} for name in self.endpoints]})
