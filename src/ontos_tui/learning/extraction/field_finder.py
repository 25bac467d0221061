"""Finding the fields of an answer in a document: general patterns, and what labeled documents teach beyond them.

For each field every piece of the text has a score; the best one is the answer, and the scores of all as shares of one
are how sure that is. The score starts as what general knowledge says (`field_priors`), so that it works without any
example; labeled documents add weights to the features of a piece (`token_features`), as a maximum a posteriori estimate
around that start. How flat the shares have to be is measured by leaving parts of the labeled documents out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ontos_tui.domain.schema import FieldKind
from ontos_tui.learning.extraction.documents import Document, Piece
from ontos_tui.learning.extraction.field_priors import NOT_THERE, FieldPrior, ValueKind
from ontos_tui.learning.extraction.token_features import TokenFeatures

Vector = NDArray[np.float64]

MOST_DOCUMENTS = 250
"""Documents that are learned from; further ones would cost time and add little."""
FOLDS, LEAST_FOLDED = 3, 9
"""Parts that are left out in turn to measure how sure answers are, and documents that this takes."""
PENALTY = 0.5
"""How strongly weights are held at zero."""
TEMPERATURE_WITHOUT_EXAMPLES = 1.0
"""How much flatter the shares are without examples; measured on receipts and certificates, November 2026."""
HIGHEST_WITHOUT_EXAMPLES = 0.95
"""What is claimed at most without examples."""
SMALLEST = 1e-3
"""Weights that are smaller in size are dropped."""
TEMPERATURES = tuple(float(one) for one in np.geomspace(0.4, 4.0, 25))


@dataclass(frozen=True)
class FieldMatch:
    """The match for a field: the value, where it stands, and how sure that is, 0..1.

    `value` is None when the document does not say it.
    """

    value: str | float | None
    start: int
    end: int
    confidence: float


@dataclass(frozen=True)
class FieldWeights:
    """What labeled documents taught about one field."""

    weights: dict[str, float]
    trust: float
    seen: dict[str, int]
    pool: str
    temperature: float
    documents: int


@dataclass(frozen=True)
class FieldFinder:
    """Finds one field in documents, with what was taught, if anything was."""

    field_prior: FieldPrior
    taught: FieldWeights | None = None

    def find(self, features: TokenFeatures, taken: Sequence[FieldMatch] = ()) -> FieldMatch:
        """The most probable piece that overlaps with none that is taken, or that there is none."""
        document = features.document
        pieces = [
            piece
            for piece in self._pieces(document)
            if not any(piece.start < one.end and one.start < piece.end for one in taken)
        ]
        if not pieces:
            return FieldMatch(None, 0, 0, UNDECIDED)
        scores = np.append(self._scores(features, pieces), self._absent)
        scores /= TEMPERATURE_WITHOUT_EXAMPLES if self.taught is None else self.taught.temperature
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        best = int(shares.argmax())
        if best == len(pieces) and self._has_to_be_there:
            best = int(scores[:-1].argmax())
        if best == len(pieces):
            return FieldMatch(None, 0, 0, min(self._most, float(shares[best])))
        keys = self.field_prior.keys(document, pieces)
        share = sum(float(one) for one, key in zip(shares, keys, strict=False) if key == keys[best])
        value = self.field_prior.value(document.text_of(pieces[best]))
        return FieldMatch(value, pieces[best].start, pieces[best].end, min(self._most, share))

    @property
    def _most(self) -> float:
        """What so few documents allow to claim at most: right in all of them is not right for ever."""
        return (
            HIGHEST_WITHOUT_EXAMPLES
            if self.taught is None
            else (self.taught.documents + 1) / (self.taught.documents + 2)
        )

    @property
    def _has_to_be_there(self) -> bool:
        """Whether a poor guess is better than none: the schema wants a value, and there is some idea of it."""
        return self.field_prior.required and (
            self.taught is not None or self.field_prior.value_kind is not ValueKind.WORDS
        )

    def _pieces(self, document: Document) -> tuple[Piece, ...]:
        pieces = self.field_prior.pieces(document) if self.taught is None else pool(document, self.taught.pool)
        if self.field_prior.kind is FieldKind.TEXT and not self.field_prior.iso:
            return pieces
        return tuple(piece for piece in pieces if self.field_prior.value(document.text_of(piece)) is not None)

    @property
    def _absent(self) -> float:
        return NOT_THERE if self.taught is None else NOT_THERE + self.taught.weights.get(ABSENT, 0.0)

    def _scores(self, features: TokenFeatures, pieces: Sequence[Piece]) -> Vector:
        document, taught = features.document, self.taught
        prior = np.array([self.field_prior.score(document, piece) for piece in pieces], dtype=np.float64)
        if taught is None:
            return prior
        weights = taught.weights
        seen = [weights.get(_seen(times), 0.0) for times in range(4)]
        learned = [
            sum(weights[clue] for clue in features.of(piece) if clue in weights) + seen[min(taught.seen.get(key, 0), 3)]
            for piece, key in zip(pieces, self.field_prior.keys(document, pieces), strict=True)
        ]
        return taught.trust * prior + np.array(learned, dtype=np.float64)


UNDECIDED = 0.5
"""How sure it is that a field is not there, where a document has nothing at all that looks like it."""


def find_all(finders: Sequence[FieldFinder], features: TokenFeatures) -> list[FieldMatch]:
    """What each finder finds. Where nothing was taught, one place is only one field's: the surest one's."""
    matches = [finder.find(features) for finder in finders]
    for place in sorted(range(len(matches)), key=lambda place: -matches[place].confidence):
        if finders[place].taught is None:
            surer = [
                one for one in matches[:place] + matches[place + 1 :] if one.confidence > matches[place].confidence
            ]
            taken = [one for one in surer if one.start < matches[place].end and matches[place].start < one.end]
            if taken:
                matches[place] = finders[place].find(features, surer)
    return matches


TRUST, ABSENT = "trust", "absent"
"""The weights of general knowledge, and of "the document does not say"."""
OWN_WEIGHTS = 6
"""Weights before those of the clues: these two, and those of texts that were the answer 0, 1, 2 or more times."""


def pool(document: Document, name: str) -> tuple[Piece, ...]:
    """The pieces of a document that a field is sought among."""
    return {"dates": document.dates, "amounts": document.amounts}.get(name) or (
        document.pieces if name == "pieces" else ()
    )


def _seen(times: int) -> str:
    return f"seen {min(times, 3)}"


@dataclass(frozen=True)
class _Case:
    """One labeled document for one field: its pieces' clues, scores and texts, and which of them are right.

    `clues` are those of all pieces, one after the other, and `counts` how many each piece has; `right` has one place
    more than there are pieces: that the document does not say it.
    """

    features: NDArray[np.int32]
    counts: list[int]
    prior: Vector
    keys: list[str]
    right: NDArray[np.bool_]

    @property
    def answer(self) -> str:
        """The text that is right, empty where there is none."""
        return next((key for key, right in zip(self.keys, self.right, strict=False) if right), "")


def learn(
    field_prior: FieldPrior, documents: Sequence[TokenFeatures], values: Sequence[Any], *, measured: bool = True
) -> FieldFinder:
    """Learn one field from documents and the values that people gave; None says that it is not there.

    A value that does not occur in its document teaches nothing. `measured` leaves parts out to measure sureness.
    """
    documents, values = documents[:MOST_DOCUMENTS], values[:MOST_DOCUMENTS]
    chosen = _pool(field_prior, documents, values)
    names: dict[str, int] = {TRUST: 0, ABSENT: 1, **{_seen(times): 2 + times for times in range(4)}}
    cases = [
        case
        for features, value in zip(documents, values, strict=True)
        if (case := _case(field_prior, features, value, chosen, names)) is not None
    ]
    if not cases:
        return FieldFinder(field_prior)
    temperature = _temperature(cases, len(names)) if measured and len(cases) >= LEAST_FOLDED else 1.0
    seen = Counter(case.answer for case in cases if case.answer)
    weights = _fit(cases, len(names), seen)
    retained = {name: float(weights[place]) for name, place in names.items() if abs(weights[place]) >= SMALLEST}
    return FieldFinder(
        field_prior, FieldWeights(retained, retained.pop(TRUST, 0.0), dict(seen), chosen, temperature, len(cases))
    )


def _pool(field_prior: FieldPrior, documents: Sequence[TokenFeatures], values: Sequence[Any]) -> str:
    """Where most of the values are: among dates, among amounts, or among all pieces."""
    known = [
        (features.document, value) for features, value in zip(documents, values, strict=True) if value is not None
    ][:50]

    def share(name: str) -> float:
        held = sum(
            any(field_prior.matches(document.text_of(one), value) for one in pool(document, name))
            for document, value in known
        )
        return held / max(1, len(known))

    narrow = max(("dates", "amounts"), key=share)
    return narrow if known and share(narrow) >= share("pieces") else "pieces"


def _case(
    field_prior: FieldPrior, features: TokenFeatures, value: Any, chosen: str, names: dict[str, int]
) -> _Case | None:
    document = features.document
    pieces = pool(document, chosen)
    said = [document.text_of(piece) for piece in pieces]
    right = [value is not None and field_prior.matches(one, value) for one in said]
    if value is not None and not any(right):
        return None
    seen = [features.of(piece) for piece in pieces]
    return _Case(
        np.array([names.setdefault(clue, len(names)) for some in seen for clue in some], dtype=np.int32),
        [len(some) for some in seen],
        np.array([field_prior.score(document, piece) for piece in pieces], dtype=np.float64),
        field_prior.keys(document, pieces),
        np.array([*right, value is None]),
    )


def _matrix(cases: Sequence[_Case], width: int, seen: Counter[str], *, own: bool) -> Any:
    """All pieces of the cases as lines of what is seen of them; `own` counts a case's answer among those seen."""
    from scipy.sparse import csr_matrix, hstack

    blocks: list[Vector] = []
    for case in cases:
        answer = case.answer if own else None
        block = np.zeros((len(case.right), OWN_WEIGHTS))
        block[:-1, 0] = case.prior
        block[-1, 1] = 1.0
        times = [2 + min(seen[key] - (key == answer), 3) for key in case.keys]
        block[np.arange(len(times)), times] = 1.0
        blocks.append(block)
    places = np.concatenate([case.features for case in cases]) - OWN_WEIGHTS
    ends = np.cumsum([0, *(count for case in cases for count in (*case.counts, 0))])
    features = csr_matrix((np.ones(len(places)), places, ends), shape=(len(ends) - 1, width - OWN_WEIGHTS))
    return hstack([csr_matrix(np.vstack(blocks)), features], format="csr")


