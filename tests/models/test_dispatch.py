import datetime as dt

import pytest
from builders import a_calendar, a_directory, clock_face, local

from models.dispatch import (
    Unreachable,
    Waiting,
    departures,
    hours_of,
    hours_to_choose,
    last_digest,
    leaves_at,
    mail_may_leave,
    unreachable,
)
from models.policy import MailHours

HOURS = MailHours()

ROUTINE: dict[str, object] = {}
URGENT: dict[str, object] = {"at_once": True}
FLASH: dict[str, object] = {"at_once": True, "any_hour": True}


def waiting(number: int = 1, at: str = "2026-03-04 09:00", **changes: object) -> Waiting:
    values: dict[str, object] = {
        "delivery": number,
        "notice": number,
        "directive": f"QNG-{number}",
        "seq": 3,
        "recipient": "truong.syt",
        "at": local(at),
        "kind": "returned",
    }
    return Waiting.model_validate({**values, **changes})


@pytest.mark.parametrize(
    ("flags", "made", "now", "expected"),
    [
        # What goes at once leaves in mail hours of working days.
        (URGENT, "Wed 2026-03-04 09:00", "Wed 2026-03-04 09:00", "Wed 2026-03-04 09:00"),
        (URGENT, "Wed 2026-03-04 17:59", "Wed 2026-03-04 17:59", "Wed 2026-03-04 17:59"),
        (URGENT, "Wed 2026-03-04 18:00", "Wed 2026-03-04 18:00", "Thu 2026-03-05 07:00"),
        (URGENT, "Wed 2026-03-04 18:01", "Wed 2026-03-04 18:01", "Thu 2026-03-05 07:00"),
        (URGENT, "Wed 2026-03-04 23:30", "Wed 2026-03-04 23:30", "Thu 2026-03-05 07:00"),
        (URGENT, "Thu 2026-03-05 00:30", "Thu 2026-03-05 00:30", "Thu 2026-03-05 07:00"),
        (URGENT, "Wed 2026-03-04 17:59", "Wed 2026-03-04 18:01", "Thu 2026-03-05 07:00"),
        (URGENT, "Fri 2026-03-06 18:30", "Fri 2026-03-06 18:30", "Mon 2026-03-09 07:00"),
        (URGENT, "Sat 2026-03-07 10:00", "Sat 2026-03-07 10:00", "Mon 2026-03-09 07:00"),
        (URGENT, "Sat 2026-01-10 10:00", "Sat 2026-01-10 10:00", "Sat 2026-01-10 10:00"),  # a worked Saturday
        (URGENT, "Fri 2026-02-13 19:00", "Fri 2026-02-13 19:00", "Mon 2026-02-23 07:00"),  # Tết
        (URGENT, "Tue 2026-02-17 09:00", "Tue 2026-02-17 09:00", "Mon 2026-02-23 07:00"),
        # Flash directives and a leader's own act leave at any hour.
        (FLASH, "Wed 2026-03-04 23:30", "Wed 2026-03-04 23:30", "Wed 2026-03-04 23:30"),
        (FLASH, "Tue 2026-02-17 03:00", "Tue 2026-02-17 03:00", "Tue 2026-02-17 03:00"),
        # Everything else leaves with the digest of the next working morning.
        (ROUTINE, "Wed 2026-03-04 07:30", "Wed 2026-03-04 07:30", "Wed 2026-03-04 08:00"),
        (ROUTINE, "Wed 2026-03-04 08:00", "Wed 2026-03-04 08:00", "Wed 2026-03-04 08:00"),
        (ROUTINE, "Wed 2026-03-04 08:15", "Wed 2026-03-04 08:15", "Wed 2026-03-04 08:15"),
        (ROUTINE, "Wed 2026-03-04 08:16", "Wed 2026-03-04 08:16", "Thu 2026-03-05 08:00"),
        (ROUTINE, "Wed 2026-03-04 23:30", "Wed 2026-03-04 23:30", "Thu 2026-03-05 08:00"),
        (ROUTINE, "Thu 2026-03-05 00:30", "Thu 2026-03-05 00:30", "Thu 2026-03-05 08:00"),
        (ROUTINE, "Fri 2026-03-06 09:00", "Fri 2026-03-06 09:00", "Mon 2026-03-09 08:00"),
        (ROUTINE, "Sun 2026-03-08 09:00", "Sun 2026-03-08 09:00", "Mon 2026-03-09 08:00"),
        (ROUTINE, "Fri 2026-02-13 09:00", "Fri 2026-02-13 09:00", "Mon 2026-02-23 08:00"),
        # The mail was down at 08:00: the digest leaves when it is back, in mail hours only.
        (ROUTINE, "Wed 2026-03-04 07:30", "Wed 2026-03-04 10:00", "Wed 2026-03-04 10:00"),
        (ROUTINE, "Wed 2026-03-04 07:30", "Wed 2026-03-04 18:30", "Thu 2026-03-05 08:00"),
        (ROUTINE, "Wed 2026-03-04 07:30", "Thu 2026-03-05 07:30", "Thu 2026-03-05 08:00"),
    ],
)
def test_mail_leaves_in_the_hours_that_its_kind_may(
    flags: dict[str, object], made: str, now: str, expected: str
) -> None:
    instant = leaves_at(waiting(1, made, **flags), HOURS, a_calendar(), local(now))

    assert clock_face(instant) == expected


