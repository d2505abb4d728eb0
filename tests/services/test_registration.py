"""What people write of a directive becomes a registration, or every fault is named at once."""

import datetime as dt
from typing import Any

import pytest
from builders import a_directory, day, local
from standing_office import StandingOffice, a_raw_directive, reasons

from models.commands import Register
from models.directory import Person, Post
from models.refusal import Code, Refused
from models.vocabulary import Position, Urgency
from services.registration import Reading, is_usable_code, leader_named_in, read_registration
from services.registration_words import raw_directive

BEFORE_THE_MERGER = dt.date(2025, 1, 6)


def registered(reading: Reading) -> Register:
    assert reading.reasons == []
    assert reading.registration is not None
    return reading.registration


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Sở Y tế", "SYT"),
        ("SỞ Y TẾ", "SYT"),
        ("so y te", "SYT"),
        ("Sở YT", "SYT"),
        ("syt", "SYT"),
        ("So\u031b\u0309 Y te\u0302\u0301", "SYT"),
        ("Sở GD&ĐT", "SGDDT"),
        ("Sở Giáo dục & Đào tạo", "SGDDT"),
        ("VP UBND tỉnh", "VPUBND"),
    ],
)
def test_an_agency_is_found_by_alias_case_accents_and_unicode_form(
    office: StandingOffice, written: str, meant: str
) -> None:
    assert registered(office.read(lead_agency=written)).lead_agency == meant


def test_work_still_owed_by_an_agency_that_ended_is_its_successors(office: StandingOffice) -> None:
    read = office.read(
        lead_agency="Sở Giao thông vận tải",
        coordinating_agencies=("Sở Kế hoạch và Đầu tư", "Sở Y tế"),
        document_date=BEFORE_THE_MERGER,
    )

    assert registered(read).lead_agency == "SXD"
    assert registered(read).coordinating_agencies == ("STC", "SYT")


def test_work_done_by_an_agency_that_ended_stays_under_its_old_name(office: StandingOffice) -> None:
    read = office.read(
        lead_agency="Sở GTVT",
        document_date=BEFORE_THE_MERGER,
        deadline=dt.date(2025, 2, 14),
        result_date=dt.date(2025, 2, 10),
        result_document="15/BC-SGTVT",
    )

    assert registered(read).lead_agency == "SGTVT"
    assert read.reported_at == local("Mon 2025-02-10 08:00")
    assert read.result_document == "15/BC-SGTVT"


def test_a_result_of_today_is_not_in_the_future_however_early_it_is_entered(office: StandingOffice) -> None:
    office.clock = local("Wed 2026-03-04 07:10")

    read = office.read(result_date=day("2026-03-04", "Wednesday"))

    assert read.reasons == []
    assert read.reported_at == office.clock


def test_an_unknown_agency_is_refused_with_the_three_closest_names(office: StandingOffice) -> None:
    read = office.read(lead_agency="Sở Y tê tỉnh Quảng Ngãi")

    assert read.registration is None
    (reason,) = read.reasons
    assert (reason.field, reason.code) == ("lead_agency", Code.UNKNOWN_AGENCY)
    closest = reason.data["closest"].split("; ")
    assert len(closest) == 3
    assert "Sở Y tế" in closest


def test_an_unknown_coordinating_agency_is_named_too(office: StandingOffice) -> None:
    read = office.read(coordinating_agencies=("Sở Tài chính", "Sở Không Có"))

    assert reasons(read.reasons) == [("coordinating_agencies", "unknown_agency")]
    assert read.reasons[0].data["agency"] == "Sở Không Có"


def test_the_lead_agency_among_the_coordinating_ones_and_a_name_twice_count_once(office: StandingOffice) -> None:
    read = office.read(coordinating_agencies=("Sở YT", "Sở Tài chính", "STC"))

    assert registered(read).coordinating_agencies == ("STC",)


@pytest.mark.parametrize("field", ["document_date", "deadline", "imposed_deadline", "result_date"])
@pytest.mark.parametrize("written", ["31/4/2026", "29/02/2026"])
def test_a_day_that_does_not_exist_is_refused_with_what_was_written(
    office: StandingOffice, field: str, written: str
) -> None:
    read = office.read(**{field: written})

    assert reasons(read.reasons) == [(field, "bad_date")]
    assert read.reasons[0].data["value"] == written


