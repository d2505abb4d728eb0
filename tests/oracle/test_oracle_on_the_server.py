"""Lives that nobody wrote by hand, on the real engine under skipped time; the oracle reads their histories."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from itertools import count, islice

import pytest
from builders import clock_face
from oracle.both import history_of, moments_of
from oracle.engine_values import command_of, policy_of
from oracle.lives import a_life
from oracle.naive_script import Wish
from oracle.naive_telling import expected_moments, live
from oracle.offices import ANNOUNCED, POLICIES
from running_engine import RunningEngine

from models.commands import Register
from models.refusal import Refused

pytestmark = [pytest.mark.server, pytest.mark.slow]

HOW_MANY = 6
MOST_LATE = dt.timedelta(minutes=2)
"""A skipped timer is told in its minute; a machine shared by many may take another."""
FEWEST_ACTS, FEWEST_MOMENTS, MOST_MOMENTS = 6, 5, 30


def fitting_lives() -> Iterator[str]:
    """Names of lives that stay open, in which much is done and much is told, and not without end."""
    for number in count():
        telling = live(a_life(f"life {number}"))
        facts = [row.kind for row in telling.rows if row.moment is None]
        moments = len(telling.rows) - len(facts)
        closed = {"accepted", "cancelled"} & set(facts)
        if not closed and len(facts) >= FEWEST_ACTS and FEWEST_MOMENTS <= moments <= MOST_MOMENTS:
            yield f"life {number}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("which", range(HOW_MANY))
async def test_on_the_real_engine_a_life_is_told_what_the_oracle_reads_from_its_history(
    which: int, engine: RunningEngine
) -> None:
    script = a_life(next(islice(fitting_lives(), which, None)))
    policy = policy_of(POLICIES[0], 1)
    register, *wishes = [happening for happening in script.happenings if isinstance(happening, Wish)]
    await engine.time_is(clock_face(register.at))
    registration = command_of(register, policy)
    assert isinstance(registration, Register)
    fields = {key: value for key, value in registration if key != "kind"}
    code = await engine.register("oracle", **fields)

    for wish in wishes:
        await wait_until(engine, code, wish.at)
        with contextlib.suppress(Refused):
            await engine.do(code, command_of(wish, policy), person_of(wish, engine, code))
    await wait_until(engine, code, script.until)

    rows = engine.rows(code)
    expected = expected_moments(history_of(rows), ANNOUNCED, [(None, POLICIES[0])], await engine.now(code))
    assert moments_of(rows) == expected
    assert len(expected) >= FEWEST_MOMENTS
    assert engine.late_by(code) < MOST_LATE


def person_of(wish: Wish, engine: RunningEngine, code: str) -> str:
    """Somebody of the shipped directory who may make that wish."""
    directive = engine.directive(code)
    if wish.by == "lead":
        return f"truong.{(directive.lead_agency or 'syt').lower()}"
    if wish.by == "coordinating":
        return f"truong.{next(iter(directive.coordinating_agencies), 'stc').lower()}"
    return "chanhvanphong"


async def wait_until(engine: RunningEngine, code: str, instant: dt.datetime) -> None:
    """Let its clock run to an instant, unless it is there already."""
    if instant > await engine.now(code) + dt.timedelta(seconds=1):
        await engine.until(code, clock_face(instant))
