import unicodedata
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from models.directory import Agency, Directory, Post
from models.text import fold_key
from models.vocabulary import Position

FILE = Path(__file__).parents[2] / "database" / "seed" / "quang_ngai.yaml"
BEFORE_THE_MERGERS = date(2025, 2, 1)
BETWEEN_THE_MERGERS = date(2025, 4, 1)
TODAY = date(2026, 11, 24)
DAYS = [BEFORE_THE_MERGERS, BETWEEN_THE_MERGERS, TODAY]
# Two pairs of communes differ by an accent alone.
ALIKE_WITHOUT_ACCENTS = [{"X21289", "X21292"}, {"X21484", "X21523"}]


@pytest.fixture(scope="module")
def directory() -> Directory:
    return Directory.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def existing(directory: Directory, day: date, *kinds: str) -> list[Agency]:
    return [agency for agency in directory.agencies if agency.holds_on(day) and (not kinds or agency.kind in kinds)]


def with_accents(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().replace(".", " ").split())


def doubled(codes: list[str]) -> list[str]:
    return [code for code, count in Counter(codes).items() if count > 1]


def test_no_code_or_name_of_a_person_is_used_twice(directory: Directory) -> None:
    assert doubled([agency.code for agency in directory.agencies]) == []
    assert doubled([person.code for person in directory.people]) == []
    assert doubled([person.email for person in directory.people]) == []
    assert doubled([fold_key(person.name) for person in directory.people]) == []
    assert doubled([field.code for field in directory.fields]) == []
    assert doubled([fold_key(field.name) for field in directory.fields]) == []


def test_codes_of_agencies_are_plain_capitals(directory: Directory) -> None:
    for agency in directory.agencies:
        assert agency.code.isascii()
        assert agency.code == agency.code.upper()


def test_all_mail_goes_to_the_example_domain(directory: Directory) -> None:
    assert all(person.email == f"{person.code}@quangngai.example" for person in directory.people)


def test_nineteen_departments_became_fourteen(directory: Directory) -> None:
    assert len(existing(directory, BEFORE_THE_MERGERS, "department", "office")) == 19
    assert len(existing(directory, BETWEEN_THE_MERGERS, "department", "office")) == 14
    assert len(existing(directory, TODAY, "department", "office")) == 14


def test_thirteen_districts_gave_way_to_96_communes_on_1_july_2025(directory: Directory) -> None:
    last_day, first_day = date(2025, 6, 30), date(2025, 7, 1)

    assert (len(existing(directory, last_day, "district")), len(existing(directory, last_day, "commune"))) == (13, 0)
    assert (len(existing(directory, first_day, "district")), len(existing(directory, first_day, "commune"))) == (0, 96)


def test_departments_changed_on_1_march_2025(directory: Directory) -> None:
    changed = {agency.code for agency in existing(directory, date(2025, 2, 28))} ^ {
        agency.code for agency in existing(directory, date(2025, 3, 1))
    }

    assert changed == {
        "SKHDT", "SNNPTNT", "SGTVT", "STNMT", "STTTT", "SLDTBXH", "BDT", "SNNMT", "SDTTG",
    }  # fmt: skip


def test_every_post_names_a_person_and_an_agency_that_are_there(directory: Directory) -> None:
    for post in directory.posts:
        assert directory.person(post.person) is not None, post
        assert directory.agency(post.agency) is not None, post


def test_every_person_has_a_post(directory: Directory) -> None:
    assert {person.code for person in directory.people} == {post.person for post in directory.posts}


def test_a_post_does_not_outlast_its_agency(directory: Directory) -> None:
    for post in directory.posts:
        agency = directory.agency(post.agency)
        assert agency is not None
        if agency.valid_from is not None:
            assert post.valid_from is not None
            assert post.valid_from >= agency.valid_from
        if agency.valid_until is not None:
            assert post.valid_until == agency.valid_until


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_agency_that_exists_has_a_head_and_an_officer(directory: Directory, day: date) -> None:
    for agency in existing(directory, day, "office", "department", "district", "commune", "body"):
        assert len(directory.holders([Position.HEAD], day, agency.code)) == 1, agency
        assert directory.holders([Position.OFFICER], day, agency.code), agency


