"""What is remembered of completed directives never differs from what is counted anew, whatever happens meanwhile."""

import datetime as dt
import random
from collections import Counter

import pytest
from builders import (
    EXAMPLES,
    LEAD_AGENCY,
    LEADER,
    SECRETARIAT,
    a_deadline,
    a_directive,
    a_registration,
    apply,
    local,
)
from office_fixture import Desk
from standing_office import counted_statements

from database.engine import reading
from database.figures import Axes, Filter, count_axes
from models import commands as c
from models.directive import Directive
from models.life import decide
from models.local_time import LOCAL
from models.refusal import Refused
from models.sight import Scope
from models.tables import TURNS
from models.vocabulary import Status
from services.completed_figures import COMPLETING, CompletedFigures

HEALTH, CLERK, CHAIRMAN = "truong.syt", "vanthu", "chutich"
FILTERS = (
    Filter(),
    Filter(agency="SYT"),
    Filter(scope=Scope(agencies=frozenset({"STC"}))),
    Filter(registered_from=local("Tue 2026-03-03 00:00")),
)
ACTS: tuple[tuple[int, c.Command, str], ...] = (
    (4, a_registration(deadline=a_deadline("2026-03-04"), coordinating_agencies=("STC",)), CLERK),
    (4, a_registration(deadline=None, coordinating_agencies=()), CLERK),
    (12, c.Acknowledge(), HEALTH),
    (12, c.Submit(result="Xong"), HEALTH),
    (12, c.Accept(), CLERK),
    (2, c.Return(reason="Thiếu"), CLERK),
    (4, c.Reopen(deadline=a_deadline("2026-03-20"), reason="Chưa đạt"), CHAIRMAN),
    (3, c.Comment(text="Ghi thêm"), CLERK),
    (1, c.Cancel(reason="Thu hồi"), CHAIRMAN),
    (1, c.Reassign(agency="STC", reason="Đúng chức năng"), CHAIRMAN),
)
"""How often each is tried, and by whom."""


def added_up(axes: list[Axes]) -> Counter[object]:
    sums: Counter[object] = Counter()
    for one in axes:
        counted = one.counted
        key = (one.agency, one.field, one.leader, counted.status, counted.timeliness, counted.has_deadline)
        sums[key] += counted.number
    return sums


def require_equal(desk: Desk, remembered: CompletedFigures, now: dt.datetime) -> None:
    with reading(desk.office.engine) as connection:
        for only in FILTERS:
            assert added_up(remembered.axes(connection, now, only)) == added_up(count_axes(connection, now, only))


@pytest.mark.parametrize("seed", range(8))
def test_after_every_act_the_figures_are_those_of_all_directives(desk: Desk, seed: int) -> None:
    dice, remembered, now = random.Random(seed), CompletedFigures(), local("Mon 2026-03-02 08:00")
    done: Counter[str] = Counter()
    for step in range(400):
        now += dt.timedelta(minutes=dice.choice((1, 1, 1, 2, 5, 30)))
        _, command, person = dice.choices(ACTS, [often for often, _, _ in ACTS])[0]
        try:
            desk.act(f"NV-{dice.randrange(1 + step // 30)}", command, person, f"{now.astimezone(LOCAL):%Y-%m-%d %H:%M}")
        except Refused:
            continue
        done[command.kind] += 1
        require_equal(desk, remembered, now)

    assert done["accept"] >= 3, done
    assert done["reopen"] >= 1


def test_what_is_completed_is_counted_once_an_hour_and_again_when_something_is_reopened(desk: Desk) -> None:
    remembered = CompletedFigures()
    desk.register("NV-1", "Mon 2026-03-02 08:00", deadline=a_deadline("2026-03-04"))
    for number, (command, person) in enumerate(((c.Acknowledge(), HEALTH), (c.Submit(result="Xong"), HEALTH))):
        desk.act("NV-1", command, person, f"Mon 2026-03-02 09:0{number}")
    desk.act("NV-1", c.Accept(), CLERK, "Mon 2026-03-02 09:10")

    def known(when: str) -> bool:
        """Whether all that it asked was whether something was reopened."""
        with (
            reading(desk.office.engine) as connection,
            counted_statements(desk.office.engine) as asked,
        ):
            remembered.count(connection, local(when), Filter())
        return not any("GROUP BY" in one for one in asked)

    assert not known("Mon 2026-03-02 09:30")
    assert known("Mon 2026-03-02 09:59")
    assert not known("Mon 2026-03-02 10:00")
    assert known("Mon 2026-03-02 10:01")
    reopening = c.Reopen(deadline=a_deadline("2026-03-20"), reason="Chưa đạt")
    desk.act("NV-1", reopening, CHAIRMAN, "Mon 2026-03-02 10:02")
    assert not known("Mon 2026-03-02 10:03")
    assert not known("Mon 2026-03-02 10:03"), "as long as a reopening may not be seen yet"
    assert not known("Mon 2026-03-02 10:04")
    assert known("Mon 2026-03-02 10:05")


# --- What the rules allow, on which all of this stands ---------------------------------------------------------


def axes_of(directive: Directive) -> tuple[object, ...]:
    handed_in = directive.submission.at if directive.submission else None
    due = directive.deadline.due_at if directive.deadline else None
    of_life = (directive.lead_agency, directive.coordinating_agencies, directive.field, directive.supervising_leader)
    return (*of_life, directive.registered_at, due, handed_in)


@pytest.mark.parametrize("kind", EXAMPLES)
@pytest.mark.parametrize("status", [status.value for status in Status])
def test_only_these_events_complete_a_directive_and_only_reopening_changes_what_is_counted_of_it(
    status: str, kind: str
) -> None:
    before, now = a_directive(status), local("Tue 2026-03-03 10:00")
    for actor in (SECRETARIAT, LEADER, LEAD_AGENCY):
        try:
            events = decide(before, EXAMPLES[kind], actor, now)
        except Refused:
            continue
        after, kinds = apply(before, EXAMPLES[kind], actor, now), {event.kind for event in events}
        if before.status is Status.COMPLETED:
            assert "reopened" in kinds or (after.status is Status.COMPLETED and axes_of(after) == axes_of(before))
        elif after.status is Status.COMPLETED:
            assert kinds & set(COMPLETING)


def test_a_database_finds_these_events_by_their_index() -> None:
    assert {*COMPLETING, "reopened"} <= set(TURNS)
