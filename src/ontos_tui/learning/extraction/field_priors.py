"""What a field looks for in a document, and how well a piece matches it, by general knowledge alone.

The field's name, title and description say what is meant: a day, an amount, an organisation, an address, an
identifier, or other words. The score of a piece is in natural logarithms of odds against "it is not there", so that
what is learned from labeled documents can be added to it. All numbers here are set by hand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from ontos_tui.domain.schema import Answer, AnswerField, FieldKind
from ontos_tui.learning.extraction.documents import (
    Document,
    Piece,
    one_line,
    plain,
    read_date,
    read_number,
    without_currency,
)


class ValueKind(StrEnum):
    """What kind of thing a field asks for."""

    DAY = "day"
    AMOUNT = "amount"
    ORGANISATION = "organisation"
    ADDRESS = "address"
    IDENTIFIER = "identifier"
    WORDS = "words"


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


NOT_THERE = 0.0
"""The score of "the document does not say"."""

_SORTS: dict[ValueKind, frozenset[str]] = {
    ValueKind.DAY: _set("date dated day issued until expiry expires expiration due birthday deadline when"),
    ValueKind.ADDRESS: _set("address street residence location"),
    ValueKind.IDENTIFIER: _set("number no nr id identifier serial reference ref code sku iban vat order key"),
    ValueKind.AMOUNT: _set("total amount price sum cost fee tax balance subtotal gross net paid payable"),
    ValueKind.ORGANISATION: _set(
        "company vendor seller shop store merchant issuer supplier laboratory lab organisation organization "
        "manufacturer bank employer customer client buyer payee institution firm maker"
    ),
}
"""Words in a field's name that say what it asks for; the first sort that has one of them counts."""

_ALIKE = (
    "no nr number num id reference ref code",
    "date dated day issued issue",
    "total amount sum grand payable due net",
    "until expiry expires expiration due valid next",
    "issuer laboratory lab by company vendor supplier from seller",
    "serial unit item identification s/n sn",
    "certificate document report our",
    "standard method according procedure norm",
    "result value measured",
    "address addr",
)
_SAME: dict[str, frozenset[str]] = {}
for _group in _ALIKE:
    for _word in _group.split():
        _SAME[_word] = _SAME.get(_word, frozenset()) | frozenset(_group.split())

_GENERAL = _set("number no nr num id code name date value type")
"""Words of a name that many fields share."""

_OTHER_DAYS = _set("until expiry expires due valid next birth again")
_OTHER_AMOUNTS = _set(
    "sub subtotal cash change tax gst vat discount disc saving savings qty quantity tendered paid item items rounding "
    "round adj adjustment unit rate tel fax phone page visa master card count excl excluding"
)
_FORMS = _set(
    "ltd limited inc incorporated gmbh ag kg sa sarl sas srl spa bv nv oy ab as aps plc llc llp co company corp "
    "corporation sdn bhd pty pte pvt kk kft sro enterprise enterprises trading group holdings store restaurant "
    "university institute laboratory laboratories services"
)
_TITLES = _set("invoice receipt certificate report declaration statement record protocol test bill page")
"""What documents are called, and organisations seldom."""
_STREETS = _set(
    "street st road rd avenue ave lane ln drive dr boulevard blvd square highway strasse straße str platz weg rue via "
    "viale piazza calle avenida rua jalan jln jl lorong taman lot floor level suite unit block building plaza park "
    "box city town district state"
)
_STOP = _set(
    "a an and as at be by for from has have how in into is it its of on or that the this to what when "
    "where which who with was text document field value given stands written"
)


