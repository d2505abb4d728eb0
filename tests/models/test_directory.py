"""Agencies and people in time: validity, names, successors, posts, absence and who acts for whom (rules 19 to 21)."""

import datetime as dt
import unicodedata

import pytest
import yaml
from builders import COORDINATING, LEAD, OFFICE, OTHER, SEED, a_directory, day

from models.directory import Absence, Agency, Directory, Post, Succession
from models.refusal import Code, Refused
from models.vocabulary import Position, Role

TODAY = day("2026-03-20", "Friday")
LAST_OF_FEBRUARY = day("2025-02-28", "Friday")
FIRST_OF_MARCH = day("2025-03-01", "Saturday")


def found(text: str, on: dt.date = TODAY, directory: Directory | None = None) -> str:
    return (directory or a_directory()).find_agency(text, on).code


# --- Names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Sở Y tế",
        "SỞ Y TẾ",
        "so y te",
        "  Sở   Y  tế ",
        unicodedata.normalize("NFD", "Sở Y tế"),
        "SYT",
        "syt",
        "Sở YT",
        "SO YT",
        "Sở Y-tế",
    ],
)
def test_an_agency_is_found_by_code_name_or_alias_whatever_the_case_accents_or_unicode_form(text: str) -> None:
    assert found(text) == LEAD


def test_a_name_nobody_bears_is_refused_with_what_was_written() -> None:
    with pytest.raises(Refused) as refused:
        found("Sở Vũ trụ")

    assert refused.value.code is Code.UNKNOWN_AGENCY
    assert refused.value.data["agency"] == "Sở Vũ trụ"


def test_accents_tell_two_communes_apart_and_without_them_both_are_offered() -> None:
    assert found("UBND xã Sơn Hạ") == "X-SONHAJ"
    assert found("xã sơn hà") == "X-SONHA"
    assert found(unicodedata.normalize("NFD", "XÃ SƠN HẠ")) == "X-SONHAJ"

    with pytest.raises(Refused) as refused:
        found("xa son ha")

    assert refused.value.code is Code.UNKNOWN_AGENCY
    assert refused.value.data["candidates"] == "UBND xã Sơn Hà; UBND xã Sơn Hạ"


def test_every_agency_of_quang_ngai_is_found_by_its_own_name_on_a_day_on_which_it_existed() -> None:
    data = yaml.safe_load((SEED / "quang_ngai.yaml").read_text(encoding="utf-8"))
    directory = Directory.model_validate(data)

    for agency in directory.agencies:
        on = agency.valid_until or agency.valid_from or TODAY
        for name in (agency.code, agency.name, *agency.aliases):
            assert directory.find_agency(name, on) == agency, name


def test_of_two_agencies_with_one_name_the_one_that_exists_that_day_is_meant() -> None:
    old = Agency(code="CU", name="Sở Nông nghiệp", kind="department", valid_until=LAST_OF_FEBRUARY)
    new = Agency(code="MOI", name="Sở Nông nghiệp", kind="department", valid_from=FIRST_OF_MARCH)
    directory = Directory(agencies=(old, new))

    assert found("Sở Nông nghiệp", LAST_OF_FEBRUARY, directory) == "CU"
    assert found("Sở Nông nghiệp", FIRST_OF_MARCH, directory) == "MOI"


def test_an_agency_that_ended_is_still_found_by_its_own_name() -> None:
    assert found("Sở Giao thông vận tải") == "SGTVT"


def test_history_keeps_the_old_names() -> None:
    directory = a_directory()

    assert directory.agency_name("SGTVT") == "Sở Giao thông vận tải"
    assert directory.agency_name("KHONG-CO") == "KHONG-CO"
    assert directory.agency_name(None) == ""


def test_a_person_is_found_by_code_address_or_full_name_and_not_by_a_name_that_two_bear() -> None:
    directory = a_directory()
    truong = directory.person("truong.syt")
    assert truong is not None
    twin = truong.model_copy(update={"code": "truong.khac", "email": "khac@quangngai.example"})

    for text in ("truong.syt", " Truong.SYT ", "truong.syt@quangngai.example", "ÔNG TRUONG.SYT"):
        assert directory.find_person(text).code == "truong.syt"
    with pytest.raises(Refused) as refused:
        a_directory(people=(twin,)).find_person("Ông truong.syt")
    assert refused.value.code is Code.UNKNOWN_PERSON


# --- Validity ------------------------------------------------------------------------------------------------


def test_what_is_valid_from_one_day_until_another_holds_on_both() -> None:
    agency = Agency(
        code="A",
        name="A",
        kind="body",
        valid_from=day("2025-03-01", "Saturday"),
        valid_until=day("2025-06-30", "Monday"),
    )

    assert not agency.holds_on(day("2025-02-28", "Friday"))
    assert agency.holds_on(day("2025-03-01", "Saturday"))
    assert agency.holds_on(day("2025-06-30", "Monday"))
    assert not agency.holds_on(day("2025-07-01", "Tuesday"))


