import json
import unicodedata
from datetime import date, datetime, time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calendar import CalendarFile, at, end_of_day
from models.deadline import DeadlineUnreadable, OfficeHours
from models.deadline_text import parse_deadline
from models.vocabulary import Qualifier

ROOT = Path(__file__).parents[2]
VIETNAM = CalendarFile.model_validate(
    yaml.safe_load((ROOT / "database" / "seed" / "calendar.yaml").read_text(encoding="utf-8"))
).to_calendar()
REAL_DIRECTIVES = ROOT.parent / "shared" / "data" / "directives.jsonl"

ISSUED = date(2026, 3, 2)  # a Monday
BEFORE, BY, WITHIN = Qualifier.BEFORE, Qualifier.BY, Qualifier.WITHIN

READ = [
    # a named day
    ("trước ngày 15/12/2026", "2026-12-15", None, BEFORE),
    ("TRƯỚC NGÀY 20.7.2026", "2026-07-20", None, BEFORE),
    ("hoàn thành trước ngày 21/11/2022", "2022-11-21", None, BEFORE),
    ("Hoàn thành trước ngày 15/12/2026, báo cáo UBND tỉnh.", "2026-12-15", None, BEFORE),
    ("xong trước ngày 15/12/2026 (thứ Ba)", "2026-12-15", None, BEFORE),
    ("Trước ngày 15 / 12 / 2026", "2026-12-15", None, BEFORE),
    ("chậm nhất ngày 05-01-2026", "2026-01-05", None, BY),
    ("chậm nhất là ngày 15.7.2026", "2026-07-15", None, BY),
    ("đến hết ngày 15/12/2026", "2026-12-15", None, BY),
    ("trước hoặc trong ngày 15/12/2026", "2026-12-15", None, BY),
    ("ngay trong ngày 5/3/2026", "2026-03-05", None, BY),
    ("ngày 5 tháng 3 năm 2026", "2026-03-05", None, BY),
    ("trước ngày 05 tháng 01 năm 2027", "2027-01-05", None, BEFORE),
    ("trước ngày mùng 5 tháng 3", "2026-03-05", None, BEFORE),
    ("Hạn: 30/06/2026", "2026-06-30", None, BY),
    ("15/12/2026", "2026-12-15", None, BY),
    ("15/12/26", "2026-12-15", None, BY),
    ("15/12/2026.", "2026-12-15", None, BY),
    ("2026-12-15", "2026-12-15", None, BY),
    ("2026-12-15 00:00:00", "2026-12-15", None, BY),
    # without a year: the first such day on or after the document's
    ("trước 15/12", "2026-12-15", None, BEFORE),
    ("trước 30/4", "2026-04-30", None, BEFORE),
    ("trước 15/2", "2027-02-15", None, BEFORE),
    ("trước ngày 2/3", "2026-03-02", None, BEFORE),
    ("15 tháng 12", "2026-12-15", None, BY),
    ("đến 30/6", "2026-06-30", None, BY),
    # an hour
    ("trước 16 giờ ngày 5/3/2026", "2026-03-05", "16:00", BEFORE),
    ("trước 16h30 ngày 5/3", "2026-03-05", "16:30", BEFORE),
    ("Trước 16:30 ngày 05/03/2026", "2026-03-05", "16:30", BEFORE),
    ("trước 16 giờ 30 phút ngày 5/3/2026", "2026-03-05", "16:30", BEFORE),
    ("chậm nhất 17h00 ngày 5/3/2026", "2026-03-05", "17:00", BY),
    ("không quá 17g ngày 5/3/2026", "2026-03-05", "17:00", BY),
    ("ngày 05/3/2026 trước 16 giờ", "2026-03-05", "16:00", BEFORE),
    ("trước 5 giờ chiều ngày 5/3/2026", "2026-03-05", "17:00", BEFORE),
    ("05/03/2026 16:30", "2026-03-05", "16:30", BY),
    ("2026-12-15T16:30", "2026-12-15", "16:30", BY),
    ("24h00 ngày 5/3/2026", "2026-03-05", None, BY),
    ("0 giờ ngày 5/3/2026", "2026-03-05", "00:00", BY),
    ("trước 10h hôm nay", "2026-03-02", "10:00", BEFORE),
    # the document's own day
    ("trong ngày", "2026-03-02", None, BY),
    ("đến hết ngày", "2026-03-02", None, BY),
    ("trong ngày mai", "2026-03-03", None, BY),
    # a period
    ("trong 30 ngày làm việc", "2026-04-13", None, WITHIN),
    ("30 ngày", "2026-04-01", None, WITHIN),
    ("trong thời hạn 15 ngày kể từ ngày ký", "2026-03-17", None, WITHIN),
    ("trong thời hạn 15 ngày kể từ ngày ký, ban hành", "2026-03-17", None, WITHIN),
    ("trong thời hạn 15 ngày kể từ ngày ban hành Kế hoạch này", "2026-03-17", None, WITHIN),
    ("trong vòng 05 (năm) ngày làm việc kể từ ngày nhận được văn bản này", "2026-03-09", None, WITHIN),
    ("chậm nhất 05 ngày sau khi ký", "2026-03-09", None, WITHIN),  # 7 March is a Saturday
    ("trong thời hạn 10 ngày kể từ ngày 05/3/2026", "2026-03-16", None, WITHIN),  # 15 March is a Sunday
    ("không quá 2 tháng kể từ ngày ban hành", "2026-05-04", None, WITHIN),  # 2 May is a Saturday
    ("không quá hai tháng kể từ ngày ban hành văn bản này", "2026-05-04", None, WITHIN),
    ("trong năm ngày làm việc", "2026-03-09", None, WITHIN),
    ("trong sáu tháng", "2026-09-03", None, WITHIN),  # 2 September is off
    ("một tuần", "2026-03-09", None, WITHIN),
    ("1 năm", "2027-03-02", None, WITHIN),
    # a named month, quarter, half, year: its last day, which does not move
    ("trong quý II/2026", "2026-06-30", None, WITHIN),
    ("quý 4 năm 2026", "2026-12-31", None, WITHIN),
    ("Quý I", "2026-03-31", None, WITHIN),
    ("đến hết quý II/2026", "2026-06-30", None, WITHIN),
    ("cuối quý III", "2026-09-30", None, WITHIN),
    ("trong tháng 6/2026", "2026-06-30", None, WITHIN),
    ("trong tháng 5/2026", "2026-05-31", None, WITHIN),  # a Sunday
    ("tháng 6 năm 2026", "2026-06-30", None, WITHIN),
    ("tháng 2", "2027-02-28", None, WITHIN),
    ("cuối tháng 6/2026", "2026-06-30", None, WITHIN),
    ("giữa tháng 6", "2026-06-15", None, WITHIN),
    ("đầu tháng 6", "2026-06-01", None, WITHIN),
    ("giữa năm 2026", "2026-06-30", None, WITHIN),
    ("12/2026", "2026-12-31", None, WITHIN),
    ("trong tháng này", "2026-03-31", None, WITHIN),
    ("trong năm 2026", "2026-12-31", None, WITHIN),
    ("6 tháng đầu năm 2026", "2026-06-30", None, WITHIN),
    # one deadline among other dates
    ("từ ngày 1/6/2026 đến ngày 6/7/2026", "2026-07-06", None, BY),
    ("từ ngày 01/3 đến 30/6/2026", "2026-06-30", None, BY),
    ("theo Công văn số 12/2026/CV-UB ngày 1/3/2026, trước ngày 15/12/2026", "2026-12-15", None, BEFORE),
]