@dataclass(frozen=True)
class FieldPrior:
    """One thing to find: what its field is called, what else is said of it, and what a value of it has to be.

    `iso` says that a day is written as YYYY-MM-DD in the answer, however the document writes it.
    """

    name: str
    title: str = ""
    description: str = ""
    kind: FieldKind = FieldKind.TEXT
    iso: bool = False
    required: bool = False

    @classmethod
    def of(cls, field: AnswerField) -> FieldPrior:
        """What a text or number field of an answer asks for."""
        iso = field.format in ("date", "date-time")
        return cls(field.name, field.title, field.description, field.kind, iso, field.required)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that name it."""
        parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.name)
        return frozenset(plain(f"{parted} {self.title}".replace("_", " ")).split()) - _STOP

    @cached_property
    def described(self) -> frozenset[str]:
        """The words that describe it, and those that mean about the same as its name."""
        near = {other for word in self.words for other in _SAME.get(word, ())}
        return (frozenset(plain(self.description).split()) - _STOP | near) - self.words

    @cached_property
    def value_kind(self) -> ValueKind:
        """What kind of thing it asks for."""
        if self.iso:
            return ValueKind.DAY
        if self.kind in (FieldKind.NUMBER, FieldKind.INTEGER):
            return ValueKind.AMOUNT
        for words in (self.words, frozenset(plain(self.description).split())):
            for sort, telling in _SORTS.items():
                if words & telling:
                    return sort
        return ValueKind.WORDS

    def pieces(self, document: Document) -> tuple[Piece, ...]:
        """The pieces of a document that may be it."""
        match self.value_kind:
            case ValueKind.DAY:
                return document.dates
            case ValueKind.AMOUNT:
                return document.amounts
            case _:
                return document.pieces

    def value(self, text: str) -> str | float | None:
        """What a stretch of a document is as the value of the field; None when it cannot be."""
        if self.kind is FieldKind.TEXT:
            if not self.iso:
                return one_line(text)
            day = read_date(text)
            return None if day is None else day.isoformat()
        number = read_number(text)
        if number is None or (self.kind is FieldKind.INTEGER and not number.is_integer()):
            return None
        return number

    def key(self, text: str) -> str:
        """A text as it is compared with others of this field."""
        if self.iso:
            text = str(self.value(text) or "")
        return plain(without_currency(text) if self.value_kind is ValueKind.AMOUNT else text)

    def keys(self, document: Document, pieces: Sequence[Piece]) -> list[str]:
        """The pieces as they are compared."""
        if self.iso or self.value_kind is ValueKind.AMOUNT:
            return [self.key(document.text_of(piece)) for piece in pieces]
        return [document.plain(piece) for piece in pieces]

    def matches(self, text: str, value: object) -> bool:
        """Whether a stretch of a document says `value`; letter case, spaces and punctuation do not count."""
        if self.kind is FieldKind.TEXT and isinstance(value, str):
            return self.key(text) == self.key(value) != ""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        return self.value(text) == value

    def score(self, document: Document, piece: Piece) -> float:
        """How well the piece looks like it, against `NOT_THERE`."""
        text = document.text_of(piece)
        near, above = document.captions(piece)
        named = _named(self, near) or 0.6 * _named(self, above)
        match self.value_kind:
            case ValueKind.DAY:
                other = len((set(near) & _OTHER_DAYS) - self.words - self.described)
                special = 3.0 if self.words & _OTHER_DAYS and not named else 0.0
                return 3.0 + 2.5 * named - 2.0 * other - special - 0.05 * min(40, piece.first)
            case ValueKind.AMOUNT:
                other = len((set(near) & _OTHER_AMOUNTS) - self.words)
                cents = bool(re.search(r"[.,]\d\d$", text))
                alone = 0.6 if piece.line else 0.0
                return -2.0 + 3.0 * named - 1.5 * other + (1.2 if cents else -0.5) + alone
            case ValueKind.ORGANISATION:
                return 3.0 * named + _organisation(text, document.plain(piece).split(), piece)
            case ValueKind.ADDRESS:
                return 2.0 * named + _address(text, document.plain(piece).split(), piece)
            case ValueKind.IDENTIFIER:
                return -2.5 + 4.0 * named + _identifier(text, piece)
            case ValueKind.WORDS:
                return -2.5 + 4.0 * named + (1.0 if piece.cell else 0.0) - 0.5 * (piece.last - piece.first)


def _named(prior: FieldPrior, words: Sequence[str]) -> float:
    """How much the words before a piece name the field: 1 for a word of its name, less for a related one."""
    known = set(words)
    own = sum(0.5 if word in _GENERAL else 1.0 for word in known & prior.words)
    return min(1.5, own) + (0.6 if known & prior.described else 0.0)


def _organisation(text: str, words: Sequence[str], piece: Piece) -> float:
    score = 0.5 - 0.35 * piece.first - 1.5 * (piece.last - piece.first)
    score += 2.0 if words and (words[-1] in _FORMS) else 0.0
    score += 1.0 if len(words) > 1 and set(words[1:]) & _FORMS else 0.0
    score += 1.0 if piece.line else 0.5 if piece.cell else -1.5
    score -= 2.0 if set(words) & _TITLES else 0.0
    score -= 1.5 if any(character.isdigit() for character in text) else 0.0
    return score - (2.0 if len(words) < 2 or not text[:1].isupper() else 0.0)


def _address(text: str, words: Sequence[str], piece: Piece) -> float:
    lines = piece.last - piece.first + 1
    score = -4.0 - 0.15 * piece.first + (1.0 if piece.line else -1.0)
    score += min(3, sum(word in _STREETS for word in words)) * 1.0
    score += 2.0 if re.search(r"(?<!\d)\d{4,6}(?!\d)", text) else 0.0
    numbered = re.match(r"\d+[,\s]", text) is not None
    score += 1.0 if numbered or (words and words[0] in _STREETS | {"no"}) else 0.0
    return score + (0.8 if 2 <= lines <= 4 else 0.0)


def _identifier(text: str, piece: Piece) -> float:
    words = text.split()
    score = 1.0 if any(character.isdigit() for character in text) else -4.0
    score += 0.7 if re.search(r"[A-Za-z]", text) and len(text) >= 5 else 0.0
    score -= 1.2 * (len(words) - 1) + 2.0 * (piece.last - piece.first)
    score -= 2.0 if read_date(text) is not None else 0.0
    return score + (0.5 if piece.cell else 0.0)


@dataclass(frozen=True)
class FieldLocation:
    """Where a field of an answer stands in a text: the characters from `start` up to `end`, without it."""

    field: str
    start: int
    end: int


def locate_fields(fields: Sequence[AnswerField], answer: Answer, text: str) -> tuple[FieldLocation, ...]:
    """Where each text or number of an answer stands in a text, in the order of the fields.

    What stands there several times is taken from where it looks most like the field. What is written
    otherwise than in the text has no place.
    """
    document, locations = Document(text), []
    for field in fields:
        value = answer.get(field.name)
        if field.kind not in (FieldKind.TEXT, FieldKind.NUMBER, FieldKind.INTEGER) or value in (None, ""):
            continue
        prior = FieldPrior.of(field)
        if (piece := locate_value(prior, document, value)) is not None:
            locations.append(FieldLocation(field.name, piece.start, piece.end))
    return tuple(locations)


def locate_value(prior: FieldPrior, document: Document, value: object) -> Piece | None:
    """Where a value stands, of several places the one that looks most like the field."""
    narrow = prior.pieces(document) if prior.value_kind in (ValueKind.DAY, ValueKind.AMOUNT) else ()
    literal = document.occurrences(value) if isinstance(value, str) and not prior.iso else ()
    for pieces in (narrow, literal, document.pieces):
        equal = [piece for piece in pieces if prior.matches(document.text_of(piece), value)]
        if equal:
            return max(equal, key=lambda piece: prior.score(document, piece))
    return None