@pytest.mark.parametrize("field", ["deadline", "imposed_deadline"])
@pytest.mark.parametrize("written", ["hôm nào đó", "tuần sau", "2026-12-15T00:00:00+07:00", "2026-12-14T17:00:00Z"])
def test_a_deadline_from_which_no_one_day_follows_is_refused_with_what_was_written(
    office: StandingOffice, field: str, written: str
) -> None:
    read = office.read(**{field: written})

    assert reasons(read.reasons) == [(field, "bad_date")]
    assert set(read.reasons[0].data.values()) == {written}


@pytest.mark.parametrize("written", ["2026-12-15T16:00:00+07:00", "2026-12-15T09:00:00Z", "2026-12-15T16:00"])
def test_an_instant_that_a_program_writes_is_due_at_its_local_hour(office: StandingOffice, written: str) -> None:
    deadline = registered(office.read(deadline=written)).deadline

    assert deadline is not None
    assert deadline.due_at == local("Tue 2026-12-15 16:00")


def test_two_lead_agencies_are_refused_with_the_advice_to_name_one(office: StandingOffice) -> None:
    for written in ("Sở Y tế; Sở Tài chính", "Sở Y tế, Sở Tài chính", "Sở Y tế\nSở Tài chính"):
        (reason,) = office.read(lead_agency=written).reasons

        assert (reason.field, reason.code) == ("lead_agency", Code.UNKNOWN_AGENCY)
        assert reason.data["leads"] == "Sở Y tế; Sở Tài chính"


def test_coordinating_agencies_with_commas_between_are_refused_with_the_advice_to_part_them(
    office: StandingOffice,
) -> None:
    (reason,) = office.read(coordinating_agencies=("Sở Tài chính, Sở Nội vụ",)).reasons

    assert (reason.field, reason.code) == ("coordinating_agencies", Code.UNKNOWN_AGENCY)
    assert reason.data["unparted"] == "Sở Tài chính; Sở Nội vụ"


@pytest.mark.parametrize("field", ["document_number", "result_document"])
@pytest.mark.parametrize("written", ["12/UBND-M ậ t", "12/UBND-MẬT", "12/UBND (Mật)"])
def test_a_number_that_bears_the_marking_of_a_secret_is_refused(
    office: StandingOffice, field: str, written: str
) -> None:
    assert reasons(office.read(**{field: written}).reasons) == [("document", "state_secret")]


@pytest.mark.parametrize("result", [day("2026-03-05", "Thursday"), day("2026-03-01", "Sunday")])
def test_a_result_of_tomorrow_or_before_its_document_is_refused(office: StandingOffice, result: dt.date) -> None:
    assert reasons(office.read(result_date=result).reasons) == [("result_date", "bad_date")]


def test_a_deadline_before_its_document_is_refused_and_one_on_its_day_is_not(office: StandingOffice) -> None:
    before = office.read(deadline=day("2026-03-01", "Sunday"))
    same_day = office.read(deadline=day("2026-03-02", "Monday"))

    assert reasons(before.reasons) == [("deadline", "deadline_before_document")]
    assert before.reasons[0].data == {"deadline": "2026-03-01", "issued_on": "2026-03-02"}
    assert same_day.reasons == []


def test_a_period_counts_from_the_day_of_the_document(office: StandingOffice) -> None:
    read = registered(office.read(deadline="trong 5 ngày làm việc"))

    assert read.deadline is not None
    assert read.deadline.day == day("2026-03-09", "Monday")
    assert read.deadline.due_at == local("Tue 2026-03-10 00:00")


def test_an_hour_beside_the_day_is_the_due_instant(office: StandingOffice) -> None:
    read = registered(office.read(deadline=dt.datetime(2026, 3, 20, 10, 30)))  # noqa: DTZ001 - as Excel has it

    assert read.deadline is not None
    assert read.deadline.due_at == local("Fri 2026-03-20 10:30")


