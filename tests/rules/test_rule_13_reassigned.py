"""RULES 13: reassigned, the deadline stays; the new lead hears at once what was escalated; the old one hears once."""

import pytest
from builders import (
    COORDINATING,
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
    a_registration,
    apply,
    local,
    recorded,
    the_policy,
)
from office_fixture import Desk
from told_life import ToldLife

from database.engine import reading
from documents.language import Language
from documents.notice_text import render
from documents.sentences import event_sentence
from models import commands as c
from models.directive import Directive
from models.events import Assigned, Declined, Lapsed
from models.life import fold
from models.moments import covered_steps, upcoming
from models.notices import NoticeContent, NoticeOwed, notices_owed
from models.refusal import Code, Refused
from models.tables import NOTICE
from models.timeliness import LateDays, late_days
from models.vocabulary import Clock, Status
from services.command_words import Words, make_command

REASSIGN = c.Reassign(agency=OTHER, reason="Đúng chức năng")
ASK = c.RequestExtension(deadline=a_deadline("2026-04-10", "Friday"), reason="Cần thêm số liệu")
DEMAND = c.DemandExplanation(text="Vì sao chậm?")


def overdue() -> ToldLife:
    life = ToldLife().do(
        a_registration(deadline=a_deadline("2026-03-20", "Friday")), SECRETARIAT, "Mon 2026-03-02 09:00"
    )
    life.do(c.Acknowledge(), LEAD_AGENCY, "Mon 2026-03-02 10:00")
    life.tell("Wed 2026-03-25 08:00")
    return life


def notices(before: Directive, command: c.Command, actor: c.Actor, at: str) -> dict[str, NoticeOwed]:
    rows = recorded(before, command, actor, local(at))
    after = fold(rows, before)
    assert after is not None
    owed = notices_owed(after, rows, a_directory(), the_policy(), a_calendar(), None)
    assert len({one.recipient for one in owed}) == len(owed)
    return {one.recipient: one for one in owed}


# --- Deadline, level, clocks -----------------------------------------------------------------------------------


def test_rule_13_the_deadline_its_told_steps_and_the_level_stay() -> None:
    life = overdue()
    told = life.keys

    life.do(REASSIGN, LEADER, "Wed 2026-03-25 10:00")

    directive = life.directive
    assert (directive.deadline, directive.first_deadline) == (a_deadline("2026-03-20"), a_deadline("2026-03-20"))
    assert (directive.escalation_level, directive.lead_agency) == (2, OTHER)
    assert life.tell("Mon 2026-03-30 23:00")[:1] == ["acknowledgement +1 Thu 2026-03-26 08:00"]
    assert [key for key in life.keys if key.startswith("deadline")] == [
        key for key in told if key.startswith("deadline")
    ]
    assert life.ahead(Clock.DEADLINE, "Wed 2026-03-25 10:00")[0] == "+7 Tue 2026-03-31 08:00"


def test_rule_13_the_new_lead_has_its_own_time_to_acknowledge_each_time_it_changes() -> None:
    life = overdue().do(REASSIGN, LEADER, "Wed 2026-03-25 10:00")
    assert life.directive.status is Status.ASSIGNED
    life.tell("Thu 2026-03-26 08:00")

    life.do(c.Reassign(agency=LEAD), LEADER, "Thu 2026-03-26 10:00").do(REASSIGN, LEADER, "Thu 2026-03-26 11:00")

    assert life.ahead(Clock.ACKNOWLEDGEMENT, "Thu 2026-03-26 11:00") == [
        "+1 Fri 2026-03-27 08:00",
        "+2 Mon 2026-03-30 08:00",
        "+3 Tue 2026-03-31 08:00",
    ]


# --- Who hears -------------------------------------------------------------------------------------------------