def test_every_department_has_a_deputy_head_and_no_other_kind_has(directory: Directory) -> None:
    deputies = {post.agency for post in directory.posts if post.position is Position.DEPUTY_HEAD}

    assert deputies == {agency.code for agency in directory.agencies if agency.kind == "department"}


@pytest.mark.parametrize(
    ("person", "position", "agency"),
    [
        ("chutich", Position.CHAIRMAN, "UBND"),
        ("pct.kinhte", Position.VICE_CHAIRMAN, "UBND"),
        ("pct.vanxa", Position.VICE_CHAIRMAN, "UBND"),
        ("pct.nongnghiep", Position.VICE_CHAIRMAN, "UBND"),
        ("pct.noichinh", Position.VICE_CHAIRMAN, "UBND"),
        ("chanhvanphong", Position.CHIEF_OF_OFFICE, "VPUBND"),
        ("chanhvanphong", Position.HEAD, "VPUBND"),
        ("phochanhvanphong", Position.DEPUTY_CHIEF_OF_OFFICE, "VPUBND"),
        ("theodoi.kinhte", Position.MONITORING_OFFICER, "VPUBND"),
        ("theodoi.vanxa", Position.MONITORING_OFFICER, "VPUBND"),
        ("theodoi.nongnghiep", Position.MONITORING_OFFICER, "VPUBND"),
        ("theodoi.noichinh", Position.MONITORING_OFFICER, "VPUBND"),
        ("vanthu", Position.CLERK, "VPUBND"),
        ("quantri", Position.ADMINISTRATOR, "VPUBND"),
        ("thanhtra", Position.INSPECTOR, "TTT"),
        ("truong.syt", Position.HEAD, "SYT"),
        ("pho.syt", Position.DEPUTY_HEAD, "SYT"),
        ("chuyenvien.syt", Position.OFFICER, "SYT"),
        ("truong.x21040", Position.HEAD, "X21040"),
    ],
)
def test_the_codes_of_people_can_be_guessed(directory: Directory, person: str, position: Position, agency: str) -> None:
    held = {(post.position, post.agency) for post in directory.posts_on(person, TODAY)}

    assert (position, agency) in held


def test_a_head_and_an_officer_are_named_after_their_agency(directory: Directory) -> None:
    for agency in directory.agencies:
        if agency.kind not in ("leadership", "office"):
            assert directory.person(f"truong.{agency.code.lower()}") is not None
            assert directory.person(f"chuyenvien.{agency.code.lower()}") is not None


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_no_two_agencies_of_a_time_share_a_name_alias_or_code(directory: Directory, day: date) -> None:
    owners: dict[str, set[str]] = {}
    for agency in existing(directory, day):
        for name in (agency.code, agency.name, *agency.aliases):
            owners.setdefault(with_accents(name), set()).add(agency.code)

    assert {name: codes for name, codes in owners.items() if len(codes) > 1} == {}


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_without_accents_only_two_pairs_of_communes_look_alike(directory: Directory, day: date) -> None:
    owners: dict[str, set[str]] = {}
    for agency in existing(directory, day):
        for name in (agency.code, agency.name, *agency.aliases):
            owners.setdefault(fold_key(name), set()).add(agency.code)

    shared = [codes for codes in owners.values() if len(codes) > 1]

    assert all(codes in ALIKE_WITHOUT_ACCENTS for codes in shared)
    assert bool(shared) == (day == TODAY)


