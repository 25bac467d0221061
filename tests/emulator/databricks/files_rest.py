"""Files of volumes over REST, kept in memory: PUT, GET, HEAD, DELETE, and folders that are listed."""

from __future__ import annotations

from dataclasses import dataclass, field

from emulator.databricks.server import Call, RefusedError, Response, Workspace

FILES, FOLDERS = "/api/2.0/fs/files/{path*}", "/api/2.0/fs/directories/{path*}"


@dataclass
class FilesRest:
    """The room. `files` are contents by their whole path, /Volumes/catalog/schema/volume/…"""

    workspace: Workspace
    files: dict[str, bytes] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.workspace.engine.files = self.files
        route = self.workspace.route
        route("PUT", FILES, self._put)
        route("GET", FILES, self._get)
        route("HEAD", FILES, self._head)
        route("DELETE", FILES, self._delete)
        route("PUT", FOLDERS, self._make)
        route("HEAD", FOLDERS, self._folder)
        route("GET", FOLDERS, self._list)

    def _put(self, call: Call) -> Response:
        path = _path(call)
        if path in self.files and call.query.get("overwrite") != "true":
            raise RefusedError(409, "ALREADY_EXISTS", f"The file {path} exists already.")
        self.files[path] = call.body
        return Response(204)

    def _get(self, call: Call) -> Response:
        return Response(raw=self._found(call), headers={"Content-Type": "application/octet-stream"})

    def _head(self, call: Call) -> Response:
        size = str(len(self._found(call)))
        return Response(raw=b"", headers={"Content-Type": "application/octet-stream", "Content-Length": size})

    def _delete(self, call: Call) -> Response:
        self._found(call)
        del self.files[_path(call)]
        return Response(204)

    def _make(self, call: Call) -> Response:
        self.folders.add(_path(call).rstrip("/"))
        return Response(204)

    def _folder(self, call: Call) -> Response:
        self._inside(call)
        return Response(raw=b"")

    def _list(self, call: Call) -> Response:
        folder = _path(call).rstrip("/")
        found: dict[str, dict[str, object]] = {}
        for path in self._inside(call):
            name, _, deeper = path[len(folder) + 1 :].partition("/")
            told: dict[str, object] = {"path": f"{folder}/{name}", "name": name, "is_directory": bool(deeper)}
            found[name] = told if deeper else {**told, "file_size": len(self.files.get(path, b""))}
        return Response(body={"contents": [found[name] for name in sorted(found)]})

    def _inside(self, call: Call) -> list[str]:
        folder = _path(call).rstrip("/")
        inside = [path for path in (*self.files, *self.folders) if path.startswith(f"{folder}/")]
        if not inside and folder not in self.folders:
            raise RefusedError(404, "NOT_FOUND", f"The directory {folder} does not exist.")
        return inside

    def _found(self, call: Call) -> bytes:
        path = _path(call)
        if path not in self.files:
            raise RefusedError(404, "NOT_FOUND", f"The file {path} does not exist.")
        return self.files[path]


def _path(call: Call) -> str:
    return "/" + call.named["path"].lstrip("/")
