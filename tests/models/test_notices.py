"""Who hears of each act and each moment, why, how urgently, and what the notice says."""

from collections.abc import Iterable

import pytest
from builders import (
    CODE,
    COORDINATING,
    COORDINATING_AGENCY,
    LEAD,
    LEAD_AGENCY,
    LEADER,
    OTHER,
    SECRETARIAT,
    a_calendar,
    a_deadline,
    a_directive,
    a_directory,
    a_registration,
    an_actor,
    apply,
    local,
    recorded,
    the_policy,
    told_rows,
)

from models import commands as c
from models import events as e
from models.audience import resolve
from models.directive import Directive
from models.directory import Directory
from models.life import fold
from models.moments import due_moments, next_moment
from models.notices import MOMENT, ROUTES, NoticeOwed, notices_owed
from models.policy import PolicyTimeline
from models.vocabulary import Clock, Opinion, Role, Urgency, Why

CLERK = an_actor(Role.SECRETARIAT, person="vanthu")


def owed_for(
    before: Directive | None,
    command: c.Command,
    actor: c.Actor,
    at: str = "2026-03-03 10:00",
    directory: Directory | None = None,
) -> tuple[NoticeOwed, ...]:
    rows = recorded(before, command, actor, local(at))
    after = fold(rows, before)
    assert after is not None
    return owed_after(after, rows, directory)


def owed_after(
    after: Directive, rows: tuple[e.Recorded, ...], directory: Directory | None = None
) -> tuple[NoticeOwed, ...]:
    following = next_moment(after, the_policy(), a_calendar(), rows[-1].at)
    return notices_owed(after, rows, directory or a_directory(), the_policy(), a_calendar(), following)


def owed_at(directive: Directive, at: str, directory: Directory | None = None) -> tuple[NoticeOwed, ...]:
    """The notices of all moments that are due at an instant, told together with who hears resolved that day."""
    directory, now = directory or a_directory(), local(at)
    due = due_moments(directive, PolicyTimeline.of(the_policy()), a_calendar(), now)
    hearers = {moment.key: resolve(moment.audience, directive, directory, now.date()) for moment in due}
    rows = told_rows(directive, due, now, {key: found.recipients for key, found in hearers.items()})
    after = fold(rows, directive)
    assert after is not None
    return owed_after(after, rows, directory)


def why(owed: Iterable[NoticeOwed]) -> dict[str, list[str]]:
    found = list(owed)
    people = [notice.recipient for notice in found]
    assert len(people) == len(set(people)), "somebody gets two notices of one act"
    return {notice.recipient: [reason.value for reason in notice.content.why] for notice in found}


OFFICERS_AND_HEAD = {"chuyenvien.syt": ["lead_officers"], "truong.syt": ["lead_head"]}
ALL_AGENCIES = {**OFFICERS_AND_HEAD, "chuyenvien.stc": ["coordinating_agencies"]}
MONITOR = {"theodoi.vanxa": ["monitoring_officer"]}


def demanded() -> Directive:
    return apply(a_directive("in_progress"), c.DemandExplanation(text="Vì sao chậm?"), LEADER, "2026-03-02 10:00")


def asked() -> Directive:
    request = c.RequestExtension(deadline=a_deadline("2026-04-10"), reason="Cần thêm số liệu")
    return apply(a_directive("in_progress"), request, LEAD_AGENCY, "2026-03-02 10:00")


# --- Acts ----------------------------------------------------------------------------------------------------

