"""Folders of pictures, documents and data files."""

from __future__ import annotations

from pathlib import Path


def write_picture(path: Path, shade: int) -> Path:
    """A tiny gray picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"P5\n4 4\n255\n" + bytes([shade % 256, shade // 256 % 256] * 8))
    return path


def picture_folder(folder: Path, each: int = 3) -> Path:
    """Pictures of two classes, in the folders `good` and `bad`."""
    for number, name in enumerate(("bad", "good")):
        for one in range(each):
            write_picture(folder / name / f"{one}.pgm", number * 100 + one)
    return folder


def log_folder(folder: Path, files: int = 3, rows: int = 4) -> Path:
    """Data files run0.csv, run1.csv and so on, with the columns t and x."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        lines = "".join(f"{row},{number}.{row}\n" for row in range(rows))
        (folder / f"run{number}.csv").write_text(f"t,x\n{lines}", encoding="utf-8")
    return folder
