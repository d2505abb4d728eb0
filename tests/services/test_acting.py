"""Commands that are kept while the engine is away, and come again because nobody heard what became of them."""

import asyncio

import pytest
from databases import postgresql_only, session_ended_before
from office_fixture import Desk
from sqlalchemy.exc import OperationalError

from models import commands as c
from models.refusal import Code, Refused
from services.acting import Desk as Acting
from services.acting import Wish, act

CODE = "NV-1"


@pytest.fixture
def desk_with_one(desk: Desk) -> Desk:
    desk.register(CODE, "Wed 2026-03-04 09:00")
    return desk


async def test_a_kept_command_that_comes_again_is_not_judged_anew_for_the_engine_may_have_it_by_now(
    desk_with_one: Desk,
) -> None:
    """Judged anew it could be refused, and recorded a moment later by the engine that was sent the first."""
    wish = Wish(CODE, c.Acknowledge(), "truong.syt", id="the-first")
    first = await act(desk_with_one.office, None, wish)
    desk_with_one.act(CODE, c.Acknowledge(), "chuyenvien.syt", "Wed 2026-03-04 09:30")

    again = await act(desk_with_one.office, None, wish)
    with pytest.raises(Refused) as refused:
        await act(desk_with_one.office, None, Wish(CODE, c.Acknowledge(), "truong.syt", id="the-second"))

    assert first == again
    assert again.outcome == "kept"
    assert refused.value.code is Code.WRONG_STATE


async def test_a_kept_command_cannot_be_exchanged_for_another_of_its_id(desk_with_one: Desk) -> None:
    await act(desk_with_one.office, None, Wish(CODE, c.Comment(text="Đã xem"), "truong.syt", id="one"))

    with pytest.raises(Refused) as refused:
        await act(desk_with_one.office, None, Wish(CODE, c.Comment(text="Khác"), "truong.syt", id="one"))

    assert refused.value.code is Code.ID_TAKEN


@postgresql_only
async def test_a_database_that_is_lost_while_one_wish_is_judged_is_lost_for_all_that_came_with_it(
    desk_with_one: Desk,
) -> None:
    """Each may be given again, for nothing was kept; a round of `make chaos` saw it told as a fault of ours."""
    acting = Acting(desk_with_one.office, None)
    wishes = [Wish(CODE, c.Comment(text=f"Lần {number}"), "truong.syt", id=f"id-{number}") for number in range(3)]

    with session_ended_before(desk_with_one.office.engine, "FROM command"):
        told = await asyncio.gather(*(acting.act(wish) for wish in wishes), return_exceptions=True)
    again = [await acting.act(wish) for wish in wishes]

    assert OperationalError in map(type, told)
    assert {type(one) for one in told} <= {OperationalError, type(again[0])}
    assert [sent.outcome for sent in again] == ["kept"] * 3