def test_rule_13_the_new_lead_hears_at_once_with_what_was_already_escalated_and_what_is_past() -> None:
    heard = notices(overdue().directive, REASSIGN, SECRETARIAT, "Wed 2026-03-25 10:00")

    for person in ("chuyenvien.sxd", "truong.sxd"):
        assert heard[person].at_once
        assert heard[person].content.level == 2
        assert heard[person].content.covered == ("-7", "-3", "-1", "0", "+1", "+3")
        assert heard[person].content.days_left == -3


def test_rule_13_the_old_lead_hears_once_and_then_never_again(desk: Desk) -> None:
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=a_deadline("2026-03-20", "Friday"))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 10:00")
    desk.tell("NV-1", "Tue 2026-03-17 08:00")
    desk.act("NV-1", REASSIGN, "vanthu", "Wed 2026-03-18 10:00")
    desk.act("NV-1", c.Urge(text="Khẩn trương"), "chutich", "Wed 2026-03-18 11:00")
    desk.act("NV-1", c.Amend(reason="Sửa", content="Nội dung khác"), "vanthu", "Wed 2026-03-18 12:00")
    desk.tell("NV-1", "Fri 2026-04-24 09:00")

    with reading(desk.office.engine) as connection:
        rows = connection.execute(NOTICE.select().where(NOTICE.c.at >= local("Wed 2026-03-18 10:00"))).all()

    old = [(row.recipient, row.kind) for row in rows if row.recipient.endswith(".syt")]
    assert sorted(old) == [("chuyenvien.syt", "assigned"), ("truong.syt", "assigned")]


def test_rule_13_a_reminder_that_was_late_until_the_reassignment_names_the_agency_that_led_then(desk: Desk) -> None:
    """The timers stood still; the command comes first and the steps missed are told with it, to whom they were for."""
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=a_deadline("2026-03-20", "Friday"))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 10:00")
    desk.act("NV-1", REASSIGN, "vanthu", "Wed 2026-03-18 10:00")

    with reading(desk.office.engine) as connection:
        rows = connection.execute(NOTICE.select().where(NOTICE.c.kind == "moment")).all()

    assert [row.recipient for row in rows] == ["chuyenvien.syt"]
    content = NoticeContent.model_validate_json(rows[0].content)
    assert (content.lead_agency, [step.step for step in content.steps]) == ("SYT", ["-7", "-3"])


# --- What waited for an answer ---------------------------------------------------------------------------------


def pending(*asks: c.Command) -> Directive:
    directive = a_directive("in_progress")
    for command in asks:
        actor = LEAD_AGENCY if isinstance(command, c.RequestExtension) else LEADER
        directive = apply(directive, command, actor, "Tue 2026-03-17 10:00")
    return directive


def test_rule_13_a_request_of_the_old_lead_lapses_with_its_clock_and_the_event_says_so() -> None:
    directive = pending(ASK)

    rows = recorded(directive, REASSIGN, LEADER, local("Wed 2026-03-18 10:00"))
    after = fold(rows, directive)

    assert after is not None
    assert isinstance(rows[0].event, Assigned)
    assert rows[0].event.lapsed == (Lapsed(what="extension", actor="truong.syt"),)
    assert after.extension is None
    assert Clock.EXTENSION not in after.clocks
    told = event_sentence(rows[0], a_directory(), Language.VI)
    assert "Đề nghị gia hạn của Ông truong.syt hết hiệu lực, chưa được quyết định." in told
    with pytest.raises(Refused) as refused:
        apply(after, c.DecideExtension(granted=True), LEADER, "Wed 2026-03-18 11:00")
    assert refused.value.code is Code.NO_EXTENSION_PENDING
    assert apply(after, ASK, OTHER_AGENCY, "Wed 2026-03-18 11:00").extension is not None  # the new lead may ask


