"""How numbers, times, missing words and classes are read, decided by whole columns."""

from __future__ import annotations

import math
from datetime import date, datetime, time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from readings import Opened, opened

from ontos_tui.tabular.values import numbers, times


def column(folder: Path, values: list[str], **decisions: object) -> Opened:
    """One column of values, quoted, beside a number."""
    return opened(folder, "v;n\n" + "".join(f'"{value}";{n}\n' for n, value in enumerate(values)), **decisions)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1,234.5", "2,345.25"], [1234.5, 2345.25]),
        (["1.234,5", "12,25"], [1234.5, 12.25]),
        (["1 234,5", "1 234 567,25"], [1234.5, 1234567.25]),
        (["1\u00a0234.5", "1\u202f234"], [1234.5, 1234.0]),
        (["1'234.50", "5.25"], [1234.5, 5.25]),
        (["1,234,567", "12"], [1234567.0, 12.0]),
        (["1.234.567", "12"], [1234567.0, 12.0]),
        (["60.3 %", "55%"], [60.3, 55.0]),
        (["5.5 mV", "6 mV"], [5.5, 6.0]),
        (["€ 5.50", "€ 6"], [5.5, 6.0]),
        (["−5", "−6.5"], [-5.0, -6.5]),
        (["1e-3", "2.5E+04"], [0.001, 25000.0]),
        (["1.5D+03", "2.5"], [1500.0, 2.5]),
        (["<40", "50.5", ">60"], [40.0, 50.5, 60.0]),
        (["+5.5", " 6.5 "], [5.5, 6.5]),
        (["inf", "-inf", "1.5"], [math.inf, -math.inf, 1.5]),
    ],
)
def test_numbers_as_people_and_instruments_write_them(tmp_path: Path, values: list[str], expected: list[float]) -> None:
    file = column(tmp_path, values)
    assert (file.types[0], file.column("v")) == ("DOUBLE", expected)


@pytest.mark.parametrize("values", [[" 5", "6 ", "7"], ["+5", "6"], ["5", "6"] * 2000 + [" 7"]])
def test_whole_numbers_with_blanks_or_a_plus_stay_whole(tmp_path: Path, values: list[str]) -> None:
    file = column(tmp_path, values)
    assert (file.types[0], file.column("v")) == ("BIGINT", [int(value) for value in values])


@pytest.mark.parametrize(
    "values", [["18.00.00", "19.00.00"], ["0012", "0013"], ["12A", "13A"], ["1,5", "1,234.5", "2,5"], ["a1", "2"]]
)
def test_codes_and_contradictions_stay_text(tmp_path: Path, values: list[str]) -> None:
    file = column(tmp_path, values)
    assert (file.types[0], file.column("v")) == ("VARCHAR", values)


def test_a_comma_that_may_be_either_is_asked_unless_other_columns_tell(tmp_path: Path) -> None:
    (question,) = column(tmp_path, ["1,234", "2,345"]).reading.questions
    assert (question.option, question.choices) == ("--decimal", [",", "."])
    assert column(tmp_path, ["1,234", "2,345"], decimal=",").column("v") == [1.234, 2.345]
    assert column(tmp_path, ["1,234", "2,345"], decimal=".").column("v") == [1234.0, 2345.0]
    told = opened(tmp_path, "a;b\n1,234;2,5\n2,345;3,5\n")
    assert (told.column("a"), told.reading.questions) == ([1.234, 2.345], [])
    dots = opened(tmp_path, "a;b\n1.234;2,5\n2.345;3,5\n")
    assert dots.column("a") == [1234.0, 2345.0]


def test_a_later_value_changes_how_the_whole_column_is_read(tmp_path: Path) -> None:
    plain = ["1"] * 3000
    assert column(tmp_path, [*plain, "1,5"]).column("v")[-1] == 1.5
    assert column(tmp_path, [*plain, "1.5"]).column("v")[-1] == 1.5
    assert column(tmp_path, [*plain, "12,345.5"]).column("v")[-1] == 12345.5
    assert column(tmp_path, [*plain, "0012"]).types[0] == "VARCHAR"
    assert column(tmp_path, [*plain, "99999999999999999999"]).column("v")[-1] == 99999999999999999999


