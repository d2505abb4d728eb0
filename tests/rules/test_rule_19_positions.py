"""RULES 19: audiences are positions, resolved when the message is made; a vacant one passes the word on at once."""

import datetime as dt

import pytest
from builders import LEAD, LEADER, SECRETARIAT, a_deadline, a_directive, a_directory, apply, local
from office_fixture import Desk
from real_office import Mailbox, RealOffice
from sqlalchemy import text

from activities.delivery import Delivery
from database.engine import reading, writing
from database.ledger import read_rows
from documents.language import Language
from documents.sentences import event_sentence
from models import commands as c
from models.audience import resolve
from models.directory import Directory, Person, Post
from models.events import MomentReached
from models.tables import NOTICE
from models.vocabulary import Audience, Position
from services.doctor_office import office_checks

DAY = dt.date(2026, 3, 4)
RAISED = "UPDATE revision SET number = number + 1 WHERE subject = 'directory'"

OFFICERS, HEAD, CHIEF, VICE, CHAIRMAN = "chuyenvien.syt", "truong.syt", "chanhvanphong", "pct.vanxa", "chutich"
HOLDERS = {
    Audience.LEAD_OFFICERS: OFFICERS,
    Audience.LEAD_HEAD: HEAD,
    Audience.MONITORING_OFFICER: "theodoi.vanxa",
    Audience.CHIEF_OF_OFFICE: CHIEF,
    Audience.VICE_CHAIRMAN: VICE,
    Audience.DECIDER: VICE,
    Audience.CHAIRMAN: CHAIRMAN,
}


def without(how: str, *people: str) -> Directory:
    """The directory in which these people left, are locked, or are away with nobody to stand in."""
    match how:
        case "left":
            return a_directory(without_posts=people)
        case "locked":
            return a_directory(locked=people)
        case _:
            return a_directory(absent=dict.fromkeys(people))


# --- Positions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("audience", "holder"), HOLDERS.items(), ids=lambda value: str(value))
def test_rule_19_an_audience_is_whoever_holds_the_post_that_day(audience: Audience, holder: str) -> None:
    found = resolve((audience,), a_directive("in_progress"), a_directory(), DAY)

    assert [one.person for one in found.recipients] == [holder]
    assert found.vacant == ()


def test_rule_19_a_post_that_changes_hands_between_planning_and_telling_is_told_to_its_new_holder() -> None:
    newcomer = Person(code="moi.syt", name="Bà mới", email="moi.syt@quangngai.example")
    handed_over = (
        Post(person="cu.syt", agency=LEAD, position=Position.OFFICER, valid_until=dt.date(2026, 3, 3)),
        Post(person="moi.syt", agency=LEAD, position=Position.OFFICER, valid_from=dt.date(2026, 3, 4)),
    )
    directory = a_directory(
        without_posts=(OFFICERS,), posts=handed_over, people=(newcomer, Person(code="cu.syt", name="Ông cũ"))
    )

    def officers(day: dt.date) -> list[str]:
        found = resolve((Audience.LEAD_OFFICERS,), a_directive("in_progress"), directory, day)
        return [one.person for one in found.recipients]

    assert (officers(dt.date(2026, 3, 3)), officers(dt.date(2026, 3, 4))) == (["cu.syt"], ["moi.syt"])


# --- Vacant, left or locked ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["left", "locked", "away"])
@pytest.mark.parametrize(
    ("gone", "audience", "hears", "vacant"),
    [
        ((OFFICERS,), Audience.LEAD_OFFICERS, HEAD, [Audience.LEAD_OFFICERS]),
        ((OFFICERS, HEAD), Audience.LEAD_OFFICERS, CHIEF, [Audience.LEAD_OFFICERS, Audience.LEAD_HEAD]),
        ((HEAD,), Audience.LEAD_HEAD, CHIEF, [Audience.LEAD_HEAD]),
        ((CHIEF,), Audience.CHIEF_OF_OFFICE, VICE, [Audience.CHIEF_OF_OFFICE]),
        ((CHIEF, VICE), Audience.CHIEF_OF_OFFICE, CHAIRMAN, [Audience.CHIEF_OF_OFFICE, Audience.VICE_CHAIRMAN]),
        ((VICE,), Audience.VICE_CHAIRMAN, CHAIRMAN, [Audience.VICE_CHAIRMAN]),
    ],
)
def test_rule_19_vacant_left_locked_or_away_the_next_audience_of_the_ladder_hears_at_once(
    how: str, gone: tuple[str, ...], audience: Audience, hears: str, vacant: list[Audience]
) -> None:
    found = resolve((audience,), a_directive("in_progress"), without(how, *gone), DAY)

    assert [one.person for one in found.recipients] == [hears]
    assert list(found.vacant) == vacant


