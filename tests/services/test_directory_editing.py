"""Changing one person or agency: the rules of a whole file hold, one row changes, and it is noted who did it."""

import pytest
from builders import day
from office_fixture import Desk

from database.engine import reading
from models.directory import Agency, Person, Post
from models.refusal import Code, Refused
from models.vocabulary import Position
from services.audit import audited
from services.data_files import FileRefused
from services.directories import as_text, load_text
from services.directory_editing import add_agency, add_person, change_agency, change_person, version_of

ADMIN = "quantri"


def the_post(person: str = "an.le", agency: str = "SYT", **changes: object) -> Post:
    return Post.model_validate({"person": person, "agency": agency, "position": Position.OFFICER, **changes})


def noted(desk: Desk) -> list[tuple[str, str, str]]:
    with reading(desk.office.engine) as connection:
        return [(one.person, one.act, one.subject) for one in audited(connection)]


def test_a_new_person_stands_in_the_directory_beside_all_others_and_it_is_noted(desk: Desk) -> None:
    before = desk.office.reference().directory

    add_person(desk.office, Person(code="an.le", name="Lê An"), (the_post(),), ADMIN)

    after = desk.office.reference().directory
    assert set(after.people) == {*before.people, Person(code="an.le", name="Lê An")}
    assert after.posts == (*before.posts, the_post())
    assert (after.agencies, after.absences, after.fields) == (before.agencies, before.absences, before.fields)
    assert noted(desk) == [(ADMIN, "person.add", "an.le")]


@pytest.mark.parametrize(
    ("code", "posts", "told"),
    [
        ("truong.syt", (), "đã có trong danh bạ"),
        ("An.Le", (), "chữ thường"),
        ("an.le", (the_post(agency="KHÔNG"),), "không có cơ quan nào"),
        ("an.le", (the_post(valid_from="2026-03-05", valid_until="2026-03-04"),), "trước khi bắt đầu"),
    ],
)
def test_what_a_file_may_not_say_a_person_may_not_be(desk: Desk, code: str, posts: tuple[Post, ...], told: str) -> None:
    before = desk.office.reference().directory

    with pytest.raises(FileRefused, match=told):
        add_person(desk.office, Person(code=code, name="Lê An"), posts, ADMIN)

    assert desk.office.reference().directory == before
    assert noted(desk) == []


def test_who_saves_over_what_he_did_not_see_is_refused(desk: Desk) -> None:
    directory = desk.office.reference().directory
    person = directory.person("truong.syt")
    assert person is not None
    seen = version_of(directory, person)
    posts = tuple(post for post in directory.posts if post.person == "truong.syt")
    change_person(desk.office, person.model_copy(update={"name": "Một"}), posts, seen, ADMIN)

    with pytest.raises(FileRefused, match="vừa sửa"):
        change_person(desk.office, person.model_copy(update={"name": "Hai"}), posts, seen, ADMIN)

    assert desk.office.reference().directory.person_name("truong.syt") == "Một"


def test_the_last_administrator_neither_is_locked_nor_gives_up_his_post(desk: Desk) -> None:
    today = day("2026-03-04", "Wednesday")
    first, *others = desk.office.reference().directory.holders((Position.ADMINISTRATOR,), today)
    for other in others:
        save(desk, other, first, locked=True)
    before = desk.office.reference().directory

    for locked, without_posts in ((True, False), (False, True)):
        with pytest.raises(FileRefused, match="không còn ai quản trị"):
            save(desk, first, first, locked=locked, without_posts=without_posts)

    assert desk.office.reference().directory == before


def save(desk: Desk, code: str, by: str, *, locked: bool, without_posts: bool = False) -> None:
    directory = desk.office.reference().directory
    person = directory.person(code)
    assert person is not None
    posts = () if without_posts else tuple(post for post in directory.posts if post.person == code)
    changed = person.model_copy(update={"locked": locked})
    change_person(desk.office, changed, posts, version_of(directory, person), by)


def test_an_agency_gets_an_alias_and_a_last_day_and_is_found_by_it(desk: Desk) -> None:
    directory = desk.office.reference().directory
    agency = directory.agency("SYT")
    assert agency is not None
    last = day("2026-06-30", "Tuesday")
    changed = agency.model_copy(update={"aliases": (*agency.aliases, "Sở Sức khỏe"), "valid_until": last})

    change_agency(desk.office, changed, version_of(directory, agency), ADMIN)

    after = desk.office.reference().directory
    assert after.find_agency("so suc khoe", day("2026-03-04", "Wednesday")).code == "SYT"
    assert after.agencies == tuple(changed if one.code == "SYT" else one for one in directory.agencies)
    assert noted(desk) == [(ADMIN, "agency.change", "SYT")]


def test_two_agencies_of_one_time_share_no_name(desk: Desk) -> None:
    with pytest.raises(FileRefused, match="cũng là tên của"):
        add_agency(desk.office, Agency(code="X", name="Sở Y tế", kind="body"), ADMIN)


@pytest.mark.parametrize("person", ["vanthu", "chutich", "truong.syt", "thanhtra"])
def test_only_administrators_change_people_and_agencies(desk: Desk, person: str) -> None:
    for act in (
        lambda: add_person(desk.office, Person(code="an.le", name="Lê An"), (), person),
        lambda: add_agency(desk.office, Agency(code="X", name="Cơ quan X", kind="body"), person),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code is Code.NOT_ALLOWED


def test_the_directory_written_as_a_file_is_read_back_as_it_was(desk: Desk) -> None:
    before = desk.office.reference().directory

    load_text(desk.office, as_text(before), ADMIN)

    assert desk.office.reference().directory == before
    assert noted(desk) == [(ADMIN, "directory.load", "")]