ACTS: list[tuple[str, Directive | None, c.Command, c.Actor, dict[str, list[str]], bool]] = [
    ("register", None, a_registration(lead_agency=None), CLERK, MONITOR, False),
    ("register with a lead", None, a_registration(), CLERK, ALL_AGENCIES, False),
    ("assign", a_directive("registered"), c.Assign(agency=LEAD), CLERK, ALL_AGENCIES, False),
    ("acknowledge", a_directive("assigned"), c.Acknowledge(), LEAD_AGENCY, MONITOR, False),
    ("decline", a_directive("assigned"), c.Decline(reason="Không thuộc"), LEAD_AGENCY, MONITOR, True),
    ("report", a_directive("in_progress"), c.ReportProgress(text="Đã họp"), LEAD_AGENCY, MONITOR, False),
    ("report on an assigned one", a_directive(), c.ReportProgress(text="Đã họp"), LEAD_AGENCY, MONITOR, False),
    (
        "ask for an extension",
        a_directive("in_progress"),
        c.RequestExtension(deadline=a_deadline("2026-04-10"), reason="Cần thêm số liệu"),
        LEAD_AGENCY,
        {"pct.vanxa": ["decider"], **MONITOR},
        True,
    ),
    (
        "grant an extension",
        asked(),
        c.DecideExtension(granted=True, citation="Phiếu trình 15"),
        CLERK,
        OFFICERS_AND_HEAD,
        True,
    ),
    ("submit", a_directive("in_progress"), c.Submit(result="Báo cáo"), LEAD_AGENCY, MONITOR, False),
    ("accept", a_directive("submitted"), c.Accept(), CLERK, OFFICERS_AND_HEAD, False),
    ("return", a_directive("submitted"), c.Return(reason="Thiếu"), CLERK, OFFICERS_AND_HEAD, True),
    ("suspend", a_directive("in_progress"), c.Suspend(reason="Chờ Bộ"), CLERK, ALL_AGENCIES, True),
    ("resume", a_directive("suspended"), c.Resume(deadline=a_deadline("2026-04-10")), CLERK, ALL_AGENCIES, True),
    ("amend", a_directive("in_progress"), c.Amend(reason="Sửa", content="Mới"), CLERK, ALL_AGENCIES, True),
    ("urge", a_directive("in_progress"), c.Urge(text="Khẩn trương"), CLERK, OFFICERS_AND_HEAD, True),
    (
        "demand an explanation",
        a_directive("in_progress"),
        c.DemandExplanation(text="Vì sao chậm?"),
        CLERK,
        OFFICERS_AND_HEAD,
        True,
    ),
    ("explain", demanded(), c.Explain(text="Do…"), LEAD_AGENCY, {**MONITOR, "pct.vanxa": ["demanded"]}, True),
    (
        "contribute",
        a_directive("in_progress"),
        c.Contribute(opinion=Opinion.AGREE),
        COORDINATING_AGENCY,
        {"chuyenvien.syt": ["lead_officers"], **MONITOR},
        False,
    ),
    (
        "comment",
        a_directive("in_progress"),
        c.Comment(text="Đã trao đổi"),
        COORDINATING_AGENCY,
        {"chuyenvien.syt": ["lead_officers"], **MONITOR},
        False,
    ),
    ("cancel", a_directive("in_progress"), c.Cancel(reason="Thu hồi"), CLERK, ALL_AGENCIES, True),
    ("reopen", a_directive("completed"), c.Reopen(deadline=a_deadline("2026-04-10")), CLERK, ALL_AGENCIES, True),
    (
        "succeed",
        a_directive("in_progress"),
        c.Succeed(old_agency=LEAD, new_agency=OTHER),
        CLERK,
        {"chuyenvien.sxd": ["lead_officers"], "truong.sxd": ["lead_head"]},
        False,
    ),
    (
        "move in",
        None,
        c.MoveIn(registration=a_registration(), reported_at=local("2026-03-02 08:00")),
        CLERK,
        {},
        False,
    ),
]


@pytest.mark.parametrize(
    ("before", "command", "actor", "people", "at_once"), [act[1:] for act in ACTS], ids=[act[0] for act in ACTS]
)
def test_of_each_act_those_hear_whom_it_concerns_and_are_told_why(
    before: Directive | None, command: c.Command, actor: c.Actor, people: dict[str, list[str]], *, at_once: bool
) -> None:
    owed = owed_for(before, command, actor)

    assert why(owed) == people
    assert {notice.at_once for notice in owed} <= {at_once}
    assert {notice.any_hour for notice in owed} <= {False}


def test_every_act_that_is_told_to_somebody_is_in_this_table() -> None:
    told = {owed_for(before, command, actor)[0].content.kind for _, before, command, actor, people, _ in ACTS if people}

    assert told == set(ROUTES)


