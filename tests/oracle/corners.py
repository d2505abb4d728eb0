"""Lives written by hand: corners in which the engine was once wrong, or which chance meets once in many thousands."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from oracle.naive_calendar import HERE
from oracle.naive_script import CalendarChange, Happening, PolicyChange, Script, Wish
from oracle.offices import ANNOUNCED, POLICIES, the_people

WITHOUT_THE_FIRST_STEPS, WITH_ONE_MORE_STEP = POLICIES[1], POLICIES[2]


def _at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=HERE).astimezone(dt.UTC)


def _due(day: str) -> Mapping[str, Any]:
    return {"day": dt.date.fromisoformat(day), "time": None, "qualifier": "by"}


def _script(*happenings: Happening, until: str) -> Script:
    return Script(ANNOUNCED, POLICIES[0], the_people(), happenings, (), _at(until))


CORNERS: Mapping[str, Script] = {
    "steps that an older policy had before the act are covered too": _script(
        Wish(_at("2026-03-02 09:00"), "register", data={"deadline": _due("2026-03-06")}),
        PolicyChange(_at("2026-03-03 10:00"), WITHOUT_THE_FIRST_STEPS),
        Wish(_at("2026-03-04 09:00"), "assign", data={"agency": "SYT"}),
        until="2026-03-20 12:00",
    ),
    "a covered step that an announcement moves to tomorrow stays covered after a return": _script(
        Wish(_at("2022-01-20 08:00"), "register", data={"lead_agency": "SYT", "deadline": _due("2022-01-25")}),
        Wish(_at("2022-01-20 08:07"), "acknowledge", "lead"),
        Wish(_at("2022-01-20 08:14"), "submit", "lead"),
        CalendarChange(_at("2022-01-20 08:21"), {dt.date(2022, 1, 22): True}),
        Wish(_at("2022-01-20 08:28"), "return", data={"deadline": None}),
        until="2022-02-10 12:00",
    ),
    "a step that an announcement moves to before the act, and before the policy of the act, is told at once": _script(
        Wish(_at("2026-03-02 07:00"), "register", data={"lead_agency": "SYT", "deadline": _due("2026-03-31")}),
        PolicyChange(_at("2026-03-03 08:30"), WITH_ONE_MORE_STEP),
        Wish(_at("2026-03-03 09:00"), "amend", data={"deadline": _due("2026-03-09")}),
        CalendarChange(_at("2026-03-03 10:00"), {dt.date(2026, 3, 5): False, dt.date(2026, 3, 6): False}),
        until="2026-03-20 12:00",
    ),
    "a step that an announcement moves to before the registration is told at once": _script(
        Wish(_at("2026-03-03 09:00"), "register", data={"lead_agency": "SYT", "deadline": _due("2026-03-09")}),
        CalendarChange(_at("2026-03-03 10:00"), {dt.date(2026, 3, 5): False, dt.date(2026, 3, 6): False}),
        until="2026-03-20 12:00",
    ),
    "who takes over in the very instant of a step hears of what was escalated then": _script(
        Wish(_at("2026-03-02 09:00"), "register", data={"lead_agency": "SYT", "deadline": _due("2026-03-06")}),
        Wish(_at("2026-03-09 08:00"), "reassign", data={"agency": "SXD"}),
        until="2026-03-20 12:00",
    ),
    "an explanation's day moves by the days that a suspension took": _script(
        Wish(_at("2026-03-02 09:00"), "register", data={"lead_agency": "SYT", "deadline": _due("2026-03-31")}),
        Wish(_at("2026-03-03 09:00"), "demand_explanation", data={"respond_by": _due("2026-03-12")}),
        Wish(_at("2026-03-04 09:00"), "suspend"),
        Wish(_at("2026-03-10 09:00"), "resume", data={"deadline": _due("2026-03-31")}),
        until="2026-03-25 12:00",
    ),
    "a superior's day does not move by a suspension": _script(
        Wish(
            _at("2026-03-02 09:00"),
            "register",
            data={"lead_agency": "SYT", "deadline": _due("2026-03-31"), "imposed_deadline": _due("2026-03-12")},
        ),
        Wish(_at("2026-03-04 09:00"), "suspend"),
        Wish(_at("2026-03-16 09:00"), "resume", data={"deadline": _due("2026-03-31")}),
        until="2026-03-25 12:00",
    ),
}
