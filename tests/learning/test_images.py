"""Pictures: found where they may lie, opened with limits, described, and learned from."""

from __future__ import annotations

import base64
import csv
import io
import random
import struct
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.learning import LabeledExample, NoProgress, TrainingSet
from ontos_tui.domain.schema import answer_fields
from ontos_tui.learning.encoding.features import describe
from ontos_tui.learning.encoding.image_features import WIDTH, ImageColumn, describe_image, learn_column
from ontos_tui.learning.encoding.images import MOST_PIXELS, data_url, decode, find_image, open_image, shrink
from ontos_tui.learning.encoding.pixel_budget import BusyError, TooManyPixelsError, limited_pixels, restart_pixels
from ontos_tui.platforms.local.trainer import LocalTrainer
from real_data import real_data
from tiers import deep


def png(image: Image.Image) -> bytes:
    into = io.BytesIO()
    image.save(into, "PNG")
    return into.getvalue()


def striped(lying: bool, seed: int = 0) -> Image.Image:
    """A noisy picture with stripes that lie or stand."""
    noise = np.random.default_rng(seed).integers(0, 60, (48, 48))
    stripes = (np.arange(48) // 6 % 2 * 150)[:, None] + np.zeros((48, 48), dtype=int)
    return Image.fromarray((noise + (stripes if lying else stripes.T)).astype(np.uint8))


# Finding


def test_a_path_leads_from_the_folder_of_the_data(tmp_path: Path) -> None:
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "a.png").write_bytes(png(striped(lying=True)))
    assert find_image(" shots/a.png ", [tmp_path]) == (tmp_path / "shots" / "a.png").resolve()
    assert open_image("shots/a.png", [tmp_path]).size == (48, 48)


@pytest.mark.parametrize("text", ["../secret.png", "shots/../../secret.png", "link.png", "{secret}"])
def test_a_path_out_of_the_folder_is_refused(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "data"
    (folder / "shots").mkdir(parents=True)
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(striped(lying=True)))
    (folder / "link.png").symlink_to(secret)
    with pytest.raises(InvalidInputError, match="not below the folder"):
        find_image(text.format(secret=secret), [folder])


def test_an_absolute_path_of_the_users_own_table_may_lie_anywhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.png"
    elsewhere.write_bytes(png(striped(lying=True)))
    assert find_image(str(elsewhere), [tmp_path / "data"], anywhere=True) == elsewhere.resolve()
    with pytest.raises(InvalidInputError, match="not below the folder"):
        find_image("../elsewhere.png", [tmp_path / "data"], anywhere=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [("no.png", "No image"), (".", "not a file"), ("a\0b", "cannot be reached"), ("x" * 5_000, "reached")],
)
def test_what_is_no_file_is_said(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InvalidInputError, match=told):
        find_image(text, [tmp_path])


# Opening