def test_nobody_is_told_what_he_did_himself() -> None:
    officer = an_actor(Role.AGENCY, LEAD, person="chuyenvien.syt")

    comment = owed_for(a_directive("in_progress"), c.Comment(text="Đã gửi"), officer)
    acknowledged = owed_for(
        a_directive("assigned"), c.Acknowledge(), SECRETARIAT.model_copy(update={"agencies": {LEAD}})
    )

    assert why(comment) == MONITOR
    assert acknowledged == ()


def test_reassigned_the_new_lead_hears_what_was_escalated_and_the_earlier_one_hears_once_at_once() -> None:
    owed = owed_for(a_directive("in_progress"), c.Reassign(agency=OTHER, reason="Đúng chức năng"), CLERK)

    assert why(owed) == {
        "chuyenvien.sxd": ["lead_officers"],
        "truong.sxd": ["lead_head"],
        "chuyenvien.stc": ["coordinating_agencies"],
        "chuyenvien.syt": ["previous_lead_agency"],
        "truong.syt": ["previous_lead_agency"],
    }
    assert all(notice.at_once for notice in owed)
    assert {(n.content.previous_agency, n.content.lead_agency, n.content.text) for n in owed} == {
        (LEAD, OTHER, "Đúng chức năng")
    }


def test_the_new_lead_hears_the_level_that_was_reached() -> None:
    directive = a_directive("in_progress")
    due = due_moments(directive, PolicyTimeline.of(the_policy()), a_calendar(), local("2026-03-25 09:00"))
    directive = fold(told_rows(directive, due, local("2026-03-25 09:00")), directive) or directive

    owed = owed_for(directive, c.Reassign(agency=OTHER), CLERK, "2026-03-25 10:00")

    assert {notice.content.level for notice in owed} == {2}
    assert {notice.content.days_left for notice in owed} == {-3}


def test_a_coordinating_agency_made_the_lead_hears_as_the_lead_only() -> None:
    owed = owed_for(a_directive("in_progress"), c.Reassign(agency=COORDINATING), CLERK)

    assert why(owed)["chuyenvien.stc"] == ["lead_officers"]


def test_a_declined_directive_given_to_the_same_agency_again_tells_it_once_as_the_lead() -> None:
    owed = owed_for(a_directive("declined"), c.Assign(agency=LEAD), CLERK)

    assert why(owed) == ALL_AGENCIES


def test_who_follows_and_also_demanded_hears_once_with_both_reasons() -> None:
    directive = apply(a_directive("in_progress"), c.DemandExplanation(text="Vì sao?"), SECRETARIAT, "2026-03-02 10:00")

    owed = owed_for(directive, c.Explain(text="Do…"), LEAD_AGENCY)

    assert why(owed) == {"theodoi.vanxa": ["monitoring_officer", "demanded"]}


def test_who_demanded_and_is_away_is_told_through_his_deputy_and_one_who_left_is_not_told() -> None:
    away = owed_for(
        demanded(), c.Explain(text="Do…"), LEAD_AGENCY, directory=a_directory(absent={"pct.vanxa": "pct.kinhte"})
    )
    left = owed_for(demanded(), c.Explain(text="Do…"), LEAD_AGENCY, directory=a_directory(without_posts=("pct.vanxa",)))

    deputy = next(notice for notice in away if notice.recipient == "pct.kinhte")
    assert (deputy.content.why, deputy.content.on_behalf_of) == ((Why.DEMANDED,), "pct.vanxa")
    assert why(left) == MONITOR


def test_a_deputy_who_hears_for_himself_and_for_another_gets_one_notice_with_both_reasons_as_himself() -> None:
    directory = a_directory(absent={"truong.syt": "chuyenvien.syt"})

    owed = owed_for(a_directive("submitted"), c.Return(reason="Thiếu"), CLERK, directory=directory)

    assert why(owed) == {"chuyenvien.syt": ["lead_officers", "lead_head"]}
    assert owed[0].content.on_behalf_of is None


def test_a_deputy_is_told_for_whom_he_hears() -> None:
    directory = a_directory(absent={"truong.syt": "pho.syt"})

    owed = owed_for(a_directive("submitted"), c.Return(reason="Thiếu"), CLERK, directory=directory)

    assert {notice.recipient: notice.content.on_behalf_of for notice in owed} == {
        "chuyenvien.syt": None,
        "pho.syt": "truong.syt",
    }


