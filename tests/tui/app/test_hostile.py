"""Hostile rows on every screen: the bytes that reach the terminal are looked at, not what a widget believes.

Textual passes escape sequences from data straight through, even the one that writes the clipboard.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from harness import SIZES
from ontos_tui.domain.records.pairs import GenerationMode, Verdict
from ontos_tui.domain.records.serving import Origin
from ontos_tui.services.label.service import Decision
from ontos_tui.workspace import Workspace
from terminal import Terminal, settling

EVIL = "\x1b]52;c;aGFja2Vk\x07\x1b[2J\x1b[31m\x9b5n[@click=app.quit]x[/] [/nope]\u202eevil\x00\x7f\x0e\u2028"
"""Clipboard, clear screen, color, C1 CSI, markup that runs an action, markup that ends the app, bidi, NUL, DEL, SO."""

PICTURE = "␛]52"
"""How the beginning of EVIL looks once it is harmless."""

NAME = "template_52_"
"""How the model's name begins, which is built from the hostile name of its template."""

SIGNS = {"1": PICTURE, "2": PICTURE, "3": PICTURE, "4": NAME, "5": NAME, "6": PICTURE, "7": PICTURE}
"""What stands on each stage once it has its data."""

ALLOWED = re.compile(
    rb"\x1b(?:\[(?:\d+;\d+H|[0-9;]*m|\?(?:1049|1000|1003|1004|1006|1015|1016|2004|2026|2048|7|25)[hl]|\?\d+\$p|[<>][0-9;]*u)"
    rb"|\]22;[a-z-]+\x07)"
)
"""Everything that the app itself has a reason to send; the last is the shape of the mouse pointer."""


def _hostile_workspace(home: Path) -> None:
    """A workspace in which every text that others may have written is hostile."""
    source = home / "rows.jsonl"
    home.mkdir()
    rows = [
        {"id": f"{n}{EVIL}", "note": EVIL * (n % 3 + 1), f"size {EVIL}".replace("\0", ""): n % 7} for n in range(40)
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    template = {
        "name": f"Template {EVIL}",
        "label_type": "evil",
        "user_prompt": f"{EVIL} {{{{ note }}}}",
        "system_prompt": EVIL,
        "guidelines": EVIL,
        "output_schema": {
            "type": "object",
            "properties": {
                "verdict": {"enum": [f"good {EVIL}", f"bad {EVIL}"], "title": EVIL, "description": EVIL},
                "why": {"type": "string"},
            },
            "required": ["verdict"],
        },
    }
    path = home / "template.json"
    path.write_text(json.dumps(template), encoding="utf-8")
    with Workspace(home) as workspace:
        table = workspace.data.files.add_file(source, name="evil")
        sheet = workspace.data.sheets.create_sheet(
            f"Sheet {EVIL}", table.address, item_id_column="id", description=EVIL
        )
        imported = workspace.generate.templates.import_file(path)
        report = workspace.generate.generation.generate(sheet.id, imported.id, GenerationMode.MANUAL)
        pairs = workspace.label.queue.open(report.training_sheet.id)
        choices = template["output_schema"]["properties"]["verdict"]["enum"]  # type: ignore[index]
        decisions = [
            Decision(row.id, Verdict.EDIT, answer={"verdict": choices[index % 2], "why": EVIL}, notes=EVIL)
            for index, row in enumerate(list(pairs)[:24])
        ]
        for decision in decisions:
            workspace.label.queue.decide([decision])
        workspace.label.queue.decide([Decision(pairs[30].id, Verdict.REJECT, reason=EVIL)])
        job = workspace.train.models.submit(report.training_sheet.id, base_model="nearest")
        finished = workspace.jobs.wait(job.id, timeout=100)
        assert finished.status.value == "succeeded", finished.error
        model = workspace.train.models.models()[0]
        endpoint = workspace.deploy.endpoints.deploy(model.id, "evil", despite=EVIL)
        fields = workspace.label.queue.pair(pairs[0].id).source_data
        record = workspace.deploy.endpoints.query(
            endpoint.name, [fields], origin=Origin.PLAYGROUND, client_request_id=EVIL
        )[0]
        workspace.deploy.endpoints.query(endpoint.name, [{"note": EVIL}], origin=Origin.HTTP)
        workspace.improve.feedback.add_feedback(
            record.request_id, 1, comment=EVIL, correction={"verdict": choices[0], "why": EVIL}
        )


def _strange(output: bytes) -> str:
    """What was sent that the app has no reason to send."""
    text = ALLOWED.sub(b"", output).decode("utf-8")
    return "".join(
        character
        for character in text
        if character not in "\r\n"
        and (ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 or character in "\u202e\u2028")
    )


@SIZES
def test_no_screen_lets_hostile_data_through(tmp_path: Path, size: tuple[int, int]) -> None:
    home = tmp_path / "home"
    _hostile_workspace(home)
    with Terminal(settling("--home", str(home)), size) as terminal:
        terminal.sees("7 Improve", PICTURE)
        for stage, sign in SIGNS.items():
            terminal.send(stage)
            terminal.sees(f"▐{stage}", sign)
            for key in ("\r", "\t", "\r", "\x1b", "?", "\x1b"):
                terminal.send(key)
                terminal.settle()
            terminal.send("\x1b")
            terminal.settle()
        assert "\x1b]52" not in terminal.output.decode("utf-8")
        assert _strange(terminal.output) == ""
        terminal.send("q")
        assert terminal.ended() == 0
