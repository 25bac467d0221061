"""Make the sample data again: `python -m ontos_tui.synthetic_data.generate [USE_CASE] [--scale N] [--out DIR]`.

Every folder beside this file that holds a use_case.json is a use case; its generator.py offers `write(scale, out)`.
At scale 1 the files that are committed here come out again, byte by byte. Only Python's own library is needed.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def use_cases() -> list[str]:
    """The keys of the use cases that have data here, in alphabetical order."""
    return sorted(manifest.parent.name for manifest in HERE.glob("*/use_case.json"))


def write(key: str, scale: int, out: Path) -> list[Path]:
    """Write the files of one use case below `out`, `scale` times as many rows as committed; returns their paths."""
    written: list[Path] = _module(key, "generator").write(scale, out)
    return written


def write_images(folder: Path, scale: int) -> list[Path]:
    """Write a picture of every inspection of defect_detection, and images.csv with the place of each defect."""
    drawn: list[Path] = _module("defect_detection", "images").write_all(folder, scale)
    return drawn


def _module(key: str, name: str) -> Any:
    if str(HERE.parents[1]) not in sys.path:  # run as a script, not as a module
        sys.path.insert(0, str(HERE.parents[1]))
    return importlib.import_module(f"ontos_tui.synthetic_data.{key}.{name}")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="generate", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("use_case", nargs="?", choices=use_cases(), help="only this one; otherwise all")
    parser.add_argument("--scale", type=int, default=1, metavar="N", help="N times as many rows (default 1)")
    parser.add_argument("--out", type=Path, default=HERE, metavar="DIR", help="where to write (default: in place)")
    parser.add_argument("--images", type=Path, metavar="DIR", help="write pictures of defect_detection's items there")
    options = parser.parse_args(arguments)
    if options.scale < 1:
        parser.error("--scale is a number from 1 on")
    if options.images:
        if options.use_case != "defect_detection":
            parser.error("--images goes with defect_detection")
        print(f"{options.images}  {len(write_images(options.images, options.scale)):,} files")
        return
    for key in [options.use_case] if options.use_case else use_cases():
        for path in write(key, options.scale, options.out):
            print(f"{path}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