@pytest.mark.parametrize(
    ("written", "day", "code"),
    [
        ("Sở TN&MT", BEFORE_THE_MERGERS, "STNMT"),
        ("sở tnmt", BEFORE_THE_MERGERS, "STNMT"),
        ("Sở KH & ĐT", BEFORE_THE_MERGERS, "SKHDT"),
        ("Sở NN&PTNT", BEFORE_THE_MERGERS, "SNNPTNT"),
        ("Sở Lao động – Thương binh và Xã hội", BEFORE_THE_MERGERS, "SLDTBXH"),
        ("UBND huyện Bình Sơn", BEFORE_THE_MERGERS, "H-BINHSON"),
        ("huyện Bình Sơn", BETWEEN_THE_MERGERS, "H-BINHSON"),
        ("H. Bình Sơn", BETWEEN_THE_MERGERS, "H-BINHSON"),
        ("TP.Quảng Ngãi", BETWEEN_THE_MERGERS, "H-QUANGNGAI"),
        ("SỞ NN&MT", TODAY, "SNNMT"),
        ("Sở DT&TG", TODAY, "SDTTG"),
        ("VPUBND tỉnh", TODAY, "VPUBND"),
        ("BQL KKT Dung Quất", TODAY, "BQLDQ"),
        ("Bộ CHQS tỉnh", TODAY, "BCHQS"),
        ("Cục Thuế tỉnh", BEFORE_THE_MERGERS, "THUE"),
        ("UBND xã Bình Sơn", TODAY, "X21040"),
        ("đặc khu Lý Sơn", TODAY, "X21548"),
        ("UBND Phường Kon Tum", TODAY, "X23293"),
    ],
)
def test_agencies_are_found_as_people_write_them(directory: Directory, written: str, day: date, code: str) -> None:
    assert directory.find_agency(written, day).code == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("UBND xã Sơn Hà", "X21289"),
        ("UBND xã Sơn Hạ", "X21292"),
        ("xã Ba Tơ", "X21484"),
        ("XÃ BA TÔ", "X21523"),
    ],
)
def test_communes_that_differ_by_an_accent_are_told_apart_by_it(directory: Directory, written: str, code: str) -> None:
    assert directory.find_agency(written, TODAY).code == code


def test_successions_lead_from_agencies_to_agencies_on_the_day_after_the_old_one_ended(directory: Directory) -> None:
    for succession in directory.successions:
        old, new = directory.agency(succession.old), directory.agency(succession.new)
        assert old is not None
        assert new is not None
        assert new.holds_on(succession.on), succession
        if old.valid_until is None:
            assert succession.fields, f"{old.code} goes on, so only fields can leave it"
        else:
            assert old.valid_until + timedelta(days=1) == succession.on, succession


def test_every_agency_that_ended_has_exactly_one_successor_for_all_that_is_not_split_off(directory: Directory) -> None:
    whole = Counter(succession.old for succession in directory.successions if not succession.fields)

    assert whole == Counter(agency.code for agency in directory.agencies if agency.valid_until is not None)


def test_no_field_of_an_agency_goes_to_two_successors(directory: Directory) -> None:
    split = [f"{succession.old} {field}" for succession in directory.successions for field in succession.fields]

    assert doubled(split) == []
    assert all(directory.field(field) for succession in directory.successions for field in succession.fields)


@pytest.mark.parametrize(
    ("old", "field", "new"),
    [
        ("SGTVT", "giao-thong", "SXD"),
        ("SKHDT", "dau-tu-cong", "STC"),
        ("SNNPTNT", "thuy-san", "SNNMT"),
        ("STNMT", "dat-dai", "SNNMT"),
        ("STTTT", "chuyen-doi-so", "SKHCN"),
        ("BDT", "dan-toc", "SDTTG"),
        ("SLDTBXH", "lao-dong-nguoi-co-cong", "SNV"),
        ("SLDTBXH", "giao-duc-nghe-nghiep", "SGDDT"),
        ("SLDTBXH", "bao-tro-xa-hoi", "SYT"),
        ("SLDTBXH", "giam-ngheo", "SNNMT"),
        ("SNV", "ton-giao", "SDTTG"),
        ("SNV", "cai-cach-hanh-chinh", "SNV"),
        ("H-BINHSON", None, "X21040"),
        ("H-QUANGNGAI", None, "X21025"),
    ],
)
def test_work_goes_to_the_agency_that_took_it_over(directory: Directory, old: str, field: str | None, new: str) -> None:
    assert directory.successor(old, field, TODAY) == new


def test_every_field_has_a_vice_chairman_and_a_monitoring_officer_whose_posts_name_it(directory: Directory) -> None:
    def posts(person: str | None, position: Position) -> list[Post]:
        assert person is not None
        return [post for post in directory.posts_on(person, TODAY) if post.position is position]

    for field in directory.fields:
        leading = posts(field.vice_chairman, Position.VICE_CHAIRMAN)
        following = posts(field.monitoring_officer, Position.MONITORING_OFFICER)
        assert any(field.code in post.fields for post in leading), field
        assert any(field.code in post.fields for post in following), field


def test_every_agency_but_the_leadership_has_a_field_so_that_somebody_supervises_it(directory: Directory) -> None:
    for agency in directory.agencies:
        if agency.kind != "leadership":
            assert directory.field(agency.field) is not None, agency
