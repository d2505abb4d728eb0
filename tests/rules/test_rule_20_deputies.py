"""RULES 20: the deputy acts and hears "thay mặt"; chains are followed, rings end; nobody decides for his own agency."""

import datetime as dt
from itertools import pairwise

import pytest
from builders import (
    COORDINATING,
    LEAD,
    OFFICE,
    a_calendar,
    a_deadline,
    a_directive,
    a_directory,
    a_registration,
    apply,
    local,
    recorded,
    the_policy,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from database.reference import Reference
from documents.language import Language
from documents.notice_text import render
from documents.sentences import event_sentence
from models import commands as c
from models.audience import resolve
from models.directive import Directive
from models.directory import Absence, Directory, Post
from models.life import fold
from models.notices import notices_owed
from models.policy import PolicyTimeline
from models.refusal import Code, Refused
from models.vocabulary import Audience, Position, Role
from services.intake_warnings import Oddity, find_warnings

DAY = dt.date(2026, 3, 4)
PEOPLE = ("truong.syt", "pho.syt", "chuyenvien.syt", "truong.stc", "pho.stc", "chanhvanphong")


# --- Acts and hears "thay mặt" ---------------------------------------------------------------------------------


def test_rule_20_the_deputy_acts_for_whom_he_represents_and_both_names_stand_in_ledger_and_history() -> None:
    directory = a_directory(absent={"truong.syt": "pho.syt"})
    actor = directory.actor("pho.syt", DAY, "truong.syt")

    row = recorded(a_directive("assigned"), c.Acknowledge(), actor, local("Wed 2026-03-04 09:00"))[0]

    assert (row.actor, row.on_behalf_of) == ("pho.syt", "truong.syt")
    assert event_sentence(row, directory, Language.VI) == (
        "Sở Y tế (Ông pho.syt thay mặt Ông truong.syt) tiếp nhận nhiệm vụ."
    )


def test_rule_20_the_deputy_hears_and_reads_for_whom() -> None:
    directory = a_directory(absent={"truong.syt": "pho.syt"})
    rows = recorded(
        a_directive("in_progress"), c.Urge(text="Khẩn"), a_directory().actor("chutich", DAY), local("2026-03-04 09:00")
    )
    after = fold(rows, a_directive("in_progress"))
    assert after is not None

    owed = notices_owed(after, rows, directory, the_policy(), a_calendar(), None)
    notice = next(one for one in owed if one.recipient == "pho.syt")

    assert "truong.syt" not in {one.recipient for one in owed}
    assert notice.content.on_behalf_of == "truong.syt"
    told = render(notice.content, directory, Language.VI, "https://dondoc.example")
    assert "Đồng chí nhận thông báo này thay mặt Ông truong.syt." in told.text


def test_rule_20_only_while_he_is_away_and_only_his_deputy() -> None:
    away = Absence(person="truong.syt", deputy="pho.syt", valid_from=DAY, valid_until=DAY)
    directory = a_directory().model_copy(update={"absences": (away,)})

    assert directory.actor("pho.syt", DAY, "truong.syt").agencies == {LEAD}
    for person, day in (
        ("pho.syt", DAY + dt.timedelta(days=1)),
        ("pho.syt", DAY - dt.timedelta(days=1)),
        ("pho.stc", DAY),
    ):
        with pytest.raises(Refused) as refused:
            directory.actor(person, day, "truong.syt")
        assert refused.value.code is Code.NOT_DEPUTY


# --- Chains and rings ------------------------------------------------------------------------------------------


def test_rule_20_a_chain_is_followed_to_who_is_there_and_no_one_between_acts() -> None:
    directory = a_directory(absent={"truong.syt": "pho.syt", "pho.syt": "chuyenvien.syt"})

    found = resolve((Audience.LEAD_HEAD,), a_directive("in_progress"), directory, DAY)

    assert [(one.person, one.on_behalf_of) for one in found.recipients] == [("chuyenvien.syt", "truong.syt")]
    assert directory.actor("chuyenvien.syt", DAY, "truong.syt").on_behalf_of == "truong.syt"
    with pytest.raises(Refused):
        directory.actor("pho.syt", DAY, "truong.syt")


@pytest.mark.parametrize(
    "ring",
    [
        {"truong.syt": "truong.syt"},
        {"truong.syt": "pho.syt", "pho.syt": "truong.syt"},
        {"truong.syt": "pho.syt", "pho.syt": "chuyenvien.syt", "chuyenvien.syt": "pho.syt"},
    ],
    ids=["of one", "of two", "behind a chain"],
)
def test_rule_20_a_ring_ends_with_nobody_and_the_next_audience_hears(ring: dict[str, str | None]) -> None:
    found = resolve((Audience.LEAD_HEAD,), a_directive("in_progress"), a_directory(absent=ring), DAY)

    assert [one.person for one in found.recipients] == ["chanhvanphong"]
    assert found.vacant == (Audience.LEAD_HEAD,)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(PEOPLE), st.one_of(st.none(), st.sampled_from(PEOPLE))),
    st.lists(st.sampled_from(PEOPLE), max_size=2),
)
def test_rule_20_whoever_stands_in_for_whom_a_chain_ends_with_somebody_who_is_there_or_with_nobody_and_none_hears_twice(
    absent: dict[str, str | None], locked: list[str]
) -> None:
    directory = a_directory(absent=absent, locked=locked)
    audiences = (Audience.LEAD_OFFICERS, Audience.LEAD_HEAD, Audience.COORDINATING_AGENCIES, Audience.CHIEF_OF_OFFICE)

    found = resolve(audiences, a_directive("in_progress"), directory, DAY)

    people = [one.person for one in found.recipients]
    assert len(people) == len(set(people))
    for one in found.recipients:
        assert one.person not in absent
        assert one.person not in locked
        if one.on_behalf_of is not None:
            assert directory.actor(one.person, DAY, one.on_behalf_of).on_behalf_of == one.on_behalf_of
            walked = [one.on_behalf_of]
            while walked[-1] != one.person:
                following = absent[walked[-1]]
                assert following is not None
                walked.append(following)
            assert all(before in absent for before, _ in pairwise(walked))


