"""The life table, row by row: what follows from each command, what it needs, and the notes of the table."""

import datetime as dt

import pytest
from builders import (
    CODE,
    COORDINATING,
    COORDINATING_AGENCY,
    EXAMPLES,
    INSPECTOR,
    LEAD,
    LEAD_AGENCY,
    LEADER,
    OFFICE,
    OTHER,
    OTHER_AGENCY,
    SECRETARIAT,
    a_deadline,
    a_directive,
    a_registration,
    an_actor,
    apply,
    day,
    local,
    recorded,
)

from models import commands as c
from models import events as e
from models.deadline import make_deadline
from models.directive import Directive, SourceDocument
from models.life import allowed_commands, decide, evolve, fold
from models.refusal import Code, Refused
from models.vocabulary import Clock, Grade, Opinion, Role, Status, Urgency

NOW = local("Tue 2026-03-03 10:00")
PAST = a_deadline("2026-03-02", "Monday")
LATER = a_deadline("2026-04-10", "Friday")


def refusal(
    directive: Directive | None, command: c.Command, actor: c.Actor = SECRETARIAT, at: dt.datetime = NOW
) -> Refused:
    with pytest.raises(Refused) as refused:
        decide(directive, command, actor, at)
    return refused.value


def with_request() -> Directive:
    request = c.RequestExtension(deadline=LATER, reason="Cần thêm số liệu")
    return apply(a_directive("in_progress"), request, LEAD_AGENCY, "2026-03-02 10:00")


# --- register ------------------------------------------------------------------------------------------------


def test_registered_without_a_lead_agency_it_waits_to_be_handed_out() -> None:
    events = decide(None, a_registration(lead_agency=None), SECRETARIAT, NOW)

    assert [event.kind for event in events] == ["registered"]
    assert a_directive("registered").status is Status.REGISTERED


def test_registered_with_a_lead_agency_it_is_assigned_at_once() -> None:
    directive = a_directive("assigned")

    assert [row.event.kind for row in recorded(None, a_registration(), SECRETARIAT, NOW)] == ["registered", "assigned"]
    assert (directive.status, directive.lead_agency, directive.seq) == (Status.ASSIGNED, LEAD, 2)
    assert directive.coordinating_agencies == (COORDINATING,)
    assert directive.deadline == directive.first_deadline == a_deadline("2026-03-20")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"content": "   "}, Code.MISSING),
        ({"coordinating_agencies": (LEAD,)}, Code.LEAD_COORDINATES),
        (
            {"document": SourceDocument(date=dt.date(2026, 3, 21)), "deadline": a_deadline("2026-03-20")},
            Code.DEADLINE_BEFORE_DOCUMENT,
        ),
    ],
)
def test_a_registration_that_cannot_be_meant_is_refused(changes: dict[str, object], code: Code) -> None:
    assert refusal(None, a_registration(**changes)).code is code


def test_a_deadline_on_the_documents_own_day_is_taken() -> None:
    document = SourceDocument(date=dt.date(2026, 3, 20))

    events = decide(None, a_registration(document=document), SECRETARIAT, NOW)

    assert len(events) == 2


def test_a_coordinating_agency_named_twice_coordinates_once() -> None:
    directive = a_directive("assigned", coordinating=(COORDINATING, OTHER, COORDINATING))

    assert directive.coordinating_agencies == (COORDINATING, OTHER)


def test_a_document_without_a_date_holds_no_deadline_up() -> None:
    undated = SourceDocument(number="1234/UBND-KGVX", date=None, type="Công văn")

    assert decide(None, a_registration(document=undated, deadline=LATER), SECRETARIAT, NOW)


def test_what_is_moved_in_was_reported_before_now_or_in_this_instant() -> None:
    registration = a_registration()

    assert decide(None, c.MoveIn(registration=registration, reported_at=NOW), SECRETARIAT, NOW)
    later = NOW + dt.timedelta(seconds=1)
    assert refusal(None, c.MoveIn(registration=registration, reported_at=later)).code is Code.BAD_DATE