# --- How urgently --------------------------------------------------------------------------------------------


def test_a_routine_act_waits_for_the_morning_and_that_of_an_urgent_directive_does_not() -> None:
    def how(urgency: Urgency) -> set[tuple[bool, bool]]:
        owed = owed_for(a_directive("submitted", urgency=urgency), c.Accept(), CLERK)
        return {(notice.at_once, notice.any_hour) for notice in owed}

    assert how(Urgency.NORMAL) == {(False, False)}
    assert how(Urgency.URGENT) == {(True, False)}
    assert how(Urgency.VERY_URGENT) == {(True, False)}
    assert how(Urgency.FLASH) == {(True, True)}


def test_a_leaders_own_act_goes_at_once_at_any_hour_also_when_his_deputy_acts_for_him() -> None:
    deputy = SECRETARIAT.model_copy(update={"roles": frozenset({Role.LEADER}), "on_behalf_of": "pct.vanxa"})

    in_person = owed_for(a_directive("submitted"), c.Accept(), LEADER)
    by_deputy = owed_for(a_directive("submitted"), c.Accept(), deputy)

    assert {(notice.at_once, notice.any_hour) for notice in (*in_person, *by_deputy)} == {(True, True)}


# --- What it says --------------------------------------------------------------------------------------------


def test_a_notice_says_what_it_is_about_and_what_happens_next_if_nothing_is_done() -> None:
    notice = owed_for(None, a_registration(), CLERK, "2026-03-02 09:00")[0]

    assert (notice.directive, notice.seq, notice.at) == (CODE, 2, local("2026-03-02 09:00"))
    assert notice.content.kind == "assigned"
    assert notice.content.document_number == "1234/UBND-KGVX"
    assert notice.content.days_left == 14
    assert notice.content.following is not None
    assert notice.content.following.at == local("Tue 2026-03-03 08:00")
    assert notice.content.following.clock is Clock.ACKNOWLEDGEMENT


def test_a_long_content_is_carried_as_an_excerpt() -> None:
    notice = owed_for(None, a_registration(content="ă" * 9_000), CLERK)[0]

    assert notice.content.content == "ă" * 400


@pytest.mark.parametrize(
    ("before", "command", "actor", "text"),
    [
        (a_directive("in_progress"), c.Submit(document_number="12/BC-SYT"), LEAD_AGENCY, "12/BC-SYT"),
        (a_directive("submitted"), c.Return(reason="Thiếu phụ lục"), CLERK, "Thiếu phụ lục"),
        (a_directive("submitted"), c.Accept(note="Kết quả tốt"), CLERK, "Kết quả tốt"),
        (asked(), c.DecideExtension(granted=True, citation="Phiếu trình 15"), CLERK, "Phiếu trình 15"),
        (a_directive("in_progress"), c.Urge(text="Đề nghị khẩn trương"), CLERK, "Đề nghị khẩn trương"),
        (a_directive("assigned"), c.Acknowledge(), LEAD_AGENCY, ""),
    ],
)
def test_what_somebody_wrote_stands_in_the_notice(
    before: Directive, command: c.Command, actor: c.Actor, text: str
) -> None:
    assert {notice.content.text for notice in owed_for(before, command, actor)} == {text}


def test_steps_already_past_are_named_by_the_act_that_covers_them() -> None:
    at = "Wed 2026-03-18 09:00"
    amend = c.Amend(reason="Sớm hơn", deadline=a_deadline("2026-03-19"))

    assert owed_for(None, a_registration(), CLERK, at)[0].content.covered == ("-7", "-3")
    assert owed_for(a_directive("in_progress"), amend, CLERK, at)[0].content.covered == ("-7", "-3", "-1")


def test_an_act_that_leaves_the_deadline_covers_nothing() -> None:
    at = "Wed 2026-03-18 09:00"
    amend = c.Amend(reason="Sửa", content="Mới")

    refuse = c.DecideExtension(granted=False, citation="Phiếu 15", reason="Không")

    assert owed_for(a_directive("in_progress"), amend, CLERK, at)[0].content.covered == ()
    assert owed_for(asked(), refuse, CLERK, at)[0].content.covered == ()
    assert owed_for(a_directive("in_progress"), c.Urge(text="Khẩn trương"), CLERK, at)[0].content.covered == ()