def test_rule_20_a_deputy_who_hears_for_himself_and_two_others_has_one_notice_with_all_reasons() -> None:
    """The officer is deputy of the head and of the coordinating agency's officer, and hears himself as well."""
    directory = a_directory(absent={"truong.syt": "chuyenvien.syt", "chuyenvien.stc": "chuyenvien.syt"})
    cancel = c.Cancel(reason="Thu hồi")
    rows = recorded(a_directive("in_progress"), cancel, a_directory().actor("vanthu", DAY), local("2026-03-04 09:00"))
    after = fold(rows, a_directive("in_progress"))
    assert after is not None

    owed = notices_owed(after, rows, directory, the_policy(), a_calendar(), None)

    assert {one.recipient: [why.value for why in one.content.why] for one in owed} == {
        "chuyenvien.syt": ["lead_officers", "lead_head", "coordinating_agencies"]
    }
    assert owed[0].content.on_behalf_of is None  # he hears as himself first of all


# --- Nobody decides on his own agency's ------------------------------------------------------------------------

ASKED = apply(
    a_directive("in_progress"),
    c.RequestExtension(deadline=a_deadline("2026-04-10", "Friday"), reason="Cần"),
    a_directory().actor("truong.syt", DAY),
    "Wed 2026-03-04 08:00",
)
HANDED_IN = apply(
    a_directive("in_progress"), c.Submit(result="Xong"), a_directory().actor("truong.syt", DAY), "Wed 2026-03-04 08:00"
)
DECISIONS: list[tuple[Directive, c.Command]] = [
    (ASKED, c.DecideExtension(granted=True, citation="Phiếu trình 15")),
    (ASKED, c.DecideExtension(granted=False, citation="Phiếu trình 15", reason="Không")),
    (HANDED_IN, c.Accept()),
    (HANDED_IN, c.Return(reason="Thiếu")),
]


def with_posts(*posts: Post, absent: dict[str, str | None] | None = None) -> Directory:
    return a_directory(posts=posts, absent=absent)