def test_moving_in_needs_a_lead_agency() -> None:
    registration = a_registration(lead_agency=None)

    assert refusal(None, c.MoveIn(registration=registration, reported_at=NOW)).code is Code.MISSING


# --- assign, reassign ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("actor", [SECRETARIAT, LEADER])
@pytest.mark.parametrize("status", ["registered", "declined"])
def test_a_registered_or_declined_directive_is_assigned(status: str, actor: c.Actor) -> None:
    directive = apply(a_directive(status), c.Assign(agency=OTHER), actor, NOW)

    assert (directive.status, directive.lead_agency) == (Status.ASSIGNED, OTHER)


@pytest.mark.parametrize("status", ["registered", "assigned", "in_progress", "submitted", "declined"])
def test_any_open_directive_is_reassigned_and_its_deadline_stays(status: str) -> None:
    before = a_directive(status)

    after = apply(before, c.Reassign(agency=OTHER, reason="Đúng chức năng"), LEADER, NOW)

    assert (after.status, after.lead_agency) == (Status.ASSIGNED, OTHER)
    assert after.deadline == before.deadline
    assert after.clocks[Clock.ACKNOWLEDGEMENT].run == after.seq


def test_the_event_of_a_reassignment_names_the_earlier_agency_so_that_it_is_told() -> None:
    (event,) = decide(a_directive("in_progress"), c.Reassign(agency=OTHER), LEADER, NOW)

    assert event == e.Assigned(agency=OTHER, previous=LEAD)


def test_an_agency_that_leads_already_cannot_be_given_it_again_unless_it_declined() -> None:
    assert refusal(a_directive("assigned"), c.Reassign(agency=LEAD)).code is Code.SAME_AGENCY
    assert apply(a_directive("declined"), c.Assign(agency=LEAD), LEADER, NOW).status is Status.ASSIGNED


def test_a_coordinating_agency_that_is_made_the_lead_coordinates_no_longer() -> None:
    directive = apply(a_directive("assigned"), c.Reassign(agency=COORDINATING), LEADER, NOW)

    assert (directive.lead_agency, directive.coordinating_agencies) == (COORDINATING, ())


# --- acknowledge, decline, report_progress -------------------------------------------------------------------


def test_acknowledging_begins_the_work() -> None:
    assert apply(a_directive("assigned"), c.Acknowledge(), LEAD_AGENCY, NOW).status is Status.IN_PROGRESS


def test_declining_needs_a_reason_and_puts_it_back_to_be_handed_out() -> None:
    assert refusal(a_directive("assigned"), c.Decline(reason=" "), LEAD_AGENCY).code is Code.REASON_REQUIRED

    declined = apply(a_directive("assigned"), c.Decline(reason="Thuộc Sở Xây dựng"), LEAD_AGENCY, NOW)

    assert declined.status is Status.DECLINED
    assert declined.clocks[Clock.HANDOUT].run == declined.seq


def test_a_report_of_the_lead_agency_on_an_assigned_directive_acknowledges_it_too() -> None:
    directive = apply(a_directive("assigned"), c.ReportProgress(text="Đã họp", percent=20), LEAD_AGENCY, NOW)

    assert (directive.status, directive.percent, directive.seq) == (Status.IN_PROGRESS, 20, 4)


def test_a_report_of_a_coordinating_agency_on_an_assigned_directive_acknowledges_nothing() -> None:
    directive = apply(a_directive("assigned"), c.ReportProgress(text="Đã góp ý"), COORDINATING_AGENCY, NOW)

    assert (directive.status, directive.seq) == (Status.ASSIGNED, 3)


def test_a_report_says_something_and_its_percent_is_from_0_to_100() -> None:
    assert refusal(a_directive("in_progress"), c.ReportProgress(text=" "), LEAD_AGENCY).code is Code.TEXT_REQUIRED
    assert decide(a_directive("in_progress"), c.ReportProgress(percent=0), LEAD_AGENCY, NOW)
    for percent in (-1, 101):
        with pytest.raises(ValueError, match="percent"):
            c.ReportProgress(percent=percent)