def bomb(width: int, height: int) -> bytes:
    """A PNG of some bytes that claims to have so many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1_000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [int(MOST_PIXELS**0.5) + 1, 12_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_goes_off(side: int) -> None:
    with pytest.raises(InvalidInputError, match=r"pixels|too large"):
        decode(bomb(side, side))


WHOLE = png(striped(lying=True))


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=4))
def test_a_broken_file_is_an_error_in_words_or_still_an_image(at: int, junk: bytes) -> None:
    for content in (WHOLE[:at], WHOLE[:at] + junk + WHOLE[at + len(junk) :], junk):
        try:
            image = decode(content)
        except InvalidInputError as error:
            assert error.what
            assert error.todo
        else:
            assert image.mode in ("L", "RGB")
            assert np.isfinite(describe_image(image)).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_kind_of_pixels_becomes_gray_or_colors(mode: str) -> None:
    into = io.BytesIO()
    deep = np.linspace(1_000, 3_000, 64).reshape(8, 8)
    if mode == "I;16":
        Image.fromarray(deep.astype(np.uint16)).save(into, "TIFF")
    elif mode in ("I", "F"):
        Image.fromarray(deep.astype(np.int32 if mode == "I" else np.float32)).save(into, "TIFF")
    else:
        striped(lying=True).convert(mode).save(into, "TIFF")
    image = decode(into.getvalue())
    assert image.mode in ("L", "RGB")
    if mode in ("I;16", "I", "F"):  # stretched over the whole range, not cut at 255
        assert image.getextrema() == (0, 255)


def test_a_picture_in_base64_is_the_same_as_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(WHOLE)
    bare = base64.b64encode(WHOLE).decode()
    for source in (bare, f"data:image/png;base64,{bare}"):
        assert open_image(source, []).tobytes() == open_image("a.png", [tmp_path]).tobytes()
    with pytest.raises(InvalidInputError):
        open_image("data:image/png;base64,AAAA", [])


@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 80), st.integers(1, 80))
def test_a_small_one_fits_and_keeps_its_proportions(width: int, height: int, room: int, rows: int) -> None:
    small = shrink(Image.new("L", (width, height)), room, rows)
    assert 1 <= small.width <= room
    assert 1 <= small.height <= rows
    assert len(small.rgb) == 3 * small.width * small.height
    if min(small.width, small.height) > 5:
        assert small.width / small.height == pytest.approx(width / height, rel=0.25)


def test_a_data_url_is_no_longer_than_wanted() -> None:
    for mode in ("L", "RGB"):
        url = data_url(Image.new(mode, (900, 300)), 256)
        assert open_image(url, []).size == (256, 85)


# Describing and learning


def test_a_descriptor_tells_directions_apart_and_not_brightness() -> None:
    lying, standing = striped(lying=True), striped(lying=False)
    darker = Image.eval(lying, lambda value: value // 2 + 40)
    near = np.linalg.norm(describe_image(lying)[:1_000] - describe_image(darker)[:1_000])
    far = np.linalg.norm(describe_image(lying)[:1_000] - describe_image(standing)[:1_000])
    assert near < far / 3
    assert describe_image(Image.new("L", (1, 500))).shape == (WIDTH,)


SCHEMA = {"type": "object", "properties": {"lies": {"type": "boolean"}, "length": {"type": "number"}}}


def stripes(folder: Path, count: int, **more: Any) -> list[LabeledExample]:
    folder.mkdir(exist_ok=True)
    made = []
    for number in range(count):
        lying = number % 2 == 0
        (folder / f"{number}.png").write_bytes(png(striped(lying=lying, seed=number)))
        heat = random.Random(number).uniform(0, 10)
        fields = {"shot": f"{number}.png", "heat": heat, **more}
        made.append(LabeledExample(f"item-{number}", fields, {"lies": lying, "length": heat}))
    return made


def training_set(folder: Path, examples: list[LabeledExample], schema: dict[str, Any] = SCHEMA) -> TrainingSet:
    cut = len(examples) * 3 // 4
    return TrainingSet(
        answer_fields(schema),
        tuple(examples[0].fields),
        tuple(examples[:cut]),
        tuple(examples[cut:]),
        "the last quarter",
        images={"shot": folder},
    )


@pytest.mark.parametrize(
    "base_model", ["extra_trees", pytest.param("logistic", marks=deep), pytest.param("nearest", marks=deep)]
)
def test_a_model_learns_from_pictures_and_measurements_and_is_kept(tmp_path: Path, base_model: str) -> None:
    folder = tmp_path / "data"
    examples = stripes(folder, 96)
    trainer = LocalTrainer()
    trained = trainer.train(training_set(folder, examples), base_model, tmp_path / "model", NoProgress())
    # Neighbors weigh every figure of a picture alike, also those that say nothing here.
    assert trained.evaluation.headline().value > (0.6 if base_model == "nearest" else 0.9)
    assert trained.params["pictures"]
    loaded = trainer.load(tmp_path / "model", trained.sha256)
    found = loaded.predict([one.fields for one in examples[-6:]])
    assert all(one.certainty["lies"] in ("likely", "unsure") for one in found)  # too few labels for percentages
    # The same picture sent in the request gives the same answer, as no file has to be there.
    sent = base64.b64encode((folder / "95.png").read_bytes()).decode()
    assert loaded.predict([{**examples[95].fields, "shot": sent}]) == loaded.predict([examples[95].fields])
    # The measurement still counts: without it a picture says nothing about the length.
    low, high = loaded.predict([{"shot": "0.png", "heat": 1.0}, {"shot": "0.png", "heat": 9.0}])
    assert low.answer["length"] < high.answer["length"]


def test_a_request_reads_no_picture_elsewhere_and_is_told_what_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    examples = stripes(folder, 24)
    trainer = LocalTrainer()
    trained = trainer.train(training_set(folder, examples), "nearest", tmp_path / "model", NoProgress())
    loaded = trainer.load(tmp_path / "model", trained.sha256)
    (tmp_path / "secret.png").write_bytes(WHOLE)
    (folder / "broken.png").write_bytes(WHOLE[:100])
    for shot, told in [
        ("../secret.png", "not below"),
        (str(tmp_path / "secret.png"), "not below"),
        ("broken.png", "image cannot be read"),
        (5, "path of an image"),
    ]:
        with pytest.raises(InvalidInputError, match=told):
            loaded.predict([{"shot": shot, "heat": 1.0}])
    assert loaded.predict([{"shot": None, "heat": 1.0}])


def test_absolute_paths_of_the_table_may_be_asked_about_again(tmp_path: Path) -> None:
    folder, shots = tmp_path / "data", tmp_path / "shots"
    folder.mkdir()
    examples = [
        LabeledExample(one.ref, {**one.fields, "shot": str(shots / str(one.fields["shot"]))}, one.answer)
        for one in stripes(shots, 24)
    ]
    table, left_out = describe([one.fields for one in examples], ("shot",), images={"shot": folder})
    assert not left_out
    assert (table.encode([examples[0].fields], strict=True) != table.encode([{"shot": None}])).any()


def test_pictures_that_cannot_be_read_are_left_out_with_the_reason(tmp_path: Path) -> None:
    rows = [{"shot": f"none-{number}.png", "heat": number % 7} for number in range(30)]
    table, left_out = describe(rows, images={"shot": tmp_path})
    assert table.names == ("heat",)
    assert "no picture that can be read" in left_out[0].reason


def test_no_path_is_opened_that_was_not_named_as_a_picture(tmp_path: Path) -> None:
    examples = stripes(tmp_path, 24)
    _, left_out = describe([one.fields for one in examples])
    assert [column.name for column in left_out] == ["shot"]


def test_a_class_with_a_single_picture_is_no_reason_to_fail(tmp_path: Path) -> None:
    examples = stripes(tmp_path / "data", 24)
    examples[0] = LabeledExample("odd", examples[0].fields, {"kind": "odd"})
    examples[1:] = [LabeledExample(one.ref, one.fields, {"kind": str(one.answer["lies"])}) for one in examples[1:]]
    schema = {"type": "object", "properties": {"kind": {"enum": ["odd", "True", "False"]}}}
    data = training_set(tmp_path / "data", examples, schema)
    trained = LocalTrainer().train(data, "extra_trees", tmp_path / "model", NoProgress())
    assert trained.evaluation.headline().value > 0.8


@deep
def test_defects_of_real_tiles_are_told_by_their_pictures(tmp_path: Path) -> None:
    table = real_data("defect_detection/magnetic_tile.csv")
    with table.open(encoding="utf-8", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["defect"] in ("Blowhole", "Fray", "Uneven")]
    random.Random(0).shuffle(lines)
    examples = [LabeledExample(one["image"], {"shot": one["image"]}, {"defect": one["defect"]}) for one in lines]
    schema = {"type": "object", "properties": {"defect": {"enum": ["Blowhole", "Fray", "Uneven"]}}}
    data = training_set(table.parent, examples, schema)
    score = LocalTrainer().train(data, "extra_trees", tmp_path / "model", NoProgress()).evaluation.headline()
    assert score.value > 0.8 > score.baseline + 0.2


def test_pictures_are_read_from_the_folders_of_the_data_and_not_from_what_holds_them(tmp_path: Path) -> None:
    places = [
        tmp_path / "one" / "a.png",
        tmp_path / "two" / "b.png",
        tmp_path / "secret.png",
        tmp_path / "two" / "c" / "d.png",
    ]
    for path in places:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(Image.new("L", (8, 8))))
    (tmp_path / "data").mkdir()
    column = learn_column("shot", [str(places[0]), str(places[1])], tmp_path / "data")
    assert isinstance(column, ImageColumn)
    assert len(column.encode_strictly([str(places[0]), str(places[1])])) == 2
    for path in places[2:]:
        with pytest.raises(InvalidInputError, match="not below the folder") as caught:
            column.encode_strictly([str(path)])
        assert str(tmp_path) not in str(caught.value).replace(str(path), "")


def test_a_request_has_a_budget_of_pixels_and_all_together_too() -> None:
    large = png(Image.new("1", (3_500, 3_500)))
    with limited_pixels():
        decode(large)
        with pytest.raises(TooManyPixelsError, match="16,000,000"):
            decode(large)
        restart_pixels()
        decode(large)
        refused: list[BaseException] = []

        def other() -> None:
            try:
                with limited_pixels():
                    decode(large)
            except BusyError as error:
                refused.append(error)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert len(refused) == 1
    with limited_pixels():
        decode(large)
    decode(large)  # nothing is limited outside
