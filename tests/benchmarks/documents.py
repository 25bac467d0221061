"""Facts found in documents: how many are right with few labeled examples, and what the stated confidence is worth.

    python tests/benchmarks/documents.py [SEEDS]

Receipts (public, read where ONTOS_REAL_DATA has them) and the made-up certificates of synthetic_data. 200 documents are
held out, the same ones every time; 0, 20 and 100 labeled examples are drawn from the others, with SEEDS seeds (3).
An answer is right when letter case, spaces and punctuation aside it is the one that people gave; where a certificate
does not say a thing, right is to find nothing. "in the text" is the share that stands in the held-out texts at all.
The random split lets issuers of the held-out documents be among the examples; "new issuers" holds out documents of
issuers that no example has. The word lists behind the figures for 0 examples were written with both kinds at hand.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from ontos_tui.learning.extraction.documents import Document, plain
from ontos_tui.learning.extraction.field_finder import FieldFinder, find_all, learn
from ontos_tui.learning.extraction.field_priors import FieldPrior
from ontos_tui.learning.extraction.token_features import TokenFeatures
from ontos_tui.services.data.sample_files import synthetic_data

ROOT = Path(__file__).parents[2]
HELD_OUT = 200
ISSUERS = 6
"""Issuers of the certificates."""
EXAMPLES = (0, 20, 100)
BANDS = ((0.0, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1.01))


@dataclass(frozen=True)
class Labeled:
    """A document, what people found in it, and who issued it."""

    clues: TokenFeatures
    answer: dict[str, str]
    issuer: str


def receipts() -> tuple[list[FieldPrior], list[Labeled]] | None:
    """The public receipts, where they are."""
    beside = ROOT.parent / "shared" / "real_data"
    path = Path(os.environ.get("ONTOS_REAL_DATA") or beside) / "document_extraction" / "sroie_receipts.jsonl"
    if not path.exists():
        return None
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [FieldPrior(name, required=True) for name in ("company", "date", "address", "total")], [
        Labeled(TokenFeatures(Document(one["text"])), one["key"], plain(one["key"].get("company", ""))) for one in found
    ]


def certificates() -> tuple[list[FieldPrior], list[Labeled]]:
    """The made-up certificates with the facts that stand in them."""
    folder = synthetic_data() / "document_extraction"
    texts = {one["document_id"]: one["document"] for one in _lines(folder / "documents.jsonl")}
    found = []
    for name in ("truth.jsonl", "held_out.jsonl"):
        for one in _lines(folder / name):
            answer = {span["label"]: span["text"] for span in one["entities"]}
            found.append(
                Labeled(TokenFeatures(Document(texts[one["document_id"]])), answer, plain(answer.get("issuer", "")))
            )
    # A scanner has misread some names: each counts as the common one that it resembles most.
    common = [name for name, _ in Counter(one.issuer for one in found).most_common(ISSUERS)]
    found = [replace(one, issuer=get_close_matches(one.issuer, common, 1, 0)[0]) for one in found]
    labels = dict.fromkeys(label for one in found for label in one.answer)
    return [FieldPrior(label) for label in labels], found


def _lines(path: Path) -> Iterator[dict[str, object]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def at_random(documents: Sequence[Labeled]) -> tuple[list[Labeled], list[Labeled]]:
    """Held-out documents and all others."""
    mixed = random.Random(17).sample(documents, len(documents))
    return mixed[:HELD_OUT], mixed[HELD_OUT:]


def by_issuer(documents: Sequence[Labeled]) -> tuple[list[Labeled], list[Labeled]]:
    """Documents of held-out issuers, and those of all others."""
    issuers = sorted({one.issuer for one in documents})
    random.Random(17).shuffle(issuers)
    held: set[str] = set()
    while sum(one.issuer in held for one in documents) < HELD_OUT:
        held.add(issuers.pop())
    return [one for one in documents if one.issuer in held][:HELD_OUT], [
        one for one in documents if one.issuer not in held
    ]


def is_right(wanted: FieldPrior, given: object, truth: str | None) -> bool:
    """Whether an answer is the one that people gave."""
    if given is None or not truth:
        return given is None and not truth
    return wanted.key(str(given)) == wanted.key(truth)


def measure(wanted: Sequence[FieldPrior], held: Sequence[Labeled], others: Sequence[Labeled], seeds: int) -> None:
    """Print the shares that are right, and what the confidence was worth."""
    print(f"{'examples':>12}  " + "  ".join(f"{one.name:>18}" for one in wanted) + "  seconds")
    there = []
    for one in wanted:
        known = [(doc, value) for doc in held if (value := doc.answer.get(one.name))]
        hits = sum(
            any(one.matches(doc.clues.document.text_of(piece), value) for piece in doc.clues.document.pieces)
            or any(one.matches(doc.clues.document.text_of(piece), value) for piece in one.pieces(doc.clues.document))
            for doc, value in known
        )
        there.append(hits / len(known))
    print(f"{'in the text':>12}  " + "  ".join(f"{one:18.3f}" for one in there))
    for count in EXAMPLES:
        shares: dict[str, list[float]] = {one.name: [] for one in wanted}
        stated: list[tuple[float, bool]] = []
        began = time.perf_counter()
        drawn = range(seeds if count else 1)
        for seed in drawn:
            some = random.Random(seed).sample(others, count)
            finders = [
                learn(one, [doc.clues for doc in some], [doc.answer.get(one.name) for doc in some])
                if count
                else FieldFinder(one)
                for one in wanted
            ]
            found = [find_all(finders, doc.clues) for doc in held]
            for place, one in enumerate(wanted):
                right = [
                    is_right(one, line[place].value, doc.answer.get(one.name))
                    for line, doc in zip(found, held, strict=True)
                ]
                shares[one.name].append(statistics.mean(right))
                stated += [(line[place].confidence, hit) for line, hit in zip(found, right, strict=True)]
        seconds = (time.perf_counter() - began) / len(drawn)
        print(f"{count:>12}  " + "  ".join(f"{statistics.mean(one):18.3f}" for one in shares.values()), end="")
        print(f"  {seconds:.1f}")
        for low, high in BANDS:
            band = [(sure, hit) for sure, hit in stated if low <= sure < high]
            if band:
                sure, right_of = (statistics.mean(one) for one in zip(*band, strict=True))
                print(f"{'':>12}  stated {low:.2f} to {min(high, 1):.2f}: {len(band):5} answers, ", end="")
                print(f"mean stated {sure:.2f}, right {right_of:.2f}")


def main() -> None:
    """Everything."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    splits: tuple[tuple[str, Callable[..., tuple[list[Labeled], list[Labeled]]]], ...] = (
        ("random split", at_random),
        ("new issuers", by_issuer),
    )
    for name, data in (("receipts", receipts()), ("certificates", certificates())):
        if data is None:
            print(f"{name}: no data here")
            continue
        wanted, documents = data
        for told, split in splits:
            held, others = split(documents)
            print(f"\n{name}, {told}: {len(held)} held out, {seeds} seeds")
            measure(wanted, held, others, seeds)


if __name__ == "__main__":
    main()
