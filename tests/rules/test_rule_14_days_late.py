"""RULES 14: submitted, the deadline stands still; days late are split by holder and add up."""

import datetime as dt

import pytest
from builders import (
    COORDINATING,
    COORDINATING_AGENCY,
    LEAD,
    LEAD_AGENCY,
    LEADER,
    OTHER,
    OTHER_AGENCY,
    SECRETARIAT,
    a_calendar,
    a_deadline,
    a_directive,
    a_directory,
    apply,
    local,
    recorded,
    the_policy,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from office_fixture import Desk
from told_life import ToldLife

from database.engine import reading
from documents.language import Language
from documents.notice_text import render
from documents.sentences import event_sentence, refusal_sentence
from models import commands as c
from models.directive import Directive
from models.events import ProgressReported, Recorded, read_event
from models.life import fold
from models.notices import NoticeOwed, notices_owed
from models.refusal import Code, Refused
from models.tables import DELIVERY, NOTICE
from models.timeliness import LateDays, late_days
from models.vocabulary import Clock, Opinion, Status
from services.command_words import Words, make_command
from shell import acting as acting_command

BOTH = (COORDINATING, OTHER)
WAIT = c.ReportProgress(text="Chờ số liệu của các sở", waiting_for=(COORDINATING,))
AGREE = c.Contribute(opinion=Opinion.AGREE)


def late(directive: Directive, now: str) -> LateDays:
    return late_days(directive, a_calendar(), local(now))


def waiting(at: str = "Tue 2026-03-24 10:00", coordinating: tuple[str, ...] = BOTH, **ask: object) -> Directive:
    """Due on Friday 20 March; on Tuesday the lead says that it waits."""
    command = c.ReportProgress(text="Chờ số liệu", **{"waiting_for": coordinating, **ask})
    return apply(a_directive("in_progress", coordinating=coordinating), command, LEAD_AGENCY, at)


# --- Submitted and returned ------------------------------------------------------------------------------------


def test_rule_14_submitted_the_deadline_clock_stands_still_and_returned_nothing_of_meanwhile_is_sent() -> None:
    life = ToldLife()
    life.rows += recorded(None, registration(), SECRETARIAT, local("Mon 2026-03-02 09:00"))
    life.do(c.Acknowledge(), LEAD_AGENCY, "Mon 2026-03-02 10:00")
    life.tell("Tue 2026-03-17 08:00")
    life.do(c.Submit(result="Xong"), LEAD_AGENCY, "Wed 2026-03-18 16:00")
    assert life.tell("Thu 2026-03-26 09:00") == ["review +2 Fri 2026-03-20 08:00", "review +4 Tue 2026-03-24 08:00"]

    life.do(c.Return(reason="Thiếu phụ lục"), SECRETARIAT, "Thu 2026-03-26 10:00")

    assert life.tell("Mon 2026-03-30 23:00") == []
    assert life.tell("Tue 2026-03-31 08:00") == ["deadline +7 Tue 2026-03-31 08:00"]


def registration() -> c.Register:
    return c.Register(content="Báo cáo", lead_agency=LEAD, deadline=a_deadline("2026-03-20", "Friday"))


def test_rule_14_the_days_of_the_review_are_the_offices_and_not_the_agencys() -> None:
    directive = apply(a_directive("in_progress"), c.Submit(result="Xong"), LEAD_AGENCY, "Fri 2026-03-20 16:00")
    directive = apply(directive, c.Return(reason="Thiếu"), SECRETARIAT, "Thu 2026-03-26 10:00")

    # Monday to Wednesday lay with the Office; Thursday, back at its close, and Friday with the agency.
    assert late(directive, "Fri 2026-03-27 18:00") == LateDays(office=3, lead=2)


# --- A coordinating agency holds it ----------------------------------------------------------------------------


def test_rule_14_from_the_report_that_waits_the_coordinating_agency_holds_it_until_it_has_answered() -> None:
    directive = waiting(coordinating=(COORDINATING,))
    assert late(directive, "Thu 2026-03-26 18:00") == LateDays(lead=1, coordinator=3)

    directive = apply(directive, AGREE, COORDINATING_AGENCY, "Fri 2026-03-27 10:00")

    assert directive.awaited is None
    assert late(directive, "Tue 2026-03-31 18:00") == LateDays(lead=4, coordinator=3)


def test_rule_14_of_two_that_are_waited_for_the_last_to_answer_ends_it() -> None:
    directive = apply(waiting(), AGREE, COORDINATING_AGENCY, "Wed 2026-03-25 10:00")
    assert directive.awaited is not None
    assert directive.awaited.agencies == (OTHER,)

    directive = apply(directive, c.ReportProgress(text="Số liệu đây"), OTHER_AGENCY, "Thu 2026-03-26 10:00")

    assert directive.awaited is None
    assert late(directive, "Fri 2026-03-27 18:00") == LateDays(lead=3, coordinator=2)


@pytest.mark.parametrize(
    "ends",
    [
        (c.ReportProgress(text="Không chờ nữa"), LEAD_AGENCY),
        (c.Submit(result="Nộp luôn"), LEAD_AGENCY),
        (c.Reassign(agency="SKHCN"), LEADER),
        (c.Amend(reason="Thôi phối hợp", coordinating_agencies=()), LEADER),
        (c.Cancel(reason="Thu hồi"), LEADER),
    ],
    ids=lambda end: end[0].kind,
)
def test_rule_14_the_wait_ends_as_well_when_the_lead_goes_on_alone_or_nobody_is_left_to_wait_for(
    ends: tuple[c.Command, c.Actor],
) -> None:
    directive = apply(waiting(), *ends, "Thu 2026-03-26 10:00")

    assert directive.awaited is None
    assert [(wait.start, wait.end) for wait in directive.coordinator_waits] == [
        (local("Tue 2026-03-24 10:00"), local("Thu 2026-03-26 10:00"))
    ]


@pytest.mark.parametrize(
    "leaves",
    [
        (c.Comment(text="Đang xem"), COORDINATING_AGENCY),
        (c.Urge(text="Khẩn trương"), LEADER),
        (c.Amend(reason="Sửa", content="Nội dung khác"), LEADER),
        (c.RequestExtension(deadline=a_deadline("2026-04-30"), reason="Chờ sở"), LEAD_AGENCY),
        (c.ReportProgress(text="Vẫn chờ", waiting_for=BOTH), LEAD_AGENCY),
    ],
    ids=lambda one: one[0].kind,
)
def test_rule_14_nothing_else_ends_it_and_waiting_on_keeps_its_beginning(leaves: tuple[c.Command, c.Actor]) -> None:
    directive = apply(waiting(), *leaves, "Thu 2026-03-26 10:00")

    assert directive.awaited is not None
    assert (directive.awaited.agencies, directive.awaited.since) == (BOTH, local("Tue 2026-03-24 10:00"))


def test_rule_14_one_of_two_taken_away_leaves_the_other_to_wait_for() -> None:
    only = c.Amend(reason="Bớt", coordinating_agencies=(OTHER,))

    directive = apply(waiting(), only, LEADER, "Thu 2026-03-26 10:00")

    assert directive.awaited is not None
    assert directive.awaited.agencies == (OTHER,)


def test_rule_14_a_successor_answers_for_an_agency_that_was_waited_for_and_the_lead_never_waits_for_itself() -> None:
    renamed = apply(waiting(), c.Succeed(old_agency=OTHER, new_agency="SKHCN"), SECRETARIAT, "Wed 2026-03-25 10:00")
    merged = apply(waiting(), c.Succeed(old_agency=OTHER, new_agency=LEAD), SECRETARIAT, "Wed 2026-03-25 10:00")

    assert renamed.awaited is not None
    assert merged.awaited is not None
    assert renamed.awaited.agencies == (COORDINATING, "SKHCN")
    assert merged.awaited.agencies == (COORDINATING,)


def test_rule_14_while_a_leaders_decision_is_waited_for_as_well_the_days_are_the_leaders() -> None:
    ask = c.RequestExtension(deadline=a_deadline("2026-04-30", "Thursday"), reason="Chờ sở")
    directive = apply(waiting(coordinating=(COORDINATING,)), ask, LEAD_AGENCY, "Wed 2026-03-25 10:00")
    directive = apply(directive, c.DecideExtension(granted=False, reason="Không"), LEADER, "Thu 2026-03-26 10:00")

    assert late(directive, "Fri 2026-03-27 18:00") == LateDays(lead=1, coordinator=3, leader=1)


def test_rule_14_suspended_the_wait_goes_on_and_its_days_are_nobodys() -> None:
    directive = apply(waiting(coordinating=(COORDINATING,)), c.Suspend(reason="Nghỉ"), LEADER, "Wed 2026-03-25 10:00")
    assert late(directive, "Mon 2026-04-06 18:00") == LateDays(lead=1, coordinator=1)

    resumed = apply(directive, c.Resume(deadline=a_deadline("2026-04-10", "Friday")), LEADER, "Tue 2026-04-07 10:00")

    assert late(resumed, "Tue 2026-04-14 18:00") == LateDays(coordinator=2)


# --- Asking ----------------------------------------------------------------------------------------------------


def test_rule_14_waiting_for_an_agency_that_does_not_coordinate_is_refused_with_a_sentence() -> None:
    wrong = c.ReportProgress(text="Chờ", waiting_for=(COORDINATING, OTHER))

    with pytest.raises(Refused) as refused:
        apply(a_directive("in_progress"), wrong, LEAD_AGENCY, "Tue 2026-03-24 10:00")

    assert refused.value.code is Code.NOT_COORDINATING_AGENCY
    told = refusal_sentence(refused.value.code, refused.value.data, Language.VI, a_directory())
    assert told.startswith("Sở Xây dựng không phối hợp nhiệm vụ QNG-2026-0001 nên không thể chờ ý kiến")


def test_rule_14_only_the_lead_says_for_whom_it_waits() -> None:
    with pytest.raises(Refused) as refused:
        apply(a_directive("in_progress"), WAIT, COORDINATING_AGENCY, "Tue 2026-03-24 10:00")

    assert refused.value.code is Code.NOT_LEAD_AGENCY


def test_rule_14_the_first_report_of_an_assigned_directive_may_wait_as_well() -> None:
    directive = apply(a_directive("assigned"), WAIT, LEAD_AGENCY, "Tue 2026-03-03 10:00")

    assert directive.status is Status.IN_PROGRESS
    assert directive.awaited is not None


def heard(before: Directive, command: c.Command, actor: c.Actor) -> dict[str, NoticeOwed]:
    rows = recorded(before, command, actor, local("Tue 2026-03-24 10:00"))
    after = fold(rows, before)
    assert after is not None
    return {one.recipient: one for one in notices_owed(after, rows, a_directory(), the_policy(), a_calendar(), None)}


def test_rule_14_the_agencies_waited_for_are_told_at_once_that_they_are_asked_to_contribute() -> None:
    owed = heard(a_directive("in_progress", coordinating=BOTH), WAIT, LEAD_AGENCY)

    assert {person: (one.at_once, [why.value for why in one.content.why]) for person, one in owed.items()} == {
        "chuyenvien.stc": (True, ["asked_to_contribute"]),
        "theodoi.vanxa": (False, ["monitoring_officer"]),
    }
    told = render(owed["chuyenvien.stc"].content, a_directory(), Language.VI, "https://dondoc.example")
    assert told.headline == "Sở Y tế chủ trì đang chờ ý kiến phối hợp của Sở Tài chính."
    assert told.subject.endswith("Đề nghị cho ý kiến phối hợp")
    assert any(command.startswith("dondoc do QNG-2026-0001 contribute") for command in told.commands)
    assert "số ngày chậm được tính cho cơ quan phối hợp" in told.text
    english = render(owed["chuyenvien.stc"].content, a_directory(), Language.EN, "https://dondoc.example")
    assert english.headline == "Sở Y tế, which leads, is waiting for the contribution of Sở Tài chính."


def test_rule_14_history_says_for_whom_the_lead_waits() -> None:
    row = recorded(a_directive("in_progress"), WAIT, LEAD_AGENCY, local("Tue 2026-03-24 10:00"))[0]

    assert "Đang chờ ý kiến phối hợp của Sở Tài chính." in event_sentence(row, a_directory(), Language.VI)


def test_rule_14_dondoc_do_takes_the_agencies_waited_for_by_any_of_their_names(desk: Desk) -> None:
    desk.register("NV-1", "Mon 2026-03-02 09:00", coordinating_agencies=("STC", "SXD"))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 10:00")

    told = desk.dondoc(
        acting_command,
        *("do", "NV-1", "report_progress", "--as", "truong.syt", "--text", "Chờ số liệu"),
        *("--waiting-for", "sở tài chính", "--waiting-for", "STP"),
    )
    words = Words(text="Chờ", waiting_for=("sở tài chính", "SXD"))

    assert told.code == 1
    assert "Sở Tư pháp không phối hợp nhiệm vụ NV-1" in told.err
    command = make_command("report_progress", words, desk.office.reference(), local("2026-03-04 10:00"))
    assert command == c.ReportProgress(text="Chờ", waiting_for=("STC", "SXD"))


def test_rule_14_through_the_door_the_asked_agencys_mail_leaves_at_once_and_the_ledger_names_it(desk: Desk) -> None:
    desk.register("NV-1", "Mon 2026-03-02 09:00", coordinating_agencies=("STC",))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 10:00")
    desk.act("NV-1", WAIT, "truong.syt", "Tue 2026-03-03 10:00")

    with reading(desk.office.engine) as connection:
        statement = NOTICE.join(DELIVERY, DELIVERY.c.notice == NOTICE.c.id).select()
        rows = connection.execute(statement.where(NOTICE.c.seq == 4)).all()

    assert [(row.recipient, row.at_once) for row in rows if row.recipient.endswith(".stc")] == [
        ("chuyenvien.stc", True)
    ]
    assert desk.directive("NV-1").awaited is not None


# --- Old ledgers -----------------------------------------------------------------------------------------------


def test_rule_14_reports_of_before_hash_and_fold_as_they_did() -> None:
    """A row of release 0.1.0, letter by letter, with the hash that stood in its ledger."""
    stored = '{"agency":"SYT","text":"Đã họp","percent":40}'
    event = read_event("progress_reported", stored)
    row = Recorded(directive="NV-1", seq=3, at=local("2026-03-03 10:00"), actor="truong.syt", event=event)

    assert isinstance(event, ProgressReported)
    assert event.waiting_for == ()
    assert row.data == stored
    assert row.sealed("ab" * 32).hash == "42596f483f11f04b752708659c82462f190ad66ac86114d36739b9ba0ca8dded"


# --- The shares add up, whatever happens -----------------------------------------------------------------------

ACTS: list[tuple[c.Command, c.Actor]] = [
    (c.ReportProgress(text="Đang làm"), LEAD_AGENCY),
    (c.ReportProgress(text="Chờ", waiting_for=BOTH), LEAD_AGENCY),
    (WAIT, LEAD_AGENCY),
    (AGREE, COORDINATING_AGENCY),
    (AGREE, OTHER_AGENCY),
    (c.ReportProgress(text="Phần của sở"), OTHER_AGENCY),
    (c.RequestExtension(deadline=a_deadline("2026-08-28"), reason="Cần"), LEAD_AGENCY),
    (c.DecideExtension(granted=False, reason="Không"), LEADER),
    (c.Submit(result="Xong"), LEAD_AGENCY),
    (c.Return(reason="Thiếu"), SECRETARIAT),
    (c.Reassign(agency="SKHCN"), LEADER),
    (c.Reassign(agency=LEAD), LEADER),
    (c.Acknowledge(), LEAD_AGENCY),
    (c.Decline(reason="Không"), LEAD_AGENCY),
    (c.Amend(reason="Bớt", coordinating_agencies=(OTHER,)), LEADER),
    (c.Amend(reason="Thêm", coordinating_agencies=BOTH), LEADER),
    (c.Succeed(old_agency=OTHER, new_agency="SVHTTDL"), SECRETARIAT),
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 90), st.sampled_from(ACTS)), max_size=14), st.integers(0, 400))
def test_rule_14_the_shares_add_up_to_every_working_day_late_whoever_held_it_when(
    story: list[tuple[int, tuple[c.Command, c.Actor]]], more: int
) -> None:
    directive, now = a_directive("in_progress", coordinating=BOTH), local("Thu 2026-03-19 09:00")
    for hours, (command, actor) in story:
        now += dt.timedelta(hours=hours)
        try:
            directive = apply(directive, command, actor, now)
        except Refused:
            continue
    now += dt.timedelta(hours=more)

    found = late_days(directive, a_calendar(), now)

    assert found.total == found.lead + found.coordinator + found.office + found.leader
    assert found.total == working_days_late(now)
    assert min(found.lead, found.coordinator, found.office, found.leader) >= 0


def working_days_late(now: dt.datetime) -> int:
    """Every working day after Friday 20 March up to that day, counted one by one."""
    days, day = 0, dt.date(2026, 3, 20)
    while day < (now + dt.timedelta(hours=7)).date():
        day += dt.timedelta(days=1)
        days += a_calendar().is_working(day)
    return days


def test_rule_14_no_clock_stands_still_while_a_coordinating_agency_is_waited_for() -> None:
    life = ToldLife()
    life.rows += recorded(
        None,
        registration().model_copy(update={"coordinating_agencies": BOTH}),
        SECRETARIAT,
        local("Mon 2026-03-02 09:00"),
    )
    life.do(WAIT, LEAD_AGENCY, "Tue 2026-03-03 10:00")

    assert life.ahead(Clock.DEADLINE, "Tue 2026-03-03 10:00")[0] == "-7 Wed 2026-03-11 08:00"
