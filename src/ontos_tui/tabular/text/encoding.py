"""Which encoding a text file has: by its byte order mark, by being valid UTF-8, else by what its bytes would spell."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.reading import Question

MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
CHUNK = 1 << 22
_OTHERS = ("cp1252", "cp850", "mac-roman", "cp1250", "cp1251", "koi8-r", "shift_jis", "gb18030", "big5", "euc-kr")
"""What a file that is no UTF-8 may be, to choose from."""
_UNDEFINED = b"\x81\x8d\x8f\x90\x9d"
_NO_LETTERS = frozenset(b"\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xab\xac\xae\xaf\xb1\xb6\xb8\xb9\xbb\xbc\xbd\xbe\xbf")
"""Signs of Western European text that never stand inside a word: there, the bytes are letters of another encoding."""
_IN_WORDS = set("ŠšŽžŒœŸ’ƒ")


@dataclass(frozen=True)
class Encoding:
    """An encoding by Python's name, the bytes of its mark, and what an expert should know about how it was decided."""

    name: str
    mark: int = 0
    notes: tuple[str, ...] = ()
    question: Question | None = None

    @property
    def is_utf8(self) -> bool:
        """Whether DuckDB can read the file as it is."""
        return self.name == "utf-8"


def encoding_of(head: bytes, given: str) -> Encoding:
    """The encoding as far as a file's first bytes tell: UTF-8 until a byte says otherwise."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return Encoding(name, len(mark))
    if given:
        return Encoding(_known(given))
    sample = head[: len(head) // 4 * 4]
    nulls = [sample[place::4].count(0) for place in range(4)]
    quarter = max(1, len(sample) // 4)
    if sum(nulls) > quarter:
        if nulls[1] + nulls[3] > 1.6 * quarter * 0.8 and nulls[0] + nulls[2] < 0.2 * quarter:
            return Encoding("utf-16-le", 0, ("The file has no byte order mark; it was read as UTF-16 LE.",))
        if nulls[0] + nulls[2] > 1.6 * quarter * 0.8 and nulls[1] + nulls[3] < 0.2 * quarter:
            return Encoding("utf-16-be", 0, ("The file has no byte order mark; it was read as UTF-16 BE.",))
    return Encoding("utf-8")


def _known(given: str) -> str:
    name = {"utf-16": "utf-16-le", "utf16": "utf-16-le", "utf-8-sig": "utf-8"}.get(given.lower(), given)
    try:
        name = codecs.lookup(name).name
        b"".decode(name)
    except (LookupError, UnicodeError, ValueError) as error:
        raise InvalidInputError(
            f"No encoding is called {given!r}.", "Such as: utf-8, utf-16-le, cp1252, cp850, latin-1, shift_jis."
        ) from error
    return name


def not_utf8(path: Path) -> Encoding:
    """What a file whose bytes are no UTF-8 is. Raises InvalidInputError when it is UTF-8 but for a few bytes."""
    high = _Bytes()
    for chunk in chunks(path):
        high.add(chunk)
    if high.broken and high.sequences > 4 * high.broken:
        raise InvalidInputError(
            f"{path.name}, line {high.line}: not UTF-8 text, though the rest of the file is.",
            "Correct the line, or name the file's encoding: --encoding cp1252",
        )
    signs = {byte for byte in high.values if 0x80 <= byte < 0xA0}
    inner = {bytes([byte]).decode("cp1252", "replace") for byte in high.in_words if byte < 0xA0}
    odd = high.in_words & _NO_LETTERS
    if signs & set(_UNDEFINED) or inner - _IN_WORDS or odd or high.in_runs > 0.5 * high.count:
        return Encoding("latin-1", 0, (), _question(path, high.example))  # which reads any byte, until it is decided
    name = "Windows-1252" if signs else "Windows-1252 (Latin-1, Western European)"
    shown = high.example.decode("cp1252", "replace").strip()
    return Encoding("cp1252", 0, (f"The file is not UTF-8; it was read as {name}, such as {shown!r}.",))


class _Bytes:
    """Bytes beyond ASCII, counted: how many, in runs, between letters, and as UTF-8."""

    def __init__(self) -> None:
        self.count = self.in_runs = self.broken = self.sequences = 0
        self.line = self._lines = 0
        self.values: set[int] = set()
        self.in_words: set[int] = set()
        self.example = b""

    def add(self, chunk: bytes) -> None:
        """Count another piece of the file."""
        for match in _HIGH.finditer(chunk):
            run = match[0]
            self.count += len(run)
            self.in_runs += len(run) if len(run) > 2 else 0
            self.values.update(run)
            try:
                self.sequences += len(run.decode())
            except UnicodeDecodeError:
                self.broken += 1
                if not self.line:
                    self.line = self._lines + chunk.count(b"\n", 0, match.start()) + 1
                    before = chunk[max(0, match.start() - 12) : match.start()].rpartition(b"\n")[2]
                    self.example = before + chunk[match.start() : match.end() + 12].partition(b"\n")[0]
            around = chunk[match.start() - 1 : match.start()], chunk[match.end() : match.end() + 1]
            if len(run) <= 2 and all(one.isalpha() for one in around):
                self.in_words.update(run)
        self._lines += chunk.count(b"\n")


_HIGH = re.compile(rb"[\x80-\xff]+")


def _question(path: Path, example: bytes) -> Question:
    spelled = "; ".join(f"{name}: {example.decode(name).strip()!r}" for name in _OTHERS if _decodes(example, name))
    return Question(
        option="--encoding",
        field="encoding",
        text=f"{path.name} is not UTF-8, and its bytes fit several encodings. {spelled}"[:600],
        choices=[name for name in _OTHERS if _decodes(example, name)],
    )


def _decodes(example: bytes, name: str) -> bool:
    try:
        return "\ufffd" not in example.decode(name)
    except UnicodeDecodeError:
        return False


def chunks(path: Path) -> Iterator[bytes]:
    """A file in pieces that end with a line, as far as lines are not longer than a piece."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk + (b"" if chunk.endswith(b"\n") else file.readline(CHUNK))


def decoded(path: Path, encoding: Encoding) -> Iterator[str]:
    """A file as text, in pieces. Raises InvalidInputError for bytes that the encoding has not."""
    decoder = codecs.getincrementaldecoder(encoding.name)()
    lines = 1
    with path.open("rb") as file:
        file.seek(encoding.mark)
        while True:
            chunk = file.read(CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                lines += chunk[: error.start].count(b"\n")
                raise InvalidInputError(
                    f"{path.name}, line {lines:,}: not {encoding.name} text.", "Name another encoding: --encoding"
                ) from error
            lines += text.count("\n")
            if text:
                yield text
            if not chunk:
                return


def write_utf8(path: Path, encoding: Encoding, target: Path) -> None:
    """Write a file's text as UTF-8."""
    with target.open("wb") as file:
        for text in decoded(path, encoding):
            file.write(text.encode("utf-8", "surrogatepass"))
