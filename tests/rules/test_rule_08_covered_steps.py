"""RULES 8: steps already past are covered by the notice of the act, which says so; nearer and farther deadlines."""

import pytest
from builders import (
    LEAD_AGENCY,
    LEADER,
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
from hypothesis import given, settings
from hypothesis import strategies as st
from office_fixture import Desk
from told_life import ToldLife

from database.engine import reading
from documents.language import Language
from documents.notice_text import NoticeText, render
from models import commands as c
from models.directive import Directive
from models.life import fold
from models.moments import due_moments
from models.notices import NoticeContent, notices_owed
from models.policy import PolicyTimeline
from models.tables import NOTICE
from models.vocabulary import Clock, Urgency

FRIDAY = a_deadline("2026-03-20", "Friday")


def notice_of(before: Directive | None, command: c.Command, actor: c.Actor, at: str) -> NoticeContent:
    """What the lead agency's officer reads of an act."""
    rows = recorded(before, command, actor, local(at))
    after = fold(rows, before)
    assert after is not None
    owed = notices_owed(after, rows, a_directory(), the_policy(), a_calendar(), None)
    return next(one.content for one in owed if one.recipient == "chuyenvien.syt")


def read_by_people(content: NoticeContent) -> NoticeText:
    return render(content, a_directory(), Language.VI, "https://dondoc.example")


# --- Steps already past ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("registered", "covered"),
    [
        ("Mon 2026-03-02 09:00", ()),
        ("Wed 2026-03-11 07:59", ()),
        ("Wed 2026-03-11 08:00", ("-7",)),
        ("Mon 2026-03-16 23:59", ("-7",)),
        ("Wed 2026-03-18 09:00", ("-7", "-3")),
        ("Fri 2026-03-20 07:00", ("-7", "-3", "-1")),
        ("Fri 2026-03-20 08:30", ("-7", "-3", "-1", "0")),
        ("Sat 2026-03-21 10:00", ("-7", "-3", "-1", "0")),
        ("Mon 2026-03-23 08:00", ("-7", "-3", "-1", "0", "+1")),
        ("Fri 2026-04-24 10:00", ("-7", "-3", "-1", "0", "+1", "+3", "+7", "+15")),
    ],
)
def test_rule_08_what_is_past_at_registration_is_covered_by_its_notice_which_says_so(
    registered: str, covered: tuple[str, ...]
) -> None:
    life = ToldLife().do(a_registration(deadline=FRIDAY), SECRETARIAT, registered)

    content = notice_of(None, a_registration(deadline=FRIDAY), SECRETARIAT, registered)

    assert life.tell(registered) == []
    assert content.covered == covered
    said = [remark for remark in read_by_people(content).remarks if remark.startswith("Các mốc đã qua")]
    assert len(said) == (1 if covered else 0)
    assert not covered or "trước hạn 7 ngày làm việc" in said[0]


ACTS = [
    ("amend", a_directive("in_progress", deadline="2026-04-24"), c.Amend(reason="Gấp", deadline=FRIDAY), LEADER),
    (
        "extension",
        apply(
            a_directive("in_progress", deadline="2026-03-19"),
            c.RequestExtension(deadline=FRIDAY, reason="Cần một ngày"),
            LEAD_AGENCY,
            "2026-03-17 10:00",
        ),
        c.DecideExtension(granted=True),
        LEADER,
    ),
    ("return", a_directive("submitted", deadline="2026-03-10"), c.Return(reason="Thiếu", deadline=FRIDAY), LEADER),
    ("resume", a_directive("suspended", deadline="2026-03-10"), c.Resume(deadline=FRIDAY), LEADER),
    ("reopen", a_directive("completed", deadline="2026-03-10"), c.Reopen(deadline=FRIDAY, reason="Sai"), LEADER),
]


@pytest.mark.parametrize(("before", "command", "actor"), [row[1:] for row in ACTS], ids=[row[0] for row in ACTS])
def test_rule_08_a_new_deadline_by_whatever_act_covers_its_past_steps_and_never_tells_them(
    before: Directive, command: c.Command, actor: c.Actor
) -> None:
    after = apply(before, command, actor, "Wed 2026-03-18 09:00")

    content = notice_of(before, command, actor, "Wed 2026-03-18 09:00")

    assert content.covered == ("-7", "-3")
    assert any("Các mốc đã qua" in remark for remark in read_by_people(content).remarks)
    due = due_moments(after, PolicyTimeline.of(the_policy()), a_calendar(), local("Thu 2026-03-19 08:00"))
    assert [moment.step for moment in due if moment.clock is Clock.DEADLINE] == ["-1"]


def test_rule_08_on_a_flash_directive_what_is_past_is_counted_in_working_hours_over_the_weekend() -> None:
    """Due on Monday at 10:00: 16 working hours before is Thursday 09:00, 8 is Friday 09:30, 2 is Monday 08:00."""
    monday = a_deadline("2026-03-23 10:00", "Monday")

    def covered(at: str) -> tuple[str, ...]:
        registration = a_registration(deadline=monday, urgency=Urgency.FLASH)
        return notice_of(None, registration, SECRETARIAT, at).covered

    assert covered("Thu 2026-03-19 08:59") == ()
    assert covered("Fri 2026-03-20 09:29") == ("-16h",)
    assert covered("Fri 2026-03-20 16:00") == covered("Sun 2026-03-22 23:00") == ("-16h", "-8h")
    assert covered("Mon 2026-03-23 09:00") == ("-16h", "-8h", "-2h")