def test_a_routine_notice_made_after_the_persons_digest_left_waits_for_the_next_working_morning() -> None:
    notice, now = waiting(at="Fri 2026-03-06 08:05"), local("Fri 2026-03-06 08:10")

    assert leaves_at(notice, HOURS, a_calendar(), now) == now
    assert clock_face(leaves_at(notice, HOURS, a_calendar(), now, digest_left=True)) == "Mon 2026-03-09 08:00"


def test_a_moment_told_late_after_an_outage_still_belongs_to_the_morning_it_was_planned_for() -> None:
    planned = local("Wed 2026-03-04 08:00")
    told_late = waiting(at="Wed 2026-03-04 10:00", kind="moment", planned_at=planned)
    act = waiting(at="Wed 2026-03-04 10:00", kind="acknowledged")
    now = local("Wed 2026-03-04 10:01")

    assert leaves_at(told_late, HOURS, a_calendar(), now) == now
    assert clock_face(leaves_at(act, HOURS, a_calendar(), now)) == "Thu 2026-03-05 08:00"


def test_an_escalation_never_waits_for_the_digest() -> None:
    now = local("Wed 2026-03-04 09:00")

    assert waiting(kind="moment", level=1).urgent
    assert leaves_at(waiting(kind="moment", level=1), HOURS, a_calendar(), now) == now
    assert not waiting(kind="commented", level=2).urgent, "a remark on an escalated directive is no escalation"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("Wed 2026-03-04 08:00", "Wed 2026-03-04 08:00"),
        ("Wed 2026-03-04 07:59", "Tue 2026-03-03 08:00"),
        ("Mon 2026-03-09 07:30", "Fri 2026-03-06 08:00"),
        ("Sun 2026-03-08 12:00", "Fri 2026-03-06 08:00"),
    ],
)
def test_the_last_digest_is_that_of_the_last_working_morning(now: str, expected: str) -> None:
    assert clock_face(last_digest(HOURS, a_calendar(), local(now))) == expected


@pytest.mark.parametrize(
    ("now", "may"),
    [
        ("Wed 2026-03-04 06:59", False),
        ("Wed 2026-03-04 07:00", True),
        ("Wed 2026-03-04 17:59", True),
        ("Wed 2026-03-04 18:00", False),
        ("Sat 2026-03-07 10:00", False),
    ],
)
def test_mail_hours_begin_at_the_opening_and_end_before_the_closing(now: str, *, may: bool) -> None:
    assert mail_may_leave(HOURS, a_calendar(), local(now)) is may


def test_what_goes_at_once_to_one_person_makes_one_mail_and_the_digest_another() -> None:
    now = local("Wed 2026-03-04 08:10")
    notices = [
        waiting(1, "2026-03-04 08:00", at_once=True),
        waiting(2, "2026-03-04 08:01", kind="moment", level=2),
        waiting(3, "2026-03-04 08:00"),
        waiting(4, "2026-03-03 15:00"),
        waiting(5, "2026-03-04 08:00", recipient="vanthu"),
    ]

    found = departures(notices, HOURS, a_calendar(), now)

    assert [(mail.recipient, mail.digest, [one.delivery for one in mail.notices]) for mail in found.leaving] == [
        ("truong.syt", False, [1, 2]),
        ("truong.syt", True, [4, 3]),
        ("vanthu", True, [5]),
    ]


def test_one_event_that_reaches_many_directives_is_waited_for_and_leaves_as_one_bundle() -> None:
    made = [waiting(number, f"2026-03-04 09:00:{number // 10:02}", at_once=True) for number in range(96)]
    last = local("2026-03-04 09:00:09")

    still_coming = departures(made, HOURS, a_calendar(), last + dt.timedelta(seconds=1))
    settled = departures(made, HOURS, a_calendar(), last + dt.timedelta(seconds=3))

    assert still_coming.leaving == ()
    assert [len(mail.notices) for mail in settled.leaving] == [96]


def test_nobody_waits_longer_than_a_minute_for_more_to_come() -> None:
    made = [waiting(1, "2026-03-04 09:00:00", at_once=True), waiting(2, "2026-03-04 09:00:59", at_once=True)]

    found = departures(made, HOURS, a_calendar(), local("2026-03-04 09:01:00"))

    assert len(found.leaving) == 1


