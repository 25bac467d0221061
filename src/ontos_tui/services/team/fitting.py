"""Whether a canonical label's answer fits the template of a pair: the same for everybody who reads the log."""

from __future__ import annotations

import json

from ontos_tui.domain.sharing.apply import Fits
from ontos_tui.domain.sharing.table_rules import Values
from ontos_tui.services.records.answers import AnswerChecker


def fits_checker() -> Fits:
    """The check, which keeps what it has read of templates."""
    checkers: dict[str, AnswerChecker] = {}

    def fits(sheet: Values, pair: Values, label: Values) -> bool:
        template = str(sheet["template_snapshot"])
        if template not in checkers:
            checkers[template] = AnswerChecker(json.loads(template)["output_schema"])
        checker, answer = checkers[template], json.loads(label["label_data"])
        return checker.fits(answer) and not checker.misplaced(answer, json.loads(pair["source_data"]))

    return fits