@pytest.mark.parametrize(
    "secret",
    [
        {"secrecy": "Mật"},
        {"secrecy": "Tuyệt mật"},
        {"content": "ĐỘ MẬT: TỐI MẬT. Báo cáo tình hình biên giới"},
        {"abstract": "TUYỆT MẬT"},
        {"document_type": "Công văn (Mật)"},
    ],
)
def test_a_state_secret_is_refused_wherever_the_marking_stands(office: StandingOffice, secret: dict[str, Any]) -> None:
    assert reasons(office.read(**secret).reasons) == [("document", "state_secret")]


@pytest.mark.parametrize("secrecy", ["", "Không", "thường"])
def test_a_document_without_secrecy_is_taken(office: StandingOffice, secrecy: str) -> None:
    assert office.read(secrecy=secrecy).reasons == []


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        ("document_number", 100),
        ("abstract", 2_000),
        ("content", 10_000),
        ("assigning_leader", 200),
        ("document_type", 100),
        ("signer", 200),
        ("result_document", 100),
    ],
)
def test_a_text_is_refused_only_when_it_is_longer_than_its_limit(
    office: StandingOffice, field: str, limit: int
) -> None:
    fits, too_long = office.read(**{field: "x" * limit}), office.read(**{field: "x" * (limit + 1)})

    assert fits.reasons == []
    assert reasons(too_long.reasons) == [(field, "too_long")]  # one reason, also for a code
    assert too_long.reasons[0].data == {"field": field, "limit": str(limit)}


@pytest.mark.parametrize(
    ("code", "usable"),
    [("NV-2026-00001", True), ("12/KL_b.3", True), ("", False), ("NV 1", False), ("NV#1", False), ("x" * 65, False)]
    + [(code, False) for code in ("/", "//", "NV//1", "/NV", "NV/", "../../etc", "NV/..", ".", "-", "NV\n1")],
)
def test_a_code_has_letters_digits_and_a_few_marks(code: str, usable: bool) -> None:
    assert is_usable_code(code) is usable


def test_a_code_that_nobody_can_type_is_refused(office: StandingOffice) -> None:
    assert reasons(office.read(code="NV 2026/1?").reasons) == [("code", "bad_code")]


def test_urgency_is_normal_unless_said_and_an_unknown_one_is_refused(office: StandingOffice) -> None:
    assert registered(office.read(urgency=None)).urgency is Urgency.NORMAL
    assert registered(office.read(urgency=Urgency.FLASH)).urgency is Urgency.FLASH
    assert reasons(office.read(urgency="rất rất khẩn").reasons) == [("urgency", "unknown_urgency")]


def test_a_field_is_found_by_name_and_an_unknown_one_is_refused(office: StandingOffice) -> None:
    assert registered(office.read(field="y tế")).field == "y-te"
    assert reasons(office.read(field="Hàng không vũ trụ").reasons) == [("field", "unknown_field")]


def test_the_supervising_leader_is_the_vice_chairman_whom_the_assigning_leader_means(office: StandingOffice) -> None:
    assigned = registered(office.read(assigning_leader="PCT Nguyễn Bùi Thế Vinh"))

    assert assigned.supervising_leader == "pct.vanxa"
    assert assigned.assigning_leader == "PCT Nguyễn Bùi Thế Vinh"


def test_what_the_chairman_assigns_is_supervised_by_the_vice_chairman_in_charge_of_its_field(
    office: StandingOffice,
) -> None:
    read = office.read(assigning_leader="Chủ tịch Huỳnh Vũ Phúc Lâm", lead_agency="Sở Y tế")
    assert registered(read).supervising_leader == "pct.vanxa"


def test_a_supervising_leader_who_is_named_wins_by_name_or_by_code(office: StandingOffice) -> None:
    for written in ("Thái Nguyễn Anh Dũng", "pct.kinhte"):
        read = office.read(assigning_leader="PCT Nguyễn Bùi Thế Vinh", supervising_leader=written)
        assert registered(read).supervising_leader == "pct.kinhte"


