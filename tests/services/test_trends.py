"""The weeks behind us as the board draws them; what is remembered of them never differs from what is counted anew."""

import pytest
from builders import local
from office_fixture import Desk
from standing_office import counted_statements

from database.engine import reading
from database.figures import Filter
from models import commands as c
from services.trends import Trends, Week

HEALTH, CLERK = "truong.syt", "vanthu"


@pytest.fixture
def desk_of_march(desk: Desk) -> Desk:
    desk.register("NV-1", "Wed 2026-02-25 09:00")
    desk.register("NV-2", "Mon 2026-03-02 08:10")
    return desk


def weeks(desk: Desk, trends: Trends, when: str, only: Filter | None = None) -> tuple[Week, ...]:
    with reading(desk.office.engine) as connection:
        return trends.weeks(connection, local(when), only or Filter(), 0)


def finished(desk: Desk, code: str, day: str, hour: int) -> None:
    desk.act(code, c.Acknowledge(), HEALTH, f"{day} {hour:02d}:03")
    desk.act(code, c.Submit(result="Xong"), HEALTH, f"{day} {hour:02d}:05")
    desk.act(code, c.Accept(), CLERK, f"{day} {hour:02d}:20")


def test_what_happens_within_the_hour_is_counted_at_once_and_stays_counted(desk_of_march: Desk) -> None:
    desk, remembering = desk_of_march, Trends()

    def this_week(when: str) -> tuple[int, int]:
        last = weeks(desk, remembering, when)[-1]
        assert weeks(desk, Trends(), when)[-1] == last
        return last.entered, last.completed

    assert this_week("Tue 2026-03-03 10:01") == (1, 0)
    finished(desk, "NV-1", "Tue 2026-03-03", 10)
    assert this_week("Tue 2026-03-03 10:30") == (1, 1)
    desk.register("NV-3", "Tue 2026-03-03 10:40")
    assert this_week("Tue 2026-03-03 10:50") == (2, 1)
    assert this_week("Tue 2026-03-03 12:00") == (2, 1)
    finished(desk, "NV-3", "Wed 2026-03-04", 9)
    assert this_week("Wed 2026-03-04 09:30") == (2, 2)
    assert this_week("Mon 2026-03-09 00:00") == (0, 0)


def test_an_event_that_is_seen_a_moment_after_its_instant_is_counted(desk_of_march: Desk) -> None:
    """Its transaction ended after the board was looked at."""
    trends = Trends()
    assert weeks(desk_of_march, trends, "Tue 2026-03-03 10:30")[-1].entered == 1
    assert weeks(desk_of_march, trends, "Tue 2026-03-03 10:35")[-1].entered == 1
    desk_of_march.register("NV-3", "Tue 2026-03-03 10:34")

    assert weeks(desk_of_march, trends, "Tue 2026-03-03 10:37")[-1].entered == 2
    assert weeks(desk_of_march, trends, "Tue 2026-03-03 10:59")[-1].entered == 2


def test_each_filter_has_its_own_hours(desk_of_march: Desk) -> None:
    trends = Trends()
    for _ in range(2):
        assert weeks(desk_of_march, trends, "Tue 2026-03-03 10:01")[-1].entered == 1
        assert weeks(desk_of_march, trends, "Tue 2026-03-03 10:01", Filter(agency="STC"))[-1].entered == 0


def test_weeks_that_were_counted_beforehand_are_the_same_and_are_not_counted_again(desk_of_march: Desk) -> None:
    trends, only = Trends(), Filter(agency="SYT")
    expected = weeks(desk_of_march, Trends(), "Tue 2026-03-03 10:01", only)
    with reading(desk_of_march.office.engine) as connection:
        trends.count_weeks(connection, local("Tue 2026-03-03 10:00"), only)

    with counted_statements(desk_of_march.office.engine) as beforehand:
        assert weeks(desk_of_march, trends, "Tue 2026-03-03 10:01", only) == expected
    with counted_statements(desk_of_march.office.engine) as at_once:
        assert weeks(desk_of_march, Trends(), "Tue 2026-03-03 10:01", only) == expected
    assert len(beforehand) < len(at_once)
