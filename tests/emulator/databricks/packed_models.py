"""What an endpoint does with a packed model: MLflow's scoring server, as far as it is asked here.

The body's rows become a table of pandas, cast to the types of the model's signature, as MLflow's server does it; the
package's own loader answers, on files that were sent over the wire. `tests/platforms/local/test_pyfunc_mlflow.py` asks
the real server the same.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator.chat import Reply
from ontos_tui.platforms.local.pyfunc.loader import _load_pyfunc

TYPES = {"double": "float64", "long": "int64", "string": "object"}


class PackedModels:
    """Models by the folder of their files in the workspace."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._loaded: dict[str, tuple[Any, list[dict[str, str]]]] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Remove the files of models that were asked."""
        if self._folder is not None:
            self._folder.cleanup()

    def has(self, model: str, version: str) -> bool:
        """Whether the version came with files."""
        return f"{_root(model, version)}/MLmodel" in self._files

    def answer(self, model: str, version: str, body: Mapping[str, Any]) -> Reply:
        """What the scoring server says to a body."""
        import pandas

        loaded, signature = self._model(_root(model, version))
        rows = _rows(body)
        if rows is None:
            return _refused("The body holds none of dataframe_records, dataframe_split, inputs.")
        table = pandas.DataFrame(rows)
        absent = [one["name"] for one in signature if one["name"] not in table]
        if absent:
            return _refused(f"Model is missing inputs {absent}.")
        try:
            table = table.astype({one["name"]: TYPES[one["type"]] for one in signature})
        except (TypeError, ValueError) as error:
            return _refused(f"Incompatible input types: {error}")
        predictions = loaded.predict(table).to_dict("records")
        return Reply(body={"predictions": json.loads(json.dumps(predictions))})

    def _model(self, root: str) -> tuple[Any, list[dict[str, str]]]:
        if root not in self._loaded:
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="ontos-emulated-models-")
            place = Path(self._folder.name) / root.strip("/").replace("/", ".")
            for path, content in self._files.items():
                if path.startswith(f"{root}/"):
                    file = place / path[len(root) + 1 :]
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(content)
            described = (place / "MLmodel").read_text().splitlines()
            line = next(line for line in described if line.strip().startswith("inputs: "))
            inputs = json.loads(json.loads(line.partition("inputs: ")[2]))
            self._loaded[root] = _load_pyfunc(str(place / "data")), inputs
        return self._loaded[root]


def _root(model: str, version: str) -> str:
    return f"/Models/{model.replace('.', '/')}/{version}"


def _rows(body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    if isinstance(body.get("dataframe_records"), list):
        return list(body["dataframe_records"])
    if isinstance(split := body.get("dataframe_split"), dict):
        return [dict(zip(split["columns"], line, strict=True)) for line in split["data"]]
    return list(body["inputs"]) if isinstance(body.get("inputs"), list) else None


def _refused(message: str) -> Reply:
    return Reply(400, {"error": {"message": message}})