def test_a_few_other_words_leave_a_column_numeric_and_are_told(tmp_path: Path) -> None:
    file = column(tmp_path, ["1.5"] * 50 + ["defect", "n/a", "-", "NaN", ""])
    reading = file.reading.columns[0]
    assert (reading.type, reading.values, reading.unfit, reading.unfit_words) == ("DOUBLE", 50, 1, {"defect": 1})
    assert reading.missing == {"n/a": 1, "-": 1, "NaN": 1}
    assert reading.unfit_line == 51 and "'defect'; first in row 51" in file.notes()
    many = column(tmp_path, ["1.5"] * 5 + ["low"] * 3)
    assert (
        many.types[0] == "VARCHAR"
        and "many of its values are numbers and others are not, such as 'low'" in many.notes()
    )
    assert column(tmp_path, ["1.5"] * 5 + ["low"] * 3, column_types={"v": "number"}).types[0] == "DOUBLE"


def test_the_words_for_missing_can_be_named(tmp_path: Path) -> None:
    file = column(tmp_path, ["1", "2", "x", "7"], missing=["x", "7"])
    assert (file.types[0], file.column("v")) == ("BIGINT", [1, 2, None, None])


@pytest.mark.parametrize("word", ["-999", "-9999", "-9999.0", "9999"])
def test_numbers_far_from_all_others_stand_for_missing(tmp_path: Path, word: str) -> None:
    file = column(tmp_path, [str(20 + n % 5) for n in range(50)] + [word, word])
    assert file.column("v")[-2:] == [None, None]
    assert "words for missing values" in file.notes()
    spread = column(tmp_path, [str(200 * n - 5000) for n in range(90)] + [word])
    assert spread.column("v")[-1] == float(word), "among others it is a number"
    assert column(tmp_path, ["20", "21", word, word], missing=["x"]).column("v")[-1] == float(word)


def test_missing_words_are_no_classes_but_classes_stay(tmp_path: Path) -> None:
    file = column(tmp_path, ["ok", "fail", "NA", "nan", "None", "-", "n/a", ""] * 5)
    assert set(file.column("v")) == {"ok", "fail", None}
    assert column(tmp_path, ["none", "crack", "None"]).column("v") == ["none", "crack", "None"]
    assert column(tmp_path, ["NA", "DE", "FR", "US", "IT", "ES"]).column("v")[0] == "NA", "Namibia"


def test_spellings_of_a_class_are_trimmed_and_told(tmp_path: Path) -> None:
    file = column(tmp_path, ["ok", " ok", "ok ", "OK", "fail"])
    assert file.column("v") == ["ok", "ok", "ok", "OK", "fail"]
    assert "spellings" in file.notes()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["13/02/2004", "01/02/2004"], [date(2004, 2, 13), date(2004, 2, 1)]),
        (["2/13/2004", "2/1/2004"], [date(2004, 2, 13), date(2004, 2, 1)]),
        (["1/20/2024 0:05:00", "2/1/2024 13:00:00"], [datetime(2024, 1, 20, 0, 5), datetime(2024, 2, 1, 13)]),
        (["1/20/2024 1:05 PM", "1/2/2024 11:00 AM"], [datetime(2024, 1, 20, 13, 5), datetime(2024, 1, 2, 11)]),
        (["20.01.2024 13:05", "2024-01-20 13:05:01.5"],
         [datetime(2024, 1, 20, 13, 5), datetime(2024, 1, 20, 13, 5, 1, 500000)]),
        (["20-Jan-2024", "3-Feb-2024"], [date(2024, 1, 20), date(2024, 2, 3)]),
        (["2024/01/20", "2024/12/31"], [date(2024, 1, 20), date(2024, 12, 31)]),
        (["31.12.99", "01.02.99"], [date(1999, 12, 31), date(1999, 2, 1)]),
        (["10:00", "11:30:15"], [time(10), time(11, 30, 15)]),
        (["2024-01-20T13:05:00,25", "2024-01-20T13:06:00"],
         [datetime(2024, 1, 20, 13, 5, 0, 250000), datetime(2024, 1, 20, 13, 6)]),
    ],
)  # fmt: skip
def test_times_as_people_and_instruments_write_them(tmp_path: Path, values: list[str], expected: list[object]) -> None:
    file = column(tmp_path, values)
    assert file.column("v") == expected
    assert file.reading.questions == []