def test_a_post_is_held_until_its_last_day_and_by_the_next_person_from_the_day_after() -> None:
    directory = a_directory(
        without_posts=("truong.syt",),
        posts=(
            Post(person="truong.syt", agency=LEAD, position=Position.HEAD, valid_until=LAST_OF_FEBRUARY),
            Post(person="pho.syt", agency=LEAD, position=Position.HEAD, valid_from=FIRST_OF_MARCH),
        ),
    )

    def heads(on: dt.date) -> tuple[str, ...]:
        return directory.holders((Position.HEAD,), on, agency=LEAD)

    assert heads(LAST_OF_FEBRUARY) == ("truong.syt",)
    assert heads(FIRST_OF_MARCH) == ("pho.syt",)


def test_a_locked_person_holds_no_post_that_anybody_would_write_to() -> None:
    assert a_directory(locked=("truong.syt",)).holders((Position.HEAD,), TODAY, agency=LEAD) == ()


def test_of_those_who_follow_the_one_for_the_field_is_preferred_and_one_without_fields_follows_everything() -> None:
    def monitors(field: str | None, *posts: tuple[str, tuple[str, ...]]) -> tuple[str, ...]:
        directory = Directory(
            people=a_directory().people,
            posts=tuple(
                Post(person=person, agency=OFFICE, position=Position.MONITORING_OFFICER, fields=fields)
                for person, fields in posts
            ),
        )
        return directory.holders((Position.MONITORING_OFFICER,), TODAY, field=field)

    assert monitors("y-te", ("theodoi.vanxa", ("y-te",)), ("theodoi.kinhte", ())) == ("theodoi.vanxa",)
    assert monitors("giao-thong", ("theodoi.vanxa", ("y-te",)), ("theodoi.kinhte", ())) == ("theodoi.kinhte",)
    assert monitors("giao-thong", ("theodoi.vanxa", ("y-te",))) == ("theodoi.vanxa",)


# --- Successors (rule 21) ------------------------------------------------------------------------------------


def test_a_whole_succession_holds_from_its_day_on() -> None:
    directory = a_directory()

    assert directory.successor("SGTVT", None, LAST_OF_FEBRUARY) == "SGTVT"
    assert directory.successor("SGTVT", None, FIRST_OF_MARCH) == OTHER
    assert directory.successor("SGTVT", "giao-thong", FIRST_OF_MARCH) == OTHER


def test_a_field_goes_to_its_own_successor_and_all_else_to_the_general_one() -> None:
    directory = a_directory()

    assert directory.successor("STTTT", "bao-chi", TODAY) == "SVHTTDL"
    assert directory.successor("STTTT", "chuyen-doi-so", TODAY) == "SKHCN"
    assert directory.successor("STTTT", None, TODAY) == "SKHCN"


def test_an_agency_that_only_lost_a_field_keeps_the_rest() -> None:
    lost = Succession.model_validate({"from": LEAD, "to": OTHER, "on": "2025-03-01", "fields": ["duoc"]})
    directory = a_directory(successions=(lost,))

    assert directory.successor(LEAD, "duoc", TODAY) == OTHER
    assert directory.successor(LEAD, "y-te", TODAY) == LEAD
    assert directory.successor(LEAD, None, TODAY) == LEAD


def test_successions_are_followed_one_after_another_and_rings_end() -> None:
    links = [("A", "B", "2025-03-01"), ("B", "C", "2025-07-01"), ("C", "A", "2026-01-01")]
    directory = Directory(
        successions=tuple(Succession.model_validate({"from": old, "to": new, "on": on}) for old, new, on in links)
    )

    assert directory.successor("A", None, day("2025-06-30", "Monday")) == "B"
    assert directory.successor("A", None, day("2025-07-01", "Tuesday")) == "C"
    assert directory.successor("A", None, TODAY) == "C"


# --- Absence and deputies (rule 20) --------------------------------------------------------------------------


def test_who_is_there_stands_in_for_himself() -> None:
    assert a_directory().stand_in("truong.syt", TODAY) == "truong.syt"


def test_a_deputy_stands_in_on_the_days_of_absence_only() -> None:
    directory = Directory(
        people=a_directory().people,
        posts=a_directory().posts,
        absences=(
            Absence(
                person="truong.syt",
                deputy="pho.syt",
                valid_from=day("2026-03-16", "Monday"),
                valid_until=day("2026-03-20", "Friday"),
            ),
        ),
    )

    assert directory.stand_in("truong.syt", day("2026-03-15", "Sunday")) == "truong.syt"
    assert directory.stand_in("truong.syt", day("2026-03-16", "Monday")) == "pho.syt"
    assert directory.stand_in("truong.syt", day("2026-03-20", "Friday")) == "pho.syt"
    assert directory.stand_in("truong.syt", day("2026-03-21", "Saturday")) == "truong.syt"