def _fit(cases: Sequence[_Case], width: int, seen: Counter[str]) -> Vector:
    """The weights that make the right pieces most probable, held near general knowledge."""
    from scipy.optimize import minimize

    matrix = _matrix(cases, width, seen, own=True)
    starts = np.cumsum([0, *(len(case.right) for case in cases)])[:-1]
    sizes = [len(case.right) for case in cases]
    right = np.concatenate([case.right for case in cases])
    begin = np.zeros(width)
    begin[0] = 1.0

    def loss(weights: Vector) -> tuple[float, Vector]:
        scores = matrix @ weights
        top = np.repeat(np.maximum.reduceat(scores, starts), sizes)
        raised = np.exp(scores - top)
        all_of = np.add.reduceat(raised, starts)
        right_of = np.maximum(np.add.reduceat(raised * right, starts), 1e-300)
        away = weights - begin
        slope = raised / np.repeat(all_of, sizes) - raised * right / np.repeat(right_of, sizes)
        penalized = float(np.log(all_of).sum() - np.log(right_of).sum() + PENALTY / 2 * (away @ away))
        return penalized, matrix.T @ slope + PENALTY * away

    solution = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": 60})
    return np.asarray(solution.x, dtype=np.float64)


def _temperature(cases: Sequence[_Case], width: int) -> float:
    """How much flatter the shares have to be, so that they say how often such answers are right."""
    scores: list[tuple[Vector, NDArray[np.bool_]]] = []
    for part in range(FOLDS):
        rest = [case for place, case in enumerate(cases) if place % FOLDS != part]
        held = [case for place, case in enumerate(cases) if place % FOLDS == part]
        seen = Counter(case.answer for case in rest if case.answer)
        held_scores = _matrix(held, width, seen, own=False) @ _fit(rest, width, seen)
        parts = np.split(held_scores, np.cumsum([len(case.right) for case in held])[:-1])
        scores += [(one, case.right) for one, case in zip(parts, held, strict=True)]

    def surprise(temperature: float) -> float:
        total = 0.0
        for one, right in scores:
            raised = np.exp((one - one.max()) / temperature)
            total -= math.log(max(1e-9, float(raised[right].sum() / raised.sum())))
        return total

    return min(TEMPERATURES, key=surprise)
