"""Files of real instruments, and of those who put such files together: read right, asked about, or refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from readings import opened

from ontos_tui.domain.errors import InvalidInputError


def lines(pattern: str, first: int = 0, last: int = 9) -> str:
    """Lines with a number in them."""
    return "".join(pattern.replace("#", str(number)) + "\n" for number in range(first, last))


LABVIEW = (
    "LabVIEW Measurement\t\nWriter_Version\t2\nSeparator\tTab\nDate\t2024/03/12\n***End_of_Header***\t\n\t\n"
    "Channels\t2\t\t\nSamples\t5\t5\t\nDate\t2024/03/12\t2024/03/12\t\nY_Unit_Label\tVolts\tVolts\t\n"
    "Delta_X\t0.001\t0.001\t\n***End_of_Header***\t\t\t\n"
)
SEGMENT = "X_Value\tU0\tU1\tComment\n" + lines("0.00#\t#.25\t-#.5\t")
GEOLOGICAL = "# USGS\n#\nsite_no\tdatetime\tvalue\n15s\t20d\t14n\n" + lines("01646500\t2024-01-0#\t1#.5", 1)
TWO_TABLES = "id,v\n1,2.5\n2,3.5\n3,4.5\n\nname,w\nx,1.5\ny,2.5\nz,3.5\n"
WIDER_BELOW = "id,v\n1,2.5\n2,3.5\n3,4.5\n\nname,w,u\nx,1.5,1\ny,2.5,2\nz,3.5,3\n"

READ: dict[str, tuple[str, str | bytes, list[str], tuple[Any, ...], int, str]] = {
    "LabVIEW": ("a.lvm", LABVIEW + SEGMENT, ["X_Value", "U0", "U1", "Comment"], (0.0, 0.25, -0.5, None), 9, "above"),
    "channels by number above units": (
        "a.csv",
        "x-axis,1,2\nsecond,Volt,Volt\n" + lines("-#.0E-03,+#.5E-03,#.1", 1),
        ["x-axis", "1", "2"],
        (-0.001, 0.0015, 1.1),
        8,
        "holds units",
    ),
    "facts in the line of the names": (
        "a.csv",
        "X,CH1,CH2,Start,Increment\nSequence,Volt,Volt,-1.2e-3,1.0e-6\n" + lines("#,#.5,#.25,"),
        ["X", "CH1", "CH2"],
        (0, 0.5, 0.25),
        9,
        "holds units",
    ),
    "widths below names": (
        "a.txt",
        GEOLOGICAL,
        ["site_no", "datetime", "value"],
        ("01646500", "2024-01-01", 11.5),
        8,
        "how wide",
    ),
    "facts behind a doubled sign": (
        "a.txt",
        "##TITLE= x\n##XUNITS= nm\n" + lines("40#\t0,12#"),
        ["c1", "c2"],
        (400, 0.12),
        9,
        "remarks",
    ),
    "names again": (
        "a.csv",
        "id,v\ns,mV\n" + lines("#,#.5") + "\ufeffid,v\ns,mV\n" + lines("#,#.5"),
        ["id", "v"],
        (0, 0.5),
        18,
        "once more",
    ),
    "names again among texts": ("a.csv", "a,b\nx,y\na,b\nz,w\na,b\n", ["a", "b"], ("x", "y"), 2, "2 times more"),
    "statistics below": (
        "a.csv",
        "id,v\n1,2.5\n2,3.5\n3,3.5\nMean,3.16\nSD,0.5\nCV %,3.5\n",
        ["id", "v"],
        (1, 2.5),
        3,
        "left out",
    ),
    "a power failure": ("a.csv", b"a,b\n1,2\n3,4\n" + b"\0" * 512, ["a", "b"], (1, 2), 2, "NUL"),
    "two ends of lines": ("a.csv", "a,b\r\n1,2\n3,4\r\n5,6\n", ["a", "b"], (1, 2), 3, "carriage return"),
    "an end of line in quotes": ("a.csv", 'a,b\n1,"x\r\ny"\n3,z\n', ["a", "b"], (1, "x\r\ny"), 2, ""),
    "JSON in a cell": ("a.csv", 'a,b\n1,"{""p"": 1, ""q"": 2}"\n', ["a", "b"], (1, '{"p": 1, "q": 2}'), 1, ""),
    "texts as formulas": ("a.csv", 'a,b\n="001",1\n="002",2\n', ["a", "b"], ("001", 1), 2, "their texts"),
    "commas in a .tsv": ("a.tsv", "a,b\n1,2.5\n3,4.5\n", ["a", "b"], (1, 2.5), 2, ""),
    "one row of values": ("a.csv", "1,2,3\n", ["c1", "c2", "c3"], (1, 2, 3), 1, "no columns"),
    "many empty columns": ("a.csv", "a;b;c;;;;\n1;2;3;;;;\n4;5;6;;;;\n", ["a", "b", "c"], (1, 2, 3), 2, ""),
    "names with blanks": (
        "a.txt",
        "Time [s]  Force [N]\n" + lines("0.#   1#.5"),
        ["Time [s]", "Force [N]"],
        (0.0, 10.5),
        9,
        "",
    ),
    "names with blanks in a remark": (
        "a.txt",
        "% t [s]  x [m]\n" + lines("0.# 1#.5"),
        ["t [s]", "x [m]"],
        (0.0, 10.5),
        9,
        "",
    ),
    "a name that begins with no width": ("a.csv", "\u200ba,b\n1,2\n3,4\n", ["a", "b"], (1, 2), 2, ""),
    "UTF-8 saved twice": ("a.csv", "a,b\n1,GrÃ¶ße\n", ["a", "b"], (1, "GrÃ¶ße"), 1, "saved again"),
    "lost letters": ("a.csv", "a,b\n1,Gr\ufffdn\n", ["a", "b"], (1, "Gr\ufffdn"), 1, "were lost"),
    "zeros of days": ("a.dat", "YY MM v\n" + lines("24 0# 1.5", 1), ["YY", "MM", "v"], (24, 1, 1.5), 8, "MM:text"),
}


@pytest.mark.parametrize("kind", READ)
def test_an_instruments_file_is_read_right(tmp_path: Path, kind: str) -> None:
    name, content, names, first, rows, note = READ[kind]
    file = opened(tmp_path, content, name)
    shown = tuple(
        value if isinstance(value, (int, float, str)) or value is None else str(value) for value in file.rows[0]
    )
    assert (file.names, shown, len(file.rows), file.reading.questions) == (names, first, rows, [])
    assert note in file.notes()


def test_a_value_far_below_in_a_column_without_a_name_is_not_lost(tmp_path: Path) -> None:
    far = "a;b;\n" + "1;2;\n" * 60_000 + "3;4;late\n"
    file = opened(tmp_path, far)
    assert (file.names, file.rows[-1]) == (["a", "b", "column2"], (3, 4, "late"))


@pytest.mark.parametrize(
    ("content", "choices"),
    [
        (TWO_TABLES, ["1", "6"]),
        (WIDER_BELOW, ["1", "6"]),
        ("id,v,w\n1,2,5,3,5\n2,3,5,4,5\n3,4,5,5,5\n", ["0"]),
        ("101,102,103\n1.5,2.5,3.5\n1.6,2.6,3.6\n1.7,2.7,3.7\n", ["1", "0"]),
        (
            "Record Length,Analog:700,\nSample Interval,Analog:4E-9,\nVertical Units,V,V\nSource,CH1,CH2\n"
            "Second,Volt,Volt\n" + lines("-0.00#,0.#,-0.0#"),
            ["1", "2", "3", "4", "5"],
        ),
    ],
)
def test_names_in_one_of_several_lines_are_asked_for(tmp_path: Path, content: str, choices: list[str]) -> None:
    (question,) = opened(tmp_path, content).reading.questions
    assert (question.option, question.choices) == ("--header-line", choices)


@pytest.mark.parametrize("content", [TWO_TABLES, WIDER_BELOW])
def test_either_of_two_tables_is_read_as_decided(tmp_path: Path, content: str) -> None:
    first, second = opened(tmp_path, content, header_line=1), opened(tmp_path, content, header_line=6)
    assert (first.rows, first.reading.questions) == ([(1, 2.5), (2, 3.5), (3, 4.5)], [])
    assert ([row[:2] for row in second.rows], second.reading.questions) == ([("x", 1.5), ("y", 2.5), ("z", 3.5)], [])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", LABVIEW + SEGMENT + "Channels\t2\t\t\n***End_of_Header***\t\t\t\n" + SEGMENT, "holds 2 segments"),
        ("a.las", "~V\n", "a LAS file"),
        ("a.txt", "~VERSION INFORMATION\n VERS. 2.0 :\n~A DEPTH DT\n1670.0 123.4\n", "a LAS file"),
        ("a.txt", "@RELATION x\n@ATTRIBUTE a NUMERIC\n@DATA\n1.5\n2.5\n", "an ARFF file"),
        ("a.libsvm", "+1 1:0.5 3:1.2\n", "a libsvm file"),
        ("a.txt", "+1 1:0.5 3:1.2\n-1 2:0.7 3:0.1\n", "a libsvm file"),
        ("a.dat", "3 qid:1 1:0.5 # d\n2 qid:1 2:0.7\n", "a libsvm file"),
        ("a.asc", "date Tue Mar 12 2024\nbase hex  timestamps absolute\n" + lines("#.1 1 1A# Rx d 1 0#"), "a CAN bus"),
        ("a.mf4", b"MDF", "a measurement file"),
        ("a.h5", b"\x89HDF", "an HDF5 file"),
        ("a.tar.gz", b"\x1f\x8b", "an archive"),
    ],
)
def test_a_format_that_is_not_read_is_refused_by_its_name(
    tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said) as refused:
        opened(tmp_path, content, name)
    assert refused.value.todo


def test_clock_times_beside_numbers_are_no_libsvm(tmp_path: Path) -> None:
    assert opened(tmp_path, "5 12:30\n6 12:31\n7 12:32\n", "a.txt").types == ["BIGINT", "TIME"]


VALUES: dict[str, tuple[list[str], str, Any, str]] = {
    "German months": (["12. März 2024", "1. Mai 2024", "3-Okt-2023"], "DATE", "2024-03-12", ""),
    "French months": (["1 avr. 2024", "12 février 2024", "3 août 2024"], "DATE", "2024-04-01", ""),
    "Spanish months": (["1 de enero de 2024", "12 de diciembre de 2024"], "DATE", "2024-01-01", ""),
    "Italian months": (["1 gennaio 2024", "12 luglio 2024 14:05"], "TIMESTAMP", "2024-01-01 00:00:00", ""),
    "days of the week": (["Tue, 12 Mar 2024", "Di. 12 Mrz 2024"], "DATE", "2024-03-12", ""),
    "as C writes times": (["Tue Mar 12 14:05:33 2024"], "TIMESTAMP", "2024-03-12 14:05:33", ""),
    "milliseconds behind a colon": (["2024-03-12 14:05:33:123"], "TIMESTAMP", "2024-03-12 14:05:33.123000", ""),
    "a low line between": (["2024-03-12_14:05:33"], "TIMESTAMP", "2024-03-12 14:05:33", ""),
    "the end of a day": (["31.01.2024 24:00", "31.01.2024 23:00"], "TIMESTAMP", "2024-02-01 00:00:00", "24:00"),
    "ISO without signs": (["20240312T140500", "20240312T1406"], "TIMESTAMP", "2024-03-12 14:05:00", ""),
    "sections": (["1.1", "1.2", "1.10"], "DOUBLE", "1.1", "1.1 and 1.10 are the same number"),
    "errors of Excel in German": (["1.5", "2.5", "#WERT!", "#BEZUG!", "####"], "DOUBLE", "1.5", "missing values"),
    "halves of a day": (["01:30 PM", "11:05 am"], "TIME", "13:30:00", ""),
    "ISO weeks": (["2024-W10-3", "2024-W11-3"], "VARCHAR", "2024-W10-3", "look like times"),
    "durations": (["25:30:00", "120:00:01"], "VARCHAR", "25:30:00", "look like times"),
    "below detection": (["<LOD", "1.5", "n.d.", "< LOQ"], "DOUBLE", "None", "missing values"),
    "uncertainties": (["0.5 ± 0.1", "1.5 ± 0.2"], "DOUBLE", "0.5", "uncertainties"),
    "uncertainties in brackets": (["1.2345(12)", "1.3345(7)"], "DOUBLE", "1.2345", "uncertainties"),
    "several units": (["5.2 mm", "0.6 cm"], "VARCHAR", "5.2 mm", "mm, cm"),
    "some without a unit": ([*["0.2 mm", "1.2 mm"] * 9, "5.5"], "VARCHAR", "0.2 mm", "mm, none"),
    "powers of ten or codes": (["1E05", "2E03"], "DOUBLE", "100000.0", "powers of ten"),
    "an overload of a multimeter": ([*map(str, range(20)), "9.9E37"], "DOUBLE", "0.0", "9.9e+37"),
    "a full converter": ([*map(str, range(500, 520)), "65535", "65535"], "BIGINT", "500", "65535"),
    "a number and a sign": (['5"', '6.5"'], "VARCHAR", '5"', "look like numbers"),
}


@pytest.mark.parametrize("kind", VALUES)
def test_values_as_instruments_write_them(tmp_path: Path, kind: str) -> None:
    values, expected, first, note = VALUES[kind]
    quoted = [value.replace('"', '""') for value in values]
    file = opened(tmp_path, "v;n\n" + "".join(f'"{value}";{n}\n' for n, value in enumerate(quoted)))
    assert (file.types[0], str(file.rows[0][0])) == (expected, first)
    assert note in file.notes()


@pytest.mark.parametrize(
    ("values", "kind", "first"),
    [
        (["45340", "45341"], "DATE", "2024-02-18"),
        (["45340,25", "45341,5"], "TIMESTAMP", "2024-02-18 06:00:00"),
        (["1704067200.5", "1704067201.5"], "TIMESTAMP WITH TIME ZONE", "2024-01-01 00:00:00.5+00"),
    ],
)
def test_counted_days_and_seconds_are_times_where_the_user_says_so(
    tmp_path: Path, values: list[str], kind: str, first: str
) -> None:
    content = "date;n\n" + "".join(f"{value};1\n" for value in values)
    assert "--column date:time" in opened(tmp_path, content).notes()
    file = opened(tmp_path, content, column_types={"date": "time"})
    assert (file.types[0], str(file.rows[0][0])) == (kind, first)


def test_a_dot_that_may_part_thousands_is_asked_for(tmp_path: Path) -> None:
    content = "id;v\n1;1.234\n2;2.345\n3;567\n"
    (question,) = opened(tmp_path, content).reading.questions
    assert (question.option, question.column) == ("--decimal", "v")
    assert opened(tmp_path, content, decimal=",").column("v") == [1234.0, 2345.0, 567.0]
    assert opened(tmp_path, content, decimal=".").column("v") == [1.234, 2.345, 567.0]
    assert not opened(tmp_path, content + "4;1.5\n").reading.questions
    assert not opened(tmp_path, content.replace("567", "567.000")).reading.questions


def test_a_comma_in_a_column_alone_is_asked_for(tmp_path: Path) -> None:
    content = "v\n1,5\n2,5\n3,5\n"
    (question,) = opened(tmp_path, content).reading.questions
    assert (question.option, question.choices) == ("--separator", [",", ";"])
    assert opened(tmp_path, content, separator=";").column("v") == [1.5, 2.5, 3.5]
    two = opened(tmp_path, content, separator=",")
    assert (two.rows[0], two.reading.questions) == ((1, 5), [])