@pytest.mark.parametrize(("text", "day", "hour", "qualifier"), READ)
def test_a_deadline_is_read_as_people_write_it(text: str, day: str, hour: str | None, qualifier: Qualifier) -> None:
    deadline = parse_deadline(text, ISSUED, VIETNAM, OfficeHours())

    assert deadline is not None
    assert deadline.day == date.fromisoformat(day)
    assert deadline.time == (time.fromisoformat(hour) if hour else None)
    assert deadline.qualifier is qualifier
    assert deadline.text == text
    assert deadline.due_at == (at(deadline.day, deadline.time) if deadline.time else end_of_day(deadline.day))


@pytest.mark.parametrize("text", [text for text, _, _, _ in READ])
def test_unicode_form_case_and_blanks_change_nothing(text: str) -> None:
    expected = parse_deadline(text, ISSUED, VIETNAM)
    strange = f"  {unicodedata.normalize('NFD', text.upper()).replace(' ', chr(160) + ' ')}\n"

    found = parse_deadline(strange, ISSUED, VIETNAM)

    assert found is not None
    assert expected is not None
    assert found.model_copy(update={"text": None}) == expected.model_copy(update={"text": None})


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "-", "–", "không", "Không có", "không thời hạn", "Không có thời hạn", "không quy định thời hạn",
        "chưa xác định thời hạn", "thường xuyên", "Thường xuyên, liên tục", "nhiệm vụ thường xuyên", "lâu dài",
    ],
)  # fmt: skip
def test_a_text_that_sets_no_deadline_gives_none(text: str) -> None:
    assert parse_deadline(text, ISSUED, VIETNAM) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("31/4/2023", "31/4/2023"),
        ("trước ngày 31/4/2023", "31/4/2023"),
        ("trước 31/4", "31/4"),
        ("29/2/2027", "29/2/2027"),
        ("trước ngày 29/2", "29/2"),
        ("12/15/2026", "12/15/2026"),
        ("99/99/2026", "99/99/2026"),
        ("ngày 31 tháng 4 năm 2026", "ngày 31 tháng 4 năm 2026"),
        ("2026-02-30", "2026-02-30"),
        ("15/12/0026", "15/12/0026"),
        ("15/12/2206", "15/12/2206"),
        ("trong tháng 13/2026", "tháng 13/2026"),
        ("0/5/2026", "0/5/2026"),
    ],
)
def test_a_day_that_no_calendar_has_is_named(text: str, value: str) -> None:
    with pytest.raises(DeadlineUnreadable) as unreadable:
        parse_deadline(text, ISSUED, VIETNAM)

    assert (unreadable.value.code, unreadable.value.value) == ("bad_date", value)


