"""What a cell means: days the Vietnamese way, plain text, urgencies, lists of agencies."""

# Cells of a sheet have no time zone.
# ruff: noqa: DTZ001

import unicodedata
from datetime import date, datetime, time, timedelta

import pytest

from documents.intake_values import (
    BAD_DATE,
    BadDate,
    DayAndTime,
    clean_text,
    plain_value,
    read_date,
    read_day_and_time,
    read_text,
    read_urgency,
    split_agencies,
)
from documents.language import Language, sentence
from models.vocabulary import Urgency

WEDNESDAY_12_APRIL = date(2023, 4, 12)


@pytest.mark.parametrize(
    "written",
    [
        date(2023, 4, 12),
        datetime(2023, 4, 12),
        datetime(2023, 4, 12, 17),
        "12/04/2023",
        "12/4/2023",
        "12/4/23",
        "12-04-2023",
        "12.04.2023",
        "12 / 04 / 2023",
        "2023-04-12",
        "2023-04-12T00:00:00",
        "2023-04-12 08:30:00",
        "ngày 12/04/2023",
        "Ngày 12 tháng 4 năm 2023",
        unicodedata.normalize("NFD", "NGÀY 12 THÁNG 04 NĂM 2023"),
        "12/04/2023 17:00",
        "17h ngày 12/04/2023",
        "17 giờ 30 phút ngày 12/4/2023",
    ],
)
def test_a_day_is_read_however_it_is_written(written: str | date) -> None:
    assert read_date(written) == WEDNESDAY_12_APRIL


@pytest.mark.parametrize(
    "written",
    [
        "31/02/2023",
        "29/02/2023",
        "04/30/2023",  # never guessed to be American
        "12/13/2023",
        "12/04-2023",
        "12/04/0203",
        "12/04/20233",
        "12/04",
        "00/04/2023",
        "tháng 4/2023",
        "cuối tháng 4",
        "quý I/2023",
        "#VALUE!",
        "12/04/2023 25:00",
        "=TODAY()",
        45028,
        45028.5,
        20230412,
        date(1899, 12, 31),
        datetime(2201, 1, 1),
        "1" * 100_000,
    ],
)
def test_what_is_no_day_is_told_apart_and_never_guessed(written: str | float | date) -> None:
    found = read_date(written)

    assert isinstance(found, BadDate)
    assert sentence(BAD_DATE, Language.VI, value=found.value)


def test_29_february_exists_in_leap_years() -> None:
    assert read_date("29/02/2024") == date(2024, 2, 29)


def test_an_empty_cell_is_neither_a_day_nor_a_mistake() -> None:
    assert read_date(None) is None
    assert read_date("") is None


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("12/04/2023", None),
        ("12/04/2023 00:00", None),
        ("12/04/2023 17:00", time(17)),
        ("12/04/2023, 17h30", time(17, 30)),
        ("17h30 ngày 12/04/2023", time(17, 30)),
        ("8 giờ ngày 12/04/2023", time(8)),
        ("2023-04-12T09:05:00Z", time(9, 5)),
        (datetime(2023, 4, 12, 11, 30), time(11, 30)),
        (datetime(2023, 4, 12), None),
    ],
)
def test_an_hour_beside_the_day_is_kept(written: str | datetime, hour: time | None) -> None:
    assert read_day_and_time(written) == DayAndTime(day=WEDNESDAY_12_APRIL, hour=hour)


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (None, None),
        ("", None),
        ("  \u00a0\u200b ", None),
        ("  Sở \t Y\u00a0tế ", "Sở Y tế"),
        (unicodedata.normalize("NFD", "Sở Y tế"), "Sở Y tế"),
        ("một_x000D_\nhai", "một hai"),
        ("một\r\nhai", "một hai"),
        ("a\u202eb\u0007c\ufeff", "abc"),
        ("=1+1", "=1+1"),
        (True, "TRUE"),
        (12, 12),
        (1.5, 1.5),
        (float("inf"), "inf"),
        (datetime(2023, 4, 12), WEDNESDAY_12_APRIL),
        (datetime(2023, 4, 12, 17), datetime(2023, 4, 12, 17)),
        (time(8, 30), "08:30"),
        (timedelta(hours=30), "1 day, 6:00:00"),
    ],
)
def test_a_raw_value_is_made_plain(raw: object, plain: object) -> None:
    found = plain_value(raw)

    assert found == plain
    assert type(found) is type(plain)


def test_content_keeps_its_paragraphs() -> None:
    assert clean_text(" a  b \r\n\r\n  c_x000D_ ", multiline=True) == "a b\nc"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("Sở Y tế", "Sở Y tế"),
        (1234, "1234"),
        (1234.0, "1234"),
        (12.5, "12.5"),
        (WEDNESDAY_12_APRIL, "12/04/2023"),
        (datetime(2023, 4, 12, 17), "12/04/2023 17:00"),
    ],
)
def test_a_cell_is_read_as_the_text_a_person_sees(value: str | float | date | None, text: str) -> None:
    assert read_text(value) == text


@pytest.mark.parametrize(
    ("written", "urgency"),
    [
        ("Thường", Urgency.NORMAL),
        ("KHẨN", Urgency.URGENT),
        ("khan", Urgency.URGENT),
        ("Thượng khẩn", Urgency.VERY_URGENT),
        ("  thuong   khan", Urgency.VERY_URGENT),
        ("Hỏa tốc", Urgency.FLASH),
        ("Hoả tốc", Urgency.FLASH),
        (unicodedata.normalize("NFD", "HỎA TỐC"), Urgency.FLASH),
        ("khẩn cấp lắm", None),
        ("", None),
        (None, None),
        (1, None),
    ],
)
def test_an_urgency_is_read_in_any_writing(written: str | int | None, urgency: Urgency | None) -> None:
    assert read_urgency(written) is urgency


@pytest.mark.parametrize(
    ("written", "agencies"),
    [
        (None, ()),
        ("Sở Y tế", ("Sở Y tế",)),
        ("Sở Y tế; Sở Nội vụ ;; ", ("Sở Y tế", "Sở Nội vụ")),
        ("Sở Y tế\nSở Nội vụ", ("Sở Y tế", "Sở Nội vụ")),
        ("- Sở Y tế;\n- Sở Nội vụ.", ("Sở Y tế", "Sở Nội vụ")),
        ("Sở Y tế; SỞ Y TẾ; So Y te; Sở Nội vụ", ("Sở Y tế", "Sở Nội vụ")),
    ],
)
def test_a_list_of_agencies_is_parted_and_nobody_is_named_twice(written: str | None, agencies: tuple[str, ...]) -> None:
    assert split_agencies(written) == agencies