def test_a_report_on_what_is_in_progress_acknowledges_nothing_again() -> None:
    events = decide(a_directive("in_progress"), c.ReportProgress(text="Tiếp tục"), LEAD_AGENCY, NOW)

    assert [event.kind for event in events] == ["progress_reported"]


def test_a_file_alone_is_a_report() -> None:
    assert decide(a_directive("in_progress"), c.ReportProgress(attachments=("bao-cao.pdf",)), LEAD_AGENCY, NOW)


def test_the_lead_agency_alone_says_for_whom_it_waits_and_only_for_one_that_coordinates() -> None:
    waits = c.ReportProgress(text="Chờ góp ý", waiting_for=(COORDINATING,))
    for_another = c.ReportProgress(text="Chờ góp ý", waiting_for=(OTHER,))

    assert decide(a_directive("in_progress"), waits, LEAD_AGENCY, NOW)
    assert refusal(a_directive("in_progress"), waits, COORDINATING_AGENCY).code is Code.NOT_LEAD_AGENCY
    assert refusal(a_directive("in_progress"), for_another, LEAD_AGENCY).code is Code.NOT_COORDINATING_AGENCY


def test_a_report_without_percent_leaves_the_last_one() -> None:
    directive = apply(a_directive("in_progress"), c.ReportProgress(percent=60), LEAD_AGENCY, NOW)

    assert apply(directive, c.ReportProgress(text="Tiếp tục"), LEAD_AGENCY, NOW).percent == 60


# --- request_extension, decide_extension ---------------------------------------------------------------------


@pytest.mark.parametrize("status", ["assigned", "in_progress", "submitted"])
def test_an_extension_is_asked_for_and_the_state_stays(status: str) -> None:
    directive = apply(a_directive(status), EXAMPLES["request_extension"], LEAD_AGENCY, NOW)

    assert directive.status.value == status
    assert directive.extension is not None
    assert directive.deadline == a_deadline("2026-03-20")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (c.RequestExtension(reason="Cần"), Code.DEADLINE_REQUIRED),
        (c.RequestExtension(deadline=LATER), Code.REASON_REQUIRED),
        (c.RequestExtension(deadline=PAST, reason="Cần"), Code.DEADLINE_IN_PAST),
        (c.RequestExtension(deadline=a_deadline("2026-03-20"), reason="Cần"), Code.DEADLINE_NOT_LATER),
    ],
)
def test_a_request_names_a_later_deadline_and_a_reason(request_: c.RequestExtension, code: Code) -> None:
    assert refusal(a_directive("in_progress"), request_, LEAD_AGENCY).code is code


def test_without_a_deadline_there_is_nothing_to_extend() -> None:
    directive = a_directive("in_progress", deadline=None)

    assert refusal(directive, EXAMPLES["request_extension"], LEAD_AGENCY).code is Code.NO_DEADLINE


def test_one_request_is_pending_at_a_time() -> None:
    assert refusal(with_request(), EXAMPLES["request_extension"], LEAD_AGENCY).code is Code.EXTENSION_PENDING


def test_a_leader_grants_what_was_asked_or_another_day() -> None:
    as_asked = apply(with_request(), c.DecideExtension(granted=True), LEADER, NOW)
    shorter = apply(with_request(), c.DecideExtension(granted=True, deadline=a_deadline("2026-03-31")), LEADER, NOW)

    assert (as_asked.deadline, as_asked.extension) == (LATER, None)
    assert shorter.deadline == a_deadline("2026-03-31")
    assert as_asked.first_deadline == shorter.first_deadline == a_deadline("2026-03-20")


def test_a_refused_extension_needs_a_reason_and_leaves_the_deadline() -> None:
    assert refusal(with_request(), c.DecideExtension(granted=False), LEADER).code is Code.REASON_REQUIRED

    refused = apply(with_request(), c.DecideExtension(granted=False, reason="Không đồng ý"), LEADER, NOW)

    assert (refused.deadline, refused.extension) == (a_deadline("2026-03-20"), None)