def test_rule_13_a_demand_to_the_old_lead_lapses_unanswered_and_who_demanded_it_is_told() -> None:
    directive = pending(DEMAND)

    heard = notices(directive, REASSIGN, SECRETARIAT, "Wed 2026-03-18 10:00")
    after = apply(directive, REASSIGN, SECRETARIAT, "Wed 2026-03-18 10:00")

    assert [why.value for why in heard["pct.vanxa"].content.why] == ["demanded"]
    text = render(heard["pct.vanxa"].content, a_directory(), Language.VI, "https://dondoc.example").text
    assert "Yêu cầu giải trình chưa được trả lời và hết hiệu lực" in text
    assert after.explanation is None
    assert Clock.EXPLANATION not in after.clocks
    for actor in (LEAD_AGENCY, OTHER_AGENCY):
        with pytest.raises(Refused):
            apply(after, c.Explain(text="Do…"), actor, "Wed 2026-03-18 11:00")


def test_rule_13_who_had_to_decide_the_lapsed_request_is_told_that_he_need_not() -> None:
    heard = notices(pending(ASK), REASSIGN, SECRETARIAT, "Wed 2026-03-18 10:00")

    assert [why.value for why in heard["pct.vanxa"].content.why] == ["decider"]
    assert heard["pct.vanxa"].content.lapsed == ("extension",)
    assert heard["truong.syt"].content.lapsed == ("extension",)  # who asked, as the former lead, in his one notice


def test_rule_13_a_lapsed_request_was_the_leaders_time_only_while_it_waited() -> None:
    directive = a_directive("in_progress")
    directive = apply(directive, ASK, LEAD_AGENCY, "Mon 2026-03-23 10:00")
    directive = apply(directive, REASSIGN, LEADER, "Wed 2026-03-25 10:00")

    assert late_days(directive, a_calendar(), local("Fri 2026-03-27 18:00")) == LateDays(leader=2, lead=3)


def test_rule_13_given_back_to_the_same_agency_nothing_lapses() -> None:
    declined = apply(
        apply(a_directive("assigned"), DEMAND, LEADER, "2026-03-02 10:00"),
        c.Decline(reason="Không"),
        LEAD_AGENCY,
        "2026-03-02 11:00",
    )

    again = apply(declined, c.Reassign(agency=LEAD), SECRETARIAT, "2026-03-02 12:00")

    assert again.explanation == declined.explanation is not None


def test_rule_13_an_agency_that_declines_has_no_time_to_ask_for_but_still_owes_its_explanation() -> None:
    directive = apply(a_directive("assigned"), ASK, LEAD_AGENCY, "Mon 2026-03-02 10:00")
    directive = apply(directive, DEMAND, LEADER, "Mon 2026-03-02 11:00")

    rows = recorded(directive, c.Decline(reason="Không thuộc"), LEAD_AGENCY, local("Mon 2026-03-02 12:00"))
    after = fold(rows, directive)

    assert after is not None
    assert isinstance(rows[0].event, Declined)
    assert rows[0].event.lapsed == (Lapsed(what="extension", actor="truong.syt"),)
    assert (after.extension, after.explanation) == (None, directive.explanation)
    assert apply(after, c.Explain(text="Do…"), LEAD_AGENCY, "Mon 2026-03-02 13:00").explanation is None


def test_rule_13_with_a_successor_in_law_requests_and_demands_go_on() -> None:
    directive = pending(ASK, DEMAND)

    after = apply(directive, c.Succeed(old_agency=LEAD, new_agency=OTHER), SECRETARIAT, "Wed 2026-03-18 10:00")

    assert (after.extension, after.explanation) == (directive.extension, directive.explanation)
    assert after.clocks == directive.clocks
    assert apply(after, c.Explain(text="Do…"), OTHER_AGENCY, "Wed 2026-03-18 11:00").explanation is None


