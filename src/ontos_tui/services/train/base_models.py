"""Which base model suits a training sheet, and its parameters as people write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.services.data.images import image_folders
from ontos_tui.services.train.splitting import Splitting
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.data import sheet_with_id
from ontos_tui.store.queries.training.pairs import first_rows

if TYPE_CHECKING:
    from ontos_tui.learning.search.recommendation import Recommendation

SAMPLE_ROWS = 200
"""Rows from which the kinds of the columns are told."""
_KINDS = {"NumericColumn": "number", "BooleanColumn": "boolean", "CategoryColumn": "category", "TextColumn": "text"}


def recommendation(store: Store, splitting: Splitting, sheet: TrainingSheet) -> Recommendation:
    """The base model that suits the answer and the columns of a training sheet, and why."""
    from ontos_tui.learning.search.recommendation import recommend

    with store.read() as connection:
        sample = first_rows(connection, sheet.id, SAMPLE_ROWS)
        pictures = image_folders(connection, sheet.sheet_id)
        source = sheet_with_id(connection, sheet.sheet_id)
    features = splitting.features(sheet, tuple(dict.fromkeys(name for row in sample for name in row)))
    template = Template.model_validate(sheet.template_snapshot)
    shown = [name for name in features if name in pictures]
    kinds = column_kinds(sample, [name for name in features if name not in pictures])
    use_case = sheet.use_case or (source.use_case if source else "")
    return recommend(template.fields(), kinds, use_case, shown)


def column_kinds(sample: Sequence[Row], names: Sequence[str]) -> dict[str, str]:
    """What each column holds: number, boolean, category, text or series. Columns that teach nothing are left out."""
    from ontos_tui.learning.encoding.features import describe

    if not names:
        return {}
    table, left_out = describe(sample, names)
    kinds = {column.name: _KINDS.get(type(column).__name__, "number") for column in table.columns}
    lists = (one.name for one in left_out if any(isinstance(row.get(one.name), list) for row in sample))
    return kinds | dict.fromkeys(lists, "series")


def checked_params(base_model: str, params: Mapping[str, Any], *, fine_tuned: bool) -> dict[str, Any]:
    """Parameters of a base model, also from texts, in their types.

    Raises InvalidInputError naming those that it has, and what each may be.
    """
    if not params:
        return {}
    if fine_tuned:
        if set(params) == {"serving"} and params["serving"] in ("transformers", "vllm"):
            return dict(params)
        raise InvalidInputError(
            f"{base_model} is fine-tuned on the workspace, which chooses its parameters.",
            "Give none but serving=transformers or serving=vllm.",
        )
    from ontos_tui.learning.models import families

    return families.checked_params(base_model, params)