@pytest.mark.parametrize(
    "text",
    [
        "sớm",
        "khẩn trương",
        "ngay",
        "45000",
        "trước ngày 10 hằng tháng",
        "định kỳ hàng quý",
        "mỗi quý một lần, trước ngày 15/12/2026",
        "trước tháng 6/2026",  # before it begins, or before it ends?
        "trước quý II/2026",
        "trong 15 ngày kể từ ngày có kết quả thẩm định",
        "kể từ ngày có kết quả thẩm định, 15 ngày",
        "trong 10 ngày kể từ ngày ký hợp đồng",
        "trong 10 ngày kể từ ngày nhận được hồ sơ hợp lệ",
        "trong 10 ngày kể từ ngày nhận được Công văn số 12/UBND ngày 5/3/2026",
        "05 ngày sau khi có ý kiến của Bộ",
        "từ ngày 15/12/2026",  # a start is no deadline
        "sau ngày 15/12/2026",
        "sau ngày ký",
        "trước 15/12/2026 hoặc 20/12/2026",
        "trước ngày 15/12/2026 đối với Sở Y tế, trước ngày 20/12/2026 đối với Sở Tài chính",
        "trong 15 ngày, trước ngày 15/12/2026",
        "trong 6 tháng 10 ngày",
        "trước 25 giờ ngày 5/3/2026",
        "trước 16h75 ngày 5/3/2026",
        "từ 8 giờ đến 16 giờ ngày 5/3/2026",
        "0 ngày",
        "99999 ngày",
        "99999999999999999999 ngày",
        "200 năm",
        "15/12/2026/NQ-HĐND",
        "trong tuần này",
    ],
)
def test_a_text_with_no_single_reading_is_shown_back_whole_and_nothing_is_guessed(text: str) -> None:
    with pytest.raises(DeadlineUnreadable) as unreadable:
        parse_deadline(text, ISSUED, VIETNAM)

    assert (unreadable.value.code, unreadable.value.value) == ("unclear_deadline", text)


RECEIVED = at(date(2026, 3, 6), time(16, 0))  # a Friday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("trong 24 giờ", at(date(2026, 3, 7), time(16, 0))),
        ("trong vòng 48h kể từ khi nhận được văn bản", at(date(2026, 3, 8), time(16, 0))),
        ("không quá hai tiếng", at(date(2026, 3, 6), time(18, 0))),
        ("trong 2 giờ làm việc", at(date(2026, 3, 9), time(8, 30))),
        ("trong 3 ngày làm việc kể từ ngày nhận được", end_of_day(date(2026, 3, 11))),
        ("trong 3 ngày làm việc kể từ ngày ký", end_of_day(date(2026, 3, 5))),
    ],
)
def test_a_period_from_receipt_starts_when_the_document_was_received(text: str, expected: datetime) -> None:
    deadline = parse_deadline(text, ISSUED, VIETNAM, OfficeHours(), RECEIVED)

    assert deadline is not None
    assert deadline.due_at == expected
    assert deadline.qualifier is WITHIN