def test_the_secretariat_decides_only_by_citing_the_leaders_decision() -> None:
    assert refusal(with_request(), c.DecideExtension(granted=True)).code is Code.CITATION_REQUIRED

    decided = apply(with_request(), c.DecideExtension(granted=True, citation="Phiếu trình 15"), SECRETARIAT, NOW)

    assert decided.deadline == LATER


def test_what_is_granted_is_later_than_what_holds_and_not_past() -> None:
    same = c.DecideExtension(granted=True, deadline=a_deadline("2026-03-20"))
    after = local("Mon 2026-04-13 09:00")

    assert refusal(with_request(), same, LEADER).code is Code.DEADLINE_NOT_LATER
    assert refusal(with_request(), c.DecideExtension(granted=True), LEADER, after).code is Code.DEADLINE_IN_PAST


def test_what_was_asked_for_may_be_granted_though_the_deadline_was_taken_away_meanwhile() -> None:
    without = apply(with_request(), c.Amend(reason="Bỏ hạn", no_deadline=True), LEADER, NOW)

    assert apply(without, c.DecideExtension(granted=True), LEADER, NOW).deadline == LATER


def test_nobody_decides_on_a_request_of_an_agency_of_his_own_in_person_or_as_a_deputy() -> None:
    deputy = c.Actor(
        person="pct.vanxa",
        roles=frozenset({Role.LEADER}),
        agencies=frozenset({"UBND"}),
        connected_agencies=frozenset({"UBND", LEAD}),
    )

    assert refusal(with_request(), EXAMPLES["decide_extension"], deputy).code is Code.OWN_AGENCY
    assert refusal(a_directive("submitted"), c.Accept(), deputy).code is Code.OWN_AGENCY
    assert refusal(a_directive("submitted"), c.Return(reason="Thiếu"), deputy).code is Code.OWN_AGENCY
    assert apply(a_directive("submitted", lead=OTHER), c.Accept(), deputy, NOW).status is Status.COMPLETED


# --- submit, accept, return ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [c.Submit(result="Báo cáo"), c.Submit(document_number="12/BC-SYT"), c.Submit(attachments=("bao-cao.pdf",))],
)
def test_a_result_is_a_text_a_document_number_or_an_attachment(command: c.Submit) -> None:
    submitted = apply(a_directive("in_progress"), command, LEAD_AGENCY, NOW)

    assert submitted.status is Status.SUBMITTED
    assert submitted.submission is not None
    assert submitted.submission.at == NOW


def test_an_empty_result_is_refused() -> None:
    assert refusal(a_directive("in_progress"), c.Submit(result=" "), LEAD_AGENCY).code is Code.TEXT_REQUIRED


def test_accepting_completes_it_and_may_grade_the_result() -> None:
    plain = apply(a_directive("submitted"), c.Accept(), SECRETARIAT, NOW)
    graded = apply(a_directive("submitted"), c.Accept(grade=Grade.GOOD), LEADER, NOW)

    assert (plain.status, plain.grade, plain.completed_at) == (Status.COMPLETED, None, NOW)
    assert graded.grade is Grade.GOOD


def test_a_return_has_a_reason_and_goes_back_to_work() -> None:
    assert refusal(a_directive("submitted"), c.Return()).code is Code.REASON_REQUIRED

    returned = apply(a_directive("submitted"), c.Return(reason="Thiếu phụ lục"), SECRETARIAT, NOW)

    assert (returned.status, returned.submission, returned.times_returned) == (Status.IN_PROGRESS, None, 1)
    assert returned.deadline == a_deadline("2026-03-20")


def test_a_return_may_set_a_new_deadline_that_is_not_past() -> None:
    with_past = c.Return(reason="Thiếu", deadline=PAST)

    returned = apply(a_directive("submitted"), c.Return(reason="Thiếu", deadline=LATER), SECRETARIAT, NOW)

    assert refusal(a_directive("submitted"), with_past).code is Code.DEADLINE_IN_PAST
    assert (returned.deadline, returned.first_deadline) == (LATER, a_deadline("2026-03-20"))