def test_an_order_that_no_value_tells_is_asked(tmp_path: Path) -> None:
    (question,) = column(tmp_path, ["01/02/2024", "03/04/2024"]).reading.questions
    assert "--day-first" in question.option and "--month-first" in question.option
    assert column(tmp_path, ["01/02/2024"], date_order="month").column("v") == [date(2024, 1, 2)]
    assert column(tmp_path, ["01/02/2024"], date_order="day").column("v") == [date(2024, 2, 1)]
    assert column(tmp_path, ["01/01/2024"]).reading.questions == [], "either order gives the same day"
    late = column(tmp_path, ["01/02/2024"] * 3000 + ["13/02/2024"])
    assert (late.column("v")[0], late.reading.questions) == (date(2024, 2, 1), [])
    other = opened(tmp_path, "a;b\n01/02/2024;13/02/2024\n")
    assert (other.column("a"), other.reading.questions) == ([date(2024, 2, 1)], [])


def test_orders_that_contradict_each_other_are_text(tmp_path: Path) -> None:
    file = column(tmp_path, ["13/01/2004"] * 3000 + ["01/13/2004"])
    assert file.types[0] == "VARCHAR" and "contradict" in file.notes()


def test_times_with_and_without_offset_need_a_time_zone(tmp_path: Path) -> None:
    values = ["2024-10-27 02:30:00", "2024-10-27T01:30:00Z", "2024-10-27T02:30:00+02:00"]
    (question,) = column(tmp_path, values).reading.questions
    assert question.option == "--timezone"
    file = column(tmp_path, values, timezone="America/New_York")
    assert file.column("v") == ["2024-10-27 06:30:00+00", "2024-10-27 01:30:00+00", "2024-10-27 00:30:00+00"]
    assert column(tmp_path, values[1:]).column("v") == ["2024-10-27 01:30:00+00", "2024-10-27 00:30:00+00"]
    assert column(tmp_path, values[:1]).types[0] == "TIMESTAMP", "without a zone a time stays what it says"


def test_hours_that_the_clock_skips_or_repeats_are_counted(tmp_path: Path) -> None:
    values = ["2024-03-31 01:30:00", "2024-03-31 02:30:00", "2024-10-27 02:30:00", "2024-10-27 03:30:00"]
    file = column(tmp_path, values, timezone="Europe/Berlin")
    assert file.column("v") == ["2024-03-31 00:30:00+00", None, "2024-10-27 00:30:00+00", "2024-10-27 02:30:00+00"]
    assert "1 time does not exist in Europe/Berlin" in file.notes()
    assert "1 time comes twice in Europe/Berlin" in file.notes()


FORMS = st.sampled_from(
    (
        numbers.NumberForm(".", ",", plain=False),
        numbers.NumberForm(",", ".", plain=False),
        numbers.NumberForm(",", " ", plain=False),
        numbers.NumberForm(".", "'", plain=False, unit="%"),
    )
)


def written(value: float, form: numbers.NumberForm, digits: int) -> str:
    """A number as someone writes it who uses the form."""
    whole, _, rest = f"{value:,.{digits}f}".partition(".")
    text = whole.replace(",", form.thousands) + (form.decimal + rest if rest else "")
    return text.replace("-", "−") + (f" {form.unit}" if form.unit else "")


@example(values=[0.0], form=numbers.NumberForm(".", ",", plain=False), digits=0)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=8), FORMS, st.integers(0, 6))
def test_what_a_form_writes_it_reads(values: list[float], form: numbers.NumberForm, digits: int) -> None:
    texts = [written(value, form, digits) for value in values]
    assert [form.read(text) for text in texts] == [float(f"{value:.{digits}f}") for value in values]
    found = numbers.form_of(texts, form.decimal)
    assert found is not None
    assert [found.read(text) for text in texts] == [float(f"{value:.{digits}f}") for value in values]


@given(
    st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31)), min_size=1, max_size=6), st.sampled_from("/.-")
)
def test_any_time_is_read_back(values: list[datetime], sign: str) -> None:
    import duckdb

    texts = [value.strftime(f"%d{sign}%m{sign}%Y %H:%M:%S.%f") for value in values]
    form = times.form_of(texts)
    assert form is not None and form.orders
    day_first = form.ordered(form.orders[0])
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT {day_first.sql('v')} FROM (SELECT unnest(?) AS v)", [texts]).fetchall()
    assert [row[0] for row in rows] == values