def test_rule_13_a_coordinating_agency_made_the_lead_coordinates_no_more_and_is_waited_for_no_more() -> None:
    waiting = c.ReportProgress(text="Chờ số liệu", waiting_for=(COORDINATING,))
    directive = apply(a_directive("in_progress"), waiting, LEAD_AGENCY, "Tue 2026-03-17 10:00")

    after = apply(directive, c.Reassign(agency=COORDINATING), LEADER, "Wed 2026-03-18 10:00")

    assert (after.lead_agency, after.coordinating_agencies, after.awaited) == (COORDINATING, (), None)
    assert [(wait.start, wait.end) for wait in after.coordinator_waits] == [
        (local("Tue 2026-03-17 10:00"), local("Wed 2026-03-18 10:00"))
    ]


# --- A coordinating agency that is taken away ------------------------------------------------------------------


def test_rule_13_a_coordinating_agency_that_is_taken_away_hears_so_once_at_once_and_the_event_says_so() -> None:
    directive = a_directive("in_progress", coordinating=(COORDINATING, OTHER))
    amend = c.Amend(reason="Không cần nữa", coordinating_agencies=(OTHER,))

    heard = notices(directive, amend, SECRETARIAT, "Wed 2026-03-18 10:00")
    row = recorded(directive, amend, SECRETARIAT, local("Wed 2026-03-18 10:00"))[0]

    assert [why.value for why in heard["chuyenvien.stc"].content.why] == ["previous_coordinating_agency"]
    assert [why.value for why in heard["chuyenvien.sxd"].content.why] == ["coordinating_agencies"]
    assert heard["chuyenvien.stc"].at_once
    told = render(heard["chuyenvien.stc"].content, a_directory(), Language.VI, "https://dondoc.example")
    assert "Cơ quan này không còn phối hợp và không nhận nhắc việc nữa." in told.text
    assert told.commands == ()
    assert "Thôi phối hợp: Sở Tài chính." in event_sentence(row, a_directory(), Language.VI)


def test_rule_13_taken_away_it_hears_nothing_more(desk: Desk) -> None:
    friday = a_deadline("2026-03-20", "Friday")
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=friday, coordinating_agencies=("STC",))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 10:00")
    none = Words(reason="Thôi", coordinating=("",))
    amend = make_command("amend", none, desk.office.reference(), local("Mon 2026-03-02 11:00"))
    desk.act("NV-1", amend, "vanthu", "Mon 2026-03-02 11:00")
    desk.act("NV-1", c.Amend(reason="Sửa", content="Khác"), "vanthu", "Mon 2026-03-02 12:00")
    desk.tell("NV-1", "Fri 2026-03-20 09:00")

    with reading(desk.office.engine) as connection:
        rows = connection.execute(NOTICE.select().where(NOTICE.c.recipient == "chuyenvien.stc")).all()

    assert [row.kind for row in rows] == ["assigned", "amended"]
    assert desk.directive("NV-1").coordinating_agencies == ()


def test_rule_13_an_amendment_that_leaves_the_coordinating_agencies_releases_nobody() -> None:
    for amend in (
        c.Amend(reason="Sửa", content="Khác"),
        c.Amend(reason="Thêm", coordinating_agencies=(COORDINATING, OTHER)),
    ):
        heard = notices(a_directive("in_progress"), amend, SECRETARIAT, "Wed 2026-03-18 10:00")
        assert [why.value for why in heard["chuyenvien.stc"].content.why] == ["coordinating_agencies"]


# --- Ledgers of before -----------------------------------------------------------------------------------------


def test_rule_13_a_ledger_from_before_with_a_request_pending_over_a_reassignment_folds_as_it_did() -> None:
    directive = pending(ASK)
    old = recorded(directive, REASSIGN, LEADER, local("Wed 2026-03-18 10:00"))[0]
    event = Assigned(agency=OTHER, previous=LEAD, reason="Đúng chức năng")

    after = fold([old.model_copy(update={"event": event})], directive)

    assert after is not None
    assert after.extension == directive.extension
    assert covered_steps(after, the_policy(), a_calendar(), local("Wed 2026-03-18 10:00")) == ("-7", "-3")
    assert any(one.clock is Clock.EXTENSION for one in upcoming(after, the_policy(), a_calendar(), old.at))
