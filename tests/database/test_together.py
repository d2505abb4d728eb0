"""What many ask for at the same time is done together, and each gets his own answer."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from database.together import Together


async def test_what_is_asked_for_while_a_group_is_done_is_the_next_group() -> None:
    groups: list[list[int]] = []
    begun, go_on = threading.Event(), threading.Event()

    def square(asked: Sequence[int]) -> list[int | Exception]:
        groups.append(list(asked))
        begun.set()
        go_on.wait(10)
        return [number * number for number in asked]

    together = Together(square)
    first = asyncio.create_task(together.do(1))
    assert await asyncio.to_thread(begun.wait, 10)
    others = [asyncio.create_task(together.do(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    go_on.set()

    assert await asyncio.gather(first, *others) == [1, 4, 9]
    assert groups == [[1], [2, 3]]


async def test_who_asks_in_the_very_moment_of_the_last_answer_is_answered_too() -> None:
    together = Together[int, int](lambda asked: [number + 1 for number in asked])

    async with asyncio.timeout(10):
        answers = [await together.do(number) for number in range(50)]

    assert answers == list(range(1, 51))


async def test_things_of_one_key_never_stand_in_one_group_and_keep_their_order() -> None:
    groups: list[list[str]] = []

    def note(asked: Sequence[str]) -> list[str | Exception]:
        groups.append(list(asked))
        return list(asked)

    together = Together(note, key=lambda text: text[0])
    await asyncio.gather(*(together.do(text) for text in ("a1", "b1", "a2", "b2", "a3")))

    assert groups == [["a1", "b1"], ["a2", "b2"], ["a3"]]


async def test_an_answer_that_is_an_exception_is_its_own_and_one_that_is_raised_is_everybodys() -> None:
    def judge(asked: Sequence[int]) -> list[int | Exception]:
        if 0 in asked:
            raise OSError("the disk")
        return [ValueError("odd") if number % 2 else number for number in asked]

    together = Together(judge)
    own = await asyncio.gather(*(together.do(number) for number in (1, 2)), return_exceptions=True)
    all_of_them = await asyncio.gather(*(together.do(number) for number in (0, 2)), return_exceptions=True)

    assert [type(one) for one in own] == [ValueError, int]
    assert [type(one) for one in all_of_them] == [OSError, OSError]
    with pytest.raises(OSError, match="the disk"):
        await together.do(0)