@pytest.mark.parametrize("text", ["trong 24 giờ", "trong 2 giờ làm việc"])
def test_a_period_in_hours_without_an_instant_to_start_from_is_asked_back(text: str) -> None:
    with pytest.raises(DeadlineUnreadable) as unreadable:
        parse_deadline(text, ISSUED, VIETNAM)

    assert (unreadable.value.code, unreadable.value.value) == ("no_start_of_hours", text)


def test_the_office_decides_what_before_means_and_when_a_day_closes() -> None:
    office = OfficeHours(strict_before=True, closing_hour=time(17))

    before = parse_deadline("trước ngày 15/12/2026", ISSUED, VIETNAM, office)
    by = parse_deadline("chậm nhất ngày 15/12/2026", ISSUED, VIETNAM, office)
    within = parse_deadline("trong 30 ngày làm việc", ISSUED, VIETNAM, office)

    assert before is not None
    assert by is not None
    assert within is not None
    assert before.day == date(2026, 12, 15)
    assert before.due_at == at(date(2026, 12, 14), time(17))
    assert by.due_at == at(date(2026, 12, 15), time(17))
    assert within.due_at == at(date(2026, 4, 13), time(17))


@settings(deadline=None, max_examples=300)
@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.sampled_from("/.-"), st.booleans())
def test_every_day_of_a_century_is_read_in_every_way_of_writing_it(day: date, mark: str, padded: bool) -> None:
    numbers = (f"{day.day:02}", f"{day.month:02}") if padded else (str(day.day), str(day.month))
    written = [
        mark.join((*numbers, str(day.year))),
        f"ngày {numbers[0]} tháng {numbers[1]} năm {day.year}",
        f"trước 9h ngày {mark.join((*numbers, str(day.year)))}",
        day.isoformat(),
    ]

    for text in written:
        deadline = parse_deadline(text, ISSUED, VIETNAM)
        assert deadline is not None
        assert deadline.day == day


@settings(deadline=None, max_examples=500)
@given(st.text(alphabet="trướcngày háqu kểừ0123456789/.-:hgI(),", max_size=40))
def test_any_text_gives_a_deadline_none_or_a_reason(text: str) -> None:
    try:
        deadline = parse_deadline(text, ISSUED, VIETNAM, OfficeHours(), RECEIVED)
    except DeadlineUnreadable as unreadable:
        found = unreadable.code in ("bad_date", "unclear_deadline", "no_start_of_hours")
    else:
        found = deadline is None or 2000 <= deadline.day.year <= 2100
    assert found


OWN_PHRASES: list[tuple[str, str, str, str, str | None]] = [
    ("A1", "hoàn thành trước ngày 21/11/2022", "2023-11-14", "2022-11-21", None),
    ("A2", "trước 14h00 ngày 28/4/2020", "2020-04-23", "2020-04-28", "14:00"),
    ("A3", "trong quý I/2020", "2019-12-02", "2020-03-31", None),
]


def phrases() -> list[tuple[str, str, str, str, str | None]]:
    """Take the phrases of real directives where the collection lies beside this repository, and our own."""
    found = list(OWN_PHRASES)
    if REAL_DIRECTIVES.exists():
        for line in REAL_DIRECTIVES.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            for task in entry["expected"].get("tasks", []):
                wanted = task.get("deadline")
                if wanted and wanted["date"]:
                    issued = f"{entry['doc_date'] or wanted['date']}-01-01"[:10]
                    found.append((entry["id"], wanted["raw"], issued, wanted["date"], wanted["time"]))
    return found


@pytest.mark.parametrize(
    ("text", "issued", "day", "hour"), [phrase[1:] for phrase in phrases()], ids=[phrase[0] for phrase in phrases()]
)
def test_the_phrases_of_real_directives_are_read(text: str, issued: str, day: str, hour: str | None) -> None:
    deadline = parse_deadline(text, date.fromisoformat(issued), VIETNAM)

    assert deadline is not None
    assert deadline.day == date.fromisoformat(day)
    assert deadline.time == (time.fromisoformat(hour) if hour else None)
