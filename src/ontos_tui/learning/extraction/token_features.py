"""What can be seen of a piece of a document: the words around and inside it, its shape, and where it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ontos_tui.learning.extraction.documents import Document, Piece, plain, read_number

_SHAPES = ((re.compile(r"[^\W\d_a-z]+"), "A"), (re.compile(r"[^\W\d_]+"), "a"), (re.compile(r"\d+"), "9"))
LONGEST_SHAPE = 16


class TokenFeatures:
    """The features of one document's pieces, computed once each, whatever the number of fields."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._cache: dict[Piece, tuple[str, ...]] = {}
        self._lines = [plain(document.text[line.start : line.end]).split() for line in document.lines]
        self._days = {piece: place for place, piece in enumerate(document.dates)}
        numbers = {piece: abs(read_number(document.text_of(piece)) or 0.0) for piece in document.amounts}
        self._times = Counter(numbers.values())
        ranks = {value: rank for rank, value in enumerate(sorted(self._times, reverse=True))}
        cents = {piece for piece in numbers if re.search(r"[.,]\d\d$", document.text_of(piece))}
        paid = sorted({numbers[piece] for piece in cents}, reverse=True)
        self._ranks = {
            piece: (ranks[value], paid.index(value) if piece in cents else -1, self._times[value])
            for piece, value in numbers.items()
        }

    def of(self, piece: Piece) -> tuple[str, ...]:
        """The features of a piece, as words that a model can count."""
        features = self._cache.get(piece)
        if features is None:
            features = self._cache[piece] = tuple(dict.fromkeys(self._look(piece)))
        return features

    def _look(self, piece: Piece) -> Iterator[str]:
        document = self.document
        text = document.text_of(piece)
        near, above = ([_digits(word) for word in words] for words in document.captions(piece))
        yield f"near {' '.join(near[-1:])}"
        yield f"near2 {' '.join(near[-2:])}"
        yield f"near3 {' '.join(near[-3:])}"
        yield from (f"before {word}" for word in near)
        if not near:
            yield f"above {' '.join(above[-2:])}"
            yield from (f"over {word}" for word in above)
        yield f"sign {document.text[max(0, piece.start - 2) : piece.start].strip()[-1:]}"
        yield from self._behind(piece)
        words = document.plain(piece).split()
        yield f"shape {shape(text)}"
        yield f"words {min(len(words), 12)}"
        yield f"lines {piece.last - piece.first}"
        yield f"cell {piece.cell} {piece.line}"
        yield from (f"first {_digits(word)}" for word in words[:1])
        yield from (f"last {_digits(word)}" for word in words[-1:])
        yield from (f"in {_digits(word)}" for word in words[:30])
        yield f"top {min(piece.first, 12)}"
        yield f"top {min(piece.first, 12)} lines {piece.last - piece.first}"
        yield f"bottom {min(len(document.lines) - piece.last, 8)}"
        yield f"part {10 * piece.first // max(1, len(document.lines))}"
        if piece in self._days:
            yield f"day {min(self._days[piece], 4)}"
        if piece in self._ranks:
            rank, paid, times = self._ranks[piece]
            yield f"rank {min(rank, 5)}"
            yield f"paid {min(paid, 5)}"
            yield f"times {min(times, 4)}"

    def _behind(self, piece: Piece) -> Iterator[str]:
        """What follows on the line, and on the next one."""
        document = self.document
        line = document.lines[piece.last]
        after = plain(document.text[piece.end : min(line.end, piece.end + 40)]).split()
        yield f"after {_digits(after[0]) if after else ''}"
        yield f"closing {document.text[piece.end : piece.end + 1].strip()}"
        if not after and piece.last + 1 < len(document.lines):
            below = self._lines[piece.last + 1]
            follows = document.lines[piece.last + 1]
            yield f"below {shape(document.text[follows.start : follows.end])[:6]}"
            yield from (f"under {_digits(word)}" for word in below[:5])


def shape(text: str) -> str:
    """A text's kinds of characters: `A` for capitals, `a` for words, `9` for digits, all else as it is."""
    signs = text[:200]
    for kind, sign in _SHAPES:
        signs = kind.sub(sign, signs)
    return signs[:LONGEST_SHAPE]


def _digits(word: str) -> str:
    return word if word.isalpha() else re.sub(r"\d", "0", word[:24])
