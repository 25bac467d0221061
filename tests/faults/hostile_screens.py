"""Hostile strings through every screen: what the real app sends to a real terminal is looked at, byte by byte.

Every text that others may have written is hostile, each row's another one. All keys of all stages are pressed, and all
rows are walked through. What is counted as tried are the strings that were seen on a screen.

Promised: no control character reaches the terminal but in the app's own sequences, and the app lives on.
"""

from __future__ import annotations

import itertools
import json
import random
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from faults.result import Result
from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.pairs import GenerationMode, Verdict
from ontos_tui.domain.records.serving import Origin
from ontos_tui.services.label.decisions import Decision
from ontos_tui.tui.core.keys.key_listing import listing
from ontos_tui.workspace import Workspace
from terminal import BRIEF_TOASTS, Terminal, settling

PROMISE = "no control character of data reaches the terminal from any screen, and the app lives on"
ROWS = 10_000
SIZES, TALL = ((120, 40), (80, 24)), (160, 250)
STAGES = ("data", "generate", "label", "train", "deploy", "monitor", "improve")
ALLOWED = re.compile(
    rb"\x1b(?:\[(?:\d+;\d+H|[0-9;]*m|[0-3]?[JK]|\d+X|\?(?:1049|1000|1003|1004|1006|1015|1016|2004|2026|2048|7|25)[hl]"
    rb"|\?\d+\$p|[<>][0-9;]*u)|\]22;[a-z-]+\x07|\]52;c;(?!aGFja2Vk)[A-Za-z0-9+/=]*\x07)"
)
"""Everything that the app itself has a reason to send; the last are the shape of the pointer, and what `y` copies."""
LEAVING = ("q", "\x11", "\x03", "\x1a")
STRANGE = re.compile(
    "[\\x00-\\x09\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]"
)
SERIAL = re.compile(r"<(\d+)>|<(\d{1,4})…")
"""By what a text is known; the list cuts the middle of a long one, behind four digits at the earliest."""
PIECES = (
    "\x1b]52;c;aGFja2Vk\x07", "\x1b[2J", "\x1b[31m", "\x1bc", "\x1b[6n", "\x1bP1$r\x1b\\", "\x1b_x\x1b\\",
    "\x1b^y\x1b\\", "\x1b]0;t\x07", "\x1b]8;;http://x\x1b\\", "\x1b[?1049l", "\x1b[>c", "\x9b5n",
    "\x9d0;x\x9c", "\x90q\x9c", "\x85", "\x84", "\0", "\a", "\b", "\t", "\n", "\v", "\f", "\r", "\x0e",
    "\x0f", "\x18", "\x1a", "\x7f", "\u202e", "\u2066", "\u200f", "\u061c", "\u2028", "\u2029", "\ufeff",
    "\u200b", "e\u0301\u0301\u0301", "💥", "👩‍👩‍👧", "日本", "[@click=app.quit]x[/]", "[/nope]", "[bold",
    "{{ 7*7 }}", "%s", "'; --", "<b>", "&amp;", "\\x1b[2J", "\\033[2J", "^[[2J", "$(id)", "`id`",
)  # fmt: skip
KEYS = {
    "enter": "\r", "esc": "\x1b", "space": " ", "tab": "\t", "backspace": "\x7f", "down": "\x1b[B",
    "up": "\x1b[A", "right": "\x1b[C", "left": "\x1b[D", "pagedown": "\x1b[6~", "pageup": "\x1b[5~",
    "home": "\x1b[H", "end": "\x1b[F", "delete": "\x1b[3~", "f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR",
    "f4": "\x1bOS", "f5": "\x1b[15~", "f6": "\x1b[17~", "f7": "\x1b[18~", "f8": "\x1b[19~", "f9": "\x1b[20~",
    "f10": "\x1b[21~",
}  # fmt: skip


def text(draw: random.Random, serial: int, most_before: int = 1) -> str:
    """A hostile string with a number by which it is known on a screen."""
    before, behind = ("".join(draw.choice(PIECES) for _ in range(draw.randrange(n))) for n in (most_before + 1, 6))
    return f"{before}<{serial}>{behind}"


def run(seed: int, seconds: float) -> Result:
    """Walk through the app until the time is over."""
    draw, problems, seen = random.Random(seed), list[str](), set[str]()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        rows = ROWS if seconds > 60 else 1_000
        hostile_workspace(home, draw, rows)
        until, sizes = time.monotonic() + seconds, itertools.cycle(SIZES)
        try:
            problems += walk_rows(home, rows, seen)
            while time.monotonic() < until:
                problems += walk_keys(home, next(sizes), draw, seen, until)
        except AssertionError as error:
            problems.append(str(error))
    return Result(PROMISE, len(seen), len(set(problems)), tuple(sorted(set(problems))[:10]))


