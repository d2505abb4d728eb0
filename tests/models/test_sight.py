"""Who sees which directive: every post, for every relation that a directive can have to it, and nobody else."""

import datetime as dt

import pytest
from builders import COORDINATING, LEAD, OTHER, a_directive, a_directory, day

from models.directory import Absence, Directory, FieldOfWork, Person, Post
from models.sight import EVERYTHING, NOTHING, concern_of, scope_of
from models.vocabulary import Position

TODAY = day("2026-03-20", "Friday")
WATCHER = "người.xem"


def with_post(
    position: Position, agency: str = LEAD, *, until: dt.date | None = None, locked: bool = False
) -> Directory:
    """The usual directory, and one person more who holds just this post."""
    return a_directory(
        people=[Person(code=WATCHER, name="Người Xem", locked=locked)],
        posts=[Post(person=WATCHER, agency=agency, position=position, valid_until=until)],
    )


@pytest.mark.parametrize("position", Position)
@pytest.mark.parametrize(
    ("relation", "agency", "seen"),
    [
        ("leads", LEAD, True),
        ("coordinates", COORDINATING, True),
        ("has nothing to do with it", OTHER, False),
    ],
)
def test_what_each_post_sees_of_a_directive(position: Position, relation: str, agency: str, seen: bool) -> None:
    del relation
    sees_all = {
        Position.CHAIRMAN,
        Position.CHIEF_OF_OFFICE,
        Position.DEPUTY_CHIEF_OF_OFFICE,
        Position.MONITORING_OFFICER,
        Position.CLERK,
        Position.INSPECTOR,
        Position.ADMINISTRATOR,
    }
    directive = a_directive(supervising_leader="ai.đó")

    scope = scope_of(WATCHER, with_post(position, agency), TODAY)

    expected = True if position in sees_all else False if position is Position.VICE_CHAIRMAN else seen
    assert scope.covers(directive) is expected


@pytest.mark.parametrize(
    ("supervising_leader", "field", "seen"),
    [(WATCHER, "khac", True), ("ai.đó", "cua-toi", True), ("ai.đó", "khac", False), (None, None, False)],
)
def test_a_vice_chairman_sees_what_he_supervises_and_the_fields_in_his_charge(
    supervising_leader: str | None, field: str | None, seen: bool
) -> None:
    usual = with_post(Position.VICE_CHAIRMAN, "UBND")
    fields = (*usual.fields, FieldOfWork(code="cua-toi", name="Của tôi", vice_chairman=WATCHER))
    directory = usual.model_copy(update={"fields": fields})
    directive = a_directive(supervising_leader=supervising_leader, field=field)

    assert scope_of(WATCHER, directory, TODAY).covers(directive) is seen


def test_who_has_left_sees_nothing_from_the_day_after() -> None:
    directory = with_post(Position.HEAD, until=TODAY)

    assert scope_of(WATCHER, directory, TODAY).covers(a_directive())
    assert scope_of(WATCHER, directory, TODAY + dt.timedelta(days=1)) == NOTHING


def test_one_who_is_locked_or_unknown_sees_nothing() -> None:
    directory = with_post(Position.CHAIRMAN)

    assert scope_of(WATCHER, directory, TODAY) == EVERYTHING
    assert scope_of(WATCHER, with_post(Position.CHAIRMAN, locked=True), TODAY) == NOTHING
    assert scope_of("không.có", directory, TODAY) == NOTHING


def test_a_deputy_sees_what_the_absent_person_sees_and_only_on_those_days() -> None:
    directory = with_post(Position.OFFICER, OTHER)
    chairman = next(post.person for post in directory.posts if post.position is Position.CHAIRMAN)
    away = Absence(person=chairman, deputy=WATCHER, valid_from=TODAY, valid_until=TODAY)
    directory = directory.model_copy(update={"absences": (away,)})

    assert scope_of(WATCHER, directory, TODAY) == EVERYTHING
    assert not scope_of(WATCHER, directory, TODAY + dt.timedelta(days=1)).covers(a_directive())


# --- What stands in one's own calendar ------------------------------------------------------------------------


@pytest.mark.parametrize("position", Position)
@pytest.mark.parametrize("field", [None, "y-te", "ngan-sach"])
@pytest.mark.parametrize("lead_agency", [LEAD, OTHER])
def test_nobodys_calendar_holds_what_he_does_not_see(position: Position, field: str | None, lead_agency: str) -> None:
    directory = with_post(position)
    directive = a_directive(lead_agency=lead_agency, coordinating_agencies=(), field=field)

    if concern_of(WATCHER, directory, TODAY).covers(directive):
        assert scope_of(WATCHER, directory, TODAY).covers(directive)


def test_an_officer_who_follows_fields_has_theirs_and_a_clerk_has_all() -> None:
    usual = with_post(Position.MONITORING_OFFICER)
    followed = FieldOfWork(code="cua-toi", name="Của tôi", monitoring_officer=WATCHER)
    officer = usual.model_copy(update={"fields": (*usual.fields, followed)})

    assert concern_of(WATCHER, officer, TODAY).fields == {"cua-toi"}
    assert not concern_of(WATCHER, officer, TODAY).everything
    assert concern_of(WATCHER, with_post(Position.CLERK), TODAY) == EVERYTHING
    assert concern_of(WATCHER, with_post(Position.HEAD), TODAY).agencies == {LEAD}
    assert concern_of(WATCHER, with_post(Position.CHAIRMAN, locked=True), TODAY) == NOTHING
    assert concern_of("không.ai", officer, TODAY) == NOTHING


def test_what_names_no_field_is_in_the_charge_of_the_leader_of_its_agencys_field() -> None:
    """He hears of its escalations, so he can open it."""
    directive = a_directive(lead="SYT").model_copy(update={"field": None})
    directory, day = a_directory(), dt.date(2026, 3, 4)

    assert scope_of("pct.vanxa", directory, day).covers(directive)
    assert not scope_of("pct.kinhte", directory, day).covers(directive)
    assert not scope_of("pct.vanxa", directory, day).covers(directive.model_copy(update={"field": "ngan-sach"}))