def test_chains_of_deputies_are_followed_to_their_end() -> None:
    directory = a_directory(absent={"truong.syt": "pho.syt", "pho.syt": "chuyenvien.syt"})

    assert directory.stand_in("truong.syt", TODAY) == "chuyenvien.syt"


def test_rings_of_deputies_end_with_nobody() -> None:
    directory = a_directory(absent={"truong.syt": "pho.syt", "pho.syt": "truong.syt"})

    assert directory.stand_in("truong.syt", TODAY) is None


@pytest.mark.parametrize(
    "directory",
    [
        a_directory(absent={"truong.syt": None}),
        a_directory(absent={"truong.syt": "pho.syt"}, locked=("pho.syt",)),
        a_directory(absent={"truong.syt": "pho.syt"}, without_posts=("pho.syt",)),
        a_directory(absent={"truong.syt": "khong.co"}),
    ],
    ids=["no deputy", "a locked deputy", "a deputy who left", "an unknown deputy"],
)
def test_nobody_stands_in_where_there_is_nobody_to(directory: Directory) -> None:
    assert directory.stand_in("truong.syt", TODAY) is None


# --- Who acts as what ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "roles", "agencies"),
    [
        ("chutich", {Role.LEADER}, {"UBND"}),
        ("pct.vanxa", {Role.LEADER}, {"UBND"}),
        ("chanhvanphong", {Role.SECRETARIAT, Role.AGENCY}, {OFFICE}),
        ("phochanhvanphong", {Role.SECRETARIAT}, {OFFICE}),
        ("theodoi.vanxa", {Role.SECRETARIAT}, {OFFICE}),
        ("vanthu", {Role.SECRETARIAT}, {OFFICE}),
        ("truong.syt", {Role.AGENCY}, {LEAD}),
        ("pho.stc", {Role.AGENCY}, {COORDINATING}),
        ("chuyenvien.sxd", {Role.AGENCY}, {OTHER}),
        ("thanhtra", {Role.INSPECTOR}, {"TTT"}),
        ("quantri", {Role.ADMINISTRATOR}, {OFFICE}),
    ],
)
def test_what_a_person_may_do_follows_from_the_posts_held(person: str, roles: set[Role], agencies: set[str]) -> None:
    actor = a_directory().actor(person, TODAY)

    assert (actor.roles, actor.agencies, actor.connected_agencies) == (roles, agencies, agencies)
    assert actor.on_behalf_of is None


def test_who_left_his_posts_acts_as_nothing() -> None:
    actor = a_directory(without_posts=("truong.syt",)).actor("truong.syt", TODAY)

    assert (actor.roles, actor.agencies) == (frozenset(), frozenset())


@pytest.mark.parametrize("directory", [a_directory(locked=("truong.syt",)), Directory()], ids=["locked", "unknown"])
def test_a_locked_or_unknown_person_does_not_act(directory: Directory) -> None:
    with pytest.raises(Refused) as refused:
        directory.actor("truong.syt", TODAY)

    assert refused.value.code is Code.UNKNOWN_PERSON


def test_a_deputy_acts_in_the_roles_of_whom_he_represents_and_is_connected_with_both_agencies() -> None:
    directory = a_directory(absent={"truong.syt": "chuyenvien.sxd"})

    actor = directory.actor("chuyenvien.sxd", TODAY, on_behalf_of="truong.syt")

    assert (actor.roles, actor.agencies) == ({Role.AGENCY}, {LEAD})
    assert actor.connected_agencies == {LEAD, OTHER}
    assert actor.on_behalf_of == "truong.syt"


def test_an_officer_of_the_office_who_is_a_heads_deputy_is_connected_with_that_agency_also_in_person() -> None:
    directory = a_directory(absent={"truong.syt": "theodoi.vanxa"})

    actor = directory.actor("theodoi.vanxa", TODAY)

    assert actor.agencies == {OFFICE}
    assert actor.connected_agencies == {OFFICE, LEAD}


@pytest.mark.parametrize(
    ("absent", "deputy"),
    [
        ({}, "pho.syt"),  # he is not away
        ({"truong.syt": "pho.syt"}, "chuyenvien.syt"),  # another one is his deputy
        ({"truong.syt": "pho.syt", "pho.syt": "chuyenvien.syt"}, "pho.syt"),  # away himself
        ({"truong.syt": "truong.syt"}, "truong.syt"),  # himself
    ],
)
def test_who_is_not_the_deputy_does_not_act_for_another(absent: dict[str, str | None], deputy: str) -> None:
    directory = a_directory(absent=absent)

    with pytest.raises(Refused) as refused:
        directory.actor(deputy, TODAY, on_behalf_of="truong.syt")

    assert refused.value.code is Code.NOT_DEPUTY
