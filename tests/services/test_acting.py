"""Commands that are kept while the engine is away, and come again because nobody heard what became of them."""

import pytest
from office_fixture import Desk

from models import commands as c
from models.refusal import Code, Refused
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