# --- suspend, resume -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["registered", "assigned", "in_progress", "submitted", "declined"])
def test_suspended_and_resumed_it_is_where_it_was(status: str) -> None:
    suspended = apply(a_directive(status), c.Suspend(reason="Chờ Bộ"), LEADER, NOW)

    resumed = apply(suspended, c.Resume(deadline=LATER), LEADER, "2026-03-10 09:00")

    assert suspended.status is Status.SUSPENDED
    assert resumed.status.value == status
    assert resumed.deadline == LATER


def test_suspending_needs_a_reason() -> None:
    assert refusal(a_directive("in_progress"), c.Suspend(), LEADER).code is Code.REASON_REQUIRED


def test_a_resume_says_what_the_deadline_now_is() -> None:
    suspended = a_directive("suspended")

    assert refusal(suspended, c.Resume(), LEADER).code is Code.DEADLINE_REQUIRED
    assert refusal(suspended, c.Resume(deadline=PAST), LEADER).code is Code.DEADLINE_IN_PAST
    assert apply(suspended, c.Resume(no_deadline=True), LEADER, NOW).deadline is None
    assert apply(a_directive("suspended", deadline=None), c.Resume(), LEADER, NOW).deadline is None


# --- amend, urge ---------------------------------------------------------------------------------------------


def test_an_amendment_changes_what_it_names_and_nothing_else() -> None:
    before = a_directive("in_progress")
    change = c.Amend(
        reason="Bộ có văn bản mới",
        content="Nội dung mới",
        coordinating_agencies=(OTHER, OTHER),
        urgency=Urgency.URGENT,
        field="ngan-sach",
        supervising_leader="pct.kinhte",
    )

    after = apply(before, change, LEADER, NOW)

    assert (after.content, after.coordinating_agencies, after.urgency) == ("Nội dung mới", (OTHER,), Urgency.URGENT)
    assert (after.field, after.supervising_leader) == ("ngan-sach", "pct.kinhte")
    assert (after.status, after.deadline, after.lead_agency) == (before.status, before.deadline, before.lead_agency)


def test_an_amendment_sets_or_takes_away_the_deadline_and_keeps_the_first() -> None:
    moved = apply(a_directive("in_progress"), c.Amend(reason="Lùi", deadline=LATER), LEADER, NOW)
    none = apply(a_directive("in_progress"), c.Amend(reason="Bỏ hạn", no_deadline=True), LEADER, NOW)
    first = apply(a_directive("in_progress", deadline=None), c.Amend(reason="Đặt", deadline=LATER), LEADER, NOW)

    assert (moved.deadline, moved.first_deadline) == (LATER, a_deadline("2026-03-20"))
    assert (none.deadline, none.first_deadline) == (None, a_deadline("2026-03-20"))
    assert (first.deadline, first.first_deadline) == (LATER, LATER)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (c.Amend(content="Mới"), Code.REASON_REQUIRED),
        (c.Amend(reason="Sửa"), Code.NOTHING_TO_AMEND),
        (c.Amend(reason="Sửa", urgency=Urgency.NORMAL), Code.NOTHING_TO_AMEND),
        (c.Amend(reason="Sửa", deadline=a_deadline("2026-03-20")), Code.NOTHING_TO_AMEND),
        (c.Amend(reason="Sửa", coordinating_agencies=(COORDINATING,)), Code.NOTHING_TO_AMEND),
        (c.Amend(reason="Sửa", content=" "), Code.TEXT_REQUIRED),
        (c.Amend(reason="Sửa", deadline=PAST), Code.DEADLINE_IN_PAST),
        (c.Amend(reason="Sửa", coordinating_agencies=(LEAD,)), Code.LEAD_COORDINATES),
    ],
)
def test_an_amendment_has_a_reason_and_something_that_can_be_meant(change: c.Amend, code: Code) -> None:
    assert refusal(a_directive("in_progress"), change, LEADER).code is code


