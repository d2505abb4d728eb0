"""Idempotency keys: of many who come with the same key at once, one carries it out."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from office_fixture import Desk

from services.answered_requests import KeptAnswer, KeyRefused, KeyTrouble, claim, fingerprint, release, settle

MARK, OTHER = fingerprint("POST", "/x", "1"), fingerprint("POST", "/x", "2")


def tried(desk: Desk, mark: str = MARK, token: int = 1, key: str = "k") -> KeptAnswer | KeyTrouble | None:
    try:
        return claim(desk.office, token, key, mark)
    except KeyRefused as refused:
        return refused.trouble


def test_the_first_carries_it_out_and_the_others_hear_what_he_was_answered(desk: Desk) -> None:
    assert tried(desk) is None
    assert tried(desk) is KeyTrouble.IN_USE
    assert tried(desk, OTHER) is KeyTrouble.REUSED

    answer = KeptAnswer(201, '{"code": "NV/1"}', {"location": "/x"})
    settle(desk.office, 1, "k", answer)

    assert tried(desk) == answer
    assert tried(desk, OTHER) is KeyTrouble.REUSED
    assert tried(desk, token=2) is None


def test_of_twenty_at_once_one_carries_it_out(desk: Desk) -> None:
    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(lambda _number: tried(desk), range(20)))

    assert found.count(None) == 1
    assert found.count(KeyTrouble.IN_USE) == 19


def test_a_key_is_free_again_when_nothing_was_done(desk: Desk) -> None:
    assert tried(desk) is None
    release(desk.office, 1, "k")

    assert tried(desk) is None


def test_a_request_that_was_lost_with_its_process_may_be_sent_again(desk: Desk) -> None:
    assert tried(desk) is None
    desk.time_is("Wed 2026-03-04 10:14")
    assert tried(desk) is KeyTrouble.IN_USE

    desk.time_is("Wed 2026-03-04 10:16")

    assert tried(desk) is None


def test_answers_are_kept_for_a_day(desk: Desk) -> None:
    assert tried(desk) is None
    settle(desk.office, 1, "k", KeptAnswer(200, "{}"))
    desk.time_is("Thu 2026-03-05 09:59")
    assert tried(desk) == KeptAnswer(200, "{}")

    desk.time_is("Thu 2026-03-05 10:01")

    assert tried(desk) is None


@pytest.mark.parametrize(("one", "another"), [(("a", "b"), ("ab",)), (("a", "b"), ("b", "a")), (("",), ())])
def test_two_requests_never_share_a_mark_by_how_their_parts_are_cut(
    one: tuple[str, ...], another: tuple[str, ...]
) -> None:
    assert fingerprint(*one) != fingerprint(*another)