@pytest.mark.parametrize(("directive", "command"), DECISIONS, ids=lambda value: getattr(value, "kind", ""))
@pytest.mark.parametrize(
    ("directory", "person", "on_behalf_of"),
    [
        # A vice-chairman who heads the lead agency as well, in person.
        (with_posts(Post(person="pct.vanxa", agency=LEAD, position=Position.HEAD)), "pct.vanxa", None),
        # An officer of the Office who stands in for the absent head of the lead agency: as himself …
        (with_posts(absent={"truong.syt": "theodoi.vanxa"}), "theodoi.vanxa", None),
        # … and the head of the lead agency who stands in for the absent vice-chairman.
        (with_posts(absent={"pct.vanxa": "truong.syt"}), "truong.syt", "pct.vanxa"),
        # At the end of a chain that begins in the lead agency.
        (with_posts(absent={"truong.syt": "pho.stc", "pho.stc": "theodoi.vanxa"}), "theodoi.vanxa", None),
        # Who stands in for two: for the vice-chairman, in whose name he decides, and for the lead agency's head.
        (
            with_posts(absent={"truong.syt": "chanhvanphong", "pct.vanxa": "chanhvanphong"}),
            "chanhvanphong",
            "pct.vanxa",
        ),
    ],
    ids=["in person", "deputy of the head", "head as a deputy", "end of a chain", "deputy of both"],
)
def test_rule_20_nobody_decides_on_an_extension_or_result_of_his_own_agency_in_person_or_as_a_deputy(
    directive: Directive, command: c.Command, directory: Directory, person: str, on_behalf_of: str | None
) -> None:
    actor = directory.actor(person, DAY, on_behalf_of)

    with pytest.raises(Refused) as refused:
        apply(directive, command, actor, "Wed 2026-03-04 09:00")

    assert refused.value.code is Code.OWN_AGENCY


@pytest.mark.parametrize(("directive", "command"), DECISIONS, ids=lambda value: getattr(value, "kind", ""))
def test_rule_20_a_deputy_from_elsewhere_decides_in_the_leaders_name(directive: Directive, command: c.Command) -> None:
    actor = a_directory(absent={"pct.vanxa": "pct.kinhte"}).actor("pct.kinhte", DAY, "pct.vanxa")

    after = apply(directive, command, actor, "Wed 2026-03-04 09:00")

    assert Role.LEADER in actor.roles
    assert after.last_event.actor == "pct.kinhte"


def test_rule_20_where_the_office_itself_leads_none_of_its_people_accepts_and_a_leader_does() -> None:
    directive = a_directive("submitted", lead=OFFICE, coordinating=(COORDINATING,))

    for person in ("chanhvanphong", "theodoi.vanxa", "vanthu"):
        with pytest.raises(Refused) as refused:
            apply(directive, c.Accept(), a_directory().actor(person, DAY), "Wed 2026-03-04 09:00")
        assert refused.value.code is Code.OWN_AGENCY
    assert apply(directive, c.Accept(), a_directory().actor("pct.vanxa", DAY), "Wed 2026-03-04 09:00").closed


# --- A deadline inside the head's absence ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deadline", "warned"), [("2026-03-15", False), ("2026-03-16", True), ("2026-03-27", True), ("2026-03-28", False)]
)
def test_rule_20_registering_a_deadline_inside_the_heads_declared_absence_warns(deadline: str, warned: bool) -> None:
    away = Absence(
        person="truong.syt", deputy="pho.syt", valid_from=dt.date(2026, 3, 16), valid_until=dt.date(2026, 3, 27)
    )
    directory = a_directory().model_copy(update={"absences": (away,)})
    reference = Reference(directory, a_calendar(), PolicyTimeline.of(the_policy()), plan="1.1")

    found = find_warnings(a_registration(deadline=a_deadline(deadline)), reference, local("Mon 2026-03-02 09:00"))

    told = [one.explain(Language.VI) for one in found if one.kind is Oddity.HEAD_ABSENT]
    assert bool(told) is warned
    assert all("Ông truong.syt vắng mặt" in one for one in told)