def test_while_the_mornings_moments_are_being_recorded_digests_and_escalations_wait_but_acts_and_flash_do_not() -> None:
    now = local("Wed 2026-03-04 08:02")
    notices = [
        waiting(1, "2026-03-04 08:00"),
        waiting(2, "2026-03-04 08:00", kind="moment", level=1, at_once=True),
        waiting(3, "2026-03-04 08:00", recipient="pho.syt", at_once=True),
        waiting(4, "2026-03-04 08:00", recipient="vanthu", kind="moment", any_hour=True, at_once=True),
    ]

    found = departures(notices, HOURS, a_calendar(), now, gathering=True)

    assert [mail.recipient for mail in found.leaving] == ["pho.syt", "vanthu"]
    assert found.later == ()
    assert found.dropped == ()


def test_what_was_closed_meanwhile_is_not_said_but_acts_that_go_at_once_and_the_closing_itself_are() -> None:
    now = local("Wed 2026-03-04 08:10")
    notices = [
        waiting(1, "2026-03-04 08:00", kind="moment", moot=True),
        waiting(2, "2026-03-04 08:00", kind="progress_reported", moot=True),
        waiting(3, "2026-03-04 08:00", kind="accepted"),
        waiting(4, "2026-03-04 08:00", kind="moment", level=2, at_once=True, moot=True),
        waiting(5, "2026-03-04 08:00", kind="returned", at_once=True, moot=True),
    ]

    found = departures(notices, HOURS, a_calendar(), now)

    assert [one.delivery for one in found.dropped] == [1, 2, 4]
    assert [[one.delivery for one in mail.notices] for mail in found.leaving] == [[5], [3]]


def test_what_waits_for_its_hour_is_named_with_that_hour() -> None:
    now = local("Wed 2026-03-04 20:00")

    found = departures([waiting(1, at_once=True), waiting(2)], HOURS, a_calendar(), now)

    assert [(notice.delivery, clock_face(instant)) for notice, instant in found.later] == [
        (1, "Thu 2026-03-05 07:00"),
        (2, "Thu 2026-03-05 08:00"),
    ]


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ("truong.syt", None),
        ("pho.syt", Unreachable.LOCKED),
        ("chuyenvien.syt", Unreachable.LEFT),
        ("ai.do", Unreachable.UNKNOWN),
    ],
)
def test_nobody_who_left_or_is_locked_gets_mail(person: str, expected: Unreachable | None) -> None:
    directory = a_directory(locked=["pho.syt"], without_posts=["chuyenvien.syt"])

    assert unreachable(person, directory, dt.date(2026, 3, 4)) is expected


def test_two_notices_never_share_an_identity_and_it_does_not_depend_on_row_numbers() -> None:
    assert waiting(1, directive="A", delivery=7).identity == waiting(2, directive="A", delivery=9).identity
    assert waiting(1, directive="A").identity != waiting(1, directive="A", seq=4).identity
    assert waiting(1, directive="A").identity != waiting(1, directive="A", recipient="vanthu").identity


# --- A person's own hour -----------------------------------------------------------------------------------------


def test_a_person_may_choose_a_full_hour_after_the_policys_and_before_the_closing() -> None:
    assert hours_to_choose(HOURS) == (9, 10, 11, 12, 13, 14, 15, 16, 17)


@pytest.mark.parametrize("wanted", [None, 6, 8, 18, 23, 99])
def test_an_hour_that_nobody_may_choose_leaves_the_policys(wanted: int | None) -> None:
    assert hours_of(wanted, HOURS) == HOURS


@pytest.mark.parametrize(
    ("flags", "made", "now", "his_leaves", "others_leave"),
    [
        (ROUTINE, "Wed 2026-03-04 07:30", "Wed 2026-03-04 08:00", False, True),
        (ROUTINE, "Wed 2026-03-04 08:00", "Wed 2026-03-04 13:59", False, True),
        (ROUTINE, "Wed 2026-03-04 08:00", "Wed 2026-03-04 14:00", True, True),
        (ROUTINE, "Wed 2026-03-04 13:00", "Wed 2026-03-04 14:00", True, False),
        (ROUTINE, "Wed 2026-03-04 15:00", "Thu 2026-03-05 08:00", False, True),
        (URGENT, "Wed 2026-03-04 08:00", "Wed 2026-03-04 08:00", True, True),  # what is urgent never waits for it
        (FLASH, "Wed 2026-03-04 23:00", "Wed 2026-03-04 23:00", True, True),
    ],
)
def test_a_digest_comes_at_its_readers_hour_and_nobody_elses_is_moved(
    flags: dict[str, object], made: str, now: str, *, his_leaves: bool, others_leave: bool
) -> None:
    both = [waiting(1, made, **flags), waiting(2, made, recipient="pho.syt", **flags)]

    quiet = dt.timedelta(0)
    found = departures(both, HOURS, a_calendar(), local(now), digest_hours={"truong.syt": 14}, quiet=quiet)

    gone = {mail.recipient for mail in found.leaving}
    assert ("truong.syt" in gone, "pho.syt" in gone) == (his_leaves, others_leave)