@pytest.mark.parametrize("how", ["left", "locked", "away"])
def test_rule_19_where_nobody_in_the_whole_ladder_is_there_nobody_hears_and_every_post_is_named(how: str) -> None:
    gone = without(how, OFFICERS, HEAD, CHIEF, VICE, "pct.kinhte", CHAIRMAN)

    found = resolve((Audience.LEAD_OFFICERS,), a_directive("in_progress"), gone, DAY)

    assert found.recipients == ()
    assert list(found.vacant) == [
        Audience.LEAD_OFFICERS,
        Audience.LEAD_HEAD,
        Audience.CHIEF_OF_OFFICE,
        Audience.VICE_CHAIRMAN,
        Audience.CHAIRMAN,
    ]


def vacate(desk: Desk, person: str, last_day: str) -> None:
    with writing(desk.office.engine) as connection:
        statement = text("UPDATE post SET valid_until = :day WHERE person = :person")
        connection.execute(statement, {"day": last_day, "person": person})
        connection.execute(text(RAISED))


def test_rule_19_the_ledger_says_that_a_post_was_vacant_and_the_mail_goes_to_the_next(desk: Desk) -> None:
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=a_deadline("2026-03-20", "Friday"))
    vacate(desk, "chuyenvien.syt", "2026-03-02")

    desk.tell("NV-1", "Tue 2026-03-03 08:00")

    with reading(desk.office.engine) as connection:
        row = read_rows(connection, "NV-1")[-1]
        heard = connection.execute(NOTICE.select().where(NOTICE.c.seq == row.seq)).all()
    assert isinstance(row.event, MomentReached)
    assert row.event.vacant == (Audience.LEAD_OFFICERS,)
    assert [one.recipient for one in heard] == ["truong.syt"]
    told = event_sentence(row, desk.office.reference().directory, Language.VI)
    assert "Khuyết hoặc vắng: chuyên viên cơ quan chủ trì; đã chuyển lên cấp kế tiếp." in told


def test_rule_19_doctor_names_the_vacant_post(desk: Desk) -> None:
    desk.register("NV-1", "Mon 2026-03-02 09:00")

    def posts(when: str) -> tuple[bool, str]:
        with reading(desk.office.engine) as connection:
            checks = office_checks(connection, desk.office.reference(connection), local(when))
            found = next(one for one in checks if one.name == "posts")
        return found.ok, found.said.explain(Language.VI)

    assert posts("Mon 2026-03-02 10:00")[0]
    for person in ("truong.syt", "chuyenvien.syt"):
        vacate(desk, person, "2026-03-02")

    ok, said = posts("Tue 2026-03-03 10:00")
    assert not ok
    assert "Thủ trưởng Sở Y tế" in said
    assert "Chuyên viên Sở Y tế" in said
    assert posts("Mon 2026-03-02 10:00")[0]  # on its last day the post is still held


# --- Nobody who left gets mail ---------------------------------------------------------------------------------


def test_rule_19_who_left_before_the_digest_gets_no_mail_of_what_was_owed_him(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Mon 2026-03-02 15:00").register("NV-1")
    assert office.states("chuyenvien.syt") == ["pending"]
    with writing(office.engine) as connection:
        connection.execute(text("UPDATE post SET valid_until = '2026-03-02' WHERE person = 'chuyenvien.syt'"))
        connection.execute(text(RAISED))

    office.at("Tue 2026-03-03 08:00").tell_all()
    delivery.deliver()

    assert mailbox.to("chuyenvien.syt") == []
    assert len(mailbox.to("truong.syt")) == 1


def test_rule_19_of_an_act_too_the_next_in_line_hears_where_the_post_is_vacant() -> None:
    directive = apply(a_directive("in_progress"), c.Urge(text="Khẩn trương"), LEADER, "2026-03-04 09:00")

    found = resolve((Audience.LEAD_OFFICERS, Audience.LEAD_HEAD), directive, without("locked", OFFICERS, HEAD), DAY)

    assert [one.person for one in found.recipients] == [CHIEF]
    assert SECRETARIAT.person not in {one.person for one in found.recipients}