def test_a_deadline_that_is_not_there_cannot_be_taken_away() -> None:
    change = c.Amend(reason="Bỏ hạn", no_deadline=True)

    assert refusal(a_directive("in_progress", deadline=None), change, LEADER).code is Code.NOTHING_TO_AMEND


def test_an_amendment_names_the_agencies_that_coordinate_no_longer_so_that_they_are_told() -> None:
    directive = a_directive("in_progress", coordinating=(COORDINATING, OTHER))

    (amended,) = decide(directive, c.Amend(reason="Bớt", coordinating_agencies=(OTHER,)), LEADER, NOW)

    assert isinstance(amended, e.Amended)
    assert amended.released == (COORDINATING,)


def test_urging_needs_its_text_and_changes_nothing() -> None:
    before = a_directive("in_progress")

    after = apply(before, c.Urge(text="Đề nghị khẩn trương"), LEADER, NOW)

    assert refusal(before, c.Urge(), LEADER).code is Code.TEXT_REQUIRED
    assert (after.status, after.clocks, after.seq) == (before.status, before.clocks, before.seq + 1)


# --- demand_explanation, explain, contribute, comment --------------------------------------------------------


def test_an_explanation_is_demanded_and_answered_and_may_then_be_demanded_again() -> None:
    demand = c.DemandExplanation(text="Vì sao chậm?")
    directive = apply(a_directive("in_progress"), demand, LEADER, NOW)
    assert refusal(directive, demand, LEADER).code is Code.EXPLANATION_PENDING

    (answer,) = decide(directive, c.Explain(text="Do thiếu số liệu"), LEAD_AGENCY, NOW)
    directive = apply(directive, c.Explain(text="Do thiếu số liệu"), LEAD_AGENCY, NOW)

    assert answer == e.Explained(agency=LEAD, text="Do thiếu số liệu", demanded_by=LEADER.person)
    assert directive.explanation is None
    assert decide(directive, demand, LEADER, NOW)


def test_a_demand_and_its_answer_have_a_text_and_a_day_that_is_not_past() -> None:
    directive = a_directive("in_progress")
    demanded = apply(directive, c.DemandExplanation(text="Vì sao?"), LEADER, NOW)

    assert refusal(directive, c.DemandExplanation(), LEADER).code is Code.TEXT_REQUIRED
    past = c.DemandExplanation(text="Vì sao?", respond_by=PAST)
    assert refusal(directive, past, LEADER).code is Code.DEADLINE_IN_PAST
    assert refusal(demanded, c.Explain(), LEAD_AGENCY).code is Code.TEXT_REQUIRED


@pytest.mark.parametrize("opinion", [Opinion.AGREE, Opinion.NOTHING_TO_ADD])
def test_a_coordinating_agency_agrees_or_has_nothing_to_add_without_a_text(opinion: Opinion) -> None:
    directive = apply(a_directive("in_progress"), c.Contribute(opinion=opinion), COORDINATING_AGENCY, NOW)

    assert directive.contributions == {COORDINATING: opinion}


@pytest.mark.parametrize("opinion", [Opinion.DISAGREE, Opinion.AGREE_WITH_COMMENTS])
def test_a_coordinating_agency_that_disagrees_or_comments_says_what(opinion: Opinion) -> None:
    bare = c.Contribute(opinion=opinion)

    assert refusal(a_directive("in_progress"), bare, COORDINATING_AGENCY).code is Code.TEXT_REQUIRED


def test_silence_of_a_coordinating_agency_is_shown_as_silence() -> None:
    assert a_directive("in_progress").contributions == {}


def test_a_comment_has_a_text_and_is_taken_in_any_state_also_when_closed() -> None:
    assert refusal(a_directive("completed"), c.Comment(text=" ")).code is Code.TEXT_REQUIRED

    after = apply(a_directive("completed"), c.Comment(text="Đã lưu hồ sơ"), LEAD_AGENCY, NOW)

    assert after.status is Status.COMPLETED