def test_a_supervising_leader_whom_nobody_knows_is_refused(office: StandingOffice) -> None:
    assert reasons(office.read(supervising_leader="Ông Ai Đó").reasons) == [("supervising_leader", "unknown_person")]


def test_a_name_that_only_begins_like_a_leaders_is_not_his() -> None:
    directory = a_directory(
        people=(Person(code="pct.moi", name="Nguyễn Văn A"),),
        posts=(Post(person="pct.moi", agency="UBND", position=Position.VICE_CHAIRMAN),),
    )

    assert leader_named_in("PCT Nguyễn Văn A", directory, dt.date(2026, 3, 4)) == "pct.moi"
    assert leader_named_in("PCT Nguyễn Văn An", directory, dt.date(2026, 3, 4)) is None


def test_all_faults_of_a_row_are_named_at_once(office: StandingOffice) -> None:
    read = office.read(
        content=" ",
        document_number="",
        document_date="31/02/2026",
        lead_agency="Sở Không Có",
        deadline="khi nào xong",
        urgency="gấp lắm",
        field="Vũ trụ",
        supervising_leader="Ai đó",
    )

    assert read.registration is None
    assert sorted(reasons(read.reasons)) == [
        ("content", "missing"),
        ("deadline", "bad_date"),
        ("document_date", "bad_date"),
        ("document_number", "missing"),
        ("field", "unknown_field"),
        ("lead_agency", "unknown_agency"),
        ("supervising_leader", "unknown_person"),
        ("urgency", "unknown_urgency"),
    ]


def test_an_import_needs_document_and_lead_agency_and_a_single_registration_does_not(office: StandingOffice) -> None:
    bare = a_raw_directive(document_number="", document_date=None, lead_agency="")

    imported = read_registration(bare, office.reference(), office.clock, needs_lead=True)
    entered = read_registration(bare, office.reference(), office.clock, needs_lead=False)

    assert sorted(reasons(imported.reasons)) == [
        ("document_date", "missing"),
        ("document_number", "missing"),
        ("lead_agency", "missing"),
    ]
    assert registered(entered).lead_agency is None


# --- By the names of `status --json` ---------------------------------------------------------------------------


def test_json_by_the_names_of_status_is_read(office: StandingOffice) -> None:
    raw = raw_directive(
        {
            "content": "Báo cáo kết quả",
            "document": {"number": "12/UBND-TH", "date": "2026-03-02"},
            "lead_agency": "Sở Y tế",
            "coordinating_agencies": "Sở Tài chính; Sở Nội vụ",
            "deadline": {"day": "2026-03-20", "time": "10:30:00", "qualifier": "by"},
            "imposed_deadline": "31/03/2026",
            "urgency": "hỏa tốc",
            "assigning_leader": "PCT Nguyễn Bùi Thế Vinh",
            "supervising_leader": None,
        }
    )
    read = registered(read_registration(raw, office.reference(), office.clock, needs_lead=False))

    assert read.document.date == day("2026-03-02", "Monday")
    assert read.coordinating_agencies == ("STC", "SNV")
    assert read.deadline is not None
    assert read.deadline.due_at == local("Fri 2026-03-20 10:30")
    assert read.imposed_deadline is not None
    assert read.imposed_deadline.day == day("2026-03-31", "Tuesday")
    assert read.urgency is Urgency.FLASH


@pytest.mark.parametrize("urgency", ["flash", "Hỏa tốc", "hoa toc"])
def test_an_urgency_in_json_is_a_word_of_ours_or_of_the_office(office: StandingOffice, urgency: str) -> None:
    raw = raw_directive({"content": "Báo cáo", "urgency": urgency})

    read = read_registration(raw, office.reference(), office.clock, needs_lead=False)

    assert registered(read).urgency is Urgency.FLASH


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"contents": "x"}, "contents"),
        ({"content": 5}, "content"),
        ({"content": "x", "document": {"so": "1"}}, "document.so"),
    ],
)
def test_json_of_another_shape_is_refused_and_the_part_is_named(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        raw_directive(given)

    assert refused.value.code is Code.UNREADABLE
    assert refused.value.data["field"] == field
