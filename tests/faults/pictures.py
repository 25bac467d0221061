"""Pictures that are small as files and huge as pixels, sent by many at once.

Promised: what strangers may have decoded (`limited_pixels`) takes 200 MB at most, whatever is sent and by however many,
and what is refused is refused with a reason. The pictures are decoded in a process of its own, which measures itself.
"""

from __future__ import annotations

import io
import json
import random
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from faults.result import Result

PROMISE = "pictures of strangers are read or refused with a reason, 12 at once within 200 MB"
MOST_MEMORY = 200 * 1024**2
AT_ONCE = 12
INSIDE = ("object at 0x", "BytesIO", "PIL", "cannot identify", "Errno", "numpy", "/tmp/")


def run(seed: int, seconds: float) -> Result:
    """Decode what `seed` draws until the time is over."""
    command = [sys.executable, str(Path(__file__).resolve()), str(seed), str(seconds)]
    tests = Path(__file__).resolve().parents[1]
    environment = {"PYTHONPATH": f"{tests.parent / 'src'}:{tests}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        return Result(PROMISE, 1, 1, (f"it ended with {done.returncode}: {done.stderr.strip()[-300:]}",))
    report = json.loads(done.stdout)
    notes = list(report["notes"])
    if report["memory"] > MOST_MEMORY:
        notes.append(f"{report['memory'] / 1024**2:.0f} MB")
    return Result(PROMISE, report["tried"], len(notes), tuple(notes[:20]))


def _image(draw: random.Random) -> bytes:
    """A picture of one color in some format, mode and size."""
    from PIL import Image

    mode, kind, options = draw.choice(
        [
            ("RGB", "PNG", {}),
            ("RGBA", "PNG", {}),
            ("I;16", "PNG", {}),
            ("P", "GIF", {}),
            ("1", "TIFF", {"compression": "group4"}),
            ("L", "TIFF", {"compression": "tiff_lzw"}),
            ("F", "TIFF", {"compression": "tiff_adobe_deflate"}),
            ("CMYK", "TIFF", {"compression": "tiff_lzw"}),
            ("RGB", "JPEG", {"progressive": True, "subsampling": 0}),
        ]
    )
    side = draw.choice([1_000, 2_000, 3_000, 3_990, 4_100])
    into = io.BytesIO()
    Image.new(mode, (side, side)).save(into, kind, **options)
    return into.getvalue()


def _claimed(draw: random.Random) -> bytes:
    """A picture whose header says that it is far larger."""
    content = bytearray(_small("PNG"))
    content[16:24] = draw.randrange(1 << 31).to_bytes(4, "big") + draw.randrange(1 << 31).to_bytes(4, "big")
    return bytes(content)


def _passes(draw: random.Random) -> bytes:
    """A JPEG that is drawn over and over again."""
    content = _small("JPEG")
    scan = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + scan * draw.randrange(100, 20_000) + b"\xff\xd9"


def _broken(draw: random.Random) -> bytes:
    content = bytearray(_small(draw.choice(["PNG", "JPEG", "TIFF", "GIF", "BMP", "PPM"])))
    for _ in range(draw.randrange(1, 20)):
        content[draw.randrange(len(content))] = draw.randrange(256)
    return bytes(content[: draw.randrange(1, len(content) + 1)])


def _numbers(draw: random.Random) -> bytes:
    """Pixels as decimal numbers, which are read slowly."""
    side = draw.choice([100, 1_000, 3_000])
    return f"P3 {side} {side} 255\n".encode() + b"1 " * (3 * side * side)


def _small(kind: str) -> bytes:
    from PIL import Image

    into = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(into, kind)
    return into.getvalue()


MAKERS: tuple[Callable[[random.Random], bytes], ...] = (_image, _image, _image, _claimed, _passes, _broken, _numbers)


def _decode(content: bytes, notes: list[str]) -> None:
    from ontos_tui.domain.errors import OntosError
    from ontos_tui.learning.encoding.image_features import describe_image
    from ontos_tui.learning.encoding.images import decode
    from ontos_tui.learning.encoding.pixel_budget import limited_pixels

    try:
        with limited_pixels():
            describe_image(decode(content))
    except OntosError as error:
        if any(word in str(error) for word in INSIDE):
            notes.append(f"{content[:8]!r} shows its inside: {error}")
    except Exception as error:  # noqa: BLE001  # whatever it is, it is what is looked for
        notes.append(f"{content[:8]!r}: {type(error).__name__}: {error}")


def _main() -> None:
    """Decode for so many seconds what a seed draws, and print what it took."""
    from ontos_tui.learning.encoding.image_features import describe_image
    from ontos_tui.learning.encoding.images import decode
    from ontos_tui.platforms.local.http_server.connections import give_memory_back

    give_memory_back()
    draw, ends = random.Random(int(sys.argv[1])), time.monotonic() + float(sys.argv[2])
    describe_image(decode(_small("PNG")))
    before, tried = _memory(), 0
    notes: list[str] = []
    while not tried or time.monotonic() < ends:
        contents = [draw.choice(MAKERS)(draw)] * AT_ONCE
        threads = [threading.Thread(target=_decode, args=(one, notes)) for one in contents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        tried += AT_ONCE
    print(json.dumps({"memory": _memory() - before, "tried": tried, "notes": notes}))


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    _main()