def hostile_workspace(home: Path, draw: random.Random, count: int) -> None:
    """A workspace in which every text that others may have written is hostile, with a model that answers."""
    home.mkdir()
    numbers = iter(range(10**6, 10**7))

    def evil() -> str:
        return text(draw, next(numbers))

    source, column = home / "rows.jsonl", f"size {evil()}".replace("\0", "")
    notes = [evil() * (n % 3 + 1) for n in range(7)]  # a column whose values are all different teaches nothing
    with source.open("w", encoding="utf-8") as file:
        for n in range(count):
            file.write(json.dumps({"id": text(draw, n, 0), "note": notes[n % 7], column: evil()}) + "\n")
    choices = [f"good {evil()}", f"bad {evil()}"]
    properties = {"verdict": {"enum": choices, "title": evil(), "description": evil()}, "why": {"type": "string"}}
    schema = {"type": "object", "properties": properties, "required": ["verdict"]}
    template = {
        "name": evil(),
        "label_type": "evil",
        "user_prompt": f"{evil()} {{{{ note }}}}".replace("{{ 7*7 }}", ""),
        "system_prompt": evil(),
        "guidelines": evil(),
        "output_schema": schema,
    }
    (home / "template.json").write_text(json.dumps(template), encoding="utf-8")
    with Workspace(home) as workspace:
        table = workspace.data.files.add_file(source, name="evil")
        sheet = workspace.data.sheets.create_sheet(evil(), table.address, item_id_column="id", description=evil())
        imported = workspace.generate.templates.import_file(home / "template.json")
        report = workspace.generate.generation.generate(sheet.id, imported.id, GenerationMode.MANUAL)
        pairs = workspace.label.queue.open(report.training_sheet.id)
        answers = [{"verdict": choices[number % 2], "why": evil()} for number in range(40)]
        workspace.label.queue.decide(
            [Decision(pairs[n].id, Verdict.EDIT, answer=one, notes=evil()) for n, one in enumerate(answers)]
        )
        workspace.label.queue.decide([Decision(pairs[50].id, Verdict.REJECT, reason=evil())])
        params = {"training_sheet_id": report.training_sheet.id, "base_model": "nearest", "name": "evil"}
        model = workspace.train.models.run(params, "j1", NoProgress())
        workspace.deploy.endpoints.deploy(model.id, "evil", despite=evil())
        for number in range(30):
            fields = workspace.label.queue.pair(pairs[number].id).source_data if number % 3 else {"note": evil()}
            (record,) = workspace.deploy.endpoints.query(
                "evil", [fields], origin=Origin.HTTP, client_request_id=evil()[:100]
            )
            if number % 3:
                workspace.improve.feedback.add_feedback(record.request_id, number % 5 + 1, evil(), answers[number])
        _more(workspace, evil)


def _more(workspace: Workspace, evil: object) -> None:
    """Gaps and an alert; where a workspace gives none, there are none."""
    try:
        workspace.monitor.alerts.add_rule(endpoint="evil", metric="traffic", comparison="above", threshold=1)
        workspace.monitor.alerts.evaluate()
        workspace.monitor.drift.check("evil")
    except OntosError:
        return


def keys_by_stage() -> dict[str, list[str]]:
    """What can be pressed in each stage, as a terminal sends it; not what leaves the app or the stage."""
    keys: dict[str, list[str]] = {stage: [] for stage in STAGES}
    for line in listing({}):
        command, *rest = re.split(r"\s{2,}", line)
        stage, names = command.partition(".")[0], rest[0].split(", ") if rest else []
        sent = [KEYS.get(name, name if len(name) == 1 else _control(name)) for name in names]
        for one in (
            STAGES if command in ("app.help", "app.jobs", "app.settings", "app.palette", "app.sharing") else [stage]
        ):
            if one in keys:
                keys[one] += [key for key in sent if key and key not in LEAVING]
    return {stage: sorted(set(some)) for stage, some in keys.items()}


def _control(name: str) -> str:
    return chr(ord(name[1]) & 0x1F) if len(name) == 2 and name[0] == "^" and name[1].isalpha() else ""


def walk_rows(home: Path, rows: int, seen: set[str]) -> Iterator[str]:
    """Walk through all rows of the queue, many at a time; what was sent that should not."""
    with Terminal(settling("--home", str(home)), TALL, {BRIEF_TOASTS: "1"}) as terminal:
        terminal.sees("7 Improve")
        for key in ("3", "\r", *["\x1b[6~"] * (rows // (TALL[1] - 20) + 1)):
            _press(terminal, key, "the queue", seen)
        yield from looked_at(terminal, "the queue")


def walk_keys(home: Path, size: tuple[int, int], draw: random.Random, seen: set[str], until: float) -> Iterator[str]:
    """Press every key of every stage, each followed by another; what was sent that should not."""
    by_stage = keys_by_stage()
    with Terminal(settling("--home", str(home)), size, {BRIEF_TOASTS: "1"}) as terminal:
        terminal.sees("7 Improve")
        for stage in draw.sample(STAGES, len(STAGES)):
            number = str(STAGES.index(stage) + 1)
            for key in draw.sample(by_stage[stage], len(by_stage[stage])):
                if time.monotonic() > until:
                    return
                for sent in (key, draw.choice(["\r", "\x1b[B", "\x1b[6~", "\t"]), "\x1b", "\x1b", number):
                    _press(terminal, sent, f"{stage}, {key!r}", seen)
                yield from looked_at(terminal, f"{stage}, {key!r}")


def _press(terminal: Terminal, key: str, where: str, seen: set[str]) -> None:
    terminal.send(key)
    try:
        terminal.settle()
    except AssertionError as error:
        shown = " / ".join(line.strip() for line in terminal.text().splitlines() if line.strip())
        raise AssertionError(f"{where}: the app did not come to rest after {key!r}: {shown[:300]}") from error
    seen.update(whole or cut for whole, cut in SERIAL.findall(terminal.text()))


def looked_at(terminal: Terminal, where: str) -> Iterator[str]:
    """What was sent that the app has no reason to send; the output is looked at once."""
    output, terminal.output = terminal.output, b""
    text = ALLOWED.sub(b"", output).decode("utf-8", "replace")
    if (strange := STRANGE.search(text)) is not None:
        around = text[max(0, strange.start() - 20) : strange.end() + 20]
        yield f"{where}: {strange.group()!r} in {around!r}"
