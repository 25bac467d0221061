"""Certificates of detectors and sources as text: how they are made up.

First the facts are drawn: what kind of document, who issues it, what was measured against which limit, and the verdict
that follows. Then the issuer's layout writes them down, with its own captions, dates and decimal sign, and notes for
every fact where in the text it stands. Some pages lost their title, many do not say the verdict in words, and some went
through a scanner that takes 0 for O. Positions stay right, since a scanner's mistakes keep the length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from ontos_tui.synthetic_data.document_extraction.words import (
    BOILERPLATE,
    CAPTIONS,
    ISSUERS,
    LOOKALIKES,
    MODELS,
    NUCLIDES,
    QUANTITIES,
    STANDARDS,
    SUBJECTS,
    TITLES,
    VERDICTS,
    WITHOUT_SOURCE,
    Issuer,
)
from ontos_tui.synthetic_data.making import SampleItem, choose_examples, seeded, write_case, write_examples

KEY = "document_extraction"
SEED = 17025
DOCUMENTS = 600
TYPES = {
    "calibration_certificate": 0.34,
    "leak_test": 0.24,
    "source_certificate": 0.18,
    "conformity_declaration": 0.13,
    "acceptance_test": 0.11,
}
OTHER_LAYOUT = 0.15
"""Documents that do not follow their issuer's house style."""
NO_TITLE = 0.35
NO_SUBJECT = 0.45
NO_STANDARD, NO_RESULT = 0.4, 0.4
PLAIN_CAPTION = 0.6
"""Documents that do not name what was measured."""
ASIDES = 0.35
"""Documents that mention another document, or another source."""
SILENT_VERDICT = 0.35
"""Documents whose verdict follows from the measured value and the limit alone."""
SCANNED, MISREAD = 0.25, 0.10
"""Documents from a scanner, and the share of the characters with a lookalike that it misreads."""
WRONG_LABELS = 0.03
EXAMPLES = dict.fromkeys(TYPES, 4)
COLUMNS = ("document_id", "received_at", "pages", "document")
ANSWER = ("document_type", "verdict", "radionuclide", "entities")


@dataclass
class Page:
    """A text that grows, and where in it which fact stands."""

    text: str = ""
    spans: list[dict[str, Any]] = field(default_factory=list)

    def say(self, *parts: str | tuple[str, str]) -> None:
        """Add words, and facts as (label, text)."""
        for part in parts:
            if isinstance(part, tuple):
                label, words = part
                self.spans.append({"start": len(self.text), "end": len(self.text) + len(words), "label": label})
                self.text += words
            else:
                self.text += part


@dataclass(frozen=True)
class Facts:
    """What a document says. `rows` are its facts as (label, text), with `result` for what was measured."""

    kind: str
    verdict: str
    nuclide: str
    issuer: Issuer
    title: str
    subject: str
    statement: str
    others: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    quantity: str
    model: str


def write(scale: int, out: Path) -> list[Path]:
    """Write documents.jsonl, truth.jsonl, held_out.jsonl and the examples below `out`; returns their paths."""
    items = documents(seeded(SEED), DOCUMENTS * scale, "DOC")
    paths = write_case(out / KEY, "documents.jsonl", "document_id", COLUMNS, ANSWER, items)
    examples = choose_examples(documents(seeded(SEED + 1), 100 * DOCUMENTS, "EX"), EXAMPLES, cell=str)
    return [*paths, write_examples(out / "examples" / f"{KEY}.jsonl", examples)]


def documents(random: Random, count: int, prefix: str) -> Iterator[SampleItem]:
    """`count` documents of two years."""
    for number in range(1, count + 1):
        yield _document(random, f"{prefix}-{number:05d}")


