"""In which unit each number of an answer is, where the file says one for the column that it came from."""

from __future__ import annotations

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.data import DataTable, Sheet
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import Evaluation
from ontos_tui.domain.schema import FieldKind
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection

LONGEST = 16
"""Characters of a unit; longer words beside a column's name are none."""
NONE = ("-", "–", "—", "1", "none", "n/a", "[-]")
"""What stands in a line of units for a number without one."""
NUMBERS = (FieldKind.NUMBER, FieldKind.INTEGER)


def add_units(connection: Connection, sheet: TrainingSheet, evaluation: Evaluation) -> Evaluation:
    """The evaluation with the unit of each number; as it is where the file names none."""
    units = _units(connection, sheet)
    if not units:
        return evaluation
    template = Template.model_validate(sheet.template_snapshot)
    columns = dict(template.answer_columns)
    if named := sheet.generation_params.get("column"):  # which column held the first field was said beside the template
        columns[template.fields()[0].name] = str(named)
    scores = [
        score.model_copy(update={"unit": units.get(columns.get(score.field, score.field), "")})
        if score.kind in NUMBERS
        else score
        for score in evaluation.scores
    ]
    return evaluation.model_copy(update={"scores": scores})


def _units(connection: Connection, sheet: TrainingSheet) -> dict[str, str]:
    """The units of the source's columns, as its file states them."""
    try:
        source = rows.get(connection, Sheet, sheet.sheet_id)
        table = rows.get(connection, DataTable, source.source_table)
    except OntosError:  # a table of a team's catalog, or one that is gone
        return {}
    columns = [] if table.reading is None else table.reading.columns
    units = {column.name: " ".join(column.unit.split()) for column in columns}
    return {name: unit for name, unit in units.items() if 0 < len(unit) <= LONGEST and unit.lower() not in NONE}