# --- cancel, reopen, succeed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["registered", "assigned", "in_progress", "submitted", "declined", "suspended"])
def test_whatever_is_open_is_cancelled_with_a_reason_and_owes_nothing_more(status: str) -> None:
    assert refusal(a_directive(status), c.Cancel(), LEADER).code is Code.REASON_REQUIRED

    cancelled = apply(a_directive(status), c.Cancel(reason="Văn bản bị thu hồi"), LEADER, NOW)

    assert cancelled.status is Status.CANCELLED
    assert (cancelled.clocks, cancelled.extension, cancelled.explanation) == ({}, None, None)


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_reopening_needs_a_new_deadline_and_goes_back_to_work(status: str) -> None:
    closed = a_directive(status)
    assert refusal(closed, c.Reopen(), LEADER).code is Code.DEADLINE_REQUIRED
    assert refusal(closed, c.Reopen(deadline=PAST), LEADER).code is Code.DEADLINE_IN_PAST

    reopened = apply(closed, c.Reopen(deadline=LATER), LEADER, NOW)

    assert (reopened.status, reopened.deadline) == (Status.IN_PROGRESS, LATER)
    assert (reopened.submission, reopened.completed_at, reopened.grade) == (None, None, None)
    assert reopened.first_deadline == a_deadline("2026-03-20")


def test_the_commands_that_a_closed_directive_takes_are_those_that_start_a_new_run() -> None:
    for status in ("completed", "cancelled"):
        everything = tuple(EXAMPLES.values())
        taken = set()
        for actor in (SECRETARIAT, LEADER, LEAD_AGENCY, COORDINATING_AGENCY):
            taken |= set(allowed_commands(a_directive(status), actor, everything, NOW))

        assert taken == set(c.ON_CLOSED)


def test_an_agency_is_succeeded_as_lead_as_coordinator_or_as_both_at_once() -> None:
    directive = a_directive("in_progress")

    lead = apply(directive, c.Succeed(old_agency=LEAD, new_agency=OTHER), SECRETARIAT, NOW)
    coordinator = apply(directive, c.Succeed(old_agency=COORDINATING, new_agency=OTHER), SECRETARIAT, NOW)
    merged = apply(directive, c.Succeed(old_agency=COORDINATING, new_agency=LEAD), SECRETARIAT, NOW)

    assert (lead.lead_agency, lead.coordinating_agencies) == (OTHER, (COORDINATING,))
    assert (coordinator.lead_agency, coordinator.coordinating_agencies) == (LEAD, (OTHER,))
    assert (merged.lead_agency, merged.coordinating_agencies) == (LEAD, ())


def test_a_succession_that_has_nothing_to_do_with_it_is_refused() -> None:
    directive = a_directive("in_progress")

    assert refusal(directive, c.Succeed(old_agency=OTHER, new_agency=LEAD)).code is Code.NOT_CONCERNED
    assert refusal(directive, c.Succeed(old_agency=LEAD, new_agency=LEAD)).code is Code.SAME_AGENCY


# --- Refusals ------------------------------------------------------------------------------------------------


def test_an_agency_that_does_not_lead_is_told_who_does() -> None:
    refused = refusal(a_directive("in_progress"), c.Submit(result="Báo cáo"), OTHER_AGENCY)

    assert refused.code is Code.NOT_LEAD_AGENCY
    assert refused.data == {"directive": CODE, "agency": OTHER, "lead": LEAD}


def test_of_two_who_act_at_once_the_second_is_told_what_the_first_did_and_when() -> None:
    accepted = apply(a_directive("submitted"), c.Accept(), LEADER, NOW)

    refused = refusal(accepted, c.Return(reason="Thiếu phụ lục"))

    assert refused.code is Code.WRONG_STATE
    assert refused.data["last"] == "accepted"
    assert refused.data["actor"] == LEADER.person
    assert refused.data["at"] == NOW.isoformat()
    assert refused.data["status"] == "completed"


def test_who_comes_before_state_and_state_before_content() -> None:
    assert refusal(a_directive("completed"), c.Cancel(), OTHER_AGENCY).code is Code.NOT_ALLOWED
    assert refusal(a_directive("completed"), c.Cancel(), LEADER).code is Code.WRONG_STATE
    assert refusal(a_directive("in_progress"), c.Cancel(), LEADER).code is Code.REASON_REQUIRED