# --- Nearer, farther -------------------------------------------------------------------------------------------


def test_rule_08_a_nearer_deadline_the_same_day_is_announced_though_today_was_told_for_the_old_one() -> None:
    life = ToldLife().do(a_registration(deadline=FRIDAY), SECRETARIAT, "Mon 2026-03-02 09:00")
    life.do(c.Acknowledge(), LEAD_AGENCY, "Mon 2026-03-02 10:00")
    assert "deadline 0 Fri 2026-03-20 08:00" in life.tell("Fri 2026-03-20 08:00")
    nearer = c.Amend(reason="Bộ họp sớm", deadline=a_deadline("2026-03-20 15:00", "Friday"))

    content = notice_of(life.directive, nearer, LEADER, "Fri 2026-03-20 09:00")
    life.do(nearer, LEADER, "Fri 2026-03-20 09:00")

    assert content.kind == "amended"
    assert content.deadline == a_deadline("2026-03-20 15:00")
    assert content.covered == ("-7", "-3", "-1", "0")
    assert life.ahead(Clock.DEADLINE, "Fri 2026-03-20 09:00")[0] == "+1 Mon 2026-03-23 08:00"


def test_rule_08_a_nearer_deadline_whose_today_is_still_to_come_has_a_today_of_its_own() -> None:
    life = ToldLife().do(a_registration(deadline=FRIDAY), SECRETARIAT, "Mon 2026-03-02 09:00")
    life.do(c.Acknowledge(), LEAD_AGENCY, "Mon 2026-03-02 10:00")
    life.tell("Tue 2026-03-17 08:00")

    life.do(c.Amend(reason="Sớm", deadline=a_deadline("2026-03-18", "Wednesday")), LEADER, "Tue 2026-03-17 09:00")

    assert life.tell("Wed 2026-03-18 08:00") == ["deadline 0 Wed 2026-03-18 08:00"]


def test_rule_08_moved_nearer_farther_and_back_the_same_day_it_has_its_whole_ladder_again() -> None:
    life = ToldLife().do(a_registration(deadline=FRIDAY), SECRETARIAT, "Mon 2026-03-02 09:00")
    life.do(c.Acknowledge(), LEAD_AGENCY, "Mon 2026-03-02 10:00")
    life.tell("Wed 2026-03-11 08:00")

    life.do(c.Amend(reason="Sớm", deadline=a_deadline("2026-03-13")), LEADER, "Wed 2026-03-11 09:00")
    life.do(c.Amend(reason="Muộn", deadline=a_deadline("2026-04-24")), LEADER, "Wed 2026-03-11 09:05")
    life.do(c.Amend(reason="Như cũ", deadline=FRIDAY), LEADER, "Wed 2026-03-11 09:10")

    # The same day as at first, in a run of its own: of its ladder -7 was this morning and is covered by the act.
    assert life.ahead(Clock.DEADLINE, "Wed 2026-03-11 09:10")[:3] == [
        "-3 Tue 2026-03-17 08:00",
        "-1 Thu 2026-03-19 08:00",
        "0 Fri 2026-03-20 08:00",
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(8, 120))
def test_rule_08_a_deadline_far_enough_ahead_has_its_whole_ladder_whatever_was_told_before(
    told_until: int, ahead: int
) -> None:
    calendar = a_calendar()
    day_of_act = calendar.add(FRIDAY.last_day, told_until)
    new_day = calendar.add(day_of_act, ahead)
    life = ToldLife().do(a_registration(deadline=FRIDAY), SECRETARIAT, "Mon 2026-03-02 09:00")
    now = local(f"{day_of_act} 10:00")
    life.tell(now)

    life.do(c.Amend(reason="Lùi", deadline=a_deadline(new_day.isoformat())), LEADER, now)

    ladder = [line.split()[0] for line in life.ahead(Clock.DEADLINE, f"{day_of_act} 10:00")]
    assert ladder == ["-7", "-3", "-1", "0", "+1", "+3", "+7", "+15", "+20", "+25", "+30"]


# --- Through the door ------------------------------------------------------------------------------------------


def test_rule_08_in_ledger_and_inbox_the_covered_steps_stand_in_one_notice_of_the_act(desk: Desk) -> None:
    desk.register("NV-1", "Wed 2026-03-18 09:00", deadline=FRIDAY)
    desk.tell("NV-1", "Wed 2026-03-18 17:00")

    with reading(desk.office.engine) as connection:
        found = connection.execute(NOTICE.select().where(NOTICE.c.recipient == "chuyenvien.syt")).all()

    assert desk.directive("NV-1").told == ()
    assert [row.kind for row in found] == ["assigned"]
    assert NoticeContent.model_validate_json(found[0].content).covered == ("-7", "-3")
