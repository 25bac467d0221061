"""Folders as tables: what their rows are, what names them, and what is said of what does not fit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from builders.folders import log_folder, picture_folder, write_picture
from builders.pdfs import pdf
from ontos_tui.domain.errors import InvalidInputError, JobCancelledError
from ontos_tui.domain.records.folders import FolderKind, FolderKindError, FolderOptions, UnreadableFilesError
from ontos_tui.domain.records.reading import ReadingOptions, UndecidedError
from ontos_tui.services.data.folder_tables.page_places import TextPlaces
from ontos_tui.services.data.folder_tables.service import FolderLook, FolderRequest
from ontos_tui.workspace import Workspace


def add(workspace: Workspace, path: Path, reading: ReadingOptions | None = None, **options: object) -> FolderLook:
    """Add a folder with these decisions."""
    decided = FolderOptions.model_validate(options) if options else None
    return workspace.data.folders.add(FolderRequest(path, "", decided, reading))


def notes(look: FolderLook) -> str:
    """What was understood, in one text."""
    assert look.table.reading is not None
    return "\n".join(look.table.reading.notes)


def refs(workspace: Workspace, sheet: str) -> dict[str, object]:
    """The items of a sheet by the file that they come from."""
    page = workspace.data.sheets.sheet_page(sheet)
    return {item.ref: next(iter(item.fields.values())) for item in page.items}


def test_pictures_have_the_classes_that_their_folders_name(workspace: Workspace, tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "tiles")
    write_picture(folder / "good" / "copy.pgm", 0)
    (folder / "notes.txt").write_text("taken in May", encoding="utf-8")
    look = add(workspace, folder)
    assert [column.name for column in look.table.columns] == ["picture", "class"]
    assert "2 classes, by the names of the folders: good 4, bad 3" in notes(look)
    assert "1 pictures are copies of others, byte for byte: bad/0.pgm = good/copy.pgm" in notes(look)
    assert "folders of several classes" in notes(look)
    assert "1 other file is not read: notes.txt" in notes(look)

    sheet = workspace.data.sheets.create_sheet("Tiles", look.table.address)
    assert sheet.image_columns == ["picture"]
    item = workspace.data.sheets.sheet_page("Tiles").items[0]
    (picture,) = workspace.data.images.pictures(sheet.id, item.fields)
    assert (picture.width, picture.problem) == (4, "")


def test_a_name_moves_to_no_other_picture(workspace: Workspace, tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "tiles")
    address = add(workspace, folder).table.address
    workspace.data.sheets.create_sheet("Tiles", address)
    before = refs(workspace, "Tiles")
    write_picture(folder / "bad" / "0.pgm", 77)  # another picture under the same name
    write_picture(folder / "bad" / "00.pgm", 78)
    (folder / "good" / "2.pgm").unlink()
    look = add(workspace, folder)
    assert (look.new, look.changed, look.gone) == (("bad/00.pgm",), ("bad/0.pgm",), ("good/2.pgm",))
    after = refs(workspace, "Tiles")
    same = {ref: path for ref, path in before.items() if path not in ("bad/0.pgm", "good/2.pgm")}
    assert same.items() <= after.items()
    assert before.keys() & after.keys() == same.keys()
    assert add(workspace, folder).table == look.table  # nothing is new, so nothing is changed


def test_a_table_beside_pictures_names_them(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "plates"
    for number in (1, 2, 9):
        write_picture(folder / "images" / f"P{number}.pgm", number)
    (folder / "plates.csv").write_text("id,photo,grade\n1,p1,A\n2,P2.pgm,B\n3,P7.pgm,A\n4,,B\n", encoding="utf-8")
    look = add(workspace, folder)
    assert "2 of 4 rows of plates.csv name a picture, in column 'photo'" in notes(look)
    assert "2 rows name no file that is here: P7.pgm, (empty)" in notes(look)
    assert "1 picture is named by no row: images/P9.pgm" in notes(look)
    page = workspace.data.catalog.preview(look.table.address)
    assert [item.fields["picture"] for item in page.items] == ["images/P1.pgm", "images/P2.pgm", None, None]
    with pytest.raises(InvalidInputError, match=r"No value of 'grade' in plates.csv names a picture"):
        add(workspace, folder, pictures="grade")


def test_documents_are_items_or_their_pages_are(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(pdf([["Invoice 4711", "Total 9.00"], [], ["Thank you"]]))
    (folder / "b.txt").write_bytes("Müller".encode("cp1252"))
    (folder / "c.md").write_text("# Report\r\nfine", encoding="utf-8")
    look = add(workspace, folder)
    assert look.table.row_count == 3
    assert "1 of 3 pages hold no text, as scans do: a.pdf 1" in notes(look)
    assert "1 text is read as cp1252: b.txt" in notes(look)
    sheet = workspace.data.sheets.create_sheet("Letters", look.table.address)
    first = workspace.data.sheets.sheet_page("Letters").items[0]
    assert first.fields["text"] == "Invoice 4711\nTotal 9.00\n\n\n\nThank you"

    start = first.fields["text"].index("Thank")
    places = TextPlaces("text", ((8, 12),), ((start, start + 5),))
    opened, *others = workspace.data.images.pictures(sheet.id, first.fields, places)
    assert (opened.page, opened.pages, [one.page for one in others]) == (3, 3, [1, 2])
    assert opened.image is not None
    colors = opened.image.getcolors(1 << 20) or []
    assert any(color[0] > 200 and color[2] < 200 for _, color in colors if isinstance(color, tuple))  # it is lit
    lit = workspace.data.images.opened(others[0], first.fields, places)
    plain = workspace.data.images.opened(others[0], first.fields)
    assert lit.image is not None
    assert plain.image is not None
    assert lit.image.tobytes() != plain.image.tobytes()

    pages = add(workspace, folder, pages=True)
    assert pages.table.row_count == 5
    shown = [item.fields["page_picture"] for item in workspace.data.catalog.preview(pages.table.address).items]
    assert shown == ["a.pdf#page=1", "a.pdf#page=2", "a.pdf#page=3", None, None]


def test_many_data_files_are_one_table(workspace: Workspace, tmp_path: Path) -> None:
    folder = log_folder(tmp_path / "logs", files=11, rows=2)
    (folder / "run3.csv").write_text("t;x\n0;1,5\n1;2,5\n", encoding="utf-8")
    look = add(workspace, folder / "run*.csv")
    table = look.table
    assert (table.address, table.row_count) == ("local.files.logs_run", 22)
    assert [(one.name, one.type) for one in table.columns] == [
        ("source_file", "VARCHAR"),
        ("t", "BIGINT"),
        ("x", "DOUBLE"),
    ]
    assert "1 of 11 files are written otherwise (decimal mark ,, separator ;): run3.csv" in notes(look)
    page = workspace.data.catalog.preview(table.address, limit=30)
    assert [item.fields["source_file"] for item in page.items][4:8] == ["run2.csv", "run2.csv", "run3.csv", "run3.csv"]
    assert page.items[-1].fields["source_file"] == "run10.csv"  # 10 comes after 9
    assert page.items[6].fields["x"] == 1.5


def test_files_with_other_columns_are_refused_by_name(workspace: Workspace, tmp_path: Path) -> None:
    folder = log_folder(tmp_path / "logs")
    (folder / "odd.csv").write_text("t,y\n0,1\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"1 of 4 files has other columns: odd.csv lacks 'x' and has also 'y'"):
        add(workspace, folder)
    assert workspace.data.catalog.tables() == []
    table = add(workspace, folder, union=True).table
    assert [column.name for column in table.columns] == ["source_file", "t", "x", "y"]

    (folder / "odd.csv").write_text("t,x\n0,good\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"The column 'x' has values of several kinds: VARCHAR in odd.csv"):
        add(workspace, folder, ReadingOptions(limits="missing"))
    table = add(workspace, folder, ReadingOptions(column_types={"x": "text"})).table
    assert [column.type for column in table.columns] == ["VARCHAR", "BIGINT", "VARCHAR"]


def test_dates_are_decided_by_all_files(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "days"
    folder.mkdir()
    (folder / "a.csv").write_text("day,x\n01/02/2024,1\n03/02/2024,2\n", encoding="utf-8")
    (folder / "b.csv").write_text("day,x\n01/01/2024,1\n01/01/2024,2\n", encoding="utf-8")
    with pytest.raises(UndecidedError, match=r"a.csv: The dates of 'day'"):
        add(workspace, folder)
    (folder / "c.csv").write_text("day,x\n13/02/2024,1\n14/02/2024,2\n", encoding="utf-8")
    look = add(workspace, folder)
    assert "The dates of 1 files are read with the day first, as others show: a.csv" in notes(look)
    first = workspace.data.catalog.preview(look.table.address).items[0]
    assert first.fields["day"] == "2024-02-01"


def test_what_cannot_be_read_needs_a_yes(workspace: Workspace, tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "tiles")
    (folder / "bad" / "torn.png").write_bytes(b"\x89PNG\r\n")
    (folder / "bad" / "\x1b[31m[red].png").write_bytes(b"")
    outside = write_picture(tmp_path / "outside.pgm", 1)
    (folder / "good" / "link.pgm").symlink_to(outside)
    (folder / "good" / "loop").symlink_to(folder)
    with pytest.raises(UnreadableFilesError, match=r"--skip-unreadable") as raised:
        add(workspace, folder)
    reasons = {one.path: one.reason for one in raised.value.problems}
    assert reasons == {
        "good/link.pgm": "a link that leaves the folder; it is not followed",
        "good/loop": "a link to a folder; it is not followed",
        "bad/torn.png": "is no picture, or a damaged one",
        "bad/\x1b[31m[red].png": "is empty",
    }
    look = add(workspace, folder, skip_unreadable=True)
    assert look.table.row_count == 6
    assert look.table.folder is not None
    assert look.table.folder.skipped_count == 4


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(workspace: Workspace, tmp_path: Path) -> None:
    folder = log_folder(tmp_path / "logs")
    (folder / "run1.csv").chmod(0)
    with pytest.raises(UnreadableFilesError, match=r"run1.csv"):
        add(workspace, folder)


def test_a_folder_of_several_kinds_is_asked_about(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    for number in range(4):
        write_picture(folder / f"{number}.pgm", number)
        (folder / f"{number}.pdf").write_bytes(pdf([["text"]]))
    with pytest.raises(FolderKindError, match=r"--as pictures or --as documents") as raised:
        add(workspace, folder)
    assert raised.value.choices == [FolderKind.PICTURES, FolderKind.DOCUMENTS]
    assert add(workspace, folder, kind="pictures").table.row_count == 4
    with pytest.raises(InvalidInputError, match=r"holds no data file, but 4 .pdf and 4 .pgm"):
        add(workspace, folder, kind="tables")


def test_a_look_that_is_cancelled_leaves_the_table_as_it_was(workspace: Workspace, tmp_path: Path) -> None:
    class Cancelled:
        def update(self, done: int, total: int, message: str = "") -> None:
            if total:
                raise JobCancelledError("cancelled")

    folder = picture_folder(tmp_path / "tiles")
    before = add(workspace, folder).table
    write_picture(folder / "good" / "9.pgm", 9)
    with pytest.raises(JobCancelledError):
        workspace.data.folders.add(FolderRequest(folder, progress=Cancelled()))
    assert workspace.data.files.file_table(before.address) == before
    assert add(workspace, folder).new == ("good/9.pgm",)


def test_a_folder_of_pictures_has_nothing_to_remedy_and_its_classes_become_a_template(
    workspace: Workspace, tmp_path: Path
) -> None:
    table = add(workspace, picture_folder(tmp_path / "tiles", each=6)).table
    sheet = workspace.data.sheets.create_sheet("Tiles", table.address)
    assert workspace.data.quality.look(sheet.id).findings == (), "another picture is another item"
    draft = workspace.drafts.draft(sheet.id, "class")
    assert (draft.answer_columns, draft.feature_columns) == ({"class": "class"}, ["picture"])
    assert draft.user_prompt.startswith("Look at the picture."), "its path names the class"