def test_a_deadline_that_falls_due_at_this_very_instant_is_past() -> None:
    now = local("Fri 2026-03-20 10:00")
    amend = c.Amend(reason="Sửa", deadline=make_deadline(day("2026-03-20", "Friday"), time=dt.time(10)))

    assert refusal(a_directive("in_progress"), amend, LEADER, now).code is Code.DEADLINE_IN_PAST
    assert decide(a_directive("in_progress"), amend, LEADER, now - dt.timedelta(seconds=1))


def test_the_office_does_an_agencys_work_where_it_leads() -> None:
    officer = an_actor(Role.SECRETARIAT)
    directive = a_directive("assigned", lead=OFFICE)

    directive = apply(directive, c.Acknowledge(), officer, NOW)
    directive = apply(directive, c.Submit(result="Báo cáo"), officer, NOW)

    assert refusal(directive, c.Accept(), officer).code is Code.OWN_AGENCY
    assert apply(directive, c.Accept(), LEADER, NOW).status is Status.COMPLETED


def test_an_inspector_or_administrator_does_no_work_of_the_agency_he_sits_in() -> None:
    for role in (Role.INSPECTOR, Role.ADMINISTRATOR):
        sits_there = an_actor(role, LEAD)

        assert refusal(a_directive("assigned"), c.Acknowledge(), sits_there).code is Code.NOT_LEAD_AGENCY
        assert refusal(a_directive("assigned"), c.Comment(text="…"), sits_there).code is Code.NOT_CONCERNED


# --- Which buttons to show -----------------------------------------------------------------------------------


def test_a_person_is_offered_what_he_may_do_now_whether_or_not_the_form_is_filled_in() -> None:
    empty = (c.Acknowledge(), c.Decline(), c.Submit(), c.RequestExtension(), c.Comment(), c.Accept(), c.Cancel())

    assert allowed_commands(a_directive("assigned"), LEAD_AGENCY, empty, NOW) == (
        "acknowledge",
        "decline",
        "request_extension",
        "comment",
    )
    assert allowed_commands(a_directive("submitted"), LEADER, empty, NOW) == ("comment", "accept", "cancel")
    assert allowed_commands(a_directive("submitted"), INSPECTOR, empty, NOW) == ()


# --- The fold ------------------------------------------------------------------------------------------------


def test_rows_that_do_not_follow_one_another_are_an_error() -> None:
    directive = a_directive("assigned")
    first, second = recorded(None, a_registration(), SECRETARIAT, NOW)
    gap = recorded(directive, c.Acknowledge(), LEAD_AGENCY, NOW)[0].model_copy(update={"seq": 5})

    with pytest.raises(ValueError, match="row 5 does not follow row 2"):
        evolve(directive, gap)
    with pytest.raises(ValueError, match="a second time"):
        evolve(directive, first)
    with pytest.raises(ValueError, match="does not register it"):
        evolve(None, second)
    with pytest.raises(ValueError, match="not by row 1"):
        evolve(None, first.model_copy(update={"seq": 2}))
    assert fold([]) is None


def test_a_moment_is_remembered_raises_the_level_of_the_deadline_only_and_is_not_somebodys_last_act() -> None:
    directive = a_directive("in_progress")

    def reached(clock: Clock, level: int) -> e.Recorded:
        event = e.MomentReached(clock=clock, run=2, step="+3", level=level, outcome="told", audience=(), recipients=())
        return e.Recorded(directive=CODE, seq=directive.seq + 1, at=NOW, actor=e.ENGINE, event=event)

    escalated = evolve(directive, reached(Clock.DEADLINE, 2))
    other = evolve(directive, reached(Clock.SILENCE, 3))

    assert (escalated.told, escalated.escalation_level) == (("deadline/2/+3",), 2)
    assert (other.told, other.escalation_level) == (("silence/2/+3",), 0)
    assert escalated.last_event == directive.last_event
