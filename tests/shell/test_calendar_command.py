import datetime as dt

import pytest
from office_fixture import Desk

from shell import calendar


def test_a_day_is_told_with_its_reason_and_who_announced_it(desk: Desk) -> None:
    assert desk.dondoc(calendar, "calendar", "is", "29/04/2024", "--json").json == {
        "day": "2024-04-29",
        "working": False,
        "reason": "Nghỉ hoán đổi với thứ Bảy 04/5/2024",
        "announced_by": desk.office.reference().calendar.lookup(dt.date(2024, 4, 29)).announced_by,
        "provisional": False,
    }
    assert desk.dondoc(calendar, "calendar", "is", "2024-05-04", "--json").json["working"] is True
    assert desk.dondoc(calendar, "calendar", "is", "05/03/2026").out == "thứ Năm, 05/03/2026: làm việc.\n"
    assert desk.dondoc(calendar, "calendar", "is", "07/03/2026").out == "thứ Bảy, 07/03/2026: nghỉ (Thứ bảy).\n"


def test_days_off_are_entered_listed_and_taken_back(desk: Desk) -> None:
    told = desk.dondoc(
        calendar, "calendar", "off", "04/06/2026..05/06/2026", "--reason", "Lũ lụt", "--announced-by", "12/UBND"
    )
    assert told.code == 0
    assert told.out == (
        "thứ Năm, 04/06/2026: nghỉ (Lũ lụt).\n"
        "thứ Sáu, 05/06/2026: nghỉ (Lũ lụt).\n"
        "0 nhiệm vụ chưa xong sẽ tự được tính lại mốc theo lịch mới; không cần làm gì thêm.\n"
    )
    days = {one["day"]: one for one in desk.dondoc(calendar, "calendar", "list", "2026", "--json").json}
    assert days["2026-06-04"] == {
        "day": "2026-06-04",
        "working": False,
        "reason": "Lũ lụt",
        "announced_by": "12/UBND",
        "provisional": False,
    }
    assert sorted(days) == list(days)

    assert desk.dondoc(calendar, "calendar", "remove", "2026-06-04").code == 0

    assert desk.dondoc(calendar, "calendar", "is", "2026-06-04", "--json").json["working"] is True
    again = desk.dondoc(calendar, "calendar", "remove", "2026-06-04")
    assert (again.code, again.err) == (1, "Chưa có gì được nhập cho ngày 04/06/2026, nên không có gì để bỏ.\n")


def test_a_year_that_nobody_confirmed_is_provisional_until_somebody_does(desk: Desk) -> None:
    assert desk.dondoc(calendar, "calendar", "is", "2027-03-04", "--json").json["provisional"] is True
    assert "Đề xuất, chưa có hiệu lực: 24/11/2027 nghỉ" in desk.dondoc(calendar, "calendar", "list", "2027").out

    assert desk.dondoc(calendar, "calendar", "confirm", "2027", "--as", "vanthu").out == (
        "Đã xác nhận lịch làm việc năm 2027.\n"
    )

    assert desk.dondoc(calendar, "calendar", "is", "2027-03-04", "--json").json["provisional"] is False
    assert "trước đây" in desk.dondoc(calendar, "calendar", "confirm", "2027").out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("off", "31/04/2026", "--reason", "x"), "“31/04/2026” không phải là ngày đúng."),
        (("off", "2026-06-05..2026-06-04", "--reason", "x"), "Kỳ nghỉ kết thúc ngày 04/06/2026 trước khi bắt đầu"),
        (("off", "2026-06-01..2027-06-01", "--reason", "x"), "Kỳ nghỉ 366 ngày dài quá"),
        (("off", "2026-06-01", "--reason", " "), "Việc này cần có lý do."),
        (("work", "2026-06-06", "--reason", "x", "--as", "truong.syt"), "Chức danh đang dùng không có quyền"),
        (("work", "2026-06-06", "--reason", "x", "--as", "ai đó"), "Không tìm thấy người dùng “ai đó”."),
    ],
)
def test_what_is_refused_changes_nothing_and_is_one_sentence(desk: Desk, words: tuple[str, ...], sentence: str) -> None:
    before = desk.office.reference().calendar

    told = desk.dondoc(calendar, "calendar", *words)

    assert (told.code, told.out) == (1, "")
    assert told.err.startswith(sentence)
    assert told.err.count("\n") == 1
    assert desk.office.reference().calendar == before


def test_a_change_without_a_reason_is_a_wrong_use(desk: Desk) -> None:
    assert desk.dondoc(calendar, "calendar", "off", "2026-06-01").code == 2