def _document(random: Random, document_id: str) -> SampleItem:
    issued = datetime(2023, 9, 1) + timedelta(days=random.randrange(730))
    facts = _facts(random, issued)
    layout = facts.issuer.layout if random.random() > OTHER_LAYOUT else random.choice(list(LAYOUTS))
    page = Page()
    LAYOUTS[layout](random, facts, page)
    text = page.text.rstrip()
    if random.random() < SCANNED:
        text = "".join(LOOKALIKES[one] if one in LOOKALIKES and random.random() < MISREAD else one for one in text)
    row = {
        "document_id": document_id,
        "received_at": (issued + timedelta(days=random.randrange(1, 30))).strftime("%Y-%m-%d"),
        "pages": 1 + (len(text) > 900),
        "document": text,
    }
    entities = [one | {"text": text[one["start"] : one["end"]]} for one in page.spans]
    truth = {"document_type": facts.kind, "verdict": facts.verdict, "radionuclide": facts.nuclide, "entities": entities}
    label = dict(truth)
    if random.random() < WRONG_LABELS:
        label["document_type"] = random.choice([other for other in TYPES if other != facts.kind])
    if random.random() < WRONG_LABELS:
        label["verdict"] = random.choice([other for other in (*VERDICTS, "not_stated") if other != facts.verdict])
    clear = facts.title and facts.subject and (facts.statement or facts.verdict == "not_stated")
    return SampleItem(row, label, truth, facts.kind, _reason(facts) if clear else "", facts.issuer.prefix)


def _facts(random: Random, issued: datetime) -> Facts:
    kind = random.choices(list(TYPES), list(TYPES.values()))[0]
    issuer = random.choice(ISSUERS)
    quantity, unit, limit = QUANTITIES[kind]
    measured = limit * random.choice((random.uniform(0.05, 0.95), random.uniform(0.05, 0.95), random.uniform(1.02, 2)))
    verdict = "pass" if measured <= limit else "conditional" if random.random() < 0.35 else "fail"
    if kind in ("conformity_declaration", "source_certificate") and random.random() < 0.7:
        verdict = "not_stated" if kind == "source_certificate" else "pass"
        measured = min(measured, 0.9 * limit)
    silent = verdict == "not_stated" or random.random() < SILENT_VERDICT
    nuclide = "none" if random.random() < WITHOUT_SOURCE.get(kind, 0) else random.choice(list(NUCLIDES))
    value = f"{measured:.2f} {unit}".replace(".", issuer.decimal)
    bound = f"{limit:g} {unit}".replace(".", issuer.decimal)
    rows = [
        ("certificate_number", f"{issuer.prefix}-{issued:%y}-{random.randrange(1000, 9999)}"),
        ("serial_number", f"{random.choice('ABDEKX')}{random.randrange(10_000, 99_999)}"),
        ("issued_on", issued.strftime(issuer.dates)),
        ("issuer", issuer.name),
    ]
    if random.random() > NO_STANDARD:
        rows.append(("standard", random.choice(STANDARDS[kind])))
    if kind != "conformity_declaration" and random.random() < 0.8:
        due = issued + timedelta(days=random.choice((183, 365, 730)))
        rows.append(("valid_until", due.strftime(issuer.dates)))
    if nuclide != "none":
        rows.append(("radionuclide", random.choice(NUCLIDES[nuclide])))
    if verdict != "not_stated" and (silent or random.random() > NO_RESULT):
        rows.append(("result", f"{value} (limit {bound})"))
    return Facts(
        kind=kind,
        verdict=verdict,
        nuclide=nuclide,
        issuer=issuer,
        title="" if random.random() < NO_TITLE else random.choice(TITLES[kind]),
        subject="" if random.random() < NO_SUBJECT else random.choice(SUBJECTS[kind]),
        statement="" if silent else random.choice(VERDICTS[verdict]),
        others=tuple(_asides(random)),
        rows=tuple(rows),
        quantity=random.choice(CAPTIONS["result"]) if random.random() < PLAIN_CAPTION else quantity,
        model=random.choice(MODELS),
    )


def _asides(random: Random) -> Iterator[str]:
    """Sentences about other things: boilerplate, and now and then another document or another source."""
    yield from random.sample(BOILERPLATE, 2)
    if random.random() < ASIDES:
        yield f"See also our {random.choice(random.choice(list(TITLES.values()))).lower()}."
    if random.random() < ASIDES:
        yield f"A check source of {random.choice(random.choice(list(NUCLIDES.values())))} was kept in the room."


def _caption(random: Random, facts: Facts, label: str) -> str:
    return facts.quantity if label == "result" else random.choice(CAPTIONS[label])


def _shuffled(random: Random, facts: Facts) -> list[tuple[str, str]]:
    return random.sample(facts.rows, len(facts.rows))


