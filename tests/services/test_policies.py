import datetime as dt

import pytest
from builders import a_deadline, clock_face, local
from office_fixture import Desk

from database.seed_data import read_default_policy
from models import commands as c
from models.directive import SourceDocument
from models.refusal import Code, Refused
from services.data_files import FileRefused
from services.policies import Change, activate, policy_in_force, simulate


def without_the_reminder_seven_days_before(text: str) -> str:
    line = "          - {at: -7, to: [lead_officers]}\n"
    assert line in text
    return text.replace(line, "", 1)


def test_a_policy_put_in_force_is_a_new_version_from_now_on(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-02 09:00")
    plan = desk.office.reference().plan

    done = activate(desk.office, without_the_reminder_seven_days_before(read_default_policy()), "vanthu")

    assert done is not None
    assert (done.version, done.replanned) == (2, 1)
    found = policy_in_force(desk.office)
    assert (found.policy.version, found.activated_by) == (2, "vanthu")
    assert abs(found.since - local("2026-03-04 10:00")) < dt.timedelta(minutes=1)
    assert desk.office.reference().plan != plan


def test_the_policy_in_force_put_in_force_again_changes_nothing(desk: Desk) -> None:
    plan = desk.office.reference().plan

    assert activate(desk.office, read_default_policy(), "quantri") is None

    assert policy_in_force(desk.office).policy.version == 1
    assert desk.office.reference().plan == plan


def test_an_agency_does_not_put_policies_in_force(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        activate(desk.office, without_the_reminder_seven_days_before(read_default_policy()), "truong.syt")

    assert refused.value.code is Code.NOT_ALLOWED
    assert policy_in_force(desk.office).policy.version == 1


def test_a_file_with_a_fault_is_not_put_in_force(desk: Desk) -> None:
    with pytest.raises(FileRefused):
        activate(desk.office, "name: x", "quantri")

    assert policy_in_force(desk.office).policy.version == 1


def test_a_simulation_of_the_policy_in_force_finds_no_difference(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-02 09:00", deadline=a_deadline("2026-03-20"))

    tried = simulate(desk.office, read_default_policy())

    assert tried.directives == 1
    assert tried.changes == ()
    assert all(one.before == one.after > 0 for one in tried.counts)


def test_a_simulation_says_which_reminders_of_the_coming_thirty_days_would_be_others(desk: Desk) -> None:
    """The seventh working day before Friday 20 March is Wednesday 11 March."""
    desk.register("NV-1", "2026-03-02 09:00", deadline=a_deadline("2026-03-20"))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "2026-03-02 10:00")
    desk.register("NV-2", "2026-03-02 09:00", deadline=a_deadline("2026-06-19"))
    desk.act("NV-2", c.Acknowledge(), "truong.syt", "2026-03-02 10:00")
    policy = without_the_reminder_seven_days_before(read_default_policy()).replace(
        "{at: -3, to: [lead_officers]}", '{at: -3, to: [lead_officers, lead_head], time: "09:00"}', 1
    )

    tried = simulate(desk.office, policy)

    assert [(one.code, one.change, one.moment.step) for one in tried.changes] == [
        ("NV-1", Change.REMOVED, "-7"),
        ("NV-1", Change.MOVED, "-3"),
    ]
    removed, moved = tried.changes
    assert removed.before is not None
    assert removed.before.at == local("Wed 2026-03-11 08:00")
    assert moved.after is not None
    assert moved.after.at == local("Tue 2026-03-17 09:00")
    counts = {(one.clock, one.step): (one.before, one.after) for one in tried.counts}
    assert counts[("deadline", "-7")] == (1, 0)
    assert counts[("deadline", "-3")] == (1, 1)
    assert policy_in_force(desk.office).policy.version == 1


def test_a_simulation_counts_every_repetition_and_who_else_would_hear(desk: Desk) -> None:
    """The fifteenth working day after 30 January, Tết left out, is Friday 27 February; then every fifth."""
    early = SourceDocument(number="1/UBND-KGVX", date=dt.date(2026, 1, 5))
    desk.register("NV-1", "2026-01-05 09:00", deadline=a_deadline("2026-01-30"), document=early)
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "2026-01-05 10:00")
    desk.tell("NV-1", "2026-03-04 09:00")
    policy = read_default_policy().replace("{at: 15, to: [chairman]", "{at: 15, to: [chairman, chief_of_office]", 1)

    tried = simulate(desk.office, policy)

    repeated = [one for one in tried.changes if one.change is Change.OTHER_PEOPLE]
    assert [clock_face(one.moment.at) for one in repeated] == [
        "Fri 2026-03-06 08:00",
        "Fri 2026-03-13 08:00",
        "Fri 2026-03-20 08:00",
        "Fri 2026-03-27 08:00",
        "Fri 2026-04-03 08:00",
    ]
    assert sum(one.before for one in tried.counts if one.clock == "deadline") == 5