# --- Moments -------------------------------------------------------------------------------------------------


def quiet(*until: str, deadline: str = "2026-03-20") -> Directive:
    """A directive in progress whose moments until an instant were told."""
    directive = a_directive("in_progress", deadline=deadline)
    for instant in until:
        due = due_moments(directive, PolicyTimeline.of(the_policy()), a_calendar(), local(instant))
        directive = fold(told_rows(directive, due, local(instant)), directive) or directive
    return directive


def test_a_reminder_reaches_each_audience_with_its_own_reason_in_the_morning() -> None:
    owed = owed_at(quiet("2026-03-17 08:00"), "Thu 2026-03-19 08:00")

    assert why(owed) == ALL_AGENCIES
    assert {(notice.at_once, notice.any_hour) for notice in owed} == {(False, False)}
    assert {notice.content.kind for notice in owed} == {MOMENT}
    assert {notice.content.days_left for notice in owed} == {1}
    assert [step.step for step in owed[0].content.steps] == ["-1"]
    assert owed[0].content.following is not None
    assert owed[0].content.following.at == local("Fri 2026-03-20 08:00")


def test_an_escalation_goes_at_once_with_its_level() -> None:
    owed = owed_at(quiet("2026-03-23 08:00"), "Wed 2026-03-25 08:00")

    assert why(owed) == {"chanhvanphong": ["chief_of_office"]}
    assert (owed[0].at_once, owed[0].any_hour, owed[0].content.level) == (True, False, 2)


def test_two_steps_that_fall_together_are_one_message_for_each_person_naming_both() -> None:
    owed = owed_at(quiet("2026-03-19 08:00", deadline="2026-03-22"), "Fri 2026-03-20 08:00")

    assert why(owed) == ALL_AGENCIES
    assert {tuple(step.step for step in notice.content.steps) for notice in owed} == {("-1", "0")}


def test_after_an_outage_each_person_has_one_message_of_the_highest_level_naming_what_was_missed() -> None:
    owed = owed_at(quiet("2026-03-11 08:00"), "Wed 2026-03-25 09:00")

    assert why(owed) == {**ALL_AGENCIES, "chanhvanphong": ["chief_of_office"]}
    assert {notice.recipient: [step.step for step in notice.content.steps] for notice in owed} == {
        "chuyenvien.syt": ["-3", "-1", "0"],
        "truong.syt": ["-1", "0", "+1"],
        "chuyenvien.stc": ["-1", "0"],
        "chanhvanphong": ["+3"],
    }
    assert {notice.content.level for notice in owed} == {2}
    assert {step.planned_at for notice in owed for step in notice.content.steps if step.step == "+1"} == {
        local("Mon 2026-03-23 08:00")
    }


def test_a_deputy_of_the_head_who_is_an_officer_has_one_message_with_the_steps_of_both() -> None:
    directory = a_directory(absent={"truong.syt": "chuyenvien.syt"})

    owed = owed_at(quiet("2026-03-11 08:00"), "Mon 2026-03-23 09:00", directory)

    officer = next(notice for notice in owed if notice.recipient == "chuyenvien.syt")
    assert why(owed).keys() == {"chuyenvien.syt", "chuyenvien.stc"}
    assert [step.step for step in officer.content.steps] == ["-3", "-1", "0", "+1"]
    assert officer.content.why == (Why.LEAD_OFFICERS, Why.LEAD_HEAD)
    assert officer.content.on_behalf_of is None


def test_the_chief_who_hears_for_a_vacant_head_is_told_so() -> None:
    owed = owed_at(quiet("2026-03-20 08:00"), "Mon 2026-03-23 08:00", a_directory(without_posts=("truong.syt",)))

    assert why(owed) == {"chanhvanphong": ["lead_head"]}


def test_a_moment_and_the_notice_of_a_flash_directive_go_at_any_hour() -> None:
    directive = a_directive("assigned", at="Fri 2026-03-20 08:00", deadline="2026-03-20", urgency=Urgency.FLASH)

    owed = owed_at(directive, "Fri 2026-03-20 09:00")

    assert {(notice.at_once, notice.any_hour) for notice in owed} == {(True, True)}
