"""Documents through real keys: fields are proposed from their text, and the queue shows where each comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from harness import SIZES, Driver, open_app
from ontos_tui.domain.schema import answer_fields
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.tui.stages.label.spans.document import document_lines, marked
from ontos_tui.workspace import Workspace

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "vendor": {"type": "string"},
        "billed": {"type": "string", "title": "Date of the bill"},
        "total": {"type": "number"},
    },
    "required": ["vendor", "billed", "total"],
}
FIELDS = answer_fields(SCHEMA)


def bill(number: int) -> str:
    """A bill in many lines, with a character that no terminal should get."""
    goods = "\n".join(f"Part {part}\x1b[2J  {part}.50" for part in range(1, 21))
    return (
        f"Nordkap Optik GmbH\nMill Road {number}\nDate: 0{number}.05.2025\n{goods}\nTotal  EUR 21{number}.00\nGoodbye"
    )


def a_workspace(home: Path) -> None:
    """Three bills and a template that asks for three fields; nothing is labeled."""
    source = home.parent / "bills.jsonl"
    lines = [{"bill": f"B-{number}", "page": bill(number)} for number in range(1, 4)]
    source.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with Workspace(home) as workspace:
        table = workspace.data.files.add_file(source)
        workspace.data.sheets.create_sheet("bills", table.address, item_id_column="bill")
        workspace.generate.templates.create(
            name="bill fields", label_type="bill", user_prompt="Read:\n{{ page }}", output_schema=SCHEMA
        )


async def generated(user: Driver) -> None:
    """Pairs by keys, with proposals."""
    await user.press("2")
    await user.sees("bills", "bill fields", "text extraction")
    await user.press("g")
    jobs = user.app.workspace.jobs
    await user.until(lambda: [job.finished_at is not None for job in jobs.jobs()] == [True], "the job is over")
    await user.until(lambda: user.app.overview is not None and not user.app.overview.running, "the screen knows")
    await user.settle()


@SIZES
async def test_fields_are_proposed_without_an_example_and_shown_where_they_stand(
    home: Path, size: tuple[int, int]
) -> None:
    a_workspace(home)
    async with open_app(home, size) as user:
        await generated(user)
        await user.press("3", "enter")
        await user.sees("Nordkap Optik GmbH  ⟦⟧1", "01.05.2025  ⟦⟧2", "211  ⟦⟧3", "by general patterns")
        await user.sees("⟦Nordkap Optik GmbH⟧1", "Date: ⟦01.05.2025⟧2", "⋯ 18 lines (p: show)", "⟦211.00⟧3")
        assert "Part 9" not in user.text()
        await user.press("p")
        await user.sees("211  ⟦⟧3", "Date: ⟦01.05.2025⟧2", "⟦211.00⟧3")
        assert "by general patterns" not in user.text()
        await user.press("p")
        await user.sees("user", "Read:", "Date: 01.05.2025")
        assert "⟦211.00⟧3" not in user.text()
        await user.press("p", "a")
        await user.sees("⟦02.05.2025⟧2", "⟦212.00⟧3")
        sheet = user.app.session.training_sheet_id
        label = user.app.workspace.label.queue
        await user.until(lambda: label.counts(sheet).labeled == 1, "the first is labeled")
        first = label.pair(label.open(sheet)[0].id)
        assert first.answer == {"vendor": "Nordkap Optik GmbH", "billed": "01.05.2025", "total": 211}


def test_a_value_of_several_lines_is_marked_in_each() -> None:
    fields = answer_fields({"type": "object", "properties": {"address": {"type": "string"}}})
    text = "Acme Ltd\n12 Mill Road,\n10115 Harbour Town\nTel 1\n" + "more\n" * 20
    document = marked({"page": text}, fields, {"address": "12 MILL ROAD 10115 Harbour Town"})
    assert document is not None
    shown = ["".join(part.text for part in one) for one in document_lines(document, 60, "address", fold=True)]
    assert shown == [
        "page", "  Acme Ltd",
        "  ▸⟦12 Mill Road,…⟧", "  ⟦…10115 Harbour Town⟧1", "  Tel 1", "  ⋯ 21 lines (p: show)",
    ]  # fmt: skip
    unfolded = ["".join(part.text for part in one) for one in document_lines(document, 60, "", fold=False)]
    assert unfolded.count("  more") == 20
    assert "  ⟦12 Mill Road,…⟧" in unfolded


def test_without_a_document_or_a_place_nothing_is_marked() -> None:
    assert marked({"page": bill(1)}, FIELDS, {"vendor": "Somebody Else AG"}) is None
    assert marked({"page": bill(1)}, FIELDS, {}) is None
    assert marked({"note": "Nordkap"}, FIELDS, {"vendor": "Nordkap"}) is None
    assert marked({"load": 3.5}, FIELDS, {"total": 3.5}) is None


ODD = st.text(st.one_of(st.sampled_from("ab9 .,:\n\t\x1b\x07\u202e\u0301日ﬁ\ud800⟦⟧"), st.characters()), max_size=200)


@given(ODD, ODD, st.integers(10, 70), st.booleans())
def test_any_text_is_shown_harmless_and_within_its_width(text: str, value: str, width: int, fold: bool) -> None:
    whole = f"{text}\n{value}\n{'filled up ' * 10}"
    document = marked({"page": whole}, FIELDS, {"vendor": value, "total": 9, "billed": text[:20]})
    if document is None:
        return
    for mark in document.marks:
        assert 0 <= mark.start < mark.end <= len(whole)
    shown = list(document_lines(document, width, "vendor", fold=fold))
    for one in shown:
        message = "".join(part.text for part in one)
        assert safe_line(message) == message  # nothing in it that a terminal interprets
        assert cell_len(message) <= max(width, 10) + 4
    assert sum("⟦" in "".join(part.text for part in one) for one in shown) >= 1