def _closing(random: Random, facts: Facts, page: Page) -> None:
    sentences = [facts.subject, facts.statement, *random.sample(facts.others, len(facts.others))]
    page.say("\n", " ".join(one for one in sentences if one), "\n")


def _lines(random: Random, facts: Facts, page: Page) -> None:
    page.say(f"{facts.title}\n\n" if facts.title else "", f"Item: {facts.model}\n")
    for label, words in _shuffled(random, facts):
        page.say(f"{_caption(random, facts, label)}: ", (label, words), "\n")
    _closing(random, facts, page)


def _leaders(random: Random, facts: Facts, page: Page) -> None:
    page.say(f"{facts.title.upper()}\n{'=' * len(facts.title)}\n" if facts.title else "")
    for label, words in facts.rows:
        page.say(_caption(random, facts, label).ljust(44, "."), " ", (label, words), "\n")
    page.say("Object".ljust(44, "."), f" {facts.model}\n")
    _closing(random, facts, page)


def _columns(random: Random, facts: Facts, page: Page) -> None:
    page.say(f"{facts.title:^78}\n\n" if facts.title else "")
    cells = _shuffled(random, facts)
    for place, (label, words) in enumerate(cells):
        caption = f"{_caption(random, facts, label)}: "
        page.say(caption, (label, words), "\n" if place % 2 else " " * max(2, 44 - len(caption + words)))
    page.say(f"\nEquipment: {facts.model}\n")
    _closing(random, facts, page)


def _sections(random: Random, facts: Facts, page: Page) -> None:
    page.say(f"{facts.title}\n" if facts.title else "", f"{facts.issuer.town}\n\n1. General\n")
    for number, (label, words) in enumerate(facts.rows, start=1):
        page.say(f"   1.{number} {_caption(random, facts, label)} ", (label, words), "\n")
    page.say(f"\n2. Object\n   {facts.model}\n\n3. Remarks")
    _closing(random, facts, page)


def _capitals(random: Random, facts: Facts, page: Page) -> None:
    page.say(f"*** {facts.title.upper()} ***\n" if facts.title else "***\n")
    for label, words in _shuffled(random, facts):
        page.say(f"{_caption(random, facts, label).upper()} / ", (label, words), " /\n")
    page.say(f"UNIT TYPE / {facts.model.upper()} /\n")
    _closing(random, facts, page)


def _letter(random: Random, facts: Facts, page: Page) -> None:
    values = dict(facts.rows)
    page.say(("issuer", values["issuer"]), f"\n{facts.issuer.town}, ", ("issued_on", values["issued_on"]), "\n")
    page.say("Our reference ", ("certificate_number", values["certificate_number"]), "\n\n")
    page.say(f"{facts.title}\n\n" if facts.title else "Dear customer,\n\n")
    page.say(f"you sent us the {facts.model} with the number ", ("serial_number", values["serial_number"]), ". ")
    page.say(f"{facts.subject} " if facts.subject else "")
    if "standard" in values:
        page.say("We followed ", ("standard", values["standard"]), ". ")
    if "radionuclide" in values:
        page.say("The source was ", ("radionuclide", values["radionuclide"]), ".")
    page.say("\n")
    if "result" in values:
        page.say(f"{facts.quantity}: ", ("result", values["result"]), ". ")
    page.say(f"{facts.statement} " if facts.statement else "")
    if "valid_until" in values:
        page.say("Please send it again by ", ("valid_until", values["valid_until"]), ".")
    page.say("\n\n", " ".join(facts.others), "\nYours faithfully\n")


LAYOUTS: dict[str, Callable[[Random, Facts, Page], None]] = {
    "lines": _lines,
    "leaders": _leaders,
    "columns": _columns,
    "sections": _sections,
    "capitals": _capitals,
    "letter": _letter,
}


def _reason(facts: Facts) -> str:
    """Why the answer is what it is, in words of the document."""
    result = dict(facts.rows).get("result")
    verdict = f"It says: {facts.statement}" if facts.statement else "It states no result, so no verdict."
    verdict += f" {facts.quantity}: {result}." if result else ""
    source = f"The source is {facts.nuclide}." if facts.nuclide != "none" else "No source is named."
    return f"The title is {facts.title!r}. {verdict} {source}"
