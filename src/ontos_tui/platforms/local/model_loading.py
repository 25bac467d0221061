"""A model's files become a predictor: what answering needs of the engine, without what training needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import PlatformError
from ontos_tui.learning.encoding.features import FeatureTable
from ontos_tui.learning.extraction.extractor import Extractor
from ontos_tui.learning.models import model_file
from ontos_tui.learning.models.field_models import FieldModel
from ontos_tui.learning.trust.applicability import Applicability
from ontos_tui.learning.trust.field_trust import FieldTrust
from ontos_tui.platforms.local.predictor import LocalPredictor

FORMAT, READABLE = 3, (1, 2, 3)
"""Of a model's description. The first two, of earlier releases, say nothing of trust and of what lies outside."""


def load_model(folder: Path, sha256: str) -> LocalPredictor:
    """The model in `folder`, without running code from it. Raises PlatformError when the file was altered."""
    plain, estimators = model_file.read(folder, sha256)
    try:
        if plain["format"] not in READABLE:
            known = " and ".join(str(one) for one in READABLE)
            raise PlatformError(
                f"The model in {folder} is of format {plain['format']}; this program reads formats {known}.",
                "Use the program that trained it, or train the model again.",
            )
        return _predictor(plain, estimators)
    except PlatformError:
        raise
    except Exception as error:  # a stranger's description may hold anything, under a checksum that fits
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"
        raise PlatformError(
            f"The description of the model in {folder} is incomplete ({reason}).", "Train the model again."
        ) from error


def _predictor(plain: dict[str, Any], estimators: Sequence[Any]) -> LocalPredictor:
    """The model from its description. Raises whatever its parts raise where it is none."""
    pairs = zip(plain["heads"], estimators, strict=True)
    trusted = plain["format"] == FORMAT
    trust = [FieldTrust.from_json(one) for one in plain["trust"]] if trusted else []
    return LocalPredictor(
        FeatureTable.from_json(plain["features"]),
        tuple(FieldModel.from_json(head, estimator) for head, estimator in pairs),
        Extractor.from_json(plain["reader"]) if "reader" in plain else None,
        {one.field: one for one in trust},
        Applicability.from_json(plain["learned"]) if trusted else Applicability(),
    )
